use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

/// The `upload` binary of this checkout, built once if it is missing or stale.
pub(crate) fn upload() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        let test = std::env::current_exe().expect("a test knows its own path");
        let profile_dir = test.parent().and_then(Path::parent).expect("a test lies in target/PROFILE/deps");
        // `cargo test -p upload-e2e` builds no other package's binary, so ask for it; it is a no-op otherwise.
        let mut build = Command::new(env!("CARGO"));
        build.args(["build", "--quiet", "--package", "upload-cli", "--bin", "upload"]);
        if profile_dir.ends_with("release") {
            build.arg("--release");
        }
        if let Some(target) = profile_dir.parent() {
            build.env("CARGO_TARGET_DIR", target);
        }
        let status = build.current_dir(env!("CARGO_MANIFEST_DIR")).status().expect("cargo can be run");
        assert!(status.success(), "the upload binary does not build");
        profile_dir.join(format!("upload{}", std::env::consts::EXE_SUFFIX))
    })
}
