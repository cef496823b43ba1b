//! Forgetting: what nothing can refer to any more is let go, so that a book is as large as what is alive.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use chrono::{NaiveTime, TimeDelta};
use rappel_core::civil::{Civil, Instant};

use super::outbox::Subject;
use super::{Book, Closed};

/// How many days after a visit, and after the last message about it, its facts are kept: an outcome may be
/// entered, corrected or told again for so long. A clinic that closes its month later than that tells of
/// what its agenda has forgotten too.
pub(super) const REST: i64 = 31;

/// What is looked at, and when.
#[derive(Default)]
pub(super) struct Forgetting(BinaryHeap<Reverse<(Instant, Subject)>>);

impl Book {
    /// Looks at a subject in its time.
    pub(super) fn forget_later(&mut self, subject: Subject) {
        let at = self.rested(&subject);
        self.forgetting.0.push(Reverse((at, subject)));
    }

    /// Lets go of what has rested.
    pub(super) fn forget(&mut self) {
        while let Some(Reverse((at, _))) = self.forgetting.0.peek()
            && *at <= self.now
        {
            let Some(Reverse((_, subject))) = self.forgetting.0.pop() else {
                return;
            };
            let rested = self.rested(&subject);
            if rested > self.now {
                // It moved, or was written about, since.
                self.forgetting.0.push(Reverse((rested, subject)));
            } else if self.is_awaited(&subject) {
                let later = self.now + TimeDelta::days(REST);
                self.forgetting.0.push(Reverse((later, subject)));
            } else {
                self.close(&subject);
            }
        }
    }

    /// When a subject has rested long enough, as far as can be said now.
    fn rested(&self, subject: &Subject) -> Instant {
        let begins = match subject {
            Subject::Appointment(id) => self.facts.appointment(id).and_then(|of| of.start),
            Subject::Day(_, day) => Some(Civil(day.and_time(NaiveTime::MIN))),
            Subject::Patient(_) | Subject::Clinic => None,
        };
        let messages = self.outbox.about(subject).iter();
        let last = messages.map(|queued| queued.message.due).max();
        let begins = begins.map(|begins| begins.instant(self.zone)).max(last);
        let from = begins.unwrap_or(self.now);
        from.checked_add_signed(TimeDelta::days(REST))
            .unwrap_or(Instant::MAX_UTC)
    }

    /// Whether anything waits that may ask for it: a message after a visit asks for the patient's other ones.
    fn is_awaited(&self, subject: &Subject) -> bool {
        let Subject::Appointment(id) = subject else {
            return self.outbox.waits(subject);
        };
        let patient = self.facts.appointment(id).and_then(|of| of.patient());
        let mut others = patient
            .iter()
            .flat_map(|patient| self.facts.of_patient(patient));
        self.outbox.waits(subject)
            || others.any(|id| self.outbox.waits(&Subject::Appointment(id.clone())))
    }

    /// Lets go of a subject.
    pub(super) fn close(&mut self, subject: &Subject) {
        if let Subject::Appointment(id) = subject {
            self.facts.forget(id);
        }
        let messages = self.outbox.let_go(subject);
        if !messages.is_empty() {
            self.closed.push(Closed {
                subject: subject.clone(),
                messages,
            });
        }
    }
}
