//! What cannot be right is not sent.

use upload_e2e::World;

use super::{good_xlsx, world, xlsx};

/// Runs a line that must end like this, with these words said and nothing sent.
async fn assert_kept_back(world: &World, line: &[&str], code: i32, words: &[&str]) {
    let finished = world.run(line).await;
    assert_eq!(finished.code, Some(code), "{line:?}: {finished:?}");
    for word in words {
        assert!(finished.all_output().contains(word), "'{word}' is missing: {finished:?}");
    }
    assert!(world.log().is_empty(), "nothing may be sent: {:?}", world.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_workbook_with_rows_is_not_sent() {
    let world = world().await;
    let header: &[&str] = &["eid", "date"];
    for (name, content, words) in [
        ("renamed.xlsx", b"%PDF-1.7\n%\xE2\xE3\xCF\xD3\n1 0 obj\n".to_vec(), &["application/pdf"][..]),
        ("no-rows.xlsx", xlsx(&[]), &["'Sheet1'", "empty"]),
        ("header.xlsx", xlsx(&[header]), &["'Sheet1'", "no data row"]),
        ("table.xlsx", b"eid,date\n1,2026-06-01\n".to_vec(), &["CSV"]),
        ("cut.xlsx", good_xlsx()[..2000].to_vec(), &["cannot be read as a workbook"]),
    ] {
        let file = world.file(name, &content);
        let file = file.to_str().unwrap();
        for line in [["excel", file, "--eid", "e1"], ["events", file, "--event-type", "prisma"]] {
            assert_kept_back(&world, &line, 3, &[&[name, "nothing was sent", "hint:"], words].concat()).await;
        }
    }
    let csv = world.file("a.csv", b"eid\n1\n");
    assert_kept_back(&world, &["excel", csv.to_str().unwrap(), "--eid", "e1"], 3, &[".xlsx"]).await;
    let xls = include_bytes!("../../../crates/upload-cli/tests/files/rows.xls");
    let xls = world.file("a.xls", xls);
    assert_kept_back(&world, &["excel", xls.to_str().unwrap(), "--eid", "e1"], 3, &[".xlsx"]).await;

    let finding =
        world.run(["--output", "json", "excel", xls.to_str().unwrap(), "--eid", "e1"]).await.result();
    assert_eq!(finding["validation"]["errors"][0]["code"], "NOT_ACCEPTED");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_look_into_a_workbook_can_be_left_out() {
    let world = world().await;
    let file = world.file("table.xlsx", b"eid,date\n1,2026-06-01\n");
    let line = ["excel", file.to_str().unwrap(), "--eid", "e1", "--no-preflight"];
    assert_eq!(world.run(line).await.code, Some(3), "the platform refuses it itself");
    assert_eq!(world.operations(), ["excel"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_usage_is_not_sent() {
    let world = world().await;
    let file = world.file("a.xlsx", &good_xlsx());
    let file = file.to_str().unwrap();
    assert_kept_back(&world, &["events", file, "--event-type", "ticketmaster"], 2, &["fdlive", "prisma"])
        .await;
    assert_kept_back(&world, &["events", file], 2, &["--event-type"]).await;
    assert_kept_back(&world, &["excel", file], 2, &["--eid"]).await;
    assert_kept_back(&world, &["excel", file, "--eid", ""], 2, &["--eid"]).await;
    assert_kept_back(&world, &["excel", file, "--eid", " "], 2, &["--eid", "empty"]).await;
    assert_kept_back(&world, &["media", "-"], 2, &["standard input"]).await;
    assert_kept_back(&world, &["media"], 2, &["PATH"]).await;

    let mut command = world.upload();
    command.env_remove("FD_CR_URL").args(["events", file, "--event-type", "prisma"]);
    let finished = upload_e2e::Running::start(&mut command).finish().await;
    assert_eq!(finished.code, Some(2), "{finished:?}");
    assert!(finished.stderr.contains("FD_CR_URL") && finished.stderr.contains("--cr-url"), "{finished:?}");
    assert!(world.log().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn one_bad_file_keeps_all_from_being_sent() {
    let world = world().await;
    let (good, empty) = (world.file("a.png", b"\x89PNG\r\n\x1a\n"), world.file("b.png", b""));
    let large = world.sparse_file("c.mp4", 50_000_001);
    let [good, empty, large] = [&good, &empty, &large].map(|path| path.to_str().unwrap());
    assert_kept_back(&world, &["media", good, empty], 6, &["b.png", "empty", "nothing was sent"]).await;
    assert_kept_back(&world, &["media", "gone.png", good], 6, &["gone.png", "no such file"]).await;
    assert_kept_back(&world, &["media", good, large], 6, &["c.mp4", "50000001 bytes", "50 MB", "upload put"])
        .await;
    let finished = world.run(["--output", "json", "media", good, empty]).await;
    let ends: Vec<_> = finished.events_named("result").iter().map(|end| end["status"].clone()).collect();
    assert_eq!(ends, ["failed", "skipped"]);
}
