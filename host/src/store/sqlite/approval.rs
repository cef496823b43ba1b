//! What waits for somebody to say that it may go: broadcasts, and what the brake stopped.

use rappel_core::civil::{Civil, Instant};
use rappel_core::ids::FacilityId;
use rappel_core::store::{Approval, Result, Step};
use sqlx::Row;

use super::ingest::Ingest;
use super::{SqliteStore, failed, millis, rows, steps};

/// The name of the approval that an event's messages wait for: six letters and digits, easy to type.
pub(super) fn approval_id(source: &str, event: &str) -> String {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&(source.len() as u64).to_le_bytes());
    hasher.update(source.as_bytes());
    hasher.update(event.as_bytes());
    hasher.finalize().to_hex()[..6].to_string()
}

impl Ingest<'_> {
    /// Remembers that messages wait for an approval.
    pub(super) async fn ask(
        &mut self,
        approval: &str,
        resource: &str,
        messages: u32,
    ) -> Result<()> {
        if messages == 0 {
            return Ok(());
        }
        sqlx::query(
            "INSERT OR REPLACE INTO approval (facility, id, event, resource, messages, asked)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )
        .bind(self.facility)
        .bind(approval)
        .bind(self.event.kind.name())
        .bind(resource)
        .bind(messages)
        .bind(millis(self.now))
        .execute(&mut *self.db)
        .await
        .map_err(failed)?;
        Ok(())
    }
}

impl SqliteStore {
    pub(super) async fn read_approvals(&self, facility: &FacilityId) -> Result<Vec<Approval>> {
        let rows = sqlx::query(
            "SELECT a.id, a.event, a.resource, a.asked,
               (SELECT count(*) FROM message m WHERE m.facility = a.facility AND m.approval = a.id
                 AND m.state IN ('planned', 'held')) AS waiting, b.generation
             FROM approval a LEFT JOIN brake b ON b.facility = a.facility AND b.approval = a.id
             WHERE a.facility = ?1 AND a.decided IS NULL AND (waiting > 0 OR b.generation IS NOT NULL)
             ORDER BY a.asked, a.id",
        )
        .bind(facility.as_str())
        .fetch_all(&self.readers)
        .await
        .map_err(failed)?;
        rows.iter()
            .map(|row| {
                Ok(Approval {
                    id: row.try_get(0).map_err(failed)?,
                    event: rows::parse(row.try_get(1).map_err(failed)?)?,
                    resource: row.try_get(2).map_err(failed)?,
                    asked: rows::instant(row.try_get(3).map_err(failed)?)?,
                    messages: row.try_get(4).map_err(failed)?,
                    generation: row.try_get(5).map_err(failed)?,
                })
            })
            .collect()
    }

    pub(super) async fn decide_on(
        &self,
        facility: &FacilityId,
        approval: &str,
        approved: bool,
        (now, civil): (Instant, Civil),
    ) -> Result<Option<u32>> {
        let mut transaction = self.write().await?;
        let decided = sqlx::query(
            "UPDATE approval SET decided = ?3 WHERE facility = ?1 AND id = ?2 AND decided IS NULL",
        )
        .bind(facility.as_str())
        .bind(approval)
        .bind(millis(now))
        .execute(&mut *transaction)
        .await
        .map_err(failed)?;
        if decided.rows_affected() == 0 {
            return Ok(None);
        }
        sqlx::query("UPDATE brake SET approved = ?3 WHERE facility = ?1 AND approval = ?2")
            .bind(facility.as_str())
            .bind(approval)
            .bind(approved)
            .execute(&mut *transaction)
            .await
            .map_err(failed)?;
        let (state, reason) = match approved {
            true => ("planned", None),
            false => ("withdrawn", Some("it was not approved")),
        };
        let messages: Vec<String> = sqlx::query_scalar(
            "UPDATE message SET state = ?3, reason = ?4, approval = NULL, updated = ?5, fence = fence + 1,
               lease = 0, kept = NULL, due_before = NULL,
               due = CASE WHEN kept = 'brake' THEN due_before WHEN ?6 THEN ?5 ELSE due END,
               due_civil = CASE WHEN ?6 AND kept IS NOT 'brake' THEN ?7 ELSE due_civil END
             WHERE facility = ?1 AND approval = ?2 AND state IN ('planned', 'held') RETURNING id",
        )
        .bind(facility.as_str())
        .bind(approval)
        .bind(state)
        .bind(reason)
        .bind(millis(now))
        .bind(approved)
        .bind(civil.to_string())
        .fetch_all(&mut *transaction)
        .await
        .map_err(failed)?;
        let step = Step::Decided { approved };
        for id in &messages {
            steps::append(&mut transaction, facility.as_str(), id, millis(now), &step).await?;
        }
        transaction.commit().await.map_err(failed)?;
        Ok(u32::try_from(messages.len()).ok())
    }
}
