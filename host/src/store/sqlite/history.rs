//! The history of a clinic's rules: what changed, and what that did to standing messages.

use chrono::TimeDelta;
use rappel_core::ids::FacilityId;
use rappel_core::store::{ChangeRecord, EffectCounts, Result, StoreError};
use serde_json::json;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::{SqliteStore, failed, millis, rows};

/// How many changes are kept of a clinic.
const MOST: i64 = 1000;

/// For how long.
const KEPT: TimeDelta = TimeDelta::days(2 * 365);

impl SqliteStore {
    pub(super) async fn write_change(&self, change: &ChangeRecord) -> Result<()> {
        let mut transaction = self.write().await?;
        sqlx::query(
            "INSERT INTO change (facility, seq, at, before, after, refused, files, commit_id, effect)
             SELECT ?1, coalesce((SELECT max(seq) FROM change WHERE facility = ?1), 0) + 1,
               ?2, ?3, ?4, ?5, ?6, ?7, ?8",
        )
        .bind(change.facility.as_str())
        .bind(millis(change.at))
        .bind(&change.from)
        .bind(&change.to)
        .bind(&change.refused)
        .bind(json!(change.files).to_string())
        .bind(&change.commit)
        .bind(change.effect.map(|effect| json!(effect).to_string()))
        .execute(&mut *transaction)
        .await
        .map_err(failed)?;
        sqlx::query(
            "DELETE FROM change WHERE facility = ?1
               AND (at < ?2 OR seq <= (SELECT max(seq) FROM change WHERE facility = ?1) - ?3)",
        )
        .bind(change.facility.as_str())
        .bind(millis(change.at - KEPT))
        .bind(MOST)
        .execute(&mut *transaction)
        .await
        .map_err(failed)?;
        transaction.commit().await.map_err(failed)
    }

    pub(super) async fn write_effect(
        &self,
        facility: &FacilityId,
        generation: &str,
        effect: &EffectCounts,
    ) -> Result<()> {
        let mut transaction = self.write().await?;
        sqlx::query(
            "UPDATE change SET effect = ?3 WHERE facility = ?1
               AND seq = (SELECT max(seq) FROM change WHERE facility = ?1 AND after = ?2)",
        )
        .bind(facility.as_str())
        .bind(generation)
        .bind(json!(effect).to_string())
        .execute(&mut *transaction)
        .await
        .map_err(failed)?;
        transaction.commit().await.map_err(failed)
    }

    pub(super) async fn read_effect(
        &self,
        facility: &FacilityId,
        generation: &str,
    ) -> Result<Option<EffectCounts>> {
        let effect: Option<Option<String>> = sqlx::query_scalar(
            "SELECT effect FROM change WHERE facility = ?1 AND after = ?2 ORDER BY seq DESC LIMIT 1",
        )
        .bind(facility.as_str())
        .bind(generation)
        .fetch_optional(&self.readers)
        .await
        .map_err(failed)?;
        effect.flatten().map(|effect| parsed(&effect)).transpose()
    }

    pub(super) async fn read_changes(
        &self,
        facility: &FacilityId,
        limit: u32,
    ) -> Result<Vec<ChangeRecord>> {
        let rows = sqlx::query(
            "SELECT facility, at, before, after, refused, files, commit_id, effect FROM change
             WHERE facility = ?1 ORDER BY seq DESC LIMIT ?2",
        )
        .bind(facility.as_str())
        .bind(limit)
        .fetch_all(&self.readers)
        .await
        .map_err(failed)?;
        rows.iter().map(read).collect()
    }
}

fn read(row: &SqliteRow) -> Result<ChangeRecord> {
    let text = |index: usize| row.try_get::<Option<String>, _>(index).map_err(failed);
    Ok(ChangeRecord {
        facility: FacilityId::new(row.try_get::<&str, _>(0).map_err(failed)?),
        at: rows::instant(row.try_get(1).map_err(failed)?)?,
        from: text(2)?,
        to: text(3)?,
        refused: text(4)?,
        files: parsed(row.try_get(5).map_err(failed)?)?,
        commit: text(6)?,
        effect: text(7)?.map(|effect| parsed(&effect)).transpose()?,
    })
}

fn parsed<T: for<'de> serde::Deserialize<'de>>(text: &str) -> Result<T> {
    serde_json::from_str(text)
        .map_err(|_| StoreError("the database holds a change of rules that can't be read".into()))
}
