//! Claimed messages and the steps that they make, which are their story.

use std::sync::Arc;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{Crossing, Message, NewLink, OpeningToken};
use crate::alarm::AlarmRecord;
use crate::channel::{ChannelKind, SmsEncoding};
use crate::civil::{Civil, Instant};
use crate::decision::{Answer, Origin, PolicyFault, Verdict};
use crate::event::EventKind;
use crate::facts::Visit;
use crate::ids::{FacilityId, MessageId};
use crate::message::State;
use crate::shadow;

/// A queue: the messages of a clinic on a channel.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Lane {
    /// Whose.
    pub facility: FacilityId,
    /// Which channel.
    pub channel: ChannelKind,
}

/// A message that a worker holds for a while, with fresh facts.
#[derive(Clone, Debug)]
pub struct Claimed {
    /// The message.
    pub message: Message,
    /// The worker's proof that it holds the message; changes with every claim and every change of facts.
    pub fence: i64,
    /// What is known of the visit now.
    pub visit: Visit,
    /// How many reminders about other appointments went to the same person today.
    pub reminders_today: u32,
    /// When the patient's next open appointment after this one begins. Only for messages that neither
    /// remind nor answer an event.
    pub next_visit: Option<Civil>,
    /// How many messages of its kind went to the same patient before. Only for the same messages.
    pub sent_before: u32,
    /// The open appointments of the day that it lists, in their order.
    pub listed: Vec<Visit>,
    /// What the administrator's e-mail tells.
    pub alarms: Vec<AlarmRecord>,
    /// Whether the same message already goes by another channel, by channel.
    pub other_channels: Vec<ChannelKind>,
}

/// A message that goes in one with others: they leave, arrive and fail as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shared {
    /// The one of them that is handed to the gateway.
    pub carrier: MessageId,
    /// Its number in the text, from 1, by which a reply can mean it.
    pub place: u32,
}

/// A step of a claimed message from one state to another.
#[derive(Clone, Debug)]
pub struct Transition {
    /// Whose.
    pub facility: FacilityId,
    /// Which.
    pub id: MessageId,
    /// The worker's proof.
    pub fence: i64,
    /// The state it leaves: a transition from any other is refused.
    pub from: State,
    /// The state it enters.
    pub to: State,
    /// Why.
    pub reason: Option<String>,
    /// The policy behind the reason, if it is one's.
    pub origin: Option<Origin>,
    /// When to look at it again.
    pub due: Option<(Instant, Civil)>,
    /// Until when the worker keeps it; it lets go where there is none.
    pub lease: Option<Instant>,
    /// The generation that decided.
    pub generation: Option<String>,
    /// What goes where, on a step to [`State::Sending`].
    pub handover: Option<Arc<Handover>>,
    /// The gateway's name for it.
    pub gateway_id: Option<String>,
    /// Whether the attempt doesn't count.
    pub forgive_attempt: bool,
    /// For a reminder: the step is refused when the number of reminders that went to the person
    /// today is another by now.
    pub reminders_today: Option<u32>,
    /// Whether something in the clinic's files keeps it back, so that other rules may let it go.
    pub fault: bool,
    /// What to add to its story.
    pub story: Vec<Step>,
}

impl Transition {
    /// The policies that failed when it was judged, and what keeps it back where no policy does.
    pub fn faults(&self) -> impl Iterator<Item = PolicyFault> {
        let answers = self.story.iter().flat_map(|step| match step {
            Step::Judged { answers, .. } => answers.as_slice(),
            _ => &[],
        });
        answers.filter_map(|answer| match &answer.verdict {
            Verdict::Fault { reason } => Some(PolicyFault {
                origin: answer.origin.clone(),
                reason: reason.clone(),
            }),
            _ => None,
        })
    }
}

/// What is handed to a gateway.
#[derive(Clone, Debug)]
pub struct Handover {
    /// Which gateway.
    pub gateway: String,
    /// Which channel instead of the message's own.
    pub via: Option<ChannelKind>,
    /// Where to.
    pub address: String,
    /// Subject.
    pub subject: Option<String>,
    /// Text.
    pub text: String,
    /// How the SMS is coded.
    pub encoding: Option<SmsEncoding>,
    /// Parts.
    pub segments: u32,
    /// What it costs.
    pub credits: Decimal,
    /// What each begun minute costs, where the cost is an estimate of how long it takes to speak.
    pub minute: Option<Decimal>,
    /// Whether the clinic's credits must cover the cost.
    pub limited: bool,
    /// By which channel it goes.
    pub channel: ChannelKind,
    /// The message that it goes in with others, where it doesn't go in one of its own.
    pub shared: Option<Shared>,
    /// The links that it brings.
    pub links: Vec<NewLink>,
    /// The secret part of the image that tells when it is opened, where it brings one.
    pub opening: Option<OpeningToken>,
}

/// A step in a message's story.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "lowercase")]
pub enum Step {
    /// A policy planned it.
    Planned {
        /// The event's type.
        event: EventKind,
        /// Who told the event.
        source: String,
        /// The event's id.
        id: String,
        /// Which policy.
        #[serde(flatten)]
        origin: Origin,
        /// When it is due.
        due: Civil,
        /// Why it won't go, where that was clear at once.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// The host planned it, because something needs a person.
    Reports {
        /// When it is due.
        due: Civil,
    },
    /// It got another time.
    Moved {
        /// The event's type.
        event: EventKind,
        /// The event's id.
        id: String,
        /// The time it had.
        from: Civil,
        /// The time it has.
        to: Civil,
    },
    /// It was withdrawn.
    Withdrawn {
        /// The event's type.
        event: EventKind,
        /// The event's id.
        id: String,
        /// Why.
        reason: String,
    },
    /// A policy failed when it was to be planned anew, so it is kept back.
    Kept {
        /// The event's type.
        event: EventKind,
        /// The event's id.
        id: String,
        /// Which policy, where and why.
        #[serde(flatten)]
        fault: PolicyFault,
    },
    /// The clinic's rules changed, and it with them.
    Rules {
        /// The rules that serve since.
        generation: String,
        /// What became of it.
        #[serde(flatten)]
        did: Did,
    },
    /// The policies were asked.
    Judged {
        /// The rules that were asked.
        generation: String,
        /// What each said.
        answers: Vec<Answer>,
        /// What came of it.
        state: State,
        /// Why, where no policy says it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
        /// What each policy in shadow said, which nobody obeyed.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        shadow: Vec<shadow::Judged>,
    },
    /// It was handed to a gateway.
    Handed {
        /// Which gateway.
        gateway: String,
        /// Which channel.
        channel: ChannelKind,
        /// Which attempt, from 1.
        attempt: u32,
        /// Parts of an SMS.
        segments: u32,
    },
    /// The gateway answered, or didn't.
    Answered {
        /// What the message became.
        state: State,
        /// The gateway's name for it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        gateway_id: Option<String>,
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// The gateway reported what became of it.
    Receipt {
        /// What it reported.
        #[serde(rename = "status")]
        status: crate::provider::ReceiptStatus,
        /// Whether the state changed by it.
        applied: bool,
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// It is part of a broadcast that somebody has to approve.
    Awaits {
        /// The approval's name.
        approval: String,
    },
    /// The brake stopped the generation that planned it; somebody has to approve it.
    Braked {
        /// The approval's name.
        approval: String,
        /// The generation.
        generation: String,
    },
    /// The rules that serve instead of those that the brake stopped want it too.
    Resumed {
        /// Which policy wants it.
        origin: Origin,
        /// When it is due on the clinic's wall clock.
        due: Civil,
    },
    /// The patient answered it.
    Replied {
        /// How the answer came.
        channel: ChannelKind,
        /// How it was read.
        reading: String,
        /// What came of it.
        outcome: String,
    },
    /// It was opened for the first time, by a person or by their mail program.
    Opened,
    /// Its address wants nothing by its channel.
    Suppressed {
        /// Why it doesn't go.
        reason: String,
    },
    /// Somebody said that it may go, or that it may not.
    Decided {
        /// Whether it may.
        approved: bool,
    },
    /// The clinic's credits didn't cover it: it waits for more.
    Unpaid {
        /// What it costs.
        cost: Decimal,
        /// What was left.
        left: Decimal,
    },
    /// The host had stopped while it was under way.
    Recovered {
        /// What was done.
        reason: String,
    },
}

/// What a change of rules did to a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "did", rename_all = "lowercase")]
pub enum Did {
    /// A policy wants it that didn't.
    Added {
        /// Which policy.
        #[serde(flatten)]
        origin: Origin,
        /// When it is due.
        due: Civil,
    },
    /// It got another time; or another time after which it is too late, or asks for a confirmation now.
    Moved {
        /// The time it had.
        from: Civil,
        /// The time it has.
        to: Civil,
    },
    /// No policy wants it any more.
    Withdrawn {
        /// Why.
        reason: String,
    },
    /// A policy failed when it was to be planned, so it is kept back.
    Kept {
        /// Which policy, where and why.
        #[serde(flatten)]
        fault: PolicyFault,
    },
}

/// A step with its time.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Entry {
    /// When.
    pub at: Instant,
    /// What.
    #[serde(flatten)]
    pub step: Step,
}

/// What came of making steps.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Committed {
    /// Whether each step was made.
    pub made: Vec<bool>,
    /// Clinics whose credits ran low or out by these steps.
    pub crossings: Vec<Crossing>,
}
