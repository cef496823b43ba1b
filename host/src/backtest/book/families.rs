//! Families: reminders of appointments on one day that go to one address go as one message, as in dispatch.

use rappel_core::channel::ChannelKind;
use rappel_core::civil::Civil;
use rappel_core::ids::MessageId;
use rappel_core::store::{Claimed, Message};

use super::Book;
use super::outbox::{Queued, Subject};
use crate::engine::{
    Families, Judgement, Letter, Links, Outcome, goes_with, judge, write_together,
};

/// The most messages that are looked at to join another, as in the store.
const MOST: usize = 10;

/// What was said of a message.
pub(super) struct Told {
    pub(super) claim: Claimed,
    pub(super) judgement: Judgement,
    /// The message that it goes in with others; and why, where it isn't that one itself.
    pub(super) with: Option<(MessageId, Option<String>)>,
}

impl Told {
    fn letter(&self) -> Option<&Letter> {
        match &self.judgement.outcome {
            Outcome::Go(letter) => Some(letter),
            Outcome::Stay { .. } => None,
        }
    }
}

impl Book {
    /// Judges what is due, with what may go in one message with it; what goes as one stands together.
    pub(super) fn judge(&self, claims: Vec<Claimed>, links: &Links) -> Vec<Vec<Told>> {
        let due: Vec<MessageId> = claims.iter().map(|claim| claim.message.id).collect();
        let mut families = Families::of(claims, &self.rules);
        let mut taken = due;
        let mut joining = Vec::new();
        for first in families.carriers() {
            for claim in self.joining(first, &taken) {
                taken.push(claim.message.id);
                joining.push((first.message.id, claim));
            }
        }
        for (carrier, claim) in joining {
            families.join(carrier, claim, &self.rules);
        }
        let groups = families.into_groups().into_iter();
        groups
            .flat_map(|group| self.judge_family(group, links))
            .collect()
    }

    fn judge_family(&self, group: Vec<Claimed>, links: &Links) -> Vec<Vec<Told>> {
        let mut told = Vec::with_capacity(group.len());
        let mut going: Vec<Told> = Vec::new();
        for claim in group {
            let due = claim.message.due <= self.now;
            let one = Told {
                judgement: judge(&claim, &self.rules, links, self.now),
                with: None,
                claim,
            };
            match one.letter() {
                Some(_) if due || !going.is_empty() => going.push(one),
                _ if due => told.push(vec![one]),
                // It may not go now, and its time is to come.
                _ => {}
            }
        }
        let mut going = going.into_iter();
        let Some(carrier) = going.next() else {
            return told;
        };
        let (with, rest): (Vec<Told>, Vec<Told>) =
            going.partition(|other| go_alike(&carrier, other));
        let claims: Vec<&Claimed> = std::iter::once(&carrier)
            .chain(&with)
            .map(|one| &one.claim)
            .collect();
        let whole = (!with.is_empty())
            .then(|| write_together(&claims, &self.rules, links, self.now))
            .flatten();
        let mut alone = rest;
        match whole {
            None => {
                told.push(vec![carrier]);
                alone.extend(with);
            }
            Some(whole) => {
                let id = carrier.claim.message.id;
                let why = goes_with(&carrier.claim.message);
                let mut one = vec![Told {
                    judgement: Judgement {
                        outcome: Outcome::Go(Box::new(whole.letter)),
                        ..carrier.judgement
                    },
                    with: Some((id, None)),
                    claim: carrier.claim,
                }];
                one.extend(with.into_iter().map(|other| Told {
                    with: Some((id, Some(why.clone()))),
                    ..other
                }));
                told.push(one);
            }
        }
        alone.retain(|one| one.claim.message.due <= self.now);
        told.extend(alone.into_iter().map(|one| vec![one]));
        told
    }

    /// What may join a claimed message, in the order in which the appointments begin.
    fn joining(&self, first: &Claimed, taken: &[MessageId]) -> Vec<Claimed> {
        let message = &first.message;
        let Some(start) = first.visit.appointment.as_ref().map(|visit| visit.start) else {
            return Vec::new();
        };
        let Some(patient) = &first.visit.patient else {
            return Vec::new();
        };
        let people = match message.channel {
            ChannelKind::Email => self.facts.with_email(patient.email.as_deref()),
            ChannelKind::Sms | ChannelKind::Voice => {
                self.facts.with_mobile(patient.mobile.as_deref())
            }
        };
        let mut found: Vec<(Civil, Subject, &Queued)> = Vec::new();
        for id in people
            .into_iter()
            .flatten()
            .flat_map(|person| self.facts.of_patient(person))
        {
            let open = self.facts.appointment(id).filter(|of| of.is_open());
            let begins = open.and_then(|appointment| appointment.start);
            let on_the_day = begins.filter(|begins| begins.date() == start.date());
            if Some(id) == message.appointment.as_ref() {
                continue;
            }
            let Some(begins) = on_the_day else { continue };
            let subject = Subject::Appointment(id.clone());
            let about = self.outbox.about(&subject).iter();
            let queued = about
                .filter(|queued| is_alike(&queued.message, message))
                .find(|queued| !taken.contains(&queued.message.id));
            if let Some(queued) = queued {
                found.push((begins, subject.clone(), queued));
            }
        }
        found.sort_by(|(a, of_a, _), (b, of_b, _)| (a, of_a).cmp(&(b, of_b)));
        found.truncate(MOST);
        let claims = found.iter();
        claims
            .map(|(_, subject, queued)| self.claim(subject, queued))
            .collect()
    }
}

/// Whether a message waits and is of the same kind, channel and recipient.
fn is_alike(message: &Message, other: &Message) -> bool {
    message.state.is_waiting()
        && !message.unplanned
        && message.approval.is_none()
        && (&message.kind, message.channel, message.recipient)
            == (&other.kind, other.channel, other.recipient)
}

/// Whether two messages go the same way: none took another channel.
fn go_alike(one: &Told, other: &Told) -> bool {
    let own = |told: &Told| {
        told.letter().map(|letter| letter.channel) == Some(told.claim.message.channel)
    };
    let to = |told: &Told| told.letter().map(|letter| letter.to.folded());
    own(one) && own(other) && to(one) == to(other)
}
