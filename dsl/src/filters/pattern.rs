//! The form of a date or time: runs of letters that stand for its parts, and what stands between them.

use super::Wrong;

/// A piece of a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    Literal(String),
    /// A letter and how many times it stands there.
    Letters(char, usize),
}

/// What the letters of a form stand for.
pub(super) struct Letters {
    /// What the form is of: `date`.
    pub(super) of: &'static str,
    /// The letters that have a meaning.
    pub(super) known: &'static [char],
    /// The letter that another one stands for, in lower case.
    pub(super) alias: fn(char) -> char,
    /// What programmers write for the parts, behind a `%`.
    pub(super) percent: &'static [(char, &'static str)],
}

impl Letters {
    /// Takes a form apart. Words stand in single quotes: other letters, digits and `%` would print as
    /// they are in every message, and that is never meant.
    ///
    /// # Errors
    /// A sentence that says what to write.
    pub(super) fn pieces(&self, text: &str) -> Result<Vec<Piece>, Wrong> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            let end = if first == '\'' {
                let quoted = &rest[1..];
                let end = quoted.find('\'').ok_or_else(|| {
                    Wrong::new("a single quote is never closed")
                        .help("words stand in two of them: `'h'`")
                })?;
                pieces.push(Piece::Literal(quoted[..end].to_string()));
                end + 2
            } else if first.is_alphabetic() {
                let end = end_of(rest, |c| c.is_alphabetic());
                self.word(&rest[..end], &mut pieces)?;
                end
            } else if first.is_ascii_digit() {
                let digits = &rest[..end_of(rest, |c| c.is_ascii_digit())];
                let message = format!("`{digits}` would print in every {}", self.of);
                return Err(Wrong::new(message).help(format!(
                    "a form has letters for the parts of a {}; what is to be read stands in single quotes: `'{digits}'`",
                    self.of
                )));
            } else if first == '%' {
                return Err(self.percent(text));
            } else {
                let end = end_of(rest, |c| c == first);
                pieces.push(Piece::Literal(rest[..end].to_string()));
                end
            };
            rest = &rest[end..];
        }
        Ok(pieces)
    }

    /// Takes letters that stand together apart into runs of one letter each: `hhmm`.
    fn word(&self, word: &str, pieces: &mut Vec<Piece>) -> Result<(), Wrong> {
        let mut rest = word;
        // Where a word may begin that has no meaning: `min`, `de`, `ddth`.
        let mut begin = word;
        while let Some(first) = rest.chars().next() {
            let run = end_of(rest, |c| c == first);
            let letter = (self.alias)(first.to_ascii_lowercase());
            if !self.known.contains(&letter) {
                let message = format!("`{begin}` has no meaning in the form of a {}", self.of);
                return Err(
                    Wrong::new(message).help(format!("words stand in single quotes: `'{begin}'`"))
                );
            }
            pieces.push(Piece::Letters(letter, run / first.len_utf8()));
            rest = &rest[run..];
            if run > 1 {
                begin = rest;
            }
        }
        Ok(())
    }

    /// The remedy for a form as programmers write it: `%H:%M`.
    fn percent(&self, text: &str) -> Wrong {
        let mut form = String::new();
        let mut chars = text.chars();
        let mut all = true;
        let mut in_word = false;
        while let Some(c) = chars.next() {
            if in_word != c.is_alphabetic() {
                form.push('\'');
                in_word = !in_word;
            }
            if c != '%' {
                form.push(c);
                continue;
            }
            // `%-d` is a day without its zero.
            let part = chars.find(|c| *c != '-');
            match self
                .percent
                .iter()
                .find(|(letter, _)| Some(*letter) == part)
            {
                Some((_, part_of_form)) => form.push_str(part_of_form),
                None => all = false,
            }
        }
        if in_word {
            form.push('\'');
        }
        let remedy = if all {
            format!("write `{} \"{form}\"`", self.of)
        } else {
            format!(
                "write it with letters, for instance `{} \"{}\"`",
                self.of,
                self.usual()
            )
        };
        Wrong::new(format!("`%` has no meaning in the form of a {}", self.of)).help(remedy)
    }

    fn usual(&self) -> &'static str {
        if self.of == "time" {
            "hh:mm"
        } else {
            "dd/mm/yyyy"
        }
    }
}

/// Tells that a part stands twice in a form, with the second in quotes as the remedy: a literal `h` that
/// looks like the hour.
pub(super) fn twice(text: &str, pieces: &[Piece], of: &str, part: &str, second: usize) -> Wrong {
    let mut form = String::new();
    let mut rest = text;
    for (index, piece) in pieces.iter().enumerate() {
        let end = match piece {
            Piece::Letters(_, count) => rest
                .char_indices()
                .nth(*count)
                .map_or(rest.len(), |(at, _)| at),
            Piece::Literal(literal) if rest.starts_with('\'') => literal.len() + 2,
            Piece::Literal(literal) => literal.len(),
        };
        let (written, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
        if index == second {
            form.push_str(&format!("'{written}'"));
        } else {
            form.push_str(written);
        }
        rest = after;
    }
    Wrong::new(format!("the {part} stands twice in `{text}`")).help(format!(
        "a letter that is to be read stands in single quotes: `{of} \"{form}{rest}\"`"
    ))
}

fn end_of(text: &str, belongs: impl Fn(char) -> bool) -> usize {
    text.find(|c| !belongs(c)).unwrap_or(text.len())
}
