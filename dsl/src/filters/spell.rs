//! `spell`

use rappel_core::{ChannelKind, Language};

use super::{ArgumentKind, Example, Filter};
use crate::values::Value;
use crate::variables::Type;

pub(super) static SPELL: Filter = Filter {
    name: "spell",
    summary: "Has the voice say a text letter by letter.",
    accepts: &[Type::Text],
    gives: Type::Text,
    argument: ArgumentKind::None,
    channels: &[ChannelKind::Voice],
    examples: &[Example {
        tag: "[TRD4|spell]",
        value: "Dupont",
        language: Language::Fr,
        prints: "D U P O N T",
    }],
    apply: |value, _, context| {
        let words = context.words(value?);
        // Blanks between the letters, for who reads the text; SSML says "characters".
        let mut spelled = String::with_capacity(words.len() * 2);
        for c in words.chars().filter(|c| !c.is_whitespace()) {
            if !spelled.is_empty() {
                spelled.push(' ');
            }
            spelled.extend(c.to_uppercase());
        }
        Some(Value::Spelled(spelled.into()))
    },
};
