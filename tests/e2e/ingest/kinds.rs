use serde_json::Value;
use upload_e2e::World;
use upload_proto::IngestKind;
use upload_sandbox::SandboxConfig;

use super::{arrived, ingest, ingest_piped, sales};

const SUMMARY: [&str; 2] = [
    r#"{"eid":"e1","from":"2026-06-01","to":"2026-06-12","tickets":[{"type":"standard","sold":412,"revenue":18540},{"type":"vip","sold":3,"revenue":900.5}]}"#,
    r#"{"eid":"e2","from":"2026-06-01","to":"2026-06-12","tickets":[{"type":"standard","sold":0,"revenue":0}]}"#,
];
const SUMMARY_CSV: &str = "eid,from,to,type,sold,revenue\n\
    e1,2026-06-01,2026-06-12,standard,412,18540\n\
    e1,2026-06-01,2026-06-12,vip,3,900.5\n\
    e2,2026-06-01,2026-06-12,standard,0,0\n";

/// The same figures are the same whether they are written 900.5 or 900.50, 0 or 0.0.
fn read(lines: &[String]) -> Vec<Value> {
    let numbers =
        |line: &String| line.replace("18540.0", "18540").replace("\"revenue\":0.0", "\"revenue\":0");
    lines.iter().map(|line| serde_json::from_str(&numbers(line)).unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_arrives_as_it_was_written_from_every_format_and_from_a_pipe() {
    let (csv, records) = sales(25);
    for kind in IngestKind::ALL {
        let is_summary = kind == IngestKind::TransactionSummary;
        let records: Vec<String> =
            if is_summary { SUMMARY.map(str::to_owned).to_vec() } else { records.clone() };
        let csv = if is_summary { SUMMARY_CSV } else { &csv };
        let texts = [
            ("r.json", format!("[{}]", records.join(",\n"))),
            ("r.ndjson", records.join("\n")),
            ("r.csv", csv.to_owned()),
            ("bom.csv", format!("\u{feff}{}", csv.replace('\n', "\r\n"))),
        ];
        for (name, text) in texts {
            let world = World::new(SandboxConfig::default()).await;
            let file = world.file(name, text.as_bytes());
            let finished = ingest(&world, kind, &file, &["--batch-rows", "10"]).await;
            assert_eq!(finished.code, Some(0), "{kind} {name}: {finished:?}");
            assert_eq!(read(&arrived(&world, kind)), read(&records), "{kind} {name}");
            let result = finished.result();
            let rows = records.len();
            let counts = serde_json::json!({"read": rows, "accepted": rows, "refused": 0, "unknown": 0, "not_sent": 0});
            assert_eq!((&result["pattern"], &result["rows"]), (&"ingest".into(), &counts));
            assert_eq!(result["batches"], if is_summary { 2 } else { 3 }, "{kind} {name}");
            assert!(result.get("dead_letter").is_none() && result.get("error").is_none());

            let piped = ingest_piped(&world, kind, text.as_bytes(), &[]).await;
            assert_eq!(piped.code, Some(0), "{kind} {name} piped: {piped:?}");
            assert_eq!(arrived(&world, kind).len(), 2 * rows, "{kind} {name} piped");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_and_records_of_plain_kinds_arrive_to_the_last_byte() {
    let world = World::new(SandboxConfig::default()).await;
    let (csv, records) = sales(25);
    let file = world.file("r.csv", csv.as_bytes());
    assert_eq!(ingest(&world, IngestKind::Sales, &file, &[]).await.code, Some(0));
    assert_eq!(arrived(&world, IngestKind::Sales), records);
    let exact = r#"{"id":12345678901234567890.10,"x":1E400,"s":"\u00e9\u0000"}"#;
    let file = world.file("e.json", exact.as_bytes());
    assert_eq!(ingest(&world, IngestKind::Events, &file, &[]).await.code, Some(0));
    assert_eq!(arrived(&world, IngestKind::Events), [exact]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frame_says_the_same_in_every_layout_and_missing_fields_are_null() {
    let records = "{\"id\":1,\"b\":\"x\"}\n{\"id\":2,\"c\":[1]}\n{\"id\":3}\n";
    for orient in ["columns", "split", "list"] {
        let world = World::new(SandboxConfig::default()).await;
        let file = world.file("r.ndjson", records.as_bytes());
        let finished = ingest(&world, IngestKind::SalesDf, &file, &["--orient", orient]).await;
        assert_eq!(finished.code, Some(0), "{orient}: {finished:?}");
        let expected =
            [r#"{"id":1,"b":"x","c":null}"#, r#"{"id":2,"b":null,"c":[1]}"#, r#"{"id":3,"b":null,"c":null}"#];
        assert_eq!(arrived(&world, IngestKind::SalesDf), expected, "{orient}");
    }
    let world = World::new(SandboxConfig::default()).await;
    let file = world.file("r.ndjson", records.as_bytes());
    let plain = ingest(&world, IngestKind::Sales, &file, &["--orient", "split"]).await;
    assert_eq!(plain.code, Some(2), "{plain:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_shows_types_counts_and_the_first_record_and_sends_nothing() {
    let world = World::new(SandboxConfig::default()).await;
    let (csv, records) = sales(25);
    let file = world.file("r.csv", csv.as_bytes());
    let more = ["--dry-run", "--batch-rows", "10", "--types", "id=string"];
    let finished = ingest(&world, IngestKind::Sales, &file, &more).await;
    assert_eq!(finished.code, Some(0), "{finished:?}");
    let planned = &finished.events_named("planned")[0];
    assert_eq!((&planned["rows"], &planned["batches"]), (&25.into(), &3.into()));
    let columns = serde_json::json!(
        {"id": "string", "sale_date": "date", "sold": "float", "zip": "string", "note": "string"}
    );
    assert_eq!(planned["columns"], columns);
    assert_eq!(
        planned["first"].to_string(),
        serde_json::from_str::<Value>(&records[0].replace(":0,", ":\"0\",")).unwrap().to_string()
    );
    assert!(world.log().is_empty(), "{:?}", world.log());
}
