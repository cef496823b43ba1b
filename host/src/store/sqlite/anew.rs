//! Standing messages under other rules: by which event and rules an appointment was planned, and planning
//! it anew.

use rappel_core::alarm::Alarm;
use rappel_core::civil::{Civil, Instant};
use rappel_core::event::{Alert, Event};
use rappel_core::facts::{Record, Records};
use rappel_core::ids::{AppointmentId, FacilityId};
use rappel_core::store::{
    Filter, LastEvent, Plan, PlannedAnew, Planner, Result, Standing, StoreError,
};
use serde_json::{Map, json};
use sqlx::SqliteConnection;

use super::brake::Volume;
use super::erased::Hasher;
use super::ingest::Ingest;
use super::{SqliteStore, alarms, failed, rows};

impl SqliteStore {
    pub(super) async fn read_planned_otherwise(
        &self,
        facility: &FacilityId,
        generation: &str,
        now: Civil,
    ) -> Result<Vec<AppointmentId>> {
        let ids: Vec<String> = sqlx::query_scalar(
            "SELECT id FROM appointment
             WHERE facility = ?1 AND generation IS NOT ?2 AND event IS NOT NULL AND open AND start >= ?3
             UNION
             SELECT a.id FROM message m JOIN appointment a ON a.facility = m.facility AND a.id = m.appointment
             WHERE m.facility = ?1 AND m.state IN ('planned', 'held') AND m.kept IS NOT 'credits'
               AND NOT m.notice AND a.generation IS NOT ?2 AND a.event IS NOT NULL",
        )
        .bind(facility.as_str())
        .bind(generation)
        .bind(now.to_string())
        .fetch_all(&self.readers)
        .await
        .map_err(failed)?;
        Ok(ids.into_iter().map(AppointmentId::new).collect())
    }

    pub(super) async fn read_standing(
        &self,
        facility: &FacilityId,
        appointments: &[AppointmentId],
    ) -> Result<Vec<Standing>> {
        let mut all = Vec::with_capacity(appointments.len());
        for appointment in appointments {
            let event =
                sqlx::query_scalar("SELECT event FROM appointment WHERE facility = ?1 AND id = ?2")
                    .bind(facility.as_str())
                    .bind(appointment.as_str())
                    .fetch_optional(&self.readers)
                    .await
                    .map_err(failed)?
                    .flatten();
            let known = self.read_records(facility, appointment).await?;
            let (Some(event), Some(known)) = (last_event(event)?, known) else {
                continue;
            };
            let filter = Filter {
                facility: Some(facility.clone()),
                appointment: Some(appointment.clone()),
                limit: Some(u32::MAX),
                ..Filter::default()
            };
            all.push(Standing {
                appointment: appointment.clone(),
                event,
                known,
                messages: self.read_messages(&filter).await?,
            });
        }
        Ok(all)
    }

    pub(super) async fn plan_by_other_rules(
        &self,
        facility: &FacilityId,
        appointments: &[AppointmentId],
        now: Instant,
        planner: &dyn Planner,
    ) -> Result<PlannedAnew> {
        let hasher = self.hasher().await?;
        let mut transaction = self.write().await?;
        let mut told = PlannedAnew::default();
        let mut volume = Volume::default();
        for appointment in appointments {
            let of = (facility, appointment);
            told.take(anew(&mut transaction, of, &mut volume, now, hasher, planner).await?);
        }
        volume
            .settle(&mut transaction, facility, planner.brake(), now)
            .await?;
        transaction.commit().await.map_err(failed)?;
        Ok(told)
    }
}

/// Plans one appointment anew.
async fn anew(
    db: &mut SqliteConnection,
    (facility, appointment): (&FacilityId, &AppointmentId),
    volume: &mut Volume,
    now: Instant,
    hasher: Hasher,
    planner: &dyn Planner,
) -> Result<PlannedAnew> {
    let mut told = PlannedAnew::default();
    let event = sqlx::query_scalar("SELECT event FROM appointment WHERE facility = ?1 AND id = ?2")
        .bind(facility.as_str())
        .bind(appointment.as_str())
        .fetch_optional(&mut *db)
        .await
        .map_err(failed)?
        .flatten();
    let Some(last) = last_event(event)? else {
        // Its patient was erased meanwhile.
        return Ok(told);
    };
    let event = again(&last, appointment);
    let mut one = Ingest {
        db,
        facility: facility.as_str(),
        event: &event,
        appointment: Some(appointment.as_str().to_string()),
        approval: None,
        by_rules: true,
        volume,
        now,
        hasher,
    };
    let (known, _) = one.known().await?;
    let standing = one.standing().await?;
    // What was applied can be read; an appointment that can't be is left as it is.
    let Ok(plan) = planner.plan_anew(&last, &known, &standing, now) else {
        return Ok(told);
    };
    let (added, moved, withdrawn) = one.make(&plan, &standing).await?;
    (told.added, told.moved, told.withdrawn) = (added.into(), moved.into(), withdrawn.into());
    sqlx::query("UPDATE appointment SET generation = ?3 WHERE facility = ?1 AND id = ?2")
        .bind(facility.as_str())
        .bind(appointment.as_str())
        .bind(&plan.generation)
        .execute(&mut *one.db)
        .await
        .map_err(failed)?;
    let failed = plan
        .faults
        .iter()
        .map(|fault| (facility, Alarm::policy_failed(fault), None));
    alarms::note(one.db, failed.collect(), now).await?;
    told.faults = plan.faults.into_iter().map(|fault| (fault, 1)).collect();
    Ok(told)
}

/// The event with no more than the appointment's id: its facts were applied.
fn again(last: &LastEvent, appointment: &AppointmentId) -> Event {
    let mut records = Records::default();
    let mut subject = Map::new();
    subject.insert("id".into(), appointment.as_str().into());
    records.set(Record::Appointment, subject);
    Event {
        id: last.id.clone(),
        source: last.source.clone(),
        kind: last.kind,
        time: Some(last.time),
        records,
        alert: Alert {
            delay: last.delay,
            ..Alert::default()
        },
    }
}

impl Ingest<'_> {
    /// The event by which an appointment's messages are planned, to be remembered. An event about a patient
    /// is none of an appointment that it refers to.
    pub(super) fn last_event(&self, plan: &Plan, time: i64) -> Result<Option<String>> {
        if self.event.kind.subject() == Record::Patient {
            return Ok(None);
        }
        let event = LastEvent {
            source: self.event.source.clone(),
            id: self.event.id.clone(),
            kind: self.event.kind,
            time: rows::instant(time)?,
            changed: plan.changed.iter().map(ToString::to_string).collect(),
            delay: self.event.alert.delay,
        };
        Ok(Some(json!(event).to_string()))
    }
}

fn last_event(text: Option<String>) -> Result<Option<LastEvent>> {
    let read = |text: String| {
        serde_json::from_str(&text)
            .map_err(|_| StoreError("the database holds an event that can't be read".into()))
    };
    text.map(read).transpose()
}
