//! What would turn a decision: the nearest change of one fact with which the same question, asked of the
//! same policies, is answered otherwise. Nothing is derived from a policy's text; each claim was asked.

mod lever;
mod search;

use std::sync::Arc;

use rappel_core::civil::Instant;
use rappel_core::decision::{Read, Verdict};
use rappel_core::event::EventFacts;
use rappel_core::facts::{Records, Status, Visit};
use rappel_core::ids::MessageId;
use rappel_core::message::State;
use rappel_core::shadow::in_place_of;
use rappel_core::store::{Change, Claimed, NewMessage};
use rappel_rules::Planning;
use serde::Serialize;

use self::lever::Lever;
use super::{Generation, Judgement, Links, Occasion, Outcome, difference, judge};

/// What a decision was made by: rules, facts, and the message where one is due.
#[derive(Clone)]
pub struct Situation {
    /// The rules.
    pub rules: Arc<Generation>,
    /// What is known of the appointment and all that it refers to.
    pub records: Records,
    /// The due message, where it is about one; its visit is read from the records.
    pub claim: Option<Claimed>,
}

/// A change of one fact that turns a decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Turn {
    /// Which fact, as policies write it.
    pub fact: String,
    /// What it was; a person's own is told as given or not alone.
    pub was: String,
    /// What it would have to be.
    #[serde(flatten)]
    pub would: Would,
}

/// What a fact would have to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "would", content = "value", rename_all = "snake_case")]
pub enum Would {
    /// This.
    Be(String),
    /// This or more; of a time, or later.
    BeAtLeast(String),
    /// This or less; of a time, or earlier.
    BeAtMost(String),
    /// Something else: what is given is of no use.
    BeAnother,
    /// There.
    BeGiven,
    /// Not there.
    NotBeGiven,
    /// A list with this in it.
    Hold(String),
    /// A list without this in it.
    NotHold(String),
}

/// How many times a decision is asked for at most: some ten facts, each with its threshold.
const MOST_QUESTIONS: u32 = 2_000;

/// The texts without which a message can't be written, or has nowhere to go. Where no policy stops it, one
/// of these does.
const NEEDED: &[&str] = &[
    "visit.patient.mobile",
    "visit.patient.email",
    "visit.patient.first_name",
    "visit.patient.last_name",
    "visit.patient.address",
    "visit.resource.name",
    "visit.resource.phone",
    "visit.resource.address",
    "visit.resource.email",
    "visit.resource.mobile",
    "visit.service.name",
    "visit.location.name",
    "visit.location.city",
    "visit.location.phone",
    "visit.location.address",
];

impl Situation {
    /// Judges the due message.
    pub fn judge(&self, now: Instant) -> Option<Judgement> {
        let mut claim = self.claim.clone()?;
        claim.visit = self.visit()?;
        Some(judge(&claim, &self.rules, &Links::preview(), now))
    }

    /// How each policy comes to what it wants after an event.
    pub fn plannings(&self, event: &EventFacts) -> Vec<Planning> {
        let visit = self.visit();
        visit.map_or_else(Vec::new, |visit| self.rules.plannings(event, &visit))
    }

    /// The situation with the facts of the visit as they were when they were read; settings stay as they are.
    #[must_use]
    pub fn as_read(&self, read: &[Read]) -> Self {
        let mut then = self.clone();
        let facts = read.iter().filter(|read| read.fact.starts_with("visit."));
        for read in facts {
            let levers = Lever::behind(&read.fact, &then);
            let direct = levers.iter().find(|lever| lever.fact == read.fact);
            if let Some(restored) = direct.and_then(|lever| search::restored(lever, &then, read)) {
                then = restored;
            }
        }
        then
    }

    /// The situation with the appointment in another status.
    #[must_use]
    pub fn with_status(&self, status: Status) -> Option<Self> {
        let lever = Lever::behind("visit.status", self).pop()?;
        lever.set(self, status.as_str().into())
    }

    /// The changes of one fact with which the due message goes; the patient's and appointment's facts come
    /// first. None where it goes as it is.
    pub fn would_go(&self, now: Instant) -> Vec<Turn> {
        self.would(now, |outcome| matches!(outcome, Outcome::Go(_)))
    }

    /// The same for what is held then instead of skipped, because something else holds it.
    pub fn would_wait(&self, now: Instant) -> Vec<Turn> {
        self.would(now, |outcome| {
            matches!(
                outcome,
                Outcome::Stay {
                    state: State::Held,
                    fault: false,
                    ..
                }
            )
        })
    }

    fn would(&self, now: Instant, is: impl Fn(&Outcome) -> bool) -> Vec<Turn> {
        let goes = |judgement: Judgement| is(&judgement.outcome);
        let Some(judgement) = self.judge(now) else {
            return Vec::new();
        };
        let stops = judgement.answers.iter();
        let stops = stops.filter(|answer| answer.verdict != Verdict::Allow);
        let mut read: Vec<Read> = stops.flat_map(|answer| answer.read.clone()).collect();
        if read.is_empty() {
            let needed = NEEDED.iter();
            read = needed.filter_map(|fact| self.look(fact)).collect();
        }
        if goes(judgement) {
            return Vec::new();
        }
        search::turns(self, &read, &|changed| changed.judge(now).is_some_and(goes))
    }

    /// The changes of one fact with which a policy wants a message after an event that isn't too late, and
    /// that is one of those meant.
    pub fn would_plan(
        &self,
        planning: &Planning,
        event: &EventFacts,
        occasion: Occasion,
        is_meant: &dyn Fn(&NewMessage) -> bool,
    ) -> Vec<Turn> {
        let policy = &planning.origin.policy;
        let plans = |changed: &Situation| changed.plans(policy, event, occasion, is_meant);
        if plans(self) {
            return Vec::new();
        }
        search::turns(self, &planning.read, &plans)
    }

    fn plans(
        &self,
        policy: &str,
        event: &EventFacts,
        occasion: Occasion,
        is_meant: &dyn Fn(&NewMessage) -> bool,
    ) -> bool {
        let Some(visit) = self.visit() else {
            return false;
        };
        let mut wanted = match in_place_of(policy) {
            None => self.rules.plan(event, &visit).0,
            Some(_) => {
                let all = self.rules.plan_in_shadow(event, &visit, &[]);
                let own = all.into_iter().find(|one| *one.policy == *policy);
                own.and_then(|one| one.all.ok()).unwrap_or_default()
            }
        };
        wanted.retain(|planned| &*planned.origin.policy == policy);
        let appointment = visit.appointment.as_deref();
        let occasion = Occasion {
            visit_start: appointment.map(|appointment| appointment.start),
            status: appointment.map(|appointment| appointment.status),
            ..occasion
        };
        let id = |_| MessageId(uuid::Uuid::nil());
        let changes = difference(&wanted, &[], occasion, &id);
        changes.iter().any(|change| {
            matches!(change, Change::Add(new) if new.state == State::Planned && is_meant(new))
        })
    }

    fn visit(&self) -> Option<Visit> {
        Some(self.records.to_visit().ok()?.0)
    }

    /// A fact as it is.
    fn look(&self, fact: &str) -> Option<Read> {
        let message = self.claim.as_ref().map(|claim| &claim.message);
        rappel_rules::look(fact, &self.visit()?, self.rules.settings(), message)
    }
}
