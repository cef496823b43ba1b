//! From a case's tables to facts. What a case leaves out is the same in every case: a visit on
//! 3 June 2026 at 14:30, of which nothing else is known.

use std::fmt::Display;

use rappel_core::channel::ChannelKind;
use rappel_core::civil::Civil;
use rappel_core::event::{EventFacts, EventKind};
use rappel_core::facts::{Record, Records, Visit};
use rappel_core::kind::Kind;
use rappel_core::message::{MessageFacts, Recipient};
use serde_json::{Map, Value as Json};
use toml::{Table, Value};

use crate::facts::{CHANGES, View};
use rappel_core::nearest;

/// When the visit begins where a case doesn't say.
const START: &str = "2026-06-03T14:30";
/// When an event is planned, and a message is due, where a case doesn't say.
const NOW: &str = "2026-06-01T14:30";

/// The visit that a case gives; `known` says whether there is an appointment.
pub(super) fn visit(given: &Table, appointment: bool) -> Result<Visit, String> {
    let mut records = Records::default();
    let mut whole = Map::new();
    whole.insert("id".into(), "a-1".into());
    whole.insert("start".into(), START.into());
    for (name, value) in given {
        let record = Record::ALL.into_iter().find(|record| record.name() == name);
        match (record, value) {
            (Some(Record::Appointment), _) => {
                return Err("the appointment's facts stand in `visit` itself: `visit.start`, not `visit.appointment.start`".into());
            }
            (Some(record), Value::Table(table)) => {
                let mut object = Map::new();
                object.insert("id".into(), format!("{}-1", record.name()).into());
                object.extend(
                    table
                        .iter()
                        .map(|(name, value)| (name.clone(), json(value))),
                );
                records.set(record, object);
            }
            (Some(record), _) => return Err(format!("`visit.{}` is a table", record.name())),
            (None, value) => {
                whole.insert(name.clone(), json(value));
            }
        }
    }
    if appointment {
        records.set(Record::Appointment, whole);
    }
    let (visit, unread) = records
        .to_visit()
        .map_err(|error| as_written(&error.to_string()))?;
    match unread.first() {
        Some(path) => Err(no_such_fact(path)),
        None => Ok(visit),
    }
}

/// A fact that there isn't, with the nearest that there is.
fn no_such_fact(path: &str) -> String {
    let view = match path.split('.').nth(1) {
        Some("patient") if path.contains(".channels.") => View::Channels,
        Some("patient") => View::Patient,
        Some("resource") => View::Resource,
        Some("service") => View::Service,
        Some("location") => View::Location,
        _ => View::Visit,
    };
    let name = path.rsplit('.').next().unwrap_or(path);
    let near = nearest(name, view.properties().iter().map(|property| property.name));
    let near = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
    format!("there is no `{}`{near}", as_written(path))
}

/// `data.appointment.start` is `visit.start` in a case, `data.patient.visits` is `visit.patient.visits`.
fn as_written(path: &str) -> String {
    let path = path.strip_prefix("data.").unwrap_or(path);
    format!(
        "visit.{}",
        path.strip_prefix("appointment.").unwrap_or(path)
    )
}

fn json(value: &Value) -> Json {
    match value {
        Value::Datetime(moment) => moment.to_string().into(),
        Value::Array(values) => values.iter().map(json).collect(),
        Value::Table(table) => {
            let object: Map<_, _> = table
                .iter()
                .map(|(name, value)| (name.clone(), json(value)))
                .collect();
            object.into()
        }
        Value::String(text) => text.as_str().into(),
        Value::Integer(number) => (*number).into(),
        Value::Float(number) => (*number).into(),
        Value::Boolean(flag) => (*flag).into(),
    }
}

/// The event that a case gives.
pub(super) fn event(given: &Table) -> Result<EventFacts, String> {
    let facts = Given::new("event", given, &["type", "time", "now", "changes", "delay"])?;
    let now = facts.read("now", NOW, str::parse::<Civil>)?;
    let mut changes = Vec::new();
    for change in given
        .get("changes")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        let known = CHANGES
            .iter()
            .find(|known| Some(**known) == change.as_str());
        changes.push(
            *known.ok_or_else(|| format!("`event.changes` may hold {}", CHANGES.join(", ")))?,
        );
    }
    Ok(EventFacts {
        kind: facts.read(
            "type",
            EventKind::AppointmentCreated.name(),
            str::parse::<EventKind>,
        )?,
        time: facts.read("time", &now.to_string(), str::parse)?,
        now,
        changes,
        delay: facts.maybe("delay", str::parse)?,
    })
}

/// The message that a case gives. It is too late for it when the visit begins, where a case doesn't say.
pub(super) fn message(given: &Table, visit: &Visit) -> Result<MessageFacts, String> {
    let names = [
        "kind",
        "channel",
        "recipient",
        "event",
        "due",
        "now",
        "expires",
        "confirmation_requested",
        "reminders_today",
        "delay",
        "next_visit",
        "sent_before",
    ];
    let facts = Given::new("message", given, &names)?;
    let now = facts.read("now", NOW, str::parse::<Civil>)?;
    let start = visit
        .appointment
        .as_ref()
        .map(|appointment| appointment.start);
    let expires = match given.contains_key("expires") {
        true => Some(facts.read("expires", START, str::parse)?),
        false => start,
    };
    Ok(MessageFacts {
        kind: facts.read("kind", "reminder", Kind::parse)?,
        channel: facts.read("channel", "sms", str::parse::<ChannelKind>)?,
        recipient: facts.read("recipient", "patient", str::parse::<Recipient>)?,
        event: facts.maybe("event", str::parse::<EventKind>)?,
        due: facts.read("due", &now.to_string(), str::parse)?,
        now,
        expires,
        confirmation_requested: facts.flag("confirmation_requested")?,
        reminders_today: facts.number("reminders_today")?,
        delay: facts.maybe("delay", str::parse)?,
        next_visit: facts.maybe("next_visit", str::parse)?,
        sent_before: facts.number("sent_before")?,
    })
}

/// A table of facts with known names.
struct Given<'t> {
    of: &'static str,
    table: &'t Table,
}

impl<'t> Given<'t> {
    fn new(of: &'static str, table: &'t Table, names: &[&str]) -> Result<Self, String> {
        match table.keys().find(|name| !names.contains(&name.as_str())) {
            None => Ok(Self { of, table }),
            Some(unknown) => Err(match nearest(unknown, names.iter().copied()) {
                Some(near) => format!("there is no `{of}.{unknown}`; did you mean `{near}`?"),
                None => format!(
                    "there is no `{of}.{unknown}`; there are {}",
                    names.join(", ")
                ),
            }),
        }
    }

    fn maybe<T, E: Display>(
        &self,
        name: &str,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Result<Option<T>, String> {
        match self.table.contains_key(name) {
            true => self.read(name, "", parse).map(Some),
            false => Ok(None),
        }
    }

    fn flag(&self, name: &str) -> Result<bool, String> {
        match self.table.get(name) {
            None => Ok(false),
            Some(value) => value
                .as_bool()
                .ok_or_else(|| format!("`{}.{name}` is true or false", self.of)),
        }
    }

    fn number(&self, name: &str) -> Result<u32, String> {
        match self.table.get(name) {
            None => Ok(0),
            Some(value) => value
                .as_integer()
                .and_then(|number| u32::try_from(number).ok())
                .ok_or_else(|| format!("`{}.{name}` is a number", self.of)),
        }
    }

    fn read<T, E: Display>(
        &self,
        name: &str,
        otherwise: &str,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Result<T, String> {
        let text = match self.table.get(name) {
            None => otherwise.to_string(),
            Some(Value::String(text)) => text.clone(),
            Some(Value::Datetime(moment)) => moment.to_string(),
            Some(_) => return Err(format!("`{}.{name}` is a text", self.of)),
        };
        parse(&text).map_err(|error| format!("`{}.{name}`: {error}", self.of))
    }
}
