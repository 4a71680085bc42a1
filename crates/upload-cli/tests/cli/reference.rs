//! `upload completions` and `upload man`: for every command, and whatever the settings are.

use std::{fs, process::Command};

use crate::run::Desk;

/// One whose settings are of no use.
fn desk() -> Desk {
    Desk::new()
        .set("XDG_CONFIG_HOME", "/proc")
        .file(".config/upload/config.toml", "broken = ")
        .set("UPLOAD_FORCE", "1")
}

/// Every command, as `--help` lists them.
fn commands(desk: &Desk) -> Vec<String> {
    let help = desk.run(&["--help"]).stdout;
    let listed =
        help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    // What a long description goes on with stands farther in.
    let names =
        listed.filter_map(|line| line.strip_prefix("  ")?.split(' ').next().filter(|name| !name.is_empty()));
    let names: Vec<String> = names.map(str::to_owned).collect();
    assert!(names.len() >= 4 && names.contains(&"download".to_owned()), "{help}");
    names
}

#[test]
fn completions_of_every_shell_know_every_command_and_its_options() {
    let desk = desk();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let ran = desk.run(&["completions", shell]);
        ran.ends(0, &[]);
        for name in commands(&desk) {
            assert!(ran.stdout.contains(&name), "{shell} does not complete {name}");
        }
        assert!(ran.stdout.contains("wait-limit"), "{shell}");
        // Where the shell is installed, it has the last word.
        let script = desk.path("script");
        fs::write(&script, &ran.stdout).unwrap();
        if let Ok(checked) = Command::new(shell).arg("-n").arg(&script).output() {
            assert!(checked.status.success(), "{shell}: {}", String::from_utf8_lossy(&checked.stderr));
        }
    }
    desk.run(&["completions", "cmd.exe"]).ends(2, &["bash"]);
}

#[test]
fn every_command_has_its_manual_page() {
    let desk = desk();
    let ran = desk.run(&["man", "--dir", "man/man1"]);
    ran.ends(0, &[]);
    assert!(ran.stdout.contains("upload.1"), "{}", ran.stdout);
    for name in commands(&desk) {
        let page = fs::read_to_string(desk.path(&format!("man/man1/upload-{name}.1"))).unwrap();
        assert!(
            page.contains(&format!(".TH upload-{name} 1")) && page.contains(".SH SYNOPSIS"),
            "{name}: {page}"
        );
    }
    let main = desk.run(&["man"]);
    main.ends(0, &[]);
    assert!(main.stdout.contains(".TH upload 1") && main.stdout.contains("upload\\-put"), "{}", main.stdout);
    desk.file("taken", "").run(&["man", "--dir", "taken/below"]).ends(6, &["taken/below"]);
}
