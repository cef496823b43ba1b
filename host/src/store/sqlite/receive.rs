//! Receipts in: they settle what was sent, and a state only moves forward.
//!
//! A gateway may report a message by its own name before its answer, which tells us that name, is
//! kept: such a receipt waits for the answer.

use rappel_core::civil::Instant;
use rappel_core::ids::{FacilityId, MessageId};
use rappel_core::message::State;
use rappel_core::provider::{Receipt, ReceiptOf, ReceiptStatus};
use rappel_core::settings::begun_minutes;
use rappel_core::store::{Posting, Result, Step, StoreError, Transition};
use rust_decimal::Decimal;
use sqlx::{Row, SqliteConnection};

use super::{SqliteStore, alarms, credits, failed, millis, rows, steps};

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

/// Applies a receipt to its message, and to those that it carried.
async fn apply(
    db: &mut SqliteConnection,
    facility: &str,
    gateway: &str,
    receipt: &Receipt,
    now: Instant,
) -> Result<Option<MessageId>> {
    let moved = apply_to_one(db, facility, gateway, receipt, now).await?;
    if let Some(carrier) = moved {
        let carried: Vec<String> = sqlx::query_scalar(
            "SELECT id FROM message WHERE facility = ?1 AND carrier = ?2 AND id <> ?2 ORDER BY place",
        )
        .bind(facility)
        .bind(carrier.to_string())
        .fetch_all(&mut *db)
        .await
        .map_err(failed)?;
        for id in carried {
            let of = ReceiptOf::Message(rows::parse(&id)?);
            // How long a call took is the carrier's to pay.
            let (status, reason) = (receipt.status, receipt.reason.clone());
            let receipt = Receipt {
                of,
                status,
                reason,
                seconds: None,
            };
            apply_to_one(db, facility, gateway, &receipt, now).await?;
        }
    }
    Ok(moved)
}

async fn apply_to_one(
    db: &mut SqliteConnection,
    facility: &str,
    gateway: &str,
    receipt: &Receipt,
    now: Instant,
) -> Result<Option<MessageId>> {
    // A receipt counts only for the gateway that the message was handed to.
    let row = match &receipt.of {
        ReceiptOf::Message(id) => sqlx::query(
            "SELECT id, state, charged, minute FROM message WHERE facility = ?1 AND gateway = ?2 AND id = ?3",
        )
        .bind(facility)
        .bind(gateway)
        .bind(id.to_string()),
        ReceiptOf::GatewayId(id) => sqlx::query(
            // A gateway that counts anew after a restart means the latest.
            "SELECT id, state, charged, minute FROM message WHERE facility = ?1 AND gateway = ?2 AND gateway_id = ?3
             ORDER BY sent_at DESC LIMIT 1",
        )
        .bind(facility)
        .bind(gateway)
        .bind(id),
    }
    .fetch_optional(&mut *db)
    .await
    .map_err(failed)?;
    let Some(row) = row else {
        if let ReceiptOf::GatewayId(name) = &receipt.of {
            keep_early(db, facility, gateway, name, receipt, now).await?;
        }
        return Ok(None);
    };
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
            "UPDATE message SET state = ?3,
               reason = coalesce(?4, CASE WHEN carrier <> id THEN reason END), decided_by = NULL, decided_line = NULL, updated = ?5,
               lease = 0
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
    if applied && next == State::Failed {
        let reason = receipt.reason.as_deref().unwrap_or_default();
        let failure = (&FacilityId::new(facility), id, reason);
        alarms::note_failed(db, &[failure], now).await?;
    }
    // A gateway that reports a message took it: it is paid, delivered or not.
    if applied && row.try_get(2).map_err(failed)? {
        let spent = [(id.to_string(), Posting::Spent)];
        credits::settle(db, facility, &spent, now).await?;
    }
    if let Some(seconds) = receipt.seconds
        && let Some(minute) = row.try_get::<Option<&str>, _>(3).map_err(failed)?
        && state.may_have_arrived()
    {
        let cost = rows::parse::<Decimal>(minute)? * Decimal::from(begun_minutes(seconds));
        credits::correct(db, facility, &id.to_string(), cost).await?;
    }
    let step = Step::Receipt {
        status: receipt.status,
        applied,
        reason: receipt.reason.clone(),
    };
    steps::append(db, facility, &id.to_string(), millis(now), &step).await?;
    Ok(applied.then_some(id))
}

/// How long a receipt waits for its answer, in milliseconds: a day.
const EARLY_MILLIS: i64 = 86_400_000;

/// Keeps a receipt for an answer to come, if the gateway owes one.
async fn keep_early(
    db: &mut SqliteConnection,
    facility: &str,
    gateway: &str,
    name: &str,
    receipt: &Receipt,
    now: Instant,
) -> Result<()> {
    sqlx::query("DELETE FROM early_receipt WHERE facility = ?1 AND gateway = ?2 AND at < ?3")
        .bind(facility)
        .bind(gateway)
        .bind(millis(now) - EARLY_MILLIS)
        .execute(&mut *db)
        .await
        .map_err(failed)?;
    let status = serde_json::to_string(&receipt.status).unwrap_or_default();
    sqlx::query(
        "INSERT INTO early_receipt (facility, gateway, gateway_id, at, status, reason, seconds)
         SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7 WHERE EXISTS (SELECT 1 FROM message
           WHERE facility = ?1 AND lease > 0 AND state = 'sending' AND gateway = ?2)",
    )
    .bind(facility)
    .bind(gateway)
    .bind(name)
    .bind(millis(now))
    .bind(status)
    .bind(&receipt.reason)
    .bind(receipt.seconds)
    .execute(&mut *db)
    .await
    .map_err(failed)?;
    Ok(())
}

/// Applies the receipts that waited for these answers. `made` tells which of the steps were made: one
/// that a receipt overtook still tells the gateway's name.
pub(super) async fn settle_early(
    db: &mut SqliteConnection,
    steps: &[Transition],
    made: &[bool],
    now: Instant,
) -> Result<()> {
    let named = || {
        let steps = steps.iter().zip(made);
        steps.filter_map(|(step, made)| Some((step, step.gateway_id.as_ref()?, *made)))
    };
    for (step, name, _) in named().filter(|(_, _, made)| !made) {
        sqlx::query(
            "UPDATE message SET gateway_id = ?4 WHERE facility = ?1 AND id = ?2 AND fence = ?3
               AND state = 'sent' AND gateway_id IS NULL",
        )
        .bind(step.facility.as_str())
        .bind(step.id.to_string())
        .bind(step.fence)
        .bind(name)
        .execute(&mut *db)
        .await
        .map_err(failed)?;
    }
    if named().next().is_none() || !any_early(db).await? {
        return Ok(());
    }
    for (step, name, _) in named() {
        let facility = step.facility.as_str();
        let rows = sqlx::query(
            "DELETE FROM early_receipt WHERE facility = ?1 AND gateway_id = ?3
               AND gateway = (SELECT gateway FROM message WHERE facility = ?1 AND id = ?2)
             RETURNING gateway, status, reason, seconds",
        )
        .bind(facility)
        .bind(step.id.to_string())
        .bind(name)
        .fetch_all(&mut *db)
        .await
        .map_err(failed)?;
        for row in rows {
            let gateway: String = row.try_get(0).map_err(failed)?;
            let status: String = row.try_get(1).map_err(failed)?;
            let receipt = Receipt {
                of: ReceiptOf::Message(step.id),
                status: serde_json::from_str(&status).map_err(|_| {
                    StoreError("the database holds a receipt that can't be read".into())
                })?,
                reason: row.try_get(2).map_err(failed)?,
                seconds: row.try_get(3).map_err(failed)?,
            };
            apply(db, facility, &gateway, &receipt, now).await?;
        }
    }
    Ok(())
}

async fn any_early(db: &mut SqliteConnection) -> Result<bool> {
    let row = sqlx::query("SELECT EXISTS (SELECT 1 FROM early_receipt)")
        .fetch_one(&mut *db)
        .await
        .map_err(failed)?;
    row.try_get(0).map_err(failed)
}
