//! What is known of a visit: the appointment and all that it refers to.
//!
//! The types are read from the `data` of an event, where every property but an `id` may be left out.
//! Their `Debug` says `hidden`: they are a patient's data and belong in no log.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::channel::ChannelKind;
use crate::civil::{Civil, Span};
use crate::ids::{AppointmentId, PatientId};
use crate::language::Language;

/// An appointment with the patient, resource, service and location that it refers to, as far as
/// they are known. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Visit {
    /// The appointment; absent in events about a patient alone.
    pub appointment: Option<Arc<Appointment>>,
    /// Who comes.
    pub patient: Option<Arc<Patient>>,
    /// Who or what they come to see.
    pub resource: Option<Arc<Resource>>,
    /// What for.
    pub service: Option<Arc<Service>>,
    /// Where.
    pub location: Option<Arc<Location>>,
}

/// Where an appointment stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// It is in the agenda.
    #[default]
    Booked,
    /// The clinic approved it.
    Approved,
    /// The patient or the clinic confirmed it.
    Confirmed,
    /// It will not take place.
    Cancelled,
    /// The patient came.
    Attended,
    /// The patient did not come.
    Missed,
}

impl Status {
    /// The word that events and policies use: `booked`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Status::Booked => "booked",
            Status::Approved => "approved",
            Status::Confirmed => "confirmed",
            Status::Cancelled => "cancelled",
            Status::Attended => "attended",
            Status::Missed => "missed",
        }
    }

    /// Whether the visit is still to come as far as the agenda says.
    pub fn is_open(self) -> bool {
        matches!(self, Status::Booked | Status::Approved | Status::Confirmed)
    }
}

/// An appointment. Times are civil times in the clinic's zone.
#[derive(Clone, Serialize, Deserialize)]
pub struct Appointment {
    /// As the agenda calls it.
    pub id: AppointmentId,
    /// Where it stands.
    #[serde(default)]
    pub status: Status,
    /// When it begins.
    pub start: Civil,
    /// When it ends.
    #[serde(default)]
    pub end: Option<Civil>,
    /// When it was booked.
    #[serde(default)]
    pub booked_at: Option<Civil>,
    /// Whether the patient booked it on the internet.
    #[serde(default)]
    pub online: bool,
    /// Notes for the patient.
    #[serde(default)]
    pub notes: Option<String>,
    /// The insurance that pays.
    #[serde(default)]
    pub insurance: Option<String>,
    /// When to write again after the visit; stands before the service's. No time at all means never.
    #[serde(default, deserialize_with = "recall")]
    pub recall: Option<Span>,
}

/// Which channels a patient wants. A channel left out is not refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the fields are the channels")]
pub struct Channels {
    #[serde(default)]
    pub sms: Option<bool>,
    #[serde(default)]
    pub email: Option<bool>,
    #[serde(default)]
    pub voice: Option<bool>,
}

impl Channels {
    /// What the patient said of a channel, if anything.
    pub fn get(self, channel: ChannelKind) -> Option<bool> {
        match channel {
            ChannelKind::Sms => self.sms,
            ChannelKind::Email => self.email,
            ChannelKind::Voice => self.voice,
        }
    }
}

/// A patient.
#[derive(Clone, Serialize, Deserialize)]
pub struct Patient {
    /// As the agenda calls them.
    pub id: PatientId,
    /// First name.
    #[serde(default)]
    pub first_name: Option<String>,
    /// Last name.
    #[serde(default)]
    pub last_name: Option<String>,
    /// Mobile number as the agenda wrote it.
    #[serde(default)]
    pub mobile: Option<String>,
    /// E-mail address as the agenda wrote it.
    #[serde(default)]
    pub email: Option<String>,
    /// Postal address.
    #[serde(default)]
    pub address: Option<String>,
    /// The language they prefer; the clinic's otherwise.
    #[serde(default, deserialize_with = "language")]
    pub language: Option<Language>,
    /// How many visits have come and gone, those missed included.
    #[serde(default)]
    pub visits: u32,
    /// How many of them they missed.
    #[serde(default)]
    pub no_shows: u32,
    /// Whether they agreed to automated messages; absent when never asked.
    #[serde(default)]
    pub consent: Option<bool>,
    /// Which channels they want.
    #[serde(default)]
    pub channels: Channels,
}

impl Patient {
    /// The share of visits missed in percent, rounded down; 0 without visits.
    pub fn missed_percent(&self) -> u32 {
        if self.visits == 0 {
            return 0;
        }
        let percent = u64::from(self.no_shows) * 100 / u64::from(self.visits);
        u32::try_from(percent).unwrap_or(u32::MAX)
    }
}

/// A practitioner or a room.
#[derive(Clone, Serialize, Deserialize)]
pub struct Resource {
    /// As the agenda calls it.
    pub id: Arc<str>,
    /// Full name: `Dr Camille Martin`.
    #[serde(default)]
    pub name: Option<String>,
    /// Address.
    #[serde(default)]
    pub address: Option<String>,
    /// Telephone, to print.
    #[serde(default)]
    pub phone: Option<String>,
    /// Where messages to the resource go.
    #[serde(default)]
    pub email: Option<String>,
    /// Where SMS to the resource go.
    #[serde(default)]
    pub mobile: Option<String>,
    /// Whether its appointments cause messages.
    #[serde(default = "yes")]
    pub communication: bool,
}

/// What a visit is for.
#[derive(Clone, Serialize, Deserialize)]
pub struct Service {
    /// As the agenda calls it.
    pub id: Arc<str>,
    /// Name: `Analyse de sang`.
    #[serde(default)]
    pub name: Option<String>,
    /// Title of its group: `Biologie`.
    #[serde(default)]
    pub group: Option<String>,
    /// Price in the clinic's currency.
    #[serde(default, deserialize_with = "money")]
    pub price: Option<Decimal>,
    /// Length in minutes.
    #[serde(default)]
    pub duration: Option<u32>,
    /// What the patient must do before: `RESTEZ A JEUN PENDANT 12 HEURES`.
    #[serde(default)]
    pub prerequisites: Option<String>,
    /// Whether the patient is told the prerequisites ("send to client").
    #[serde(default)]
    pub prerequisites_to_patient: bool,
    /// Whether its appointments cause messages.
    #[serde(default = "yes")]
    pub communication: bool,
    /// When to write again after the visit; stands before the clinic's. No time at all means never.
    #[serde(default, deserialize_with = "recall")]
    pub recall: Option<Span>,
}

/// Where a visit takes place.
#[derive(Clone, Serialize, Deserialize)]
pub struct Location {
    /// As the agenda calls it.
    pub id: Arc<str>,
    /// Name: `Laboratoire Nord`.
    #[serde(default)]
    pub name: Option<String>,
    /// City.
    #[serde(default)]
    pub city: Option<String>,
    /// Telephone, to print.
    #[serde(default)]
    pub phone: Option<String>,
    /// Address.
    #[serde(default)]
    pub address: Option<String>,
    /// What to tell those who come: `Présentez-vous à l'accueil`.
    #[serde(default)]
    pub notes: Option<String>,
}

macro_rules! hidden_debug {
    ($($type:ident),+) => {$(
        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($type), "(hidden)"))
            }
        }
    )+};
}
hidden_debug!(Appointment, Patient, Resource, Service, Location);

fn yes() -> bool {
    true
}

/// An interval, or `none` for "never".
fn recall<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Span>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    text.map(|text| match text.as_str() {
        "none" => Ok(Span::ZERO),
        interval => interval.parse().map_err(serde::de::Error::custom),
    })
    .transpose()
}

fn language<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Language>, D::Error> {
    let tag = Option::<String>::deserialize(deserializer)?;
    // A patient may prefer a language that nothing is written in; they get the clinic's.
    Ok(tag.and_then(|tag| tag.parse().ok()))
}

fn money<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Decimal>, D::Error> {
    let number = match Value::deserialize(deserializer)? {
        Value::Null => return Ok(None),
        Value::String(text) => text,
        // The number's own digits, so that 45.10 doesn't pass through binary fractions.
        Value::Number(number) => number.to_string(),
        _ => {
            return Err(serde::de::Error::custom(
                "expected an amount such as \"45.00\"",
            ));
        }
    };
    Decimal::from_str(&number)
        .map(Some)
        .map_err(|_| serde::de::Error::custom("expected an amount such as \"45.00\""))
}

/// The records that events carry and the store keeps, by the names they have in an event's `data`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs, reason = "the variants are the facts' types")]
pub enum Record {
    Appointment,
    Patient,
    Resource,
    Service,
    Location,
}

impl Record {
    /// Every record.
    pub const ALL: [Record; 5] = [
        Record::Appointment,
        Record::Patient,
        Record::Resource,
        Record::Service,
        Record::Location,
    ];

    /// Its name in an event's `data`.
    pub fn name(self) -> &'static str {
        match self {
            Record::Appointment => "appointment",
            Record::Patient => "patient",
            Record::Resource => "resource",
            Record::Service => "service",
            Record::Location => "location",
        }
    }
}

/// Records as JSON objects, whole or in part, each with its `id`.
#[derive(Clone, Default, PartialEq)]
pub struct Records(Vec<(Record, Map<String, Value>)>);

impl fmt::Debug for Records {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Records(hidden)")
    }
}

/// A fact that can't be read. The message names the property and what is expected, never the value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {message}")]
pub struct FactError {
    /// Where: `data.appointment.start`.
    pub path: String,
    /// What is wrong.
    pub message: String,
}

impl Records {
    /// Takes the `data` of an event apart.
    ///
    /// # Errors
    /// When a record is not an object or has no `id`.
    pub fn from_data(data: &Map<String, Value>) -> Result<Self, FactError> {
        let mut records = Vec::new();
        for record in Record::ALL {
            let path = || format!("data.{}", record.name());
            match data.get(record.name()) {
                None | Some(Value::Null) => {}
                Some(Value::Object(object)) => {
                    if !matches!(object.get("id"), Some(Value::String(id)) if !id.is_empty() && id.len() <= 200)
                    {
                        return Err(FactError {
                            path: format!("{}.id", path()),
                            message: "expected the agenda's own id, a text of 1 to 200 characters"
                                .into(),
                        });
                    }
                    records.push((record, object.clone()));
                }
                Some(_) => {
                    return Err(FactError {
                        path: path(),
                        message: "expected an object".into(),
                    });
                }
            }
        }
        Ok(Self(records))
    }

    /// The record of a kind.
    pub fn get(&self, record: Record) -> Option<&Map<String, Value>> {
        self.0
            .iter()
            .find(|(kind, _)| *kind == record)
            .map(|(_, object)| object)
    }

    /// The id of a record.
    pub fn id(&self, record: Record) -> Option<&str> {
        self.get(record)?.get("id")?.as_str()
    }

    /// Puts a record in the place of the one that was there.
    pub fn set(&mut self, record: Record, object: Map<String, Value>) {
        match self.0.iter_mut().find(|(kind, _)| *kind == record) {
            Some((_, known)) => *known = object,
            None => self.0.push((record, object)),
        }
    }

    /// Every record that is there.
    pub fn iter(&self) -> impl Iterator<Item = (Record, &Map<String, Value>)> {
        self.0.iter().map(|(record, object)| (*record, object))
    }

    /// The typed facts, and the properties that nothing reads (each is likely a slip).
    ///
    /// # Errors
    /// When a property has the wrong type or a required one is missing.
    pub fn to_visit(&self) -> Result<(Visit, Vec<String>), FactError> {
        let mut unread = Vec::new();
        let visit = Visit {
            appointment: self.typed(Record::Appointment, &mut unread)?,
            patient: self.typed(Record::Patient, &mut unread)?,
            resource: self.typed(Record::Resource, &mut unread)?,
            service: self.typed(Record::Service, &mut unread)?,
            location: self.typed(Record::Location, &mut unread)?,
        };
        Ok((visit, unread))
    }

    fn typed<T: for<'de> Deserialize<'de>>(
        &self,
        record: Record,
        unread: &mut Vec<String>,
    ) -> Result<Option<Arc<T>>, FactError> {
        let Some(object) = self.get(record) else {
            return Ok(None);
        };
        let mut track = serde_path_to_error::Track::new();
        let deserializer = serde_path_to_error::Deserializer::new(object, &mut track);
        let mut note = |path: serde_ignored::Path<'_>| {
            unread.push(format!("data.{}.{path}", record.name()));
        };
        match serde_ignored::deserialize(deserializer, &mut note) {
            Ok(typed) => Ok(Some(Arc::new(typed))),
            Err(error) => {
                let path = match track.path().to_string() {
                    path if path == "." => format!("data.{}", record.name()),
                    path => format!("data.{}.{path}", record.name()),
                };
                Err(FactError {
                    path,
                    message: without_values(&error),
                })
            }
        }
    }
}

/// What serde says is wrong, without the value that it quotes: the value may be a patient's.
fn without_values(error: &serde_json::Error) -> String {
    let text = error.to_string();
    if let Some((what, expected)) = text.rsplit_once(", expected ") {
        if what.starts_with("invalid type: ") || what.starts_with("invalid value: ") {
            let expected = match expected {
                "u32" => "a whole number",
                expected => expected,
            };
            return format!("this has the wrong type; expected {expected}");
        }
        if what.starts_with("unknown variant ") {
            return format!("this word isn't known; expected {expected}");
        }
    }
    // Times and lengths of time say what they were given: "`tomorrow` is not a date and time; …".
    for verb in ["` is not a ", "` has a zone "] {
        if let (true, Some(end)) = (text.starts_with('`'), text.rfind(verb)) {
            let rest = text.get(end + 1..).unwrap_or_default();
            return format!("this{rest}");
        }
    }
    text
}

/// What is known after `update`: a property that the update has replaces the known one, `null`
/// removes it, what it leaves out stays. Objects inside a record (`channels`) merge the same way.
/// This is RFC 7396, JSON merge patch.
pub fn merge(known: &mut Map<String, Value>, update: &Map<String, Value>) {
    for (name, value) in update {
        match (known.get_mut(name), value) {
            (_, Value::Null) => {
                known.remove(name);
            }
            (Some(Value::Object(inner)), Value::Object(update)) => merge(inner, update),
            _ => {
                known.insert(name.clone(), value.clone());
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use serde_json::json;

    fn records(data: Value) -> Result<Records, FactError> {
        Records::from_data(data.as_object().unwrap())
    }

    fn error(data: Value) -> String {
        records(data)
            .and_then(|records| records.to_visit())
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn a_wrong_property_is_named_without_its_value() {
        assert_eq!(
            error(
                json!({"appointment": {"id": "a-1", "start": "2026-06-03T14:30", "online": "Dupont"}})
            ),
            "data.appointment.online: this has the wrong type; expected a boolean"
        );
        let appointment = |name: &str, value: &str| {
            let mut appointment = json!({"id": "a-1", "start": "2026-06-03T14:30"});
            appointment[name] = json!(value);
            error(json!({ "appointment": appointment }))
        };
        for (name, expected) in [
            (
                "start",
                "data.appointment.start: this is not a date and time; write it as `2026-06-03T14:30`",
            ),
            (
                "recall",
                "data.appointment.recall: this is not a length of time; write it as `48 hours`, `2 days` or `6 months`",
            ),
            (
                "status",
                "data.appointment.status: this word isn't known; expected one of `booked`, `approved`, `confirmed`, `cancelled`, `attended`, `missed`",
            ),
        ] {
            assert_eq!(appointment(name, "Dupont"), expected);
        }
        let zoned = appointment("start", "2026-06-03T14:30:00+02:00");
        assert!(!zoned.contains("+02:00"), "{zoned}");
        assert_eq!(
            error(json!({"appointment": {"id": "a-1"}})),
            "data.appointment: missing field `start`"
        );
        assert_eq!(
            error(json!({"patient": {"first_name": "Ana"}})),
            "data.patient.id: expected the agenda's own id, a text of 1 to 200 characters"
        );
        assert_eq!(
            error(json!({"patient": "Ana"})),
            "data.patient: expected an object"
        );
    }

    #[test]
    fn a_property_that_nothing_reads_is_told() {
        let data =
            json!({"patient": {"id": "p-1", "moble": "+33600000001", "channels": {"fax": true}}});
        let (visit, unread) = records(data).unwrap().to_visit().unwrap();
        assert!(visit.patient.unwrap().mobile.is_none());
        assert_eq!(unread, ["data.patient.channels.fax", "data.patient.moble"]);
    }

    #[test]
    fn an_update_replaces_what_it_has_and_leaves_the_rest() {
        let mut known =
            json!({"id": "p", "a": 1, "b": 2, "channels": {"sms": true, "email": true}});
        let update = json!({"id": "p", "a": 3, "b": null, "channels": {"sms": false}});
        merge(known.as_object_mut().unwrap(), update.as_object().unwrap());
        assert_eq!(
            known,
            json!({"id": "p", "a": 3, "channels": {"sms": false, "email": true}})
        );
    }

    #[test]
    fn prices_keep_their_digits() {
        for price in [json!("45.10"), json!(45.10)] {
            let data = json!({"service": {"id": "s", "price": price}});
            let (visit, _) = records(data).unwrap().to_visit().unwrap();
            assert_eq!(
                visit
                    .service
                    .unwrap()
                    .price
                    .unwrap()
                    .to_string()
                    .trim_end_matches('0'),
                "45.1"
            );
        }
    }

    #[test]
    fn debug_hides() {
        let data = json!({"patient": {"id": "p-1", "first_name": "Jeannette"}});
        let records = records(data).unwrap();
        let (visit, _) = records.to_visit().unwrap();
        assert!(!format!("{visit:?} {records:?}").contains("Jeannette"));
    }
}
