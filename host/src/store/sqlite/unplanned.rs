//! Events on which a policy failed: they are applied, and wait here to be planned again.

use rappel_core::alarm::Alarm;
use rappel_core::civil::Instant;
use rappel_core::decision::PolicyFault;
use rappel_core::event::{Alert, Event, EventKind};
use rappel_core::facts::{Record, Records};
use rappel_core::ids::FacilityId;
use rappel_core::store::{Change, Plan, Planner, Replanned, Result, StoreError, Unplanned};
use serde_json::{Map, Value, json};
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row};

use super::brake::Volume;
use super::ingest::Ingest;
use super::{SqliteStore, alarms, failed, millis, rows};

/// How many events are planned again in one transaction.
const BATCH: u32 = 100;

/// The columns that [`read`] reads.
macro_rules! columns {
    () => {
        "facility, seq, subject, source, event, type, time, at, changed, faults, record, delay"
    };
}

impl SqliteStore {
    pub(super) async fn plan_again(
        &self,
        facility: &FacilityId,
        now: Instant,
        planner: &dyn Planner,
    ) -> Result<Replanned> {
        let hasher = self.hasher().await?;
        let mut told = Replanned::default();
        let mut after = 0;
        loop {
            let mut transaction = self.write().await?;
            let rows = sqlx::query(concat!(
                "SELECT ",
                columns!(),
                " FROM unplanned WHERE facility = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3"
            ))
            .bind(facility.as_str())
            .bind(after)
            .bind(BATCH)
            .fetch_all(&mut *transaction)
            .await
            .map_err(failed)?;
            let Some(last) = rows.last() else {
                return Ok(told);
            };
            after = last.try_get(1).map_err(failed)?;
            let mut volume = Volume::default();
            for row in &rows {
                let seq: i64 = row.try_get(1).map_err(failed)?;
                let waiting = read(row)?;
                let mut one = Ingest {
                    db: &mut transaction,
                    facility: facility.as_str(),
                    event: &event(&waiting),
                    appointment: (waiting.record == Record::Appointment)
                        .then(|| waiting.subject.clone()),
                    approval: None,
                    by_rules: false,
                    volume: &mut volume,
                    now,
                    hasher,
                };
                let faults = one.again(&waiting, seq, planner).await?;
                told.planned += u32::from(faults.is_empty());
                for fault in faults {
                    *told.faults.entry(fault).or_default() += 1;
                }
            }
            volume
                .settle(&mut transaction, facility, planner.brake(), now)
                .await?;
            transaction.commit().await.map_err(failed)?;
        }
    }

    pub(super) async fn read_unplanned(
        &self,
        facility: Option<&FacilityId>,
    ) -> Result<Vec<Unplanned>> {
        let mut query = QueryBuilder::new(concat!("SELECT ", columns!(), " FROM unplanned"));
        if let Some(facility) = facility {
            query
                .push(" WHERE facility = ")
                .push_bind(facility.as_str());
        }
        let rows = query
            .push(" ORDER BY facility, seq")
            .build()
            .fetch_all(&self.readers)
            .await
            .map_err(failed)?;
        rows.iter().map(read).collect()
    }
}

/// The event with no more than the id of what it is about: its facts were applied.
fn event(waiting: &Unplanned) -> Event {
    let mut records = Records::default();
    let mut subject = Map::new();
    subject.insert("id".into(), waiting.subject.as_str().into());
    records.set(waiting.record, subject);
    Event {
        id: waiting.id.clone(),
        source: waiting.source.clone(),
        kind: waiting.kind,
        time: Some(waiting.time),
        records,
        alert: Alert {
            delay: waiting.delay,
            ..Alert::default()
        },
    }
}

impl Ingest<'_> {
    /// Plans an event again; the policies that still fail.
    async fn again(
        &mut self,
        waiting: &Unplanned,
        seq: i64,
        planner: &dyn Planner,
    ) -> Result<Vec<PolicyFault>> {
        let (known, _) = self.known().await?;
        let standing = self.standing().await?;
        let planned = planner.replan(waiting, &known, &standing, self.now);
        let faults = match planned {
            Ok(mut plan) => {
                // What the brake stopped and nobody else wants is for a person to decide.
                plan.changes.retain(|change| {
                    !matches!(change, Change::Withdraw { id, .. }
                        if standing.iter().any(|message| message.id == *id && message.is_braked()))
                });
                self.make(&plan, &standing).await?;
                plan.faults
            }
            // What was applied can be read; should it not be, it waits on with what was wrong before.
            Err(_) => waiting.faults.clone(),
        };
        let statement = if faults.is_empty() {
            sqlx::query("DELETE FROM unplanned WHERE facility = ?1 AND seq = ?2")
        } else {
            sqlx::query("UPDATE unplanned SET faults = ?3 WHERE facility = ?1 AND seq = ?2")
        };
        let statement = statement.bind(self.facility).bind(seq);
        let statement = if faults.is_empty() {
            statement
        } else {
            statement.bind(json!(faults).to_string())
        };
        statement.execute(&mut *self.db).await.map_err(failed)?;
        Ok(faults)
    }

    /// Remembers that the event isn't planned.
    pub(super) async fn note_unplanned(&mut self, plan: &Plan, time: i64) -> Result<()> {
        sqlx::query(
            "INSERT INTO unplanned (facility, seq, record, subject, source, event, type, time, at, changed, faults, delay)
             SELECT ?1, coalesce((SELECT max(seq) FROM unplanned WHERE facility = ?1), 0) + 1,
               ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11",
        )
        .bind(self.facility)
        .bind(match self.appointment {
            Some(_) => Record::Appointment.name(),
            None => self.event.kind.subject().name(),
        })
        .bind(match &self.appointment {
            Some(appointment) => appointment.clone(),
            None => self.subject().to_string(),
        })
        .bind(&self.event.source)
        .bind(&self.event.id)
        .bind(self.event.kind.name())
        .bind(time)
        .bind(millis(self.now))
        .bind(json!(plan.changed).to_string())
        .bind(json!(plan.faults).to_string())
        .bind(self.event.alert.delay)
        .execute(&mut *self.db)
        .await
        .map_err(failed)?;
        let facility = FacilityId::new(self.facility);
        let failed = plan
            .faults
            .iter()
            .map(|fault| (&facility, Alarm::policy_failed(fault), None));
        alarms::note(self.db, failed.collect(), self.now).await
    }
}

fn read(row: &SqliteRow) -> Result<Unplanned> {
    let text = |index: usize| row.try_get::<&str, _>(index).map_err(failed);
    let kind: EventKind = rows::parse(text(5)?)?;
    Ok(Unplanned {
        facility: FacilityId::new(text(0)?),
        subject: text(2)?.to_string(),
        source: text(3)?.to_string(),
        id: text(4)?.to_string(),
        kind,
        time: rows::instant(row.try_get(6).map_err(failed)?)?,
        at: rows::instant(row.try_get(7).map_err(failed)?)?,
        changed: list(text(8)?)?,
        faults: list(text(9)?)?,
        record: match text(10)? {
            "patient" => Record::Patient,
            _ => Record::Appointment,
        },
        delay: row.try_get(11).map_err(failed)?,
    })
}

fn list<T: for<'de> serde::Deserialize<'de>>(text: &str) -> Result<Vec<T>> {
    let list: Value = serde_json::from_str(text).unwrap_or_default();
    serde_json::from_value(list)
        .map_err(|_| StoreError("the database holds an unplanned event that can't be read".into()))
}
