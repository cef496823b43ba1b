//! What the host serves: generations, folders that can't be served, the last files that were good.

use rappel_core::civil::Instant;
use rappel_core::ids::FacilityId;
use rappel_core::store::{Absent, GenerationRecord, KeptFolder, Result, StoreError};
use sqlx::Row;

use super::brake::was_stopped;
use super::{SqliteStore, failed, millis, rows, shadow};

/// For how many events files must have planned to be known as good: with the brake's defaults, what plans
/// ten messages too many for each is stopped by then.
const PROVEN: i64 = 20;

impl SqliteStore {
    pub(super) async fn begin_serving(&self, now: Instant) -> Result<()> {
        let mut transaction = self.write().await?;
        sqlx::query("INSERT OR REPLACE INTO host (one, since) VALUES (1, ?1)")
            .bind(millis(now))
            .execute(&mut *transaction)
            .await
            .map_err(failed)?;
        sqlx::query("UPDATE generation SET served = 0")
            .execute(&mut *transaction)
            .await
            .map_err(failed)?;
        transaction.commit().await.map_err(failed)
    }

    pub(super) async fn read_begun(&self) -> Result<Option<Instant>> {
        let row = sqlx::query("SELECT since FROM host")
            .fetch_optional(&self.readers)
            .await
            .map_err(failed)?;
        row.map(|row| rows::instant(row.try_get(0).map_err(failed)?))
            .transpose()
    }

    pub(super) async fn write_generation(&self, record: &GenerationRecord) -> Result<()> {
        let mut transaction = self.write().await?;
        sqlx::query(
            "INSERT INTO generation (facility, id, since, zone, refused, served)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT (facility) DO UPDATE SET
               since = CASE WHEN id = excluded.id THEN since ELSE excluded.since END,
               id = excluded.id, zone = excluded.zone, refused = excluded.refused,
               served = excluded.served",
        )
        .bind(record.facility.as_str())
        .bind(&record.id)
        .bind(millis(record.since))
        .bind(record.zone.name())
        .bind(&record.refused)
        .bind(record.served)
        .execute(&mut *transaction)
        .await
        .map_err(failed)?;
        transaction.commit().await.map_err(failed)
    }

    pub(super) async fn read_generations(&self) -> Result<Vec<GenerationRecord>> {
        let rows = sqlx::query(
            "SELECT facility, id, since, zone, refused, served FROM generation ORDER BY facility",
        )
        .fetch_all(&self.readers)
        .await
        .map_err(failed)?;
        rows.iter()
            .map(|row| {
                Ok(GenerationRecord {
                    facility: FacilityId::new(row.try_get::<&str, _>(0).map_err(failed)?),
                    id: row.try_get(1).map_err(failed)?,
                    since: rows::instant(row.try_get(2).map_err(failed)?)?,
                    zone: rows::parse(row.try_get(3).map_err(failed)?)?,
                    refused: row.try_get(4).map_err(failed)?,
                    served: row.try_get(5).map_err(failed)?,
                })
            })
            .collect()
    }

    pub(super) async fn write_absent(&self, absent: &Absent) -> Result<()> {
        let mut transaction = self.write().await?;
        sqlx::query(
            "INSERT INTO absent (folder, since, refused) VALUES (?1, ?2, ?3)
             ON CONFLICT (folder) DO UPDATE SET refused = excluded.refused",
        )
        .bind(&absent.folder)
        .bind(millis(absent.since))
        .bind(&absent.refused)
        .execute(&mut *transaction)
        .await
        .map_err(failed)?;
        transaction.commit().await.map_err(failed)
    }

    pub(super) async fn remove_absent(&self, folder: &str) -> Result<()> {
        let mut transaction = self.write().await?;
        sqlx::query("DELETE FROM absent WHERE folder = ?1")
            .bind(folder)
            .execute(&mut *transaction)
            .await
            .map_err(failed)?;
        transaction.commit().await.map_err(failed)
    }

    pub(super) async fn read_absent(&self) -> Result<Vec<Absent>> {
        let rows = sqlx::query("SELECT folder, since, refused FROM absent ORDER BY folder")
            .fetch_all(&self.readers)
            .await
            .map_err(failed)?;
        rows.iter()
            .map(|row| {
                Ok(Absent {
                    folder: row.try_get(0).map_err(failed)?,
                    since: rows::instant(row.try_get(1).map_err(failed)?)?,
                    refused: row.try_get(2).map_err(failed)?,
                })
            })
            .collect()
    }

    pub(super) async fn write_kept_folder(&self, kept: &KeptFolder) -> Result<()> {
        let mut transaction = self.write().await?;
        let before: Option<String> =
            sqlx::query_scalar("SELECT files FROM kept_folder WHERE facility = ?1")
                .bind(kept.facility.as_str())
                .fetch_optional(&mut *transaction)
                .await
                .map_err(failed)?;
        let before = before.and_then(|files| serde_json::from_str(&files).ok());
        let before = before.unwrap_or_default();
        shadow::forget(&mut transaction, &kept.facility, &before, &kept.files).await?;
        sqlx::query(concat!(
            "INSERT OR REPLACE INTO earlier_folder (facility, folder, files, generation)
             SELECT k.facility, k.folder, k.files, k.generation FROM kept_folder k
             WHERE k.facility = ?1 AND k.generation NOT IN ('', ?2) AND NOT ",
            was_stopped!("k.facility", "k.generation"),
            " AND (NOT EXISTS (SELECT 1 FROM earlier_folder WHERE facility = ?1)
                OR ?3 <= (SELECT coalesce(sum(events), 0) FROM volume v
                  WHERE v.facility = ?1 AND v.generation = k.generation))"
        ))
        .bind(kept.facility.as_str())
        .bind(&kept.generation)
        .bind(PROVEN)
        .execute(&mut *transaction)
        .await
        .map_err(failed)?;
        // The folder may have been another clinic's.
        sqlx::query("DELETE FROM kept_folder WHERE folder = ?1")
            .bind(&kept.folder)
            .execute(&mut *transaction)
            .await
            .map_err(failed)?;
        sqlx::query(
            "INSERT OR REPLACE INTO kept_folder (facility, folder, files, generation) VALUES (?1, ?2, ?3, ?4)",
        )
        .bind(kept.facility.as_str())
        .bind(&kept.folder)
        .bind(serde_json::to_string(&kept.files).unwrap_or_default())
        .bind(&kept.generation)
        .execute(&mut *transaction)
        .await
        .map_err(failed)?;
        transaction.commit().await.map_err(failed)
    }

    pub(super) async fn read_kept_folders(&self) -> Result<Vec<KeptFolder>> {
        let rows = sqlx::query(concat!(
            "SELECT k.facility, k.folder, k.files, k.generation FROM kept_folder k WHERE NOT ",
            was_stopped!("k.facility", "k.generation"),
            " UNION ALL
             SELECT e.facility, e.folder, e.files, e.generation FROM earlier_folder e JOIN kept_folder k
               ON k.facility = e.facility WHERE ",
            was_stopped!("k.facility", "k.generation"),
            " AND NOT ",
            was_stopped!("e.facility", "e.generation")
        ))
            .fetch_all(&self.readers)
            .await
            .map_err(failed)?;
        rows.iter()
            .map(|row| {
                let files: &str = row.try_get(2).map_err(failed)?;
                Ok(KeptFolder {
                    facility: FacilityId::new(row.try_get::<&str, _>(0).map_err(failed)?),
                    folder: row.try_get(1).map_err(failed)?,
                    generation: row.try_get(3).map_err(failed)?,
                    files: serde_json::from_str(files).map_err(|_| {
                        StoreError("the database holds a folder that can't be read".into())
                    })?,
                })
            })
            .collect()
    }
}
