//! What an event leads to: messages that are added, moved and withdrawn.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::Serialize;
use serde_json::{Map, Value};

use super::{Brake, LastEvent, Message};
use crate::channel::ChannelKind;
use crate::civil::{Civil, Instant};
use crate::decision::{Origin, PolicyFault};
use crate::event::{Event, EventError, EventKind};
use crate::facts::{Record, Records};
use crate::ids::{FacilityId, MessageId};
use crate::kind::Kind;
use crate::message::{Recipient, State};
use crate::shadow;

/// A message that the planner wants to add.
#[derive(Clone, Debug)]
pub struct NewMessage {
    /// Its id.
    pub id: MessageId,
    /// What it is for.
    pub kind: Kind,
    /// How it goes.
    pub channel: ChannelKind,
    /// Whom it is for.
    pub recipient: Recipient,
    /// Counts messages of the same key.
    pub ordinal: u32,
    /// Whether it answers one event.
    pub notice: bool,
    /// [`State::Planned`], or [`State::Skipped`] where it came too late.
    pub state: State,
    /// Why it is skipped.
    pub reason: Option<String>,
    /// Which policy wants it.
    pub origin: Origin,
    /// When it is due.
    pub due: Instant,
    /// When it is due on the clinic's wall clock.
    pub due_civil: Civil,
    /// When it is too late.
    pub expires: Option<Instant>,
    /// Whether it asks for a confirmation.
    pub confirmation_requested: bool,
    /// The day whose appointments it lists. It is then about the resource's day, and exists once: adding
    /// it again gives it the time that it has then, as long as it is planned, and changes nothing else.
    pub lists: Option<NaiveDate>,
    /// How many minutes late the resource is, where that is what it tells.
    pub delay: Option<u32>,
}

/// What changes among an appointment's messages.
#[derive(Clone, Debug)]
pub enum Change {
    /// A message that wasn't there.
    Add(Box<NewMessage>),
    /// A waiting message gets another time.
    Move {
        /// Which.
        id: MessageId,
        /// When it is due now.
        due: Instant,
        /// The same on the clinic's wall clock.
        due_civil: Civil,
        /// When it is too late now.
        expires: Option<Instant>,
        /// Whether it asks for a confirmation now.
        confirmation_requested: bool,
        /// Which policy wants it so.
        origin: Origin,
    },
    /// A waiting message is no longer wanted.
    Withdraw {
        /// Which.
        id: MessageId,
        /// Why.
        reason: String,
    },
    /// Nobody knows whether a waiting message is still wanted, or when: it is kept back until it is
    /// planned anew, or comes too late.
    Keep {
        /// Which.
        id: MessageId,
        /// The policy that failed.
        fault: PolicyFault,
        /// When it is too late for it, on the clinic's wall clock too.
        until: Option<(Instant, Civil)>,
    },
}

/// What an event leads to.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// The records to keep, whole.
    pub records: Records,
    /// The generation that decided.
    pub generation: String,
    /// When the visit begins.
    pub visit_start: Option<Civil>,
    /// What changes among the messages.
    pub changes: Vec<Change>,
    /// Whether everything known of the patient must go.
    pub erase: bool,
    /// Properties of the event that nothing reads: for whoever sent it.
    pub warnings: Vec<String>,
    /// Policies that failed. With any, the event is remembered and planned again when they are mended.
    pub faults: Vec<PolicyFault>,
    /// Which facts of the appointment the event changed, for planning it again.
    pub changed: Vec<&'static str>,
    /// What each policy in shadow says of the event.
    pub shadow: Vec<shadow::Planned>,
}

/// An event that was applied and is not planned, because a policy failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unplanned {
    /// Whose.
    pub facility: FacilityId,
    /// Who told the event.
    pub source: String,
    /// The event's id.
    pub id: String,
    /// What happened.
    pub kind: EventKind,
    /// What `subject` names: an appointment, or a patient.
    pub record: Record,
    /// The appointment or patient that it is planned for.
    pub subject: String,
    /// When it happened.
    pub time: Instant,
    /// When it was applied.
    pub at: Instant,
    /// Which facts of the appointment it changed.
    pub changed: Vec<String>,
    /// How many minutes late the resource is, where that is what happened.
    pub delay: Option<u32>,
    /// The policies that failed when it was planned last; none where the brake stopped what it led to.
    pub faults: Vec<PolicyFault>,
}

/// What came of planning again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Replanned {
    /// How many events are planned now.
    pub planned: u32,
    /// The policies that still fail, and for how many events.
    pub faults: BTreeMap<PolicyFault, u64>,
}

/// The appointments that an event about a resource concerns: those of the resource that are still to
/// come as far as the agenda says, and begin in a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reach {
    /// They begin at or after this.
    pub from: Civil,
    /// They begin before this.
    pub until: Civil,
    /// With more appointments than this the messages wait for an approval.
    pub approve_over: u32,
}

/// What waits for somebody to say that it may go: a broadcast, or what the brake stopped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Approval {
    /// Its name: a few letters and digits.
    pub id: String,
    /// What happened.
    pub event: EventKind,
    /// The practitioner or room; empty where the brake stopped a generation.
    pub resource: String,
    /// The generation that the brake stopped.
    pub generation: Option<String>,
    /// How many messages wait.
    pub messages: u32,
    /// Since when.
    pub asked: Instant,
}

/// Decides what an event leads to. Pure: it is called inside the store's transaction.
pub trait Planner: Send + Sync {
    /// When what plans is stopped; `None` where nothing is counted.
    fn brake(&self) -> Option<Brake> {
        None
    }

    /// Whether the agenda is to be told an event that Rappel itself brought about.
    fn tells_agenda(&self) -> bool {
        false
    }

    /// The appointments that an event concerns beside the one that it names. Each is then planned with
    /// the event as if it had named it.
    fn reach(&self, event: &Event, now: Instant) -> Option<Reach> {
        let _ = (event, now);
        None
    }

    /// `known` are the records that the store has for the ids the event refers to; `late` says that
    /// a newer event about the same thing was applied before.
    ///
    /// # Errors
    /// When the event's facts can't be read. Nothing of it is kept.
    fn plan(
        &self,
        event: &Event,
        known: &Records,
        late: bool,
        standing: &[Message],
        now: Instant,
    ) -> Result<Plan, EventError>;

    /// What a patient is known by: their id and each of their addresses, as one text each. However an
    /// agenda writes an address, it is the same text.
    fn identities(&self, patient: &Map<String, Value>) -> Vec<String>;

    /// Plans an event again that was applied when a policy failed. `known` are the facts as they are
    /// now; what the policies that didn't fail wanted then stands already.
    ///
    /// # Errors
    /// When the facts can't be read. The event waits on.
    fn replan(
        &self,
        event: &Unplanned,
        known: &Records,
        standing: &[Message],
        now: Instant,
    ) -> Result<Plan, EventError>;

    /// Plans an appointment whose messages stand by other rules, as if its last event were told again.
    /// What answers the event isn't added, and what was due before `now` is left as it is.
    ///
    /// # Errors
    /// When the facts can't be read. The messages stand as they are.
    fn plan_anew(
        &self,
        event: &LastEvent,
        known: &Records,
        standing: &[Message],
        now: Instant,
    ) -> Result<Plan, EventError>;
}

/// What became of an event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "outcome", rename_all = "lowercase")]
pub enum Ingested {
    /// It was applied.
    Applied {
        /// Messages added.
        added: u32,
        /// Messages moved.
        moved: u32,
        /// Messages withdrawn.
        withdrawn: u32,
        /// The approval that the added messages wait for.
        #[serde(skip_serializing_if = "Option::is_none")]
        approval: Option<String>,
        /// What the sender should look at.
        warnings: Vec<String>,
        /// The clinic's policies that failed: what they want is planned when they are mended.
        faults: Vec<PolicyFault>,
    },
    /// It was applied before.
    Repeated,
    /// It can't be applied; nothing of it is kept.
    Rejected {
        /// Where: `data.appointment.start`.
        path: String,
        /// What is wrong.
        message: String,
    },
}
