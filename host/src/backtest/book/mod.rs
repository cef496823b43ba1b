//! A book: what a store is to a host, kept in memory for one run of the clock. Facts go into it and
//! messages come out, by the decisions of the same engine.
//!
//! It is no [`Store`](rappel_core::store::Store). That promises what nobody asks of a backtest (leases,
//! crashes, credits that run out, receipts, answers), and never forgets. A book has one worker and no
//! crash, and lets go of what nothing can refer to any more: it is as large as what is alive.
//! `host/tests/backtest` holds it to what a simulation over the real store shows.

mod facts;
mod families;
mod forget;
mod ingest;
mod outbox;
mod seen;
mod send;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use chrono::NaiveDate;
use rappel_core::civil::{Civil, Instant, Zone};
use rappel_core::ids::{AppointmentId, MessageId, PatientId};
use rappel_core::kind::Kind;
use rappel_core::message::Recipient;
use rappel_core::store::Message;

use super::figures::Figures;
use crate::engine::{EventPlanner, Generation};
use facts::Facts;
use forget::Forgetting;
use outbox::Outbox;
pub use outbox::Subject;
use seen::Seen;

/// What was sent about a subject, or not: nothing more will be.
#[derive(Clone, Debug)]
pub struct Closed {
    /// What about.
    pub subject: Subject,
    /// The messages, in the order in which they were added. They hold neither text nor address.
    pub messages: Vec<Message>,
}

/// A clinic on a virtual clock, with nothing behind it but memory.
pub struct Book {
    rules: Arc<Generation>,
    planner: EventPlanner,
    zone: Zone,
    now: Instant,
    facts: Facts,
    outbox: Outbox,
    forgetting: Forgetting,
    seen: Seen,
    /// By what erased patients are known, and since when.
    erased: HashMap<String, Instant>,
    reminded: Reminded,
    /// How many messages of a kind went to a patient, reminders left out: nobody asks of those.
    sent: HashMap<Option<PatientId>, BTreeMap<Kind, u32>>,
    figures: Figures,
    closed: Vec<Closed>,
}

/// An appointment, and the message that told of it and of others, if one did.
type ToldOf = (Option<AppointmentId>, Option<MessageId>);

/// The appointments that people were reminded of on one day.
#[derive(Default)]
struct Reminded {
    day: NaiveDate,
    of: HashMap<(Option<PatientId>, Recipient), Vec<ToldOf>>,
}

impl Book {
    /// An empty book.
    pub fn new(rules: Arc<Generation>, figures: Figures) -> Self {
        Self {
            planner: EventPlanner(rules.clone()),
            zone: rules.settings().zone,
            rules,
            now: Instant::MIN_UTC,
            facts: Facts::default(),
            outbox: Outbox::default(),
            forgetting: Forgetting::default(),
            seen: Seen::default(),
            erased: HashMap::new(),
            reminded: Reminded::default(),
            sent: HashMap::new(),
            figures,
            closed: Vec::new(),
        }
    }

    /// What was let go since this was asked last.
    pub fn take_closed(&mut self) -> Vec<Closed> {
        std::mem::take(&mut self.closed)
    }

    /// Lets the clock run to a time, handling each message when it is due.
    pub fn run_until(&mut self, end: Instant) {
        while let Some(due) = self.outbox.next_due().filter(|due| *due <= end) {
            self.now = self.now.max(due);
            self.forget();
            self.drain();
        }
        self.now = self.now.max(end);
        self.forget();
    }

    /// Lets the clock run until nothing is due any more, and lets go of everything. What came of it, and what
    /// was let go since [`Book::take_closed`].
    pub fn end(mut self) -> (Figures, Vec<Closed>) {
        while let Some(due) = self.outbox.next_due() {
            self.now = self.now.max(due);
            self.forget();
            self.drain();
        }
        for subject in self.outbox.subjects() {
            self.close(&subject);
        }
        (self.figures, self.closed)
    }

    fn civil(&self) -> Civil {
        Civil::at(self.now, self.zone)
    }
}
