//! Messages: their states, and what a policy may know of one.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::channel::ChannelKind;
use crate::civil::{Civil, Span};
use crate::event::EventKind;
use crate::kind::Kind;

/// Whom a message is for. Their address is looked up when it goes, with fresh facts.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Recipient {
    /// Who comes.
    #[default]
    Patient,
    /// The practitioner or room they come to.
    Resource,
    /// Who looks after the clinic's messages.
    Administrator,
}

impl Recipient {
    /// Every recipient.
    pub const ALL: [Recipient; 3] = [
        Recipient::Patient,
        Recipient::Resource,
        Recipient::Administrator,
    ];

    /// Its name in policies and JSON: `patient`.
    pub const fn name(self) -> &'static str {
        match self {
            Recipient::Patient => "patient",
            Recipient::Resource => "resource",
            Recipient::Administrator => "administrator",
        }
    }
}

impl fmt::Display for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Recipient {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Recipient::ALL
            .into_iter()
            .find(|recipient| recipient.name() == name)
            .ok_or_else(|| {
                format!("unknown recipient `{name}`; there are patient, resource and administrator")
            })
    }
}

/// Where a message stands.
///
/// ```text
/// planned ⇄ held ──▶ sending ──▶ sent ──▶ delivered
///    │        │         │ │        └────▶ failed
///    │        │         │ └─▶ unknown ──▶ sent, delivered, failed
///    └────────┴─▶ skipped, withdrawn, expired, failed
/// ```
///
/// It only moves forward: a final state is never left, and `sending` goes back to `planned` only
/// when the gateway said that it took nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// It waits for its time.
    Planned,
    /// A policy holds it until a later time, a fault keeps it from being judged, or it waits for credits.
    Held,
    /// It was handed to a gateway whose answer is awaited.
    Sending,
    /// A gateway took it.
    Sent,
    /// It was handed to a gateway and no answer came; it may have gone or not.
    Unknown,
    /// The gateway reported that it arrived.
    Delivered,
    /// A policy decided that it must not go.
    Skipped,
    /// What it was about changed or went away.
    Withdrawn,
    /// Its time passed before it could go.
    Expired,
    /// It can't be delivered.
    Failed,
}

impl State {
    /// Every state, in the order of a message's life.
    pub const ALL: [State; 10] = [
        State::Planned,
        State::Held,
        State::Sending,
        State::Sent,
        State::Unknown,
        State::Delivered,
        State::Skipped,
        State::Withdrawn,
        State::Expired,
        State::Failed,
    ];

    /// Its name in the store, output and API: `planned`.
    pub fn name(self) -> &'static str {
        match self {
            State::Planned => "planned",
            State::Held => "held",
            State::Sending => "sending",
            State::Sent => "sent",
            State::Unknown => "unknown",
            State::Delivered => "delivered",
            State::Skipped => "skipped",
            State::Withdrawn => "withdrawn",
            State::Expired => "expired",
            State::Failed => "failed",
        }
    }

    /// Whether nothing was handed over yet, so that the message can still move or be withdrawn.
    pub fn is_waiting(self) -> bool {
        matches!(self, State::Planned | State::Held)
    }

    /// Whether the state is never left.
    pub fn is_final(self) -> bool {
        matches!(
            self,
            State::Delivered | State::Skipped | State::Withdrawn | State::Expired | State::Failed
        )
    }

    /// Whether the person has, or may have, the message.
    pub fn may_have_arrived(self) -> bool {
        matches!(
            self,
            State::Sending | State::Sent | State::Unknown | State::Delivered
        )
    }

    /// Whether `next` may follow. Every change of state in a store goes through this table.
    pub fn may_become(self, next: State) -> bool {
        use State::*;
        match self {
            Planned | Held => !matches!(next, Sent | Unknown | Delivered),
            // `Planned`: the gateway said that it took nothing. `Sending`: it is asked again under the
            // same reference. `Delivered`: the receipt overtook the answer.
            Sending => {
                matches!(
                    next,
                    Planned | Sending | Sent | Unknown | Delivered | Failed | Expired
                )
            }
            Unknown => matches!(next, Sent | Delivered | Failed),
            Sent => matches!(next, Delivered | Failed),
            Delivered | Skipped | Withdrawn | Expired | Failed => false,
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for State {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        State::ALL
            .into_iter()
            .find(|state| state.name() == name)
            .ok_or_else(|| {
                let known: Vec<_> = State::ALL.iter().map(|state| state.name()).collect();
                format!("unknown state `{name}`; there are {}", known.join(", "))
            })
    }
}

/// What a policy and a template may know of a message that is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageFacts {
    /// What it is for.
    pub kind: Kind,
    /// How it goes.
    pub channel: ChannelKind,
    /// Whom it is for.
    pub recipient: Recipient,
    /// The event that caused it.
    pub event: Option<EventKind>,
    /// When it is due.
    pub due: Civil,
    /// The time of asking.
    pub now: Civil,
    /// When it is too late to send it.
    pub expires: Option<Civil>,
    /// Whether it asks for a confirmation.
    pub confirmation_requested: bool,
    /// How many reminders about other appointments went to the same person on the day of `now`.
    pub reminders_today: u32,
    /// How late the resource is, where an alert says so.
    pub delay: Option<Span>,
    /// When the patient's next visit after this one begins, as far as the agenda says.
    pub next_visit: Option<Civil>,
    /// How many messages of its kind went to the same person before, by whatever channel.
    pub sent_before: u32,
}

impl MessageFacts {
    /// A message to the patient that is due now, and of which nothing else is known.
    pub fn due(kind: Kind, channel: ChannelKind, now: Civil) -> Self {
        Self {
            kind,
            channel,
            recipient: Recipient::Patient,
            event: None,
            due: now,
            now,
            expires: None,
            confirmation_requested: false,
            reminders_today: 0,
            delay: None,
            next_visit: None,
            sent_before: 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_final_state_is_never_left_and_nothing_else_is_a_dead_end() {
        for state in State::ALL {
            let ways: Vec<_> = State::ALL
                .into_iter()
                .filter(|next| state.may_become(*next))
                .collect();
            assert_eq!(ways.is_empty(), state.is_final(), "{state}: {ways:?}");
        }
    }

    #[test]
    fn what_may_have_arrived_never_waits_again_unless_the_gateway_refused_it() {
        for state in State::ALL
            .into_iter()
            .filter(|s| s.may_have_arrived() && *s != State::Sending)
        {
            for next in [State::Planned, State::Held, State::Sending] {
                assert!(!state.may_become(next), "{state} → {next}");
            }
        }
    }
}
