//! What mends a file by itself.
//!
//! A mend must not change what a person meant. So there are two sorts: of errors that leave one thing that can
//! have been meant, whose file serves nobody as it is; and of characters that another one reads the same as.

use std::ops::Range;

/// A text to put in the place of another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What it replaces, in bytes of the file.
    pub span: Range<usize>,
    /// What stands there afterwards.
    pub text: String,
}

/// A text with its mends; of those that overlap, the first. `None` where none of them changes anything.
pub fn mended<'f>(text: &str, fixes: impl IntoIterator<Item = &'f Fix>) -> Option<String> {
    let mut fixes: Vec<&Fix> = fixes.into_iter().collect();
    fixes.sort_by_key(|fix| (fix.span.start, fix.span.end));
    let mut mended = String::with_capacity(text.len());
    let mut done = 0;
    for fix in fixes {
        let before = text.get(done..fix.span.start);
        if let (Some(before), Some(_)) = (before, text.get(fix.span.clone())) {
            mended.push_str(before);
            mended.push_str(&fix.text);
            done = fix.span.end;
        }
    }
    mended.push_str(text.get(done..).unwrap_or_default());
    (mended != text).then_some(mended)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fix(span: Range<usize>, text: &str) -> Fix {
        let text = text.into();
        Fix { span, text }
    }

    #[test]
    fn mends_are_put_in_once_and_never_into_each_other() {
        let (name, other, across) = (fix(0..2, "ç"), fix(3..4, "V"), fix(1..4, "x"));
        let all = [&other, &name, &across, &name];
        assert_eq!(mended("ca va", all).as_deref(), Some("ç Va"));
        assert_eq!(mended("ca va", [&across]).as_deref(), Some("cxa"));
    }

    #[test]
    fn what_lies_outside_the_text_or_changes_nothing_is_no_mend() {
        assert_eq!(mended("é", [&fix(1..2, "x"), &fix(5..9, "x")]), None);
        assert_eq!(mended("é", [&fix(0..2, "é")]), None);
    }
}
