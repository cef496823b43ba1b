//! The messages of a book, and the queue of those that wait.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use chrono::NaiveDate;
use rappel_core::channel::ChannelKind;
use rappel_core::civil::Instant;
use rappel_core::decision::Origin;
use rappel_core::ids::{AppointmentId, MessageId, PatientId};
use rappel_core::store::Message;

/// What messages are about, together.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Subject {
    /// An appointment.
    Appointment(AppointmentId),
    /// A patient, and no appointment of theirs.
    Patient(PatientId),
    /// A day of a practitioner or room.
    Day(Arc<str>, NaiveDate),
    /// None of these: what an alert tells the clinic itself.
    Clinic,
}

impl Subject {
    /// What a message is about.
    pub(super) fn of(message: &Message) -> Self {
        match (&message.appointment, &message.patient, &message.resource) {
            (Some(appointment), ..) => Subject::Appointment(appointment.clone()),
            (None, Some(patient), _) => Subject::Patient(patient.clone()),
            (None, None, Some(resource)) => match message.day {
                Some(day) => Subject::Day(resource.clone(), day),
                None => Subject::Clinic,
            },
            (None, None, None) => Subject::Clinic,
        }
    }
}

/// A message with what the queue needs of it.
pub(super) struct Queued {
    /// Counts messages in the order in which they were added: those that are due at the same moment go in it.
    number: u64,
    /// The policy that wants it.
    pub(super) planned_by: Origin,
    pub(super) message: Message,
}

/// Where a message stands in its queue: when it is due, and its number.
type Place = (Instant, u64);

/// The messages that are not let go yet.
#[derive(Default)]
pub(super) struct Outbox {
    added: u64,
    of: HashMap<Subject, Vec<Queued>>,
    /// The waiting ones of each channel, the urgent apart.
    waiting: BTreeMap<(ChannelKind, bool), BTreeMap<Place, Subject>>,
}

fn lane(message: &Message) -> (ChannelKind, bool) {
    (message.channel, message.kind.is_urgent())
}

impl Outbox {
    /// The messages about a subject, the oldest first.
    pub(super) fn about(&self, subject: &Subject) -> &[Queued] {
        self.of.get(subject).map_or(&[], Vec::as_slice)
    }

    /// Whether any message about a subject waits.
    pub(super) fn waits(&self, subject: &Subject) -> bool {
        self.about(subject)
            .iter()
            .any(|queued| queued.message.state.is_waiting())
    }

    pub(super) fn add(&mut self, subject: Subject, planned_by: Origin, message: Message) {
        self.added += 1;
        let number = self.added;
        if message.state.is_waiting() {
            let lane = self.waiting.entry(lane(&message)).or_default();
            lane.insert((message.due, number), subject.clone());
        }
        self.of.entry(subject).or_default().push(Queued {
            number,
            planned_by,
            message,
        });
    }

    /// Changes a message that waits, and puts it where it belongs then. Tells whether there was one; `None`
    /// for the others.
    pub(super) fn change(
        &mut self,
        subject: &Subject,
        id: MessageId,
        change: impl FnOnce(&mut Queued),
    ) -> Option<&Message> {
        let of = self.of.get_mut(subject)?;
        let queued = of
            .iter_mut()
            .find(|queued| queued.message.id == id && queued.message.state.is_waiting())?;
        let before = queued.message.due;
        change(queued);
        let lane = self.waiting.entry(lane(&queued.message)).or_default();
        lane.remove(&(before, queued.number));
        if queued.message.state.is_waiting() {
            lane.insert((queued.message.due, queued.number), subject.clone());
        }
        Some(&queued.message)
    }

    /// When the next message is due.
    pub(super) fn next_due(&self) -> Option<Instant> {
        let firsts = self.waiting.values().filter_map(BTreeMap::first_key_value);
        firsts.map(|((due, _), _)| *due).min()
    }

    /// The messages of a channel that are due, in their order, the urgent ones first; at most so many.
    pub(super) fn due(
        &self,
        channel: ChannelKind,
        now: Instant,
        limit: usize,
    ) -> impl Iterator<Item = (&Subject, &Queued)> {
        let lanes = [true, false]
            .into_iter()
            .filter_map(move |urgent| self.waiting.get(&(channel, urgent)));
        lanes
            .flat_map(move |lane| lane.range(..=(now, u64::MAX)))
            .take(limit)
            .filter_map(|((_, number), subject)| {
                let mut about = self.about(subject).iter();
                let queued = about.find(|queued| queued.number == *number)?;
                Some((subject, queued))
            })
    }

    /// Takes out all messages about a subject.
    pub(super) fn let_go(&mut self, subject: &Subject) -> Vec<Message> {
        let of = self.of.remove(subject).unwrap_or_default();
        for queued in &of {
            if let Some(lane) = self.waiting.get_mut(&lane(&queued.message)) {
                lane.remove(&(queued.message.due, queued.number));
            }
        }
        of.into_iter().map(|queued| queued.message).collect()
    }

    /// The subjects that there are messages about, in an order of their own.
    pub(super) fn subjects(&self) -> Vec<Subject> {
        let mut subjects: Vec<Subject> = self.of.keys().cloned().collect();
        subjects.sort();
        subjects
    }
}
