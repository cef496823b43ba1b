//! The words of the language, read from its grammar, for editors.

const GRAMMAR: &str = include_str!("template.pest");

/// The words that a rule of `template.pest` understands, in the grammar's order: `IF`, `SI` and `SE` of
/// `if_word`. Empty where there is no such rule, or it has no words.
pub fn keywords(rule: &str) -> Vec<&'static str> {
    let body = GRAMMAR.lines().find_map(|line| {
        let (name, body) = line.split_once('=')?;
        (name.trim() == rule).then_some(body)
    });
    let words = body.unwrap_or_default().split("^\"").skip(1);
    words
        .filter_map(|word| Some(word.split_once('"')?.0))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_has_its_words() {
        assert_eq!(keywords("if_word"), ["IF", "SI", "SE"]);
        assert_eq!(keywords("in_word"), ["IN", "DANS", "EN"]);
        assert!(keywords("no_such_rule").is_empty());
    }
}
