//! The record of what patients consented to, change by change, with who told it.

use rappel_core::facts::{Record, Records};
use rappel_core::ids::{FacilityId, PatientId};
use rappel_core::store::{ConsentChange, Result};
use serde_json::{Map, Value};
use sqlx::Row;

use super::ingest::Ingest;
use super::{SqliteStore, failed, millis, rows};

/// What a patient may consent to, and where their record says so.
const WHAT: [(&str, &[&str]); 4] = [
    ("consent", &["consent"]),
    ("sms", &["channels", "sms"]),
    ("email", &["channels", "email"]),
    ("voice", &["channels", "voice"]),
];

fn said(patient: Option<&Map<String, Value>>, path: &[&str]) -> Option<bool> {
    let (first, rest) = path.split_first()?;
    let mut value = patient?.get(*first)?;
    for part in rest {
        value = value.get(*part)?;
    }
    value.as_bool()
}

impl Ingest<'_> {
    /// Records what the event changes of a patient's consent.
    pub(super) async fn note_consent(&mut self, known: &Records, now: &Records) -> Result<()> {
        let (before, after) = (known.get(Record::Patient), now.get(Record::Patient));
        let Some(patient) = now.id(Record::Patient) else {
            return Ok(());
        };
        // Another patient's appointment says nothing about this one's consent.
        let before = before.filter(|_| known.id(Record::Patient) == Some(patient));
        for (what, path) in WHAT {
            let (was, is) = (said(before, path), said(after, path));
            if was == is {
                continue;
            }
            sqlx::query(
                "INSERT INTO consent (facility, patient, seq, at, what, value, source, event)
                 SELECT ?1, ?2, coalesce((SELECT max(seq) FROM consent WHERE facility = ?1 AND patient = ?2), 0) + 1,
                   ?3, ?4, ?5, ?6, ?7",
            )
            .bind(self.facility)
            .bind(patient)
            .bind(millis(self.now))
            .bind(what)
            .bind(is)
            .bind(&self.event.source)
            .bind(&self.event.id)
            .execute(&mut *self.db)
            .await
            .map_err(failed)?;
        }
        Ok(())
    }
}

impl SqliteStore {
    pub(super) async fn read_consents(
        &self,
        facility: &FacilityId,
        patient: &PatientId,
    ) -> Result<Vec<ConsentChange>> {
        let found = sqlx::query(
            "SELECT at, what, value, source, event FROM consent
             WHERE facility = ?1 AND patient = ?2 ORDER BY seq",
        )
        .bind(facility.as_str())
        .bind(patient.as_str())
        .fetch_all(&self.readers)
        .await
        .map_err(failed)?;
        found
            .iter()
            .map(|row| {
                Ok(ConsentChange {
                    at: rows::instant(row.try_get(0).map_err(failed)?)?,
                    what: row.try_get(1).map_err(failed)?,
                    value: row.try_get(2).map_err(failed)?,
                    source: row.try_get(3).map_err(failed)?,
                    event: row.try_get(4).map_err(failed)?,
                })
            })
            .collect()
    }
}
