//! Visits made of bytes: every required value is there, whatever it says.

use chrono::{Days, NaiveDate, NaiveTime};
use rappel_dsl::variables::{Id, Type};
use rappel_dsl::{Sheet, Value, Variable};
use rust_decimal::Decimal;

use crate::fields::Choices;

/// What a text may hold that could be taken for something else.
const NASTY: [&str; 16] = [
    "x",
    "<evil a='1'>",
    "</p><script>",
    "&lt;",
    "\" onclick=\"",
    "**a** [b](javascript:c)",
    "[TRD3]",
    "[[",
    "é😀",
    "\u{202e}",
    "\r\nBcc: a",
    "]]>",
    "`|^{}~€",
    "œ«»…",
    "\u{f0000}",
    "a\u{301}\u{200d}",
];

/// A visit with any texts.
pub fn any(choices: &mut Choices<'_>) -> Sheet<'static> {
    sheet(choices, |choices, _| {
        let pieces = choices.below(4);
        // What has to be there is seen.
        (0..pieces).fold("x".to_string(), |text, _| text + choices.one(&NASTY))
    })
}

/// A visit whose texts are letters, no more of them than the table of variables expects.
pub fn expected(choices: &mut Choices<'_>) -> Sheet<'static> {
    sheet(choices, |choices, longest| {
        // The ends are what matters most.
        let length = match choices.below(4) {
            0 => 1,
            1 => longest,
            _ => 1 + choices.below(longest),
        };
        choices.one(&["x", "a", "M"]).repeat(length)
    })
}

fn sheet(
    choices: &mut Choices<'_>,
    mut text: impl FnMut(&mut Choices<'_>, usize) -> String,
) -> Sheet<'static> {
    let mut sheet = Sheet::examples();
    for variable in Variable::all() {
        // Half of the visits are as the table's examples are.
        let choice = choices.below(4);
        if choice < 2 {
            continue;
        }
        if variable.may_be_absent() && choice == 2 {
            sheet.set(variable, None);
            continue;
        }
        let longest = variable.row().longest;
        let value = match (variable.row().id, variable.kind()) {
            // Words that there are only so many of.
            (Id::Number(25 | 32 | 33) | Id::Named(_), Type::Text) => continue,
            (_, Type::Text) => Value::Text(text(choices, longest).into()),
            (_, Type::Phone) => Value::Phone("0".repeat(10 + choices.below(longest - 9)).into()),
            (_, Type::Url) => {
                let end = "x".repeat(4 + choices.below(longest - 11));
                Value::Url(format!("https://{end}").into())
            }
            (_, Type::Flag) => Value::Flag(choices.below(2) == 1),
            (_, Type::Time) => {
                let minute = choices.below(24 * 60) as u32;
                Value::Time(
                    NaiveTime::from_hms_opt(minute / 60, minute % 60, 0).unwrap_or_default(),
                )
            }
            (_, Type::Money) => Value::Money(Decimal::new(choices.below(1 << 16) as i64, 2)),
            (_, Type::Duration) => Value::Minutes(5 + choices.below(595) as u32),
            (_, Type::Date) => {
                let first = NaiveDate::from_ymd_opt(2024, 1, 1).unwrap_or_default();
                Value::Date(first + Days::new(choices.below(28 * 365) as u64))
            }
        };
        sheet.set(variable, Some(value));
    }
    sheet
}
