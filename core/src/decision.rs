//! What policies decide: which messages exist, and whether one may go now.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::channel::ChannelKind;
use crate::civil::Civil;
use crate::kind::Kind;
use crate::message::Recipient;

/// The place in a policy that something was decided at.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Origin {
    /// The policy's name: `reminder`.
    pub policy: Arc<str>,
    /// The line of its file, from 1; 0 where it can't be told.
    pub line: u32,
}

/// A policy that failed: nobody knows which messages it wants, or whether one may go.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PolicyFault {
    /// Which policy, and where.
    #[serde(flatten)]
    pub origin: Origin,
    /// What went wrong, as a sentence. It holds no value that the policy worked on.
    pub reason: String,
}

impl fmt::Display for PolicyFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "policy `{}`", self.origin.policy)?;
        if self.origin.line > 0 {
            write!(f, ", line {}", self.origin.line)?;
        }
        write!(f, ": {}", self.reason)
    }
}

impl std::error::Error for PolicyFault {}

/// When a planned message is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// As soon as it is planned. It answers this one event.
    Now,
    /// At a time on the clinic's wall clock. It stands for the appointment and moves with it.
    At(Civil),
}

/// A message that a policy wants to exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    /// What it is for.
    pub kind: Kind,
    /// How it goes.
    pub channel: ChannelKind,
    /// Whom it is for.
    pub recipient: Recipient,
    /// When it is due.
    pub due: Due,
    /// When it is too late to send it; the start of the visit where the policy doesn't say.
    pub expires: Option<Civil>,
    /// Whether it asks for a confirmation.
    pub confirmation_requested: bool,
    /// The day whose appointments it lists, where it is about a day of the resource and not about the
    /// appointment.
    pub lists: Option<NaiveDate>,
    /// Which policy wants it.
    pub origin: Origin,
}

/// What a policy says of a message that is due. Reasons are sentences for the summary; the script
/// writes them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verdict", rename_all = "lowercase")]
pub enum Verdict {
    /// It may go.
    Allow,
    /// It must not go.
    Skip {
        /// Why.
        reason: String,
    },
    /// Not now.
    Hold {
        /// When to ask again.
        until: Civil,
        /// Why.
        reason: String,
    },
    /// It goes another way.
    Via {
        /// Which way.
        channel: ChannelKind,
        /// Why.
        reason: String,
    },
    /// The policy failed, so the message is kept back: nobody knows whether it may go.
    Fault {
        /// What went wrong.
        reason: String,
    },
}

impl Verdict {
    /// The reason, where there is one.
    pub fn reason(&self) -> Option<&str> {
        match self {
            Verdict::Allow => None,
            Verdict::Skip { reason }
            | Verdict::Hold { reason, .. }
            | Verdict::Via { reason, .. }
            | Verdict::Fault { reason } => Some(reason),
        }
    }
}

/// One policy's answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// Whose, and from which line.
    #[serde(flatten)]
    pub origin: Origin,
    /// What it said.
    #[serde(flatten)]
    pub verdict: Verdict,
    /// The facts it looked at; none where the clinic's retention is over.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub read: Vec<Read>,
}

/// A fact that a policy looked at, as it was then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Read {
    /// Its path, as policies write it: `visit.booked_ahead`.
    pub fact: Cow<'static, str>,
    /// What it was, for people: `12 hours`. What is a person's own, a name, an address, a free text, is
    /// told as [given](Read::GIVEN) or [not](Read::NOT_GIVEN) alone.
    pub value: Cow<'static, str>,
}

impl Read {
    /// The value of what is there and is told to nobody.
    pub const GIVEN: &'static str = "given";
    /// The value of what isn't there.
    pub const NOT_GIVEN: &'static str = "not given";
}

/// What all policies together say of a message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decision {
    /// Every answer, in the policies' order.
    pub answers: Vec<Answer>,
}

impl Decision {
    /// The answer that decides, or `None` when all allow: a skip wins over a fault, a fault over a
    /// hold, the latest hold over earlier ones, any hold over a change of channel; the first in the
    /// policies' order among equals.
    ///
    /// A skip wins over a fault because the message would not go whatever the faulty policy says.
    pub fn deciding(&self) -> Option<&Answer> {
        let rank = |verdict: &Verdict| match verdict {
            Verdict::Allow => (0, None),
            Verdict::Via { .. } => (1, None),
            Verdict::Hold { until, .. } => (2, Some(*until)),
            Verdict::Fault { .. } => (3, None),
            Verdict::Skip { .. } => (4, None),
        };
        let mut deciding: Option<&Answer> = None;
        for answer in self
            .answers
            .iter()
            .filter(|answer| answer.verdict != Verdict::Allow)
        {
            if deciding.is_none_or(|best| rank(&answer.verdict) > rank(&best.verdict)) {
                deciding = Some(answer);
            }
        }
        deciding
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn decide(verdicts: &[Verdict]) -> Option<usize> {
        let answers = verdicts
            .iter()
            .enumerate()
            .map(|(index, verdict)| Answer {
                origin: Origin {
                    policy: index.to_string().into(),
                    line: 1,
                },
                verdict: verdict.clone(),
                read: Vec::new(),
            })
            .collect();
        Decision { answers }
            .deciding()
            .map(|answer| answer.origin.policy.parse().unwrap())
    }

    #[test]
    fn the_strictest_answer_wins_and_the_latest_hold_among_holds() {
        let skip = || Verdict::Skip { reason: "s".into() };
        let fault = || Verdict::Fault { reason: "f".into() };
        let via = || Verdict::Via {
            channel: ChannelKind::Email,
            reason: "v".into(),
        };
        let hold = |until: &str| Verdict::Hold {
            until: until.parse().unwrap(),
            reason: "h".into(),
        };
        let (early, late) = (hold("2026-06-01T08:00"), hold("2026-06-02T08:00"));
        assert_eq!(decide(&[Verdict::Allow, Verdict::Allow]), None);
        assert_eq!(decide(&[Verdict::Allow, via()]), Some(1));
        assert_eq!(
            decide(&[via(), early.clone(), late.clone(), early.clone()]),
            Some(2)
        );
        assert_eq!(decide(&[late.clone(), fault()]), Some(1));
        assert_eq!(decide(&[fault(), skip(), skip()]), Some(1));
        assert_eq!(decide(&[]), None);
    }
}
