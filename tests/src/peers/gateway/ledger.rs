//! The gateway's ledger: every request, in order, and what became of it.

use std::{
    collections::{BTreeMap, HashMap},
    time::SystemTime,
};

use bytes::Bytes;

/// What the gateway did with a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It went to the patient.
    Taken {
        /// The gateway's number for it.
        id: u64,
    },
    /// It was known by its reference, which the gateway honours: nothing went to the patient.
    Repeated {
        /// The number under which it had been taken.
        id: u64,
    },
    /// Nothing went to the patient.
    Refused,
}

/// What the sender was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// An HTTP status. The sender may have been gone by then.
    Status(u16),
    /// The connection was closed without an answer.
    HungUp,
    /// Nothing, and the connection stayed open.
    Silence,
}

/// One request.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its number since the gateway started, from 0; the one that decides on faults.
    pub number: u64,
    /// When it had been read.
    pub at: SystemTime,
    /// The sender's name for it.
    pub reference: Option<String>,
    /// The body as it came.
    pub body: Bytes,
    /// What was done with it.
    pub outcome: Outcome,
    /// What was said about it.
    pub answer: Answer,
}

/// A copy of the ledger, in the order in which the requests had been read.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    /// All requests.
    pub entries: Vec<Entry>,
}

impl Ledger {
    /// How often the message of each reference went to the patient. Messages without a reference aren't counted.
    #[must_use]
    pub fn times_taken(&self) -> BTreeMap<&str, usize> {
        let mut times = BTreeMap::new();
        for entry in &self.entries {
            if let (Outcome::Taken { .. }, Some(reference)) = (entry.outcome, &entry.reference) {
                *times.entry(reference.as_str()).or_default() += 1;
            }
        }
        times
    }

    /// What went to patients, as it came.
    pub fn taken(&self) -> impl Iterator<Item = &Entry> {
        let taken = |entry: &&Entry| matches!(entry.outcome, Outcome::Taken { .. });
        self.entries.iter().filter(taken)
    }

    /// The references whose message went to the patient more than once: what must never happen.
    #[must_use]
    pub fn taken_twice(&self) -> Vec<&str> {
        self.times_taken()
            .into_iter()
            .filter(|(_, times)| *times > 1)
            .map(|(reference, _)| reference)
            .collect()
    }
}

/// The ledger that is being written.
#[derive(Default)]
pub(super) struct Book {
    ledger: Ledger,
    by_reference: HashMap<String, u64>,
    next_id: u64,
}

/// A request that has been read and is to be entered.
pub(super) struct Reading {
    pub(super) number: u64,
    pub(super) reference: Option<String>,
    pub(super) body: Bytes,
}

impl Book {
    /// Enters a request that the gateway takes, unless it knows it already and honours that. Gives the message's number
    /// and whether it was known.
    pub(super) fn take(
        &mut self,
        reading: Reading,
        honours_reference: bool,
        answer: Answer,
    ) -> (u64, bool) {
        let known = reading
            .reference
            .as_deref()
            .and_then(|reference| self.find(reference));
        if let Some(id) = known
            && honours_reference
        {
            self.enter(reading, Outcome::Repeated { id }, answer);
            return (id, true);
        }
        let id = self.next_id;
        self.next_id += 1;
        if let Some(reference) = &reading.reference {
            self.by_reference.entry(reference.clone()).or_insert(id);
        }
        self.enter(reading, Outcome::Taken { id }, answer);
        (id, false)
    }

    /// Enters a request that the gateway doesn't take.
    pub(super) fn refuse(&mut self, reading: Reading, answer: Answer) {
        self.enter(reading, Outcome::Refused, answer);
    }

    /// The number of the first message taken under this reference.
    pub(super) fn find(&self, reference: &str) -> Option<u64> {
        self.by_reference.get(reference).copied()
    }

    pub(super) fn len(&self) -> usize {
        self.ledger.entries.len()
    }

    pub(super) fn copy(&self) -> Ledger {
        self.ledger.clone()
    }

    #[allow(
        clippy::disallowed_methods,
        reason = "the gateway stands outside Rappel and has a clock of its own"
    )]
    fn enter(&mut self, reading: Reading, outcome: Outcome, answer: Answer) {
        let Reading {
            number,
            reference,
            body,
        } = reading;
        self.ledger.entries.push(Entry {
            number,
            at: SystemTime::now(),
            reference,
            body,
            outcome,
            answer,
        });
    }
}
