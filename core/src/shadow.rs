//! Policies in shadow: asked beside the others and recorded, never obeyed.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::channel::ChannelKind;
use crate::civil::{Civil, Instant};
use crate::decision::{Answer, Origin, PolicyFault};
use crate::ids::{AppointmentId, FacilityId, MessageId, PatientId};
use crate::kind::Kind;
use crate::message::Recipient;

/// How the names of policies in shadow end: `reminder.shadow` is asked as if it stood in the place of
/// `reminder`.
pub const SHADOW: &str = ".shadow";

/// The policy in whose place one in shadow is asked, whether there is such a policy or not; `None` for a
/// policy that is obeyed.
pub fn in_place_of(policy: &str) -> Option<&str> {
    policy.strip_suffix(SHADOW)
}

/// What would be otherwise with a message, were the policy in shadow obeyed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "would", rename_all = "lowercase")]
pub enum Otherwise {
    /// It would be planned, and isn't.
    Plan {
        /// When it would be due; at once where there is none.
        due: Option<Civil>,
    },
    /// It wouldn't be planned.
    Leave,
    /// It would be planned for another time.
    Move {
        /// When it is due.
        from: Option<Civil>,
        /// When it would be.
        due: Option<Civil>,
    },
    /// It would be planned for the same time, and be too late at another, or ask for a confirmation where it
    /// doesn't, or the other way round.
    Alter,
    /// It would go.
    Go,
    /// It would be skipped.
    Skip {
        /// Why.
        reason: String,
    },
    /// It would be held.
    Hold {
        /// Until when.
        until: Civil,
        /// Why.
        reason: String,
    },
    /// It would go by another channel.
    Via {
        /// By which.
        channel: ChannelKind,
        /// Why.
        reason: String,
    },
    /// It would expire, because it would be held for too long.
    Expire {
        /// Why.
        reason: String,
    },
    /// It would be held, because a policy fails: as a rule this one.
    Fault {
        /// What went wrong.
        reason: String,
    },
}

impl Otherwise {
    /// Its name, as in JSON.
    pub fn name(&self) -> &'static str {
        match self {
            Otherwise::Plan { .. } => "plan",
            Otherwise::Leave => "leave",
            Otherwise::Move { .. } => "move",
            Otherwise::Alter => "alter",
            Otherwise::Go => "go",
            Otherwise::Skip { .. } => "skip",
            Otherwise::Hold { .. } => "hold",
            Otherwise::Via { .. } => "via",
            Otherwise::Expire { .. } => "expire",
            Otherwise::Fault { .. } => "fault",
        }
    }
}

impl fmt::Display for Otherwise {
    /// What would become of the message, as the end of a sentence: `be skipped: booked only 4 hours before`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = |due: &Option<Civil>| due.map_or("at once".into(), |due| format!("for {due}"));
        match self {
            Otherwise::Plan { due } => write!(f, "be planned {}", time(due)),
            Otherwise::Leave => f.write_str("not be planned"),
            Otherwise::Move { from, due } => {
                write!(f, "be planned {} and not {}", time(due), time(from))
            }
            Otherwise::Alter => {
                f.write_str("be planned with another end, or another question for a confirmation")
            }
            Otherwise::Go => f.write_str("go"),
            Otherwise::Skip { reason } => write!(f, "be skipped: {reason}"),
            Otherwise::Hold { until, reason } => write!(f, "be held until {until}: {reason}"),
            Otherwise::Via { channel, reason } => write!(f, "go by {channel}: {reason}"),
            Otherwise::Expire { reason } => write!(f, "expire: {reason}"),
            Otherwise::Fault { reason } => write!(f, "be held, because a policy fails: {reason}"),
        }
    }
}

/// What a policy in shadow says of a due message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judged {
    /// Its answer.
    #[serde(flatten)]
    pub answer: Answer,
    /// What all policies together would lead to with it, where that is something else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub otherwise: Option<Otherwise>,
}

/// What a policy in shadow says of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    /// Which policy.
    pub policy: Arc<str>,
    /// What would be planned otherwise, or why it failed.
    pub differences: Result<Vec<Difference>, PolicyFault>,
}

/// A message that would be planned otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// What it is for.
    pub kind: Kind,
    /// How it goes.
    pub channel: ChannelKind,
    /// Whom it is for.
    pub recipient: Recipient,
    /// The line of the policy that wants it so, from 1; 0 where none does.
    pub line: u32,
    /// When it would be due; when it is due, where it wouldn't be planned.
    pub due: Instant,
    /// What would be otherwise.
    pub otherwise: Otherwise,
}

/// How often a policy in shadow was asked since its file is as it is, and what it would have changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Whose.
    pub facility: FacilityId,
    /// Which policy.
    pub policy: String,
    /// Since when.
    pub since: Instant,
    /// After how many events. An alert counts once for each appointment that it reaches; so does each that
    /// other rules planned anew.
    pub events: u64,
    /// How many times about a due message; about one that was held it is asked again.
    pub messages: u64,
    /// How often it failed.
    pub faults: u64,
    /// How it failed last.
    pub fault: Option<PolicyFault>,
    /// How many messages would be otherwise, by [`Otherwise::name`].
    pub otherwise: BTreeMap<String, u64>,
}

/// What a policy in shadow would have changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// Whose.
    pub facility: FacilityId,
    /// Which policy, and where.
    pub origin: Origin,
    /// When it was asked last where something would be otherwise.
    pub at: Instant,
    /// About which appointment.
    pub appointment: Option<AppointmentId>,
    /// Whose messages.
    pub patient: Option<PatientId>,
    /// The message that was due; `None` where it was asked what to plan.
    pub message: Option<MessageId>,
    /// What it is for.
    pub kind: Kind,
    /// How it goes.
    pub channel: ChannelKind,
    /// Whom it is for.
    pub recipient: Recipient,
    /// What would be otherwise.
    pub otherwise: Otherwise,
}
