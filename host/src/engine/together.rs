//! A family's appointments on one day: their reminders go as one message, which lists them.

use std::collections::HashMap;
use std::fmt::Write;

use chrono::NaiveDate;
use rappel_core::channel::ChannelKind;
use rappel_core::civil::{Civil, Instant};
use rappel_core::facts::{Status, Visit};
use rappel_core::ids::MessageId;
use rappel_core::kind::{Kind, Named};
use rappel_core::language::Language;
use rappel_core::message::Recipient;
use rappel_core::settings::Settings;
use rappel_core::store::{Claimed, Message, NewLink};

use super::generation::Generation;
use super::judge::{Letter, address, brought, facts_of, write};
use super::links::Links;
use super::templates::lists_family;

/// The most appointments that one message tells of: what an SMS has room for.
pub const MOST_TOGETHER: usize = 6;

/// How many characters of a name stand in the list.
const LONGEST_NAME: usize = 20;

/// What messages have in common that may go as one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Family {
    kind: Kind,
    day: NaiveDate,
    /// Its address, [folded](rappel_core::channel::Address::folded).
    to: String,
}

/// The family that a claimed reminder goes to; `None` where it goes alone, because the clinic wants
/// that, its template can't list appointments, or it is a call, in which no appointment could be
/// confirmed on its own.
pub fn family(claim: &Claimed, rules: &Generation) -> Option<Family> {
    let (message, settings) = (&claim.message, rules.settings());
    let reminds = settings.reminder.together
        && message.kind.is_reminder()
        && message.recipient == Recipient::Patient
        && matches!(message.channel, ChannelKind::Sms | ChannelKind::Email);
    if !reminds {
        return None;
    }
    let appointment = claim.visit.appointment.as_ref()?;
    let patient = claim.visit.patient.as_ref()?;
    let language = patient.language.unwrap_or(settings.language);
    let template = rules.template(&message.kind, message.channel, language)?;
    if !lists_family(template) {
        return None;
    }
    let facts = facts_of(claim, settings, appointment.start);
    let to = address(&claim.visit, &facts, message.channel, settings).ok()?;
    Some(Family {
        kind: message.kind.clone(),
        day: appointment.start.date(),
        to: to.folded(),
    })
}

/// Claimed messages, put together where they may go as one.
#[derive(Debug, Default)]
pub struct Families {
    groups: Vec<Vec<Claimed>>,
    /// Where each family's messages are, in `groups`: those that others may join.
    of: HashMap<Family, usize>,
    /// Where all families' messages are, in their order.
    places: Vec<usize>,
}

impl Families {
    /// Puts claims together, in their order.
    pub fn of(claims: Vec<Claimed>, rules: &Generation) -> Self {
        let mut this = Self {
            groups: Vec::with_capacity(claims.len()),
            ..Self::default()
        };
        for claim in claims {
            let Some(family) = family(&claim, rules) else {
                this.groups.push(vec![claim]);
                continue;
            };
            let known = this.of.get(&family);
            match known.and_then(|place| this.groups.get_mut(*place)) {
                Some(group) if group.len() < MOST_TOGETHER => group.push(claim),
                _ => {
                    this.of.insert(family, this.groups.len());
                    this.places.push(this.groups.len());
                    this.groups.push(vec![claim]);
                }
            }
        }
        this
    }

    /// The first message of each family: others may [join](Self::join) it.
    pub fn carriers(&self) -> impl Iterator<Item = &Claimed> {
        let groups = self.places.iter().map(|place| self.groups.get(*place));
        groups.filter_map(|group| group?.first())
    }

    /// Adds a claim to the family of a carrier; gives it back where it is of another, or there are enough.
    pub fn join(
        &mut self,
        carrier: MessageId,
        claim: Claimed,
        rules: &Generation,
    ) -> Option<Claimed> {
        let place = family(&claim, rules).and_then(|family| self.of.get(&family));
        match place.and_then(|place| self.groups.get_mut(*place)) {
            Some(group)
                if group.len() < MOST_TOGETHER
                    && group
                        .first()
                        .is_some_and(|first| first.message.id == carrier) =>
            {
                group.push(claim);
                None
            }
            _ => Some(claim),
        }
    }

    /// The claims: those of a family together, those that go alone each by itself.
    pub fn into_groups(self) -> Vec<Vec<Claimed>> {
        self.groups
    }
}

/// A message that tells of several appointments.
#[derive(Debug)]
pub struct Whole {
    /// What goes, from the carrier's template.
    pub letter: Letter,
    /// The number of each message in the text, from 1, and the links of its own that the text brings, in
    /// the order of what was asked for.
    pub parts: Vec<(u32, Vec<NewLink>)>,
}

/// Writes one message about the appointments of several claimed ones, the first of which carries it;
/// `None` where its template can't say it.
pub fn write_together(
    claims: &[&Claimed],
    rules: &Generation,
    links: &Links,
    now: Instant,
) -> Option<Whole> {
    let (carrier, settings) = (claims.first()?, rules.settings());
    let now = Civil::at(now, settings.zone);
    let facts = facts_of(carrier, settings, now);
    let language = carrier.visit.patient.as_ref()?.language;
    let template = rules.template(
        &carrier.message.kind,
        carrier.message.channel,
        language.unwrap_or(settings.language),
    )?;
    let mut order: Vec<usize> = (0..claims.len()).collect();
    order.sort_by_key(|place| {
        let visit = claims
            .get(*place)
            .and_then(|claim| claim.visit.appointment.as_ref());
        (
            visit.map(|visit| visit.start),
            visit.map(|visit| visit.id.clone()),
        )
    });
    let numbered: Vec<&Claimed> = order
        .iter()
        .filter_map(|place| claims.get(*place).copied())
        .collect();
    let list = list_together(&numbered, settings, links, template.options().language);
    let letter = write(carrier, &facts, rules, links, Some(&list)).ok()?;
    // A template may leave the list out in one of its branches.
    let told = |number: usize, claim: &Claimed| {
        let line = marked(number, claim);
        letter.content.text.contains(&line)
    };
    if !numbered
        .iter()
        .enumerate()
        .all(|(number, claim)| told(number + 1, claim))
    {
        return None;
    }
    let parts = claims.iter().enumerate().map(|(place, claim)| {
        let number = order
            .iter()
            .position(|other| *other == place)
            .unwrap_or_default()
            + 1;
        let made = links.of(settings, &claim.message.kind, claim.message.id, true);
        let brought = brought(made, &letter.content, &claim.message, now, settings);
        (u32::try_from(number).unwrap_or(u32::MAX), brought)
    });
    let parts = parts.collect();
    Some(Whole { letter, parts })
}

/// Why a message goes that another carries.
pub fn goes_with(carrier: &Message) -> String {
    match &carrier.appointment {
        Some(appointment) => format!("it goes in one message with that of `{appointment}`"),
        None => "it goes in one message with another".into(),
    }
}

/// The list of appointments that go as one message, numbered in their order.
pub fn list_together(
    claims: &[&Claimed],
    settings: &Settings,
    links: &Links,
    language: Language,
) -> String {
    let words = words(language);
    let mut list = String::new();
    for (number, claim) in claims.iter().enumerate() {
        let channel = claim.message.channel;
        if number > 0 {
            // A value in an SMS is one line.
            list.push_str(match channel {
                ChannelKind::Sms => "; ",
                ChannelKind::Email | ChannelKind::Voice => "\n\n",
            });
        }
        let made = links.of(settings, &claim.message.kind, claim.message.id, true);
        let url = |name: Named| {
            made.iter()
                .find(|link| link.name == name)
                .map(|link| &*link.url)
        };
        entry(&mut list, number + 1, claim, words);
        if channel == ChannelKind::Email {
            answers(
                &mut list,
                claim,
                (url(Named::ConfirmUrl), url(Named::CancelUrl)),
                words,
            );
        }
    }
    list
}

/// A line of the list: `1) 14:30 Jeannette, Dr Camille Martin`. What a visit is for doesn't stand in it: an
/// SMS must not tell.
fn entry(list: &mut String, number: usize, claim: &Claimed, words: Words) {
    let Visit {
        patient, resource, ..
    } = &claim.visit;
    let name = patient.as_ref().and_then(|patient| {
        let given = |name: &Option<String>| name.clone().filter(|name| !name.trim().is_empty());
        given(&patient.first_name).or_else(|| given(&patient.last_name))
    });
    let with = resource.as_ref().and_then(|resource| resource.name.clone());
    list.push_str(&marked(number, claim));
    // Writing into a text doesn't fail.
    if let Some(name) = name {
        let _ = write!(list, " {}", short(&name));
    }
    for part in with.iter().filter(|with| !with.trim().is_empty()) {
        let _ = write!(list, ", {}", short(part));
    }
    if is_confirmed(claim) {
        let _ = write!(list, " ({})", words.confirmed);
    }
}

/// What an appointment is known by in the list: `1) 14:30`.
fn marked(number: usize, claim: &Claimed) -> String {
    match &claim.visit.appointment {
        Some(visit) => format!("{number}) {}", visit.start.0.format("%H:%M")),
        None => format!("{number})"),
    }
}

/// A name as it stands in a list that an SMS has room for.
fn short(name: &str) -> &str {
    let name = name.trim();
    match name.char_indices().nth(LONGEST_NAME) {
        Some((end, _)) => name.get(..end).unwrap_or(name).trim_end(),
        None => name,
    }
}

fn is_confirmed(claim: &Claimed) -> bool {
    let visit = claim.visit.appointment.as_ref();
    visit.is_some_and(|visit| visit.status == Status::Confirmed)
}

/// Where an appointment of the list is answered.
fn answers(
    list: &mut String,
    claim: &Claimed,
    (confirm, cancel): (Option<&str>, Option<&str>),
    words: Words,
) {
    let asked = claim.message.confirmation_requested && !is_confirmed(claim);
    let confirm = confirm.filter(|_| asked).map(|url| (words.confirm, url));
    for (label, url) in [confirm, cancel.map(|url| (words.cancel, url))]
        .into_iter()
        .flatten()
    {
        let _ = write!(list, "\n{label} {url}");
    }
}

/// The words of a list.
#[derive(Clone, Copy)]
struct Words {
    confirm: &'static str,
    cancel: &'static str,
    confirmed: &'static str,
}

fn words(language: Language) -> Words {
    let (confirm, cancel, confirmed) = match language {
        Language::Fr => ("Confirmer :", "Annuler :", "confirmé"),
        Language::En => ("Confirm:", "Cancel:", "confirmed"),
        Language::It => ("Confermare:", "Annullare:", "confermato"),
        Language::Es => ("Confirmar:", "Anular:", "confirmada"),
        Language::De => ("Bestätigen:", "Absagen:", "bestätigt"),
        Language::Pt => ("Confirmar:", "Anular:", "confirmada"),
    };
    Words {
        confirm,
        cancel,
        confirmed,
    }
}
