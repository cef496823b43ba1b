//! What the agenda is still to be told: events that Rappel itself brought about, kept with their facts.

use rappel_core::civil::Instant;
use rappel_core::facts::Record;
use rappel_core::ids::FacilityId;
use rappel_core::store::{OutgoingEvent, Result, StoreError};
use serde_json::{Map, Value, json};
use sqlx::Row;

use super::ingest::Ingest;
use super::{SqliteStore, failed, millis};

impl Ingest<'_> {
    /// Keeps the event for the agenda: a CloudEvent with what it changed and nothing else.
    pub(super) async fn note_outgoing(&mut self) -> Result<()> {
        let mut data = Map::new();
        for (record, object) in self.event.records.iter() {
            let mut told = object.clone();
            if let (Record::Appointment, Some(status)) = (record, self.event.kind.status()) {
                told.insert("status".into(), status.as_str().into());
            }
            data.insert(record.name().into(), told.into());
        }
        let event = json!({
            "specversion": "1.0",
            "id": self.event.id,
            "source": self.event.source,
            "type": self.event.kind.name(),
            "time": self.event.time.unwrap_or(self.now).to_rfc3339(),
            "datacontenttype": "application/json",
            "data": data,
        });
        sqlx::query(
            "INSERT INTO outgoing (facility, seq, event, due)
             SELECT ?1, coalesce((SELECT max(seq) FROM outgoing WHERE facility = ?1), 0) + 1, ?2, ?3",
        )
        .bind(self.facility)
        .bind(event.to_string())
        .bind(millis(self.now))
        .execute(&mut *self.db)
        .await
        .map_err(failed)?;
        Ok(())
    }
}

impl SqliteStore {
    pub(super) async fn read_outgoing(
        &self,
        facility: &FacilityId,
        now: Instant,
        limit: u32,
    ) -> Result<Vec<OutgoingEvent>> {
        let found = sqlx::query(
            "SELECT seq, event, attempts FROM outgoing WHERE facility = ?1 AND due <= ?2 ORDER BY seq LIMIT ?3",
        )
        .bind(facility.as_str())
        .bind(millis(now))
        .bind(limit)
        .fetch_all(&self.readers)
        .await
        .map_err(failed)?;
        found
            .iter()
            .map(|row| {
                let event: Value =
                    serde_json::from_str(row.try_get(1).map_err(failed)?).map_err(|_| {
                        StoreError("the database holds an event that is no JSON".into())
                    })?;
                Ok(OutgoingEvent {
                    seq: row.try_get(0).map_err(failed)?,
                    event,
                    attempts: row.try_get(2).map_err(failed)?,
                })
            })
            .collect()
    }

    pub(super) async fn settle_outgoing(
        &self,
        facility: &FacilityId,
        seq: i64,
        again: Option<Instant>,
    ) -> Result<()> {
        let mut transaction = self.write().await?;
        let statement = match again {
            Some(due) => sqlx::query(
                "UPDATE outgoing SET attempts = attempts + 1, due = ?3 WHERE facility = ?1 AND seq = ?2",
            )
            .bind(facility.as_str())
            .bind(seq)
            .bind(millis(due)),
            None => sqlx::query("DELETE FROM outgoing WHERE facility = ?1 AND seq = ?2")
                .bind(facility.as_str())
                .bind(seq),
        };
        statement.execute(&mut *transaction).await.map_err(failed)?;
        transaction.commit().await.map_err(failed)
    }
}
