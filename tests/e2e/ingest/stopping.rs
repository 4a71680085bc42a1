use upload_e2e::{Running, World};
use upload_proto::IngestKind;
use upload_sandbox::SandboxConfig;

use super::{arrived, folder, ingest, sales};

const KIND: IngestKind = IngestKind::Sales;

#[tokio::test(flavor = "multi_thread")]
async fn what_would_fail_for_every_batch_stops_the_run_and_skip_rows_goes_on_from_there() {
    for (fault, code) in [
        ("ingest_sales=status:401", 4),
        ("ingest_sales=status:403", 4),
        ("ingest_sales=status:404", 1),
        ("ingest_sales=status:500", 5),
    ] {
        for concurrency in ["1", "3"] {
            let world = World::new(SandboxConfig::default()).await;
            let (csv, records) = sales(60);
            let file = world.file("sales.csv", csv.as_bytes());
            // The last two batches are there already, then the platform is in trouble for good.
            let first = world.file("first.csv", csv.as_bytes());
            let head = ingest(&world, KIND, &first, &["--batch-rows", "10", "--skip-rows", "40"]).await;
            assert_eq!(head.code, Some(0), "{head:?}");
            world.sandbox.add_fault(fault.parse().unwrap());
            let more = ["--batch-rows", "10", "--concurrency", concurrency];
            let finished = ingest(&world, KIND, &file, &more).await;
            assert_eq!(finished.code, Some(code), "{fault}: {finished:?}");
            let result = finished.result();
            assert_eq!(
                (&result["rows"]["accepted"], &result["rows"]["not_sent"]),
                (&0.into(), &60.into()),
                "{fault}"
            );
            assert!(result["error"]["message"].as_str().unwrap().contains("nothing was sent"), "{result}");
            assert_eq!(arrived(&world, KIND), records[40..], "{fault}");
            assert!(
                !folder(&world).join("sales.csv.refused.ndjson").exists(),
                "nothing was refused: {result}"
            );
        }
    }
}

/// Behind the rows from which types are inferred: up to there, nothing is sent at all.
#[tokio::test(flavor = "multi_thread")]
async fn a_pipe_that_turns_out_wrong_says_from_where_to_go_on() {
    let world = World::new(SandboxConfig::default()).await;
    let (csv, records) = sales(1205);
    let broken = csv.clone() + "1205,2026-06-01\n";
    let finished = super::ingest_piped(&world, KIND, broken.as_bytes(), &["--batch-rows", "100"]).await;
    assert_eq!(finished.code, Some(7), "{finished:?}");
    let error = &finished.result()["error"];
    let (message, hint) = (error["message"].as_str().unwrap(), error["hint"].as_str().unwrap());
    assert!(
        message.contains("line 1207") && message.contains("nothing was sent from row 1201 on"),
        "{message}"
    );
    assert!(hint.contains("--skip-rows 1200"), "{hint}");
    assert_eq!(arrived(&world, KIND), records[..1200]);

    let going_on = super::ingest_piped(&world, KIND, csv.as_bytes(), &["--skip-rows", "1200"]).await;
    assert_eq!(going_on.code, Some(0), "{going_on:?}");
    assert_eq!(arrived(&world, KIND), records);
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn an_interrupt_lets_the_batch_under_way_end_and_tells_where_to_go_on() {
    let world = World::new(SandboxConfig::default()).await;
    world.sandbox.add_fault("ingest_sales#1=slow:2KiB/s".parse().unwrap());
    let (csv, records) = sales(400);
    let file = world.file("sales.csv", csv.as_bytes());
    let mut command = world.upload();
    command.args(["--output", "json", "ingest", "sales", file.to_str().unwrap(), "--batch-rows", "100"]);
    let running = Running::start(&mut command);
    let begun = async {
        while world.count("ingest_sales") == 0 {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(60), begun).await.expect("it begins");
    running.interrupt();
    let finished = running.finish().await;
    assert_eq!(finished.code, Some(130), "{finished:?}");
    let result = finished.result();
    assert_eq!((&result["status"], &result["rows"]["unknown"]), (&"aborted".into(), &0.into()), "{result}");
    assert_eq!(
        (&result["rows"]["accepted"], &result["rows"]["not_sent"]),
        (&100.into(), &300.into()),
        "{result}"
    );
    assert_eq!(arrived(&world, KIND), records[..100]);
    assert!(result["error"]["hint"].as_str().unwrap().contains("--skip-rows 100"), "{result}");
}
