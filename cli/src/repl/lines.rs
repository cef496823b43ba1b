//! Which lines are one: those that end with `\`, and those between `"""` and `"""`.

/// What stands before and behind a text of many lines.
const BLOCK: &str = "\"\"\"";

/// What the lines typed so far say together; `None` where they go on in the next.
pub(super) fn whole(typed: &str) -> Option<String> {
    if let Some(block) = typed.trim_start().strip_prefix(BLOCK) {
        let text = block.trim_end().strip_suffix(BLOCK)?;
        return Some(without_ends(text).to_string());
    }
    (!typed.ends_with('\\')).then(|| typed.replace("\\\n", "\n"))
}

/// What the lines say where no more follow.
pub(super) fn rest(typed: &str) -> String {
    if let Some(block) = typed.trim_start().strip_prefix(BLOCK) {
        return without_ends(block).to_string();
    }
    let typed = typed.strip_suffix('\\').unwrap_or(typed);
    typed.replace("\\\n", "\n")
}

/// A text without the line breaks behind the first mark and before the last.
fn without_ends(text: &str) -> &str {
    let text = text.strip_prefix('\n').unwrap_or(text);
    text.strip_suffix('\n').unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_one_where_they_say_so() {
        let said = |typed: &str| whole(typed).unwrap_or_else(|| "…".into());
        assert_eq!(said("a"), "a");
        assert_eq!(said("a\\"), "…");
        assert_eq!(said("a\\\nb"), "a\nb");
        assert_eq!(said("\"\"\""), "…");
        assert_eq!(said("\"\"\"\na\n\nb\\"), "…");
        assert_eq!(said("\"\"\"\na\n\nb\n\"\"\""), "a\n\nb");
        assert_eq!(said("\"\"\"a\"\"\""), "a");
        assert_eq!(said("\"\"\"\n:a text\n\"\"\" "), ":a text");
        assert_eq!(rest("\"\"\"\na\n\nb"), "a\n\nb");
        assert_eq!(rest("a\\\nb\\"), "a\nb");
    }
}
