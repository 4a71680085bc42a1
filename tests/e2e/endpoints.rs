//! Every row of the platform's endpoint table is reached by a command of ours, and succeeds.

use std::time::Duration;

use rust_xlsxwriter::Workbook;
use upload_e2e::{Finished, World};
use upload_proto::{Endpoint, IngestKind};
use upload_sandbox::{Account, Operation, SandboxConfig};

const RECORDS: &[u8] = br#"[{"id":"1","date":"2026-06-01"}]"#;
const SUMMARY: &[u8] = br#"{"eid":"e1","from":"2026-06-01","to":"2026-06-12","tickets":[{"type":"standard","sold":412,"revenue":18540}]}"#;

fn workbook() -> Vec<u8> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    for (row, (date, venue)) in (0..).zip([("date", "venue"), ("2026-06-01", "Arena")]) {
        sheet.write_string(row, 0, date).unwrap();
        sheet.write_string(row, 1, venue).unwrap();
    }
    book.save_to_buffer().unwrap()
}

async fn run_on(world: &World, name: &str, content: &[u8], before: &[&str], after: &[&str]) -> Finished {
    let file = world.file(name, content);
    let file = file.to_str().unwrap();
    world.run(before.iter().chain(&[file]).chain(after)).await
}

/// Reaches an endpoint by a command. `None` where there is no case: the test below names the endpoint.
async fn reach(endpoint: Endpoint, world: &World) -> Option<Finished> {
    let csv = b"id,name\n1,Ada\n";
    let ingest = IngestKind::ALL.into_iter().find(|kind| kind.endpoint() == endpoint);
    Some(match endpoint {
        Endpoint::Status | Endpoint::Partners => world.run(["doctor"]).await,
        Endpoint::SignIn => {
            world.sign_in().await;
            world.run_stranger(["whoami"]).await
        }
        Endpoint::RefreshToken => {
            world.sign_in().await;
            // The token's whole life: a real process cannot be told another time.
            tokio::time::sleep(Duration::from_millis(1200)).await;
            world.run_stranger(["whoami"]).await
        }
        Endpoint::Media => run_on(world, "a.jpg", b"\xFF\xD8\xFF\xE0picture", &["media"], &[]).await,
        Endpoint::InitiateMultipart | Endpoint::CompleteMultipart | Endpoint::ValidateMultipart => {
            run_on(world, "a.csv", csv, &["put"], &["--type", "t"]).await
        }
        Endpoint::AbortMultipart => {
            // Nothing that fails for good may be left open, so a refused part ends in an abort.
            world.sandbox.add_fault("part=status:403".parse().unwrap());
            let failed = run_on(world, "a.csv", csv, &["put"], &["--type", "t"]).await;
            assert_eq!(failed.code, Some(4), "{failed:?}");
            Finished { code: Some(0), ..failed }
        }
        Endpoint::PresignPut => run_on(world, "a.bin", b"bytes", &["put"], &[]).await,
        Endpoint::IngestTransactionSummary => {
            run_on(world, "s.json", SUMMARY, &["ingest", "transaction-summary"], &[]).await
        }
        Endpoint::IngestTransactionSummaryExcel => {
            run_on(world, "s.xlsx", &workbook(), &["excel"], &["--eid", "a/b c"]).await
        }
        Endpoint::EventsBulkUpload => {
            run_on(world, "e.xlsx", &workbook(), &["events"], &["--event-type", "fdlive"]).await
        }
        Endpoint::Package | Endpoint::PackageCustomers => {
            let target = world.file("unused", b"").with_file_name("list.csv");
            world.run(["download", "demo", "-o", target.to_str().unwrap()]).await
        }
        _ => run_on(world, "r.json", RECORDS, &["ingest", ingest?.name()], &[]).await,
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn every_row_of_the_table_has_a_command_that_reaches_it_and_succeeds() {
    for endpoint in Endpoint::ALL {
        let account = match endpoint {
            Endpoint::RefreshToken => Account { token_life: Duration::from_secs(1), ..Account::default() },
            _ => Account::default(),
        };
        let world = World::new(SandboxConfig { account, ..SandboxConfig::default() }).await;
        let finished = reach(*endpoint, &world).await;
        let finished = finished.unwrap_or_else(|| panic!("{endpoint:?} has no case here: add one"));
        assert_eq!(finished.code, Some(0), "{endpoint:?}: {finished:?}");
        let log = world.log();
        let reached = log.iter().any(|entry| {
            entry.operation == Operation::Api(*endpoint)
                && entry.status.is_some_and(|status| (200..300).contains(&status))
        });
        assert!(reached, "{endpoint:?} was not reached: {log:?}");
        assert!(log.iter().all(|entry| entry.mistake.is_none()), "{endpoint:?}: {log:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_became_of_an_event_workbook_is_told_by_the_body_of_a_success() {
    for (body, code, finding) in [
        ("[400, []]", 0, None),
        (r#"[400, [{"errCode":"ROW_3_INVALID_DATE"}]]"#, 3, Some("ROW_3_INVALID_DATE")),
        (r#"{"detail":[{"name":"ROW_3_INVALID_DATE"}]}"#, 3, Some("ROW_3_INVALID_DATE")),
        (r#"{"validation_errors":[{"code":"NO_VENUE"}]}"#, 3, Some("NO_VENUE")),
    ] {
        let world = World::new(SandboxConfig::default()).await;
        world.sandbox.answer_next(Operation::Api(Endpoint::EventsBulkUpload), 200, body);
        let before = ["--output", "json", "events"];
        let finished = run_on(&world, "e.xlsx", &workbook(), &before, &["--event-type", "prisma"]).await;
        assert_eq!(finished.code, Some(code), "{body}: {finished:?}");
        let found = finished.result()["validation"]["errors"][0]["code"].as_str().map(str::to_owned);
        assert_eq!(found.as_deref(), finding, "{body}");
    }
}
