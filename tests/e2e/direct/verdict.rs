//! What the platform says of a file that it has received, and what the command makes of it.

use serde_json::Value;

use super::{commands, operation, world, xlsx};

#[tokio::test(flavor = "multi_thread")]
async fn the_body_decides_whatever_the_status() {
    const RECORD: &str =
        r#"{"message":"ok","validation_errors":[{"code":"NO_DATE","row":3,"column":"date"}]}"#;
    let rows: &[(&str, Option<u64>)] = &[("ROW_3_INVALID_DATE", Some(3)), ("ROW_12_NO_VENUE", Some(12))];
    for (command, status, body, code, findings) in [
        (
            "events",
            200,
            r#"[400, [{"errCode":"ROW_3_INVALID_DATE"},{"errCode":"ROW_12_NO_VENUE"}]]"#,
            3,
            rows,
        ),
        ("events", 200, "[400, []]", 0, &[]),
        ("events", 200, "[400]", 0, &[]),
        ("events", 200, r#"{"detail":[{"name":"ROW_3_INVALID_DATE"}]}"#, 3, &rows[..1]),
        ("events", 200, r#"{"detail":"the sheet is upside down"}"#, 3, &[]),
        ("events", 200, RECORD, 3, &[("NO_DATE", Some(3))]),
        ("excel", 200, RECORD, 3, &[("NO_DATE", Some(3))]),
        ("excel", 422, RECORD, 3, &[("NO_DATE", Some(3))]),
        ("media", 200, RECORD, 3, &[("NO_DATE", Some(3))]),
        ("media", 413, r#"{"detail":"too large"}"#, 3, &[]),
        ("excel", 403, r#"{"message":"error.auth.forbidden"}"#, 4, &[]),
        ("events", 200, "<html>sign in</html>", 5, &[]),
        ("events", 200, "", 5, &[]),
    ] {
        let world = world().await;
        world.sandbox.answer_next(operation(command), status, body);
        let (_, line) = commands(&world).into_iter().find(|(name, _)| *name == command).unwrap();
        let finished = world.run(&line).await;
        assert_eq!(finished.code, Some(code), "{command} {status} {body}: {finished:?}");
        assert_eq!(world.operations(), [command], "it is sent once: {body}");
        let result = finished.result();
        assert_eq!(result["status"], if code == 0 { "completed" } else { "failed" }, "{body}");
        let found: Vec<(&str, Option<u64>)> = match &result["validation"]["errors"] {
            Value::Array(errors) => {
                errors.iter().map(|error| (error["code"].as_str().unwrap(), error["row"].as_u64())).collect()
            }
            _ => Vec::new(),
        };
        assert_eq!(found, findings, "{command} {body}");
        if code != 0 {
            assert!(result["error"]["hint"].is_string(), "{result}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn people_see_refused_rows_as_a_table() {
    let world = world().await;
    let rows: [&[&str]; 3] = [&["eid", "date"], &["e1", "2026-06-01"], &["", "soon"]];
    let file = world.file("events.xlsx", &xlsx(&rows));
    let finished = world.run(["events", file.to_str().unwrap(), "--event-type", "prisma"]).await;
    assert_eq!(finished.code, Some(3), "{finished:?}");
    assert!(finished.stdout.is_empty(), "{finished:?}");
    let lines: Vec<&str> = finished.stderr.lines().map(str::trim).collect();
    assert!(lines[0].contains("events.xlsx") && lines[0].contains("2 row"), "{finished:?}");
    assert!(lines.contains(&"row  code"), "{finished:?}");
    for row in ["3  ROW_3_NO_EID", "3  ROW_3_INVALID_DATE"] {
        assert!(lines.contains(&row), "{row}: {finished:?}");
    }
}
