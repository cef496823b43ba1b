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
            prints: "+41, 22, 700, 00, 00",
        },
    ],
    apply: |value, _, context| {
        let words = context.words(value?);
        Some(Value::Text(pairs(&words).into()))
    },
};

/// Commas make every voice pause between the pairs. A number of another country keeps the groups it is written in:
/// not every country says pairs.
fn pairs(number: &str) -> String {
    let digits: String = number.chars().filter(char::is_ascii_digit).collect();
    if !number.trim_start().starts_with('+') {
        return in_pairs(&digits);
    }
    match digits.strip_prefix("33") {
        // Inside France a number is said with its 0.
        Some(rest) if rest.len() == 9 => in_pairs(&format!("0{rest}")),
        _ => {
            let groups: Vec<&str> = number
                .split(|c: char| !c.is_ascii_digit())
                .filter(|group| !group.is_empty())
                .collect();
            format!(
                "+{}",
                if groups.len() > 1 {
                    groups.join(", ")
                } else {
                    in_pairs(&digits)
                }
            )
        }
    }
}

fn in_pairs(digits: &str) -> String {
    let pairs: Vec<&str> = (0..digits.len())
        .step_by(2)
        .filter_map(|at| digits.get(at..digits.len().min(at + 2)))
        .collect();
    pairs.join(", ")
}
