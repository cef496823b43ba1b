//! How messages are written: as a line of JSON, and their lengths in words.

use rappel_core::civil::{Civil, Instant, Zone};
use rappel_core::store::Message;
use rappel_core::{ChannelKind, EventKind, SmsEncoding, State};
use rappel_dsl::sms::{GSM7_CHAINED, GSM7_SINGLE, UCS2_CHAINED, UCS2_SINGLE};
use rust_decimal::Decimal;
use serde::Serialize;

/// A message as a line of JSON: the contract of `messages` and `simulate`. Properties are added to it,
/// never removed or renamed. Times have the offset of the clinic's zone.
#[derive(Debug, Serialize)]
#[allow(missing_docs, reason = "docs/json.md tells each")]
pub(crate) struct MessageLine<'m> {
    pub(crate) id: String,
    pub(crate) facility: &'m str,
    pub(crate) appointment: Option<&'m str>,
    pub(crate) patient: Option<&'m str>,
    pub(crate) kind: &'m str,
    pub(crate) channel: &'static str,
    pub(crate) via: Option<&'static str>,
    pub(crate) recipient: &'static str,
    pub(crate) due: String,
    pub(crate) state: State,
    pub(crate) reason: Option<&'m str>,
    pub(crate) policy: Option<&'m str>,
    pub(crate) line: Option<u32>,
    pub(crate) address: Option<&'m str>,
    pub(crate) subject: Option<&'m str>,
    pub(crate) text: Option<&'m str>,
    pub(crate) encoding: Option<SmsEncoding>,
    pub(crate) segments: u32,
    pub(crate) credits: Decimal,
    pub(crate) event: Option<EventKind>,
    pub(crate) visit_start: Option<Civil>,
    pub(crate) confirmation_requested: bool,
    pub(crate) gateway: Option<&'m str>,
    pub(crate) gateway_id: Option<&'m str>,
    pub(crate) attempts: u32,
    pub(crate) generation: Option<&'m str>,
    pub(crate) created: String,
    pub(crate) updated: String,
    pub(crate) sent_at: Option<String>,
}

impl<'m> MessageLine<'m> {
    /// The line of a message of a clinic in `zone`.
    pub(crate) fn of(message: &'m Message, zone: Zone) -> Self {
        let origin = message.origin.as_ref();
        Self {
            id: message.id.to_string(),
            facility: message.facility.as_str(),
            appointment: message.appointment.as_ref().map(|id| id.as_str()),
            patient: message.patient.as_ref().map(|id| id.as_str()),
            kind: message.kind.as_str(),
            channel: message.channel.name(),
            via: message.via.map(ChannelKind::name),
            recipient: message.recipient.name(),
            due: rfc3339(message.due, zone),
            state: message.state,
            reason: message.reason.as_deref(),
            policy: origin.map(|origin| &*origin.policy),
            line: origin.map(|origin| origin.line),
            address: message.address.as_deref(),
            subject: message.subject.as_deref(),
            text: message.text.as_deref(),
            encoding: message.encoding,
            segments: message.segments,
            credits: message.credits,
            event: message.event,
            visit_start: message.visit_start,
            confirmation_requested: message.confirmation_requested,
            gateway: message.gateway.as_deref(),
            gateway_id: message.gateway_id.as_deref(),
            attempts: message.attempts,
            generation: message.generation.as_deref(),
            created: rfc3339(message.created, zone),
            updated: rfc3339(message.updated, zone),
            sent_at: message.sent_at.map(|at| rfc3339(at, zone)),
        }
    }
}

/// A time for programs: `2026-06-03T14:30:00+02:00`.
pub(crate) fn rfc3339(instant: Instant, zone: Zone) -> String {
    instant
        .with_timezone(&zone)
        .to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}

/// A time for people: `2026-06-03 14:30`, on the clinic's wall clock.
pub(crate) fn clock(instant: Instant, zone: Zone) -> String {
    Civil::at(instant, zone).to_string()
}

/// The part of a message's id that tells it from others: messages that one event plans share the
/// beginning of their ids, which is the time.
pub(crate) fn short(id: &str) -> &str {
    id.get(..18).unwrap_or(id)
}

/// `reminder:12`, where a message was decided.
pub(crate) fn origin(origin: &rappel_core::decision::Origin) -> String {
    match origin.line {
        0 => origin.policy.to_string(),
        line => format!("{}:{line}", origin.policy),
    }
}

/// `gsm7, 145 of 160 units, 1 segment`
pub(crate) fn length_of(encoding: SmsEncoding, units: usize, segments: usize) -> String {
    let (single, chained) = match encoding {
        SmsEncoding::Gsm7 => (GSM7_SINGLE, GSM7_CHAINED),
        SmsEncoding::Ucs2 => (UCS2_SINGLE, UCS2_CHAINED),
    };
    let room = if segments <= 1 {
        single
    } else {
        chained * segments
    };
    format!(
        "{}, {units} of {room} units, {}",
        encoding.name(),
        count(segments as u64, "segment")
    )
}

/// `1 segment`, `3 segments`
pub(crate) fn count(count: u64, thing: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {thing}{plural}")
}
