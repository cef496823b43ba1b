//! `rappel history`: the generations that served, what changed between them, and what that did.

use clap::Args;
use rappel_core::Store;
use rappel_core::ids::FacilityId;
use rappel_core::store::ChangeRecord;
use rappel_host::summary::ChangeLine;

use super::database::{Database, Summary};
use crate::failure::{Exit, Result};
use crate::output::message::{clock, count};
use crate::output::{Answer, TextOrJson, change, style};

/// How many of a change's files are told: the first generation is made of all of them.
const FILES: usize = 12;

const EXAMPLES: &str = "\
Examples:
  rappel history
  rappel history lumiere --limit 50
  rappel history --format json

A line of files tells what was done to one, its hash before and after, and whose file it is on the
host's disk. Who changed what, a folder doesn't say; where it is in a git checkout the commit is
told, and `git show COMMIT` tells more. The latest thousand changes of two years are kept.

JSON: an object a line, {\"clinic\", \"at\", \"from\", \"to\", \"refused\", \"files\", \"commit\", \"effect\"};
docs/json.md tells them.";

/// Show how a clinic's rules changed: when, which files, what that did to messages
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct History {
    /// The clinic's `id`; all of the database without one
    clinic: Option<String>,

    /// How many changes of each clinic, the latest first
    #[arg(long, value_name = "N", default_value_t = 10)]
    limit: u32,

    #[command(flatten)]
    database: Database,

    /// How to answer
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: TextOrJson,
}

impl History {
    pub(crate) async fn run(self) -> Result {
        let summary = self.database.read().await?;
        let mut facilities = summary.clinics();
        if let Some(clinic) = &self.clinic {
            let clinic = FacilityId::new(clinic.as_str());
            summary.zone_of(&clinic)?;
            facilities.retain(|facility| *facility == clinic);
        }
        let mut answer = Answer::new();
        if facilities.is_empty() && self.format == TextOrJson::Text {
            answer.line("no clinic was served from this database yet")?;
        }
        for (number, facility) in facilities.iter().enumerate() {
            let changes = summary.store.changes(facility, self.limit).await?;
            match self.format {
                TextOrJson::Json => {
                    for change in &changes {
                        answer.json(&ChangeLine::of(change, summary.zone(facility)))?;
                    }
                }
                TextOrJson::Text => {
                    if number > 0 {
                        answer.line("")?;
                    }
                    answer.line(told(facility, &changes, &summary))?;
                }
            }
        }
        answer.end()?;
        Ok(Exit::Done)
    }
}

fn told(facility: &FacilityId, changes: &[ChangeRecord], summary: &Summary) -> String {
    let (strong, end) = (style::STRONG, style::END);
    let mut lines = vec![format!("{strong}{facility}{end}")];
    if changes.is_empty() {
        lines.push("no change of its rules is known yet".into());
    }
    for change in changes {
        lines.push(String::new());
        lines.extend(of(change, summary));
    }
    lines.join("\n")
}

/// One change.
fn of(change: &ChangeRecord, summary: &Summary) -> Vec<String> {
    let (strong, error, faint, end) = (style::STRONG, style::ERROR, style::FAINT, style::END);
    let at = clock(change.at, summary.zone(&change.facility));
    let what = match (&change.from, &change.to) {
        (Some(from), Some(to)) => format!("generation {from} → {strong}{to}{end}"),
        (None, Some(to)) => format!("generation {strong}{to}{end}, the first"),
        (Some(from), None) => format!("{error}refused{end}, generation {from} goes on"),
        (None, None) => format!("{error}refused{end}"),
    };
    let commit = change
        .commit
        .as_ref()
        .map(|commit| format!("  {faint}commit {commit}{end}"))
        .unwrap_or_default();
    let mut lines = vec![format!("{at}  {what}{commit}")];
    // Nothing stood when a clinic was served first.
    if let (Some(effect), Some(_)) = (&change.effect, &change.from) {
        lines.push(format!("  {}", change::effect(effect)));
        lines.extend(change::late(effect).map(|late| format!("  {late}")));
    }
    if let Some(refused) = &change.refused {
        lines.extend(refused.lines().map(|line| format!("  {line}")));
    }
    match (change.files.len(), &change.to) {
        (0, Some(_)) => {
            lines.push("  no file is another: Rappel itself, or what ships with it, is".into())
        }
        (many, _) if change.from.is_none() => {
            lines.push(format!("  {}", count(many as u64, "file")))
        }
        (many, _) => {
            lines.extend(change.files.iter().take(FILES).map(change::file));
            if many > FILES {
                lines.push(format!("  … and {} more", many - FILES));
            }
        }
    }
    lines
}
