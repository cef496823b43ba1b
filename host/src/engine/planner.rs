//! From an event to what it leads to: facts applied, policies asked, the difference taken.

use std::sync::Arc;

use rappel_core::civil::{Civil, Instant};
use rappel_core::event::{Event, EventError, EventFacts, EventKind};
use rappel_core::facts::Records;
use rappel_core::ids::MessageId;
use rappel_core::store::{Change, Message, Plan, Planner};

use super::generation::Generation;
use super::{Occasion, apply, difference, time_of};

/// Plans with the rules of one generation.
#[derive(Clone)]
pub struct EventPlanner(pub Arc<Generation>);

impl Planner for EventPlanner {
    fn plan(
        &self,
        event: &Event,
        known: &Records,
        late: bool,
        standing: &[Message],
        now: Instant,
    ) -> Result<Plan, EventError> {
        let rules = &self.0;
        let zone = rules.settings().zone;
        let applied = apply(event, known, late, zone)?;
        let appointment = applied.visit.appointment.as_deref();
        let mut plan = Plan {
            generation: rules.id().to_string(),
            visit_start: appointment.map(|appointment| appointment.start),
            erase: event.kind == EventKind::PatientErased,
            warnings: applied
                .unread
                .iter()
                .map(|path| format!("{path}: nothing reads this property"))
                .collect(),
            ..Plan::default()
        };
        if plan.erase {
            return Ok(plan);
        }
        if late {
            plan.warnings.push("a newer event about it was applied before; this one only filled in what was not known".into());
            plan.records = applied.records;
            return Ok(plan);
        }
        let time = time_of(event, now);
        let facts = EventFacts {
            kind: event.kind,
            time: Civil::at(time, zone),
            now: Civil::at(now, zone),
            changes: applied.changes,
        };
        let (wanted, faults) = rules.plan(&facts, &applied.visit);
        let occasion = Occasion {
            event: event.kind,
            time,
            now,
            zone,
            visit_start: plan.visit_start,
            status: appointment.map(|appointment| appointment.status),
        };
        let id = |number| new_id(event, rules, now, number);
        plan.changes = difference(&wanted, standing, occasion, &id);
        if !faults.is_empty() && occasion.status.is_some_and(|status| status.is_open()) {
            // A policy that failed wanted nobody knows what: its messages stand as they are.
            plan.changes
                .retain(|change| !matches!(change, Change::Withdraw { .. }));
        }
        plan.warnings.extend(faults);
        plan.records = applied.records;
        Ok(plan)
    }
}

/// The id of a new message: a UUIDv7 whose random part is made of the event and the message's number,
/// so that the same event plans the same ids.
fn new_id(event: &Event, rules: &Generation, now: Instant, number: usize) -> MessageId {
    let mut hasher = blake3::Hasher::new();
    for part in [rules.settings().id.as_str(), &event.source, &event.id] {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part.as_bytes());
    }
    hasher.update(&(number as u64).to_le_bytes());
    let mut random = [0; 10];
    hasher.finalize_xof().fill(&mut random);
    let millis = u64::try_from(now.timestamp_millis()).unwrap_or(0);
    MessageId(uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
}
