//! `default`

use rappel_core::{ChannelKind, Language};

use super::{Argument, ArgumentKind, Example, Filter};
use crate::values::Value;
use crate::variables::Type;

pub(super) static DEFAULT: Filter = Filter {
    name: "default",
    summary: "Says what stands there when the value is absent.",
    accepts: &[
        Type::Text,
        Type::Date,
        Type::Time,
        Type::Money,
        Type::Duration,
        Type::Phone,
        Type::Url,
    ],
    gives: Type::Text,
    argument: ArgumentKind::Text { name: "\"…\"" },
    channels: &ChannelKind::ALL,
    examples: &[
        Example {
            tag: "[TRD23|default \"aucun\"]",
            value: "",
            language: Language::Fr,
            prints: "aucun",
        },
        Example {
            tag: "[TRD23|default \"aucun\"]",
            value: "À jeun",
            language: Language::Fr,
            prints: "À jeun",
        },
        Example {
            tag: "[TRD12|money|default \"gratuit\"]",
            value: "45.00",
            language: Language::Fr,
            prints: "45,00 €",
        },
    ],
    apply: |value, argument, _| match (value, argument) {
        (Some(value), _) if !value.is_empty() => Some(value),
        (_, Argument::Text(text)) => Some(Value::Text(text.as_str().into())),
        (value, _) => value,
    },
};
