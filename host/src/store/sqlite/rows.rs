//! From rows to values and back. What a column can't hold is an error, never a guess.

use std::fmt::Display;
use std::str::FromStr;
use std::sync::Arc;

use chrono::DateTime;
use rappel_core::channel::SmsEncoding;
use rappel_core::civil::Instant;
use rappel_core::decision::Origin;
use rappel_core::ids::{AppointmentId, FacilityId, PatientId};
use rappel_core::store::{Message, Result, Shared, StoreError};
use serde_json::{Map, Value};
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::failed;

/// The columns that [`message`] reads, in its order.
macro_rules! message_columns {
    () => {
        "m.facility, m.id, m.appointment, m.patient, m.kind, m.channel, m.recipient, m.ordinal, m.notice,
         m.state, m.reason,
         CASE WHEN m.reason IS NULL THEN m.policy ELSE m.decided_by END,
         CASE WHEN m.reason IS NULL THEN m.line ELSE m.decided_line END, m.due, m.due_civil, m.expires, m.confirmation_requested,
         m.event, m.visit_start, m.generation, m.attempts, m.via, m.gateway, m.gateway_id, m.address,
         m.subject, m.text, m.encoding, m.segments, m.credits, m.created, m.updated, m.sent_at, m.kept,
         m.resource, m.day, m.delay, m.approval, m.opened, m.opens, m.answer,
         m.carrier, m.place"
    };
}
pub(super) use message_columns;

/// Which of them is the kind.
pub(super) const KIND: usize = 4;

/// How many columns [`message`] reads.
pub(super) const MESSAGE_COLUMNS: usize = 43;

/// Reads columns one after the other, so that no name is looked up for each of a million rows.
struct Columns<'r> {
    row: &'r SqliteRow,
    next: usize,
}

impl<'r> Columns<'r> {
    fn get<T>(&mut self) -> Result<T>
    where
        T: sqlx::Decode<'r, sqlx::Sqlite> + sqlx::Type<sqlx::Sqlite>,
    {
        let value = self.row.try_get(self.next).map_err(failed)?;
        self.next += 1;
        Ok(value)
    }

    fn parse<T: FromStr<Err: Display>>(&mut self) -> Result<T> {
        parse(self.get::<&str>()?)
    }

    fn parse_option<T: FromStr<Err: Display>>(&mut self) -> Result<Option<T>> {
        self.get::<Option<&str>>()?.map(parse).transpose()
    }

    fn instant(&mut self) -> Result<Instant> {
        instant(self.get()?)
    }

    fn instant_option(&mut self) -> Result<Option<Instant>> {
        self.get::<Option<i64>>()?.map(instant).transpose()
    }
}

pub(super) fn parse<T: FromStr<Err: Display>>(text: &str) -> Result<T> {
    text.parse().map_err(|error: T::Err| {
        StoreError(format!("the database holds what it should not: {error}"))
    })
}

pub(super) fn instant(millis: i64) -> Result<Instant> {
    DateTime::from_timestamp_millis(millis)
        .ok_or_else(|| StoreError("the database holds a time outside the calendar".into()))
}

/// Reads the columns of `message_columns!`, which begin the row.
pub(super) fn message(row: &SqliteRow) -> Result<Message> {
    let mut c = Columns { row, next: 0 };
    let some = |text: &str| (!text.is_empty()).then(|| text.to_string());
    Ok(Message {
        facility: FacilityId::new(c.get::<&str>()?),
        id: c.parse()?,
        appointment: some(c.get()?).map(AppointmentId::new),
        patient: some(c.get()?).map(PatientId::new),
        kind: rappel_core::Kind::parse(c.get()?).map_err(StoreError)?,
        channel: c.parse()?,
        recipient: c.parse()?,
        ordinal: c.get()?,
        notice: c.get()?,
        state: c.parse()?,
        reason: c.get()?,
        origin: {
            let policy: Option<&str> = c.get()?;
            let line: Option<u32> = c.get()?;
            policy.map(|policy| Origin {
                policy: policy.into(),
                line: line.unwrap_or(0),
            })
        },
        due: c.instant()?,
        due_civil: c.parse()?,
        expires: c.instant_option()?,
        confirmation_requested: c.get()?,
        event: c.parse_option()?,
        visit_start: c.parse_option()?,
        generation: c.get()?,
        attempts: c.get()?,
        via: c.parse_option()?,
        gateway: c.get()?,
        gateway_id: c.get()?,
        address: c.get()?,
        subject: c.get()?,
        text: c.get()?,
        encoding: match c.get::<Option<&str>>()? {
            Some("gsm7") => Some(SmsEncoding::Gsm7),
            Some("ucs2") => Some(SmsEncoding::Ucs2),
            _ => None,
        },
        segments: c.get()?,
        credits: c.parse()?,
        created: c.instant()?,
        updated: c.instant()?,
        sent_at: c.instant_option()?,
        unplanned: matches!(c.get::<Option<&str>>()?, Some("plan" | "brake")),
        resource: some(c.get()?).map(Into::into),
        day: some(c.get()?).map(|day| parse(&day)).transpose()?,
        delay: c.get()?,
        approval: c.get()?,
        opened: c.instant_option()?,
        opens: c.get()?,
        answer: c.get()?,
        shared: {
            let carrier = c.parse_option()?;
            let place: Option<u32> = c.get()?;
            carrier
                .zip(place)
                .map(|(carrier, place)| Shared { carrier, place })
        },
    })
}

/// Reads a record's JSON.
pub(super) fn object(text: &str) -> Result<Map<String, Value>> {
    serde_json::from_str(text)
        .map_err(|_| StoreError("the database holds a record that is no JSON object".into()))
}

/// A typed fact from a record's JSON. Rows of a batch that refer to the same practitioner share it.
pub(super) fn fact<T: for<'de> serde::Deserialize<'de>>(
    text: Option<&str>,
) -> Result<Option<Arc<T>>> {
    text.map(|text| {
        serde_json::from_str(text).map(Arc::new).map_err(|_| {
            StoreError("the database holds a record that can't be read as facts".into())
        })
    })
    .transpose()
}
