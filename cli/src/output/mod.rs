//! What commands print: answers on standard output, everything else on standard error.

pub(crate) mod change;
pub(crate) mod content;
pub(crate) mod counts;
pub(crate) mod credits;
pub(crate) mod csv;
pub(crate) mod diagnostics;
pub(crate) mod faults;
pub(crate) mod file;
pub(crate) mod list;
pub(crate) mod message;
pub(crate) mod progress;
pub(crate) mod sarif;
pub(crate) mod shadow;
pub(crate) mod story;
pub(crate) mod style;
pub(crate) mod summary;
pub(crate) mod table;
pub(crate) mod templates;
pub(crate) mod why;

use std::fmt::Display;
use std::io::{self, BufWriter, Stdout, Write};

use anstream::AutoStream;
use clap::ValueEnum;
use serde::Serialize;

use crate::failure::{Failure, Result};

// The values of the options below say it all: documented, each would take a paragraph of the help.

/// How an answer for people or for programs is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TextOrJson {
    Text,
    Json,
}

/// How a list is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ListFormat {
    Table,
    Json,
    Csv,
}

/// A command's answer, on standard output. Colours stay out where no terminal shows them.
pub(crate) struct Answer(BufWriter<AutoStream<Stdout>>);

impl Answer {
    /// Begins an answer.
    pub(crate) fn new() -> Self {
        Self(BufWriter::new(AutoStream::auto(io::stdout())))
    }

    /// Writes a line.
    pub(crate) fn line(&mut self, line: impl Display) -> Result<()> {
        writeln!(self.0, "{line}").map_err(|error| Failure::answer(&error))
    }

    /// Writes an object as one line of JSON.
    pub(crate) fn json(&mut self, object: &impl Serialize) -> Result<()> {
        let line = serde_json::to_string(object).map_err(|error| Failure::inside(&error))?;
        self.line(line)
    }

    /// Sees that what was said can be read now.
    pub(crate) fn tell(&mut self) -> Result<()> {
        self.0.flush().map_err(|error| Failure::answer(&error))
    }

    /// Sees that everything is written.
    pub(crate) fn end(mut self) -> Result<()> {
        self.tell()
    }
}

impl Write for Answer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Writes a whole answer.
pub(crate) fn answer(text: impl Display) -> Result<()> {
    let mut answer = Answer::new();
    answer.line(text)?;
    answer.end()
}

/// Writes a whole answer of one JSON object.
pub(crate) fn answer_json(object: &impl Serialize) -> Result<()> {
    let mut answer = Answer::new();
    answer.json(object)?;
    answer.end()
}

/// Says something beside the answer, on standard error.
pub(crate) fn remark(text: impl Display) {
    // When standard error is closed there is nowhere left to say so.
    let _ = writeln!(anstream::stderr().lock(), "{text}");
}

/// Says why a command ends.
pub(crate) fn complain(failure: &Failure) {
    if failure.message.is_empty() {
        return;
    }
    let (error, end) = (style::ERROR, style::END);
    remark(format_args!("{error}error{end}: {}", failure.message));
    if let Some(help) = &failure.help {
        let help = help.replace('\n', "\n        ");
        remark(format_args!("  {}help{end}: {help}", style::HELP));
    }
}

/// How wide tables may be: as the terminal, or as wide as a page of documentation shows.
pub(crate) fn width() -> usize {
    terminal_size::terminal_size().map_or(120, |(width, _)| usize::from(width.0).clamp(60, 160))
}
