//! The effect of a change of rules: what it does to the messages that stand, before or after it is made.

use std::collections::BTreeMap;
use std::sync::Arc;

use rappel_core::channel::{ChannelKind, Content};
use rappel_core::civil::{Civil, Instant};
use rappel_core::decision::PolicyFault;
use rappel_core::facts::Visit;
use rappel_core::ids::{AppointmentId, MessageId};
use rappel_core::kind::Kind;
use rappel_core::message::Recipient;
use rappel_core::store::{Change, Claimed, EffectCounts, Message, Standing};

use super::judge::{facts_of, write};
use super::{EventPlanner, Generation, Links};

/// What a change of rules does.
#[derive(Clone, Debug, Default)]
pub struct Effect {
    /// The messages that it touches. One that is moved and reworded stands here twice.
    pub touched: Vec<Touched>,
    /// How many messages are left as they are, because the time that the new rules want was past.
    pub late: u64,
    /// The policies of the new rules that fail, and for how many appointments.
    pub faults: BTreeMap<PolicyFault, u64>,
}

/// A message that a change of rules touches.
#[derive(Clone, Debug)]
pub struct Touched {
    /// The appointment that it is about.
    pub appointment: AppointmentId,
    /// Which; `None` for one that isn't there yet.
    pub message: Option<MessageId>,
    /// What it is for.
    pub kind: Kind,
    /// How it goes.
    pub channel: ChannelKind,
    /// Whom it is for.
    pub recipient: Recipient,
    /// What becomes of it.
    pub touch: Touch,
}

/// What becomes of a message.
#[derive(Clone, Debug)]
pub enum Touch {
    /// It gets another time.
    Moved {
        /// The time it has.
        from: Civil,
        /// The time it gets.
        to: Civil,
    },
    /// It is no longer wanted.
    Withdrawn {
        /// The time it has.
        due: Civil,
    },
    /// It isn't there yet.
    Added {
        /// The time it gets.
        due: Civil,
    },
    /// It would say something else.
    Reworded {
        /// What it says, by the old rules.
        before: Words,
        /// What it says by the new ones.
        after: Words,
    },
    /// It is kept back, because a policy fails.
    Held {
        /// Which, where and why.
        fault: PolicyFault,
    },
}

/// A message's words; `None` where it can't be written.
pub type Words = Option<Box<Content>>;

impl Effect {
    /// How many messages it touches, by what becomes of them.
    pub fn counts(&self) -> EffectCounts {
        let mut counts = EffectCounts {
            late: self.late,
            ..EffectCounts::default()
        };
        for touched in &self.touched {
            *match touched.touch {
                Touch::Moved { .. } => &mut counts.moved,
                Touch::Withdrawn { .. } => &mut counts.withdrawn,
                Touch::Added { .. } => &mut counts.added,
                Touch::Reworded { .. } => &mut counts.reworded,
                Touch::Held { .. } => &mut counts.held,
            } += 1;
        }
        counts
    }

    /// Takes in what becomes of other appointments.
    pub fn take(&mut self, other: Self) {
        self.touched.extend(other.touched);
        self.late += other.late;
        for (fault, appointments) in other.faults {
            *self.faults.entry(fault).or_default() += appointments;
        }
    }
}

/// What rules do to appointments as they stand, `now`. `old` are the rules before, without which no
/// message is told to be reworded.
///
/// It is what planning them anew does: the same policies are asked the same way.
pub fn effect(
    old: Option<&Generation>,
    new: &Arc<Generation>,
    standing: &[Standing],
    now: Instant,
) -> Effect {
    let mut effect = Effect::default();
    for appointment in standing {
        effect.take(of_appointment(old, new, appointment, now));
    }
    effect
}

fn of_appointment(
    old: Option<&Generation>,
    new: &Arc<Generation>,
    standing: &Standing,
    now: Instant,
) -> Effect {
    let mut effect = Effect::default();
    let Standing {
        event,
        known,
        messages,
        ..
    } = standing;
    // What can't be read is left as it is.
    let planned = EventPlanner(new.clone()).anew(event, known, messages, now);
    let (Ok((plan, late)), Ok((visit, _))) = (planned, known.to_visit()) else {
        return effect;
    };
    effect.late = late;
    for fault in plan.faults {
        *effect.faults.entry(fault).or_default() += 1;
    }
    let touched = |message: &Message, touch| Touched {
        appointment: standing.appointment.clone(),
        message: Some(message.id),
        kind: message.kind.clone(),
        channel: message.channel,
        recipient: message.recipient,
        touch,
    };
    for change in &plan.changes {
        match change {
            // A day's list is there once, whichever of its appointments is planned.
            Change::Add(new) if new.lists.is_some() => {}
            Change::Add(new) => effect.touched.push(Touched {
                appointment: standing.appointment.clone(),
                message: None,
                kind: new.kind.clone(),
                channel: new.channel,
                recipient: new.recipient,
                touch: Touch::Added { due: new.due_civil },
            }),
            Change::Move { id, due_civil, .. } => {
                let message = messages.iter().find(|message| message.id == *id);
                // One that only asks for a confirmation from now on keeps its time.
                if let Some(message) = message.filter(|message| message.due_civil != *due_civil) {
                    let (from, to) = (message.due_civil, *due_civil);
                    effect
                        .touched
                        .push(touched(message, Touch::Moved { from, to }));
                }
            }
            Change::Withdraw { id, .. } => {
                let message = messages.iter().find(|message| message.id == *id);
                effect.touched.extend(message.map(|message| {
                    let due = message.due_civil;
                    touched(message, Touch::Withdrawn { due })
                }));
            }
            Change::Keep { id, fault, .. } => {
                let message = messages.iter().find(|message| message.id == *id);
                effect.touched.extend(message.map(|message| {
                    let fault = fault.clone();
                    touched(message, Touch::Held { fault })
                }));
            }
        }
    }
    let Some(old) = old else { return effect };
    for message in messages.iter().filter(|message| message.state.is_waiting()) {
        let Some(after) = after(message, &plan.changes) else {
            continue;
        };
        let (before, after) = (words(message, &visit, old), words(&after, &visit, new));
        if before != after {
            effect
                .touched
                .push(touched(message, Touch::Reworded { before, after }));
        }
    }
    effect
}

/// A waiting message as the changes leave it; `None` where it is withdrawn.
fn after(message: &Message, changes: &[Change]) -> Option<Message> {
    let mut after = message.clone();
    for change in changes {
        match change {
            Change::Withdraw { id, .. } if *id == message.id => return None,
            Change::Move {
                id,
                due,
                due_civil,
                expires,
                confirmation_requested,
                ..
            } if *id == message.id => {
                (after.due, after.due_civil) = (*due, *due_civil);
                after.expires = *expires;
                after.confirmation_requested = *confirmation_requested;
            }
            _ => {}
        }
    }
    Some(after)
}

/// What a message would say, were it due with the facts as they are.
fn words(message: &Message, visit: &Visit, rules: &Generation) -> Words {
    let claim = Claimed {
        message: message.clone(),
        fence: 0,
        visit: visit.clone(),
        reminders_today: 0,
        next_visit: None,
        sent_before: 0,
        listed: Vec::new(),
        alarms: Vec::new(),
        other_channels: Vec::new(),
    };
    let facts = facts_of(&claim, rules.settings(), message.due_civil);
    let letter = write(&claim, &facts, rules, &Links::preview(), None).ok()?;
    Some(Box::new(letter.content))
}
