//! From a row to its events: a function of the row and the map alone.

use chrono::SecondsFormat;
use rappel_core::event::MAX_EVENT_BYTES;
use rappel_core::facts::{Record, Records};
use rappel_core::{EventKind, Instant};
use serde::Serialize;
use serde_json::Value;

use super::cells::{Cells, NOT_IN_TABLE, Slip};
use super::map::{EventRule, Kind, RecordRule, Time};
use super::text::Column;
use super::times::Times;

type Object = serde_json::Map<String, Value>;

/// An event of a row.
#[derive(Debug)]
pub(super) struct Made {
    /// Its place among the map's events.
    pub(super) rule: usize,
    pub(super) kind: EventKind,
    pub(super) time: Instant,
    pub(super) id: String,
    /// The CloudEvent, on one line.
    pub(super) line: String,
}

/// A CloudEvent, its properties in the order in which people write them.
#[derive(Serialize)]
struct Envelope<'e> {
    specversion: &'static str,
    id: &'e str,
    source: &'e str,
    r#type: &'static str,
    time: String,
    data: &'e Object,
}

impl Cells<'_> {
    /// The row's events, in the map's order.
    pub(super) fn events(self) -> Result<Vec<Made>, Slip> {
        let times = Times::new(self)?;
        let rules = self.map.events.iter().enumerate();
        rules
            .filter_map(|(place, rule)| self.event(place, rule, &times).transpose())
            .collect()
    }

    /// The row's event by one of the map's rules; `None` where its condition doesn't hold.
    pub(super) fn event_of(self, place: usize) -> Result<Option<Made>, Slip> {
        match self.map.events.get(place) {
            Some(rule) => self.event(place, rule, &Times::new(self)?),
            None => Ok(None),
        }
    }

    fn event(self, place: usize, rule: &EventRule, times: &Times) -> Result<Option<Made>, Slip> {
        if !self.holds(&rule.condition)? {
            return Ok(None);
        }
        let Some(kind) = self.kind(&rule.kind)? else {
            return Ok(None);
        };
        let data = if rule.carries_all(kind) {
            self.data(times)?
        } else {
            self.subject(kind.subject())?
        };
        let subject = kind.subject();
        let record = data.get(subject.name());
        let Some(Value::String(subject_id)) = record.and_then(|record| record.get("id")) else {
            return Err(self.no_id(subject));
        };
        let time = times
            .moment(self, &rule.time)?
            .ok_or_else(|| Slip::new(None, format!("the time of `{kind}` is empty")))?
            .instant(self.map.zone);
        let id = match &rule.id {
            None => format!("{subject_id}:{kind}"),
            Some(id) => self.text(id)?.unwrap_or_default().into_owned(),
        };
        if id.is_empty() || id.len() > 200 {
            let column = rule.id.as_ref().and_then(|id| id.columns().next());
            let reason = format!("the id of `{kind}` must have 1 to 200 characters");
            return Err(Slip::new(column, reason));
        }
        let envelope = Envelope {
            specversion: "1.0",
            id: &id,
            source: &self.map.sender,
            r#type: kind.name(),
            time: time
                .with_timezone(&self.map.zone)
                .to_rfc3339_opts(SecondsFormat::Secs, false),
            data: &data,
        };
        let line = serde_json::to_string(&envelope)
            .map_err(|error| Slip::new(None, format!("`{kind}` can't be written: {error}")))?;
        if line.len() > MAX_EVENT_BYTES {
            let limit = MAX_EVENT_BYTES / 1024;
            let reason = format!("`{kind}` would be longer than {limit} KiB");
            return Err(Slip::new(None, reason));
        }
        Ok(Some(Made {
            rule: place,
            kind,
            time,
            id,
            line,
        }))
    }

    /// What sort of event the row makes, if any.
    fn kind(self, kind: &Kind) -> Result<Option<EventKind>, Slip> {
        match kind {
            Kind::Always(kind) => Ok(Some(*kind)),
            Kind::Table { from, values } => match self.text(from)? {
                None => Ok(None),
                Some(text) => match values.get(text.as_ref()) {
                    Some(kind) => Ok(Some(*kind)),
                    None => Err(Slip::new(from.columns().next(), NOT_IN_TABLE)),
                },
            },
        }
    }

    /// The id alone of an event's subject.
    fn subject(self, subject: Record) -> Result<Object, Slip> {
        let mut data = Object::new();
        if let Some(id) = self.map.property(subject, "id")
            && let Some(id) = self.value(&id.value)?
        {
            let mut object = Object::new();
            object.insert("id".into(), id);
            data.insert(subject.name().into(), Value::Object(object));
            self.readable(Records::from_data(&data).map(drop))?;
        }
        Ok(data)
    }

    /// Every record that the row has.
    fn data(self, times: &Times) -> Result<Object, Slip> {
        let mut data = Object::new();
        for rule in &self.map.records {
            if let Some(object) = self.record(rule, times)? {
                data.insert(rule.record.name().into(), Value::Object(object));
            }
        }
        self.readable(Records::from_data(&data).and_then(|records| records.to_visit().map(drop)))?;
        Ok(data)
    }

    /// A record; nothing where it is optional and the row says nothing of it.
    fn record(self, rule: &RecordRule, times: &Times) -> Result<Option<Object>, Slip> {
        let mut object = Object::new();
        let mut from_row = false;
        for property in &rule.properties {
            if let Some(value) = self.value(&property.value)? {
                from_row |= property.columns().next().is_some();
                put(&mut object, &property.path, value);
            }
        }
        if rule.record == Record::Appointment {
            for time in Time::ALL {
                if let Some(civil) = times.get(time) {
                    let written = civil.0.format("%Y-%m-%dT%H:%M:%S").to_string();
                    object.insert(time.property().into(), Value::String(written));
                    from_row = true;
                }
            }
        }
        if rule.record == Record::Appointment && times.get(Time::Start).is_none() {
            return Err(Slip::new(
                self.column(Time::Start),
                "`appointment.start` is empty",
            ));
        }
        if object.contains_key("id") {
            Ok(Some(object))
        } else if rule.optional && !from_row {
            Ok(None)
        } else {
            Err(self.no_id(rule.record))
        }
    }

    fn no_id(self, record: Record) -> Slip {
        let name = record.name();
        let column = self
            .map
            .property(record, "id")
            .and_then(|id| id.columns().next());
        Slip::new(column, format!("the {name} has no id"))
    }

    /// Whether Rappel could read what was made.
    fn readable(self, read: Result<(), rappel_core::facts::FactError>) -> Result<(), Slip> {
        read.map_err(|error| {
            let property = error.path.strip_prefix("data.").unwrap_or(&error.path);
            let reason = format!("`{property}`: {}", error.message);
            Slip::new(self.column_of(property), reason)
        })
    }

    /// The column to look at for a property such as `patient.visits`.
    fn column_of(self, property: &str) -> Option<Column> {
        let (name, path) = property.split_once('.')?;
        let record = Record::ALL
            .into_iter()
            .find(|record| record.name() == name)?;
        self.map.property(record, path)?.columns().next()
    }
}

/// Puts a value at its path; a path has at most two names.
fn put(object: &mut Object, path: &[String], value: Value) {
    match path {
        [name] => {
            object.insert(name.clone(), value);
        }
        [outer, inner] => {
            let inside = object
                .entry(outer.as_str())
                .or_insert_with(|| Value::Object(Object::new()));
            if let Value::Object(inside) = inside {
                inside.insert(inner.clone(), value);
            }
        }
        _ => {}
    }
}
