//! The least that can be done over plain HTTP: `sendfile` from the page cache into one connection, a PUT for each file.

use std::fs::File;

use anyhow::{Result, ensure};
use nix::sys::sendfile::sendfile;

/// The most that Linux takes at once.
const MOST: u64 = 0x7fff_f000;

fn main() -> Result<()> {
    let (target, files) = upload_bench::arguments()?;
    ensure!(target.endpoint.starts_with("http:"), "sendfile cannot encrypt");
    let stream = target.connect()?;
    for path in files {
        let file = File::open(&path)?;
        let len = file.metadata()?.len();
        target.begin_put(&stream, upload_bench::key(&path)?, len)?;
        let mut sent = 0;
        while sent < len {
            let now = sendfile(&stream, &file, None, usize::try_from(MOST.min(len - sent))?)?;
            ensure!(now > 0, "the file has shrunk");
            sent += now as u64;
        }
        upload_bench::end_put(&stream)?;
    }
    Ok(())
}
