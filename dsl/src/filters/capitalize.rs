//! `capitalize`

use rappel_core::{ChannelKind, Language};

use super::{ArgumentKind, Example, Filter};
use crate::values::Value;
use crate::variables::Type;

pub(super) static CAPITALIZE: Filter = Filter {
    name: "capitalize",
    summary: "Writes the first letter as a capital and leaves the others as they are.",
    accepts: &[Type::Text, Type::Date],
    gives: Type::Text,
    argument: ArgumentKind::None,
    channels: &ChannelKind::ALL,
    examples: &[
        Example {
            tag: "[TRD31|capitalize]",
            value: "2026-06-03",
            language: Language::Fr,
            prints: "Mercredi 3 juin",
        },
        Example {
            tag: "[TRD3|capitalize]",
            value: "élodie",
            language: Language::Fr,
            prints: "Élodie",
        },
    ],
    apply: |value, _, context| {
        let words = context.words(value?);
        let mut chars = words.chars();
        let first: String = chars.next()?.to_uppercase().collect();
        Some(Value::Text((first + chars.as_str()).into()))
    },
};
