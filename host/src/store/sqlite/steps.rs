//! Steps: claimed messages are moved on, a batch in one transaction.
//!
//! A batch goes to SQLite as one JSON array: a statement for each message would cost more than the
//! message.

use std::collections::{BTreeMap, HashMap};

use rappel_core::channel::ChannelKind;
use rappel_core::civil::Instant;
use rappel_core::ids::MessageId;
use rappel_core::message::State;
use rappel_core::store::{Committed, Posting, Result, Step, Transition};
use serde_json::{Value, json};
use sqlx::{Row, SqliteConnection};

use super::{SqliteStore, answers, claim, credits, failed, millis, receive, rows};

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
        forbid_second_reminders(&mut transaction, steps, &mut wanted, day).await?;
        // Nothing is reserved for what its address refuses.
        answers::hold_back_suppressed(&mut transaction, hasher, steps, &mut wanted, now).await?;
        let crossings = credits::reserve(&mut transaction, steps, &mut wanted, now).await?;
        let updated = update(&mut transaction, steps, &wanted, now).await?;
        let made: Vec<bool> = updated.iter().map(Option::is_some).collect();
        settle(&mut transaction, steps, &updated, now).await?;
        tell(&mut transaction, steps, &made, now).await?;
        answers::keep_links(&mut transaction, steps, &made).await?;
        receive::settle_early(&mut transaction, steps, &made, now).await?;
        // A step that was refused for the day's other reminders leaves its message with the worker;
        // it is let go so that it is judged again at once.
        for (step, made) in steps.iter().zip(&made) {
            if !made && step.reminders_today.is_some() {
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
    let rows = sqlx::query(
        "SELECT j.value ->> 0, m.facility || ' ' || m.patient || ' ' || m.recipient, m.appointment,
           (SELECT count(DISTINCT o.appointment) FROM message o
            WHERE o.facility = m.facility AND o.patient = m.patient AND o.reminder
              AND o.sent_at >= ?2 AND o.sent_at < ?3 AND o.appointment <> m.appointment
              AND o.recipient = m.recipient
              AND o.state IN ('sending', 'sent', 'unknown', 'delivered'))
         FROM json_each(?1) j CROSS JOIN message m
           ON m.facility = j.value ->> 1 AND m.id = j.value ->> 2
         ORDER BY j.key",
    )
    .bind(Value::Array(batch).to_string())
    .bind(millis(day.0))
    .bind(millis(day.1))
    .fetch_all(&mut *db)
    .await
    .map_err(failed)?;
    let mut people: HashMap<&str, &str> = HashMap::new();
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
        let other = people
            .get(person)
            .is_some_and(|other| *other != appointment);
        if step.reminders_today != Some(now) || other {
            *wanted = false;
        } else if *wanted {
            people.insert(person, appointment);
        }
    }
    Ok(())
}

/// Moves the messages whose worker still holds them; tells of each that was moved whether it has a
/// charge in the ledger.
async fn update(
    db: &mut SqliteConnection,
    steps: &[Transition],
    wanted: &[bool],
    now: Instant,
) -> Result<Vec<Option<bool>>> {
    let batch: Vec<Value> = steps
        .iter()
        .zip(wanted)
        .filter(|(_, wanted)| **wanted)
        .map(|(step, _)| row_of(step, now))
        .collect();
    if batch.is_empty() {
        return Ok(vec![None; steps.len()]);
    }
    let rows = sqlx::query(
        "UPDATE message SET
           state = j.value ->> 4,
           reason = j.value ->> 5,
           kept = j.value ->> 23,
           decided_by = j.value ->> 6,
           decided_line = j.value ->> 7,
           due = coalesce(j.value ->> 8, due),
           due_civil = coalesce(j.value ->> 9, due_civil),
           lease = coalesce(j.value ->> 10, CASE j.value ->> 4 WHEN 'sending' THEN j.value ->> 22 ELSE 0 END),
           generation = coalesce(j.value ->> 11, generation),
           gateway = coalesce(j.value ->> 12, gateway),
           via = coalesce(j.value ->> 13, via),
           address = coalesce(j.value ->> 14, address),
           subject = coalesce(j.value ->> 15, subject),
           text = coalesce(j.value ->> 16, text),
           encoding = coalesce(j.value ->> 17, encoding),
           segments = coalesce(j.value ->> 18, segments),
           credits = coalesce(j.value ->> 19,
             CASE WHEN j.value ->> 4 IN ('planned', 'held', 'failed', 'expired') THEN '0' ELSE credits END),
           charged = coalesce(j.value ->> 24, charged),
           minute = coalesce(j.value ->> 25, minute),
           gateway_id = coalesce(j.value ->> 20, gateway_id),
           attempts = attempts + (j.value ->> 21),
           sent_at = CASE
             WHEN j.value ->> 12 IS NOT NULL THEN j.value ->> 22
             WHEN j.value ->> 4 IN ('planned', 'held') THEN NULL
             ELSE sent_at END,
           updated = j.value ->> 22,
           strikes = 0
         FROM json_each(?1) j
         WHERE message.facility = j.value ->> 0 AND message.id = j.value ->> 1
           AND message.fence = j.value ->> 2 AND message.state = j.value ->> 3
         RETURNING message.facility, message.id, message.charged",
    )
    .bind(Value::Array(batch).to_string())
    .fetch_all(&mut *db)
    .await
    .map_err(failed)?;
    let mut made = HashMap::with_capacity(rows.len());
    for row in &rows {
        let facility: &str = row.try_get(0).map_err(failed)?;
        let id: MessageId = rows::parse(row.try_get(1).map_err(failed)?)?;
        let charged: bool = row.try_get(2).map_err(failed)?;
        made.insert((facility, id), charged);
    }
    Ok(steps
        .iter()
        .zip(wanted)
        .map(|(step, wanted)| {
            let made = made.get(&(step.facility.as_str(), step.id)).copied();
            made.filter(|_| *wanted)
        })
        .collect())
}

fn row_of(step: &Transition, now: Instant) -> Value {
    let handover = step.handover.as_deref();
    // Handing over counts an attempt; a gateway that only asked to wait gives it back.
    let attempts = i32::from(handover.is_some()) - i32::from(step.forgive_attempt);
    json!([
        step.facility.as_str(),
        step.id.to_string(),
        step.fence,
        step.from.name(),
        step.to.name(),
        step.reason,
        step.origin.as_ref().map(|origin| &origin.policy),
        step.origin.as_ref().map(|origin| origin.line),
        step.due.map(|(due, _)| millis(due)),
        step.due.map(|(_, civil)| civil.to_string()),
        step.lease.map(millis),
        step.generation,
        handover.map(|handover| &handover.gateway),
        handover
            .and_then(|handover| handover.via)
            .map(ChannelKind::name),
        handover.map(|handover| &handover.address),
        handover.and_then(|handover| handover.subject.as_ref()),
        handover.map(|handover| &handover.text),
        handover
            .and_then(|handover| handover.encoding)
            .map(|encoding| encoding.name()),
        handover.map(|handover| handover.segments),
        handover.map(|handover| handover.credits.to_string()),
        step.gateway_id,
        attempts,
        millis(now),
        (step.fault && step.to == State::Held).then_some("check"),
        credits::pays(step).then_some(1),
        handover
            .and_then(|handover| handover.minute)
            .map(|minute| minute.to_string()),
    ])
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
    let mut entries = Vec::new();
    for (step, made) in steps.iter().zip(made) {
        if !made {
            continue;
        }
        for (order, told) in step.story.iter().enumerate() {
            entries.push(entry(step, order, told));
        }
    }
    write_story(db, entries, now).await
}

/// A line of a story, the `order`th of those that are written with it.
pub(super) fn entry(step: &Transition, order: usize, told: &Step) -> Value {
    let text = serde_json::to_string(told).unwrap_or_default();
    json!([step.facility.as_str(), step.id.to_string(), order, text])
}

/// Adds lines to stories.
pub(super) async fn write_story(
    db: &mut SqliteConnection,
    entries: Vec<Value>,
    now: Instant,
) -> Result<()> {
    if entries.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "INSERT INTO story (facility, message, seq, at, step)
         SELECT j.value ->> 0, j.value ->> 1,
           coalesce((SELECT max(seq) FROM story
             WHERE facility = j.value ->> 0 AND message = j.value ->> 1), 0) + 1 + (j.value ->> 2),
           ?2, j.value ->> 3
         FROM json_each(?1) j",
    )
    .bind(Value::Array(entries).to_string())
    .bind(millis(now))
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
        "INSERT INTO story (facility, message, seq, at, step)
         SELECT ?1, ?2, coalesce(max(seq), 0) + 1, ?3, ?4 FROM story WHERE facility = ?1 AND message = ?2",
    )
    .bind(facility)
    .bind(id)
    .bind(at)
    .bind(serde_json::to_string(step).unwrap_or_default())
    .execute(&mut *db)
    .await
    .map_err(failed)?;
    Ok(())
}
