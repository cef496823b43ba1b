//! Tables for people.

use comfy_table::presets::NOTHING;
use comfy_table::{Cell, CellAlignment, ColumnConstraint, ContentArrangement, Table, Width};
use rappel_core::State;
use rappel_core::civil::Zone;
use rappel_core::store::Message;
use rust_decimal::Decimal;

use super::message::{clock, origin, short};

/// A table without lines, as wide as the terminal.
pub(crate) fn plain(headers: &[&str]) -> Table {
    let mut table = Table::new();
    table
        .load_style(NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(u16::try_from(super::width()).unwrap_or(100))
        // What is no terminal loses the colours on the way out.
        .enforce_styling()
        .set_header(
            headers
                .iter()
                .map(|header| Cell::new(header).add_attribute(comfy_table::Attribute::Bold)),
        );
    table.style_text_only();
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    table
}

/// The table without the blanks at the ends of its lines.
pub(crate) fn written(table: &Table) -> String {
    let lines: Vec<String> = table
        .lines()
        .map(|line| line.trim_end().to_string())
        .collect();
    lines.join("\n")
}

/// Messages of the summary, a row each, with their ids. What none of them has takes no room.
pub(crate) fn messages<'m>(messages: impl Iterator<Item = (&'m Message, Zone)>) -> Table {
    const NAMES: [&str; 11] = [
        "DUE", "STATE", "KIND", "CHANNEL", "PATIENT", "SEG", "COST", "OPENS", "ANSWER", "ID", "WHY",
    ];
    let mut table = plain(&NAMES);
    let (mut paid, mut opened, mut answered) = (false, false, false);
    for (message, zone) in messages {
        paid |= !message.credits.is_zero();
        opened |= message.opened.is_some();
        answered |= message.answer.is_some();
        let patient = message.patient.as_ref().map(|id| id.as_str());
        let [due, state, kind, channel] = what(message, zone);
        table.add_row([
            due,
            state,
            kind,
            channel,
            Cell::new(patient.unwrap_or_default()),
            number(message.segments.into()),
            amount(message.credits),
            number(message.opens.into()),
            Cell::new(message.answer.as_deref().unwrap_or_default()),
            Cell::new(short(&message.id.to_string())),
            Cell::new(why(message)),
        ]);
    }
    show(&mut table, 6, paid);
    show(&mut table, 7, opened);
    show(&mut table, 8, answered);
    fix(&mut table, 0, 16);
    fix(&mut table, 9, 18);
    table
}

/// Messages of a simulation, a row each, with their appointments: their ids lead nowhere.
pub(crate) fn simulated(messages: &[Message], zone: Zone) -> Table {
    let mut table = plain(&["DUE", "STATE", "KIND", "CHANNEL", "VISIT", "SEG", "WHY"]);
    for message in messages {
        let appointment = message.appointment.as_ref().map(|id| id.as_str());
        let [due, state, kind, channel] = what(message, zone);
        let appointment = Cell::new(appointment.unwrap_or_default());
        let segments = number(message.segments.into());
        table.add_row([
            due,
            state,
            kind,
            channel,
            appointment,
            segments,
            Cell::new(why(message)),
        ]);
    }
    fix(&mut table, 0, 16);
    table
}

/// When, where it stands, what for and how.
fn what(message: &Message, zone: Zone) -> [Cell; 4] {
    let channel = match message.via {
        Some(via) => format!("{} via {via}", message.channel),
        None => message.channel.to_string(),
    };
    let kind = Cell::new(message.kind.as_str());
    [
        Cell::new(clock(message.due, zone)),
        state(message.state),
        kind,
        Cell::new(channel),
    ]
}

/// Keeps a column whole, however narrow the terminal.
pub(crate) fn fix(table: &mut Table, column: usize, width: u16) {
    if let Some(column) = table.column_mut(column) {
        column.set_constraint(ColumnConstraint::Absolute(Width::Fixed(width + 2)));
    }
}

/// Hides a column in which nothing stands.
pub(crate) fn show(table: &mut Table, column: usize, shown: bool) {
    if let (false, Some(column)) = (shown, table.column_mut(column)) {
        column.set_constraint(ColumnConstraint::Hidden);
    }
}

/// Why a message stands where it does, with the policy that says so.
pub(crate) fn why(message: &Message) -> String {
    let origin = message.origin.as_ref().map(origin);
    match (&message.reason, origin) {
        (Some(reason), Some(origin)) => format!("{reason} ({origin})"),
        (Some(reason), None) => reason.clone(),
        (None, Some(origin)) => format!("({origin})"),
        (None, None) => String::new(),
    }
}

/// A state in its colour.
pub(crate) fn state(state: State) -> Cell {
    use comfy_table::{Attribute, Color};
    let cell = Cell::new(state.name());
    match state {
        State::Sent | State::Delivered => cell.fg(Color::Green),
        State::Held | State::Unknown => cell.fg(Color::Yellow),
        State::Failed => cell.fg(Color::Red),
        State::Skipped | State::Withdrawn | State::Expired => cell.add_attribute(Attribute::Dim),
        State::Planned | State::Sending => cell,
    }
}

/// A number, under the others; nothing where it is 0.
pub(crate) fn number(number: u64) -> Cell {
    let text = if number == 0 {
        String::new()
    } else {
        number.to_string()
    };
    right(text)
}

/// An amount of credits, under the others; nothing where it is 0.
pub(crate) fn amount(amount: Decimal) -> Cell {
    right(match amount.is_zero() {
        true => String::new(),
        false => amount.normalize().to_string(),
    })
}

/// What stands under others like it, their ends in a line.
pub(crate) fn right(what: impl std::fmt::Display) -> Cell {
    Cell::new(what).set_alignment(CellAlignment::Right)
}
