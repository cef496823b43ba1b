//! A message and its story as JSON.

use rappel_core::civil::{Civil, Instant, Zone};
use rappel_core::store::{Entry, Message, Step};
use rappel_core::{ChannelKind, EventKind, SmsEncoding, State};
use rust_decimal::Decimal;
use serde::Serialize;

use super::{VERSION, WhyLine};

/// A message. Times have the offset of the clinic's zone.
#[derive(Debug, Serialize)]
#[allow(missing_docs, reason = "docs/json.md tells each")]
pub struct MessageLine<'m> {
    pub id: String,
    pub facility: &'m str,
    pub appointment: Option<&'m str>,
    pub patient: Option<&'m str>,
    pub kind: &'m str,
    pub channel: &'static str,
    pub via: Option<&'static str>,
    pub recipient: &'static str,
    pub due: String,
    pub state: State,
    pub reason: Option<&'m str>,
    pub policy: Option<&'m str>,
    pub line: Option<u32>,
    pub address: Option<&'m str>,
    pub subject: Option<&'m str>,
    pub text: Option<&'m str>,
    pub encoding: Option<SmsEncoding>,
    pub segments: u32,
    pub credits: Decimal,
    pub event: Option<EventKind>,
    pub visit_start: Option<Civil>,
    pub confirmation_requested: bool,
    pub gateway: Option<&'m str>,
    pub gateway_id: Option<&'m str>,
    pub carrier: Option<String>,
    pub attempts: u32,
    pub generation: Option<&'m str>,
    pub created: String,
    pub updated: String,
    pub sent_at: Option<String>,
    pub opened: Option<String>,
    pub opens: u32,
    pub answer: Option<&'m str>,
}

impl<'m> MessageLine<'m> {
    /// The line of a message of a clinic in `zone`.
    pub fn of(message: &'m Message, zone: Zone) -> Self {
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
            carrier: message
                .shared
                .map(|shared| shared.carrier)
                .filter(|carrier| *carrier != message.id)
                .map(|carrier| carrier.to_string()),
            attempts: message.attempts,
            generation: message.generation.as_deref(),
            created: rfc3339(message.created, zone),
            updated: rfc3339(message.updated, zone),
            sent_at: message.sent_at.map(|at| rfc3339(at, zone)),
            opened: message.opened.map(|at| rfc3339(at, zone)),
            opens: message.opens,
            answer: message.answer.as_deref(),
        }
    }
}

/// A time for programs: `2026-06-03T14:30:00+02:00`.
pub fn rfc3339(instant: Instant, zone: Zone) -> String {
    instant
        .with_timezone(&zone)
        .to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}

/// A message with all that happened to it.
#[derive(Debug, Serialize)]
#[allow(missing_docs, reason = "docs/json.md tells each")]
pub struct StoryLine<'m> {
    pub version: u32,
    pub message: MessageLine<'m>,
    pub story: Vec<StepLine<'m>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<WhyLine<'m>>,
}

/// A step with its time.
#[derive(Debug, Serialize)]
#[allow(missing_docs, reason = "docs/json.md tells each")]
pub struct StepLine<'m> {
    pub at: String,
    #[serde(flatten)]
    pub step: &'m Step,
}

impl<'m> StoryLine<'m> {
    /// The story of a message of a clinic in `zone`.
    pub fn of(message: &'m Message, story: &'m [Entry], zone: Zone) -> Self {
        let story = story.iter().map(|entry| StepLine {
            at: rfc3339(entry.at, zone),
            step: &entry.step,
        });
        Self {
            version: VERSION,
            message: MessageLine::of(message, zone),
            story: story.collect(),
            why: None,
        }
    }
}
