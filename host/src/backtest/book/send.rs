//! What is due: judged with fresh facts, and sent, or not.

use std::collections::{HashMap, HashSet};

use chrono::{NaiveDate, NaiveTime};
use rappel_core::channel::ChannelKind;
use rappel_core::civil::Civil;
use rappel_core::decision::{Answer, PolicyFault, Verdict};
use rappel_core::facts::Visit;
use rappel_core::ids::MessageId;
use rappel_core::message::State;
use rappel_core::store::{Claimed, Message};

use super::families::Told;
use super::outbox::{Queued, Subject};
use super::{Book, Reminded};
use crate::dispatch::BATCH;
use crate::engine::{Links, Outcome};

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
                let claims: Vec<Claimed> = due
                    .map(|(subject, queued)| self.claim(subject, queued))
                    .collect();
                if claims.is_empty() {
                    break;
                }
                let goes = |told: &Told| matches!(told.judgement.outcome, Outcome::Go(_));
                let (ready, staying): (Vec<Vec<Told>>, Vec<Vec<Told>>) = self
                    .judge(claims, &links)
                    .into_iter()
                    .partition(|told| told.first().is_some_and(goes));
                for told in staying.into_iter().chain(ready) {
                    // Two reminders were judged at once that go to one person: the second is judged anew.
                    let alone = told.iter().all(|one| {
                        one.claim.reminders_today == self.reminders_today(&one.claim.message)
                    });
                    for Told {
                        claim,
                        judgement,
                        with,
                    } in told
                    {
                        self.count_faults(&claim.message, judgement.answers);
                        if alone || !matches!(judgement.outcome, Outcome::Go(_)) {
                            self.settle(&claim.message, judgement.outcome, with);
                        }
                    }
                }
            }
        }
    }

    /// Counts the policies that failed on a message, once while it is held for it.
    fn count_faults(&mut self, message: &Message, answers: Vec<Answer>) {
        for Answer {
            origin, verdict, ..
        } in answers
        {
            if let Verdict::Fault { reason } = verdict {
                let held = (message.origin.as_ref(), &message.reason);
                if held != (Some(&origin), &Some(reason.clone())) {
                    self.figures.failed_to_judge(PolicyFault { origin, reason });
                }
            }
        }
    }

    /// `with` is the message that it goes in with others, and why, where it isn't that one itself.
    fn settle(
        &mut self,
        message: &Message,
        outcome: Outcome,
        with: Option<(MessageId, Option<String>)>,
    ) {
        let (now, zone) = (self.now, self.zone);
        let subject = &Subject::of(message);
        let (carrier, carried) = with.map_or((None, None), |(carrier, why)| (Some(carrier), why));
        let rules = &self.rules;
        let changed = self.outbox.change(subject, message.id, |queued| {
            let message = &mut queued.message;
            message.updated = now;
            message.unplanned = false;
            match outcome {
                Outcome::Go(letter) => {
                    message.state = State::Sent;
                    message.origin = match carried {
                        None => Some(queued.planned_by.clone()),
                        Some(_) => None,
                    };
                    message.sent_at = Some(now);
                    message.attempts += 1;
                    message.via = (letter.channel != message.channel).then_some(letter.channel);
                    // What another carries is paid with it.
                    if carried.is_none() {
                        message.segments = letter.content.segments;
                        message.credits = rules.settings().cost(letter.channel, &letter.content);
                    }
                    message.reason = carried;
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
            reminded.push((message.appointment.clone(), carrier));
        } else {
            let sent = self.sent.entry(patient).or_default();
            *sent.entry(message.kind.clone()).or_default() += 1;
        }
    }

    /// A message with what is known of its visit now.
    pub(super) fn claim(&self, subject: &Subject, queued: &Queued) -> Claimed {
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
        let told_with = |carrier: &Option<MessageId>| {
            carrier.is_some()
                && reminded
                    .clone()
                    .any(|(own, other)| *own == message.appointment && other == carrier)
        };
        let others: HashSet<_> = reminded
            .clone()
            .filter(|(other, carrier)| *other != message.appointment && !told_with(carrier))
            .map(|(other, _)| other)
            .collect();
        u32::try_from(others.len()).unwrap_or(u32::MAX)
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
