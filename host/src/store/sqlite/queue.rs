//! The queue: messages are taken for a while, judged, and moved on in one transaction a batch.
//!
//! Batches go to SQLite as one JSON array each: a statement for each message would cost more than
//! the message.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use rappel_core::channel::ChannelKind;
use rappel_core::civil::Instant;
use rappel_core::facts::{Location, Resource, Service, Visit};
use rappel_core::ids::{FacilityId, MessageId};
use rappel_core::store::{Claimed, Lane, Result, Step, Transition};
use serde_json::{Value, json};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use super::{SqliteStore, failed, millis, receive, rows};

/// The columns of a claim behind those of its message.
macro_rules! claim_columns {
    () => {
        concat!(
            rows::message_columns!(),
            ", m.fence, m.strikes, a.data, p.data, r.data, s.data, l.data,
               r.id, s.id, l.id,
               CASE WHEN m.reminder THEN (
                 SELECT count(DISTINCT o.appointment) FROM message o
                 WHERE o.facility = m.facility AND o.patient = m.patient AND o.reminder
                   AND o.sent_at >= ?3 AND o.sent_at < ?4 AND o.appointment <> m.appointment
                   AND o.recipient = m.recipient
                   AND o.state IN ('sending', 'sent', 'unknown', 'delivered')
               ) ELSE 0 END,
               (SELECT group_concat(o.channel) FROM message o
                 WHERE o.facility = m.facility AND o.appointment = m.appointment
                   AND o.patient = m.patient AND o.kind = m.kind AND o.recipient = m.recipient
                   AND o.channel <> m.channel
                   AND CASE WHEN m.notice THEN o.created = m.created
                     ELSE o.visit_start IS m.visit_start END
                   AND o.state IN ('planned', 'held', 'sending', 'sent', 'unknown', 'delivered'))"
        )
    };
}

/// Where a claim finds its facts.
macro_rules! claim_joins {
    () => {
        " FROM message m
          LEFT JOIN appointment a ON a.facility = m.facility AND a.id = m.appointment
          LEFT JOIN record p ON p.facility = m.facility AND p.kind = 'patient'
            AND p.id = CASE WHEN m.patient = '' THEN a.patient ELSE m.patient END
          LEFT JOIN record r ON r.facility = m.facility AND r.kind = 'resource' AND r.id = a.resource
          LEFT JOIN record s ON s.facility = m.facility AND s.kind = 'service' AND s.id = a.service
          LEFT JOIN record l ON l.facility = m.facility AND l.kind = 'location' AND l.id = a.location "
    };
}

const DUE: &str =
    concat!(
    "SELECT ", claim_columns!(), claim_joins!(),
    "WHERE m.facility = ?1 AND m.channel = ?2 AND m.state IN ('planned', 'held') AND m.urgent = ?7
       AND m.due <= ?5 AND m.lease <= ?5 ORDER BY m.due LIMIT ?6"
);

const ABANDONED: &str = concat!(
    "SELECT ",
    claim_columns!(),
    claim_joins!(),
    "WHERE m.facility = ?1 AND ?2 = ?2 AND m.lease > 0 AND m.lease <= ?5 AND m.state = 'sending' LIMIT ?6"
);

/// How many abandoned messages are taken at a time.
const ABANDONED_BATCH: u32 = 500;

/// How often a message may be taken without coming to a judgement before it is set aside: once with
/// its batch, which blames nobody, and twice alone. A host that is killed from outside just when it
/// takes a message leaves the same trace, so once alone proves nothing.
const STRIKES: i64 = 3;

impl SqliteStore {
    pub(super) async fn claim_due(
        &self,
        lane: &Lane,
        now: Instant,
        day: (Instant, Instant),
        limit: u32,
        lease: Instant,
    ) -> Result<Vec<Claimed>> {
        let mut transaction = self.write_lightly().await?;
        let claimed = loop {
            let found = find_due(&mut transaction, lane, now, day, limit).await?;
            let mut taken: Vec<SqliteRow> = Vec::with_capacity(found.len());
            let mut set_aside = false;
            for row in found {
                match row
                    .try_get::<i64, _>(rows::MESSAGE_COLUMNS + 1)
                    .map_err(failed)?
                {
                    0 => taken.push(row),
                    strikes if strikes >= STRIKES => {
                        give_up(&mut transaction, &lane.facility, &row, now).await?;
                        set_aside = true;
                    }
                    // It goes alone, in its turn, so that no other is blamed.
                    _ if taken.is_empty() => {
                        taken.push(row);
                        break;
                    }
                    _ => break,
                }
            }
            if !taken.is_empty() || !set_aside {
                break Facts::default().claims(&taken)?;
            }
        };
        mark(&mut transaction, &lane.facility, &claimed, lease).await?;
        transaction.commit().await.map_err(failed)?;
        Ok(claimed.into_iter().map(taken).collect())
    }

    pub(super) async fn claim_abandoned(
        &self,
        facility: &FacilityId,
        now: Instant,
        day: (Instant, Instant),
        lease: Instant,
        all: bool,
    ) -> Result<Vec<Claimed>> {
        let mut transaction = self.write_lightly().await?;
        if all {
            // Under way, the earliest time there is stands for a lease that is over.
            sqlx::query(
                "UPDATE message SET fence = fence + 1,
                   lease = CASE state WHEN 'sending' THEN 1 ELSE 0 END
                 WHERE facility = ?1 AND lease > 0",
            )
            .bind(facility.as_str())
            .execute(&mut *transaction)
            .await
            .map_err(failed)?;
        }
        let rows = sqlx::query(ABANDONED)
            .bind(facility.as_str())
            .bind("")
            .bind(millis(day.0))
            .bind(millis(day.1))
            .bind(millis(now))
            .bind(ABANDONED_BATCH)
            .fetch_all(&mut *transaction)
            .await
            .map_err(failed)?;
        let claimed = Facts::default().claims(&rows)?;
        mark(&mut transaction, facility, &claimed, lease).await?;
        transaction.commit().await.map_err(failed)?;
        Ok(claimed.into_iter().map(taken).collect())
    }

    pub(super) async fn commit_steps(
        &self,
        steps: &[Transition],
        now: Instant,
        day: (Instant, Instant),
    ) -> Result<Vec<bool>> {
        let mut transaction = self.write().await?;
        let mut wanted: Vec<bool> = steps
            .iter()
            .map(|step| step.from.may_become(step.to))
            .collect();
        forbid_second_reminders(&mut transaction, steps, &mut wanted, day).await?;
        let made = update(&mut transaction, steps, &wanted, now).await?;
        tell(&mut transaction, steps, &made, now).await?;
        receive::settle_early(&mut transaction, steps, &made, now).await?;
        // A step that was refused for the day's other reminders leaves its message with the worker;
        // it is let go so that it is judged again at once.
        for (step, made) in steps.iter().zip(&made) {
            if !made && step.reminders_today.is_some() {
                let_go_of(&mut transaction, &step.facility, step.id, step.fence).await?;
            }
        }
        transaction.commit().await.map_err(failed)?;
        Ok(made)
    }

    pub(super) async fn absolve(
        &self,
        facility: &FacilityId,
        held: &[(MessageId, i64)],
    ) -> Result<()> {
        if held.is_empty() {
            return Ok(());
        }
        let held: Vec<Value> = held
            .iter()
            .map(|(id, fence)| json!([id.to_string(), fence]))
            .collect();
        let mut transaction = self.write_lightly().await?;
        sqlx::query(
            "UPDATE message SET strikes = 0 FROM json_each(?2) j
             WHERE facility = ?1 AND message.id = j.value ->> 0 AND fence = j.value ->> 1",
        )
        .bind(facility.as_str())
        .bind(Value::Array(held).to_string())
        .execute(&mut *transaction)
        .await
        .map_err(failed)?;
        transaction.commit().await.map_err(failed)
    }

    pub(super) async fn let_go(
        &self,
        facility: &FacilityId,
        held: &[(MessageId, i64)],
    ) -> Result<()> {
        let mut transaction = self.write_lightly().await?;
        for (id, fence) in held {
            let_go_of(&mut transaction, facility, *id, *fence).await?;
        }
        transaction.commit().await.map_err(failed)
    }
}

/// Rows that are due and that nobody holds, in their order.
async fn find_due(
    db: &mut SqliteConnection,
    lane: &Lane,
    now: Instant,
    day: (Instant, Instant),
    limit: u32,
) -> Result<Vec<SqliteRow>> {
    let mut found = Vec::new();
    for urgent in [true, false] {
        let room = limit.saturating_sub(u32::try_from(found.len()).unwrap_or(u32::MAX));
        if room == 0 {
            break;
        }
        let rows = sqlx::query(DUE)
            .bind(lane.facility.as_str())
            .bind(lane.channel.name())
            .bind(millis(day.0))
            .bind(millis(day.1))
            .bind(millis(now))
            .bind(room)
            .bind(urgent)
            .fetch_all(&mut *db)
            .await
            .map_err(failed)?;
        found.extend(rows);
    }
    Ok(found)
}

/// Sets a message aside that stopped its worker again and again.
async fn give_up(
    db: &mut SqliteConnection,
    facility: &FacilityId,
    row: &SqliteRow,
    now: Instant,
) -> Result<()> {
    const REASON: &str = "set aside: each time it was handled, the host stopped; please report it";
    let id: &str = row.try_get(1).map_err(failed)?;
    sqlx::query(
        "UPDATE message SET state = 'failed', reason = ?3, updated = ?4, lease = 0
         WHERE facility = ?1 AND id = ?2",
    )
    .bind(facility.as_str())
    .bind(id)
    .bind(REASON)
    .bind(millis(now))
    .execute(&mut *db)
    .await
    .map_err(failed)?;
    let step = Step::Recovered {
        reason: REASON.into(),
    };
    append(db, facility.as_str(), id, millis(now), &step).await
}

async fn let_go_of(
    db: &mut SqliteConnection,
    facility: &FacilityId,
    id: MessageId,
    fence: i64,
) -> Result<()> {
    sqlx::query(
        "UPDATE message SET lease = 0, strikes = 0
         WHERE facility = ?1 AND id = ?2 AND fence = ?3 AND state IN ('planned', 'held')",
    )
    .bind(facility.as_str())
    .bind(id.to_string())
    .bind(fence)
    .execute(&mut *db)
    .await
    .map_err(failed)?;
    Ok(())
}

/// Marks messages as taken.
async fn mark(
    db: &mut SqliteConnection,
    facility: &FacilityId,
    claimed: &[Claimed],
    lease: Instant,
) -> Result<()> {
    if claimed.is_empty() {
        return Ok(());
    }
    let ids: Vec<String> = claimed
        .iter()
        .map(|claim| claim.message.id.to_string())
        .collect();
    sqlx::query(
        "UPDATE message SET lease = ?3, fence = fence + 1, strikes = strikes + 1
         WHERE facility = ?1 AND id IN (SELECT value FROM json_each(?2))",
    )
    .bind(facility.as_str())
    .bind(json!(ids).to_string())
    .bind(millis(lease))
    .execute(&mut *db)
    .await
    .map_err(failed)?;
    Ok(())
}

/// A claim with the fence that [`mark`] gave it.
fn taken(mut claim: Claimed) -> Claimed {
    claim.fence += 1;
    claim
}

/// Facts of a batch: messages of one practitioner share theirs.
#[derive(Default)]
struct Facts {
    resources: HashMap<String, Arc<Resource>>,
    services: HashMap<String, Arc<Service>>,
    locations: HashMap<String, Arc<Location>>,
}

impl Facts {
    fn claims(mut self, rows: &[SqliteRow]) -> Result<Vec<Claimed>> {
        rows.iter().map(|row| self.claim(row)).collect()
    }

    fn claim(&mut self, row: &SqliteRow) -> Result<Claimed> {
        const AT: usize = rows::MESSAGE_COLUMNS;
        let text = |index: usize| row.try_get::<Option<&str>, _>(AT + index).map_err(failed);
        Ok(Claimed {
            message: rows::message(row)?,
            fence: row.try_get(AT).map_err(failed)?,
            visit: Visit {
                appointment: rows::fact(text(2)?)?,
                patient: rows::fact(text(3)?)?,
                resource: shared(&mut self.resources, text(7)?, text(4)?)?,
                service: shared(&mut self.services, text(8)?, text(5)?)?,
                location: shared(&mut self.locations, text(9)?, text(6)?)?,
            },
            reminders_today: row.try_get(AT + 10).map_err(failed)?,
            other_channels: text(11)?
                .into_iter()
                .flat_map(|channels| channels.split(','))
                .map(rows::parse::<ChannelKind>)
                .collect::<Result<_>>()?,
        })
    }
}

fn shared<T: for<'de> serde::Deserialize<'de>>(
    known: &mut HashMap<String, Arc<T>>,
    id: Option<&str>,
    data: Option<&str>,
) -> Result<Option<Arc<T>>> {
    let Some(id) = id else { return Ok(None) };
    if let Some(fact) = known.get(id) {
        return Ok(Some(fact.clone()));
    }
    let fact = rows::fact(data)?;
    if let Some(fact) = &fact {
        known.insert(id.to_string(), Arc::clone(fact));
    }
    Ok(fact)
}

/// Refuses reminders whose person got another visit's reminder since they were judged, in another
/// batch or in this one.
async fn forbid_second_reminders(
    db: &mut SqliteConnection,
    steps: &[Transition],
    wanted: &mut [bool],
    day: (Instant, Instant),
) -> Result<()> {
    let mut people: HashMap<String, String> = HashMap::new();
    for (step, wanted) in steps.iter().zip(wanted) {
        let Some(expected) = step.reminders_today else {
            continue;
        };
        let row = sqlx::query(
            "SELECT m.patient || ' ' || m.recipient, m.appointment,
               (SELECT count(DISTINCT o.appointment) FROM message o
                WHERE o.facility = m.facility AND o.patient = m.patient AND o.reminder
                  AND o.sent_at >= ?3 AND o.sent_at < ?4 AND o.appointment <> m.appointment
                  AND o.recipient = m.recipient
                  AND o.state IN ('sending', 'sent', 'unknown', 'delivered'))
             FROM message m WHERE m.facility = ?1 AND m.id = ?2",
        )
        .bind(step.facility.as_str())
        .bind(step.id.to_string())
        .bind(millis(day.0))
        .bind(millis(day.1))
        .fetch_optional(&mut *db)
        .await
        .map_err(failed)?;
        let Some(row) = row else { continue };
        let person: String = row.try_get(0).map_err(failed)?;
        let appointment: String = row.try_get(1).map_err(failed)?;
        let now: u32 = row.try_get(2).map_err(failed)?;
        let other = people
            .get(&person)
            .is_some_and(|other| *other != appointment);
        if now != expected || other {
            *wanted = false;
        } else if *wanted {
            people.insert(person, appointment);
        }
    }
    Ok(())
}

/// Moves the messages whose worker still holds them; tells which were moved.
async fn update(
    db: &mut SqliteConnection,
    steps: &[Transition],
    wanted: &[bool],
    now: Instant,
) -> Result<Vec<bool>> {
    let batch: Vec<Value> = steps
        .iter()
        .zip(wanted)
        .filter(|(_, wanted)| **wanted)
        .map(|(step, _)| row_of(step, now))
        .collect();
    if batch.is_empty() {
        return Ok(vec![false; steps.len()]);
    }
    let rows = sqlx::query(
        "UPDATE message SET
           state = j.value ->> 4,
           reason = j.value ->> 5,
           policy = coalesce(j.value ->> 6, policy),
           line = coalesce(j.value ->> 7, line),
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
           credits = coalesce(j.value ->> 19, credits),
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
         RETURNING message.facility, message.id",
    )
    .bind(Value::Array(batch).to_string())
    .fetch_all(&mut *db)
    .await
    .map_err(failed)?;
    let mut made = HashSet::with_capacity(rows.len());
    for row in &rows {
        let facility: &str = row.try_get(0).map_err(failed)?;
        let id: MessageId = rows::parse(row.try_get(1).map_err(failed)?)?;
        made.insert((facility, id));
    }
    Ok(steps
        .iter()
        .zip(wanted)
        .map(|(step, wanted)| *wanted && made.contains(&(step.facility.as_str(), step.id)))
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
    ])
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
        for (order, entry) in step.story.iter().enumerate() {
            let text = serde_json::to_string(entry).unwrap_or_default();
            entries.push(json!([
                step.facility.as_str(),
                step.id.to_string(),
                order,
                text
            ]));
        }
    }
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
