//! How a message leaves: the trait of channels, what they are given and what they answer.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::contact::{EmailAddress, Phone};
use crate::ids::{FacilityId, MessageId};
use crate::kind::Kind;
use crate::language::Language;

/// The three ways to reach a person.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum ChannelKind {
    /// A text message.
    Sms,
    /// An e-mail.
    Email,
    /// A telephone call with a synthetic voice.
    Voice,
}

impl ChannelKind {
    /// Every channel.
    pub const ALL: [ChannelKind; 3] = [ChannelKind::Sms, ChannelKind::Email, ChannelKind::Voice];

    /// Its name in settings, file names and policies: `sms`.
    pub const fn name(self) -> &'static str {
        match self {
            ChannelKind::Sms => "sms",
            ChannelKind::Email => "email",
            ChannelKind::Voice => "voice",
        }
    }
}

impl fmt::Display for ChannelKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for ChannelKind {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        ChannelKind::ALL
            .into_iter()
            .find(|channel| channel.name() == name)
            .ok_or_else(|| format!("unknown channel `{name}`; there are sms, email and voice"))
    }
}

/// How an SMS is coded on the air.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SmsEncoding {
    /// The 7-bit alphabet of GSM 03.38: 160 units alone, 153 in each part of a chain.
    Gsm7,
    /// UTF-16: 70 units alone, 67 in each part of a chain.
    Ucs2,
}

impl SmsEncoding {
    /// Its name in JSON output: `gsm7`.
    pub fn name(self) -> &'static str {
        match self {
            SmsEncoding::Gsm7 => "gsm7",
            SmsEncoding::Ucs2 => "ucs2",
        }
    }
}

/// A rendered message: what a person will read or hear.
#[derive(Clone, PartialEq, Eq)]
pub struct Content {
    /// The subject of an e-mail.
    pub subject: Option<String>,
    /// The SMS; the plain-text part of an e-mail; the words of a call.
    pub text: String,
    /// The HTML part of an e-mail.
    pub html: Option<String>,
    /// A call as SSML.
    pub ssml: Option<String>,
    /// How an SMS is coded; `None` on other channels.
    pub encoding: Option<SmsEncoding>,
    /// Units of that coding (septets or UTF-16 units) an SMS takes; 0 on other channels.
    pub units: u32,
    /// Parts an SMS takes; 0 on other channels.
    pub segments: u32,
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Content(hidden)")
    }
}

/// Where a message goes. `Debug` hides it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum Address {
    /// A telephone, for SMS and voice.
    Phone(Phone),
    /// A mailbox.
    Email(EmailAddress),
}

impl Address {
    /// What two spellings of one address have in common: mail goes to the same box whatever the case.
    pub fn folded(&self) -> String {
        match self {
            Address::Phone(phone) => phone.e164().to_string(),
            Address::Email(email) => email.as_str().to_lowercase(),
        }
    }

    /// The address as the summary shows it to the clinic: `+33612345678`.
    pub fn as_str(&self) -> &str {
        match self {
            Address::Phone(phone) => phone.e164(),
            Address::Email(email) => email.as_str(),
        }
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Address(hidden)")
    }
}

/// Who a message comes from, as far as its channel can say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sender {
    /// The facility's name: the display name of an e-mail where none is set.
    pub facility: String,
    /// The number that calls come from.
    pub phone: Option<String>,
    /// What an SMS shows as its sender.
    pub sms: Option<String>,
    /// The From address of an e-mail.
    pub email: Option<String>,
    /// The From name of an e-mail.
    pub email_name: Option<String>,
    /// Where answers to an e-mail go.
    pub reply_to: Option<String>,
}

/// A message on its way to a gateway. `Debug` shows only what identifies it.
#[derive(Clone)]
pub struct Outgoing {
    /// The message; also the reference by which a gateway recognises a repeated send.
    pub id: MessageId,
    /// Whose it is.
    pub facility: FacilityId,
    /// What it is for.
    pub kind: Kind,
    /// How it goes.
    pub channel: ChannelKind,
    /// Where it goes.
    pub to: Address,
    /// Who it comes from.
    pub sender: Arc<Sender>,
    /// The language it is in, for the voice that reads it.
    pub language: Language,
    /// What it says.
    pub content: Arc<Content>,
    /// Where the gateway may report what became of it: an URL that ends without a slash. `None`
    /// where the host can't be reached from outside.
    pub receipts: Option<Arc<str>>,
    /// Where the gateway may bring what the patient answers: as `receipts`.
    pub replies: Option<Arc<str>>,
    /// Whether it asks the patient for a confirmation.
    pub confirmation_requested: bool,
    /// How many times it was handed over before this.
    pub attempt: u32,
}

impl fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outgoing")
            .field("id", &self.id)
            .field("kind", &self.kind)
            .field("channel", &self.channel)
            .finish_non_exhaustive()
    }
}

/// What a gateway made of a message. The reasons are for the summary: they hold no text, address or
/// secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It took the message.
    Accepted {
        /// Its own name for it, by which receipts may come.
        gateway_id: Option<String>,
    },
    /// It will never take this message: a wrong number, a rejected sender.
    Refused {
        /// Why.
        reason: String,
    },
    /// It can't take it now. Nothing was sent; it is safe to try again.
    Busy {
        /// Why.
        reason: String,
        /// When it asked to be tried again. A wait that the gateway asked for costs no attempt.
        retry_after: Option<Duration>,
    },
    /// It was not reached: nothing was sent, it is safe to try again.
    Unreachable {
        /// Why.
        reason: String,
    },
    /// It was reached, and no answer came: the message may have been taken or not.
    Unanswered {
        /// Why.
        reason: String,
    },
}

/// The longest that a send may take. A lease on a message that is being sent must outlive it.
pub const SEND_LIMIT: Duration = Duration::from_secs(60);

/// A plugin that carries messages to a gateway.
///
/// The conformance suite in `plugins/tests` says what every implementation must hold to; above all
/// that [`Outcome::Busy`] and [`Outcome::Unreachable`] are answered only when nothing was taken.
#[async_trait]
pub trait Channel: Send + Sync {
    /// Whether sending the same [`Outgoing::id`] twice is taken once by the gateway. Only then is a
    /// message without an answer sent again.
    fn honours_reference(&self) -> bool;

    /// Hands the message over. Never panics, and answers within [`SEND_LIMIT`].
    async fn send(&self, message: &Outgoing) -> Outcome;
}
