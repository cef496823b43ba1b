//! From an event to what it leads to: facts applied, policies asked, the difference taken.

use std::sync::Arc;

use rappel_core::civil::{Civil, Instant, Span};
use rappel_core::contact::Phone;
use rappel_core::decision::{Due, Planned, PolicyFault};
use rappel_core::event::{Event, EventError, EventFacts, EventKind};
use rappel_core::facts::{Record, Records, Status, Visit};
use rappel_core::ids::MessageId;
use rappel_core::shadow::in_place_of;
use rappel_core::store::{Brake, Change, LastEvent, Message, Plan, Planner, Reach, Unplanned};
use serde_json::{Map, Value};

use super::anew::{is_no_answer, keep_to_what_rules_may_change};
use super::apply::change_names;
use super::generation::Generation;
use super::plan::{keep_what_may_be_wanted, resume};
use super::shadow::Shadows;
use super::{Occasion, apply, difference, time_of};

/// Plans with the rules of one generation.
#[derive(Clone)]
pub struct EventPlanner(pub Arc<Generation>);

impl Planner for EventPlanner {
    fn brake(&self) -> Option<Brake> {
        let brake = &self.0.settings().brake;
        brake.enabled.then(|| Brake {
            generation: self.0.id().to_string(),
            multiple: brake.multiple,
            least: brake.least,
        })
    }

    fn tells_agenda(&self) -> bool {
        self.0.settings().agenda.url.is_some()
    }

    fn reach(&self, event: &Event, now: Instant) -> Option<Reach> {
        if !event.kind.is_alert() {
            return None;
        }
        let settings = self.0.settings();
        let time = Civil::at(time_of(event, now), settings.zone);
        let (from, until) = event.alert.reach(time);
        Some(Reach {
            from,
            until,
            approve_over: settings.alerts.approve_over,
        })
    }

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
        if let Some(unknown) = unknown_appointment(event, known) {
            return unknown.map(|plan| Plan {
                generation: rules.id().to_string(),
                ..plan
            });
        }
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
        if appointment
            .is_some_and(|appointment| appointment.end.is_some_and(|end| end < appointment.start))
        {
            plan.warnings
                .push("data.appointment.end: it is before `start`".into());
        }
        if late {
            plan.warnings.push("a newer event about it was applied before; this one only filled in what was not known".into());
            plan.records = applied.records;
            return Ok(plan);
        }
        let time = time_of(event, now);
        let asked = Asked {
            event: EventFacts {
                time: Civil::at(time, zone),
                changes: applied.changes,
                delay: delay(event.alert.delay),
                ..EventFacts::new(event.kind, Civil::at(now, zone))
            },
            occasion: Occasion {
                event: event.kind,
                time,
                known: now,
                now,
                zone,
                visit_start: plan.visit_start,
                status: appointment.map(|appointment| appointment.status),
                delay: event.alert.delay,
            },
        };
        let (wanted, faults) = rules.plan(&asked.event, &applied.visit);
        plan.shadow = Shadows::plan(rules, &asked.event, &applied.visit, &wanted).differ(
            &wanted,
            standing,
            asked.occasion,
        );
        let about = about(&applied.records);
        let id = |number| new_id(rules, (&event.source, &event.id, about), now, number);
        plan.changes = asked.changes(&wanted, standing, &faults, &id);
        plan.changed = asked.event.changes;
        plan.faults = faults;
        plan.records = applied.records;
        Ok(plan)
    }

    fn identities(&self, patient: &Map<String, Value>) -> Vec<String> {
        let country = &self.0.settings().country;
        let text = |name: &str| {
            let text = patient.get(name)?.as_str()?.trim();
            (!text.is_empty()).then_some(text)
        };
        let mobile = text("mobile").map(|mobile| match Phone::parse(mobile, country) {
            Ok(phone) => format!("mobile {}", phone.e164()),
            Err(_) => format!("mobile {mobile}"),
        });
        let email = text("email").map(|email| format!("email {}", email.to_lowercase()));
        let id = text("id").map(|id| format!("patient {id}"));
        id.into_iter().chain(mobile).chain(email).collect()
    }

    fn replan(
        &self,
        event: &Unplanned,
        known: &Records,
        standing: &[Message],
        now: Instant,
    ) -> Result<Plan, EventError> {
        let rules = &self.0;
        let (visit, _) = known.to_visit()?;
        let told = (event.kind, event.time, event.delay);
        let asked = Asked::again(rules, told, &event.changed, &visit, (event.at, now));
        let (mut wanted, faults) = rules.plan(&asked.event, &visit);
        let resumed: Vec<Change> = wanted
            .iter()
            .filter_map(|planned| resume(planned, standing, asked.occasion))
            .collect();
        let is_planned =
            |planned: &Planned| planned.due != Due::Now || is_owed(planned, event, standing);
        let shadows = Shadows::plan(rules, &asked.event, &visit, &wanted).retain(is_planned);
        wanted.retain(is_planned);
        let source = format!("{} again", event.source);
        let about = about(known);
        let id = |number| new_id(rules, (&source, &event.id, about), now, number);
        let mut changes = asked.changes(&wanted, standing, &faults, &id);
        changes.extend(resumed);
        Ok(Plan {
            records: known.clone(),
            generation: rules.id().to_string(),
            visit_start: asked.occasion.visit_start,
            changes,
            changed: asked.event.changes,
            faults,
            shadow: shadows.differ(&wanted, standing, asked.occasion),
            ..Plan::default()
        })
    }

    fn plan_anew(
        &self,
        event: &LastEvent,
        known: &Records,
        standing: &[Message],
        now: Instant,
    ) -> Result<Plan, EventError> {
        let (plan, _) = self.anew(event, known, standing, now)?;
        Ok(plan)
    }
}

impl EventPlanner {
    /// What [`Planner::plan_anew`] plans, and how many messages it leaves as they are because they would
    /// come too late.
    pub(super) fn anew(
        &self,
        event: &LastEvent,
        known: &Records,
        standing: &[Message],
        now: Instant,
    ) -> Result<(Plan, u64), EventError> {
        let rules = &self.0;
        let (visit, _) = known.to_visit()?;
        // What a fault kept back while it became due goes when that is mended.
        let kept = standing.iter().filter(|message| message.unplanned);
        let known_since = kept.map(|message| message.updated).min().unwrap_or(now);
        let told = (event.kind, event.time, event.delay);
        let asked = Asked::again(rules, told, &event.changed, &visit, (known_since, now));
        let (mut wanted, faults) = rules.plan(&asked.event, &visit);
        let shadows = Shadows::plan(rules, &asked.event, &visit, &wanted).retain(is_no_answer);
        wanted.retain(is_no_answer);
        // The same rules may be put back later: what they add then is another message.
        let source = format!(
            "{} by {} after {}",
            event.source,
            rules.id(),
            standing.len()
        );
        let about = about(known);
        let id = |number| new_id(rules, (&source, &event.id, about), now, number);
        let mut changes = asked.changes(&wanted, standing, &faults, &id);
        let late = keep_to_what_rules_may_change(&mut changes, &wanted, standing, asked.occasion);
        let plan = Plan {
            records: known.clone(),
            generation: rules.id().to_string(),
            visit_start: asked.occasion.visit_start,
            changes,
            changed: asked.event.changes,
            faults,
            shadow: shadows.differ(&wanted, standing, asked.occasion),
            ..Plan::default()
        };
        Ok((plan, late))
    }
}

fn delay(minutes: Option<u32>) -> Option<Span> {
    minutes.map(|minutes| Span::minutes(minutes.into()))
}

/// The appointment that is planned for, or the patient.
fn about(records: &Records) -> &str {
    let appointment = records.id(Record::Appointment);
    appointment
        .or(records.id(Record::Patient))
        .unwrap_or_default()
}

/// An event about an appointment that nothing was told of, and that doesn't tell enough itself. A
/// cancellation is remembered: a booking that it overtook must send nothing.
fn unknown_appointment(event: &Event, known: &Records) -> Option<Result<Plan, EventError>> {
    let told = event.records.get(Record::Appointment)?;
    let has_start = |record: Option<&Map<String, Value>>| {
        record.is_some_and(|record| record.get("start").is_some_and(|start| !start.is_null()))
    };
    let is_known = has_start(known.get(Record::Appointment)) || has_start(Some(told));
    if is_known || event.kind.subject() != Record::Appointment {
        return None;
    }
    let what = "this appointment is not known";
    match event.kind {
        EventKind::AppointmentCancelled => {
            let mut appointment = Map::new();
            appointment.insert("id".into(), told.get("id")?.clone());
            appointment.insert("status".into(), Status::Cancelled.as_str().into());
            let mut records = Records::default();
            records.set(Record::Appointment, appointment);
            Some(Ok(Plan {
                records,
                warnings: vec![format!(
                    "data.appointment: {what}; should it be told of by an event that is older than this one, nothing is sent about it"
                )],
                ..Plan::default()
            }))
        }
        // It says itself what is missing.
        EventKind::AppointmentCreated => None,
        _ => Some(Err(EventError {
            path: "data.appointment".into(),
            message: format!(
                "{what}; tell its `start` and what else there is to know, or send its `appointment.created` first"
            ),
        })),
    }
}

/// What the policies are asked about.
struct Asked {
    event: EventFacts,
    occasion: Occasion,
}

impl Asked {
    /// What is asked of an event that was applied before: with the facts as they are, `now`, and since when
    /// it is known.
    fn again(
        rules: &Generation,
        (kind, time, late): (EventKind, Instant, Option<u32>),
        changed: &[String],
        visit: &Visit,
        (known, now): (Instant, Instant),
    ) -> Self {
        let zone = rules.settings().zone;
        let appointment = visit.appointment.as_deref();
        Self {
            event: EventFacts {
                time: Civil::at(time, zone),
                changes: change_names(changed),
                delay: delay(late),
                ..EventFacts::new(kind, Civil::at(now, zone))
            },
            occasion: Occasion {
                event: kind,
                time,
                known,
                now,
                zone,
                visit_start: appointment.map(|appointment| appointment.start),
                status: appointment.map(|appointment| appointment.status),
                delay: late,
            },
        }
    }

    /// The difference to what stands, as far as it can be told while a policy fails.
    fn changes(
        &self,
        wanted: &[Planned],
        standing: &[Message],
        faults: &[PolicyFault],
        id: &dyn Fn(usize) -> MessageId,
    ) -> Vec<Change> {
        let mut changes = difference(wanted, standing, self.occasion, id);
        let open = self.occasion.status.is_some_and(|status| status.is_open());
        if let (Some(fault), true) = (faults.first(), open) {
            keep_what_may_be_wanted(&mut changes, wanted, standing, fault, self.occasion.zone);
        }
        changes
    }
}

/// Whether an answer to an event is still owed: a policy wants it that failed then, and nothing newer
/// was told by its channel meanwhile.
fn is_owed(planned: &Planned, event: &Unplanned, standing: &[Message]) -> bool {
    let policy = &*planned.origin.policy;
    let policy = in_place_of(policy).unwrap_or(policy);
    let failed = |fault: &PolicyFault| *fault.origin.policy == *policy;
    let newer = |message: &Message| {
        message.notice
            && message.created > event.at
            && (message.channel, message.recipient) == (planned.channel, planned.recipient)
    };
    event.faults.iter().any(failed) && !standing.iter().any(newer)
}

/// The id of a new message: a UUIDv7 whose random part is made of the event and the message's number,
/// so that the same event plans the same ids. An event about a resource plans for many appointments:
/// `about` tells them apart.
fn new_id(
    rules: &Generation,
    (source, id, about): (&str, &str, &str),
    now: Instant,
    number: usize,
) -> MessageId {
    let mut hasher = blake3::Hasher::new();
    for part in [rules.settings().id.as_str(), source, id, about] {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part.as_bytes());
    }
    hasher.update(&(number as u64).to_le_bytes());
    let mut random = [0; 10];
    hasher.finalize_xof().fill(&mut random);
    let millis = u64::try_from(now.timestamp_millis()).unwrap_or(0);
    MessageId(uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
}
