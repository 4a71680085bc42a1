use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
    time::SystemTime,
};

/// The `upload` binary of this checkout, built once if it is missing or older than the sources.
pub(crate) fn upload() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        let test = std::env::current_exe().expect("a test knows its own path");
        let profile_dir = test.parent().and_then(Path::parent).expect("a test lies in target/PROFILE/deps");
        let binary = profile_dir.join(format!("upload{}", std::env::consts::EXE_SUFFIX));
        // `cargo test --workspace` has built it already. Asking cargo all the same would build half the tree a second
        // time, since a package on its own is built with fewer features than beside the others.
        let built = fs::metadata(&binary).and_then(|metadata| metadata.modified()).ok();
        if built.is_none_or(|built| built < newest(&workspace().join("crates"))) {
            build(profile_dir);
        }
        binary
    })
}

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// When the newest file below a folder was changed.
fn newest(folder: &Path) -> SystemTime {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let changed = entries.filter_map(|entry| match entry.file_type() {
        Ok(kind) if kind.is_dir() => Some(newest(&entry.path())),
        _ => entry.metadata().and_then(|metadata| metadata.modified()).ok(),
    });
    changed.max().unwrap_or(SystemTime::UNIX_EPOCH)
}

fn build(profile_dir: &Path) {
    let mut build = Command::new(env!("CARGO"));
    build.args(["build", "--quiet", "--package", "upload-cli", "--bin", "upload"]);
    if profile_dir.ends_with("release") {
        build.arg("--release");
    }
    if let Some(target) = profile_dir.parent() {
        build.env("CARGO_TARGET_DIR", target);
    }
    let status = build.current_dir(workspace()).status().expect("cargo can be run");
    assert!(status.success(), "the upload binary does not build");
}
