//! Retention: what messages said, where they went and whether they were opened is removed in its time.

use rappel_core::civil::Instant;
use rappel_core::ids::FacilityId;
use rappel_core::store::Result;

use super::{SqliteStore, failed, millis};

/// What has a text was due before it last changed, so the index on `due` narrows it.
macro_rules! is_over {
    () => {
        " facility = ?1 AND due < ?2 AND updated < ?2 AND text IS NOT NULL
          AND state NOT IN ('planned', 'held', 'sending')"
    };
}

const OPENED: &str = concat!(
    "DELETE FROM story WHERE step ->> '$.step' = 'opened' AND message IN (SELECT number FROM message WHERE",
    is_over!(),
    " AND opened IS NOT NULL)"
);

const TEXTS: &str = concat!(
    "UPDATE message SET address = NULL, subject = NULL, text = NULL, opening = NULL, opened = NULL,
       opens = 0 WHERE",
    is_over!()
);

/// The facts that policies read. A message may have none and no text, so they have an index of their own.
const READS: &str = "UPDATE story SET step = json_patch(
       json_set(step, '$.answers',
         (SELECT json_group_array(json_remove(value, '$.read')) FROM json_each(step, '$.answers'))),
       CASE WHEN step -> '$.shadow' IS NULL THEN '{}' ELSE json_object('shadow',
         (SELECT json_group_array(json_remove(value, '$.read')) FROM json_each(step, '$.shadow'))) END)
     WHERE instr(step, '\"read\":') > 0 AND message IN (SELECT number FROM message
       WHERE facility = ?1 AND updated < ?2 AND state NOT IN ('planned', 'held', 'sending'))";

const REPLIES: &str =
    "UPDATE reply SET text = NULL WHERE facility = ?1 AND at < ?2 AND text IS NOT NULL";

/// How much was planned is what is usual for a month, whatever the retention.
const VOLUME: &str = "DELETE FROM volume WHERE facility = ?1 AND day < ?2 / 86400000 - 28";
const VOLUME_ANEW: &str =
    "DELETE FROM volume_anew WHERE facility = ?1 AND day < ?2 / 86400000 - 28";

const SHADOW: &str = "DELETE FROM shadow WHERE facility = ?1 AND at < ?2";

const ALARMS: &str = "DELETE FROM alarm WHERE facility = ?1 AND last < ?2";

impl SqliteStore {
    pub(super) async fn redact_texts(&self, facility: &FacilityId, before: Instant) -> Result<u64> {
        let mut transaction = self.write().await?;
        let mut messages = 0;
        for statement in [
            OPENED,
            TEXTS,
            READS,
            REPLIES,
            VOLUME,
            VOLUME_ANEW,
            SHADOW,
            ALARMS,
        ] {
            let done = sqlx::query(statement)
                .bind(facility.as_str())
                .bind(millis(before))
                .execute(&mut *transaction)
                .await
                .map_err(failed)?;
            if statement == TEXTS {
                messages = done.rows_affected();
            }
        }
        transaction.commit().await.map_err(failed)?;
        Ok(messages)
    }
}
