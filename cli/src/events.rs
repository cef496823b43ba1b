//! Reading events from a file or standard input: one CloudEvent a line.

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
        let line = line?;
        match parse(&line) {
            Ok(None) => {}
            Ok(Some(event)) => {
                events.events.push(event);
                events.lines.push(number);
            }
            Err(slip) => events.slips.push((number, slip)),
        }
    }
    Ok(events)
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
    /// Tells the lines that can't be read, those whose events were rejected, and what there is to look
    /// at in others. Tells whether there was an error.
    pub(crate) fn complain(&self, path: &Path, outcomes: &[Ingested]) -> bool {
        let told = outcomes.iter().zip(&self.lines);
        let rejected = told.clone().filter_map(|(outcome, line)| match outcome {
            Ingested::Rejected { path, message } => Some((*line, format!("{path}: {message}"))),
            _ => None,
        });
        let mut errors: Vec<_> = self.slips.iter().cloned().chain(rejected).collect();
        errors.sort();
        let warnings: Vec<_> = told
            .filter_map(|(outcome, line)| match outcome {
                Ingested::Applied { warnings, .. } => Some((*line, warnings)),
                _ => None,
            })
            .flat_map(|(line, warnings)| warnings.iter().map(move |said| (line, said.clone())))
            .collect();
        list(
            path,
            &format!("{}error{}", style::ERROR, style::END),
            &errors,
        );
        list(
            path,
            &format!("{}warning{}", style::WARNING, style::END),
            &warnings,
        );
        !errors.is_empty()
    }
}

fn list(path: &Path, what: &str, slips: &[(usize, String)]) {
    for (line, slip) in slips.iter().take(TOLD) {
        remark(format_args!("{}:{line}: {what}: {slip}", path.display()));
    }
    if slips.len() > TOLD {
        remark(format_args!(
            "… and {} more",
            count((slips.len() - TOLD) as u64, what)
        ));
    }
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
