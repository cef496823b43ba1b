//! Steps: claimed messages are moved on, a batch in one transaction.
//!
//! A batch goes to SQLite as one JSON array: a statement for each message would cost more than the
//! message.

use std::collections::{BTreeMap, HashMap};

use rappel_core::channel::{ChannelKind, SmsEncoding};
use rappel_core::civil::Instant;
use rappel_core::ids::{FacilityId, MessageId};
use rappel_core::message::State;
use rappel_core::store::{Committed, Handover, Posting, Result, Step, Transition};
use rust_decimal::Decimal;
use serde::Serialize;
use serde_json::{Value, json};
use sqlx::{Row, SqliteConnection};

use super::{
    SqliteStore, alarms, answers, claim, credits, failed, millis, opened, receive, rows, shadow,
    together,
};

impl SqliteStore {
    pub(super) async fn commit_steps(
        &self,
        steps: &[Transition],
        now: Instant,
        day: (Instant, Instant),
    ) -> Result<Committed> {
        let hasher = self.hasher().await?;
        let mut transaction = self.write().await?;
        let mut wanted: Vec<bool> = steps
            .iter()
            .map(|step| step.from.may_become(step.to))
            .collect();
        together::refuse_torn(&mut transaction, steps, &mut wanted).await?;
        forbid_second_reminders(&mut transaction, steps, &mut wanted, day).await?;
        together::all_or_none(steps, &mut wanted);
        // Nothing is reserved for what its address refuses.
        answers::hold_back_suppressed(&mut transaction, hasher, steps, &mut wanted, now).await?;
        let crossings = credits::reserve(&mut transaction, steps, &mut wanted, now).await?;
        together::all_or_none(steps, &mut wanted);
        let updated = update(&mut transaction, steps, &wanted, now).await?;
        let made: Vec<bool> = updated.iter().map(Option::is_some).collect();
        settle(&mut transaction, steps, &updated, now).await?;
        tell(&mut transaction, steps, &made, now).await?;
        answers::keep_links(&mut transaction, steps, &made).await?;
        alarms::note_steps(&mut transaction, steps, &made, now).await?;
        alarms::note_crossings(&mut transaction, &crossings, now).await?;
        opened::keep_openings(&mut transaction, steps, &made).await?;
        shadow::note_judged(&mut transaction, steps, &made, now).await?;
        receive::settle_early(&mut transaction, steps, &made, now).await?;
        // A step that was refused for the day's other reminders, or because of what would have gone with
        // it, leaves its message with the worker; it is let go so that it is judged again at once.
        for (step, made) in steps.iter().zip(&made) {
            if !made && (step.reminders_today.is_some() || together::is_shared(step)) {
                claim::let_go_of(&mut transaction, &step.facility, step.id, step.fence).await?;
            }
        }
        transaction.commit().await.map_err(failed)?;
        Ok(Committed { made, crossings })
    }
}

/// Refuses reminders whose person got another visit's reminder since they were judged, in another
/// batch or in this one.
async fn forbid_second_reminders(
    db: &mut SqliteConnection,
    steps: &[Transition],
    wanted: &mut [bool],
    day: (Instant, Instant),
) -> Result<()> {
    let batch: Vec<Value> = steps
        .iter()
        .enumerate()
        .filter(|(_, step)| step.reminders_today.is_some())
        .map(|(place, step)| json!([place, step.facility.as_str(), step.id.to_string()]))
        .collect();
    if batch.is_empty() {
        return Ok(());
    }
    let rows =
        sqlx::query(concat!(
        "SELECT j.value ->> 0, m.facility || ' ' || m.patient || ' ' || m.recipient, m.appointment,
           (SELECT count(DISTINCT o.appointment) FROM message o
            WHERE o.facility = m.facility AND o.patient = m.patient AND o.reminder
              AND o.sent_at >= ?2 AND o.sent_at < ?3 AND o.appointment <> m.appointment
              AND o.recipient = m.recipient
              AND o.state IN ('sending', 'sent', 'unknown', 'delivered')", claim::told_with!(), ")
         FROM jsonb_each(?1) j CROSS JOIN message m
           ON m.facility = j.value ->> 1 AND m.id = j.value ->> 2
         ORDER BY j.key",
    ))
        .bind(Value::Array(batch).to_string())
        .bind(millis(day.0))
        .bind(millis(day.1))
        .fetch_all(&mut *db)
        .await
        .map_err(failed)?;
    let mut people: HashMap<&str, (&str, Option<MessageId>)> = HashMap::new();
    for row in &rows {
        let place: u32 = row.try_get(0).map_err(failed)?;
        let (Some(step), Some(wanted)) =
            (steps.get(place as usize), wanted.get_mut(place as usize))
        else {
            continue;
        };
        let person: &str = row.try_get(1).map_err(failed)?;
        let appointment: &str = row.try_get(2).map_err(failed)?;
        let now: u32 = row.try_get(3).map_err(failed)?;
        let carrier = together::carrier(step);
        let other = people.get(person).is_some_and(|(other, with)| {
            *other != appointment && (carrier.is_none() || *with != carrier)
        });
        if step.reminders_today != Some(now) || other {
            *wanted = false;
        } else if *wanted {
            people.insert(person, (appointment, carrier));
        }
    }
    Ok(())
}

/// Moves the messages whose worker still holds them; tells of each that was moved whether it has a
/// charge in the ledger.
///
/// There are three ways, because SQLite touches each index over a column that a statement sets, whether
/// the value changes or not.
async fn update(
    db: &mut SqliteConnection,
    steps: &[Transition],
    wanted: &[bool],
    now: Instant,
) -> Result<Vec<Option<bool>>> {
    let (mut handed, mut answered, mut put) = (Vec::new(), Vec::new(), Vec::new());
    for (step, _) in steps.iter().zip(wanted).filter(|(_, wanted)| **wanted) {
        let waits = matches!(step.to, State::Planned | State::Held);
        if let Some(handover) = step.handover.as_deref() {
            handed.push(Handed::new(step, handover, now));
        } else if step.from == State::Sending && !waits {
            let mut of = Move::new(step);
            if step.to == State::Sending {
                of.lease.get_or_insert(millis(now));
            }
            answered.push(of);
        } else {
            put.push(Put::new(step, waits));
        }
    }
    let mut made = HashMap::with_capacity(steps.len());
    let mut numbers: Vec<i64> = Vec::with_capacity(steps.len());
    for (statement, batch) in [
        (HANDED, (!handed.is_empty()).then(|| to_json(&handed))),
        (ANSWERED, (!answered.is_empty()).then(|| to_json(&answered))),
        (PUT, (!put.is_empty()).then(|| to_json(&put))),
    ] {
        let Some(batch) = batch else { continue };
        let rows = sqlx::query(statement)
            .bind(batch)
            .bind(millis(now))
            .fetch_all(&mut *db)
            .await
            .map_err(failed)?;
        for row in &rows {
            let facility: &str = row.try_get(0).map_err(failed)?;
            let facility = FacilityId::new(facility);
            let id: MessageId = rows::parse(row.try_get(1).map_err(failed)?)?;
            let charged: bool = row.try_get(2).map_err(failed)?;
            numbers.push(row.try_get(3).map_err(failed)?);
            made.insert((facility, id), charged);
        }
    }
    // What comes so far is no suspect, whether it was said or not.
    claim::clear(db, &numbers).await?;
    Ok(steps
        .iter()
        .zip(wanted)
        .map(|(step, wanted)| {
            let made = made.get(&(step.facility.clone(), step.id)).copied();
            made.filter(|_| *wanted)
        })
        .collect())
}

/// A statement that moves messages: what it sets, from a JSON array of steps.
macro_rules! moves {
    ($set:literal) => {
        concat!(
            "UPDATE message SET updated = ?2, ",
            $set,
            " FROM jsonb_each(?1) j
             WHERE message.facility = j.value ->> 'facility' AND message.id = j.value ->> 'id'
               AND message.fence = j.value ->> 'fence' AND message.state = j.value ->> 'from'
             RETURNING message.facility, message.id, message.charged, message.number"
        )
    };
}

/// To `sending`, with what goes where.
const HANDED: &str = moves!(
    "state = 'sending', reason = j.value ->> 'reason', kept = NULL,
     decided_by = j.value ->> 'policy', decided_line = j.value ->> 'line',
     lease = j.value ->> 'lease', generation = j.value ->> 'generation',
     gateway = j.value ->> 'gateway', via = coalesce(j.value ->> 'via', via),
     address = j.value ->> 'address', subject = coalesce(j.value ->> 'subject', subject),
     text = j.value ->> 'text', encoding = coalesce(j.value ->> 'encoding', encoding),
     segments = j.value ->> 'segments', credits = j.value ->> 'credits',
     charged = charged OR j.value ->> 'charged', minute = coalesce(j.value ->> 'minute', minute),
     carrier = j.value ->> 'carrier', place = j.value ->> 'place',
     attempts = attempts + 1, sent_at = ?2"
);

/// From `sending`, to where it doesn't come back from, or to wait for the answer.
const ANSWERED: &str = moves!(
    "state = j.value ->> 'state', reason = j.value ->> 'reason',
     decided_by = j.value ->> 'policy', decided_line = j.value ->> 'line',
     lease = coalesce(j.value ->> 'lease', 0),
     gateway_id = coalesce(j.value ->> 'gateway_id', gateway_id),
     attempts = attempts - (j.value ->> 'forgiven'),
     credits = CASE WHEN j.value ->> 'state' IN ('failed', 'expired') THEN '0' ELSE credits END"
);

/// Anything else: it waits, or comes to its end without having been handed over.
const PUT: &str = moves!(
    "state = j.value ->> 'state', reason = j.value ->> 'reason', kept = j.value ->> 'kept',
     decided_by = j.value ->> 'policy', decided_line = j.value ->> 'line',
     due = coalesce(j.value ->> 'due', due), due_civil = coalesce(j.value ->> 'due_civil', due_civil),
     lease = coalesce(j.value ->> 'lease', 0), generation = coalesce(j.value ->> 'generation', generation),
     attempts = attempts - (j.value ->> 'forgiven'),
     sent_at = CASE WHEN j.value ->> 'waits' THEN NULL ELSE sent_at END,
     credits = CASE WHEN j.value ->> 'state' IN ('planned', 'held', 'failed', 'expired') THEN '0' ELSE credits END"
);

/// What a step to any state tells.
#[derive(Serialize)]
struct Move<'a> {
    facility: &'a str,
    id: MessageId,
    fence: i64,
    from: &'a str,
    state: &'a str,
    reason: Option<&'a str>,
    policy: Option<&'a str>,
    line: Option<u32>,
    lease: Option<i64>,
    generation: Option<&'a str>,
    gateway_id: Option<&'a str>,
    /// How many attempts don't count: a gateway that only asked to wait gives one back.
    forgiven: u8,
}

impl<'a> Move<'a> {
    fn new(step: &'a Transition) -> Self {
        Self {
            facility: step.facility.as_str(),
            id: step.id,
            fence: step.fence,
            from: step.from.name(),
            state: step.to.name(),
            reason: step.reason.as_deref(),
            policy: step.origin.as_ref().map(|origin| &*origin.policy),
            line: step.origin.as_ref().map(|origin| origin.line),
            lease: step.lease.map(millis),
            generation: step.generation.as_deref(),
            gateway_id: step.gateway_id.as_deref(),
            forgiven: u8::from(step.forgive_attempt),
        }
    }
}

#[derive(Serialize)]
struct Handed<'a> {
    #[serde(flatten)]
    of: Move<'a>,
    gateway: &'a str,
    via: Option<&'a str>,
    address: &'a str,
    subject: Option<&'a str>,
    text: &'a str,
    encoding: Option<&'a str>,
    segments: u32,
    credits: Decimal,
    charged: bool,
    minute: Option<Decimal>,
    carrier: Option<MessageId>,
    place: Option<u32>,
}

impl<'a> Handed<'a> {
    fn new(step: &'a Transition, handover: &'a Handover, now: Instant) -> Self {
        let mut of = Move::new(step);
        of.lease.get_or_insert(millis(now));
        Self {
            of,
            gateway: &handover.gateway,
            via: handover.via.map(ChannelKind::name),
            address: &handover.address,
            subject: handover.subject.as_deref(),
            text: &handover.text,
            encoding: handover.encoding.map(SmsEncoding::name),
            segments: handover.segments,
            credits: handover.credits,
            charged: credits::pays(step),
            minute: handover.minute,
            carrier: handover.shared.map(|shared| shared.carrier),
            place: handover.shared.map(|shared| shared.place),
        }
    }
}

#[derive(Serialize)]
struct Put<'a> {
    #[serde(flatten)]
    of: Move<'a>,
    kept: Option<&'a str>,
    due: Option<i64>,
    due_civil: Option<String>,
    waits: bool,
}

impl<'a> Put<'a> {
    fn new(step: &'a Transition, waits: bool) -> Self {
        Self {
            of: Move::new(step),
            kept: (step.fault && step.to == State::Held).then_some("check"),
            due: step.due.map(|(due, _)| millis(due)),
            due_civil: step.due.map(|(_, civil)| civil.to_string()),
            waits,
        }
    }
}

/// Settles what was reserved for messages that came to their answer.
async fn settle(
    db: &mut SqliteConnection,
    steps: &[Transition],
    updated: &[Option<bool>],
    now: Instant,
) -> Result<()> {
    let mut answered: BTreeMap<&str, Vec<(String, Posting)>> = BTreeMap::new();
    for (step, charged) in steps.iter().zip(updated) {
        if *charged == Some(true)
            && step.from == State::Sending
            && let Some(posting) = credits::settlement(step.to)
        {
            let of = answered.entry(step.facility.as_str()).or_default();
            of.push((step.id.to_string(), posting));
        }
    }
    for (facility, messages) in answered {
        credits::settle(db, facility, &messages, now).await?;
    }
    Ok(())
}

/// Adds the steps that were made to their messages' stories.
async fn tell(
    db: &mut SqliteConnection,
    steps: &[Transition],
    made: &[bool],
    now: Instant,
) -> Result<()> {
    let made = steps.iter().zip(made).filter(|(_, made)| **made);
    let lines: Vec<Line<'_>> = made
        .flat_map(|(step, _)| step.story.iter().map(move |told| Line::new(step, told)))
        .collect();
    write_story(db, &lines, now).await
}

/// A line of a story: whose, and the step as JSON.
#[derive(Serialize)]
pub(super) struct Line<'a>(&'a str, MessageId, String);

impl<'a> Line<'a> {
    pub(super) fn new(of: &'a Transition, told: &Step) -> Self {
        Self(of.facility.as_str(), of.id, to_json(told))
    }
}

/// Our own types have no maps with keys that JSON doesn't know, the one thing that could fail.
fn to_json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// Adds lines to stories, in their order, which the join keeps.
pub(super) async fn write_story(
    db: &mut SqliteConnection,
    lines: &[Line<'_>],
    now: Instant,
) -> Result<()> {
    if lines.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "INSERT INTO story (message, at, step)
         SELECT m.number, ?2, j.value ->> 2
         FROM jsonb_each(?1) j CROSS JOIN message m
           ON m.facility = j.value ->> 0 AND m.id = j.value ->> 1",
    )
    .bind(to_json(&lines))
    .bind(millis(now))
    .execute(&mut *db)
    .await
    .map_err(failed)?;
    Ok(())
}

/// Adds one step to the stories of messages, by the numbers of their rows.
pub(super) async fn append_to_all(
    db: &mut SqliteConnection,
    numbers: &[i64],
    at: i64,
    step: &Step,
) -> Result<()> {
    sqlx::query("INSERT INTO story (message, at, step) SELECT value, ?2, ?3 FROM json_each(?1)")
        .bind(serde_json::json!(numbers).to_string())
        .bind(at)
        .bind(to_json(step))
        .execute(&mut *db)
        .await
        .map_err(failed)?;
    Ok(())
}

/// Adds one step to a message's story.
pub(super) async fn append(
    db: &mut SqliteConnection,
    facility: &str,
    id: &str,
    at: i64,
    step: &Step,
) -> Result<()> {
    sqlx::query(
        "INSERT INTO story (message, at, step)
         SELECT number, ?3, ?4 FROM message WHERE facility = ?1 AND id = ?2",
    )
    .bind(facility)
    .bind(id)
    .bind(at)
    .bind(to_json(step))
    .execute(&mut *db)
    .await
    .map_err(failed)?;
    Ok(())
}
