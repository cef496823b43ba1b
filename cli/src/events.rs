//! Reading events from a file or standard input: one CloudEvent a line.

use std::fmt::Display;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;

use rappel_core::Event;
use rappel_core::event::MAX_EVENT_BYTES;
use rappel_core::store::Ingested;

use crate::failure::{Failure, Result};
use crate::input;
use crate::output::message::count;
use crate::output::{remark, style};

/// How many errors, and how many warnings, are told one by one.
const TOLD: usize = 20;

/// Events with the lines that they stand on.
#[derive(Debug, Default)]
pub(crate) struct Events {
    /// The events, in the order of their lines.
    pub(crate) events: Vec<Event>,
    /// The line of each, from 1.
    pub(crate) lines: Vec<usize>,
    /// What is wrong with other lines.
    pub(crate) slips: Vec<(usize, String)>,
}

/// Reads all events of a file; `-` is standard input.
pub(crate) fn read(path: &Path) -> Result<Events> {
    if path == Path::new("-") {
        return read_from(io::stdin().lock()).map_err(|error| input::unreadable(&error));
    }
    let file = File::open(path).map_err(|error| Failure::file(path, "read", &error))?;
    read_from(BufReader::new(file)).map_err(|error| Failure::file(path, "read", &error))
}

fn read_from(input: impl BufRead) -> io::Result<Events> {
    let mut events = Events::default();
    for (number, line) in (1..).zip(input.split(b'\n')) {
        events.add(number, &line?);
    }
    Ok(events)
}

/// Reads a file piece by piece, so that a long one needs no more memory than a short one; `-` is standard
/// input.
pub(crate) fn pieces(
    path: &Path,
    lines: usize,
) -> Result<impl Iterator<Item = Result<Events>> + use<'_>> {
    let unreadable = move |error: io::Error| match path == Path::new("-") {
        true => input::unreadable(&error),
        false => Failure::file(path, "read", &error),
    };
    let input: Box<dyn BufRead + Send> = match path == Path::new("-") {
        true => Box::new(BufReader::new(io::stdin())),
        false => Box::new(BufReader::new(File::open(path).map_err(unreadable)?)),
    };
    let mut input = (1..).zip(input.split(b'\n'));
    Ok(std::iter::from_fn(move || {
        let mut events = Events::default();
        let mut any = false;
        for (number, line) in input.by_ref().take(lines) {
            any = true;
            match line {
                Ok(line) => events.add(number, &line),
                Err(error) => return Some(Err(unreadable(error))),
            }
        }
        any.then_some(Ok(events))
    }))
}

/// How many lines a file has; none where it can be read only once, as standard input and pipes.
pub(crate) fn lines(path: &Path) -> Result<u64> {
    if !path.is_file() {
        return Ok(0);
    }
    let unreadable = |error: io::Error| Failure::file(path, "read", &error);
    let mut input = BufReader::new(File::open(path).map_err(unreadable)?);
    let mut lines = 0;
    loop {
        let part = input.fill_buf().map_err(unreadable)?;
        if part.is_empty() {
            return Ok(lines);
        }
        lines += part.iter().filter(|byte| **byte == b'\n').count() as u64;
        let read = part.len();
        input.consume(read);
    }
}

/// Reads the event of a line; blank lines have none.
///
/// # Errors
/// A sentence that names the property and no value.
pub(crate) fn parse(line: &[u8]) -> std::result::Result<Option<Event>, String> {
    if line.len() > MAX_EVENT_BYTES {
        return Err(format!(
            "longer than {} KiB; write one event a line",
            MAX_EVENT_BYTES / 1024
        ));
    }
    let text =
        std::str::from_utf8(line).map_err(|_| "not UTF-8; save the file as UTF-8".to_string())?;
    let text = text.trim_start_matches('\u{feff}').trim();
    if text.is_empty() {
        return Ok(None);
    }
    if text.starts_with('[') {
        return Err("this begins a list; write one event a line".into());
    }
    Event::from_json(text)
        .map(Some)
        .map_err(|error| error.to_string())
}

impl Events {
    fn add(&mut self, number: usize, line: &[u8]) {
        match parse(line) {
            Ok(None) => {}
            Ok(Some(event)) => {
                self.events.push(event);
                self.lines.push(number);
            }
            Err(slip) => self.slips.push((number, slip)),
        }
    }

    /// Tells the lines that can't be read, those whose events were rejected, and what there is to look
    /// at in others. Tells whether there was an error.
    pub(crate) fn complain(&self, path: &Path, outcomes: &[Ingested]) -> bool {
        let mut complaints = Complaints::about(path);
        complaints.tell(self, outcomes);
        complaints.end()
    }
}

/// What is wrong with a file of events, told as it is read.
pub(crate) struct Complaints<'a> {
    path: &'a Path,
    errors: usize,
    warnings: usize,
}

impl<'a> Complaints<'a> {
    pub(crate) fn about(path: &'a Path) -> Self {
        Self {
            path,
            errors: 0,
            warnings: 0,
        }
    }

    /// Tells the first.
    pub(crate) fn tell(&mut self, read: &Events, outcomes: &[Ingested]) {
        let told = outcomes.iter().zip(&read.lines);
        let rejected = told.clone().filter_map(|(outcome, line)| match outcome {
            Ingested::Rejected { path, message } => Some((*line, format!("{path}: {message}"))),
            _ => None,
        });
        let mut errors: Vec<_> = read.slips.iter().cloned().chain(rejected).collect();
        errors.sort();
        let warnings: Vec<_> = told
            .filter_map(|(outcome, line)| match outcome {
                Ingested::Applied { warnings, .. } => Some((*line, warnings)),
                _ => None,
            })
            .flat_map(|(line, warnings)| warnings.iter().map(move |said| (line, said.clone())))
            .collect();
        self.list(error(), self.errors, &errors);
        self.list(warning(), self.warnings, &warnings);
        self.errors += errors.len();
        self.warnings += warnings.len();
    }

    fn list(&self, what: impl Display, before: usize, slips: &[(usize, String)]) {
        for (line, slip) in slips.iter().take(TOLD.saturating_sub(before)) {
            remark(format_args!(
                "{}:{line}: {what}: {slip}",
                self.path.display()
            ));
        }
    }

    /// Tells how many there are besides, and whether there was an error.
    pub(crate) fn end(self) -> bool {
        for (what, all) in [(error(), self.errors), (warning(), self.warnings)] {
            if all > TOLD {
                remark(format_args!(
                    "… and {} more",
                    count((all - TOLD) as u64, &what)
                ));
            }
        }
        self.errors > 0
    }
}

fn error() -> String {
    format!("{}error{}", style::ERROR, style::END)
}

fn warning() -> String {
    format!("{}warning{}", style::WARNING, style::END)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn each_line_is_an_event_or_a_slip_with_its_number() {
        let text = "\u{feff}{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"a\",\"type\":\"appointment.cancelled\",\"data\":{\"appointment\":{\"id\":\"a\"}}}\r\n\n{\"id\":\n[\n";
        let read = read_from(text.as_bytes()).unwrap();
        assert_eq!(read.lines, [1]);
        let slips: Vec<usize> = read.slips.iter().map(|(line, _)| *line).collect();
        assert_eq!(slips, [3, 4]);
    }
}
