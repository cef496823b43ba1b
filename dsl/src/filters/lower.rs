//! `lower`

use rappel_core::{ChannelKind, Language};

use super::{ArgumentKind, Example, Filter};
use crate::values::Value;
use crate::variables::Type;

pub(super) static LOWER: Filter = Filter {
    name: "lower",
    summary: "Writes every letter small.",
    accepts: &[Type::Text, Type::Date],
    gives: Type::Text,
    argument: ArgumentKind::None,
    channels: &ChannelKind::ALL,
    examples: &[
        Example {
            tag: "[TRD23|lower]",
            value: "RESTEZ A JEUN",
            language: Language::Fr,
            prints: "restez a jeun",
        },
        Example {
            tag: "[TRD4|lower|capitalize]",
            value: "DUPONT",
            language: Language::Fr,
            prints: "Dupont",
        },
    ],
    apply: |value, _, context| Some(Value::Text(context.words(value?).to_lowercase().into())),
};
