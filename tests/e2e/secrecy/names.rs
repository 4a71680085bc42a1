//! Names that a terminal would obey.

use upload_e2e::World;
use upload_sandbox::SandboxConfig;

/// Clears the screen, sets the window's title, and turns the direction of writing.
const NAME: &str = "a\u{1b}[2J\u{1b}]0;x\u{7}\u{9b}1m\u{202e}b";

#[track_caller]
fn is_harmless(text: &str, what: &[String]) {
    let obeyed = |c: char| c == '\u{202e}' || (c.is_control() && !matches!(c, '\n'));
    assert!(!text.contains(obeyed), "{what:?}: {text:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_name_reaches_the_terminal_as_it_is() {
    let world = World::new(SandboxConfig::default()).await;
    let path = |ending: &str, content: &[u8]| {
        world.file(&format!("{NAME}{ending}"), content).to_str().unwrap().to_owned()
    };
    let missing = path(".gone", b"").replace(".gone", ".missing");
    let (csv, bad) =
        (path(".csv", b"email\na@b.c\n"), path(".bad.csv", format!("{NAME},{NAME}\n1\n").as_bytes()));
    let (png, book) = (path(".png", b"\x89PNG\r\n\x1a\n0000"), path(".xlsx", b"no workbook"));
    let (rows, odd) = (path(".ndjson", b"{\"eid\":\"e\"}\n"), path(".json", b"{\"eid\": nonsense"));
    let manifest = path(".txt", format!("{csv}\n{{\"path\":\"x\",\"{NAME}\":1}}\n").as_bytes());
    let list = path(".list", b"there");
    let below = format!("{list}/x.csv");
    for args in [
        vec!["put", &csv, "--type", "t"],
        vec!["put", &csv, "--type", "t", "--dry-run"],
        vec!["put", &csv, "--type", "t", "--name", NAME],
        vec!["put", &missing, "--type", "t"],
        vec!["put", &bad, "--type", "t"],
        vec!["put", &csv, "--type", NAME],
        vec!["put", &csv, "--pattern", NAME],
        vec!["put", "--type", "t", "--manifest", &manifest],
        vec!["put", "--type", "t", "--manifest", &missing],
        vec!["media", &png],
        vec!["media", &missing],
        vec!["excel", &book, "--eid", NAME],
        vec!["events", &book, "--event-type", NAME],
        vec!["ingest", "sales", &rows],
        vec!["ingest", "sales", &odd],
        vec!["ingest", "sales", &bad],
        vec!["ingest", NAME, &rows],
        vec!["ingest", "sales", &bad, "--types", NAME],
        vec!["download", NAME],
        vec!["download", "7", "-o", &list],
        vec!["download", "7", "-o", &below],
        vec!["sessions", "abort", NAME],
        vec!["whoami", "--profile", NAME],
        vec!["whoami", "--api-url", NAME],
        vec!["whoami", "--partner", NAME],
        vec!["whoami", "--ca-cert", &missing],
        vec!["whoami", "--proxy", NAME],
        vec!["whoami", NAME],
        vec![NAME],
        vec!["--sandbox", "--fault", NAME, "whoami"],
    ] {
        for voice in [&[][..], &["-vvv"]] {
            let args: Vec<String> = voice.iter().chain(&args).map(|arg| (*arg).to_owned()).collect();
            let finished = world.run(&args).await;
            is_harmless(&finished.stdout, &args);
            is_harmless(&finished.stderr, &args);
        }
    }
}
