//! Words: where only a few make sense, others are told.

use rappel_core::Kind;
use rappel_core::diagnostic::codes;
use rhai::{Expr, Position};

use super::{Follow, Found};
use crate::facts::{Base, Type};
use rappel_core::nearest;

impl Follow<'_> {
    /// An argument that must be one of a few words.
    pub(super) fn word(&mut self, words: &[&str], arg: &Expr, what: &str) {
        if let Expr::StringConstant(word, position) = arg
            && !words.contains(&word.as_str())
        {
            let message = format!("{what} can't be `\"{word}\"`");
            self.tell(Found::new(codes::UNKNOWN_WORD, *position, message).help(help(words, word)));
        }
    }

    /// A kind of message that a function is given.
    pub(super) fn kind(&mut self, arg: &Expr) {
        let Expr::StringConstant(kind, position) = arg else {
            return;
        };
        let kind = kind.as_str();
        // What can't name a kind fails when the policy's cases run.
        let known = &self.names.kinds;
        if known.is_empty() || known.contains(&kind) || Kind::parse(kind).is_err() {
            return;
        }
        let row = format!("`[messages]` of clinic.toml: `{kind} = {{ sms = \"on\" }}`");
        let help = match nearest(kind, self.names.kinds.iter().copied()) {
            Some(near) => format!("did you mean `\"{near}\"`? If not, declare it in {row}"),
            None => format!("declare it in {row}"),
        };
        let message = format!(
            "`{kind}` is neither a stock kind of message nor declared in `[messages]`, so it goes by no channel"
        );
        self.tell(Found::new(codes::KIND_WITHOUT_ROW, *position, message).help(help));
    }

    /// A kind of message that one is compared with. Only what is likely misspelt is told: the policy may be
    /// another clinic's too.
    pub(super) fn no_kind(&mut self, expr: &Expr) {
        let Expr::StringConstant(kind, position) = expr else {
            return;
        };
        let known = &self.names.kinds;
        if known.contains(&kind.as_str()) {
            return;
        }
        if let Some(near) = nearest(kind, known.iter().copied()) {
            let message = format!("no message is of the kind `{kind}`");
            let help = format!(
                "did you mean `\"{near}\"`? If not, declare it in `[messages]` of clinic.toml"
            );
            self.tell(Found::new(codes::NEVER_EQUAL, *position, message).help(help));
        }
    }

    /// A comparison with a word that never comes.
    pub(super) fn never(&mut self, words: &[&str], word: &str, position: Position) {
        let message = format!("this is never `\"{word}\"`");
        self.tell(Found::new(codes::NEVER_EQUAL, position, message).help(help(words, word)));
    }

    /// `needle in ["a", "b"]`.
    pub(super) fn one_of(&mut self, needle: Type, list: &Expr) {
        if let (Base::Kind, Expr::Array(entries, _)) = (needle.base, list) {
            entries.iter().for_each(|entry| self.no_kind(entry));
        }
        if let (Base::Word(words), Expr::Array(entries, _)) = (needle.base, list) {
            for entry in entries {
                if let Expr::StringConstant(word, position) = entry
                    && !words.contains(&word.as_str())
                {
                    self.never(words, word, *position);
                }
            }
        }
    }
}

fn help(words: &[&str], word: &str) -> String {
    match nearest(word, words.iter().copied()) {
        Some(near) => format!("did you mean `\"{near}\"`?"),
        None => {
            let quoted: Vec<_> = words.iter().map(|word| format!("\"{word}\"")).collect();
            format!("it is one of {}", quoted.join(", "))
        }
    }
}
