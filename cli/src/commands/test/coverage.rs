//! To which lines of the policies their cases come.

use comfy_table::Cell;
use rappel_rules::{Coverage, Missed};
use serde::Serialize;

use crate::output::table;

/// The JSON contract.
#[derive(Serialize)]
pub(super) struct Line<'c> {
    policy: &'c str,
    lines: usize,
    reached: usize,
    missed: Vec<Place<'c>>,
}

#[derive(Serialize)]
struct Place<'c> {
    line: u32,
    column: u32,
    text: &'c str,
}

impl<'c> Line<'c> {
    pub(super) fn of(coverage: &'c Coverage) -> Self {
        let place = |missed: &'c Missed| Place {
            line: missed.place.line,
            column: missed.place.column,
            text: &missed.text,
        };
        Self {
            policy: &coverage.policy,
            lines: coverage.lines,
            reached: coverage.reached,
            missed: coverage.missed.iter().map(place).collect(),
        }
    }
}

/// A policy a line, and below each what no case comes to; `None` where nothing was asked for.
pub(super) fn told(all: &[Coverage]) -> Option<String> {
    if all.is_empty() {
        return None;
    }
    let mut rows = table::plain(&["POLICY", "LINES", "NO CASE COMES TO"]);
    for coverage in all {
        let reached = format!("{} of {}", coverage.reached, coverage.lines);
        let mut missed = coverage.missed.iter();
        rows.add_row([
            Cell::new(&coverage.policy),
            Cell::new(reached),
            Cell::new(missed.next().map_or_else(String::new, place)),
        ]);
        for other in missed {
            rows.add_row([Cell::new(""), Cell::new(""), Cell::new(place(other))]);
        }
    }
    Some(table::written(&rows))
}

/// `14: return [];`
fn place(missed: &Missed) -> String {
    format!("{}: {}", missed.place.line, missed.text)
}
