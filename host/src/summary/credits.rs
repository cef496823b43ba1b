//! A clinic's credits as programs read them, from the command line and the API.

use rappel_core::store::{Account, CreditLevel};
use rust_decimal::Decimal;
use serde::Serialize;

/// A clinic's credits. Part of the JSON contract: `docs/json.md` tells each property.
#[derive(Clone, Debug, Serialize)]
#[allow(missing_docs, reason = "docs/json.md tells each")]
pub struct CreditsLine {
    pub balance: Decimal,
    pub reserved: Decimal,
    pub low: Decimal,
    pub level: CreditLevel,
    pub waiting: u64,
}

impl CreditsLine {
    /// Those of an account, where they are limited.
    pub fn of(account: &Account) -> Option<Self> {
        account.limited.then(|| Self {
            balance: account.balance.normalize(),
            reserved: account.reserved.normalize(),
            low: account.low.normalize(),
            level: account.level,
            waiting: account.waiting,
        })
    }
}
