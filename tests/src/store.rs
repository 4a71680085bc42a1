//! The S3 that the worlds' sandboxes stand in front of, where the environment names one: `cargo xtask e2e` does.

use upload_sandbox::{Backend, S3Keys, S3Route, S3Store, SandboxHandle};

/// Names the S3's address; with it come `UPLOAD_E2E_S3_BUCKET`, `UPLOAD_E2E_S3_REGION` and the keys in
/// `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`.
const ENDPOINT: &str = "UPLOAD_E2E_S3";

/// The S3 of the environment; `None` where it names none.
///
/// # Panics
/// When it names one by halves.
#[must_use]
pub fn store(route: S3Route) -> Option<S3Store> {
    let endpoint = std::env::var(ENDPOINT).ok().filter(|endpoint| !endpoint.is_empty())?;
    let said =
        |name: &str| std::env::var(name).unwrap_or_else(|_| panic!("{ENDPOINT} is set, and {name} is not"));
    Some(S3Store {
        endpoint,
        bucket: said("UPLOAD_E2E_S3_BUCKET"),
        region: said("UPLOAD_E2E_S3_REGION"),
        keys: S3Keys::from_env().expect("the store's keys are set"),
        route,
    })
}

/// The store behind a world that did not ask for one: the parts are relayed, so that the sandbox counts them and can
/// have them go wrong as ever.
pub(crate) fn behind_worlds() -> Backend {
    store(S3Route::Relayed).map_or(Backend::BuiltIn, Backend::S3)
}

/// An object's bytes, read on a thread of its own: this may be called on any runtime, or on none.
pub(crate) fn read(sandbox: &SandboxHandle, key: &str) -> Vec<u8> {
    std::thread::scope(|scope| {
        let reading = scope.spawn(|| {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime can be made").block_on(sandbox.read_object(key))
        });
        reading.join().expect("reading does not panic").expect("the object is stored")
    })
}
