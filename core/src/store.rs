//! The outbox: what a store of facts, events and messages must do, whatever database is behind it.
//!
//! The message row is the summary's row. A status, the decision behind it and the place in the queue
//! change in one transaction, so a crash between two of them can't be seen.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::alarm::{Alarm, AlarmRecord, NewReport, PlannedReport};
use crate::channel::{ChannelKind, SmsEncoding};
use crate::civil::{Civil, Instant, Zone};
use crate::decision::{Answer, Origin, PolicyFault, Verdict};
use crate::event::{Event, EventError, EventKind};
use crate::facts::{Record, Records, Status, Visit};
use crate::ids::{AppointmentId, FacilityId, MessageId, PatientId};
use crate::kind::Kind;
use crate::message::{Recipient, State};
use crate::provider::Receipt;
use crate::tally::{By, Tally};

/// A message as the store keeps it: a row of the summary.
#[derive(Clone, Debug)]
pub struct Message {
    /// Whose it is.
    pub facility: FacilityId,
    /// Its id, and its reference at the gateway.
    pub id: MessageId,
    /// The appointment that it is about.
    pub appointment: Option<AppointmentId>,
    /// The patient that it is about.
    pub patient: Option<PatientId>,
    /// What it is for.
    pub kind: Kind,
    /// The channel it was planned for.
    pub channel: ChannelKind,
    /// Whom it is for.
    pub recipient: Recipient,
    /// Counts messages of the same appointment, kind, channel and recipient, from 1.
    pub ordinal: u32,
    /// Whether it answers one event; otherwise it stands for the appointment and moves with it.
    pub notice: bool,
    /// Where it stands.
    pub state: State,
    /// Why it stands there.
    pub reason: Option<String>,
    /// The policy behind the reason, if it is one's; where there is no reason, the one that planned it.
    pub origin: Option<Origin>,
    /// Whether it is kept back because a policy failed when it was to be planned anew.
    pub unplanned: bool,
    /// When it is due.
    pub due: Instant,
    /// When it is due on the clinic's wall clock.
    pub due_civil: Civil,
    /// When it is too late to send it.
    pub expires: Option<Instant>,
    /// Whether it asks for a confirmation.
    pub confirmation_requested: bool,
    /// The event that planned it.
    pub event: Option<EventKind>,
    /// When the visit began as it was planned for.
    pub visit_start: Option<Civil>,
    /// The practitioner or room, where it is about a day of theirs and not about an appointment.
    pub resource: Option<Arc<str>>,
    /// The day whose appointments it lists.
    pub day: Option<NaiveDate>,
    /// How many minutes late the practitioner or room is, where that is what it tells.
    pub delay: Option<u32>,
    /// The approval that it waits for: that of [`Approval::id`].
    pub approval: Option<String>,
    /// The generation that it was last decided by.
    pub generation: Option<String>,
    /// How often it was handed over.
    pub attempts: u32,
    /// The channel that it goes by instead of its own.
    pub via: Option<ChannelKind>,
    /// The gateway that it was handed to.
    pub gateway: Option<String>,
    /// The gateway's own name for it.
    pub gateway_id: Option<String>,
    /// Where it went.
    pub address: Option<String>,
    /// The subject it went with.
    pub subject: Option<String>,
    /// The text it went with.
    pub text: Option<String>,
    /// How the SMS is coded.
    pub encoding: Option<SmsEncoding>,
    /// Parts the SMS took.
    pub segments: u32,
    /// What it cost.
    pub credits: Decimal,
    /// When it was planned.
    pub created: Instant,
    /// When its state last changed.
    pub updated: Instant,
    /// When it was last handed over.
    pub sent_at: Option<Instant>,
    /// When it was opened first, which may be automatic; where the clinic tracks that.
    pub opened: Option<Instant>,
    /// How often it was opened.
    pub opens: u32,
    /// How the last answer to it was read: [`ReplyRecord::reading`].
    pub answer: Option<String>,
}

impl Message {
    /// A message that waits for its time, and of which nothing else is known.
    pub fn new(
        facility: FacilityId,
        id: MessageId,
        (kind, channel): (Kind, ChannelKind),
        (due, due_civil): (Instant, Civil),
    ) -> Self {
        Self {
            facility,
            id,
            appointment: None,
            patient: None,
            notice: kind.stock().is_some_and(|stock| stock.notice),
            kind,
            channel,
            recipient: Recipient::default(),
            ordinal: 1,
            state: State::Planned,
            reason: None,
            origin: None,
            unplanned: false,
            due,
            due_civil,
            expires: None,
            confirmation_requested: false,
            event: None,
            visit_start: None,
            resource: None,
            day: None,
            delay: None,
            approval: None,
            generation: None,
            attempts: 0,
            via: None,
            gateway: None,
            gateway_id: None,
            address: None,
            subject: None,
            text: None,
            encoding: None,
            segments: 0,
            credits: Decimal::ZERO,
            created: due,
            updated: due,
            sent_at: None,
            opened: None,
            opens: 0,
            answer: None,
        }
    }
}

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
    /// it again changes nothing.
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
    /// The policies that failed when it was planned last.
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

/// A broadcast that waits for somebody to say that it may go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Approval {
    /// Its name: a few letters and digits.
    pub id: String,
    /// What happened.
    pub event: EventKind,
    /// The practitioner or room.
    pub resource: String,
    /// How many messages wait.
    pub messages: u32,
    /// Since when.
    pub asked: Instant,
}

/// Decides what an event leads to. Pure: it is called inside the store's transaction.
pub trait Planner: Send + Sync {
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

/// A step with its time.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Entry {
    /// When.
    pub at: Instant,
    /// What.
    #[serde(flatten)]
    pub step: Step,
}

/// Which messages to list or count. Every part that is set must hold.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Whose.
    pub facility: Option<FacilityId>,
    /// In which state.
    pub state: Option<State>,
    /// Of which kind.
    pub kind: Option<Kind>,
    /// By which channel.
    pub channel: Option<ChannelKind>,
    /// About which patient.
    pub patient: Option<PatientId>,
    /// About which appointment.
    pub appointment: Option<AppointmentId>,
    /// Due at or after.
    pub from: Option<Instant>,
    /// Due before.
    pub until: Option<Instant>,
    /// Whose id begins with this.
    pub id: Option<String>,
    /// Behind this one, in the order of the list: for reading on.
    pub after: Option<(Instant, MessageId)>,
    /// At most so many.
    pub limit: Option<u32>,
}

/// How many messages are in a state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Count {
    /// Whose.
    pub facility: FacilityId,
    /// By which channel.
    pub channel: ChannelKind,
    /// In which state.
    pub state: State,
    /// How many.
    pub count: u64,
}

/// A generation as the store remembers it.
#[derive(Clone, Debug)]
pub struct GenerationRecord {
    /// Whose.
    pub facility: FacilityId,
    /// The hash of its contents.
    pub id: String,
    /// Since when it serves.
    pub since: Instant,
    /// The clinic's zone, for whoever shows times to people.
    pub zone: Zone,
    /// What is wrong with the files as they are now, while an older generation serves.
    pub refused: Option<String>,
    /// Whether the host that was started last serves the clinic.
    pub served: bool,
}

/// A clinic's folder that can't be served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Absent {
    /// Its whole path.
    pub folder: String,
    /// Since when it can't.
    pub since: Instant,
    /// What is wrong with it.
    pub refused: String,
}

/// The files by which a clinic was served last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptFolder {
    /// Whose.
    pub facility: FacilityId,
    /// The folder they were read from: its whole path.
    pub folder: String,
    /// Their texts, by their paths inside it.
    pub files: BTreeMap<String, String>,
}

/// What came of making steps.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Committed {
    /// Whether each step was made.
    pub made: Vec<bool>,
    /// Clinics whose credits ran low or out by these steps.
    pub crossings: Vec<Crossing>,
}

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
    /// The message that asked last.
    pub message: MessageId,
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
    /// The message itself.
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

/// A store that failed. The sentence says what to look at; it holds no facts.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{0}")]
pub struct StoreError(pub String);

/// The result of a store's work.
pub type Result<T, E = StoreError> = std::result::Result<T, E>;

/// A store. The conformance suite in `host/tests/store` says what every implementation must hold to.
#[async_trait]
pub trait Store: Send + Sync {
    /// Applies events in order: each one's facts and messages stand, or neither. A repeated event
    /// (same source and id) changes nothing.
    ///
    /// An erased patient leaves nothing but keyed hashes of what they are known by and of their
    /// appointments' ids. Of later events about them nothing is kept, until they register anew and
    /// consent.
    ///
    /// Where facts change, messages that were judged by the old ones are taken from their workers.
    /// Waiting messages follow their appointment to another patient.
    async fn ingest(
        &self,
        facility: &FacilityId,
        events: &[Event],
        now: Instant,
        planner: &dyn Planner,
    ) -> Result<Vec<Ingested>>;

    /// Plans again, in their order, the events on which a policy failed; they wait for it since.
    async fn replan(
        &self,
        facility: &FacilityId,
        now: Instant,
        planner: &dyn Planner,
    ) -> Result<Replanned>;

    /// The events that wait to be planned again, in their order; of one clinic, or of all.
    async fn unplanned(&self, facility: Option<&FacilityId>) -> Result<Vec<Unplanned>>;

    /// Takes at most `limit` due messages of a lane until `lease`, the urgent ones first, then by
    /// their time. `day` is today on the clinic's wall clock.
    ///
    /// A message that was taken and never [judged](Store::judged) may have stopped its worker: it is
    /// taken alone. One that was taken alone twice and never judged is set aside as failed.
    async fn claim(
        &self,
        lane: &Lane,
        now: Instant,
        day: (Instant, Instant),
        limit: u32,
        lease: Instant,
    ) -> Result<Vec<Claimed>>;

    /// Makes held messages due now that a fault in the clinic's files keeps back, and those that wait
    /// for credits: other rules serve, which may have mended it. Tells how many. `now` has the clinic's wall clock with it.
    async fn look_again(&self, facility: &FacilityId, now: (Instant, Civil)) -> Result<u64>;

    /// Takes messages that were handed over and whose worker is gone because its lease ran out.
    ///
    /// With `all`, every worker is gone: at the start of the only host of a database. Then no lease
    /// holds any longer, and what was only taken is free again; but what was taken alone, or
    /// handed over more than once, keeps its lease: it may have stopped that host, and killing a host
    /// again and again within a moment must not make a message look as if it did.
    async fn claim_stuck(
        &self,
        facility: &FacilityId,
        now: Instant,
        day: (Instant, Instant),
        lease: Instant,
        all: bool,
    ) -> Result<Vec<Claimed>>;

    /// Makes steps, all in one transaction; tells for each whether it was made. A step is refused
    /// when the worker no longer holds the message or its state is another. An attempt is counted
    /// with each [`Handover`].
    ///
    /// The cost of a [`Handover`] that is limited is reserved with its step. Where the clinic's credits
    /// don't cover it the step is refused, and the message is held without a worker: it keeps its place
    /// and is taken again when there are credits. What is reserved is spent when a gateway took the
    /// message, and given back when none did.
    async fn commit(
        &self,
        steps: &[Transition],
        now: Instant,
        day: (Instant, Instant),
    ) -> Result<Committed>;

    /// Says that messages which are still held were judged: what stops their worker from now on is
    /// not their fault.
    async fn judged(&self, facility: &FacilityId, held: &[(MessageId, i64)]) -> Result<()>;

    /// Lets go of messages without a decision.
    async fn release(&self, facility: &FacilityId, held: &[(MessageId, i64)]) -> Result<()>;

    /// Applies receipts; tells for each which message it moved, if any.
    async fn receive(
        &self,
        facility: &FacilityId,
        gateway: &str,
        receipts: &[Receipt],
        now: Instant,
    ) -> Result<Vec<Option<MessageId>>>;

    /// Says whether a clinic's messages go only as far as its credits reach, and with how many left they
    /// are low: `None` where they aren't limited. Tells when they are low already and nobody said so.
    async fn limit_credits(
        &self,
        facility: &FacilityId,
        low: Option<Decimal>,
        now: Instant,
    ) -> Result<Option<Crossing>>;

    /// Adds credits; a negative amount takes some back. Messages that wait for credits may go as far as
    /// they reach, the urgent ones first. Tells how many may, and `None` where fewer credits are left
    /// than would be taken back: then nothing is done.
    async fn add_credits(
        &self,
        facility: &FacilityId,
        amount: Decimal,
        note: Option<&str>,
        now: Instant,
    ) -> Result<Option<u64>>;

    /// Lets messages go that wait for credits, as far as there are some by now: what was reserved for
    /// others was given back. What comes too late meanwhile is let go too, to come to its end. Tells how
    /// many.
    async fn offer_credits(&self, facility: &FacilityId, now: Instant) -> Result<u64>;

    /// Spends what is reserved for messages that are unknown since before a time: nobody will tell any
    /// more whether they went. Tells for how many.
    async fn spend_unknown(
        &self,
        facility: &FacilityId,
        before: Instant,
        now: Instant,
    ) -> Result<u64>;

    /// The credits of the clinics whose credits are or were limited.
    async fn accounts(&self) -> Result<Vec<Account>>;

    /// A clinic's ledger, the latest first.
    async fn ledger(&self, facility: &FacilityId, limit: u32) -> Result<Vec<Posted>>;

    /// What a clinic's messages cost by channel, of those that were handed over in a while; what is
    /// reserved counts.
    async fn spent(
        &self,
        facility: &FacilityId,
        between: (Instant, Instant),
    ) -> Result<BTreeMap<ChannelKind, Decimal>>;

    /// The broadcasts that wait for an approval, the oldest first.
    async fn approvals(&self, facility: &FacilityId) -> Result<Vec<Approval>>;

    /// Lets the messages of an approval go, or withdraws them; tells how many, or `None` where nothing
    /// waits for it.
    ///
    /// `now` has the clinic's wall clock with it: what may go is due now.
    async fn decide(
        &self,
        facility: &FacilityId,
        approval: &str,
        approved: bool,
        now: (Instant, Civil),
    ) -> Result<Option<u32>>;

    /// When the next message of a lane is due.
    async fn next_due(&self, lane: &Lane) -> Result<Option<Instant>>;

    /// Messages, the latest due first.
    async fn messages(&self, filter: &Filter) -> Result<Vec<Message>>;

    /// A message's story, in order.
    async fn story(&self, facility: &FacilityId, id: MessageId) -> Result<Vec<Entry>>;

    /// What is known of an appointment and of all that it refers to.
    async fn records(
        &self,
        facility: &FacilityId,
        appointment: &AppointmentId,
    ) -> Result<Option<Records>>;

    /// How many messages are in each state.
    async fn counts(&self) -> Result<Vec<Count>>;

    /// What the messages of a filter come to, by what they are counted by; its limit means nothing here.
    /// However many there are, no more is held in memory than is answered.
    async fn tally(&self, filter: &Filter, by: &[By]) -> Result<Vec<Tally>>;

    /// Remembers that a host begins to serve from this store; it serves no clinic yet.
    async fn begin(&self, now: Instant) -> Result<()>;

    /// When a host began last to serve from this store.
    async fn begun(&self) -> Result<Option<Instant>>;

    /// Remembers that a folder can't be served: since when, and why now.
    async fn note_absent(&self, absent: &Absent) -> Result<()>;

    /// The folder is served now, or nobody's any more.
    async fn forget_absent(&self, folder: &str) -> Result<()>;

    /// The folders that can't be served.
    async fn absent(&self) -> Result<Vec<Absent>>;

    /// Keeps the files by which a clinic is served, in the place of those before.
    async fn keep_folder(&self, kept: &KeptFolder) -> Result<()>;

    /// The files by which each clinic was served last.
    async fn kept_folders(&self) -> Result<Vec<KeptFolder>>;

    /// Remembers which generation serves, or that a newer one was refused.
    async fn note_generation(&self, record: &GenerationRecord) -> Result<()>;

    /// The generation that serves each clinic.
    async fn generations(&self) -> Result<Vec<GenerationRecord>>;

    /// Notes that something needs a person, since a time. What ends an alarm is noted only where that one
    /// was noted since it ended last.
    ///
    /// What the store sees itself is noted by it, in the transaction in which it happens: a message of a
    /// patient's or resource's that fails, or is set aside; credits that run low or out; an unclear reply;
    /// a policy that fails. A message to the administrator raises no alarm, so that none raises itself.
    async fn note_alarm(
        &self,
        facility: &FacilityId,
        alarm: &Alarm,
        since: Instant,
        now: Instant,
    ) -> Result<()>;

    /// What needed a person, the latest first, at most so many; of one clinic, or of all.
    async fn alarms(
        &self,
        facility: Option<&FacilityId>,
        limit: u32,
    ) -> Result<Vec<(FacilityId, AlarmRecord)>>;

    /// Plans the e-mail to the administrator, where there is news and no other is on its way. It tells all that
    /// is untold when it is claimed; should it fail, that is untold again.
    ///
    /// News is what is untold, but for what [trickles](crate::alarm::AlarmKind::trickles) and was told of the
    /// same within a day, unless it happened ten times as often since.
    async fn plan_report(
        &self,
        facility: &FacilityId,
        report: NewReport,
    ) -> Result<Option<PlannedReport>>;

    /// The link of a secret part, whichever clinic's it is.
    async fn link(&self, token: &str) -> Result<Option<Link>>;

    /// Uses a link that works once; `false` where it was used before, or there is none.
    async fn use_link(&self, facility: &FacilityId, token: &str, now: Instant) -> Result<bool>;

    /// Notes that e-mails were opened, by the secret parts of their images, and when. The first time is
    /// told in the story; what isn't known, or is past its retention, is nobody's. Tells how many were
    /// noted.
    async fn note_opened(&self, opened: &[(OpeningToken, Instant)]) -> Result<u64>;

    /// The appointments that a reply may be about: still to come at `now`, open, asked about by a
    /// message that went there. The one that was asked about last comes first; each once.
    async fn requests(
        &self,
        facility: &FacilityId,
        of: RequestOf<'_>,
        now: Civil,
    ) -> Result<Vec<Request>>;

    /// The patients who were asked for an answer at an address.
    async fn people_at(&self, facility: &FacilityId, address: &str) -> Result<Vec<PatientId>>;

    /// Keeps a reply; `false` where it is known already.
    async fn note_reply(&self, facility: &FacilityId, reply: &ReplyRecord) -> Result<bool>;

    /// The replies since a time, the latest first; at most so many.
    async fn replies(
        &self,
        facility: &FacilityId,
        since: Instant,
        limit: u32,
    ) -> Result<Vec<ReplyRecord>>;

    /// Lets nothing go to an address by a channel any more, or again.
    async fn suppress(
        &self,
        facility: &FacilityId,
        channel: ChannelKind,
        address: &str,
        suppressed: bool,
        source: &str,
        now: Instant,
    ) -> Result<()>;

    /// What a patient consented to, change by change.
    async fn consents(
        &self,
        facility: &FacilityId,
        patient: &PatientId,
    ) -> Result<Vec<ConsentChange>>;

    /// Events that the agenda is to be told now, in their order.
    async fn outgoing(
        &self,
        facility: &FacilityId,
        now: Instant,
        limit: u32,
    ) -> Result<Vec<OutgoingEvent>>;

    /// The agenda was told an event, or is to be told at a later time.
    async fn outgoing_done(
        &self,
        facility: &FacilityId,
        seq: i64,
        again: Option<Instant>,
    ) -> Result<()>;

    /// The key that the host makes links with: made once, kept with the messages it was used for.
    async fn link_key(&self) -> Result<[u8; 32]>;

    /// Removes the texts and addresses of messages whose state last changed before a time, and whether
    /// they were opened, unless they are still to go or under way; tells how many. What needed a person
    /// before it is forgotten.
    async fn redact(&self, facility: &FacilityId, before: Instant) -> Result<u64>;
}
