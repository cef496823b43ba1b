//! `money`

use rappel_core::{ChannelKind, Language};

use super::{ArgumentKind, Example, Filter};
use crate::values::Value;
use crate::variables::Type;
use crate::words;

pub(super) static MONEY: Filter = Filter {
    name: "money",
    summary: "Writes an amount with the clinic's currency.",
    accepts: &[Type::Money],
    gives: Type::Text,
    argument: ArgumentKind::None,
    channels: &ChannelKind::ALL,
    examples: &[
        Example {
            tag: "[TRD12|money]",
            value: "1234.50",
            language: Language::Fr,
            prints: "1 234,50 €",
        },
        Example {
            tag: "[TRD12|money]",
            value: "45",
            language: Language::En,
            prints: "€45.00",
        },
        Example {
            tag: "[TRD12]",
            value: "45",
            language: Language::Fr,
            prints: "45,00",
        },
    ],
    apply: |value, _, context| match value? {
        Value::Money(amount) => {
            let mut out = String::new();
            words::push_money(&mut out, amount, context.currency, context.language);
            Some(Value::Text(out.into()))
        }
        value => Some(value),
    },
};
