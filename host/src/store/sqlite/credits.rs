//! Credits at work: a cost is reserved with the step that hands a message over, and spent or given
//! back with the answer. What isn't covered waits in its place in the queue.
//!
//! Amounts are added here and not by SQLite, whose numbers lose digits; one writer at a time makes
//! that safe.

use std::collections::BTreeMap;

use rappel_core::civil::Instant;
use rappel_core::ids::FacilityId;
use rappel_core::message::State;
use rappel_core::store::{CreditLevel, Crossing, Posting, Result, Step, Transition};
use rust_decimal::Decimal;
use serde_json::{Value, json};
use sqlx::{Row, SqliteConnection};

use super::{claim, failed, millis, rows, steps};

/// How many waiting messages are looked at when there are credits.
const OFFERED: u32 = 10_000;

/// A clinic's running totals.
#[derive(Debug, Default)]
pub(super) struct Totals {
    pub(super) balance: Decimal,
    pub(super) reserved: Decimal,
    pub(super) low: Decimal,
    /// The worst that was told since the last top-up, as [`rank`] counts.
    told: i64,
}

fn rank(level: CreditLevel) -> i64 {
    match level {
        CreditLevel::Enough => 0,
        CreditLevel::Low => 1,
        CreditLevel::Out => 2,
    }
}

impl Totals {
    pub(super) async fn of(db: &mut SqliteConnection, facility: &str) -> Result<Self> {
        let row =
            sqlx::query("SELECT balance, reserved, low, told FROM account WHERE facility = ?1")
                .bind(facility)
                .fetch_optional(&mut *db)
                .await
                .map_err(failed)?;
        let Some(row) = row else {
            return Ok(Self::default());
        };
        Ok(Self {
            balance: rows::parse(row.try_get(0).map_err(failed)?)?,
            reserved: rows::parse(row.try_get(1).map_err(failed)?)?,
            low: rows::parse(row.try_get(2).map_err(failed)?)?,
            told: row.try_get(3).map_err(failed)?,
        })
    }

    pub(super) async fn keep(&self, db: &mut SqliteConnection, facility: &str) -> Result<()> {
        sqlx::query(
            "INSERT INTO account (facility, balance, reserved, told) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (facility) DO UPDATE SET balance = excluded.balance,
               reserved = excluded.reserved, told = excluded.told",
        )
        .bind(facility)
        .bind(self.balance.to_string())
        .bind(self.reserved.to_string())
        .bind(self.told)
        .execute(&mut *db)
        .await
        .map_err(failed)?;
        Ok(())
    }

    /// How many there are, whatever waits.
    fn level(&self) -> CreditLevel {
        if self.balance <= self.low {
            CreditLevel::Low
        } else {
            CreditLevel::Enough
        }
    }

    /// Whether this is worse than what was told. It is taken for told then.
    fn crosses(&mut self, facility: &FacilityId, level: CreditLevel) -> Option<Crossing> {
        if rank(level) <= self.told {
            return None;
        }
        self.told = rank(level);
        Some(Crossing {
            facility: facility.clone(),
            level,
            balance: self.balance,
            low: self.low,
        })
    }

    /// The same, where nothing waits as far as this shows.
    pub(super) fn runs_low(&mut self, facility: &FacilityId) -> Option<Crossing> {
        let level = self.level();
        self.crosses(facility, level)
    }

    /// After a top-up everything may be told again.
    pub(super) fn topped_up(&mut self) {
        self.told = rank(self.level());
    }
}

/// Whether credits have to cover a step. What is sent once more under the same reference is paid once.
pub(super) fn pays(step: &Transition) -> bool {
    let handover = step
        .handover
        .as_deref()
        .filter(|_| step.from != State::Sending);
    handover.is_some_and(|handover| handover.limited && !handover.credits.is_zero())
}

/// Reserves what the steps to `sending` cost, in their order. One that isn't covered is no longer wanted,
/// and its message waits for credits.
pub(super) async fn reserve(
    db: &mut SqliteConnection,
    steps: &[Transition],
    wanted: &mut [bool],
    now: Instant,
) -> Result<Vec<Crossing>> {
    let batch: Vec<Value> = steps
        .iter()
        .zip(&*wanted)
        .enumerate()
        .filter(|(_, (step, wanted))| **wanted && pays(step))
        .map(|(place, (step, _))| {
            let (facility, id) = (step.facility.as_str(), step.id.to_string());
            json!([place, facility, id, step.fence, step.from.name()])
        })
        .collect();
    if batch.is_empty() {
        return Ok(Vec::new());
    }
    // Only what its worker still holds: nothing is reserved for a step that isn't made.
    let held = sqlx::query(
        "SELECT j.value ->> 0, m.channel FROM jsonb_each(?1) j CROSS JOIN message m
           ON m.facility = j.value ->> 1 AND m.id = j.value ->> 2
           AND m.fence = j.value ->> 3 AND m.state = j.value ->> 4
         ORDER BY j.key",
    )
    .bind(Value::Array(batch).to_string())
    .fetch_all(&mut *db)
    .await
    .map_err(failed)?;
    let mut accounts: BTreeMap<&FacilityId, (Totals, CreditLevel)> = BTreeMap::new();
    let (mut charges, mut unpaid) = (Vec::new(), Vec::new());
    for row in &held {
        let place: u32 = row.try_get(0).map_err(failed)?;
        let channel: &str = row.try_get(1).map_err(failed)?;
        let (Some(step), Some(wanted)) =
            (steps.get(place as usize), wanted.get_mut(place as usize))
        else {
            continue;
        };
        let Some(handover) = &step.handover else {
            continue;
        };
        let facility = &step.facility;
        if !accounts.contains_key(facility) {
            let totals = Totals::of(db, facility.as_str()).await?;
            accounts.insert(facility, (totals, CreditLevel::Enough));
        }
        let Some((account, worst)) = accounts.get_mut(facility) else {
            continue;
        };
        let (cost, left) = (handover.credits, account.balance);
        if cost <= left {
            account.balance -= cost;
            account.reserved += cost;
            let channel = handover.via.map_or(channel, |via| via.name());
            charges.push(json!([
                facility.as_str(),
                step.id.to_string(),
                channel,
                cost.to_string()
            ]));
        } else {
            *wanted = false;
            *worst = CreditLevel::Out;
            unpaid.push((step, cost, left));
        }
    }
    charge(db, charges, now).await?;
    hold(db, &unpaid, now).await?;
    let mut crossings = Vec::new();
    for (facility, (mut account, worst)) in accounts {
        let level = worst.max(account.level());
        crossings.extend(account.crosses(facility, level));
        account.keep(db, facility.as_str()).await?;
    }
    Ok(crossings)
}

/// Enters what is reserved in the ledger.
async fn charge(db: &mut SqliteConnection, charges: Vec<Value>, now: Instant) -> Result<()> {
    if charges.is_empty() {
        return Ok(());
    }
    // One that was given back before is reserved anew.
    sqlx::query(
        "INSERT INTO charge (facility, message, channel, amount, posting, at)
         SELECT j.value ->> 0, j.value ->> 1, j.value ->> 2, j.value ->> 3, 'reserved', ?2
         FROM jsonb_each(?1) j WHERE true
         ON CONFLICT (facility, message) DO UPDATE SET channel = excluded.channel,
           amount = excluded.amount, posting = excluded.posting, at = excluded.at",
    )
    .bind(Value::Array(charges).to_string())
    .bind(millis(now))
    .execute(&mut *db)
    .await
    .map_err(failed)?;
    Ok(())
}

/// Holds messages that aren't covered, where they stand in the queue.
async fn hold(
    db: &mut SqliteConnection,
    unpaid: &[(&Transition, Decimal, Decimal)],
    now: Instant,
) -> Result<()> {
    if unpaid.is_empty() {
        return Ok(());
    }
    let (mut batch, mut told) = (Vec::new(), Vec::new());
    for (step, cost, left) in unpaid {
        let (facility, id) = (step.facility.as_str(), step.id.to_string());
        let (cost, left) = (cost.normalize(), left.normalize());
        let reason = format!("out of credits: it costs {cost}, {left} left; it waits for more");
        batch.push(json!([
            facility,
            id,
            cost.to_string(),
            reason,
            step.generation
        ]));
        told.push(steps::Line::new(step, &Step::Unpaid { cost, left }));
    }
    let held: Vec<i64> = sqlx::query_scalar(
        "UPDATE message SET state = 'held', kept = 'credits', cost = j.value ->> 2, reason = j.value ->> 3,
           generation = coalesce(j.value ->> 4, generation),
           decided_by = NULL, decided_line = NULL, lease = 0, updated = ?2
         FROM jsonb_each(?1) j WHERE message.facility = j.value ->> 0 AND message.id = j.value ->> 1
         RETURNING message.number",
    )
    .bind(Value::Array(batch).to_string())
    .bind(millis(now))
    .fetch_all(&mut *db)
    .await
    .map_err(failed)?;
    claim::clear(db, &held).await?;
    steps::write_story(db, &told, now).await
}

/// What becomes of the reservation of a message that enters a state from `sending`; nothing while it may
/// still go either way.
pub(super) fn settlement(to: State) -> Option<Posting> {
    match to {
        State::Sent | State::Delivered => Some(Posting::Spent),
        State::Planned | State::Failed | State::Expired => Some(Posting::Returned),
        _ => None,
    }
}

pub(super) fn name(posting: Posting) -> &'static str {
    match posting {
        Posting::Added => "added",
        Posting::Reserved => "reserved",
        Posting::Spent => "spent",
        Posting::Returned => "returned",
    }
}

/// Spends what is reserved for messages, or gives it back. What isn't reserved stays as it is.
pub(super) async fn settle(
    db: &mut SqliteConnection,
    facility: &str,
    messages: &[(String, Posting)],
    now: Instant,
) -> Result<()> {
    if messages.is_empty() {
        return Ok(());
    }
    let batch: Vec<Value> = messages
        .iter()
        .map(|(id, posting)| json!([id, name(*posting)]))
        .collect();
    let settled = sqlx::query(
        "UPDATE charge SET posting = j.value ->> 1, at = ?3 FROM json_each(?2) j
         WHERE facility = ?1 AND message = j.value ->> 0 AND posting = 'reserved'
         RETURNING amount, posting",
    )
    .bind(facility)
    .bind(Value::Array(batch).to_string())
    .bind(millis(now))
    .fetch_all(&mut *db)
    .await
    .map_err(failed)?;
    if settled.is_empty() {
        return Ok(());
    }
    let mut totals = Totals::of(db, facility).await?;
    for row in &settled {
        let amount: Decimal = rows::parse(row.try_get(0).map_err(failed)?)?;
        let posting: &str = row.try_get(1).map_err(failed)?;
        totals.reserved -= amount;
        if posting == name(Posting::Returned) {
            totals.balance += amount;
        }
    }
    totals.keep(db, facility).await
}

/// Says what a message really cost, which is known only now.
pub(super) async fn correct(
    db: &mut SqliteConnection,
    facility: &str,
    id: &str,
    cost: Decimal,
) -> Result<()> {
    sqlx::query("UPDATE message SET credits = ?3 WHERE facility = ?1 AND id = ?2")
        .bind(facility)
        .bind(id)
        .bind(cost.to_string())
        .execute(&mut *db)
        .await
        .map_err(failed)?;
    let spent = sqlx::query(
        "SELECT amount FROM charge WHERE facility = ?1 AND message = ?2 AND posting = 'spent'",
    )
    .bind(facility)
    .bind(id)
    .fetch_optional(&mut *db)
    .await
    .map_err(failed)?;
    let Some(row) = spent else { return Ok(()) };
    let before: Decimal = rows::parse(row.try_get(0).map_err(failed)?)?;
    if before == cost {
        return Ok(());
    }
    sqlx::query("UPDATE charge SET amount = ?3 WHERE facility = ?1 AND message = ?2")
        .bind(facility)
        .bind(id)
        .bind(cost.to_string())
        .execute(&mut *db)
        .await
        .map_err(failed)?;
    let mut totals = Totals::of(db, facility).await?;
    totals.balance += before - cost;
    totals.keep(db, facility).await
}

/// Lets messages go that wait for credits, the urgent ones first, as far as the balance covers them; and
/// those whose time is over, so that they come to their end. Tells how many.
pub(super) async fn offer(
    db: &mut SqliteConnection,
    facility: &str,
    mut balance: Decimal,
    now: Instant,
) -> Result<u64> {
    let waiting = sqlx::query(
        "SELECT id, cost, expires <= ?2 FROM message WHERE facility = ?1 AND kept = 'credits'
         ORDER BY urgent DESC, due, id LIMIT ?3",
    )
    .bind(facility)
    .bind(millis(now))
    .bind(OFFERED)
    .fetch_all(&mut *db)
    .await
    .map_err(failed)?;
    let mut free: Vec<&str> = Vec::new();
    for row in &waiting {
        let cost: Decimal = rows::parse(row.try_get(1).map_err(failed)?)?;
        let over: Option<bool> = row.try_get(2).map_err(failed)?;
        if over != Some(true) {
            if cost > balance {
                continue;
            }
            balance -= cost;
        }
        free.push(row.try_get(0).map_err(failed)?);
    }
    if free.is_empty() {
        return Ok(0);
    }
    sqlx::query(
        "UPDATE message SET kept = NULL, cost = NULL
         WHERE facility = ?1 AND id IN (SELECT value FROM json_each(?2))",
    )
    .bind(facility)
    .bind(json!(free).to_string())
    .execute(&mut *db)
    .await
    .map_err(failed)?;
    Ok(free.len() as u64)
}
