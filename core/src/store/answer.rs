//! What patients answer: links, replies, consent, and what the agenda is told of it.

use serde::{Deserialize, Serialize};

use super::Message;
use crate::channel::ChannelKind;
use crate::civil::{Civil, Instant};
use crate::facts::Status;
use crate::ids::{AppointmentId, MessageId, PatientId};

/// What a link in a message is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs, reason = "the variants are the links")]
pub enum Purpose {
    Confirm,
    Cancel,
    Reschedule,
    Password,
    Unsubscribe,
}

impl Purpose {
    /// Every purpose.
    pub const ALL: [Purpose; 5] = [
        Purpose::Confirm,
        Purpose::Cancel,
        Purpose::Reschedule,
        Purpose::Password,
        Purpose::Unsubscribe,
    ];

    /// Its name in the store and in JSON: `confirm`.
    pub fn name(self) -> &'static str {
        match self {
            Purpose::Confirm => "confirm",
            Purpose::Cancel => "cancel",
            Purpose::Reschedule => "reschedule",
            Purpose::Password => "password",
            Purpose::Unsubscribe => "unsubscribe",
        }
    }
}

impl std::str::FromStr for Purpose {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Purpose::ALL
            .into_iter()
            .find(|purpose| purpose.name() == name)
            .ok_or_else(|| format!("unknown purpose `{name}`"))
    }
}

/// A link that a message brings.
#[derive(Clone, PartialEq, Eq)]
pub struct NewLink {
    /// Its secret part.
    pub token: String,
    /// What it is for.
    pub purpose: Purpose,
    /// When it stops working.
    pub expires: Instant,
}

impl std::fmt::Debug for NewLink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("NewLink(hidden)")
    }
}

/// The secret part of an image that tells when the e-mail with it is opened.
#[derive(Clone, PartialEq, Eq)]
pub struct OpeningToken(pub String);

impl std::fmt::Debug for OpeningToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("OpeningToken(hidden)")
    }
}

/// A link as the store knows it.
#[derive(Clone, Debug)]
pub struct Link {
    /// What it is for.
    pub purpose: Purpose,
    /// When it stops working.
    pub expires: Instant,
    /// When it was used, where it works once.
    pub used: Option<Instant>,
    /// The message that brought it.
    pub message: Message,
    /// The appointment's status, where the message is about one.
    pub status: Option<Status>,
}

/// An appointment whose patient was asked for an answer that may still come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The message that asked last: the carrier, where it asked in one with others.
    pub message: MessageId,
    /// Its number among those that were asked about by one message, from 1.
    pub place: u32,
    /// The appointment.
    pub appointment: AppointmentId,
    /// Whose it is.
    pub patient: Option<PatientId>,
    /// When it begins.
    pub start: Civil,
    /// Where it stands: open.
    pub status: Status,
}

/// By what a reply is told to belong to a request.
#[derive(Clone, Copy, Debug)]
pub enum RequestOf<'r> {
    /// The address that messages went to.
    Address(&'r str),
    /// The message itself, with those that it carried.
    Message(MessageId),
}

/// A reply, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReplyRecord {
    /// The name that makes it known when it comes again.
    pub id: String,
    /// When it came.
    pub at: Instant,
    /// How it came.
    pub channel: ChannelKind,
    /// The message that it answers, where that is known.
    pub message: Option<MessageId>,
    /// What was written.
    pub text: Option<String>,
    /// How it was read: `yes`, `no`, `stop`, `start`, `unclear`.
    pub reading: String,
    /// What came of it, in a sentence.
    pub outcome: String,
}

impl ReplyRecord {
    /// How a reply is read that only a person can read.
    pub const UNCLEAR: &'static str = "unclear";
}

/// A change of what a patient consents to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ConsentChange {
    /// When.
    pub at: Instant,
    /// `consent`, or the channel.
    pub what: String,
    /// What they said; `None` where they say nothing any more.
    pub value: Option<bool>,
    /// Who told it.
    pub source: String,
    /// The event that told it.
    pub event: String,
}

/// An event that the agenda is still to be told.
#[derive(Clone, Debug, PartialEq)]
pub struct OutgoingEvent {
    /// Its place.
    pub seq: i64,
    /// The CloudEvent.
    pub event: serde_json::Value,
    /// How often it was tried.
    pub attempts: u32,
}

/// The source of events that Rappel itself brings about: patients' answers.
pub const OWN_SOURCE: &str = "rappel";
