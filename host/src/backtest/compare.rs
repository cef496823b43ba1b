//! Two rule sets message by message. Each lets go of a subject in its own time; what one let go of waits for the
//! other's.

use std::collections::{HashMap, VecDeque};

use rappel_core::store::Message;

use super::book::{Closed, Subject};

/// Whose messages they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    This,
    Other,
}

/// A message that isn't the same on both sides.
#[derive(Clone, Copy, Debug)]
pub struct Difference<'m> {
    /// What it is about.
    pub subject: &'m Subject,
    /// As this rule set has it.
    pub this: Option<&'m Message>,
    /// As the other has it.
    pub other: Option<&'m Message>,
}

/// How many messages differ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Differing {
    /// Those that only this rule set has.
    pub only_this: u64,
    /// Those that only the other has.
    pub only_other: u64,
    /// Those that both have and that come to another end, at another time or at another cost.
    pub changed: u64,
}

/// Brings together what both sides did.
#[derive(Default)]
pub(super) struct Comparison {
    waiting: HashMap<Subject, (Side, VecDeque<Vec<Message>>)>,
    differing: Differing,
}

impl Comparison {
    /// Takes what one side let go of.
    pub(super) fn take(
        &mut self,
        side: Side,
        closed: Closed,
        told: &mut dyn FnMut(&Difference<'_>),
    ) {
        let Closed { subject, messages } = closed;
        let counterpart = match self.waiting.get_mut(&subject) {
            Some((of, waiting)) if *of != side => waiting.pop_front(),
            Some((_, waiting)) => {
                waiting.push_back(messages);
                return;
            }
            None => {
                self.waiting.insert(subject, (side, [messages].into()));
                return;
            }
        };
        if self
            .waiting
            .get(&subject)
            .is_some_and(|(_, waiting)| waiting.is_empty())
        {
            self.waiting.remove(&subject);
        }
        let counterpart = counterpart.unwrap_or_default();
        match side {
            Side::This => self.compare(&subject, &messages, &counterpart, told),
            Side::Other => self.compare(&subject, &counterpart, &messages, told),
        }
    }

    /// What waits has no counterpart.
    pub(super) fn end(mut self, told: &mut dyn FnMut(&Difference<'_>)) -> Differing {
        let mut waiting: Vec<_> = std::mem::take(&mut self.waiting).into_iter().collect();
        waiting.sort_by(|(one, _), (other, _)| one.cmp(other));
        for (subject, (side, all)) in waiting {
            for messages in all {
                match side {
                    Side::This => self.compare(&subject, &messages, &[], told),
                    Side::Other => self.compare(&subject, &[], &messages, told),
                }
            }
        }
        self.differing
    }

    fn compare(
        &mut self,
        subject: &Subject,
        this: &[Message],
        other: &[Message],
        told: &mut dyn FnMut(&Difference<'_>),
    ) {
        let mut tell = |count: &mut u64, this, other| {
            *count += 1;
            told(&Difference {
                subject,
                this,
                other,
            });
        };
        for message in this {
            match other.iter().find(|other| key(other) == key(message)) {
                None => tell(&mut self.differing.only_this, Some(message), None),
                Some(counterpart) if end(counterpart) != end(message) => {
                    tell(
                        &mut self.differing.changed,
                        Some(message),
                        Some(counterpart),
                    );
                }
                Some(_) => {}
            }
        }
        for message in other {
            if !this.iter().any(|this| key(this) == key(message)) {
                tell(&mut self.differing.only_other, None, Some(message));
            }
        }
    }
}

/// By what a message is the same on both sides.
fn key(message: &Message) -> impl PartialEq {
    let Message {
        kind,
        channel,
        recipient,
        ordinal,
        ..
    } = message;
    (kind.clone(), *channel, *recipient, *ordinal)
}

/// What became of it.
fn end(message: &Message) -> impl PartialEq {
    let Message {
        state,
        reason,
        due,
        via,
        segments,
        credits,
        ..
    } = message;
    (*state, reason.clone(), *due, *via, *segments, *credits)
}
