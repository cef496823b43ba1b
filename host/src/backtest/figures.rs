//! What a rule set's messages come to. It is as large as its answer, however many messages there are.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use chrono::{NaiveDate, Timelike};
use rappel_core::channel::ChannelKind;
use rappel_core::civil::{Civil, Instant, Zone};
use rappel_core::decision::PolicyFault;
use rappel_core::ids::PatientId;
use rappel_core::kind::Kind;
use rappel_core::message::{Recipient, State};
use rappel_core::opening::Opening;
use rappel_core::settings::Settings;
use rappel_core::store::Message;
use rappel_core::tally::Sums;

use crate::summary::without_figures;

/// How many different reasons are told apart. A policy that writes what is each message's own into its reasons
/// makes one of each.
const REASONS: usize = 1_000;

/// Under which the others count.
const OTHER_REASONS: &str = "other reasons";

/// Why messages stand where they do.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Why {
    /// Where they stand.
    pub state: State,
    /// The reason without its figures.
    pub reason: String,
    /// The policy that gives it, where it is one's.
    pub policy: Option<Arc<str>>,
}

/// The most messages that left by a channel within a minute of the clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Burst {
    /// How many.
    pub messages: u64,
    /// The first minute in which it was so many.
    pub at: Civil,
}

/// The hours that messages should keep to.
#[derive(Clone, Debug)]
struct Hours {
    opening: Option<Opening>,
    anytime: Vec<Kind>,
}

/// What a rule set's messages come to.
#[derive(Clone, Debug)]
pub struct Figures {
    kept: Hours,
    /// Messages by kind, by the channel that they were planned for, and by where they stand.
    pub groups: BTreeMap<(Kind, ChannelKind, State), Sums>,
    /// Why those that didn't go did not.
    pub reasons: BTreeMap<Why, u64>,
    /// What went on each day of the clinic's calendar.
    pub days: BTreeMap<NaiveDate, Sums>,
    /// How many went in each hour of the clinic's clock.
    pub hours: [u64; 24],
    /// How many went outside the hours that are measured by, and of which kind.
    pub outside_hours: BTreeMap<Kind, u64>,
    /// How many went to each patient.
    pub patients: HashMap<PatientId, u64>,
    /// The policies that failed to plan, and on how many events.
    pub unplanned: BTreeMap<PolicyFault, u64>,
    /// The policies that failed to judge, and on how many messages.
    pub unjudged: BTreeMap<PolicyFault, u64>,
    bursts: BTreeMap<ChannelKind, (Instant, u64, Burst)>,
}

impl Figures {
    /// Figures without a message. Messages are measured by the hours of `settings`, whoever's rules send them:
    /// what may go at any hour there is never outside.
    pub fn measured_by(settings: &Settings) -> Self {
        Self {
            kept: Hours {
                opening: settings.opening().cloned(),
                anytime: settings.hours.anytime.clone(),
            },
            groups: BTreeMap::new(),
            reasons: BTreeMap::new(),
            days: BTreeMap::new(),
            hours: [0; 24],
            outside_hours: BTreeMap::new(),
            patients: HashMap::new(),
            unplanned: BTreeMap::new(),
            unjudged: BTreeMap::new(),
            bursts: BTreeMap::new(),
        }
    }

    /// What went, all together.
    pub fn sent(&self) -> Sums {
        let mut sent = Sums::default();
        for ((_, _, state), sums) in &self.groups {
            if *state == State::Sent {
                sent += *sums;
            }
        }
        sent
    }

    /// How many messages there are, those that didn't go included.
    pub fn messages(&self) -> u64 {
        self.groups.values().map(|sums| sums.messages).sum()
    }

    /// The largest burst of each channel.
    pub fn bursts(&self) -> impl Iterator<Item = (ChannelKind, Burst)> {
        self.bursts
            .iter()
            .map(|(channel, (_, _, burst))| (*channel, *burst))
    }

    /// Counts a message that came to its end in a clinic in `zone`.
    pub(super) fn ended(&mut self, message: &Message, zone: Zone) {
        let group = (message.kind.clone(), message.channel, message.state);
        let sums = Sums::of(message);
        *self.groups.entry(group).or_default() += sums;
        match message.sent_at.filter(|_| message.state == State::Sent) {
            Some(at) => self.went(message, at, zone, sums),
            None => self.stayed(message),
        }
    }

    fn stayed(&mut self, message: &Message) {
        let reason = message.reason.as_deref().unwrap_or_default();
        let mut why = Why {
            state: message.state,
            reason: without_figures(reason),
            policy: message.origin.as_ref().map(|origin| origin.policy.clone()),
        };
        if self.reasons.len() >= REASONS && !self.reasons.contains_key(&why) {
            why.reason = OTHER_REASONS.into();
            why.policy = None;
        }
        *self.reasons.entry(why).or_default() += 1;
    }

    fn went(&mut self, message: &Message, at: Instant, zone: Zone, sums: Sums) {
        let civil = Civil::at(at, zone);
        *self.days.entry(civil.date()).or_default() += sums;
        if let Some(hour) = self.hours.get_mut(civil.0.hour() as usize) {
            *hour += 1;
        }
        let open = self
            .kept
            .opening
            .as_ref()
            .is_none_or(|hours| hours.is_open(civil));
        if !open && !self.kept.anytime.contains(&message.kind) {
            *self.outside_hours.entry(message.kind.clone()).or_default() += 1;
        }
        if let (Recipient::Patient, Some(patient)) = (message.recipient, &message.patient) {
            *self.patients.entry(patient.clone()).or_default() += 1;
        }
        let minute = civil
            .0
            .with_second(0)
            .and_then(|time| time.with_nanosecond(0));
        let channel = message.via.unwrap_or(message.channel);
        let start = at
            .with_second(0)
            .and_then(|at| at.with_nanosecond(0))
            .unwrap_or(at);
        let none = Burst {
            messages: 0,
            at: civil,
        };
        let (now, count, most) = self.bursts.entry(channel).or_insert((start, 0, none));
        if *now != start {
            (*now, *count) = (start, 0);
        }
        *count += 1;
        if *count > most.messages {
            *most = Burst {
                messages: *count,
                at: minute.map_or(civil, Civil),
            };
        }
    }

    pub(super) fn failed_to_plan(&mut self, fault: &PolicyFault) {
        *self.unplanned.entry(fault.clone()).or_default() += 1;
    }

    pub(super) fn failed_to_judge(&mut self, fault: PolicyFault) {
        *self.unjudged.entry(fault).or_default() += 1;
    }
}
