//! What must be mended in a script before it can be used, with its place.

use std::ops::Range;
use std::sync::Arc;

use rappel_core::diagnostic::{Code, Diagnostic};
use rhai::{LexError, ParseError, ParseErrorType, Position};

use super::language::{REFUSED, REFUSED_MARK};
use super::limits::Limits;
use rappel_core::nearest;

/// What sort of slip it is; whose script it is decides the diagnostic's code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SlipKind {
    /// The text can't be read.
    Form,
    /// The script uses what scripts can't do.
    Refused,
    /// It calls a function that isn't there.
    UnknownFunction,
}

/// Something in a script that must be mended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slip {
    /// What sort it is.
    pub kind: SlipKind,
    /// Where; Rhai counts lines and characters from 1.
    pub position: Position,
    /// What is wrong and why.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

impl Slip {
    pub(super) fn new(kind: SlipKind, position: Position, message: impl Into<String>) -> Self {
        Self {
            kind,
            position,
            message: message.into(),
            help: None,
        }
    }

    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    pub(super) fn refused(word: &str, position: Position) -> Self {
        let slip = Self::new(
            SlipKind::Refused,
            position,
            format!("`{word}` can't be used here"),
        );
        match REFUSED.iter().find(|(refused, _)| *refused == word) {
            Some((_, why)) => slip.help(*why),
            None => slip,
        }
    }

    /// From Rhai's first error.
    pub(super) fn from_rhai(error: &ParseError, text: &str, limits: &Limits) -> Self {
        let position = error.position();
        let form = |message: String| Self::new(SlipKind::Form, position, message);
        match error.err_type() {
            ParseErrorType::BadInput(LexError::ImproperSymbol(word, mark))
                if mark == REFUSED_MARK =>
            {
                Self::refused(word, position)
            }
            ParseErrorType::Reserved(word) => Self::refused(word, position),
            ParseErrorType::ExprTooDeep => form(format!(
                "this is nested or chained more than {} deep",
                limits.depth
            ))
            .help("put a part of it into a `let` or into a function of its own"),
            ParseErrorType::UnexpectedEOF => {
                form("the file ends in the middle of something".into())
                    .help("a `}`, `)` or `]` may be missing")
            }
            ParseErrorType::VariableUndefined(name) => {
                let slip = form(format!("there is no variable `{name}`"));
                let words = text.split(|c: char| !c.is_alphanumeric() && c != '_');
                match nearest(name, words.filter(|word| *word != name && word.len() > 1)) {
                    Some(near) => slip.help(format!("did you mean `{near}`?")),
                    None => slip,
                }
            }
            ParseErrorType::TooManyFunctions => form(format!(
                "more than {} functions in one file",
                limits.functions
            )),
            other => form(lower(&other.to_string())),
        }
    }

    /// The slip as a diagnostic about `file`.
    pub fn diagnostic(self, code: Code, file: &str, text: &Arc<str>) -> Diagnostic {
        let mut diagnostic =
            Diagnostic::new(code, file, self.message).at(text.clone(), place(text, self.position));
        diagnostic.help = self.help;
        diagnostic
    }
}

fn lower(sentence: &str) -> String {
    let mut chars = sentence.chars();
    chars.next().map_or_else(String::new, |first| {
        first.to_lowercase().chain(chars).collect()
    })
}

/// The word or quoted text at a position, in bytes of the text; the position alone where there is no word.
pub(crate) fn place(text: &str, position: Position) -> Range<usize> {
    let Some(line) = position.line() else {
        return 0..0;
    };
    let start: usize = text
        .split_inclusive('\n')
        .take(line - 1)
        .map(str::len)
        .sum();
    let rest = &text[start..];
    let column = position.position().unwrap_or(1).saturating_sub(1);
    let (offset, _) = rest
        .char_indices()
        .nth(column)
        .unwrap_or((rest.trim_end_matches(['\n', '\r']).len(), ' '));
    let word = &rest[offset..];
    let quoted = word
        .strip_prefix('"')
        .and_then(|text| Some(text.split('\n').next()?.find('"')? + 2));
    if let Some(length) = quoted {
        return start + offset..start + offset + length;
    }
    let length = word
        .find(|c: char| !(c.is_alphanumeric() || c == '_'))
        .unwrap_or(word.len());
    let length = match length {
        0 => word
            .chars()
            .next()
            .filter(|c| *c != '\n')
            .map_or(0, char::len_utf8),
        length => length,
    };
    start + offset..start + offset + length
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_a_word_a_quoted_text_or_a_character() {
        let text = "fn été() {\n    message(\"reminder\", x) - 1\n}";
        let at = |line, column| &text[place(text, Position::new(line, column))];
        assert_eq!(at(1, 4), "été");
        assert_eq!(at(2, 5), "message");
        assert_eq!(at(2, 13), "\"reminder\"");
        assert_eq!(at(2, 28), "-");
        assert_eq!(at(3, 1), "}");
    }

    #[test]
    fn a_place_outside_the_text_is_nowhere() {
        for (text, line, column) in [("", 1, 1), ("a", 9, 9), ("a\n", 2, 5), ("é", 1, 9)] {
            assert_eq!(
                &text[place(text, Position::new(line, column))],
                "",
                "{text:?} {line}:{column}"
            );
        }
        assert_eq!(place("a", Position::NONE), 0..0);
    }
}
