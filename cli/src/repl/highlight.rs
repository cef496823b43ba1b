//! A line in colours: tags, commands, and what looks like a tag and is none.

use rappel_dsl::Variable;
use rappel_dsl::vocabulary::KEYWORDS;

use crate::output::style::{self, END};

/// Puts colours into a line or a whole template.
pub(super) fn line(text: &str) -> String {
    if text.trim_start().starts_with(':') {
        return format!("{}{text}{END}", style::STRONG);
    }
    let mut painted = String::with_capacity(text.len() + 64);
    let mut rest = text;
    while let Some(open) = rest.find('[') {
        let (before, tag) = rest.split_at(open);
        painted.push_str(before);
        if let Some(after) = tag.strip_prefix("[[") {
            painted.push_str("[[");
            rest = after;
            continue;
        }
        let close = if tag.starts_with("[#") {
            tag.find("#]").map(|at| at + 2)
        } else {
            tag.find(']').map(|at| at + 1)
        };
        let (tag, after) = tag.split_at(close.unwrap_or(tag.len()));
        match colour(tag) {
            Some(colour) => painted.push_str(&format!("{colour}{tag}{END}")),
            None => painted.push_str(tag),
        }
        rest = after;
    }
    painted.push_str(rest);
    painted
}

fn colour(tag: &str) -> Option<anstyle::Style> {
    let inner = tag.strip_prefix('[')?;
    if inner.starts_with('#') {
        return Some(style::FAINT);
    }
    let inner = inner.strip_suffix(']').unwrap_or(inner).trim();
    let first = inner
        .split(|c: char| c.is_whitespace() || c == '|')
        .next()
        .unwrap_or_default();
    let is_keyword = KEYWORDS
        .iter()
        .any(|(_, words)| words.iter().any(|word| word.eq_ignore_ascii_case(first)));
    if is_keyword {
        return Some(style::KEYWORD);
    }
    // A bare number in brackets is text: only the written form is a variable.
    if first.parse::<u32>().is_err() && Variable::find(first).is_some() {
        return Some(style::HELP);
    }
    let prefix = first.get(..3).unwrap_or_default();
    prefix.eq_ignore_ascii_case("TRD").then_some(style::ERROR)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_have_colours_and_the_text_is_unchanged() {
        let text = "Bonjour [TRD3], [IF TRD23 ]é[/IF] [[x] [Important] [TRD99] [# n #] [CONFIRM_URL|upper] [TRD3";
        let painted = line(text);
        assert_eq!(anstream::adapter::strip_str(&painted).to_string(), text);
        for tag in [
            "[TRD3]",
            "[IF TRD23 ]",
            "[/IF]",
            "[TRD99]",
            "[# n #]",
            "[CONFIRM_URL|upper]",
            "[TRD3",
        ] {
            assert!(
                painted.contains(&format!("m{tag}\u{1b}[0m")),
                "{tag}: {painted:?}"
            );
        }
        assert!(painted.contains(" [Important] "));
    }
}
