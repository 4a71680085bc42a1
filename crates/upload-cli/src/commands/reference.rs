//! `upload completions` and `upload man`: what shells and people look things up in. They read no settings.

use std::{fs, io, path::Path};

use clap_complete::aot;
use clap_mangen::Man;

use super::Ending;
use crate::{
    args::{CompletionsArgs, ManArgs, definition},
    error::{CliError, ErrorKind},
    output::Screen,
};

pub(super) fn completions(screen: &Screen, args: &CompletionsArgs) -> Result<Ending, CliError> {
    let mut script = Vec::new();
    aot::generate(args.shell, &mut definition(), "upload", &mut script);
    written(screen, &script)
}

pub(super) fn man(screen: &Screen, args: &ManArgs) -> Result<Ending, CliError> {
    let mut command = definition();
    command.build();
    match &args.dir {
        None => {
            let mut page = Vec::new();
            let rendered = Man::new(command).render(&mut page);
            rendered.map_err(|error| CliError::new(ErrorKind::Unexpected, error.to_string()))?;
            written(screen, &page)
        }
        Some(folder) => {
            let failed = |error: io::Error| {
                CliError::io("writing the manual pages", folder, &error)
                    .hint("name a folder that can be written to")
            };
            fs::create_dir_all(folder).map_err(failed)?;
            pages(screen, &command, folder).map_err(failed)?;
            Ok(Ending::Done)
        }
    }
}

/// Writes the page of the command and of each one below it, and names the files.
fn pages(screen: &Screen, command: &clap::Command, folder: &Path) -> io::Result<()> {
    let file = Man::new(command.clone()).generate_to(folder)?;
    screen.result(&file.display().to_string());
    let shown = command.get_subcommands().filter(|command| !command.is_hide_set());
    shown.into_iter().try_for_each(|command| pages(screen, command, folder))
}

fn written(screen: &Screen, text: &[u8]) -> Result<Ending, CliError> {
    screen.result(String::from_utf8_lossy(text).trim_end());
    Ok(Ending::Done)
}
