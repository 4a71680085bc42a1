//! Files that tell the command what to do and who it is.

use std::{fs, path::Path, sync::OnceLock};

use tempfile::TempDir;
use upload_fuzz::{Target, documents};

use crate::{account::SessionFile, commands::manifest_line_holds, settings::ConfigFile};

pub(super) const CONFIG: Target = Target { name: "config", seeds: configs, check: check_config };
pub(super) const SESSION: Target = Target { name: "session", seeds: sessions, check: check_session };
pub(super) const MANIFEST: Target = Target { name: "manifest", seeds: manifests, check: check_manifest };

fn configs() -> Vec<Vec<u8>> {
    documents(&[
        "default_profile = \"staging\"\n[profile.staging]\napi_url = \"https://h/api/v3\"\npartner = \"fd42\"\naccess_token_file = \"t\"\ntype = \"audience_csv\"\nconcurrency = 8\npart_size = \"16MiB\"\n",
        "[profile.default]\ntimeout = \"30s\"\napi_budget = \"60/min\"\noutput = \"json\"\ncolor = \"never\"\nlimit_rate = \"10MiB/s\"\nvalidate = false\nverify = \"etag\"\nexpect_columns = [\"a\", \"b\"]\n",
        "[profile.default]\naccess_token = \"hush-planted-secret\"\n",
        "[profile]\naccess_token = \"hush-planted-secret\"\n",
        "[profile.default]\nproxy = \"http://me:hush-planted-secret@h\"\ntimeout = 30\n",
    ])
}

/// A token, or a proxy's password, may stand where it should not; its value must not be shown for that.
fn check_config(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    let path = Path::new("config.toml");
    match ConfigFile::parse(text, path) {
        Ok(config) => {
            let _ = config.profile(None, path);
        }
        Err(error) => {
            let is_key = text.lines().any(|line| {
                let key = line.split('=').next().unwrap_or_default();
                key.contains("hush")
            });
            assert!(is_key || !error.message.contains("hush-planted"), "{}", error.message);
            let line =
                error.message.strip_prefix("config.toml, line ").and_then(|rest| rest.split(':').next());
            let line: usize = line.and_then(|line| line.parse().ok()).expect("a line is named");
            assert!((1..=text.matches('\n').count() + 1).contains(&line), "{}", error.message);
        }
    }
}

fn sessions() -> Vec<Vec<u8>> {
    documents(&[
        r#"{"version":1,"api_url":"https://h/api","user":"ada","partner":"fd42","access_token":"hush-planted-secret","refresh_token":"hush-planted-secret","id_token":"e30.e30.c2ln","obtained_at_ms":1000000000123,"expires_in_ms":3600000,"over":false}"#,
        r#"{"version":1,"api_url":"https://h/api","user":"ada","partner":null,"access_token":"hush-planted-secret","refresh_token":null,"id_token":null,"obtained_at_ms":0,"expires_in_ms":null}"#,
    ])
}

fn check_session(bytes: &[u8]) {
    static FOLDER: OnceLock<TempDir> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| tempfile::tempdir().expect("a temporary folder"));
    let file = SessionFile::new(folder.path().to_owned(), "fuzzed");
    fs::write(file.path(), bytes).expect("it can be written");
    match file.read() {
        Ok(kept) => {
            let kept = kept.expect("it is there");
            let _ = (kept.is_usable(), kept.expires_in(), kept.partners());
            let token = kept.session.access_token.expose();
            let shown = format!("{kept:?}");
            assert!(
                token.len() < 16 || kept.identity.user.contains(token) || !shown.contains(token),
                "{shown}"
            );
            file.write(&kept).expect("it can be written");
            let back = file.read().ok().flatten().expect("what was written can be read");
            assert_eq!((&back.identity, &back.partner), (&kept.identity, &kept.partner));
            assert_eq!((&back.id_token, &back.session), (&kept.id_token, &kept.session));
        }
        Err(error) => assert!(!format!("{error} {error:?}").contains("hush"), "{error:?}"),
    }
}

fn manifests() -> Vec<Vec<u8>> {
    documents(&[
        "a b.csv\r",
        r#"{"path":"exports/sales.csv","type":"sales_csv","name":"sales.csv","part_size":"32MiB","pattern":"multipart","validate":false}"#,
        r#"{"path":"\u001b[2J.csv"}"#,
    ])
}

fn check_manifest(bytes: &[u8]) {
    for line in bytes.split(|byte| *byte == b'\n') {
        manifest_line_holds(line);
    }
}
