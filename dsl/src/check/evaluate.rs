//! Whether a test holds.

use std::cmp::Ordering;

use chrono::{Days, TimeDelta};
use rust_decimal::Decimal;

use super::{Comparison, Operator, Test};
use crate::values::Value;

impl Test {
    /// Whether it holds, told the answers of its parts.
    pub(crate) fn holds(
        &self,
        present: &dyn Fn(usize) -> bool,
        compare: &dyn Fn(usize) -> bool,
    ) -> bool {
        match self {
            Test::Present(slot) => present(*slot),
            Test::Compare(index) => compare(*index),
            Test::Not(inner) => !inner.holds(present, compare),
            Test::All(parts) => parts.iter().all(|part| part.holds(present, compare)),
            Test::Any(parts) => parts.iter().any(|part| part.holds(present, compare)),
            Test::Unknown => false,
        }
    }
}

impl Comparison {
    /// Whether two present values compare so. Texts compare without regard to case.
    pub(crate) fn holds(&self, left: &Value<'_>, right: &Value<'_>) -> bool {
        match self.operator {
            Operator::Equal | Operator::In => order(left, right) == Some(Ordering::Equal),
            Operator::NotEqual => order(left, right) != Some(Ordering::Equal),
            Operator::Less => order(left, right).is_some_and(|order| order.is_lt()),
            Operator::LessOrEqual => order(left, right).is_some_and(|order| order.is_le()),
            Operator::Greater => order(left, right).is_some_and(|order| order.is_gt()),
            Operator::GreaterOrEqual => order(left, right).is_some_and(|order| order.is_ge()),
            Operator::Contains => match (left.words(), right.words()) {
                (Some(left), Some(right)) => left.to_lowercase().contains(&right.to_lowercase()),
                _ => false,
            },
        }
    }
}

fn order(left: &Value<'_>, right: &Value<'_>) -> Option<Ordering> {
    match (left, right) {
        (Value::Date(left), Value::Date(right)) => Some(left.cmp(right)),
        (Value::Time(left), Value::Time(right)) => Some(left.cmp(right)),
        (Value::Money(left), Value::Money(right)) => Some(left.cmp(right)),
        (Value::Minutes(left), Value::Minutes(right)) => Some(left.cmp(right)),
        _ => {
            let letters = |text: &str| {
                text.trim()
                    .chars()
                    .flat_map(char::to_lowercase)
                    .collect::<Vec<_>>()
            };
            Some(letters(left.words()?).cmp(&letters(right.words()?)))
        }
    }
}

/// Adds a value that something is compared with, and those right beside it.
pub(crate) fn beside(constant: &Value<'static>, values: &mut Vec<Value<'static>>) {
    values.push(constant.clone());
    match constant {
        Value::Time(time) => {
            for minutes in [-1, 1] {
                // Beyond midnight there is nothing.
                let (time, days) = time.overflowing_add_signed(TimeDelta::minutes(minutes));
                values.extend((days == 0).then_some(Value::Time(time)));
            }
        }
        Value::Date(date) => {
            values.extend(date.checked_sub_days(Days::new(1)).map(Value::Date));
            values.extend(date.checked_add_days(Days::new(1)).map(Value::Date));
        }
        Value::Money(amount) => {
            let cent = Decimal::new(1, 2);
            values.extend(amount.checked_sub(cent).map(Value::Money));
            values.extend(amount.checked_add(cent).map(Value::Money));
        }
        Value::Minutes(minutes) => {
            values.extend(minutes.checked_sub(1).map(Value::Minutes));
            values.extend(minutes.checked_add(1).map(Value::Minutes));
        }
        _ => {}
    }
}
