//! `truncate`

use rappel_core::{ChannelKind, Language};
use unicode_segmentation::UnicodeSegmentation as _;

use super::{Argument, ArgumentKind, Example, Filter};
use crate::values::Value;
use crate::variables::Type;

/// What stands where the rest was; three points rather than one sign, which an SMS doesn't have.
const REST: &str = "...";

pub(super) static TRUNCATE: Filter = Filter {
    name: "truncate",
    summary: "Shortens to at most so many characters, between words where it can, and ends with `...`.",
    accepts: &[Type::Text],
    gives: Type::Text,
    argument: ArgumentKind::Count { name: "N" },
    channels: &ChannelKind::ALL,
    examples: &[
        Example {
            tag: "[TRD14|truncate 20]",
            value: "Venez avec votre ordonnance",
            language: Language::Fr,
            prints: "Venez avec votre...",
        },
        Example {
            tag: "[TRD14|truncate 20]",
            value: "Venez à jeun",
            language: Language::Fr,
            prints: "Venez à jeun",
        },
        Example {
            tag: "[TRD4|truncate 6]",
            value: "Wolfeschlegelstein",
            language: Language::Fr,
            prints: "Wol...",
        },
        Example {
            tag: "[TRD4|truncate 2]",
            value: "Dupont",
            language: Language::Fr,
            prints: "Du",
        },
    ],
    apply: |value, argument, context| {
        let words = context.words(value?);
        let Argument::Count(most) = *argument else {
            return Some(Value::Text(words));
        };
        // Bytes are no fewer than characters.
        if words.len() <= most {
            return Some(Value::Text(words));
        }
        Some(Value::Text(truncate(words.trim(), most).into()))
    },
};

fn truncate(words: &str, most: usize) -> String {
    if words.chars().count() <= most {
        return words.to_string();
    }
    let rest = if most > REST.len() { REST } else { "" };
    let head = head(words, most - rest.len());
    let next_is_blank = words[head.len()..].starts_with(' ');
    // Between words, unless that would leave less than half.
    let kept = match head.rfind(' ') {
        Some(blank) if !next_is_blank && !rest.is_empty() && blank * 2 >= head.len() => {
            &head[..blank]
        }
        _ => head,
    };
    kept.trim_end_matches([' ', ',', ';', ':', '.', '-'])
        .to_string()
        + rest
}

/// The longest beginning of at most `most` characters that cuts nothing a person sees as one.
fn head(words: &str, most: usize) -> &str {
    let (mut end, mut count) = (0, 0);
    for grapheme in words.graphemes(true) {
        count += grapheme.chars().count();
        if count > most {
            break;
        }
        end += grapheme.len();
    }
    &words[..end]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_seen_as_one_is_not_cut() {
        assert_eq!(truncate("👩‍👩‍👧👩‍👩‍👧", 6), "...");
        assert_eq!(truncate("e\u{301}e\u{301}", 3), "e\u{301}");
    }

    proptest! {
        #[test]
        fn nothing_is_longer_than_it_may_be(words in any::<String>(), most in 1usize..60) {
            prop_assert!(truncate(&words, most).chars().count() <= most);
        }
    }
}
