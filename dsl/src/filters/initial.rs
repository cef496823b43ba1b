//! `initial`

use rappel_core::{ChannelKind, Language};
use unicode_segmentation::UnicodeSegmentation as _;

use super::{ArgumentKind, Example, Filter};
use crate::values::Value;
use crate::variables::Type;

pub(super) static INITIAL: Filter = Filter {
    name: "initial",
    summary: "Keeps the first letter, as a capital with a full stop.",
    accepts: &[Type::Text],
    gives: Type::Text,
    argument: ArgumentKind::None,
    channels: &ChannelKind::ALL,
    examples: &[Example {
        tag: "[TRD4|initial]",
        value: "dupont",
        language: Language::Fr,
        prints: "D.",
    }],
    apply: |value, _, context| {
        let words = context.words(value?);
        let first = words.trim_start().graphemes(true).next()?;
        Some(Value::Text(format!("{}.", first.to_uppercase()).into()))
    },
};
