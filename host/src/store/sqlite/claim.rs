//! Claims: messages are taken for a while, with fresh facts.

use std::collections::HashMap;
use std::sync::Arc;

use rappel_core::alarm::Alarm;
use rappel_core::channel::ChannelKind;
use rappel_core::civil::{Civil, Instant};
use rappel_core::facts::{Location, Resource, Service, Visit};
use rappel_core::ids::{FacilityId, MessageId};
use rappel_core::kind::Kind;
use rappel_core::message::Recipient;
use rappel_core::store::{Claimed, Lane, Result, Step};
use serde_json::{Value, json};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection, SqlitePool};

use super::{SqliteStore, alarms, failed, millis, rows, steps, together};

/// Leaves out, of the reminders `o` that went to a person, those that told of the appointment of `m` in the
/// same message.
macro_rules! told_with {
    () => {
        " AND NOT EXISTS (SELECT 1 FROM message g
            WHERE g.facility = m.facility AND g.appointment = m.appointment AND g.carrier = o.carrier)"
    };
}
pub(super) use told_with;

/// The columns of a claim behind those of its message.
macro_rules! claim_columns {
    () => {
        concat!(
            rows::message_columns!(),
            ", m.fence, coalesce(t.strikes, 0), a.data, p.data, r.data, s.data, l.data,
               r.id, s.id, l.id,
               CASE WHEN m.reminder THEN (
                 SELECT count(DISTINCT o.appointment) FROM message o
                 WHERE o.facility = m.facility AND o.patient = m.patient AND o.reminder
                   AND o.sent_at >= ?3 AND o.sent_at < ?4 AND o.appointment <> m.appointment
                   AND o.recipient = m.recipient
                   AND o.state IN ('sending', 'sent', 'unknown', 'delivered')",
            told_with!(),
            ") ELSE 0 END,
               (SELECT group_concat(o.channel) FROM message o
                 WHERE o.facility = m.facility AND o.appointment = m.appointment
                   AND o.patient = m.patient AND o.kind = m.kind AND o.recipient = m.recipient
                   AND o.channel <> m.channel
                   AND CASE WHEN m.notice THEN o.created = m.created
                     ELSE o.visit_start IS m.visit_start END
                   AND o.state IN ('planned', 'held', 'sending', 'sent', 'unknown', 'delivered')),
               CASE WHEN m.reminder OR m.notice THEN NULL ELSE (
                 SELECT min(n.start) FROM appointment n
                 WHERE n.facility = m.facility AND n.patient = a.patient AND n.open AND n.start > a.start
               ) END,
               CASE WHEN m.reminder OR m.notice THEN 0 ELSE (
                 SELECT count(*) FROM message o
                 WHERE o.facility = m.facility AND o.patient = m.patient AND o.sent_at IS NOT NULL
                   AND o.kind = m.kind AND o.id <> m.id
                   AND o.state IN ('sending', 'sent', 'unknown', 'delivered')
               ) END"
        )
    };
}

/// Where a claim finds its facts.
macro_rules! claim_joins {
    () => {
        " FROM message m
          LEFT JOIN taken t ON t.message = m.number
          LEFT JOIN appointment a ON a.facility = m.facility AND a.id = m.appointment
          LEFT JOIN record p ON p.facility = m.facility AND p.kind = 'patient'
            AND p.id = CASE WHEN m.patient = '' THEN a.patient ELSE m.patient END
          LEFT JOIN record r ON r.facility = m.facility AND r.kind = 'resource'
            AND r.id = CASE m.resource WHEN '' THEN a.resource ELSE m.resource END
          LEFT JOIN record s ON s.facility = m.facility AND s.kind = 'service' AND s.id = a.service
          LEFT JOIN record l ON l.facility = m.facility AND l.kind = 'location' AND l.id = a.location "
    };
}

const DUE: &str =
    concat!(
    "SELECT ", claim_columns!(), claim_joins!(),
    "WHERE m.facility = ?1 AND m.channel = ?2 AND m.state IN ('planned', 'held') AND m.kept IS NOT 'credits' AND m.urgent = ?7
       AND m.due <= ?5 AND m.lease <= ?5 ORDER BY m.due LIMIT ?6"
);

const ABANDONED: &str = concat!(
    "SELECT ",
    claim_columns!(),
    claim_joins!(),
    // What was handed over as one is taken as one.
    "WHERE m.facility = ?1 AND ?2 = ?2 AND m.lease > 0 AND m.lease <= ?5 AND m.state = 'sending'
       AND coalesce(m.carrier, m.id) IN (SELECT coalesce(carrier, id) FROM message
         WHERE facility = ?1 AND lease > 0 AND lease <= ?5 AND state = 'sending' ORDER BY 1 LIMIT ?6)
     ORDER BY coalesce(m.carrier, m.id), m.carrier IS NOT m.id, m.place"
);

/// Messages by the numbers of their rows, in the order of a list of them.
const NUMBERED: &str = concat!(
    "SELECT ",
    claim_columns!(),
    claim_joins!(),
    "JOIN jsonb_each(?2) j ON m.number = j.value WHERE m.facility = ?1 ORDER BY j.key"
);

/// The most appointments that a day's list has.
const MOST_LISTED: u32 = 200;

/// How many abandoned messages are taken at a time.
const ABANDONED_BATCH: u32 = 500;

/// How often a message may be taken without coming to a judgement before it is set aside: once with
/// its batch, which blames nobody, and twice alone. A host that is killed from outside just when it
/// takes a message leaves the same trace, so once alone proves nothing, and a message that was taken
/// alone keeps its lease when the host starts anew: killed again and again within a moment, a host
/// blames no message for it.
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
                break taken;
            }
        };
        mark(&mut transaction, &lane.facility, &claimed, lease).await?;
        for row in &claimed {
            let kind: &str = row.try_get(rows::KIND).map_err(failed)?;
            if kind == Kind::ADMINISTRATOR.as_str() {
                let id = rows::parse(row.try_get(1).map_err(failed)?)?;
                alarms::take_over(&mut transaction, lane.facility.as_str(), id).await?;
            }
        }
        transaction.commit().await.map_err(failed)?;
        self.told_of(&claimed).await
    }

    pub(super) async fn make_due(
        &self,
        facility: &FacilityId,
        (now, civil): (Instant, Civil),
    ) -> Result<u64> {
        let mut transaction = self.write().await?;
        let done = sqlx::query(
            "UPDATE message SET due = ?2, due_civil = ?3
             WHERE facility = ?1 AND kept = 'check' AND state = 'held' AND due > ?2",
        )
        .bind(facility.as_str())
        .bind(millis(now))
        .bind(civil.to_string())
        .execute(&mut *transaction)
        .await
        .map_err(failed)?;
        // What they cost, and whether credits are limited at all, may be otherwise now.
        let unpaid = sqlx::query(
            "UPDATE message SET kept = NULL, cost = NULL
             WHERE facility = ?1 AND kept = 'credits' AND state = 'held'",
        )
        .bind(facility.as_str())
        .execute(&mut *transaction)
        .await
        .map_err(failed)?;
        transaction.commit().await.map_err(failed)?;
        Ok(done.rows_affected() + unpaid.rows_affected())
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
            // Under way, the earliest time there is stands for a lease that is over. What was taken
            // alone or handed over more than once keeps its lease: it may have stopped that host, and
            // the others go first.
            sqlx::query(
                "UPDATE message SET fence = fence + 1,
                   lease = CASE
                     WHEN (SELECT strikes FROM taken WHERE message = number) > 1 OR (state = 'sending' AND attempts > 1) THEN lease
                     WHEN state = 'sending' THEN 1 ELSE 0 END
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
        mark(&mut transaction, facility, &rows, lease).await?;
        transaction.commit().await.map_err(failed)?;
        self.told_of(&rows).await
    }

    pub(super) async fn claim_with(
        &self,
        lane: &Lane,
        claimed: &[MessageId],
        now: Instant,
        day: (Instant, Instant),
        lease: Instant,
    ) -> Result<Vec<(MessageId, Claimed)>> {
        let mut transaction = self.write_lightly().await?;
        let joins = together::find(&mut transaction, lane, claimed, now).await?;
        if joins.is_empty() {
            return Ok(Vec::new());
        }
        let numbers: Vec<i64> = joins.iter().map(|(_, number)| *number).collect();
        let rows = sqlx::query(NUMBERED)
            .bind(lane.facility.as_str())
            .bind(json!(numbers).to_string())
            .bind(millis(day.0))
            .bind(millis(day.1))
            .fetch_all(&mut *transaction)
            .await
            .map_err(failed)?;
        mark(&mut transaction, &lane.facility, &rows, lease).await?;
        transaction.commit().await.map_err(failed)?;
        let carriers = joins.into_iter().map(|(carrier, _)| carrier);
        Ok(carriers.zip(self.told_of(&rows).await?).collect())
    }

    /// What is known of messages that were marked. Others write meanwhile: a fact that changes takes the
    /// message away again.
    async fn told_of(&self, rows: &[SqliteRow]) -> Result<Vec<Claimed>> {
        let mut claimed = Facts::default().claims(rows)?;
        list_days(&self.readers, &mut claimed).await?;
        for claim in &mut claimed {
            let message = &claim.message;
            if message.kind == Kind::ADMINISTRATOR {
                claim.alarms = self.told_by(message.facility.as_str(), message.id).await?;
            }
        }
        Ok(claimed)
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
            "DELETE FROM taken WHERE (message, fence) IN (
               SELECT m.number, j.value ->> 1 FROM json_each(?2) j CROSS JOIN message m
                 ON m.facility = ?1 AND m.id = j.value ->> 0)",
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
        if held.is_empty() {
            return Ok(());
        }
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
        "UPDATE message SET state = 'failed', reason = ?3, decided_by = NULL, decided_line = NULL, updated = ?4,
           lease = 0
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
    steps::append(db, facility.as_str(), id, millis(now), &step).await?;
    let message = rows::message(row)?;
    if message.recipient == Recipient::Administrator {
        return Ok(());
    }
    let alarm = Alarm::set_aside(&message.kind, message.channel);
    alarms::note(db, vec![(facility, alarm, Some(message.id))], now).await
}

/// Takes messages, by the numbers of their rows, from those that haven't come to a judgement.
pub(super) async fn clear(db: &mut SqliteConnection, numbers: &[i64]) -> Result<()> {
    if numbers.is_empty() {
        return Ok(());
    }
    sqlx::query("DELETE FROM taken WHERE message IN (SELECT value FROM json_each(?1))")
        .bind(json!(numbers).to_string())
        .execute(&mut *db)
        .await
        .map_err(failed)?;
    Ok(())
}

pub(super) async fn let_go_of(
    db: &mut SqliteConnection,
    facility: &FacilityId,
    id: MessageId,
    fence: i64,
) -> Result<()> {
    let free: Vec<i64> = sqlx::query_scalar(
        "UPDATE message SET lease = 0
         WHERE facility = ?1 AND id = ?2 AND fence = ?3 AND state IN ('planned', 'held')
         RETURNING number",
    )
    .bind(facility.as_str())
    .bind(id.to_string())
    .bind(fence)
    .fetch_all(&mut *db)
    .await
    .map_err(failed)?;
    clear(db, &free).await
}

/// Marks messages as taken.
async fn mark(
    db: &mut SqliteConnection,
    facility: &FacilityId,
    claimed: &[SqliteRow],
    lease: Instant,
) -> Result<()> {
    if claimed.is_empty() {
        return Ok(());
    }
    let ids = claimed.iter().map(|row| row.try_get(1).map_err(failed));
    let ids = json!(ids.collect::<Result<Vec<&str>>>()?).to_string();
    sqlx::query(
        "UPDATE message SET lease = ?3, fence = fence + 1
         WHERE facility = ?1 AND id IN (SELECT value FROM json_each(?2))",
    )
    .bind(facility.as_str())
    .bind(&ids)
    .bind(millis(lease))
    .execute(&mut *db)
    .await
    .map_err(failed)?;
    sqlx::query(
        "INSERT INTO taken (message, fence, strikes)
         SELECT number, fence, 1 FROM message
         WHERE facility = ?1 AND id IN (SELECT value FROM json_each(?2))
         ON CONFLICT (message) DO UPDATE SET fence = excluded.fence, strikes = strikes + 1",
    )
    .bind(facility.as_str())
    .bind(&ids)
    .execute(&mut *db)
    .await
    .map_err(failed)?;
    Ok(())
}

/// Finds the appointments of the days that messages list.
async fn list_days(readers: &SqlitePool, claimed: &mut [Claimed]) -> Result<()> {
    for claim in claimed {
        let (Some(day), Some(resource)) = (claim.message.day, &claim.message.resource) else {
            continue;
        };
        let rows = sqlx::query(
            "SELECT a.data, p.data, s.data FROM appointment a
             LEFT JOIN record p ON p.facility = a.facility AND p.kind = 'patient' AND p.id = a.patient
             LEFT JOIN record s ON s.facility = a.facility AND s.kind = 'service' AND s.id = a.service
             WHERE a.facility = ?1 AND a.resource = ?2 AND a.start >= ?3 AND a.start < ?4 AND a.open
             ORDER BY a.start, a.id LIMIT ?5",
        )
        .bind(claim.message.facility.as_str())
        .bind(&**resource)
        .bind(day.to_string())
        .bind(day.succ_opt().unwrap_or(day).to_string())
        .bind(MOST_LISTED)
        .fetch_all(readers)
        .await
        .map_err(failed)?;
        for row in rows {
            let text = |index: usize| row.try_get::<Option<&str>, _>(index).map_err(failed);
            claim.listed.push(Visit {
                appointment: rows::fact(text(0)?)?,
                patient: rows::fact(text(1)?)?,
                service: rows::fact(text(2)?)?,
                ..Visit::default()
            });
        }
    }
    Ok(())
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
            // As `mark` left it.
            fence: row.try_get::<i64, _>(AT).map_err(failed)? + 1,
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
            next_visit: text(12)?.map(rows::parse).transpose()?,
            sent_before: row.try_get(AT + 13).map_err(failed)?,
            listed: Vec::new(),
            alarms: Vec::new(),
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
