//! `rappel check`: everything that is wrong or doubtful in a clinic's folder.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use rappel_core::Diagnostic;

use crate::clinic::{self, Gateways, LoadedClinic};
use crate::failure::{Exit, Result};
use crate::output::{Answer, answer_json, diagnostics, sarif, style, templates};

const EXAMPLES: &str = "\
Examples:
  rappel check clinic
  rappel check clinic --secrets                     As the host would open it
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

/// Everything that is told of a clinic's folder.
pub(crate) fn look(path: &Path, gateways: Gateways) -> (Option<LoadedClinic>, Vec<Diagnostic>) {
    match clinic::compile(path) {
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
        let (clinic, found) = look(&self.clinic, gateways);
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

    fn told(&self, clinic: Option<&LoadedClinic>, found: &[Diagnostic]) -> Result<()> {
        let mut told = Answer::new();
        if !found.is_empty() {
            told.line(diagnostics::reports(found))?;
            told.line("")?;
        }
        if let Some(clinic) = clinic {
            let table = templates::cost(&clinic.rules);
            if !table.is_empty() {
                told.line(table)?;
                told.line("")?;
            }
        }
        let (strong, end) = (style::STRONG, style::END);
        told.line(format_args!(
            "{strong}{}{end}: {}",
            self.clinic.display(),
            diagnostics::tally(found)
        ))?;
        told.end()
    }
}
