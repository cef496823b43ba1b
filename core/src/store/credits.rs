//! Credits: how a clinic stands, and where they went.

use rust_decimal::Decimal;
use serde::Serialize;

use crate::channel::ChannelKind;
use crate::civil::Instant;
use crate::ids::{FacilityId, MessageId};

/// How a clinic's credits stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum CreditLevel {
    /// There are more than the low-water mark.
    Enough,
    /// There are no more than the low-water mark.
    Low,
    /// They didn't cover a message: it waits for more.
    Out,
}

/// A clinic's credits ran low or out. It is told once, until there is a top-up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Crossing {
    /// Whose.
    pub facility: FacilityId,
    /// How they stand now.
    pub level: CreditLevel,
    /// What is left.
    pub balance: Decimal,
    /// The low-water mark.
    pub low: Decimal,
}

/// A clinic's credits. Top-ups are the balance, what is reserved and what was spent together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Whose.
    pub facility: FacilityId,
    /// Whether messages go only as far as the credits reach.
    pub limited: bool,
    /// What is left to spend. Below nothing where a call took longer than what was reserved for it.
    pub balance: Decimal,
    /// What is set aside for messages that are under way, or of which nobody knows whether they went.
    pub reserved: Decimal,
    /// The low-water mark.
    pub low: Decimal,
    /// How the credits stand.
    pub level: CreditLevel,
    /// How many messages wait for more.
    pub waiting: u64,
}

/// What an entry of a clinic's ledger is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Posting {
    /// A person added credits, or took some back.
    Added,
    /// They are set aside for a message that is under way.
    Reserved,
    /// A gateway took the message.
    Spent,
    /// No gateway took the message: they were given back.
    Returned,
}

/// An entry of a clinic's ledger: a top-up, or a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posted {
    /// When it last changed.
    pub at: Instant,
    /// What it is.
    pub posting: Posting,
    /// How many credits.
    pub amount: Decimal,
    /// The message.
    pub message: Option<MessageId>,
    /// The channel that the message went by.
    pub channel: Option<ChannelKind>,
    /// What the person wrote.
    pub note: Option<String>,
}
