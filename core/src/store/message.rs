//! A message as a row of the summary, and which of them are asked for.

use std::sync::Arc;

use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::channel::{ChannelKind, SmsEncoding};
use crate::civil::{Civil, Instant};
use crate::decision::Origin;
use crate::event::EventKind;
use crate::ids::{AppointmentId, FacilityId, MessageId, PatientId};
use crate::kind::Kind;
use crate::message::{Recipient, State};
use crate::store::Shared;

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
    /// Whether it is kept back because a policy failed when it was to be planned anew, or because the brake
    /// stopped the rules that planned it.
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
    /// The approval that it waits for: that of [`super::Approval::id`].
    pub approval: Option<String>,
    /// The generation that it was last decided by.
    pub generation: Option<String>,
    /// The message that it went in with others, where it did.
    pub shared: Option<Shared>,
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
    /// How the last answer to it was read: [`super::ReplyRecord::reading`].
    pub answer: Option<String>,
}

impl Message {
    /// Whether it waits because the brake stopped the rules that planned it.
    pub fn is_braked(&self) -> bool {
        self.unplanned && self.approval.is_some()
    }

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
            shared: None,
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
