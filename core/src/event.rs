//! What happened: an envelope of CloudEvents 1.0 with facts in it.

use std::fmt;
use std::str::FromStr;

use chrono::DateTime;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::civil::{Civil, Instant, Span};
use crate::facts::{Record, Records, Status};
use crate::nearest::nearest;

/// The events that Rappel understands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[allow(missing_docs, reason = "`name` and the reference say what each is")]
pub enum EventKind {
    #[serde(rename = "appointment.created")]
    AppointmentCreated,
    #[serde(rename = "appointment.modified")]
    AppointmentModified,
    #[serde(rename = "appointment.approved")]
    AppointmentApproved,
    #[serde(rename = "appointment.confirmed")]
    AppointmentConfirmed,
    #[serde(rename = "appointment.cancelled")]
    AppointmentCancelled,
    #[serde(rename = "appointment.attended")]
    AppointmentAttended,
    #[serde(rename = "appointment.missed")]
    AppointmentMissed,
    #[serde(rename = "resource.delayed")]
    ResourceDelayed,
    #[serde(rename = "resource.unavailable")]
    ResourceUnavailable,
    #[serde(rename = "patient.registered")]
    PatientRegistered,
    #[serde(rename = "patient.password_lost")]
    PatientPasswordLost,
    #[serde(rename = "patient.updated")]
    PatientUpdated,
    #[serde(rename = "patient.erased")]
    PatientErased,
}

impl EventKind {
    /// Every kind of event.
    pub const ALL: [EventKind; 13] = [
        EventKind::AppointmentCreated,
        EventKind::AppointmentModified,
        EventKind::AppointmentApproved,
        EventKind::AppointmentConfirmed,
        EventKind::AppointmentCancelled,
        EventKind::AppointmentAttended,
        EventKind::AppointmentMissed,
        EventKind::ResourceDelayed,
        EventKind::ResourceUnavailable,
        EventKind::PatientRegistered,
        EventKind::PatientPasswordLost,
        EventKind::PatientUpdated,
        EventKind::PatientErased,
    ];

    /// The CloudEvents `type`.
    pub const fn name(self) -> &'static str {
        match self {
            EventKind::AppointmentCreated => "appointment.created",
            EventKind::AppointmentModified => "appointment.modified",
            EventKind::AppointmentApproved => "appointment.approved",
            EventKind::AppointmentConfirmed => "appointment.confirmed",
            EventKind::AppointmentCancelled => "appointment.cancelled",
            EventKind::AppointmentAttended => "appointment.attended",
            EventKind::AppointmentMissed => "appointment.missed",
            EventKind::ResourceDelayed => "resource.delayed",
            EventKind::ResourceUnavailable => "resource.unavailable",
            EventKind::PatientRegistered => "patient.registered",
            EventKind::PatientPasswordLost => "patient.password_lost",
            EventKind::PatientUpdated => "patient.updated",
            EventKind::PatientErased => "patient.erased",
        }
    }

    /// The record that the event is about and must carry.
    pub fn subject(self) -> Record {
        match self {
            EventKind::AppointmentCreated
            | EventKind::AppointmentModified
            | EventKind::AppointmentApproved
            | EventKind::AppointmentConfirmed
            | EventKind::AppointmentCancelled
            | EventKind::AppointmentAttended
            | EventKind::AppointmentMissed => Record::Appointment,
            EventKind::ResourceDelayed | EventKind::ResourceUnavailable => Record::Resource,
            EventKind::PatientRegistered
            | EventKind::PatientPasswordLost
            | EventKind::PatientUpdated
            | EventKind::PatientErased => Record::Patient,
        }
    }

    /// Whether it is about a resource, and so reaches every appointment of a while with it.
    pub fn is_alert(self) -> bool {
        self.subject() == Record::Resource
    }

    /// The status that the event gives its appointment, whatever its data say.
    ///
    /// The appointments of a resource that isn't there don't take place: nobody may be reminded of one
    /// until the agenda says that it stands again.
    pub fn status(self) -> Option<Status> {
        match self {
            EventKind::AppointmentApproved => Some(Status::Approved),
            EventKind::AppointmentConfirmed => Some(Status::Confirmed),
            EventKind::AppointmentCancelled | EventKind::ResourceUnavailable => {
                Some(Status::Cancelled)
            }
            EventKind::AppointmentAttended => Some(Status::Attended),
            EventKind::AppointmentMissed => Some(Status::Missed),
            EventKind::AppointmentCreated
            | EventKind::AppointmentModified
            | EventKind::ResourceDelayed
            | EventKind::PatientRegistered
            | EventKind::PatientPasswordLost
            | EventKind::PatientUpdated
            | EventKind::PatientErased => None,
        }
    }
}

impl fmt::Display for EventKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for EventKind {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        EventKind::ALL
            .into_iter()
            .find(|kind| kind.name() == name)
            .ok_or_else(|| {
                let known = EventKind::ALL.map(EventKind::name);
                let last = |name: &str| name.rsplit('.').next().unwrap_or_default().to_string();
                // What most types begin with makes none of them likely.
                match nearest(name, known).filter(|near| {
                    let near = last(near);
                    nearest(&last(name), [near.as_str()]).is_some()
                }) {
                    Some(near) => format!("unknown event type; did you mean `{near}`?"),
                    None => format!("unknown event type; known are {}", known.join(", ")),
                }
            })
    }
}

/// Something that happened.
#[derive(Clone, Debug)]
pub struct Event {
    /// Unique within its source: the two together are the key by which a repeated event is known.
    pub id: String,
    /// Who tells it: `agenda`.
    pub source: String,
    /// What happened.
    pub kind: EventKind,
    /// When it happened; the time of arrival where the sender doesn't say.
    pub time: Option<Instant>,
    /// The records it tells of, whole or in part.
    pub records: Records,
    /// What an alert says; the default for every other event.
    pub alert: Alert,
}

/// What a `resource.delayed` or `resource.unavailable` says beside its resource: `data.alert`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Alert {
    /// Visits that begin at or after this are concerned; the event's own time otherwise.
    pub from: Option<Civil>,
    /// Visits that begin before this are concerned; the end of the day of `from` otherwise.
    pub until: Option<Civil>,
    /// How many minutes late the resource is: 1 to 1,440. Only a delay has it, and must.
    pub delay: Option<u32>,
}

impl Alert {
    /// The most minutes that a resource can be late: a day.
    const LONGEST_DELAY: u32 = 24 * 60;

    /// The visits that an alert which happened at `time` concerns: those that begin at or after the
    /// first time and before the second.
    pub fn reach(&self, time: Civil) -> (Civil, Civil) {
        let from = self.from.unwrap_or(time);
        let end_of_day = || {
            let midnight = Civil(from.date().and_time(chrono::NaiveTime::MIN));
            midnight.checked_add(Span::days(1)).unwrap_or(from)
        };
        (from, self.until.unwrap_or_else(end_of_day))
    }

    fn read(kind: EventKind, data: &Map<String, Value>) -> Result<Self, EventError> {
        let Some(alert) = data.get("alert") else {
            return match kind {
                EventKind::ResourceDelayed => Err(EventError::new(
                    "data.alert.delay",
                    "missing; `resource.delayed` must say how many minutes late the resource is",
                )),
                _ => Ok(Self::default()),
            };
        };
        if !kind.is_alert() {
            return Err(EventError::new(
                "data.alert",
                format!(
                    "`{kind}` has none; it belongs to resource.delayed and resource.unavailable"
                ),
            ));
        }
        let mut track = serde_path_to_error::Track::new();
        let deserializer = serde_path_to_error::Deserializer::new(alert, &mut track);
        let read: Self = Deserialize::deserialize(deserializer).map_err(|_| {
            let path = match track.path().to_string() {
                path if path == "." => "data.alert".to_string(),
                path => format!("data.alert.{path}"),
            };
            EventError::new(
                &path,
                "expected `from` and `until` as civil times and `delay` in minutes: {\"from\": \"2026-06-03T14:00\", \"delay\": 30}",
            )
        })?;
        match (kind, read.delay) {
            (EventKind::ResourceDelayed, Some(1..=Self::LONGEST_DELAY)) => {}
            (EventKind::ResourceDelayed, _) => {
                return Err(EventError::new(
                    "data.alert.delay",
                    "expected 1 to 1440 minutes",
                ));
            }
            (_, Some(_)) => {
                return Err(EventError::new(
                    "data.alert.delay",
                    "only `resource.delayed` has one",
                ));
            }
            _ => {}
        }
        if let (Some(from), Some(until)) = (read.from, read.until)
            && until <= from
        {
            return Err(EventError::new(
                "data.alert.until",
                "it is not after `from`, so no visit would be concerned",
            ));
        }
        Ok(read)
    }
}

/// What a policy may know of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventFacts {
    /// What happened.
    pub kind: EventKind,
    /// When it happened.
    pub time: Civil,
    /// When it is planned.
    pub now: Civil,
    /// Which facts of the appointment are other than before it: `start`, `end`, `status`, `online`,
    /// `patient`, `resource`, `service`, `location`.
    pub changes: Vec<&'static str>,
    /// How late the resource is, where that is what happened.
    pub delay: Option<Span>,
}

impl EventFacts {
    /// An event that happens when it is planned, and changes nothing.
    pub fn new(kind: EventKind, now: Civil) -> Self {
        Self {
            kind,
            time: now,
            now,
            changes: Vec::new(),
            delay: None,
        }
    }
}

/// An event that can't be taken. Says which property, and what is expected; never a value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {message}")]
pub struct EventError {
    /// Where: `type`, `data.appointment.id`.
    pub path: String,
    /// What is wrong.
    pub message: String,
}

impl EventError {
    fn new(path: &str, message: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            message: message.into(),
        }
    }
}

impl From<crate::facts::FactError> for EventError {
    fn from(error: crate::facts::FactError) -> Self {
        Self {
            path: error.path,
            message: error.message,
        }
    }
}

/// The longest event that is taken, in bytes.
pub const MAX_EVENT_BYTES: usize = 256 * 1024;

impl Event {
    /// Reads one CloudEvent in JSON.
    ///
    /// # Errors
    /// When it is too long, no JSON object, has no `id`, `source`, known `type` or data with an id.
    pub fn from_json(text: &str) -> Result<Self, EventError> {
        if text.len() > MAX_EVENT_BYTES {
            let limit = MAX_EVENT_BYTES / 1024;
            return Err(EventError::new(
                "event",
                format!("longer than {limit} KiB; send one event at a time"),
            ));
        }
        let value: Value = serde_json::from_str(text).map_err(|error| {
            // The library's sentence is about form only; it quotes no value of the document.
            EventError::new("event", format!("not JSON: {error}"))
        })?;
        Self::from_value(&value)
    }

    /// Reads one CloudEvent that has been parsed.
    ///
    /// # Errors
    /// As [`Event::from_json`].
    pub fn from_value(value: &Value) -> Result<Self, EventError> {
        let envelope = value
            .as_object()
            .ok_or_else(|| EventError::new("event", "expected a JSON object (a CloudEvent)"))?;
        let text = |name: &str, longest: usize| match envelope.get(name) {
            Some(Value::String(text)) if !text.is_empty() && text.len() <= longest => {
                Ok(text.as_str())
            }
            Some(Value::String(_)) => Err(EventError::new(
                name,
                format!("expected 1 to {longest} characters"),
            )),
            Some(_) => Err(EventError::new(name, "expected a text")),
            None => Err(EventError::new(name, "missing; every CloudEvent has one")),
        };
        if text("specversion", 20)? != "1.0" {
            return Err(EventError::new("specversion", "expected \"1.0\""));
        }
        let id = text("id", 200)?.to_string();
        let source = text("source", 200)?.to_string();
        let kind: EventKind = text("type", 200)?
            .parse()
            .map_err(|message: String| EventError::new("type", message))?;
        let time = match envelope.get("time") {
            None | Some(Value::Null) => None,
            Some(Value::String(time)) => Some(
                DateTime::parse_from_rfc3339(time)
                    .map_err(|_| {
                        EventError::new(
                            "time",
                            "expected a time with its offset: \"2026-05-20T10:00:00+02:00\"",
                        )
                    })?
                    .to_utc(),
            ),
            Some(_) => return Err(EventError::new("time", "expected a text")),
        };
        let empty = Map::new();
        let data = match envelope.get("data") {
            None | Some(Value::Null) => &empty,
            Some(Value::Object(data)) => data,
            Some(_) => return Err(EventError::new("data", "expected an object")),
        };
        let records = Records::from_data(data)?;
        let alert = Alert::read(kind, data)?;
        let subject = kind.subject().name();
        if records.id(kind.subject()).is_none() {
            return Err(EventError::new(
                &format!("data.{subject}.id"),
                format!("missing; `{kind}` must say which {subject}"),
            ));
        }
        Ok(Self {
            id,
            source,
            kind,
            time,
            records,
            alert,
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use serde_json::json;

    fn event() -> Value {
        json!({"specversion": "1.0", "id": "e-1", "source": "agenda", "type": "appointment.created",
            "time": "2026-05-20T10:00:00+02:00",
            "data": {"appointment": {"id": "a-1", "start": "2026-06-03T14:30"}}})
    }

    #[test]
    fn a_cloud_event_is_read() {
        let event = Event::from_value(&event()).unwrap();
        assert_eq!(event.kind, EventKind::AppointmentCreated);
        assert_eq!(event.records.id(Record::Appointment), Some("a-1"));
        assert_eq!(
            event.time.unwrap().to_rfc3339(),
            "2026-05-20T08:00:00+00:00"
        );
    }

    #[test]
    fn each_slip_is_named() {
        let error = |name: &str, value: Value| {
            let mut event = event();
            event[name] = value;
            Event::from_value(&event).unwrap_err().to_string()
        };
        assert_eq!(
            error("specversion", json!("0.3")),
            "specversion: expected \"1.0\""
        );
        assert_eq!(error("id", json!("")), "id: expected 1 to 200 characters");
        for (slip, meant) in [
            ("appointment.create", "appointment.created"),
            ("apointment.modified", "appointment.modified"),
            ("patient.registred", "patient.registered"),
        ] {
            assert_eq!(
                error("type", json!(slip)),
                format!("type: unknown event type; did you mean `{meant}`?")
            );
        }
        for other in ["appointment.postponed", "invoice.created", ""] {
            let said = error("type", json!(other));
            assert!(!said.contains("did you mean"), "{said}");
        }
        assert!(
            error("time", json!("yesterday")).starts_with("time: expected a time with its offset")
        );
        assert_eq!(
            error("data", json!({"patient": {"id": "p-1"}})),
            "data.appointment.id: missing; `appointment.created` must say which appointment"
        );
        assert!(
            Event::from_json("{")
                .unwrap_err()
                .to_string()
                .starts_with("event: not JSON")
        );
    }

    #[test]
    fn an_alert_says_how_late_and_reaches_the_day() {
        let alert = |kind: &str, alert: Value| {
            let mut event = event();
            event["type"] = json!(kind);
            event["data"] = json!({"resource": {"id": "r-1"}, "alert": alert});
            Event::from_value(&event).map(|event| event.alert)
        };
        let told = |kind: &str, given: Value| alert(kind, given).unwrap_err().to_string();
        let time: Civil = "2026-06-03T13:00".parse().unwrap();
        let read = alert("resource.delayed", json!({"delay": 30})).unwrap();
        let end: Civil = "2026-06-04T00:00".parse().unwrap();
        assert_eq!(read.reach(time), (time, end));
        let read = alert(
            "resource.unavailable",
            json!({"from": "2026-06-05T08:00", "until": "2026-06-07T20:00"}),
        )
        .unwrap();
        assert_eq!(read.reach(time).0.to_string(), "2026-06-05 08:00");
        assert_eq!(read.reach(time).1.to_string(), "2026-06-07 20:00");
        assert_eq!(
            told("resource.delayed", json!({})),
            "data.alert.delay: expected 1 to 1440 minutes"
        );
        assert_eq!(
            told("resource.unavailable", json!({"delay": 5})),
            "data.alert.delay: only `resource.delayed` has one"
        );
        assert_eq!(
            told(
                "resource.unavailable",
                json!({"from": "2026-06-05T08:00", "until": "2026-06-05T08:00"})
            ),
            "data.alert.until: it is not after `from`, so no visit would be concerned"
        );
        assert!(told("resource.delayed", json!({"dely": 5})).starts_with("data.alert.dely: "));
        assert!(told("appointment.created", json!({"delay": 5})).starts_with("data.alert: "));
    }

    #[test]
    fn names_read_back() {
        for kind in EventKind::ALL {
            assert_eq!(kind.name().parse::<EventKind>().unwrap(), kind);
        }
    }
}
