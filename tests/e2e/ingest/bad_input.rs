use upload_e2e::World;
use upload_proto::IngestKind;
use upload_sandbox::SandboxConfig;

use super::{arrived, ingest, ingest_piped};

/// What is wrong, in which file, and the words that must be said of it.
const BAD: &[(&str, &[u8], &str)] = &[
    ("nul.csv", b"id,a\n1,x\n2,\0\n", "byte 3 of line 3 is a NUL"),
    ("latin1.csv", b"id,a\r\n1,x\r\n2,caf\xE9\r\n", "byte 6 of line 3 is 0xE9"),
    ("latin1.ndjson", b"{\"id\":1}\n{\"a\":\"caf\xE9\"}\n", "byte 10 of line 2 is 0xE9"),
    ("utf16.csv", b"\xFF\xFEi\0d\0\n\0", "0xFF"),
    ("ragged.csv", b"id,a\r\n1,x\r\n\r\n2\r\n", "line 4: 1 field(s), the header has 2"),
    ("twice.csv", b"id,id\n1,2\n", "two columns are called 'id'"),
    ("nameless.csv", b"id,\n1,2\n", "column 2 has no name"),
    ("empty.csv", b"", "no record"),
    ("header.csv", b"id\n", "no record"),
    ("empty.ndjson", b"\n\n", "no record"),
    ("empty.json", b"[]", "no record"),
    ("broken.json", b"[{\"id\":1},\n{\"id\":2},\n{\"id\":", "line 3"),
    ("scalar.json", b"[{\"id\":1},\n7]", "line 2: a record must be an object"),
    ("merged.ndjson", b"{\"id\":1}\n{\"id\":\n{\"id\":3}}\n", "line 2: the record runs over"),
    ("broken.ndjson", b"{\"id\":1}\n{\"id\":\n{\"id\":3}\n", "line 2"),
];

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_wrong_anywhere_sends_nothing_and_says_where() {
    for (name, content, words) in BAD {
        let world = World::new(SandboxConfig::default()).await;
        let file = world.file(name, content);
        let finished = ingest(&world, IngestKind::Sales, &file, &["--batch-rows", "1"]).await;
        assert_eq!(finished.code, Some(3), "{name}: {finished:?}");
        let error = finished.result()["error"].clone();
        let message = error["message"].as_str().unwrap();
        assert!(message.contains(words) && message.contains(name), "{words}: {message}");
        assert!(message.contains("nothing was sent"), "{message}");
        assert!(!error["hint"].as_str().unwrap().is_empty());
        assert!(world.log().is_empty(), "{name}: {:?}", world.log());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pipe_that_is_wrong_in_its_first_batch_sends_nothing() {
    for (name, content, words) in BAD {
        let world = World::new(SandboxConfig::default()).await;
        let format = name.rsplit('.').next().unwrap();
        let finished = ingest_piped(&world, IngestKind::Sales, content, &["--format", format]).await;
        assert_eq!(finished.code, Some(3), "{name}: {finished:?}");
        assert!(finished.all_output().contains(words), "{name}: {finished:?}");
        assert!(world.log().is_empty(), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_field_that_breaks_its_columns_type_late_names_line_and_remedy() {
    let world = World::new(SandboxConfig::default()).await;
    let csv = "id,zip\n".to_owned() + &"1,10115\n".repeat(1200) + "1,AB1 2CD\n";
    let file = world.file("sales.csv", csv.as_bytes());
    let finished = ingest(&world, IngestKind::Sales, &file, &[]).await;
    assert_eq!(finished.code, Some(3), "{finished:?}");
    let error = &finished.result()["error"];
    assert!(error["message"].as_str().unwrap().contains("line 1202: column 'zip'"), "{error}");
    assert!(error["hint"].as_str().unwrap().contains("--types zip=string"), "{error}");
    assert!(world.log().is_empty());
    let corrected = ingest(&world, IngestKind::Sales, &file, &["--types", "zip=string"]).await;
    assert_eq!(corrected.code, Some(0), "{corrected:?}");
    assert_eq!(arrived(&world, IngestKind::Sales)[1200], r#"{"id":1,"zip":"AB1 2CD"}"#);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_field_name_that_is_no_text_is_refused_where_it_would_be_lost() {
    let world = World::new(SandboxConfig::default()).await;
    let file = world.file("r.ndjson", b"{\"id\":1}\n{\"id\":2,\"\\ud83d\":3}\n");
    let finished = ingest(&world, IngestKind::SalesDf, &file, &[]).await;
    assert_eq!(finished.code, Some(3), "{finished:?}");
    assert!(finished.all_output().contains("line 2: a field's name cannot be read"), "{finished:?}");
    assert!(world.log().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_summary_that_cannot_be_is_not_sent() {
    let row = |eid: &str, from: &str, to: &str, sold: &str| {
        format!("eid,from,to,type,sold,revenue\n{eid},{from},{to},standard,{sold},1.5\n")
    };
    for (csv, words) in [
        (row("e1", "2026-06-31", "2026-07-01", "1"), "line 2"),
        (row("e1", "2026-06-02", "2026-06-01", "1"), "before"),
        (row("e1", "2026-06-01", "2026-06-01", "-1"), "line 2"),
        (row("", "2026-06-01", "2026-06-01", "1"), "line 2"),
        ("eid,from,to\ne1,2026-06-01,2026-06-02\n".to_owned(), "line 2"),
    ] {
        let world = World::new(SandboxConfig::default()).await;
        let file = world.file("s.csv", csv.as_bytes());
        let finished = ingest(&world, IngestKind::TransactionSummary, &file, &[]).await;
        assert_eq!(finished.code, Some(3), "{csv}: {finished:?}");
        assert!(finished.all_output().contains(words), "{csv}: {finished:?}");
        assert!(world.log().is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_path_that_is_no_file_and_a_kind_that_is_none_are_named() {
    let world = World::new(SandboxConfig::default()).await;
    let gone = super::folder(&world).join("gone.csv");
    let finished = ingest(&world, IngestKind::Sales, &gone, &[]).await;
    assert_eq!(finished.code, Some(6), "{finished:?}");
    let file = world.file("a.csv", b"id\n1\n");
    let odd = world.run(["ingest", "tickets", file.to_str().unwrap()]).await;
    assert_eq!(odd.code, Some(2), "{odd:?}");
    assert!(odd.stderr.contains("transaction-summary"), "{odd:?}");
    assert!(world.log().is_empty());
}
