//! `rappel check`: everything that is wrong or doubtful in a clinic's folder.

mod fix;
mod usual;

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use rappel_core::Diagnostic;
use rappel_host::engine::Folder;

use crate::clinic::{self, Gateways, LoadedClinic};
use crate::failure::{Exit, Result};
use crate::output::{Answer, answer, answer_json, diagnostics, remark, sarif, style, templates};
use fix::Mended;
pub(crate) use usual::Usual;

const EXAMPLES: &str = "\
Examples:
  rappel check clinic
  rappel check clinic --secrets                     As the host would open it
  rappel check clinic --events agenda.jsonl         What SMS usually take, by its visits
  rappel check clinic --fix --dry-run               What can be mended by itself
  rappel check clinic --format sarif > rappel.sarif For code hosts and editors

JSON: a list of {\"code\", \"severity\", \"file\", \"line\", \"column\", \"message\", \"help\"}
  severity  \"error\" or \"warning\"; lines and columns count from 1, and are null for a whole file

Exit code 1: there is an error. Warnings alone are 0.";

/// Check a clinic: settings, templates, policies, cases, gateways
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Check {
    /// The clinic's folder
    clinic: PathBuf,

    /// Look the gateways' secrets up too, as the host would
    #[arg(long)]
    secrets: bool,

    /// Take what an SMS usually costs from the visits of these events, instead of from the examples
    #[arg(long, value_name = "FILE")]
    events: Option<PathBuf>,

    /// Mend what can mean one thing only, and say what was changed
    #[arg(long)]
    fix: bool,

    /// With --fix: say what would be changed, and write nothing
    #[arg(long, requires = "fix")]
    dry_run: bool,

    /// How to answer
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    format: Format,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    Human,
    Json,
    Sarif,
}

/// Everything that is told of a clinic's files.
fn look(
    compiled: std::result::Result<LoadedClinic, Vec<Diagnostic>>,
    gateways: Gateways,
) -> (Option<LoadedClinic>, Vec<Diagnostic>) {
    match compiled {
        Ok(clinic) => {
            let mut found = clinic.rules.warnings().to_vec();
            found.extend(clinic::gateway_diagnostics(&clinic, gateways));
            (Some(clinic), found)
        }
        Err(found) => (None, found),
    }
}

impl Check {
    pub(crate) fn run(self) -> Result {
        let gateways = if self.secrets {
            Gateways::Real
        } else {
            Gateways::WithoutSecrets
        };
        let compiled = match clinic::read(&self.clinic) {
            Ok(files) => clinic::compile_files(&self.clinic, self.mended(files)?),
            Err(found) => Err(found),
        };
        let (clinic, found) = look(compiled, gateways);
        match self.format {
            Format::Json => answer_json(&found)?,
            Format::Sarif => {
                let folder = clinic::folder(&self.clinic);
                answer_json(&sarif::log(&folder.to_string_lossy(), &found))?;
            }
            Format::Human => self.told(clinic.as_ref(), &found)?,
        }
        let wrong = found.iter().any(Diagnostic::is_error);
        Ok(if wrong { Exit::Refused } else { Exit::Done })
    }

    /// The files, mended where that is asked for.
    fn mended(&self, files: Folder) -> Result<Folder> {
        if !self.fix {
            return Ok(files);
        }
        let mended = Mended::of(&files);
        if !self.dry_run {
            mended.write(&self.clinic, &files)?;
        }
        let told = mended.told(self.dry_run);
        match self.format {
            Format::Human => answer(format_args!("{told}\n"))?,
            // The answer is for a program.
            Format::Json | Format::Sarif => remark(told),
        }
        Ok(mended.files)
    }

    fn told(&self, clinic: Option<&LoadedClinic>, found: &[Diagnostic]) -> Result<()> {
        let mut told = Answer::new();
        if !found.is_empty() {
            told.line(diagnostics::reports(found))?;
            told.line("")?;
        }
        if let Some(clinic) = clinic {
            let usual = match &self.events {
                Some(events) => Some(Usual::read(&clinic.rules, events)?),
                None => None,
            };
            let table = templates::cost(&clinic.rules, usual.as_ref());
            if !table.is_empty() {
                told.line(table)?;
                if let Some(usual) = &usual {
                    told.line(usual)?;
                }
                told.line("")?;
            }
        }
        let (strong, end) = (style::STRONG, style::END);
        told.line(format_args!(
            "{strong}{}{end}: {}{}",
            self.clinic.display(),
            diagnostics::tally(found),
            can_be_mended(found)
        ))?;
        told.end()
    }
}

fn can_be_mended(found: &[Diagnostic]) -> String {
    match found.iter().filter(|one| !one.fixes.is_empty()).count() {
        0 => String::new(),
        number => format!("; `--fix` mends {number}"),
    }
}
