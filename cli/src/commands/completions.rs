//! `rappel completions` and `rappel man`: what a shell and `man` know of the command.

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

/// Print the manual page, for `man`
#[derive(Debug, Args)]
pub(crate) struct Man {
    /// Which command's; the whole program's otherwise
    command: Option<String>,
}

impl Man {
    pub(crate) fn run(self) -> Result {
        let mut whole = Cli::command();
        whole.build();
        let command = match &self.command {
            None => whole,
            Some(name) => whole.find_subcommand(name).cloned().ok_or_else(|| {
                Failure::usage(format!("there is no command `{name}`"))
                    .help("`rappel help` lists them")
            })?,
        };
        let mut page = Vec::new();
        clap_mangen::Man::new(command)
            .render(&mut page)
            .map_err(|error| Failure::answer(&error))?;
        answer(String::from_utf8_lossy(&page).trim_end())?;
        Ok(Exit::Done)
    }
}
