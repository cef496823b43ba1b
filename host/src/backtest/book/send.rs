//! What is due: judged with fresh facts, and sent, or not.

use std::collections::HashMap;

use chrono::{NaiveDate, NaiveTime};
use rappel_core::channel::ChannelKind;
use rappel_core::civil::Civil;
use rappel_core::decision::{Answer, PolicyFault, Verdict};
use rappel_core::facts::Visit;
use rappel_core::message::State;
use rappel_core::store::{Claimed, Message};

use super::outbox::{Queued, Subject};
use super::{Book, Reminded};
use crate::dispatch::BATCH;
use crate::engine::{Links, Outcome, judge};

/// The most appointments that a day's list has, as in the store.
const MOST_LISTED: usize = 200;

impl Book {
    /// Handles all that is due now, a batch after the other, as the host drains its lanes.
    pub(super) fn drain(&mut self) {
        let links = Links::preview();
        let today = self.civil().date();
        if self.reminded.day != today {
            self.reminded = Reminded {
                day: today,
                of: HashMap::new(),
            };
        }
        for channel in ChannelKind::ALL {
            loop {
                let due = self.outbox.due(channel, self.now, BATCH as usize);
                let claims =
                    due.map(|(subject, queued)| (subject.clone(), self.claim(subject, queued)));
                let judged: Vec<_> = claims
                    .map(|(subject, claim)| {
                        let judgement = judge(&claim, &self.rules, &links, self.now);
                        (subject, claim, judgement)
                    })
                    .collect();
                if judged.is_empty() {
                    break;
                }
                let goes = |outcome: &Outcome| matches!(outcome, Outcome::Go(_));
                let (ready, staying): (Vec<_>, Vec<_>) = judged
                    .into_iter()
                    .partition(|(_, _, judgement)| goes(&judgement.outcome));
                for (subject, claim, judgement) in staying.into_iter().chain(ready) {
                    self.count_faults(&claim.message, judgement.answers);
                    // Two reminders were judged at once that go to one person: the second is judged anew.
                    let alone = claim.reminders_today == self.reminders_today(&claim.message);
                    if alone || !goes(&judgement.outcome) {
                        self.settle(&subject, &claim.message, judgement.outcome);
                    }
                }
            }
        }
    }

    /// Counts the policies that failed on a message, once while it is held for it.
    fn count_faults(&mut self, message: &Message, answers: Vec<Answer>) {
        for Answer { origin, verdict } in answers {
            if let Verdict::Fault { reason } = verdict {
                let held = (message.origin.as_ref(), &message.reason);
                if held != (Some(&origin), &Some(reason.clone())) {
                    self.figures.failed_to_judge(PolicyFault { origin, reason });
                }
            }
        }
    }

    fn settle(&mut self, subject: &Subject, message: &Message, outcome: Outcome) {
        let (now, zone) = (self.now, self.zone);
        let rules = &self.rules;
        let changed = self.outbox.change(subject, message.id, |queued| {
            let message = &mut queued.message;
            message.updated = now;
            message.unplanned = false;
            match outcome {
                Outcome::Go(letter) => {
                    message.state = State::Sent;
                    message.reason = None;
                    message.origin = Some(queued.planned_by.clone());
                    message.sent_at = Some(now);
                    message.attempts += 1;
                    message.via = (letter.channel != message.channel).then_some(letter.channel);
                    message.segments = letter.content.segments;
                    message.credits = rules.settings().cost(letter.channel, &letter.content);
                }
                Outcome::Stay {
                    state,
                    reason,
                    origin,
                    due,
                    ..
                } => {
                    message.state = state;
                    message.reason = Some(reason);
                    message.origin = origin;
                    if let Some(due) = due {
                        message.due = due.instant(zone);
                        message.due_civil = due;
                    }
                }
            }
        });
        let Some(message) = changed.filter(|message| !message.state.is_waiting()) else {
            return;
        };
        self.figures.ended(message, zone);
        if message.state != State::Sent {
            return;
        }
        let patient = message.patient.clone();
        if message.kind.is_reminder() {
            let reminded = self
                .reminded
                .of
                .entry((patient, message.recipient))
                .or_default();
            if !reminded.contains(&message.appointment) {
                reminded.push(message.appointment.clone());
            }
        } else {
            let sent = self.sent.entry(patient).or_default();
            *sent.entry(message.kind.clone()).or_default() += 1;
        }
    }

    /// A message with what is known of its visit now.
    fn claim(&self, subject: &Subject, queued: &Queued) -> Claimed {
        let message = &queued.message;
        let appointment = match subject {
            Subject::Appointment(id) => self.facts.appointment(id),
            Subject::Patient(_) | Subject::Day(..) | Subject::Clinic => None,
        };
        // Only messages after a visit ask for those.
        let asks = !message.kind.is_reminder() && !message.notice;
        let sent = self.sent.get(&message.patient).filter(|_| asks);
        Claimed {
            fence: 0,
            visit: self.facts.visit(
                appointment,
                message.patient.as_ref().map(|patient| patient.as_str()),
                message.resource.as_deref(),
            ),
            reminders_today: self.reminders_today(message),
            next_visit: appointment
                .filter(|_| asks)
                .and_then(|appointment| self.facts.next_visit(appointment)),
            sent_before: sent
                .and_then(|sent| sent.get(&message.kind).copied())
                .unwrap_or(0),
            listed: self.listed(message),
            alarms: Vec::new(),
            other_channels: self.other_channels(subject, message),
            message: message.clone(),
        }
    }

    /// How many reminders about other appointments went to the same person today.
    fn reminders_today(&self, message: &Message) -> u32 {
        if !message.kind.is_reminder() {
            return 0;
        }
        let person = (message.patient.clone(), message.recipient);
        let reminded = self.reminded.of.get(&person).into_iter().flatten();
        let others = reminded.filter(|appointment| **appointment != message.appointment);
        u32::try_from(others.count()).unwrap_or(u32::MAX)
    }

    /// The channels by which the same message goes too, or went.
    fn other_channels(&self, subject: &Subject, message: &Message) -> Vec<ChannelKind> {
        let same = |other: &&Message| {
            let together = if message.notice {
                other.created == message.created
            } else {
                other.visit_start == message.visit_start
            };
            other.channel != message.channel
                && (&other.patient, &other.kind, other.recipient)
                    == (&message.patient, &message.kind, message.recipient)
                && together
                && (other.state.is_waiting() || other.state.may_have_arrived())
        };
        let about = self.outbox.about(subject).iter();
        let others = about.map(|queued| &queued.message).filter(same);
        let mut channels: Vec<ChannelKind> = others.map(|other| other.channel).collect();
        channels.sort_by_key(|channel| channel.name());
        channels
    }

    /// The open appointments of the day that a message lists.
    fn listed(&self, message: &Message) -> Vec<Visit> {
        let (Some(day), Some(resource)) = (message.day, &message.resource) else {
            return Vec::new();
        };
        let midnight = |day: NaiveDate| Civil(day.and_time(NaiveTime::MIN));
        let end = midnight(day.succ_opt().unwrap_or(day));
        let appointments = self.facts.of_resource(resource, midnight(day), end);
        appointments
            .take(MOST_LISTED)
            .map(|id| self.facts.visit(self.facts.appointment(id), None, None))
            .collect()
    }
}
