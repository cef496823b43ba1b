//! A clinic's credits in words.

use rappel_core::store::{Account, CreditLevel};
use rust_decimal::Decimal;

use super::message::count;
use super::style;

/// `1 credit`, `2.5 credits`
pub(crate) fn amount(amount: Decimal) -> String {
    let plural = if amount == Decimal::ONE { "" } else { "s" };
    format!("{} credit{plural}", amount.normalize())
}

/// `97 credits left, 3 reserved`, in the colour of how they stand, and what to do where they run out.
pub(crate) fn told(account: &Account) -> String {
    let reserved = account.reserved.normalize();
    let mut left = format!("{} left", amount(account.balance));
    if !reserved.is_zero() {
        left.push_str(&format!(", {reserved} reserved for what is under way"));
    }
    let (error, warning, end) = (style::ERROR, style::WARNING, style::END);
    let low = account.low.normalize();
    match account.level {
        CreditLevel::Enough => format!("{left}; low at {low}"),
        CreditLevel::Low => {
            format!("{warning}credits are low{end}: {left}; low at {low}")
        }
        CreditLevel::Out => {
            let wait = if account.waiting == 1 {
                "waits"
            } else {
                "wait"
            };
            let waiting = count(account.waiting, "message");
            format!(
                "{error}out of credits{end}: {left}; {waiting} {wait} until `rappel credits add` adds some"
            )
        }
    }
}
