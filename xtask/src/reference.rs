//! Manual pages and shell completions, made by the command itself.

use anyhow::Result;
use xshell::{Shell, cmd};

/// The shells, and what each calls the file that completions of `upload` lie in.
const SHELLS: [(&str, &str); 5] = [
    ("bash", "upload"),
    ("zsh", "_upload"),
    ("fish", "upload.fish"),
    ("powershell", "upload.ps1"),
    ("elvish", "upload.elv"),
];

/// Writes them below `target`, as a package or an installer takes them up.
pub(crate) fn run(sh: &Shell) -> Result<()> {
    let target = sh.current_dir().join("target");
    let (man, completions) = (target.join("man/man1"), target.join("completions"));
    // A page of a command that is no more must not be packed.
    sh.remove_path(&man)?;
    cmd!(sh, "cargo run --locked --quiet -p upload-cli -- --quiet man --dir {man}").ignore_stdout().run()?;
    for (shell, file) in SHELLS {
        let script = cmd!(sh, "cargo run --locked --quiet -p upload-cli -- completions {shell}").read()?;
        sh.write_file(completions.join(shell).join(file), script + "\n")?;
    }
    println!("manual pages in {}, completions in {}", man.display(), completions.display());
    Ok(())
}
