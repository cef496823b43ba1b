//! A backtest in words and tables.

use std::collections::{BTreeMap, BTreeSet};

use comfy_table::{Cell, Table};
use rappel_core::State;
use rappel_core::channel::ChannelKind;
use rappel_core::kind::Kind;
use rappel_core::tally::Sums;
use rappel_host::backtest::{Burst, Compared, Differing, Figures, Report, Why};
use rust_decimal::Decimal;

use super::Names;
use crate::failure::Result;
use crate::output::message::count;
use crate::output::{Answer, credits, style, summary, table};

/// How many reasons are told one by one.
const REASONS: usize = 10;

/// Writes a report.
pub(super) fn write(names: &Names, report: &Report, events: &summary::Events) -> Result<()> {
    let mut answer = Answer::new();
    let (strong, end) = (style::STRONG, style::END);
    answer.line(format_args!("{strong}{}{end}\n", headline(names, report)))?;
    let sides = sides(report);
    answer.line(format_args!("{}\n", table::written(&sent(&sides))))?;
    let stayed = stayed(&sides);
    if !stayed.is_empty() {
        answer.line(format_args!("{stayed}\n"))?;
    }
    answer.line(table::written(&besides(names, &sides)))?;
    if let Some(compared) = &report.compared {
        answer.line(format_args!("\n{}", differing(compared.differing)))?;
    }
    answer.line(format_args!("\n{events}"))?;
    answer.end()
}

fn sides(report: &Report) -> Vec<&Figures> {
    let other = report.compared.as_ref().map(|compared| &compared.other);
    std::iter::once(&report.this).chain(other).collect()
}

/// What changes, in a sentence.
pub(super) fn headline(names: &Names, report: &Report) -> String {
    let this = report.this.sent();
    match (&names.other, &report.compared) {
        (Some(other), Some(compared)) => {
            let sent = compared.other.sent();
            format!(
                "With {other} instead of {}: {}, {}; {}.",
                names.this,
                more(this.messages, sent.messages),
                more_credits(this.credits, sent.credits),
                patients(compared)
            )
        }
        _ => format!(
            "{}: {} to {}, {}.",
            names.this,
            count(this.messages, "message"),
            count(report.this.patients.len() as u64, "patient"),
            credits::amount(this.credits)
        ),
    }
}

fn more(this: u64, other: u64) -> String {
    let by = count(this.abs_diff(other), "message");
    match this.cmp(&other) {
        std::cmp::Ordering::Less => format!("{by} more"),
        std::cmp::Ordering::Greater => format!("{by} fewer"),
        std::cmp::Ordering::Equal => format!("as many messages ({})", this),
    }
}

fn more_credits(this: Decimal, other: Decimal) -> String {
    let by = credits::amount((this - other).abs());
    match this.cmp(&other) {
        std::cmp::Ordering::Less => format!("{by} more"),
        std::cmp::Ordering::Greater => format!("{by} less"),
        std::cmp::Ordering::Equal => format!("the same cost ({})", credits::amount(this)),
    }
}

fn patients(compared: &Compared) -> String {
    match compared.more_and_fewer() {
        (0, 0) => "no patient gets more or fewer".into(),
        (more, 0) => format!("{} more, none fewer", get(more)),
        (0, fewer) => format!("{} fewer, none more", get(fewer)),
        (more, fewer) => format!("{} more, {fewer} fewer", get(more)),
    }
}

fn get(patients: u64) -> String {
    let get = if patients == 1 { "gets" } else { "get" };
    format!("{} {get}", count(patients, "patient"))
}

/// A table with a column a side, and where there are two, one of the difference.
fn by_side(labels: &[&str], values: &[&str], sides: usize) -> Table {
    let mut headers: Vec<String> = labels.iter().map(ToString::to_string).collect();
    for value in values {
        match sides {
            1 => headers.push((*value).to_string()),
            _ => headers.extend([(*value).to_string(), "OTHER".into(), "±".into()]),
        }
    }
    let headers: Vec<&str> = headers.iter().map(String::as_str).collect();
    table::plain(&headers)
}

/// The cells of a value: one a side, and the difference.
fn cells(values: &[Decimal]) -> Vec<Cell> {
    let mut cells: Vec<Cell> = values.iter().map(|value| table::amount(*value)).collect();
    if let [this, other] = values {
        cells.push(table::right(signed(*other - *this)));
    }
    cells
}

/// `+12`, `−3`; nothing where it is 0.
pub(super) fn signed(difference: Decimal) -> String {
    match difference {
        difference if difference.is_zero() => String::new(),
        difference if difference.is_sign_negative() => format!("−{}", difference.abs().normalize()),
        difference => format!("+{}", difference.normalize()),
    }
}

/// What a side sent of each kind by each channel.
pub(super) fn sent_by_kind(figures: &Figures) -> BTreeMap<(Kind, ChannelKind), Sums> {
    let groups = figures.groups.iter();
    groups
        .filter(|((_, _, state), _)| *state == State::Sent)
        .map(|((kind, channel, _), sums)| ((kind.clone(), *channel), *sums))
        .collect()
}

fn sent(sides: &[&Figures]) -> Table {
    let by_kind: Vec<_> = sides.iter().map(|figures| sent_by_kind(figures)).collect();
    let rows: BTreeSet<_> = by_kind.iter().flat_map(BTreeMap::keys).cloned().collect();
    let mut table = by_side(
        &["KIND", "CHANNEL"],
        &["SENT", "SEGMENTS", "CREDITS"],
        sides.len(),
    );
    let mut add = |labels: [Cell; 2], sums: Vec<Sums>| {
        let values: [fn(&Sums) -> Decimal; 3] = [
            |sums| sums.messages.into(),
            |sums| sums.segments.into(),
            |sums| sums.credits,
        ];
        let cells = values
            .iter()
            .flat_map(|value| cells(&sums.iter().map(value).collect::<Vec<_>>()));
        table.add_row(labels.into_iter().chain(cells).collect::<Vec<_>>());
    };
    for row in &rows {
        let sums = by_kind
            .iter()
            .map(|side| side.get(row).copied().unwrap_or_default());
        add(
            [Cell::new(row.0.as_str()), Cell::new(row.1)],
            sums.collect(),
        );
    }
    let all = sides.iter().map(|figures| figures.sent());
    add([Cell::new("all"), Cell::new("")], all.collect());
    table
}

/// Why messages didn't go: what differs most first. Empty where all went.
fn stayed(sides: &[&Figures]) -> String {
    let times = |why: &Why| -> Vec<u64> {
        let sides = sides.iter();
        sides
            .map(|figures| figures.reasons.get(why).copied().unwrap_or(0))
            .collect()
    };
    let difference = |why: &Why| match times(why).as_slice() {
        [this, other] => this.abs_diff(*other),
        _ => 0,
    };
    let mut rows: Vec<&Why> = sides
        .iter()
        .flat_map(|figures| figures.reasons.keys())
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect();
    let most = |why: &Why| times(why).into_iter().max();
    rows.sort_by_key(|why| std::cmp::Reverse((difference(why), most(why))));
    if rows.is_empty() {
        return String::new();
    }
    let mut table = by_side(&["STATE"], &["NOT SENT"], sides.len());
    let mut headers: Vec<Cell> = table
        .header()
        .map(|row| row.cell_iter().cloned().collect())
        .unwrap_or_default();
    headers.push(Cell::new("WHY").add_attribute(comfy_table::Attribute::Bold));
    table.set_header(headers);
    for why in rows.iter().take(REASONS) {
        let values: Vec<Decimal> = times(why).into_iter().map(Decimal::from).collect();
        let reason = match &why.policy {
            Some(policy) => format!("{} ({policy})", why.reason),
            None => why.reason.clone(),
        };
        let cells = std::iter::once(table::state(why.state)).chain(cells(&values));
        table.add_row(cells.chain([Cell::new(reason)]).collect::<Vec<_>>());
    }
    let mut written = table::written(&table);
    if let more @ 1.. = rows.len().saturating_sub(REASONS) {
        written.push_str(&format!(
            "\n… and {}; `--format json` has all",
            count(more as u64, "other reason")
        ));
    }
    written
}

/// Patients, hours and bursts.
fn besides(names: &Names, sides: &[&Figures]) -> Table {
    let mut table = by_side(&[""], &["THIS"], sides.len());
    let mut add = |label: String, values: Vec<u64>| {
        let values: Vec<Decimal> = values.into_iter().map(Decimal::from).collect();
        // Here nothing is as telling as something.
        let mut row = vec![Cell::new(label)];
        row.extend(values.iter().map(table::right));
        if let [this, other] = values.as_slice() {
            row.push(table::right(signed(*other - *this)));
        }
        table.add_row(row);
    };
    let all =
        |value: &dyn Fn(&Figures) -> u64| sides.iter().map(|figures| value(figures)).collect();
    add(
        "patients who get a message".into(),
        all(&|figures| figures.patients.len() as u64),
    );
    add(
        format!("sent outside the allowed hours ({})", names.hours),
        all(&|figures| figures.outside_hours.values().sum()),
    );
    for channel in ChannelKind::ALL {
        let bursts: Vec<Option<Burst>> = sides
            .iter()
            .map(|figures| burst(figures, channel))
            .collect();
        let Some(first) = bursts.iter().flatten().max_by_key(|burst| burst.messages) else {
            continue;
        };
        let most = bursts
            .iter()
            .map(|burst| burst.map_or(0, |burst| burst.messages));
        add(
            format!("most in a minute by {channel} (largest on {})", first.at),
            most.collect(),
        );
    }
    table
}

fn burst(figures: &Figures, channel: ChannelKind) -> Option<Burst> {
    let mut bursts = figures.bursts();
    bursts
        .find(|(of, _)| *of == channel)
        .map(|(_, burst)| burst)
}

fn differing(differing: Differing) -> String {
    let Differing {
        only_this,
        only_other,
        changed,
    } = differing;
    let all = only_this + only_other + changed;
    if all == 0 {
        return "Message by message, nothing differs.".into();
    }
    format!(
        "Message by message, {}: {only_this} only by this, {only_other} only by the other, {changed} with another end, time or cost.",
        match all {
            1 => "1 differs".to_string(),
            all => format!("{all} differ"),
        }
    )
}
