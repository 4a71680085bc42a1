use std::{fs, os::unix::fs::PermissionsExt as _, path::Path};

use tokio::process::Command;
use upload_e2e::{Finished, Running, World, wait_for};
use upload_sandbox::{Account, FaultRule, SandboxConfig};

use crate::content::{MIB, noise};

const PASSWORD: &str = "planted-password-0123456789";
const PROXY_PASSWORD: &str = "planted-proxy-password";
const REFRESH_TOKEN: &str = "planted-refresh-token-0123456789";

/// What each says is a part of what the next says, so that these three stand for all that lie between.
const VOICES: [&[&str]; 3] = [&["--quiet"], &["-vvv"], &["-vvv", "--output", "json"]];

async fn world(faults: &[&str]) -> World {
    let faults = faults.iter().map(|rule| rule.parse::<FaultRule>().unwrap()).collect();
    let account = Account { password: PASSWORD.into(), ..Account::default() };
    World::new(SandboxConfig { account, faults, ..SandboxConfig::default() }).await
}

fn with_secrets(mut command: Command) -> Command {
    command
        .env("FD_REFRESH_TOKEN", REFRESH_TOKEN)
        .env("FD_PASSWORD", PASSWORD)
        .env("UPLOAD_PROXY", format!("http://me:{PROXY_PASSWORD}@127.0.0.1:9"))
        .env("RUST_LOG", "trace");
    command
}

#[track_caller]
fn says_no_secret(finished: &Finished, world: &World) {
    let output = finished.all_output();
    let token = world.sandbox.access_token();
    for secret in [token, PASSWORD, PROXY_PASSWORD, REFRESH_TOKEN, "X-Amz-", "Signature=", "Bearer "] {
        assert!(!output.contains(secret), "{secret} was printed:\n{output}");
    }
}

/// Each command with how it ends.
fn all_commands(world: &World) -> Vec<(Vec<String>, i32)> {
    let path = |name: &str, content: &[u8]| world.file(name, content).to_str().unwrap().to_owned();
    let (csv, png) = (path("a.csv", b"email\na@b.c\n"), path("a.png", b"\x89PNG\r\n\x1a\n0000"));
    let (book, rows) = (path("b.xlsx", b"no workbook"), path("r.ndjson", b"{\"eid\":\"e\"}\n"));
    let list = path("list.csv", b"there already");
    [
        (vec!["put", &csv, "--type", "t"], 0),
        (vec!["put", "missing.csv", "--type", "t"], 6),
        (vec!["media", &png], 0),
        (vec!["excel", &book, "--eid", "e"], 3),
        (vec!["events", &book, "--event-type", "prisma"], 3),
        (vec!["ingest", "sales", &rows], 0),
        (vec!["download", "no-such-package", "-o", &list], 6),
        (vec!["sessions", "list"], 0),
        (vec!["whoami"], 0),
        (vec!["doctor"], 0),
        (vec!["logout"], 0),
    ]
    .into_iter()
    .map(|(args, code)| (args.into_iter().map(str::to_owned).collect(), code))
    .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_command_says_a_secret_however_much_it_says() {
    let world = world(&[]).await;
    for (args, code) in all_commands(&world) {
        for voice in VOICES {
            let mut command = with_secrets(world.upload());
            let finished = Running::start(command.args(voice).args(&args)).finish().await;
            assert_eq!(finished.code, Some(code), "{args:?}: {finished:?}");
            says_no_secret(&finished, &world);
        }
    }
    for voice in VOICES {
        let mut command = with_secrets(world.stranger());
        let finished =
            Running::start(command.args(voice).args(["login", "--username", world.sandbox.username()]))
                .finish()
                .await;
        assert_eq!(finished.code, Some(0), "{finished:?}");
        says_no_secret(&finished, &world);
        let finished = Running::start(command.env("FD_PASSWORD", format!("{PASSWORD}-wrong"))).finish().await;
        assert_eq!(finished.code, Some(4), "{finished:?}");
        says_no_secret(&finished, &world);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_refusal_of_the_storage_brings_a_signature_back() {
    let world = world(&["part=reject:403,code:SignatureDoesNotMatch"]).await;
    let file = world.file("a.bin", &noise(6 * MIB));
    for voice in VOICES {
        let mut command = with_secrets(world.upload());
        command.args(voice).args(["put", file.to_str().unwrap(), "--type", "raw", "--part-size", "5MiB"]);
        let finished = Running::start(&mut command).finish().await;
        assert_eq!(finished.code, Some(4), "{finished:?}");
        says_no_secret(&finished, &world);
    }
}

/// A process's arguments are for all to see, its files for its owner alone.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn while_it_runs_neither_its_arguments_nor_its_files_show_a_secret_to_others() {
    let world = world(&["part:2=stall"]).await;
    world.sign_in().await;
    let file = world.file("a.bin", &noise(6 * MIB));
    let mut command = with_secrets(world.stranger());
    command.args(["put", file.to_str().unwrap(), "--type", "raw", "--part-size", "5MiB"]);
    let mut running = Running::start(&mut command);
    wait_for(|| !world.journals().is_empty() && world.count("part") > 0).await;

    let arguments = fs::read(format!("/proc/{}/cmdline", running.id())).unwrap();
    let arguments = String::from_utf8_lossy(&arguments).into_owned();
    for secret in [world.sandbox.access_token(), PASSWORD, PROXY_PASSWORD, REFRESH_TOKEN] {
        assert!(!arguments.contains(secret), "{arguments}");
    }
    let state = world.session_file().ancestors().nth(2).unwrap().to_owned();
    assert!(closed_to_others(&state) > 2, "the session and the journal are there");
    running.kill();
    running.finish().await;
}

/// Checks every folder and file below this one, and answers how many files there are.
fn closed_to_others(folder: &Path) -> usize {
    let mut files = 0;
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let found = entry.metadata().unwrap();
        assert_eq!(found.permissions().mode() & 0o077, 0, "{}", entry.path().display());
        files += if found.is_dir() { closed_to_others(&entry.path()) } else { 1 };
    }
    files
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_file_that_others_can_read_is_warned_of() {
    let world = world(&[]).await;
    let token = world.file("token", world.sandbox.access_token().as_bytes());
    let folder = token.parent().unwrap().join("config/upload");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("config.toml"), "[profile.default]\naccess_token_file = \"../../token\"\n")
        .unwrap();
    for (mode, warned) in [(0o600, false), (0o640, true), (0o602, true)] {
        fs::set_permissions(&token, fs::Permissions::from_mode(mode)).unwrap();
        let mut command = world.stranger();
        command.env("FD_PARTNER_ID", world.sandbox.partner_id()).arg("whoami");
        let finished = Running::start(&mut command).finish().await;
        assert_eq!(finished.code, Some(0), "{finished:?}");
        assert_eq!(finished.stderr.contains("chmod 600"), warned, "{mode:o}: {finished:?}");
        says_no_secret(&finished, &world);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sandbox_of_ones_own_is_reached_past_any_proxy() {
    let world = world(&[]).await;
    let file = world.file("a.csv", b"a,b\n1,2\n");
    // Nobody listens there.
    let mut command = with_secrets(world.stranger());
    command.args([
        "--sandbox",
        "--proxy",
        "http://127.0.0.1:9",
        "put",
        file.to_str().unwrap(),
        "--type",
        "t",
    ]);
    let finished = Running::start(&mut command).finish().await;
    assert_eq!(finished.code, Some(0), "{finished:?}");
}
