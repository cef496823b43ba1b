//! Read tracking: which e-mails bring an image that tells when they are opened, and when it was fetched.

use rappel_core::civil::Instant;
use rappel_core::store::{OpeningToken, Result, Step, Transition};
use serde_json::{Value, json};
use sqlx::{Row, SqliteConnection};

use super::{SqliteStore, failed, millis, steps};

/// How often a message is noted as opened at most: a program that fetches its image without end keeps the
/// disk busy no longer.
const MOST_OPENS: u32 = 1_000;

impl SqliteStore {
    pub(super) async fn note_opens(&self, opened: &[(OpeningToken, Instant)]) -> Result<u64> {
        // Whoever makes tokens up costs a look, and no write.
        let tokens: Vec<&str> = opened.iter().map(|(token, _)| token.0.as_str()).collect();
        let known: bool = sqlx::query_scalar(
            "SELECT EXISTS (SELECT 1 FROM json_each(?1) j CROSS JOIN message m ON m.opening = j.value
             WHERE m.opens < ?2)",
        )
        .bind(json!(tokens).to_string())
        .bind(MOST_OPENS)
        .fetch_one(&self.readers)
        .await
        .map_err(failed)?;
        if !known {
            return Ok(0);
        }
        let mut transaction = self.write_lightly().await?;
        let mut noted = 0;
        for (token, at) in opened {
            let row = sqlx::query(
                "UPDATE message SET opened = min(coalesce(opened, ?2), ?2), opens = opens + 1
                 WHERE opening = ?1 AND opens < ?3 RETURNING facility, id, opens",
            )
            .bind(&token.0)
            .bind(millis(*at))
            .bind(MOST_OPENS)
            .fetch_optional(&mut *transaction)
            .await
            .map_err(failed)?;
            let Some(row) = row else { continue };
            noted += 1;
            let (facility, id): (&str, &str) = (
                row.try_get(0).map_err(failed)?,
                row.try_get(1).map_err(failed)?,
            );
            if row.try_get::<u32, _>(2).map_err(failed)? == 1 {
                let at = millis(*at);
                steps::append(&mut transaction, facility, id, at, &Step::Opened).await?;
            }
        }
        transaction.commit().await.map_err(failed)?;
        Ok(noted)
    }
}

/// Keeps the secret parts of the images of messages that begin to leave.
pub(super) async fn keep_openings(
    db: &mut SqliteConnection,
    batch: &[Transition],
    made: &[bool],
) -> Result<()> {
    let steps = batch.iter().zip(made).filter(|(_, made)| **made);
    let openings: Vec<Value> = steps
        .filter_map(|(step, _)| {
            let token = step.handover.as_ref()?.opening.as_ref()?;
            Some(json!([
                step.facility.as_str(),
                step.id.to_string(),
                token.0
            ]))
        })
        .collect();
    if openings.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "UPDATE message SET opening = j.value ->> 2 FROM jsonb_each(?1) j
         WHERE message.facility = j.value ->> 0 AND message.id = j.value ->> 1",
    )
    .bind(Value::Array(openings).to_string())
    .execute(&mut *db)
    .await
    .map_err(failed)?;
    Ok(())
}
