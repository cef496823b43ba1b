//! Messages that were counted, a row a group.

use comfy_table::Cell;
use rappel_core::tally::{By, Part, Sums, Tally};

use super::csv::Csv;
use super::{Answer, ListFormat, remark, style, table};
use crate::failure::Result;

/// Writes counts; in a table with their sum.
pub(crate) fn write(by: &[By], tallies: &[Tally], format: ListFormat) -> Result<()> {
    let mut answer = Answer::new();
    match format {
        ListFormat::Json => {
            for tally in tallies {
                answer.json(tally)?;
            }
            answer.end()
        }
        ListFormat::Csv => {
            let mut csv = Csv::new(answer);
            csv.texts(by.iter().map(|by| by.name()).chain(Sums::NAMES))?;
            for tally in tallies {
                let parts = tally.group.iter().map(|(_, part)| part.to_string());
                csv.texts(parts.chain(tally.sums.texts()))?;
            }
            csv.end()
        }
        ListFormat::Table if tallies.is_empty() => {
            remark("there are no such messages");
            Ok(())
        }
        ListFormat::Table => {
            answer.line(told(by, tallies))?;
            answer.end()
        }
    }
}

/// Counts as a table with their sum. What they don't come to takes no room.
pub(crate) fn told(by: &[By], tallies: &[Tally]) -> String {
    let names = by.iter().map(|by| by.name()).chain(Sums::NAMES);
    let names: Vec<String> = names.map(str::to_uppercase).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut rows = table::plain(&names);
    let mut all = Sums::default();
    for tally in tallies {
        all += tally.sums;
        let parts = tally.group.iter().map(|(_, part)| match part {
            Part::State(state) => table::state(*state),
            part => Cell::new(part),
        });
        rows.add_row(parts.chain(sums(&tally.sums)).collect::<Vec<_>>());
    }
    if tallies.len() > 1 {
        let blanks =
            std::iter::once(Cell::new("all")).chain(by.iter().skip(1).map(|_| Cell::new("")));
        rows.add_row(blanks.chain(sums(&all)).collect::<Vec<_>>());
    }
    let some = [
        true,
        all.segments > 0,
        !all.credits.is_zero(),
        all.opened > 0,
        all.answered > 0,
    ];
    for (column, some) in (by.len()..).zip(some) {
        table::show(&mut rows, column, some);
    }
    let mut told = table::written(&rows);
    if all.opened > 0 {
        told.push_str(&format!("\n\n{}{AUTOMATIC}{}", style::FAINT, style::END));
    }
    told
}

/// What has to be known of whoever counts opened e-mails.
pub(crate) const AUTOMATIC: &str =
    "opened may be automatic: mail programs fetch images by themselves, or never";

fn sums(sums: &Sums) -> [Cell; 5] {
    [
        table::number(sums.messages),
        table::number(sums.segments),
        table::amount(sums.credits),
        table::number(sums.opened),
        table::number(sums.answered),
    ]
}
