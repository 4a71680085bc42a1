//! Records in bulk: what arrives, what does not, and what can be sent again.

mod bad_input;
mod fates;
mod kinds;
mod stopping;

use std::{
    fs,
    path::{Path, PathBuf},
};

use tokio::io::AsyncWriteExt as _;
use upload_e2e::{Finished, Running, World};
use upload_proto::IngestKind;

/// Runs `ingest` on a file, with JSON for its results.
async fn ingest(world: &World, kind: IngestKind, file: &Path, more: &[&str]) -> Finished {
    let args = ["--output", "json", "ingest", kind.name(), file.to_str().unwrap()];
    world.run(args.iter().chain(more)).await
}

/// The same with bytes piped into it.
async fn ingest_piped(world: &World, kind: IngestKind, input: &[u8], more: &[&str]) -> Finished {
    let mut command = world.upload();
    command.args(["--output", "json", "ingest", kind.name(), "-"]).args(more);
    command.stdin(std::process::Stdio::piped()).current_dir(folder(world));
    let mut running = Running::start(&mut command);
    let mut stdin = running.stdin().unwrap();
    // A command that gives up does not read to the end.
    let _ = stdin.write_all(input).await;
    drop(stdin);
    running.finish().await
}

/// Where the world's files are.
fn folder(world: &World) -> PathBuf {
    world.file("unused", b"").parent().unwrap().to_owned()
}

/// The records the platform has, one a line, in the order in which they were taken.
fn arrived(world: &World, kind: IngestKind) -> Vec<String> {
    let text = fs::read_to_string(world.sandbox.ingested_path(kind)).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

/// Sales of one event, one a day: as many rows as are asked for, and the same as the records they make.
fn sales(rows: usize) -> (String, Vec<String>) {
    let header = "id,sale_date,sold,zip,note\n".to_owned();
    let csv = (0..rows).map(|n| format!("{n},2026-06-{:02},{n}.50,0{n},\"a \"\"b\"\", {n}\"\n", n % 28 + 1));
    let records = (0..rows).map(|n| {
        let day = n % 28 + 1;
        format!(
            r#"{{"id":{n},"sale_date":"2026-06-{day:02}","sold":{n}.50,"zip":"0{n}","note":"a \"b\", {n}"}}"#
        )
    });
    (header + &csv.collect::<String>(), records.collect())
}

/// A sale whose date the platform does not take.
fn with_bad_row(csv: &str, line: usize) -> String {
    let spoil = |(number, text): (usize, &str)| match number + 1 == line {
        true => text.replacen("2026-06", "2026-66", 1),
        false => text.to_owned(),
    };
    csv.lines().enumerate().map(spoil).collect::<Vec<_>>().join("\n")
}
