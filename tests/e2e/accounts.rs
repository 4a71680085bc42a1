//! Signing in and out, by hand and unattended.

use std::{fs, process::Stdio};

use serde_json::Value;
use tokio::io::AsyncWriteExt;
use upload_e2e::{Finished, Running, World};
use upload_sandbox::{Account, SandboxConfig};

const PASSWORD: &str = " pl4nted password ";

async fn world(account: Account) -> World {
    World::new(SandboxConfig { account, ..SandboxConfig::default() }).await
}

fn ada() -> Account {
    Account { username: "ada".into(), password: PASSWORD.into(), ..Account::default() }
}

fn ada_of(partners: &[&str]) -> Account {
    Account { partners: partners.iter().map(|id| id.parse().unwrap()).collect(), ..ada() }
}

/// Signs in as ada by the environment.
async fn login(world: &World, more: &[&str]) -> Finished {
    let mut command = world.stranger();
    command.env("FD_USERNAME", "ada").env("FD_PASSWORD", PASSWORD).args(["--output", "json", "login"]);
    Running::start(command.args(more)).finish().await
}

fn only_event(finished: &Finished) -> Value {
    let mut events = finished.events();
    assert_eq!(events.len(), 1, "{finished:?}");
    events.remove(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_kept_used_and_forgotten() {
    let world = world(ada()).await;
    let signed_in = login(&world, &[]).await;
    assert_eq!(signed_in.code, Some(0), "{signed_in:?}");
    let event = only_event(&signed_in);
    assert_eq!((&event["event"], &event["user"]), (&"login".into(), &"ada".into()));
    assert_eq!((&event["partner"], &event["kept"]), (&"partner-id-sandbox".into(), &true.into()));

    let who = world.run_stranger(["--output", "json", "whoami"]).await;
    assert_eq!(who.code, Some(0), "{who:?}");
    let event = only_event(&who);
    assert_eq!((&event["user"], &event["partner"]), (&"ada".into(), &"partner-id-sandbox".into()));
    assert_eq!((&event["token_source"], &event["profile"]), (&"session".into(), &"default".into()));
    assert_eq!((&event["accepted"], &event["renewable"]), (&true.into(), &true.into()));
    assert!((3500..=3600).contains(&event["expires_in_seconds"].as_u64().unwrap()), "{event}");

    let file = world.file("a.csv", b"a,b\n1,2\n");
    let put = world.run_stranger(["put", file.to_str().unwrap(), "--type", "t"]).await;
    assert_eq!(put.code, Some(0), "{put:?}");

    let out = world.run_stranger(["--output", "json", "logout"]).await;
    assert_eq!((out.code, &only_event(&out)["signed_out"]), (Some(0), &true.into()));
    assert!(!world.session_file().exists());
    let again = world.run_stranger(["--output", "json", "logout"]).await;
    assert_eq!((again.code, &only_event(&again)["signed_out"]), (Some(0), &false.into()));
    let stranger = world.run_stranger(["whoami"]).await;
    assert_eq!(stranger.code, Some(2), "{stranger:?}");
    for way in ["upload login", "FD_USERNAME", "FD_ACCESS_TOKEN", "--sandbox"] {
        assert!(stranger.stderr.contains(way), "{way} is not named: {stranger:?}");
    }
    assert_eq!(world.count("sign_in"), 1);
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_session_can_be_read_by_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let world = world(ada()).await;
    assert_eq!(login(&world, &[]).await.code, Some(0));
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let file = world.session_file();
    let folder = file.parent().unwrap();
    assert_eq!((mode(&file), mode(folder), mode(folder.parent().unwrap())), (0o600, 0o700, 0o700));
    assert_eq!(mode(&folder.join("default.lock")), 0o600);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_comes_from_standard_input_whole() {
    let world = world(ada()).await;
    let mut command = world.stranger();
    command.args(["login", "--username", "ada", "--password-stdin"]).stdin(Stdio::piped());
    let mut running = Running::start(&mut command);
    let mut stdin = running.stdin().unwrap();
    stdin.write_all(format!("{PASSWORD}\n").as_bytes()).await.unwrap();
    drop(stdin);
    let finished = running.finish().await;
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert!(finished.stdout.contains("signed in as ada for partner-id-sandbox"), "{finished:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_is_exit_4_and_keeps_nothing() {
    let world = world(Account { password: "another".into(), ..ada() }).await;
    let finished = login(&world, &[]).await;
    assert_eq!(finished.code, Some(4), "{finished:?}");
    let error = &only_event(&finished)["error"];
    assert_eq!((&error["kind"], &error["status"]), (&"unauthorized".into(), &401.into()));
    assert!(error["message"].as_str().unwrap().contains("INVALID_CREDENTIALS"), "{error}");
    assert!(error["hint"].as_str().unwrap().contains("FD_PASSWORD"), "{error}");
    assert!(!world.session_file().exists());
    assert_eq!(world.count("sign_in"), 1, "a wrong password is not tried again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_challenge_is_explained() {
    for (challenge, words) in [("SMS_MFA", "second factor"), ("NEW_PASSWORD_REQUIRED", "new password")] {
        let world = world(Account { challenge: Some(challenge.into()), ..ada() }).await;
        let finished = login(&world, &[]).await;
        assert_eq!(finished.code, Some(4), "{finished:?}");
        let error = &only_event(&finished)["error"];
        let message = error["message"].as_str().unwrap();
        assert!(message.contains(words) && message.contains(challenge), "{message}");
        assert!(error["hint"].as_str().unwrap().contains("service account"), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_several_partners_has_to_be_chosen() {
    let world = world(ada_of(&["fd7", "partner-id-acme"])).await;
    let unchosen = login(&world, &[]).await;
    assert_eq!(unchosen.code, Some(2), "{unchosen:?}");
    let error = &only_event(&unchosen)["error"];
    assert!(error["message"].as_str().unwrap().contains("fd7, partner-id-acme"), "{error}");
    assert!(error["hint"].as_str().unwrap().contains("--partner"), "{error}");

    let wrong = login(&world, &["--partner", "fd8"]).await;
    assert_eq!(wrong.code, Some(4), "{wrong:?}");
    assert!(wrong.stdout.contains("fd7, partner-id-acme"), "{wrong:?}");

    let chosen = login(&world, &["--partner", "partner-id-acme"]).await;
    assert_eq!(only_event(&chosen)["partner"], "partner-id-acme");
    let who = world.run_stranger(["--output", "json", "whoami"]).await;
    assert_eq!(only_event(&who)["partner"], "partner-id-acme", "the choice is kept");
    let other = world.run_stranger(["--output", "json", "--partner", "fd7", "whoami"]).await;
    assert_eq!(only_event(&other)["partner"], "fd7", "and another one can be asked for");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_partner_is_told_with_what_is_known() {
    let world = world(ada()).await;
    login(&world, &[]).await;
    let finished = world.run_stranger(["--output", "json", "--partner", "fd999", "whoami"]).await;
    assert_eq!(finished.code, Some(4), "{finished:?}");
    let events = finished.events();
    assert_eq!((&events[0]["event"], &events[0]["accepted"]), (&"whoami".into(), &false.into()));
    assert_eq!((&events[1]["event"], &events[1]["error"]["kind"]), (&"error".into(), &"forbidden".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn unattended_commands_sign_in_by_themselves_and_once() {
    let world = world(ada()).await;
    // Each its own file: two uploads of the same one keep each other out.
    let put = |name| {
        let file = world.file(name, b"a,b\n1,2\n");
        let mut command = world.stranger();
        command.env("FD_USERNAME", "ada").env("FD_PASSWORD", PASSWORD);
        command.args(["put", file.to_str().unwrap(), "--type", "t"]);
        Running::start(&mut command).finish()
    };
    let (one, other, third) = tokio::join!(put("a.csv"), put("b.csv"), put("c.csv"));
    for finished in [one, other, third, put("d.csv").await] {
        assert_eq!(finished.code, Some(0), "{finished:?}");
    }
    assert_eq!(world.count("sign_in"), 1, "{:?}", world.operations());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_never_goes_to_another_platform() {
    let (home, other) = (world(ada()).await, world(ada()).await);
    login(&home, &[]).await;
    let mut command = home.stranger();
    command.env("FD_BASE_URL", other.sandbox.api_url()).arg("whoami");
    let finished = Running::start(&mut command).finish().await;
    assert_eq!(finished.code, Some(2), "{finished:?}");
    assert!(finished.stderr.contains(home.sandbox.api_url()) && finished.stderr.contains("upload login"));
    assert!(other.log().is_empty(), "{:?}", other.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sandbox_can_be_signed_in_to_without_touching_the_profile() {
    let world = world(ada()).await;
    for (args, words) in [
        (&["--sandbox", "login"][..], "signed in as sandbox"),
        (&["--sandbox", "whoami"], "partner-id-sandbox"),
        (&["--sandbox", "logout"], "keeps no session"),
    ] {
        let finished = world.run_stranger(args).await;
        assert_eq!(finished.code, Some(0), "{finished:?}");
        assert!(finished.stdout.contains(words), "{finished:?}");
    }
    assert!(world.log().is_empty() && !world.session_file().exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_loudest_output_has_no_secret_of_the_account() {
    let world = world(ada()).await;
    let mut output = login(&world, &["-vv"]).await.all_output();
    let kept: Value = serde_json::from_slice(&fs::read(world.session_file()).unwrap()).unwrap();
    world.sandbox.expire_access_tokens();
    for args in [&["-vv", "whoami"][..], &["-vv", "doctor"], &["-vv", "--output", "json", "whoami"]] {
        output += &world.run_stranger(args).await.all_output();
    }
    world.sandbox.revoke_sessions();
    output += &world.run_stranger(["-vv", "whoami"]).await.all_output();
    assert!(output.contains("/v3/auth/refresh_token"), "{output}");
    for name in ["access_token", "refresh_token", "id_token"] {
        assert!(!output.contains(kept[name].as_str().unwrap()), "the {name} is shown: {output}");
    }
    assert!(!output.contains(PASSWORD.trim()) && !output.contains("Bearer"), "{output}");
}
