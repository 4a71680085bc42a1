use std::{fs, path::Path};

use serde_json::json;
use upload_e2e::{Finished, World};
use upload_proto::IngestKind;
use upload_sandbox::{Operation, SandboxConfig};

use super::{arrived, folder, ingest, ingest_piped, sales, with_bad_row};

const KIND: IngestKind = IngestKind::Sales;
const TENS: [&str; 2] = ["--batch-rows", "10"];

fn rows(finished: &Finished, name: &str) -> u64 {
    finished.result()["rows"][name].as_u64().unwrap()
}

async fn world_with(fault: &str) -> World {
    let world = World::new(SandboxConfig::default()).await;
    if !fault.is_empty() {
        world.sandbox.add_fault(fault.parse().unwrap());
    }
    world
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_batch_in_the_middle_is_kept_and_a_rerun_sends_exactly_its_rows() {
    for concurrency in ["1", "3"] {
        let world = world_with("").await;
        let (csv, records) = sales(50);
        let file = world.file("sales.csv", with_bad_row(&csv, 27).as_bytes());
        let more = ["--batch-rows", "10", "--concurrency", concurrency];
        let finished = ingest(&world, KIND, &file, &more).await;
        assert_eq!(finished.code, Some(7), "{finished:?}");
        assert_eq!((rows(&finished, "accepted"), rows(&finished, "refused")), (40, 10));
        let mut taken = arrived(&world, KIND);
        taken.sort();
        let mut expected = [&records[..20], &records[30..]].concat();
        expected.sort();
        assert_eq!(taken, expected);

        // The platform counts within the batch: it is the sixth there, the 26th of the input, on line 27.
        let result = finished.result();
        let finding = &result["validation"]["errors"][0];
        assert_eq!(
            (&finding["row"], &finding["line"], &finding["column"]),
            (&26.into(), &27.into(), &"sale_date".into())
        );

        let letters = Path::new(result["dead_letter"].as_str().unwrap());
        assert_eq!(letters, folder(&world).join("sales.csv.refused.ndjson"));
        let text = fs::read_to_string(letters).unwrap();
        let heading: serde_json::Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
        let heading = &heading["$dead_letter"];
        assert_eq!((&heading["rows"], &heading["lines"]), (&json!([21, 30]), &json!([22, 31])), "{heading}");
        assert_eq!(heading["error"]["status"], 422);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(fs::metadata(letters).unwrap().permissions().mode() & 0o777, 0o600);
        }

        // Uncorrected it is refused again, and the first letters stay what they were.
        let again = ingest(&world, KIND, letters, &TENS).await;
        assert_eq!(again.code, Some(3), "{again:?}");
        assert_eq!(fs::read_to_string(letters).unwrap(), text);

        fs::write(letters, text.replace("2026-66", "2026-06")).unwrap();
        let rerun = ingest(&world, KIND, letters, &[]).await;
        assert_eq!(rerun.code, Some(0), "{rerun:?}");
        assert_eq!(arrived(&world, KIND)[40..], records[20..30]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_the_platform_refuses_content_with_keeps_the_rows() {
    let op = Operation::Api(KIND.endpoint());
    for (status, body) in [
        (200, r#"{"validation_errors":[{"code":"ROW_3_BAD"}]}"#),
        (400, r#"{"message":"no"}"#),
        (409, r#"{"detail":"there already"}"#),
        (413, "{}"),
        (422, r#"{"detail":[{"loc":["body",0,"eid"],"msg":"field required","type":"missing"}]}"#),
    ] {
        let world = world_with("").await;
        let (csv, records) = sales(20);
        let file = world.file("sales.csv", csv.as_bytes());
        world.sandbox.answer_next(op, status, body);
        let finished = ingest(&world, KIND, &file, &TENS).await;
        assert_eq!(finished.code, Some(7), "{status}: {finished:?}");
        assert_eq!(arrived(&world, KIND), records[10..], "{status}");
        let letters = fs::read_to_string(finished.result()["dead_letter"].as_str().unwrap()).unwrap();
        assert_eq!(letters.lines().skip(1).collect::<Vec<_>>(), records[..10], "{status}");
        // Everything refused is exit 3.
        let all = world.file("all.csv", csv.as_bytes());
        world.sandbox.answer_next(op, status, body);
        assert_eq!(ingest(&world, KIND, &all, &[]).await.code, Some(3), "{status}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn letters_never_overwrite_a_file_and_a_pipes_are_left_in_the_working_folder() {
    let world = world_with("").await;
    let (csv, _) = sales(20);
    let csv = with_bad_row(&csv, 2);
    let file = world.file("sales.csv", csv.as_bytes());
    let taken = world.file("sales.csv.refused.ndjson", b"mine\n");
    let finished = ingest(&world, KIND, &file, &TENS).await;
    assert_eq!(fs::read(&taken).unwrap(), b"mine\n");
    assert_ne!(finished.result()["dead_letter"], taken.to_str().unwrap());
    let piped = ingest_piped(&world, KIND, csv.as_bytes(), &TENS).await;
    assert_eq!(piped.code, Some(7), "{piped:?}");
    assert!(folder(&world).join("stdin.sales.refused.ndjson").exists(), "{piped:?}");
    let chosen = folder(&world).join("chosen.ndjson");
    let more = ["--batch-rows", "10", "--dead-letter", chosen.to_str().unwrap()];
    ingest(&world, KIND, &file, &more).await;
    assert!(chosen.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_is_unknown_and_never_sent_again_unless_asked_for() {
    for fault in ["ingest_sales#1=lose_answer", "ingest_sales#1=truncate", "ingest_sales#1=garbage:200"] {
        let world = world_with(fault).await;
        let (csv, records) = sales(20);
        let file = world.file("sales.csv", csv.as_bytes());
        let finished = ingest(&world, KIND, &file, &TENS).await;
        if fault.ends_with("truncate") && finished.code == Some(0) {
            // Half of a success's body, whose status alone tells.
            assert_eq!(arrived(&world, KIND), records);
            continue;
        }
        assert_eq!(finished.code, Some(7), "{fault}: {finished:?}");
        assert_eq!((rows(&finished, "accepted"), rows(&finished, "unknown")), (10, 10), "{fault}");
        assert_eq!(arrived(&world, KIND), records, "{fault}: it had arrived, and once");
        let unknown = fs::read_to_string(finished.result()["unknown_file"].as_str().unwrap()).unwrap();
        assert_eq!(unknown.lines().skip(1).collect::<Vec<_>>(), records[..10]);
        assert!(finished.result().get("dead_letter").is_none());
    }
    let world = world_with("ingest_sales#1=lose_answer").await;
    let (csv, records) = sales(20);
    let file = world.file("sales.csv", csv.as_bytes());
    let finished = ingest(&world, KIND, &file, &["--batch-rows", "10", "--at-least-once"]).await;
    assert_eq!(finished.code, Some(0), "{finished:?}");
    let twice = [&records[..10], &records[..]].concat();
    assert_eq!(arrived(&world, KIND), twice, "that is what at-least-once means");
    // Nothing but lost answers is the network's trouble.
    let world = world_with("ingest_sales=lose_answer").await;
    let file = world.file("sales.csv", csv.as_bytes());
    assert_eq!(ingest(&world, KIND, &file, &TENS).await.code, Some(5));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_in_trouble_for_a_moment_costs_a_retry_and_no_row() {
    for fault in ["ingest_sales#1=status:503,retry_after:1", "ingest_sales#1=status:429,retry_after:1"] {
        let world = world_with(fault).await;
        let (csv, records) = sales(30);
        let file = world.file("sales.csv", csv.as_bytes());
        let finished = ingest(&world, KIND, &file, &TENS).await;
        assert_eq!(finished.code, Some(0), "{fault}: {finished:?}");
        assert_eq!(arrived(&world, KIND), records, "{fault}");
        let retries = finished.events_named("retry");
        assert_eq!((retries.len(), &finished.result()["retries"]), (1, &1.into()), "{fault}");
        assert!(retries[0]["wait_seconds"].as_f64().unwrap() >= 1.0, "{retries:?}");
    }
}
