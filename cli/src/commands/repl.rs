//! `rappel repl`: trying templates and policies on a visit.

use std::path::PathBuf;

use clap::Args;

use super::database::Database;
use crate::failure::Result;
use crate::visit::KnownVisit;
use crate::{clinic, repl};

const EXAMPLES: &str = "\
Examples:
  rappel repl clinic
  rappel repl clinic --visit first-visit
  rappel repl clinic --database rappel.db      `:visit dupont` finds real visits
  printf ':kind cancelled\\nBonjour [TRD3]\\n:why\\n' | rappel repl clinic

In it a line of text is rendered on the current visit, a line that begins with `:` is a command;
`:help` shows what to try. What names a patient, and texts, are never kept. On a pipe each line is answered, and the exit code is 1 when one of them failed.";

/// Try templates and policies on a visit
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Repl {
    /// The clinic's folder
    clinic: PathBuf,

    /// The visit to begin with: a JSON file, or the name of one in the clinic's visits/; a built-in
    /// one otherwise
    #[arg(long, value_name = "FILE")]
    visit: Option<PathBuf>,

    /// Where `:visit` finds real visits and `:credits` what the clinic has left; it is only read
    #[command(flatten)]
    database: Database,

    /// Where commands are kept for later sessions [default: ~/.local/state/rappel/repl_history]
    #[arg(long, value_name = "FILE")]
    history: Option<PathBuf>,

    /// Keep nothing for later sessions
    #[arg(long, conflicts_with = "history")]
    no_history: bool,
}

impl Repl {
    pub(crate) fn run(self) -> Result {
        let clinic = clinic::load(&self.clinic)?;
        let visit = match &self.visit {
            Some(path) => {
                let visit = KnownVisit::meet(&clinic.folder, path)?;
                Some((path.display().to_string(), visit))
            }
            None => None,
        };
        let history = self.history.or_else(repl::usual_history);
        let history = history.filter(|_| !self.no_history);
        repl::run(clinic, visit, self.database.existing(), history)
    }
}
