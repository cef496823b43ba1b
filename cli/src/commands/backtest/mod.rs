//! `rappel backtest`: what other rules would have made of the same history.

mod differences;
mod page;
mod told;

use std::path::{Path, PathBuf};

use clap::{ArgGroup, Args};
use indicatif::ProgressBar;
use rappel_core::store::Ingested;
use rappel_host::backtest::{BacktestError, Difference, Figures, LOOK_AHEAD, Listener, Report};
use rappel_host::summary::BacktestLine;

use crate::clinic::{self, LoadedClinic};
use crate::events::{self, Complaints, Events};
use crate::failure::{Exit, Failure, Result};
use crate::output::file::WholeFile;
use crate::output::{TextOrJson, answer_json, faults, progress, summary};
use differences::Differences;

const EXAMPLES: &str = "\
Examples:
  rappel backtest clinic --with clinic-of-next-year --events history.jsonl
  rappel backtest clinic --with other --events history.jsonl --page backtest.html
  rappel backtest clinic --with other --events history.jsonl --differences messages.csv
  rappel backtest clinic --shadow --events history.jsonl
  rappel import history.csv --map map.toml | rappel backtest clinic --with other --events -

Both sets of rules are played on the same events, each on a thread of its own, and decide as the
host decides. Nothing leaves; nobody answers or approves. The clock ends when nothing is due any
more. Messages of both are measured by the allowed hours of CLINIC. docs/backtest.md reads an
answer line by line.

Events are read as a stream, in the order of their times. One may stand 10,000 lines out of its
place; one that stands further behind ends the backtest. An appointment is let go 31 days after
the visit and the last message about it; an event about it later than that is rejected.

JSON: one object; docs/json.md tells its properties. The page and the differences hold the
agenda's ids, and nothing of what messages say or to whom.

Exit code 1: an event can't be read or applied, or a policy failed; the rest counts all the same.";

/// How many lines are read at a time.
const PIECE: usize = 1_000;

/// Compare two sets of rules over one history: who gets more, who less, what it costs
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, group = ArgGroup::new("compared").args(["with", "shadow"]))]
pub(crate) struct Backtest {
    /// The clinic's folder
    clinic: PathBuf,

    /// The folder of the rules to compare with; without one the clinic's own figures are shown
    #[arg(long, value_name = "OTHER")]
    with: Option<PathBuf>,

    /// Compare with the clinic's own rules as they would be with its policies in shadow obeyed
    #[arg(long, conflicts_with = "with")]
    shadow: bool,

    /// CloudEvents, one a line; `-` is standard input
    #[arg(long, value_name = "FILE")]
    events: PathBuf,

    /// Write the messages that differ to a file: CSV where its name ends in `.csv`, else JSON
    #[arg(long, value_name = "FILE", requires = "compared")]
    differences: Option<PathBuf>,

    /// Write a page with plots: one HTML file that needs no network
    #[arg(long, value_name = "FILE")]
    page: Option<PathBuf>,

    /// How to answer
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: TextOrJson,
}

impl Backtest {
    pub(crate) fn run(self) -> Result {
        let this = clinic::load(&self.clinic)?;
        let other = self.other(&this)?;
        let zone = this.rules.settings().zone;
        let names = Names {
            this: self.clinic.display().to_string(),
            other: match &self.with {
                Some(with) => Some(with.display().to_string()),
                None => (self.shadow).then(|| format!("{}, shadows obeyed", self.clinic.display())),
            },
            hours: this.rules.settings().hours.allowed.clone(),
        };
        let differences = self.differences.as_deref();
        let mut heard = Heard {
            events: summary::Events::default(),
            complaints: Complaints::about(&self.events),
            bar: progress::bar(events::lines(&self.events)?, "events"),
            differences: differences
                .map(|path| Differences::create(path, zone))
                .transpose()?,
            failed: None,
        };
        let report = self.play(this.rules, other.map(|other| other.rules), &mut heard)?;
        heard.bar.finish_and_clear();
        if let Some(differences) = heard.differences {
            differences.end()?;
        }
        if let Some(path) = &self.page {
            write_page(path, &page::page(&names, &report))?;
        }
        match self.format {
            TextOrJson::Text => told::write(&names, &report, &heard.events)?,
            TextOrJson::Json => answer_json(&BacktestLine::of(&report, heard.events.line()))?,
        }
        let slips = heard.complaints.end();
        let mut faulty = failed(&names.this, &report.this);
        if let (Some(name), Some(compared)) = (&names.other, &report.compared) {
            faulty |= failed(name, &compared.other);
        }
        Ok(if slips || faulty {
            Exit::Refused
        } else {
            Exit::Done
        })
    }

    /// The rules to compare with.
    fn other(&self, this: &LoadedClinic) -> Result<Option<LoadedClinic>> {
        if let Some(with) = &self.with {
            return clinic::load(with).map(Some);
        }
        if !self.shadow {
            return Ok(None);
        }
        let files = this.files.with_shadows_obeyed().ok_or_else(|| {
            let clinic = self.clinic.display();
            Failure::refused(format!("{clinic} has no policy in shadow"))
                .help("one is put there as `rules/NAME.shadow.rhai`")
        })?;
        clinic::load_files(&self.clinic, files).map(Some)
    }

    /// Plays the events.
    fn play(&self, this: Rules, other: Option<Rules>, heard: &mut Heard<'_>) -> Result<Report> {
        let cant = |error: BacktestError| cant(&self.events, &error);
        let mut backtest = rappel_host::backtest::Backtest::new(this, other).map_err(cant)?;
        for piece in events::pieces(&self.events, PIECE)? {
            let piece = piece?;
            let read = piece.lines.len() + piece.slips.len();
            heard.told_of(&Events {
                slips: piece.slips,
                ..Events::default()
            });
            for (line, event) in piece.lines.into_iter().zip(piece.events) {
                backtest.tell(line, event, heard).map_err(cant)?;
            }
            heard.bar.inc(read as u64);
            heard.check()?;
        }
        let report = backtest.end(heard).map_err(cant)?;
        heard.check()?;
        Ok(report)
    }
}

type Rules = std::sync::Arc<rappel_host::engine::Generation>;

/// What the sides are called.
struct Names {
    this: String,
    other: Option<String>,
    /// The allowed hours that both are measured by.
    hours: String,
}

/// What is heard while events are played.
struct Heard<'h> {
    events: summary::Events,
    complaints: Complaints<'h>,
    bar: ProgressBar,
    differences: Option<Differences>,
    failed: Option<Failure>,
}

impl Heard<'_> {
    fn told_of(&mut self, slips: &Events) {
        self.events.add(&[], slips.slips.len());
        if !slips.slips.is_empty() {
            let complaints = &mut self.complaints;
            self.bar.suspend(|| complaints.tell(slips, &[]));
        }
    }

    /// Whether what was heard could be written.
    fn check(&mut self) -> Result<()> {
        self.failed.take().map_or(Ok(()), Err)
    }
}

impl Listener for Heard<'_> {
    fn told(&mut self, lines: &[usize], outcomes: &[Ingested]) {
        self.events.add(outcomes, 0);
        let read = Events {
            lines: lines.to_vec(),
            ..Events::default()
        };
        let complaints = &mut self.complaints;
        self.bar.suspend(|| complaints.tell(&read, outcomes));
    }

    fn differs(&mut self, difference: &Difference<'_>) {
        if let (Some(differences), None) = (&mut self.differences, &self.failed) {
            self.failed = differences.add(difference).err();
        }
    }
}

/// Says which policies of a side failed, and whether any did.
fn failed(name: &str, figures: &Figures) -> bool {
    faults::failed_to_plan(
        &figures.unplanned,
        &format!("what it wants is missing from the figures of {name}"),
    );
    faults::failed_to_judge(&figures.unjudged);
    !figures.unplanned.is_empty() || !figures.unjudged.is_empty()
}

fn write_page(path: &Path, page: &str) -> Result<()> {
    let mut file = WholeFile::create(path)?;
    file.line(page)?;
    file.end()
}

fn cant(events: &Path, error: &BacktestError) -> Failure {
    match error {
        BacktestError::OutOfOrder { line } => {
            Failure::refused(format!("{}:{line}: {error}", events.display())).help(format!(
                "sort the file by time; an event may stand {LOOK_AHEAD} lines out of its place"
            ))
        }
        BacktestError::NoThreads(_) => Failure::environment(error.to_string()),
        BacktestError::Stopped => Failure::inside(error),
    }
}
