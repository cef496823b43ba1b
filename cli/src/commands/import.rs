//! `rappel import`: events from the CSV file that an agenda exports.

use std::fs::File;
use std::io::{Cursor, Read, Seek};
use std::path::{Path, PathBuf};

use clap::Args;
use indicatif::ProgressBar;
use rappel_host::import::{ImportError, Map, Progress, Summary, convert};

use crate::failure::{Exit, Failure, Result};
use crate::input;
use crate::output::file::WholeFile;
use crate::output::message::count;
use crate::output::{Answer, diagnostics, progress, remark, style};

const EXAMPLES: &str = "\
Examples:
  rappel import agenda.csv --map map.toml -o agenda.jsonl
  rappel import agenda.csv --map map.toml | rappel simulate clinic --events -

A map says what the columns mean; docs/import.md tells its language. The same file and map give the
same events in every run, so an import can be repeated: the host takes each event once.

Exit code 1: the map has an error, or a row can't become an event; the other rows are converted all
the same, and standard error names each row that isn't.";

/// How many rows that can't be converted are told one by one.
const TOLD: u64 = 20;

/// How many events are written between two looks at the progress.
const STEP: u64 = 256;

/// Convert a CSV file to events
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Import {
    /// The CSV file; `-` is standard input
    file: PathBuf,

    /// What its columns mean
    #[arg(long, value_name = "MAP.toml")]
    map: PathBuf,

    /// Where the events go; standard output otherwise
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

impl Import {
    pub(crate) fn run(self) -> Result {
        self.spares_its_input()?;
        let text = std::fs::read_to_string(&self.map)
            .map_err(|error| Failure::file(&self.map, "read", &error))?;
        let map = Map::read(&self.map.to_string_lossy(), &text).map_err(|found| {
            diagnostics::report(&found);
            Failure::refused(format!("the map {} can't be used", self.map.display()))
        })?;
        if self.file == Path::new("-") {
            let whole = input::bytes()?;
            let size = whole.len() as u64;
            return self.convert(Cursor::new(whole), size, &map);
        }
        let unreadable = |error| Failure::file(&self.file, "read", &error);
        let file = File::open(&self.file).map_err(unreadable)?;
        let size = file.metadata().map_err(unreadable)?.len();
        self.convert(file, size, &map)
    }

    /// Events in the place of what they are made of would leave nothing to make them of again.
    fn spares_its_input(&self) -> Result<()> {
        // What isn't there yet is nobody's input.
        let Some(output) = self
            .output
            .as_ref()
            .and_then(|path| path.canonicalize().ok())
        else {
            return Ok(());
        };
        for input in [&self.file, &self.map] {
            if input.canonicalize().is_ok_and(|input| input == output) {
                return Err(Failure::usage(format!(
                    "{} is read, so the events can't take its place",
                    input.display()
                ))
                .help("name another file with `--output`"));
            }
        }
        Ok(())
    }

    fn convert(&self, input: impl Read + Seek, size: u64, map: &Map) -> Result {
        let mut conversion = convert(input, map).map_err(|error| self.cant(error))?;
        let mut out = Out::open(self.output.as_deref())?;
        let bar = progress::bar(size, "bytes");
        let (mut refused, mut steps) = (0, 0);
        while let Some(next) = conversion.next() {
            match next {
                Ok(event) => out.line(&event)?,
                Err(slip) => {
                    refused += 1;
                    if refused <= TOLD {
                        let (error, end) = (style::ERROR, style::END);
                        bar.suspend(|| {
                            remark(format_args!(
                                "{}: {error}refused{end}: {slip}",
                                self.file.display()
                            ))
                        });
                    }
                }
            }
            steps += 1;
            if steps % STEP == 0 {
                show(&bar, conversion.progress());
            }
        }
        bar.finish_and_clear();
        out.end()?;
        if refused > TOLD {
            remark(format_args!("… and {} more", count(refused - TOLD, "row")));
        }
        remark(told(conversion.summary()));
        Ok(if refused > 0 {
            Exit::Refused
        } else {
            Exit::Done
        })
    }

    fn cant(&self, error: ImportError) -> Failure {
        match error {
            ImportError::Columns(found) => {
                diagnostics::report(&found);
                Failure::refused(format!(
                    "the map {} doesn't fit {}",
                    self.map.display(),
                    self.file.display()
                ))
            }
            ImportError::Read(error) => Failure::file(&self.file, "read", &error),
            ImportError::NoHeader(_) => {
                Failure::refused(format!("{}: {error}", self.file.display()))
            }
        }
    }
}

fn show(bar: &ProgressBar, progress: Progress) {
    match progress {
        Progress::Reading { bytes } => bar.set_position(bytes),
        Progress::Writing { written, of } => {
            bar.set_length(of);
            bar.set_message("events");
            bar.set_position(written);
        }
    }
}

/// What became of the rows, in two lines.
fn told(summary: &Summary) -> String {
    let mut rows = vec![format!("{} became events", summary.converted)];
    if summary.without_events > 0 {
        rows.push(format!("{} left out by the map", summary.without_events));
    }
    if summary.refused > 0 {
        rows.push(format!(
            "{}{} refused{}",
            style::ERROR,
            summary.refused,
            style::END
        ));
    }
    let total: u64 = summary.events.values().sum();
    let kinds: Vec<String> = summary
        .events
        .iter()
        .map(|(kind, count)| format!("{count} {kind}"))
        .collect();
    let kinds = if kinds.is_empty() {
        String::new()
    } else {
        format!(": {}", kinds.join(", "))
    };
    format!(
        "{}: {}\n{}{kinds}",
        count(summary.read, "row"),
        rows.join(", "),
        count(total, "event")
    )
}

/// Where events go.
enum Out {
    Answer(Answer),
    File(WholeFile),
}

impl Out {
    fn open(path: Option<&Path>) -> Result<Self> {
        Ok(match path {
            None => Out::Answer(Answer::new()),
            Some(path) => Out::File(WholeFile::create(path)?),
        })
    }

    fn line(&mut self, line: &str) -> Result<()> {
        match self {
            Out::Answer(answer) => answer.line(line),
            Out::File(file) => file.line(line),
        }
    }

    fn end(self) -> Result<()> {
        match self {
            Out::Answer(answer) => answer.end(),
            Out::File(file) => file.end(),
        }
    }
}
