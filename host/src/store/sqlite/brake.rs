//! The brake: what generations plan is counted, and one that plans far too much is stopped in the same
//! transaction.

use std::collections::BTreeMap;

use rappel_core::alarm::Alarm;
use rappel_core::civil::Instant;
use rappel_core::event::EventKind;
use rappel_core::ids::FacilityId;
use rappel_core::store::{Brake, Braked, Result, Step};
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row, SqliteConnection};

use super::approval::approval_id;
use super::{SqliteStore, alarms, claim, failed, millis, rows, steps};

/// For how many days what was planned says what is usual: a month of weeks, so that each weekday counts
/// alike.
const DAYS: i64 = 28;

const MILLIS_A_DAY: i64 = 24 * 60 * 60 * 1000;

/// The messages of a generation that haven't gone. A day's list is there once, whoever plans it.
macro_rules! still_to_go {
    () => {
        " facility = ?1 AND generation = ?2 AND state IN ('planned', 'held') AND approval IS NULL AND day = ''"
    };
}

/// Whether a generation, in the column of the name, was stopped and not approved.
macro_rules! was_stopped {
    ($facility:literal, $generation:literal) => {
        concat!(
            "EXISTS (SELECT 1 FROM brake b WHERE b.facility = ",
            $facility,
            " AND b.generation = ",
            $generation,
            " AND b.approved IS NOT 1)"
        )
    };
}
pub(super) use was_stopped;

/// What a transaction plans.
#[derive(Default)]
pub(super) struct Volume {
    /// For each kind of event, how many there were and how many messages they led to.
    events: BTreeMap<EventKind, (u64, u64)>,
    /// What a change of rules led to.
    anew: Option<Anew>,
}

/// Appointments that were planned anew.
struct Anew {
    /// The last event of one of them.
    event: EventKind,
    appointments: u64,
    added: u64,
    /// How many messages they had.
    there: u64,
}

impl Volume {
    /// An event was planned that led to so many messages.
    pub(super) fn count(&mut self, event: EventKind, planned: u64) {
        let (events, sum) = self.events.entry(event).or_default();
        *events += 1;
        *sum += planned;
    }

    /// An appointment was planned by other rules, which added so many messages to those that were there.
    pub(super) fn count_anew(&mut self, event: EventKind, added: u64, there: u64) {
        let anew = self.anew.get_or_insert(Anew {
            event,
            appointments: 0,
            added: 0,
            there: 0,
        });
        anew.appointments += 1;
        anew.added += added;
        anew.there += there;
    }

    /// Adds it to what is known, and stops the generation where that is too much. The approval that its
    /// messages wait for, where it was stopped now or before.
    pub(super) async fn settle(
        self,
        db: &mut SqliteConnection,
        facility: &FacilityId,
        brake: Option<Brake>,
        now: Instant,
    ) -> Result<Option<String>> {
        let anything = !self.events.is_empty() || self.anew.is_some();
        let Some(brake) = brake.filter(|_| anything) else {
            return Ok(None);
        };
        let mut many = Vec::new();
        for (event, added) in self.events {
            let (events, planned) = add(db, facility, (event, added), &brake, now).await?;
            if planned > u64::from(brake.least) {
                many.push((event, events, planned));
            }
        }
        let known: Option<(String, Option<bool>)> = sqlx::query_as(
            "SELECT approval, approved FROM brake WHERE facility = ?1 AND generation = ?2",
        )
        .bind(facility.as_str())
        .bind(&brake.generation)
        .fetch_optional(&mut *db)
        .await
        .map_err(failed)?;
        let approval = match known {
            Some((_, Some(true))) => None,
            Some((approval, _)) => Some(approval),
            None => match too_many(db, facility, &brake, many, now).await? {
                Some(approval) => Some(approval),
                None => too_many_anew(db, facility, &brake, self.anew, now).await?,
            },
        };
        if let Some(approval) = &approval {
            hold(db, facility, &brake.generation, approval, now).await?;
        }
        Ok(approval)
    }
}

fn day(now: Instant) -> i64 {
    millis(now).div_euclid(MILLIS_A_DAY)
}

/// Adds what was counted; what there is of the generation today.
async fn add(
    db: &mut SqliteConnection,
    facility: &FacilityId,
    (event, (events, planned)): (EventKind, (u64, u64)),
    brake: &Brake,
    now: Instant,
) -> Result<(u64, u64)> {
    sqlx::query_as(
        "INSERT INTO volume (facility, event, day, generation, events, planned)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (facility, day, event, generation) DO UPDATE SET
           events = events + excluded.events, planned = planned + excluded.planned
         RETURNING events, planned",
    )
    .bind(facility.as_str())
    .bind(event.name())
    .bind(day(now))
    .bind(&brake.generation)
    .bind(i64::try_from(events).unwrap_or(i64::MAX))
    .bind(i64::try_from(planned).unwrap_or(i64::MAX))
    .fetch_one(&mut *db)
    .await
    .map_err(failed)
}

/// Stops the generation where it planned too many messages for events of a kind.
async fn too_many(
    db: &mut SqliteConnection,
    facility: &FacilityId,
    brake: &Brake,
    many: Vec<(EventKind, u64, u64)>,
    now: Instant,
) -> Result<Option<String>> {
    for (event, events, planned) in many {
        let (usual, a_day) = usual(db, facility, (event, events), brake, now).await?;
        if planned <= a_day.max(usual.saturating_mul(brake.multiple.into())) {
            continue;
        }
        let measure = (event, events, planned, usual);
        return stop(db, facility, brake, measure, now).await;
    }
    Ok(None)
}

/// Stops the generation where it added too many messages to those that the appointments had by the rules
/// before it.
async fn too_many_anew(
    db: &mut SqliteConnection,
    facility: &FacilityId,
    brake: &Brake,
    anew: Option<Anew>,
    now: Instant,
) -> Result<Option<String>> {
    let Some(Anew {
        event,
        appointments,
        added,
        there,
    }) = anew
    else {
        return Ok(None);
    };
    let (appointments, added, there): (u64, u64, u64) = sqlx::query_as(
        "INSERT INTO volume_anew (facility, day, generation, appointments, added, there)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (facility, day, generation) DO UPDATE SET
           appointments = appointments + excluded.appointments, added = added + excluded.added,
           there = there + excluded.there
         RETURNING appointments, added, there",
    )
    .bind(facility.as_str())
    .bind(day(now))
    .bind(&brake.generation)
    .bind(i64::try_from(appointments).unwrap_or(i64::MAX))
    .bind(i64::try_from(added).unwrap_or(i64::MAX))
    .bind(i64::try_from(there).unwrap_or(i64::MAX))
    .fetch_one(&mut *db)
    .await
    .map_err(failed)?;
    let most = there.saturating_mul(brake.multiple.into());
    if added <= most.max(brake.least.into()) {
        return Ok(None);
    }
    let measure = (event, appointments, added, there);
    stop(db, facility, brake, measure, now).await
}

/// Stops the generation, if other files could take its place; the approval that is asked for.
async fn stop(
    db: &mut SqliteConnection,
    facility: &FacilityId,
    brake: &Brake,
    (event, events, planned, usual): (EventKind, u64, u64, u64),
    now: Instant,
) -> Result<Option<String>> {
    if !has_earlier(db, facility, &brake.generation).await? {
        return Ok(None);
    }
    let braked = Braked {
        facility: facility.clone(),
        generation: brake.generation.clone(),
        approval: approval_id("brake", &brake.generation),
        event,
        events,
        planned,
        usual,
        at: now,
        rejected: false,
    };
    note(db, &braked).await?;
    Ok(Some(braked.approval))
}

/// How many messages other generations planned for so many events of a kind, and how many a day for all.
async fn usual(
    db: &mut SqliteConnection,
    facility: &FacilityId,
    (event, events): (EventKind, u64),
    brake: &Brake,
    now: Instant,
) -> Result<(u64, u64)> {
    let (before, planned, all, days): (u64, u64, u64, u64) = sqlx::query_as(concat!(
        "SELECT coalesce(sum(iif(v.event = ?2, v.events, 0)), 0), coalesce(sum(iif(v.event = ?2, v.planned, 0)), 0),
           coalesce(sum(v.planned), 0), count(DISTINCT v.day) FROM volume v
         WHERE v.facility = ?1 AND v.day >= ?3 AND v.generation <> ?4 AND NOT ",
        was_stopped!("v.facility", "v.generation")
    ))
    .bind(facility.as_str())
    .bind(event.name())
    .bind(day(now) - DAYS)
    .bind(&brake.generation)
    .fetch_one(&mut *db)
    .await
    .map_err(failed)?;
    let usual = events.saturating_mul(planned).div_ceil(before.max(1));
    Ok((usual, all.div_ceil(days.max(1))))
}

/// Whether there are files that served before and weren't stopped.
async fn has_earlier(
    db: &mut SqliteConnection,
    facility: &FacilityId,
    generation: &str,
) -> Result<bool> {
    sqlx::query_scalar(concat!(
        "SELECT EXISTS (SELECT 1 FROM (SELECT facility, generation FROM kept_folder
           UNION ALL SELECT facility, generation FROM earlier_folder) k
         WHERE k.facility = ?1 AND k.generation NOT IN ('', ?2) AND NOT ",
        was_stopped!("k.facility", "k.generation"),
        ")"
    ))
    .bind(facility.as_str())
    .bind(generation)
    .fetch_one(&mut *db)
    .await
    .map_err(failed)
}

async fn note(db: &mut SqliteConnection, braked: &Braked) -> Result<()> {
    let number = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    sqlx::query(
        "INSERT INTO brake (facility, generation, approval, event, events, planned, usual, at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )
    .bind(braked.facility.as_str())
    .bind(&braked.generation)
    .bind(&braked.approval)
    .bind(braked.event.name())
    .bind(number(braked.events))
    .bind(number(braked.planned))
    .bind(number(braked.usual))
    .bind(millis(braked.at))
    .execute(&mut *db)
    .await
    .map_err(failed)?;
    sqlx::query(
        "INSERT OR REPLACE INTO approval (facility, id, event, resource, messages, asked)
         VALUES (?1, ?2, ?3, '', ?4, ?5)",
    )
    .bind(braked.facility.as_str())
    .bind(&braked.approval)
    .bind(braked.event.name())
    .bind(number(braked.planned))
    .bind(millis(braked.at))
    .execute(&mut *db)
    .await
    .map_err(failed)?;
    let alarm = Alarm::braked(braked);
    alarms::note(db, vec![(&braked.facility, alarm, None)], braked.at).await
}

/// Holds what the generation planned and hasn't gone, and has the rules that take its place plan it again.
async fn hold(
    db: &mut SqliteConnection,
    facility: &FacilityId,
    generation: &str,
    approval: &str,
    now: Instant,
) -> Result<()> {
    // The last event of each appointment, or of a patient where there is none, as far as its messages tell it.
    sqlx::query(concat!(
        "INSERT INTO unplanned (facility, seq, record, subject, source, event, type, time, at, changed, faults, delay)
         SELECT m.facility,
           coalesce((SELECT max(seq) FROM unplanned WHERE facility = ?1), 0) + row_number() OVER (ORDER BY m.number),
           CASE m.appointment WHEN '' THEN 'patient' ELSE 'appointment' END,
           CASE m.appointment WHEN '' THEN m.patient ELSE m.appointment END,
           coalesce(p.step ->> '$.source', ''), coalesce(p.step ->> '$.id', ''), m.event, m.created, m.created,
           '[]', '[]', m.delay
         FROM message m LEFT JOIN story p ON p.message = m.number AND p.step ->> '$.step' = 'planned'
         WHERE m.event IS NOT NULL AND m.number IN (SELECT max(number) FROM message WHERE",
        still_to_go!(),
        " GROUP BY appointment, CASE appointment WHEN '' THEN patient END)"
    ))
    .bind(facility.as_str())
    .bind(generation)
    .execute(&mut *db)
    .await
    .map_err(failed)?;
    let held: Vec<i64> = sqlx::query_scalar(concat!(
        "UPDATE message SET state = 'held', kept = 'brake', approval = ?3, cost = NULL, reason = ?4,
           decided_by = NULL, decided_line = NULL, due_before = due, due = coalesce(expires, ?5), updated = ?6,
           fence = fence + 1, lease = 0 WHERE",
        still_to_go!(),
        " RETURNING number"
    ))
    .bind(facility.as_str())
    .bind(generation)
    .bind(approval)
    .bind(format!(
        "the brake stopped the rules that planned it: `rappel approve {approval}`"
    ))
    .bind(NEVER)
    .bind(millis(now))
    .fetch_all(&mut *db)
    .await
    .map_err(failed)?;
    let step = Step::Braked {
        approval: approval.to_string(),
        generation: generation.to_string(),
    };
    steps::append_to_all(db, &held, millis(now), &step).await?;
    claim::clear(db, &held).await
}

/// When what never comes too late is due while it waits: the end of the calendar that the store can read.
const NEVER: i64 = 253_402_300_799_000;

impl SqliteStore {
    pub(super) async fn read_braked(&self, facility: Option<&FacilityId>) -> Result<Vec<Braked>> {
        let mut query = QueryBuilder::new(
            "SELECT facility, generation, approval, event, events, planned, usual, at, approved IS 0
             FROM brake WHERE approved IS NOT 1",
        );
        if let Some(facility) = facility {
            query.push(" AND facility = ").push_bind(facility.as_str());
        }
        let rows = query
            .push(" ORDER BY at DESC, facility, generation")
            .build()
            .fetch_all(&self.readers)
            .await
            .map_err(failed)?;
        rows.iter().map(read).collect()
    }
}

fn read(row: &SqliteRow) -> Result<Braked> {
    Ok(Braked {
        facility: FacilityId::new(row.try_get::<&str, _>(0).map_err(failed)?),
        generation: row.try_get(1).map_err(failed)?,
        approval: row.try_get(2).map_err(failed)?,
        event: rows::parse(row.try_get(3).map_err(failed)?)?,
        events: row.try_get(4).map_err(failed)?,
        planned: row.try_get(5).map_err(failed)?,
        usual: row.try_get(6).map_err(failed)?,
        at: rows::instant(row.try_get(7).map_err(failed)?)?,
        rejected: row.try_get(8).map_err(failed)?,
    })
}
