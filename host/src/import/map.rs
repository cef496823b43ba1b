//! A map: how the rows of a file become events.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use chrono::NaiveTime;
use rappel_core::facts::Record;
use rappel_core::{EventKind, Opening, Span, Zone};
use serde_json::Value;

use super::format::Format;
use super::made_up::Made;
use super::text::{Column, Text};

/// How the rows of a CSV file become events. Read from a file in TOML; `docs/import.md` says what
/// can stand there.
#[derive(Clone, Debug)]
pub struct Map {
    /// The file's name and text, to show places in it.
    pub(super) name: String,
    pub(super) source: Arc<str>,
    /// The `source` of the events.
    pub(super) sender: String,
    /// The clinic's zone.
    pub(super) zone: Zone,
    pub(super) delimiter: u8,
    pub(super) encoding: Encoding,
    pub(super) late: LateBooking,
    /// The columns that the map names, each with the place where it first does.
    pub(super) columns: Vec<(String, Range<usize>)>,
    pub(super) records: Vec<RecordRule>,
    pub(super) times: [Choices<Moment>; 3],
    pub(super) events: Vec<EventRule>,
}

/// How the file's bytes are letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    Utf8,
    Windows1252,
}

/// What becomes of a row that was booked after its visit began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LateBooking {
    /// It is refused.
    Refuse,
    /// It counts as booked when the visit began.
    Start,
}

/// The properties of a record.
#[derive(Clone, Debug)]
pub(super) struct RecordRule {
    pub(super) record: Record,
    /// Whether a row may say nothing of it.
    pub(super) optional: bool,
    pub(super) properties: Vec<Property>,
}

/// One property: `channels.sms` of a patient has two names in its path.
#[derive(Clone, Debug)]
pub(super) struct Property {
    pub(super) path: Vec<String>,
    pub(super) value: Choices<How>,
}

/// Ways to a value, of which the first counts whose condition holds and that has a value.
pub(super) type Choices<T> = Vec<Choice<T>>;

/// A way to a value, and when it is taken.
#[derive(Clone, Debug)]
pub(super) struct Choice<T> {
    pub(super) condition: Condition,
    pub(super) how: T,
}

/// What must hold of a row.
#[derive(Clone, Debug, Default)]
pub(super) struct Condition {
    /// Each column must have one of its texts.
    pub(super) when: Vec<(Column, Vec<String>)>,
    /// At least one column must have none of its texts.
    pub(super) unless: Vec<(Column, Vec<String>)>,
}

/// The way to a value.
#[derive(Clone, Debug)]
pub(super) enum How {
    Constant(Value),
    Text(Text),
    /// What a table says of a text.
    Table {
        from: Text,
        values: HashMap<String, Value>,
        otherwise: Option<Value>,
    },
    Integer(Text),
    Amount(Text),
    /// One of a list.
    Pick {
        by: Text,
        draw: String,
        list: Vec<Value>,
    },
    Make {
        by: Text,
        draw: String,
        what: Made,
    },
}

/// The times of an appointment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Time {
    Start,
    End,
    BookedAt,
}

impl Time {
    pub(super) const ALL: [Time; 3] = [Time::Start, Time::End, Time::BookedAt];

    /// Its property.
    pub(super) fn property(self) -> &'static str {
        match self {
            Time::Start => "start",
            Time::End => "end",
            Time::BookedAt => "booked_at",
        }
    }

    /// Reads `appointment.start`.
    pub(super) fn parse(path: &str) -> Option<Self> {
        let property = path.strip_prefix("appointment.")?;
        Time::ALL
            .into_iter()
            .find(|time| time.property() == property)
    }
}

/// The way to a moment.
#[derive(Clone, Debug)]
pub(super) enum Moment {
    /// Written in the file.
    Read {
        from: Text,
        format: Format,
        day: DayTime,
    },
    /// One of the appointment's times, moved.
    Of { time: Time, shift: Span },
}

/// The time of the day.
#[derive(Clone, Debug)]
pub(super) enum DayTime {
    /// Written in the file.
    Written,
    /// Always the same.
    At(NaiveTime),
    /// Spread over opening hours.
    Spread(Spread),
}

/// Hours that visits are spread over.
#[derive(Clone, Debug)]
pub(super) struct Spread {
    pub(super) hours: Opening,
    /// The minutes between two beginnings.
    pub(super) slot: u32,
    pub(super) by: Text,
    /// A visit begins no earlier than this, where the day has such a slot.
    pub(super) after: Option<Time>,
}

/// An event that each row makes, or those that meet a condition.
#[derive(Clone, Debug)]
pub(super) struct EventRule {
    pub(super) kind: Kind,
    pub(super) condition: Condition,
    pub(super) id: Option<Text>,
    pub(super) time: Choices<Moment>,
    /// Whether it carries all records or the id of its subject alone; by its type where the map
    /// doesn't say.
    pub(super) whole: Option<bool>,
}

/// What sort of event a row makes.
#[derive(Clone, Debug)]
pub(super) enum Kind {
    Always(EventKind),
    /// By what a text says; none where it is empty.
    Table {
        from: Text,
        values: HashMap<String, EventKind>,
    },
}

impl EventRule {
    /// Whether an event carries all records. What changes them does; the rest is about what is known
    /// already.
    pub(super) fn carries_all(&self, kind: EventKind) -> bool {
        self.whole.unwrap_or(matches!(
            kind,
            EventKind::AppointmentCreated
                | EventKind::AppointmentModified
                | EventKind::PatientRegistered
                | EventKind::PatientUpdated
        ))
    }
}

impl Kind {
    /// Every sort of event that it may be.
    pub(super) fn all(&self) -> Vec<EventKind> {
        match self {
            Self::Always(kind) => vec![*kind],
            Self::Table { values, .. } => EventKind::ALL
                .into_iter()
                .filter(|kind| values.values().any(|value| value == kind))
                .collect(),
        }
    }
}

impl Map {
    /// The ways to one of the appointment's times.
    pub(super) fn time(&self, time: Time) -> &Choices<Moment> {
        let [start, end, booked_at] = &self.times;
        match time {
            Time::Start => start,
            Time::End => end,
            Time::BookedAt => booked_at,
        }
    }

    /// A property of a record, by its path: `id`, `channels.sms`.
    pub(super) fn property(&self, record: Record, path: &str) -> Option<&Property> {
        self.records
            .iter()
            .filter(|rule| rule.record == record)
            .flat_map(|rule| &rule.properties)
            .find(|property| property.path.iter().map(String::as_str).eq(path.split('.')))
    }
}
