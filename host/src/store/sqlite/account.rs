//! A clinic's account as people see and change it: limits, top-ups, the ledger.

use std::collections::BTreeMap;

use rappel_core::channel::ChannelKind;
use rappel_core::civil::Instant;
use rappel_core::ids::FacilityId;
use rappel_core::store::{Account, CreditLevel, Crossing, Posted, Posting, Result, StoreError};
use rust_decimal::Decimal;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::credits::{self, Totals};
use super::{SqliteStore, alarms, failed, millis, rows};

impl SqliteStore {
    pub(super) async fn write_limit(
        &self,
        facility: &FacilityId,
        low: Option<Decimal>,
        now: Instant,
    ) -> Result<Option<Crossing>> {
        let Some(low) = low else {
            self.lift_limit(facility).await?;
            return Ok(None);
        };
        let mut transaction = self.write().await?;
        sqlx::query(
            "INSERT INTO account (facility, limited, low) VALUES (?1, 1, ?2)
             ON CONFLICT (facility) DO UPDATE SET limited = 1, low = excluded.low",
        )
        .bind(facility.as_str())
        .bind(low.to_string())
        .execute(&mut *transaction)
        .await
        .map_err(failed)?;
        let mut totals = Totals::of(&mut transaction, facility.as_str()).await?;
        let crossing = totals.runs_low(facility);
        totals.keep(&mut transaction, facility.as_str()).await?;
        alarms::note_crossings(&mut transaction, crossing.as_slice(), now).await?;
        transaction.commit().await.map_err(failed)?;
        Ok(crossing)
    }

    /// Most clinics never had a limit, and starting them writes nothing.
    async fn lift_limit(&self, facility: &FacilityId) -> Result<()> {
        let limited: Option<bool> =
            sqlx::query_scalar("SELECT limited FROM account WHERE facility = ?1")
                .bind(facility.as_str())
                .fetch_optional(&self.readers)
                .await
                .map_err(failed)?;
        if limited != Some(true) {
            return Ok(());
        }
        let mut transaction = self.write().await?;
        sqlx::query("UPDATE account SET limited = 0 WHERE facility = ?1")
            .bind(facility.as_str())
            .execute(&mut *transaction)
            .await
            .map_err(failed)?;
        transaction.commit().await.map_err(failed)
    }

    pub(super) async fn top_up(
        &self,
        facility: &FacilityId,
        amount: Decimal,
        note: Option<&str>,
        now: Instant,
    ) -> Result<Option<u64>> {
        let mut transaction = self.write().await?;
        let mut totals = Totals::of(&mut transaction, facility.as_str()).await?;
        let Some(balance) = totals.balance.checked_add(amount) else {
            return Ok(None);
        };
        if amount.is_sign_negative() && balance.is_sign_negative() {
            return Ok(None);
        }
        totals.balance = balance;
        if amount.is_sign_positive() {
            totals.topped_up();
        }
        totals.keep(&mut transaction, facility.as_str()).await?;
        sqlx::query(
            "INSERT INTO top_up (facility, seq, at, amount, note)
             SELECT ?1, coalesce(max(seq), 0) + 1, ?2, ?3, ?4 FROM top_up WHERE facility = ?1",
        )
        .bind(facility.as_str())
        .bind(millis(now))
        .bind(amount.to_string())
        .bind(note)
        .execute(&mut *transaction)
        .await
        .map_err(failed)?;
        let freed =
            credits::offer(&mut transaction, facility.as_str(), totals.balance, now).await?;
        transaction.commit().await.map_err(failed)?;
        Ok(Some(freed))
    }

    pub(super) async fn offer_again(&self, facility: &FacilityId, now: Instant) -> Result<u64> {
        // Most of the time nothing waits, and whoever writes need not be kept waiting.
        let waits: bool = sqlx::query_scalar(
            "SELECT EXISTS (SELECT 1 FROM message WHERE facility = ?1 AND kept = 'credits')",
        )
        .bind(facility.as_str())
        .fetch_one(&self.readers)
        .await
        .map_err(failed)?;
        if !waits {
            return Ok(0);
        }
        let mut transaction = self.write().await?;
        let totals = Totals::of(&mut transaction, facility.as_str()).await?;
        let freed =
            credits::offer(&mut transaction, facility.as_str(), totals.balance, now).await?;
        transaction.commit().await.map_err(failed)?;
        Ok(freed)
    }

    pub(super) async fn write_off(
        &self,
        facility: &FacilityId,
        before: Instant,
        now: Instant,
    ) -> Result<u64> {
        let unknown: Vec<String> = sqlx::query_scalar(
            "SELECT c.message FROM account a CROSS JOIN charge c ON c.facility = a.facility
             CROSS JOIN message m ON m.facility = c.facility AND m.id = c.message
             WHERE a.facility = ?1 AND a.reserved <> '0' AND c.at < ?2 AND c.posting = 'reserved'
               AND m.state = 'unknown' AND m.updated < ?2",
        )
        .bind(facility.as_str())
        .bind(millis(before))
        .fetch_all(&self.readers)
        .await
        .map_err(failed)?;
        if unknown.is_empty() {
            return Ok(0);
        }
        let spent: Vec<_> = unknown.into_iter().map(|id| (id, Posting::Spent)).collect();
        let mut transaction = self.write().await?;
        credits::settle(&mut transaction, facility.as_str(), &spent, now).await?;
        transaction.commit().await.map_err(failed)?;
        Ok(spent.len() as u64)
    }

    pub(super) async fn read_accounts(&self) -> Result<Vec<Account>> {
        let rows = sqlx::query(
            "SELECT a.facility, a.limited, a.balance, a.reserved, a.low,
               (SELECT count(*) FROM message m WHERE m.facility = a.facility AND m.kept = 'credits')
             FROM account a ORDER BY a.facility",
        )
        .fetch_all(&self.readers)
        .await
        .map_err(failed)?;
        rows.iter().map(account).collect()
    }

    pub(super) async fn read_ledger(
        &self,
        facility: &FacilityId,
        limit: u32,
    ) -> Result<Vec<Posted>> {
        let rows = sqlx::query(
            "SELECT at, 'added', amount, NULL, NULL, note, seq FROM top_up WHERE facility = ?1
             UNION ALL
             SELECT at, posting, amount, message, channel, NULL, 0 FROM charge WHERE facility = ?1
             ORDER BY 1 DESC, 7 DESC, 4 DESC LIMIT ?2",
        )
        .bind(facility.as_str())
        .bind(limit)
        .fetch_all(&self.readers)
        .await
        .map_err(failed)?;
        rows.iter().map(posted).collect()
    }

    pub(super) async fn read_spent(
        &self,
        facility: &FacilityId,
        (from, until): (Instant, Instant),
    ) -> Result<BTreeMap<ChannelKind, Decimal>> {
        let rows = sqlx::query(
            "SELECT coalesce(via, channel), credits, count(*) FROM message
             WHERE facility = ?1 AND sent_at >= ?2 AND sent_at < ?3 AND credits <> '0'
             GROUP BY 1, 2",
        )
        .bind(facility.as_str())
        .bind(millis(from))
        .bind(millis(until))
        .fetch_all(&self.readers)
        .await
        .map_err(failed)?;
        let mut spent = BTreeMap::new();
        for row in &rows {
            let channel = rows::parse(row.try_get(0).map_err(failed)?)?;
            let each: Decimal = rows::parse(row.try_get(1).map_err(failed)?)?;
            let messages: i64 = row.try_get(2).map_err(failed)?;
            *spent.entry(channel).or_default() += each * Decimal::from(messages);
        }
        Ok(spent)
    }
}

fn account(row: &SqliteRow) -> Result<Account> {
    let amount = |index: usize| rows::parse::<Decimal>(row.try_get(index).map_err(failed)?);
    let (balance, low) = (amount(2)?, amount(4)?);
    let waiting = row.try_get::<i64, _>(5).map_err(failed)?.unsigned_abs();
    Ok(Account {
        facility: FacilityId::new(row.try_get::<&str, _>(0).map_err(failed)?),
        limited: row.try_get(1).map_err(failed)?,
        balance,
        reserved: amount(3)?,
        low,
        level: match waiting {
            0 if balance > low => CreditLevel::Enough,
            0 => CreditLevel::Low,
            _ => CreditLevel::Out,
        },
        waiting,
    })
}

fn posted(row: &SqliteRow) -> Result<Posted> {
    let text = |index: usize| row.try_get::<Option<&str>, _>(index).map_err(failed);
    Ok(Posted {
        at: rows::instant(row.try_get(0).map_err(failed)?)?,
        posting: posting(row.try_get(1).map_err(failed)?)?,
        amount: rows::parse(row.try_get(2).map_err(failed)?)?,
        message: text(3)?.map(rows::parse).transpose()?,
        channel: text(4)?.map(rows::parse).transpose()?,
        note: text(5)?.map(str::to_string),
    })
}

fn posting(text: &str) -> Result<Posting> {
    [
        Posting::Added,
        Posting::Reserved,
        Posting::Spent,
        Posting::Returned,
    ]
    .into_iter()
    .find(|posting| credits::name(*posting) == text)
    .ok_or_else(|| StoreError("the database holds a posting that is none".into()))
}
