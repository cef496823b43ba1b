//! `trim`

use rappel_core::{ChannelKind, Language};

use super::{ArgumentKind, Example, Filter};
use crate::values::Value;
use crate::variables::Type;

pub(super) static TRIM: Filter = Filter {
    name: "trim",
    summary: "Takes the blanks off both ends. Values print without them anyway; this is for filters that follow.",
    accepts: &[Type::Text],
    gives: Type::Text,
    argument: ArgumentKind::None,
    channels: &ChannelKind::ALL,
    examples: &[Example {
        tag: "[TRD11|trim|capitalize]",
        value: "  analyse",
        language: Language::Fr,
        prints: "Analyse",
    }],
    apply: |value, _, context| {
        let words = context.words(value?);
        Some(Value::Text(words.trim().to_string().into()))
    },
};
