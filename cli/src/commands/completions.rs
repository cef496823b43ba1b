//! `rappel completions` and `rappel man`: what a shell and `man` know of the command.

use std::fs;
use std::path::{Path, PathBuf};

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use crate::args::Cli;
use crate::failure::{Exit, Failure, Result};
use crate::output::answer;

const EXAMPLES: &str = "\
Examples:
  rappel completions bash > /etc/bash_completion.d/rappel
  rappel completions zsh > \"${fpath[1]}/_rappel\"
  rappel completions fish > ~/.config/fish/completions/rappel.fish";

/// Print a script that completes commands in a shell
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Completions {
    /// Which shell
    shell: Shell,
}

impl Completions {
    pub(crate) fn run(self) -> Result {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "rappel", &mut script);
        answer(String::from_utf8_lossy(&script).trim_end())?;
        Ok(Exit::Done)
    }
}

const PAGES: &str = "\
Examples:
  rappel man check | man -l -
  rappel man --into /usr/local/share/man/man1    `man rappel`, `man rappel-check`, … for everybody";

/// Print a manual page, or write them all into a folder
#[derive(Debug, Args)]
#[command(after_help = PAGES)]
pub(crate) struct Man {
    /// Which command's; the whole program's otherwise
    command: Option<String>,

    /// Write the page of every command into this folder
    #[arg(long, value_name = "DIR", conflicts_with = "command")]
    into: Option<PathBuf>,
}

impl Man {
    pub(crate) fn run(self) -> Result {
        let mut whole = Cli::command();
        whole.build();
        if let Some(folder) = &self.into {
            return write_pages(whole, folder);
        }
        let command = match &self.command {
            None => whole,
            Some(name) => whole.find_subcommand(name).cloned().ok_or_else(|| {
                Failure::usage(format!("there is no command `{name}`"))
                    .help("`rappel help` lists them")
            })?,
        };
        answer(page(command)?.trim_end())?;
        Ok(Exit::Done)
    }
}

/// Writes `rappel.1`, `rappel-check.1`, …
fn write_pages(whole: clap::Command, folder: &Path) -> Result {
    fs::create_dir_all(folder).map_err(|error| Failure::file(folder, "create", &error))?;
    let shown = |command: &&clap::Command| !command.is_hide_set() && command.get_name() != "help";
    let commands: Vec<_> = whole.get_subcommands().filter(shown).cloned().collect();
    let count = commands.len() + 1;
    let pages = commands
        .into_iter()
        .map(|command| (format!("rappel-{}.1", command.get_name()), command));
    for (name, command) in std::iter::once(("rappel.1".to_string(), whole)).chain(pages) {
        let path = folder.join(name);
        fs::write(&path, page(command)?).map_err(|error| Failure::file(&path, "write", &error))?;
    }
    answer(format_args!(
        "{count} manual pages are in {}; `man -l {}` shows the first",
        folder.display(),
        folder.join("rappel.1").display()
    ))?;
    Ok(Exit::Done)
}

/// The page of a command, as `man` reads it.
fn page(command: clap::Command) -> Result<String> {
    let mut page = Vec::new();
    clap_mangen::Man::new(command)
        .render(&mut page)
        .map_err(|error| Failure::answer(&error))?;
    Ok(String::from_utf8_lossy(&page).into_owned())
}
