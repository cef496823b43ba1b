//! Reading events from a file or standard input: one CloudEvent a line.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;

use rappel_core::Event;
use rappel_core::event::MAX_EVENT_BYTES;

use crate::failure::{Failure, Result};
use crate::input;
use crate::output::message::count;
use crate::output::{remark, style};

/// How many lines that can't be read are told one by one.
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
    /// Tells the lines that can't be read, and those whose events were rejected.
    pub(crate) fn complain(&self, path: &Path, rejected: &[(usize, String)]) {
        let mut slips: Vec<&(usize, String)> = self.slips.iter().chain(rejected).collect();
        slips.sort();
        let (error, end) = (style::ERROR, style::END);
        for (line, slip) in slips.iter().take(TOLD) {
            remark(format_args!(
                "{}:{line}: {error}error{end}: {slip}",
                path.display()
            ));
        }
        if slips.len() > TOLD {
            remark(format_args!(
                "… and {} more",
                count((slips.len() - TOLD) as u64, "line")
            ));
        }
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
