//! Alarms: what needs a person is noted where it happens, and an e-mail that tells it takes it over.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use rappel_core::alarm::{Alarm, AlarmKind, AlarmRecord, NewReport, PlannedReport};
use rappel_core::channel::ChannelKind;
use rappel_core::civil::{Civil, Instant};
use rappel_core::decision::PolicyFault;
use rappel_core::ids::{FacilityId, MessageId};
use rappel_core::kind::Kind;
use rappel_core::message::State;
use rappel_core::store::{CreditLevel, Crossing, Result, Step, Transition};
use serde_json::{Value, json};
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row, SqliteConnection};

use super::{SqliteStore, failed, millis, rows, steps};

/// The columns that [`read`] reads.
macro_rules! columns {
    () => {
        "facility, kind, subject, channel, reason, first, last, count, message, told"
    };
}

/// The e-mails to the administrator of the clinic `?1` that the host planned, by what their `$columns` say.
macro_rules! reports {
    ($columns:literal) => {
        concat!(
            "SELECT ",
            $columns,
            " FROM message WHERE facility = ?1 AND appointment = '' AND patient = '' AND kind = 'administrator'"
        )
    };
}

/// Those that told nobody.
macro_rules! in_vain {
    () => {
        concat!(
            reports!("id"),
            " AND state IN ('failed', 'expired', 'skipped', 'withdrawn')"
        )
    };
}

/// For how long the same is no news where it trickles.
const AGAIN_AFTER: TimeDelta = TimeDelta::days(1);

/// Whether a clinic has something untold that isn't more of the same.
const NEWS: &str = concat!(
    "SELECT EXISTS (SELECT 1 FROM alarm
     WHERE facility = ?1 AND (told = '' OR told IN (",
    in_vain!(),
    ")) AND NOT (kind IN (SELECT value FROM json_each(?2)) AND count < 10 * coalesce((
       SELECT sum(told_alarm.count) FROM alarm told_alarm
       WHERE told_alarm.facility = ?1 AND told_alarm.kind = alarm.kind AND told_alarm.subject = alarm.subject
         AND told_alarm.channel = alarm.channel AND told_alarm.reason = alarm.reason AND told_alarm.last >= ?3 AND told_alarm.told <> '' AND told_alarm.told NOT IN (",
    in_vain!(),
    ")), 0)))"
);

impl SqliteStore {
    pub(super) async fn write_alarm(
        &self,
        facility: &FacilityId,
        alarm: &Alarm,
        since: Instant,
        now: Instant,
    ) -> Result<()> {
        if let Some(begun) = alarm.kind.ends()
            && !self.lasts(facility, alarm, begun).await?
        {
            return Ok(());
        }
        let record = AlarmRecord {
            alarm: alarm.clone(),
            first: since,
            last: now,
            count: 1,
            message: None,
            told: None,
        };
        let mut transaction = self.write().await?;
        keep(&mut transaction, facility.as_str(), &record).await?;
        transaction.commit().await.map_err(failed)
    }

    /// Whether an alarm was raised of which nobody noted the end yet.
    async fn lasts(&self, facility: &FacilityId, end: &Alarm, begun: AlarmKind) -> Result<bool> {
        sqlx::query_scalar(
            "SELECT coalesce(max(CASE kind WHEN ?3 THEN last END)
                 > coalesce(max(CASE kind WHEN ?4 THEN last END), -1), 0)
             FROM alarm WHERE facility = ?1 AND subject = ?2 AND kind IN (?3, ?4)",
        )
        .bind(facility.as_str())
        .bind(&end.subject)
        .bind(begun.name())
        .bind(end.kind.name())
        .fetch_one(&self.readers)
        .await
        .map_err(failed)
    }

    pub(super) async fn read_alarms(
        &self,
        facility: Option<&FacilityId>,
        limit: u32,
    ) -> Result<Vec<(FacilityId, AlarmRecord)>> {
        let mut query = QueryBuilder::new(concat!("SELECT ", columns!(), " FROM alarm"));
        if let Some(facility) = facility {
            query
                .push(" WHERE facility = ")
                .push_bind(facility.as_str());
        }
        let rows = query
            .push(" ORDER BY last DESC, facility, kind, subject, channel, reason, told LIMIT ")
            .push_bind(limit)
            .build()
            .fetch_all(&self.readers)
            .await
            .map_err(failed)?;
        rows.iter()
            .map(|row| {
                let facility: &str = row.try_get(0).map_err(failed)?;
                Ok((FacilityId::new(facility), read(row)?))
            })
            .collect()
    }

    pub(super) async fn write_report(
        &self,
        facility: &FacilityId,
        report: NewReport,
    ) -> Result<Option<PlannedReport>> {
        // Most of the time there is nothing to tell, and whoever writes need not be kept waiting.
        let trickling: Vec<_> = AlarmKind::ALL
            .into_iter()
            .filter(|kind| kind.trickles())
            .map(AlarmKind::name)
            .collect();
        let news: bool = sqlx::query_scalar(NEWS)
            .bind(facility.as_str())
            .bind(json!(trickling).to_string())
            .bind(millis(report.now - AGAIN_AFTER))
            .fetch_one(&self.readers)
            .await
            .map_err(failed)?;
        if !news {
            return Ok(None);
        }
        let mut transaction = self.write().await?;
        let planned = plan(&mut transaction, facility.as_str(), report).await?;
        transaction.commit().await.map_err(failed)?;
        Ok(planned)
    }

    /// What an e-mail tells that was handed over before.
    pub(super) async fn told_by(&self, facility: &str, id: MessageId) -> Result<Vec<AlarmRecord>> {
        let rows = sqlx::query(concat!(
            "SELECT ",
            columns!(),
            " FROM alarm WHERE facility = ?1 AND told = ?2 ORDER BY first, kind, subject, channel, reason"
        ))
        .bind(facility)
        .bind(id.to_string())
        .fetch_all(&self.readers)
        .await
        .map_err(failed)?;
        rows.iter().map(read).collect()
    }
}

/// Plans the e-mail, unless another is on its way.
async fn plan(
    db: &mut SqliteConnection,
    facility: &str,
    report: NewReport,
) -> Result<Option<PlannedReport>> {
    let row = sqlx::query(reports!(
        "coalesce(max(ordinal), 0), max(coalesce(sent_at, due)),
           coalesce(sum(state IN ('planned', 'held', 'sending')), 0)"
    ))
    .bind(facility)
    .fetch_one(&mut *db)
    .await
    .map_err(failed)?;
    let ordinal: u32 = row.try_get(0).map_err(failed)?;
    let last: Option<i64> = row.try_get(1).map_err(failed)?;
    let under_way: u32 = row.try_get(2).map_err(failed)?;
    if under_way > 0 {
        return Ok(None);
    }
    let failed_before: Option<String> =
        sqlx::query_scalar(concat!(in_vain!(), " AND ordinal = ?2"))
            .bind(facility)
            .bind(ordinal)
            .fetch_optional(&mut *db)
            .await
            .map_err(failed)?;
    let gathered = report.now + report.gather;
    let due = match last.map(rows::instant).transpose()? {
        // A clock that was set back must not silence it for longer than that.
        Some(last) => gathered
            .max(last + report.every)
            .min(gathered + report.every),
        None => gathered,
    };
    let due_civil = Civil::at(due, report.zone);
    sqlx::query(
        "INSERT INTO message (facility, id, appointment, patient, kind, channel, recipient, ordinal,
           notice, urgent, reminder, state, due, due_civil, confirmation_requested, created, updated)
         VALUES (?1, ?2, '', '', 'administrator', 'email', 'administrator', ?3, 1, 1, 0, 'planned', ?4, ?5,
           0, ?6, ?6)",
    )
    .bind(facility)
    .bind(report.id.to_string())
    .bind(ordinal + 1)
    .bind(millis(due))
    .bind(due_civil.to_string())
    .bind(millis(report.now))
    .execute(&mut *db)
    .await
    .map_err(failed)?;
    let step = Step::Reports { due: due_civil };
    let (id, at) = (report.id.to_string(), millis(report.now));
    steps::append(db, facility, &id, at, &step).await?;
    Ok(Some(PlannedReport {
        due,
        failed: failed_before.as_deref().map(rows::parse).transpose()?,
    }))
}

/// Gives an e-mail that is about to go all that is untold by now.
pub(super) async fn take_over(
    db: &mut SqliteConnection,
    facility: &str,
    report: MessageId,
) -> Result<()> {
    let found = sqlx::query(concat!(
        "DELETE FROM alarm WHERE facility = ?1 AND (told IN ('', ?2) OR told IN (",
        in_vain!(),
        ")) RETURNING ",
        columns!()
    ))
    .bind(facility)
    .bind(report.to_string())
    .fetch_all(&mut *db)
    .await
    .map_err(failed)?;
    for row in &found {
        let record = AlarmRecord {
            told: Some(report),
            ..read(row)?
        };
        keep(db, facility, &record).await?;
    }
    Ok(())
}

/// Notes the messages of patients and resources that failed: each with its id and why.
pub(super) async fn note_failed(
    db: &mut SqliteConnection,
    failures: &[(&FacilityId, MessageId, &str)],
    now: Instant,
) -> Result<()> {
    if failures.is_empty() {
        return Ok(());
    }
    let batch: Vec<Value> = failures
        .iter()
        .map(|(facility, id, _)| json!([facility.as_str(), id.to_string()]))
        .collect();
    let rows = sqlx::query(
        "SELECT j.key, m.kind, coalesce(m.via, m.channel) FROM jsonb_each(?1) j CROSS JOIN message m
           ON m.facility = j.value ->> 0 AND m.id = j.value ->> 1
         WHERE m.recipient <> 'administrator' ORDER BY j.key",
    )
    .bind(Value::Array(batch).to_string())
    .fetch_all(&mut *db)
    .await
    .map_err(failed)?;
    let mut alarms = Vec::with_capacity(rows.len());
    for row in &rows {
        let place: u32 = row.try_get(0).map_err(failed)?;
        let Some((facility, id, reason)) = failures.get(place as usize) else {
            continue;
        };
        let kind =
            Kind::parse(row.try_get(1).map_err(failed)?).map_err(rappel_core::store::StoreError)?;
        let channel: ChannelKind = rows::parse(row.try_get(2).map_err(failed)?)?;
        let alarm = Alarm::undeliverable(&kind, channel, reason);
        alarms.push((*facility, alarm, Some(*id)));
    }
    note(db, alarms, now).await
}

/// Notes what steps that were made tell: messages that failed, and policies that did.
pub(super) async fn note_steps(
    db: &mut SqliteConnection,
    batch: &[Transition],
    made: &[bool],
    now: Instant,
) -> Result<()> {
    let made = || batch.iter().zip(made).filter(|(_, made)| **made);
    let failures: Vec<_> = made()
        .filter(|(step, _)| step.to == State::Failed)
        .map(|(step, _)| {
            let reason = step.reason.as_deref().unwrap_or_default();
            (&step.facility, step.id, reason)
        })
        .collect();
    note_failed(db, &failures, now).await?;
    let faults = made().flat_map(|(step, _)| {
        let alarm =
            |fault: PolicyFault| (&step.facility, Alarm::policy_failed(&fault), Some(step.id));
        step.faults().map(alarm)
    });
    note(db, faults.collect(), now).await
}

/// Notes that credits ran low or out.
pub(super) async fn note_crossings(
    db: &mut SqliteConnection,
    crossings: &[Crossing],
    now: Instant,
) -> Result<()> {
    let alarms = crossings.iter().filter_map(|crossing| {
        let alarm = match crossing.level {
            CreditLevel::Enough => return None,
            CreditLevel::Low => Alarm::credits_low(crossing.balance),
            CreditLevel::Out => Alarm::credits_out(crossing.balance),
        };
        Some((&crossing.facility, alarm, None))
    });
    note(db, alarms.collect(), now).await
}

/// Notes what happened now, each with the message that it happened to.
pub(super) async fn note(
    db: &mut SqliteConnection,
    alarms: Vec<(&FacilityId, Alarm, Option<MessageId>)>,
    now: Instant,
) -> Result<()> {
    let mut grouped: BTreeMap<(&FacilityId, Alarm), (u64, Option<MessageId>)> = BTreeMap::new();
    for (facility, alarm, message) in alarms {
        let (count, latest) = grouped.entry((facility, alarm)).or_default();
        *count += 1;
        *latest = message.or(*latest);
    }
    for ((facility, alarm), (count, message)) in grouped {
        let record = AlarmRecord {
            alarm,
            first: now,
            last: now,
            count,
            message,
            told: None,
        };
        keep(db, facility.as_str(), &record).await?;
    }
    Ok(())
}

/// Adds to the row of an alarm, or makes it.
async fn keep(db: &mut SqliteConnection, facility: &str, record: &AlarmRecord) -> Result<()> {
    let alarm = &record.alarm;
    sqlx::query(
        "INSERT INTO alarm (facility, told, kind, subject, channel, reason, first, last, count, message)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
         ON CONFLICT (facility, told, kind, subject, channel, reason) DO UPDATE SET
           first = min(first, excluded.first), last = max(last, excluded.last),
           count = count + excluded.count, message = nullif(max(coalesce(message, ''), coalesce(excluded.message, '')), '')",
    )
    .bind(facility)
    .bind(record.told.map(|id| id.to_string()).unwrap_or_default())
    .bind(alarm.kind.name())
    .bind(&alarm.subject)
    .bind(alarm.channel.map(ChannelKind::name).unwrap_or_default())
    .bind(&alarm.reason)
    .bind(millis(record.first))
    .bind(millis(record.last))
    .bind(i64::try_from(record.count).unwrap_or(i64::MAX))
    .bind(record.message.map(|id| id.to_string()))
    .execute(&mut *db)
    .await
    .map_err(failed)?;
    Ok(())
}

fn read(row: &SqliteRow) -> Result<AlarmRecord> {
    let text = |index: usize| row.try_get::<&str, _>(index).map_err(failed);
    let some = |text: &str| (!text.is_empty()).then(|| text.to_string());
    let channel = some(text(3)?);
    let told = some(text(9)?);
    let message: Option<&str> = row.try_get(8).map_err(failed)?;
    Ok(AlarmRecord {
        alarm: Alarm {
            kind: rows::parse(text(1)?)?,
            subject: text(2)?.into(),
            channel: channel.as_deref().map(rows::parse).transpose()?,
            reason: text(4)?.into(),
        },
        first: rows::instant(row.try_get(5).map_err(failed)?)?,
        last: rows::instant(row.try_get(6).map_err(failed)?)?,
        count: row.try_get::<i64, _>(7).map_err(failed)?.unsigned_abs(),
        message: message.map(rows::parse).transpose()?,
        told: told.as_deref().map(rows::parse).transpose()?,
    })
}
