//! Finding the appointments of patients whose id nobody knows.

use futures_util::TryStreamExt;
use rappel_core::facts::Records;
use rappel_core::ids::{AppointmentId, FacilityId};
use rappel_core::store::{Result, Whose};
use sqlx::Row;

use super::{SqliteStore, failed, rows};

impl SqliteStore {
    pub(super) async fn read_appointments_of(
        &self,
        facility: &FacilityId,
        whose: &Whose<'_>,
        limit: u32,
    ) -> Result<Vec<Records>> {
        // Names are compared without accents, which SQLite can't: every patient is looked at.
        let mut patients =
            sqlx::query("SELECT id, data FROM record WHERE facility = ?1 AND kind = 'patient'")
                .bind(facility.as_str())
                .fetch(&self.readers);
        let mut fitting: Vec<String> = Vec::new();
        while let Some(row) = patients.try_next().await.map_err(failed)? {
            if whose(&rows::object(row.try_get(1).map_err(failed)?)?) {
                fitting.push(row.try_get(0).map_err(failed)?);
            }
        }
        drop(patients);
        let ids = sqlx::query(
            "SELECT id FROM appointment
             WHERE facility = ?1 AND patient IN (SELECT value FROM json_each(?2))
             ORDER BY start DESC, id LIMIT ?3",
        )
        .bind(facility.as_str())
        .bind(serde_json::Value::from(fitting).to_string())
        .bind(limit)
        .fetch_all(&self.readers)
        .await
        .map_err(failed)?;
        let mut found = Vec::with_capacity(ids.len());
        for row in ids {
            let id: &str = row.try_get(0).map_err(failed)?;
            found.extend(self.read_records(facility, &AppointmentId::new(id)).await?);
        }
        Ok(found)
    }
}
