//! Files in one request each: `media`, `excel`, `events`.

mod bad_input;
mod lost_answer;
mod verdict;

use std::path::PathBuf;

use rust_xlsxwriter::Workbook;
use upload_e2e::World;
use upload_sandbox::{Operation, SandboxConfig};

use crate::content::{MIB, noise};

/// A workbook of one sheet with these rows.
pub(super) fn xlsx(rows: &[&[&str]]) -> Vec<u8> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    for (row, cells) in (0..).zip(rows) {
        for (column, text) in (0..).zip(*cells) {
            sheet.write_string(row, column, *text).unwrap();
        }
    }
    book.save_to_buffer().unwrap()
}

/// One that nothing is wrong with.
pub(super) fn good_xlsx() -> Vec<u8> {
    xlsx(&[&["eid", "date", "sold"], &["e1", "2026-06-01", "4"]])
}

pub(super) fn operation(name: &str) -> Operation {
    name.parse().unwrap()
}

async fn world() -> World {
    World::new(SandboxConfig::default()).await
}

/// The arguments that send one file to each of the three places.
fn commands(world: &World) -> [(&'static str, Vec<String>); 3] {
    let workbook = world.file("rows.xlsx", &good_xlsx());
    let poster = world.file("poster.png", &[b"\x89PNG\r\n\x1a\n".to_vec(), noise(100_000)].concat());
    let line = |path: &PathBuf, more: &[&str]| {
        let mut line = vec!["--output".to_owned(), "json".to_owned(), more[0].to_owned()];
        line.push(path.to_str().unwrap().to_owned());
        line.extend(more[1..].iter().map(|word| (*word).to_owned()));
        line
    };
    [
        ("media", line(&poster, &["media"])),
        ("excel", line(&workbook, &["excel", "--eid", "e1"])),
        ("events", line(&workbook, &["events", "--event-type", "prisma"])),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn creatives_arrive_whole_as_what_their_content_is_and_their_urls_are_told() {
    let world = world().await;
    let png = [b"\x89PNG\r\n\x1a\n".to_vec(), noise(3 * MIB)].concat();
    let gif = [b"GIF89a".to_vec(), noise(1234)].concat();
    let paths = [world.file("a \"b\" ü.png", &png), world.file("really-a-gif.jpg", &gif)];
    let line = ["--output", "json", "media", paths[0].to_str().unwrap(), paths[1].to_str().unwrap()];
    let finished = world.run(line).await;
    assert_eq!(finished.code, Some(0), "{finished:?}");
    let mut files = world.sandbox.received_files();
    files.sort_by_key(|file| file.filename.clone());
    let kinds: Vec<_> = files.iter().map(|file| (&*file.filename, &*file.content_type)).collect();
    assert_eq!(kinds, [("a \"b\" ü.png", "image/png"), ("really-a-gif.jpg", "image/gif")]);
    assert!(std::fs::read(&files[0].path).unwrap() == png && std::fs::read(&files[1].path).unwrap() == gif);
    for result in finished.events_named("result") {
        assert_eq!((&result["status"], &result["pattern"]), (&"completed".into(), &"direct".into()));
        assert_eq!(result["media"]["type"], "image");
        assert!(result["media"]["url"].as_str().unwrap().starts_with("http"), "{result}");
    }
    for entry in world.log() {
        assert_eq!((entry.path.as_str(), entry.mistake), ("/api/media", None), "no /v3 before it");
    }

    let told = world.run(["media", paths[1].to_str().unwrap()]).await;
    assert!(told.stdout.contains("really-a-gif.jpg -> http"), "{told:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn workbooks_arrive_with_what_they_are_about() {
    let world = world().await;
    let xlsx = world.file("sales.xlsx", &good_xlsx());
    let xlsx = xlsx.to_str().unwrap();
    let eid = "2026/aida & co ü?";
    let finished = world.run(["--output", "json", "excel", xlsx, "--eid", eid]).await;
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert_eq!(finished.result()["pattern"], "direct");

    let old = include_bytes!("../../../crates/upload-cli/tests/files/rows.xls");
    let xls = world.file("events.xls", old);
    // The platform looks at the first sheet alone, and that of this workbook is empty: it has the last word.
    let refused = world.run(["events", xls.to_str().unwrap(), "--event-type", "fdlive"]).await;
    assert_eq!(refused.code, Some(3), "{refused:?}");
    for event_type in ["fdlive", "prisma"] {
        let finished = world.run(["events", xlsx, "--event-type", event_type]).await;
        assert_eq!(finished.code, Some(0), "{finished:?}");
        assert!(finished.stdout.contains(&format!("{event_type} events")), "{finished:?}");
    }
    let files = world.sandbox.received_files();
    let about: Vec<_> = files.iter().map(|file| file.parameter.as_deref().unwrap()).collect();
    assert_eq!(about, [eid, "fdlive", "prisma"]);
    assert!(files.iter().all(|file| file.content_type.ends_with("spreadsheetml.sheet")), "{files:?}");
    assert_eq!(world.operations(), ["excel", "events", "events", "events"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_says_what_would_be_sent_and_sends_nothing() {
    let world = world().await;
    for (name, mut line) in commands(&world) {
        line.push("--dry-run".into());
        let finished = world.run(&line).await;
        assert_eq!(finished.code, Some(0), "{name}: {finished:?}");
        let planned = &finished.events_named("planned")[0];
        assert_eq!((&planned["pattern"], &planned["parts"]), (&"direct".into(), &1.into()), "{planned}");
    }
    assert!(world.log().is_empty());
}
