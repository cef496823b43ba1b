//! A backtest as a page that people look at: one file that needs no network. It has counts and the agenda's ids;
//! nothing of what messages say or to whom.

mod chart;
mod series;

use std::fmt::Write;

use rappel_core::tally::Sums;
use rappel_host::backtest::{Compared, Figures, Report};
use rust_decimal::Decimal;

use super::{Names, told};
use crate::output::message::count;
use chart::{Series, bars, escaped, lines, number, rows};
use series::{hours, kinds, over_time, patients};

/// How many patients are named.
const NAMED: usize = 20;

/// Writes the page of a report.
pub(super) fn page(names: &Names, report: &Report) -> String {
    let mut page = Page(String::new());
    let title = told::headline(names, report);
    page.line(format_args!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width\">\n<title>Rappel backtest</title>\n<style>\n{}</style>\n</head>\n<body>",
        include_str!("page.css")
    ));
    page.line(format_args!("<h1>{}</h1>", escaped(&title)));
    page.line(span(report));
    page.key(names);
    page.cards(report);
    let over = over_time(report);
    page.figure(
        &format!("Messages {}", over.each),
        &lines(&over.labels, &over.messages(names)),
    );
    page.figure(
        "Credits spent so far",
        &lines(&over.labels, &over.credits(names)),
    );
    let (labels, values) = hours(report);
    page.figure(
        "Messages by the hour of the day",
        &bars(&labels, &named(names, values)),
    );
    let (labels, values) = kinds(report);
    page.figure(
        "Messages by kind and channel",
        &rows(&labels, &named(names, values)),
    );
    page.table(report);
    if let Some(compared) = &report.compared {
        page.patients(compared);
    }
    page.line("</body>\n</html>");
    page.0
}

/// Values with what they are called.
fn named(names: &Names, values: Vec<Vec<f64>>) -> Vec<Series> {
    let sides = [("this", Some(&names.this)), ("other", names.other.as_ref())];
    sides
        .into_iter()
        .zip(values)
        .filter_map(|((class, name), values)| {
            Some(Series {
                class,
                name: name?.clone(),
                values,
            })
        })
        .collect()
}

fn sides(report: &Report) -> Vec<&Figures> {
    let other = report.compared.as_ref().map(|compared| &compared.other);
    std::iter::once(&report.this).chain(other).collect()
}

fn span(report: &Report) -> String {
    let sides = sides(report);
    let days = sides.iter().flat_map(|figures| figures.days.keys());
    match (days.clone().min(), days.max()) {
        (Some(first), Some(last)) => format!(
            "<p class=\"faint\">Messages that went between {} and {}.</p>",
            first.format("%-d %B %Y"),
            last.format("%-d %B %Y")
        ),
        _ => "<p class=\"faint\">No message went.</p>".into(),
    }
}

/// What a card shows of a side.
type Value = fn(&Figures) -> Decimal;

struct Page(String);

impl Page {
    fn line(&mut self, line: impl std::fmt::Display) {
        // A text takes whatever is written to it.
        let _ = writeln!(self.0, "{line}");
    }

    fn key(&mut self, names: &Names) {
        let Some(other) = &names.other else { return };
        self.line(format_args!(
            "<ul class=\"key\"><li><i class=\"this\"></i>{}</li><li><i class=\"other\"></i>{}</li></ul>",
            escaped(&names.this),
            escaped(other)
        ));
    }

    fn cards(&mut self, report: &Report) {
        let values: [(&str, Value); 4] = [
            ("messages", |figures| figures.sent().messages.into()),
            ("credits", |figures| figures.sent().credits),
            ("patients who get a message", |figures| {
                figures.patients.len().into()
            }),
            ("sent outside the allowed hours", |figures| {
                figures.outside_hours.values().sum::<u64>().into()
            }),
        ];
        self.line("<div class=\"cards\">");
        for (name, value) in values {
            let values: Vec<Decimal> = sides(report).into_iter().map(value).collect();
            let change = match values.as_slice() {
                [this, other] if this == other => "<p class=\"faint\">the same by both</p>".into(),
                [this, other] => format!(
                    "<p class=\"faint\">instead of {}: {}</p>",
                    this.normalize(),
                    told::signed(*other - *this)
                ),
                _ => String::new(),
            };
            let last = values.last().copied().unwrap_or_default().normalize();
            self.line(format_args!(
                "<div class=\"card\"><b>{last}</b>{name}{change}</div>"
            ));
        }
        self.line("</div>");
    }

    fn figure(&mut self, title: &str, plot: &str) {
        self.line(format_args!(
            "<h2>{}</h2>\n<figure>\n{plot}\n</figure>",
            escaped(title)
        ));
    }

    fn table(&mut self, report: &Report) {
        let by_kind: Vec<_> = sides(report).into_iter().map(told::sent_by_kind).collect();
        let mut rows: Vec<_> = by_kind.iter().flat_map(|side| side.keys()).collect();
        rows.sort();
        rows.dedup();
        let two = by_kind.len() == 2;
        let heads = |name: &str| match two {
            true => format!(
                "<th class=\"number\">{name}</th><th class=\"number\">other</th><th class=\"number\">±</th>"
            ),
            false => format!("<th class=\"number\">{name}</th>"),
        };
        self.line(format_args!(
            "<h2>What it costs</h2>\n<table>\n<tr><th>kind</th><th>channel</th>{}{}</tr>",
            heads("messages"),
            heads("credits")
        ));
        for row in rows {
            let sums = by_kind
                .iter()
                .map(|side| side.get(row).copied().unwrap_or_default());
            let sums: Vec<Sums> = sums.collect();
            let cells = |value: fn(&Sums) -> Decimal| {
                let values: Vec<Decimal> = sums.iter().map(value).collect();
                let mut cells: Vec<String> = values
                    .iter()
                    .map(|value| value.normalize().to_string())
                    .collect();
                if let [this, other] = values.as_slice() {
                    cells.push(told::signed(*other - *this));
                }
                cells
                    .iter()
                    .map(|cell| format!("<td class=\"number\">{cell}</td>"))
                    .collect::<String>()
            };
            let (messages, credits) = (
                cells(|sums| sums.messages.into()),
                cells(|sums| sums.credits),
            );
            self.line(format_args!(
                "<tr><td>{}</td><td>{}</td>{messages}{credits}</tr>",
                escaped(row.0.as_str()),
                row.1
            ));
        }
        self.line("</table>");
    }

    fn patients(&mut self, compared: &Compared) {
        if compared.patients.is_empty() {
            return;
        }
        let (labels, values) = patients(compared);
        let series = Series {
            class: "other",
            name: "patients".into(),
            values,
        };
        self.figure(
            "Patients by how many messages more or fewer they get",
            &bars(&labels, &[series]),
        );
        let (more, fewer) = compared.more_and_fewer();
        self.line(format_args!(
            "<p>{} get more, {} fewer. Those for whom it differs most, as the agenda calls them:</p>\n<table>\n<tr><th>patient</th><th class=\"number\">messages</th><th class=\"number\">other</th><th class=\"number\">±</th></tr>",
            count(more, "patient"),
            number(fewer as f64)
        ));
        for (patient, this, other) in compared.patients.iter().take(NAMED) {
            let difference = told::signed(Decimal::from(*other) - Decimal::from(*this));
            self.line(format_args!(
                "<tr><td>{}</td><td class=\"number\">{this}</td><td class=\"number\">{other}</td><td class=\"number\">{difference}</td></tr>",
                escaped(patient.as_str())
            ));
        }
        self.line("</table>");
        if let others @ 1.. = compared.patients.len().saturating_sub(NAMED) {
            self.line(format_args!(
                "<p class=\"faint\">and {}; `--differences FILE` has all</p>",
                count(others as u64, "other")
            ));
        }
    }
}
