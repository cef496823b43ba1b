//! `upper`

use rappel_core::{ChannelKind, Language};

use super::{ArgumentKind, Example, Filter};
use crate::values::Value;
use crate::variables::Type;

pub(super) static UPPER: Filter = Filter {
    name: "upper",
    summary: "Writes every letter as a capital.",
    accepts: &[Type::Text, Type::Date],
    gives: Type::Text,
    argument: ArgumentKind::None,
    channels: &ChannelKind::ALL,
    examples: &[
        Example {
            tag: "[TRD4|upper]",
            value: "Lefèvre",
            language: Language::Fr,
            prints: "LEFÈVRE",
        },
        Example {
            tag: "[TRD31|upper]",
            value: "2026-06-03",
            language: Language::En,
            prints: "WEDNESDAY 3 JUNE",
        },
    ],
    apply: |value, _, context| Some(Value::Text(context.words(value?).to_uppercase().into())),
};
