//! `digits`

use rappel_core::{ChannelKind, Language};

use super::{ArgumentKind, Example, Filter};
use crate::values::Value;
use crate::variables::Type;

pub(super) static DIGITS: Filter = Filter {
    name: "digits",
    summary: "Has the voice say a telephone number in pairs.",
    accepts: &[Type::Phone],
    gives: Type::Text,
    argument: ArgumentKind::None,
    channels: &[ChannelKind::Voice],
    examples: &[
        Example {
            tag: "[TRD1|digits]",
            value: "0142000000",
            language: Language::Fr,
            prints: "01, 42, 00, 00, 00",
        },
        Example {
            tag: "[TRD1|digits]",
            value: "+33 1 42 00 00 00",
            language: Language::Fr,
            prints: "01, 42, 00, 00, 00",
        },
        Example {
            tag: "[TRD1|digits]",
            value: "+41 22 700 00 00",
            language: Language::Fr,
            prints: "+41, 22, 70, 00, 00, 0",
        },
    ],
    apply: |value, _, context| {
        let words = context.words(value?);
        Some(Value::Text(pairs(&words).into()))
    },
};

/// Commas make every voice pause between the pairs.
fn pairs(number: &str) -> String {
    let digits: String = number.chars().filter(char::is_ascii_digit).collect();
    let international = number.trim_start().starts_with('+');
    let (sign, digits) = match digits.strip_prefix("33") {
        // Inside France a number is said with its 0.
        Some(rest) if international && rest.len() == 9 => ("", format!("0{rest}")),
        _ => (if international { "+" } else { "" }, digits),
    };
    let pairs: Vec<String> = digits
        .as_bytes()
        .chunks(2)
        .map(|pair| pair.iter().map(|b| char::from(*b)).collect())
        .collect();
    sign.to_string() + &pairs.join(", ")
}
