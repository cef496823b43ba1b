//! Why a message doesn't go, or an appointment has none, asked again with what the store knows: the same
//! policies about the same message at the same time, then with one fact changed.

use std::sync::Arc;

use rappel_core::civil::{Civil, Instant, Span};
use rappel_core::decision::{Answer, Read};
use rappel_core::event::{Event, EventFacts, EventKind};
use rappel_core::facts::{Appointment, Record, Records, Status};
use rappel_core::ids::{AppointmentId, FacilityId};
use rappel_core::message::State;
use rappel_core::store::{Claimed, Entry, Filter, Message, NewMessage, Result, Step, Store};
use rappel_rules::Planning;

use crate::engine::{Generation, Judgement, Occasion, Outcome, Situation, Turn, apply};

/// What came of asking again about a message that doesn't go.
#[derive(Clone, Debug, PartialEq)]
pub struct Why {
    /// What is said otherwise by now, as a sentence: then the changes are of that. `None` where the
    /// answer is the one in its story.
    pub since: Option<String>,
    /// The rules that were asked.
    pub generation: String,
    /// What it would do then: [`State::Sending`], or where nothing alone lets it go, [`State::Held`].
    pub then: State,
    /// The changes of one fact with which it would.
    pub turns: Vec<Turn>,
}

/// What the policies say of an appointment after an event.
#[derive(Clone, Debug, PartialEq)]
pub struct Planned {
    /// The event that they were asked about: the one that brought the appointment where it stands.
    pub event: EventKind,
    /// When they are taken to have been asked.
    pub at: Civil,
    /// The rules that were asked.
    pub generation: String,
    /// Each policy that plans, with the changes of one fact with which it would want a message.
    pub policies: Vec<(Planning, Vec<Turn>)>,
}

/// Asks about a message that doesn't go. `None` where it does or may, or where too little is kept to ask.
///
/// # Errors
/// When the store fails.
pub async fn why_not(
    store: &dyn Store,
    rules: &Arc<Generation>,
    message: &Message,
    story: &[Entry],
) -> Result<Option<Why>> {
    let stays = matches!(message.state, State::Skipped | State::Held | State::Failed);
    let Some(appointment) = message.appointment.as_ref().filter(|_| stays) else {
        return Ok(None);
    };
    // A list of a day is about many appointments.
    let Some(records) = store.records(&message.facility, appointment).await? else {
        return Ok(None);
    };
    if message.day.is_some() || message.unplanned {
        return Ok(None);
    }
    let decided = story.iter().rev().find_map(|entry| match &entry.step {
        Step::Judged { answers, .. } => Some(Decided::Judged(entry.at, answers)),
        Step::Planned {
            event,
            reason: Some(_),
            ..
        } => Some(Decided::TooLate(entry.at, *event)),
        _ => None,
    });
    let beside = beside(store, message).await?;
    let generation = rules.id().to_string();
    Ok(match decided {
        Some(Decided::Judged(at, answers)) => {
            let situation = Situation {
                rules: rules.clone(),
                records,
                claim: Some(claim(message, answers, beside)),
            };
            let read: Vec<Read> = answers
                .iter()
                .flat_map(|answer| answer.read.clone())
                .collect();
            let situation = as_then(situation.as_read(&read), message, at);
            situation.judge(at).map(|judgement| {
                let (mut then, mut turns) = (State::Sending, situation.would_go(at));
                if turns.is_empty() && message.state == State::Skipped {
                    (then, turns) = (State::Held, situation.would_wait(at));
                }
                Why {
                    since: since(message, &judgement),
                    generation,
                    then,
                    turns,
                }
            })
        }
        Some(Decided::TooLate(at, event)) => {
            let situation = Situation {
                rules: rules.clone(),
                records,
                claim: None,
            };
            let zone = rules.settings().zone;
            let facts = EventFacts::new(event, Civil::at(at, zone));
            let policy = message.origin.as_ref().map(|origin| origin.policy.clone());
            let plannings = situation.plannings(&facts);
            let planning = plannings
                .iter()
                .find(|planning| policy.as_ref() == Some(&planning.origin.policy));
            planning.map(|planning| Why {
                since: None,
                generation,
                then: State::Sending,
                turns: situation
                    .would_plan(planning, &facts, occasion(event, at, rules), &|_| true),
            })
        }
        None => None,
    })
}

/// Where it was decided that a message doesn't go.
enum Decided<'s> {
    Judged(Instant, &'s [Answer]),
    TooLate(Instant, EventKind),
}

/// Asks every policy that plans about an appointment.
///
/// It is asked about the event that brought the appointment where it stands, as of when its first message
/// was planned, else as of when it was booked, else a week before it: events themselves aren't kept.
/// `None` where the appointment is nobody's, or its facts can't be read.
///
/// # Errors
/// When the store fails.
pub async fn planned(
    store: &dyn Store,
    rules: &Arc<Generation>,
    (facility, appointment): (&FacilityId, &AppointmentId),
    messages: &[Message],
) -> Result<Option<Planned>> {
    let Some(records) = store.records(facility, appointment).await? else {
        return Ok(None);
    };
    let visit = records.to_visit().ok();
    let Some(known) = visit.and_then(|(visit, _)| visit.appointment) else {
        return Ok(None);
    };
    let zone = rules.settings().zone;
    let first = messages.iter().map(|message| message.created).min();
    let week = || known.start.checked_add(-Span::days(7));
    let booked = known.booked_at.or_else(week).unwrap_or(known.start);
    let at = first.unwrap_or_else(|| booked.instant(zone));
    let event = event_of(&known);
    Ok(planned_after(rules, records, (event, at), &|_| true))
}

/// Asks every policy that plans about an appointment after an event, of which it is known that it was
/// at a time; and what would make each want a message of those that are meant. `None` where the facts
/// can't be read.
pub fn planned_after(
    rules: &Arc<Generation>,
    records: Records,
    (event, at): (EventKind, Instant),
    is_meant: &dyn Fn(&NewMessage) -> bool,
) -> Option<Planned> {
    let facts = facts_of(event, &records, at, rules)?;
    let situation = Situation {
        rules: rules.clone(),
        records,
        claim: None,
    };
    let occasion = occasion(event, at, rules);
    let turned = |planning: Planning| {
        let turns = situation.would_plan(&planning, &facts, occasion, is_meant);
        (planning, turns)
    };
    Some(Planned {
        event,
        at: Civil::at(at, rules.settings().zone),
        generation: rules.id().to_string(),
        policies: situation
            .plannings(&facts)
            .into_iter()
            .map(turned)
            .collect(),
    })
}

/// The event that brings an appointment where it stands.
fn event_of(appointment: &Appointment) -> EventKind {
    match appointment.status {
        Status::Booked => EventKind::AppointmentCreated,
        Status::Approved => EventKind::AppointmentApproved,
        Status::Confirmed => EventKind::AppointmentConfirmed,
        Status::Cancelled => EventKind::AppointmentCancelled,
        Status::Attended => EventKind::AppointmentAttended,
        Status::Missed => EventKind::AppointmentMissed,
    }
}

/// What policies are told of the event: what it changed is found as it is when it arrives.
fn facts_of(
    kind: EventKind,
    records: &Records,
    at: Instant,
    rules: &Generation,
) -> Option<EventFacts> {
    let zone = rules.settings().zone;
    let mut known = Records::default();
    if kind != EventKind::AppointmentCreated {
        known = records.clone();
        let mut before = known.get(Record::Appointment)?.clone();
        before.insert("status".into(), Status::Booked.as_str().into());
        known.set(Record::Appointment, before);
    }
    let event = Event {
        id: String::new(),
        source: String::new(),
        kind,
        time: Some(at),
        records: records.clone(),
        alert: Default::default(),
    };
    let applied = apply(&event, &known, false, zone).ok()?;
    Some(EventFacts {
        changes: applied.changes,
        ..EventFacts::new(kind, Civil::at(at, zone))
    })
}

fn occasion(event: EventKind, at: Instant, rules: &Generation) -> Occasion {
    Occasion {
        event,
        time: at,
        known: at,
        now: at,
        zone: rules.settings().zone,
        visit_start: None,
        status: None,
        delay: None,
    }
}

/// The channels by which the same message goes beside this one.
async fn beside(store: &dyn Store, message: &Message) -> Result<Vec<rappel_core::ChannelKind>> {
    let filter = Filter {
        facility: Some(message.facility.clone()),
        appointment: message.appointment.clone(),
        kind: Some(message.kind.clone()),
        limit: Some(u32::MAX),
        ..Filter::default()
    };
    let others = store.messages(&filter).await?.into_iter();
    let same = |other: &Message| {
        (other.recipient, other.ordinal) == (message.recipient, message.ordinal)
            && other.channel != message.channel
    };
    Ok(others.filter(same).map(|other| other.channel).collect())
}

/// The message as it was taken when it was judged: what was counted then stands in what was read.
fn claim(
    message: &Message,
    answers: &[Answer],
    other_channels: Vec<rappel_core::ChannelKind>,
) -> Claimed {
    let read = |fact: &str| {
        let mut all = answers.iter().flat_map(|answer| &answer.read);
        all.find(|read: &&Read| read.fact == fact)
            .map(|read| &*read.value)
    };
    let count = |fact| read(fact).and_then(|value| value.parse().ok()).unwrap_or(0);
    Claimed {
        message: message.clone(),
        fence: 0,
        visit: Default::default(),
        reminders_today: count("message.reminders_today"),
        next_visit: read("message.next_visit").and_then(|value| value.parse().ok()),
        sent_before: count("message.sent_before"),
        listed: Vec::new(),
        alarms: Vec::new(),
        other_channels,
    }
}

/// Appointments go on after their messages: where another status than today's explains what was decided,
/// it was that one.
fn as_then(situation: Situation, message: &Message, at: Instant) -> Situation {
    let same = |situation: &Situation| {
        let judgement = situation.judge(at);
        judgement.is_some_and(|judgement| since(message, &judgement).is_none())
    };
    if same(&situation) {
        return situation;
    }
    let before = [Status::Booked, Status::Approved, Status::Confirmed];
    let mut others = before
        .into_iter()
        .filter_map(|status| situation.with_status(status));
    others.find(same).unwrap_or(situation)
}

/// How the answer is another than the one that the message has.
fn since(message: &Message, judgement: &Judgement) -> Option<String> {
    match &judgement.outcome {
        Outcome::Go(_) => Some("it would go".into()),
        Outcome::Stay { state, reason, .. } if *state != message.state => {
            Some(format!("it would be {state}: {reason}"))
        }
        Outcome::Stay { reason, .. } if Some(reason) != message.reason.as_ref() => {
            Some(format!("the reason would be another: {reason}"))
        }
        Outcome::Stay { .. } => None,
    }
}
