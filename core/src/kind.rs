//! The kinds of message, and the values that each offers to its template.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

/// A value that a template names, beside the numbered variables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(
    missing_docs,
    reason = "the template language's table of values tells what each is"
)]
pub enum Named {
    ConfirmUrl,
    CancelUrl,
    RescheduleUrl,
    PasswordUrl,
    UnsubscribeUrl,
    Delay,
    NewStart,
    Channel,
    Event,
    Language,
    Online,
    ConfirmationRequested,
    Confirmed,
    Unreliable,
    FirstVisit,
}

impl Named {
    /// Every named value.
    pub const ALL: [Named; 15] = [
        Named::ConfirmUrl,
        Named::CancelUrl,
        Named::RescheduleUrl,
        Named::PasswordUrl,
        Named::UnsubscribeUrl,
        Named::Delay,
        Named::NewStart,
        Named::Channel,
        Named::Event,
        Named::Language,
        Named::Online,
        Named::ConfirmationRequested,
        Named::Confirmed,
        Named::Unreliable,
        Named::FirstVisit,
    ];

    /// The name as templates write it: `CONFIRM_URL`.
    pub fn name(self) -> &'static str {
        match self {
            Named::ConfirmUrl => "CONFIRM_URL",
            Named::CancelUrl => "CANCEL_URL",
            Named::RescheduleUrl => "RESCHEDULE_URL",
            Named::PasswordUrl => "PASSWORD_URL",
            Named::UnsubscribeUrl => "UNSUBSCRIBE_URL",
            Named::Delay => "DELAY",
            Named::NewStart => "NEW_START",
            Named::Channel => "CHANNEL",
            Named::Event => "EVENT",
            Named::Language => "LANGUAGE",
            Named::Online => "ONLINE",
            Named::ConfirmationRequested => "CONFIRMATION_REQUESTED",
            Named::Confirmed => "CONFIRMED",
            Named::Unreliable => "UNRELIABLE",
            Named::FirstVisit => "FIRST_VISIT",
        }
    }
}

/// What a message is for: `reminder`, `cancelled`, or a kind of a clinic's own.
///
/// It is the first part of a template's file name, so it is made of `a`–`z`, `0`–`9` and `_`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, schemars::JsonSchema)]
#[serde(transparent)]
#[schemars(extend("format" = "kind"))]
pub struct Kind(Cow<'static, str>);

/// A kind that Rappel's own policies plan.
#[derive(Debug)]
pub struct StockKind {
    /// Its name in templates' file names, settings and policies.
    pub name: &'static str,
    /// What it is, in a sentence for the reference.
    pub summary: &'static str,
    /// Whether it answers one event ("your appointment is cancelled"); otherwise it stands for an
    /// appointment and moves with it ("your appointment is tomorrow").
    pub notice: bool,
    /// The links that its templates may use.
    pub links: &'static [Named],
}

/// The values that every kind of message about an appointment offers.
pub const OFFERED_BY_ALL: &[Named] = &[
    Named::UnsubscribeUrl,
    Named::Channel,
    Named::Event,
    Named::Language,
    Named::Online,
    Named::ConfirmationRequested,
    Named::Confirmed,
    Named::Unreliable,
    Named::FirstVisit,
];

const ANSWERS: &[Named] = &[Named::ConfirmUrl, Named::CancelUrl, Named::RescheduleUrl];
const CHANGES: &[Named] = &[Named::CancelUrl, Named::RescheduleUrl];

/// The stock kinds, in the order of an appointment's life.
pub const STOCK_KINDS: &[StockKind] = &[
    StockKind {
        name: "created",
        summary: "An appointment was created.",
        notice: true,
        links: ANSWERS,
    },
    StockKind {
        name: "modified",
        summary: "An appointment was moved or changed.",
        notice: true,
        links: ANSWERS,
    },
    StockKind {
        name: "approved",
        summary: "The clinic approved an appointment.",
        notice: true,
        links: ANSWERS,
    },
    StockKind {
        name: "confirmed",
        summary: "An appointment was confirmed.",
        notice: true,
        links: CHANGES,
    },
    StockKind {
        name: "cancelled",
        summary: "An appointment was cancelled.",
        notice: true,
        links: &[Named::RescheduleUrl],
    },
    StockKind {
        name: "reminder",
        summary: "Reminds of a coming appointment.",
        notice: false,
        links: ANSWERS,
    },
    StockKind {
        name: "second_reminder",
        summary: "Reminds once more, by SMS.",
        notice: false,
        links: ANSWERS,
    },
];

impl Kind {
    /// `reminder`.
    pub const REMINDER: Kind = Kind(Cow::Borrowed("reminder"));
    /// `second_reminder`.
    pub const SECOND_REMINDER: Kind = Kind(Cow::Borrowed("second_reminder"));

    /// Reads a kind's name.
    ///
    /// # Errors
    /// A sentence when it is empty, longer than 40 characters, or has characters that a kind can't have.
    pub fn parse(name: &str) -> Result<Self, String> {
        if let Some(stock) = STOCK_KINDS.iter().find(|stock| stock.name == name) {
            return Ok(Self(Cow::Borrowed(stock.name)));
        }
        let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if name.is_empty() || name.len() > 40 || !name.chars().all(good) {
            return Err(format!(
                "`{}` can't name a kind of message: use `a`-`z`, `0`-`9` and `_`, at most 40 characters",
                name.chars().take(60).collect::<String>()
            ));
        }
        Ok(Self(Cow::Owned(name.to_string())))
    }

    /// The kind's name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The stock kind, unless it is the clinic's own.
    pub fn stock(&self) -> Option<&'static StockKind> {
        STOCK_KINDS.iter().find(|stock| stock.name == self.0)
    }

    /// Whether its templates may use `value`. A clinic's own kind is offered all that is about an
    /// appointment.
    pub fn offers(&self, value: Named) -> bool {
        let links = self.stock().map_or(ANSWERS, |stock| stock.links);
        OFFERED_BY_ALL.contains(&value) || links.contains(&value)
    }

    /// Whether it overtakes others in the queue: who isn't told of a cancellation comes in vain.
    pub fn is_urgent(&self) -> bool {
        self.as_str() == "cancelled"
    }

    /// Whether it reminds of a coming visit; these are what "one reminder a day" counts.
    pub fn is_reminder(&self) -> bool {
        *self == Self::REMINDER || *self == Self::SECOND_REMINDER
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Kind {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = Cow::<'de, str>::deserialize(deserializer)?;
        Kind::parse(&name).map_err(serde::de::Error::custom)
    }
}
