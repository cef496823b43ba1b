//! Receipts in: they settle what was sent, and a state only moves forward.

use rappel_core::civil::Instant;
use rappel_core::ids::{FacilityId, MessageId};
use rappel_core::message::State;
use rappel_core::provider::{Receipt, ReceiptOf, ReceiptStatus};
use rappel_core::store::{Result, Step};
use sqlx::{Row, SqliteConnection};

use super::{SqliteStore, failed, millis, queue, rows};

impl SqliteStore {
    pub(super) async fn apply_receipts(
        &self,
        facility: &FacilityId,
        gateway: &str,
        receipts: &[Receipt],
        now: Instant,
    ) -> Result<Vec<Option<MessageId>>> {
        let mut transaction = self.write().await?;
        let mut moved = Vec::with_capacity(receipts.len());
        for receipt in receipts {
            moved.push(apply(&mut transaction, facility.as_str(), gateway, receipt, now).await?);
        }
        transaction.commit().await.map_err(failed)?;
        Ok(moved)
    }
}

async fn apply(
    db: &mut SqliteConnection,
    facility: &str,
    gateway: &str,
    receipt: &Receipt,
    now: Instant,
) -> Result<Option<MessageId>> {
    // A receipt counts only for the gateway that the message was handed to.
    let row = match &receipt.of {
        ReceiptOf::Message(id) => sqlx::query(
            "SELECT id, state FROM message WHERE facility = ?1 AND gateway = ?2 AND id = ?3",
        )
        .bind(facility)
        .bind(gateway)
        .bind(id.to_string()),
        ReceiptOf::GatewayId(id) => sqlx::query(
            // A gateway that counts anew after a restart means the latest.
            "SELECT id, state FROM message WHERE facility = ?1 AND gateway = ?2 AND gateway_id = ?3
             ORDER BY sent_at DESC LIMIT 1",
        )
        .bind(facility)
        .bind(gateway)
        .bind(id),
    }
    .fetch_optional(&mut *db)
    .await
    .map_err(failed)?;
    let Some(row) = row else { return Ok(None) };
    let id: MessageId = rows::parse(row.try_get(0).map_err(failed)?)?;
    let state: State = rows::parse(row.try_get(1).map_err(failed)?)?;
    let next = match receipt.status {
        ReceiptStatus::Sent => State::Sent,
        ReceiptStatus::Delivered => State::Delivered,
        ReceiptStatus::Failed => State::Failed,
    };
    let applied = state.may_have_arrived() && state.may_become(next);
    if applied {
        sqlx::query(
            "UPDATE message SET state = ?3, reason = ?4, updated = ?5, lease = 0
             WHERE facility = ?1 AND id = ?2",
        )
        .bind(facility)
        .bind(id.to_string())
        .bind(next.name())
        .bind(&receipt.reason)
        .bind(millis(now))
        .execute(&mut *db)
        .await
        .map_err(failed)?;
    }
    let step = Step::Receipt {
        status: receipt.status,
        applied,
        reason: receipt.reason.clone(),
    };
    queue::append(db, facility, &id.to_string(), millis(now), &step).await?;
    Ok(applied.then_some(id))
}
