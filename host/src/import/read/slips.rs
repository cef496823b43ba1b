//! Telling what is wrong with a map: every slip at its place, with the nearest known name.

use rappel_core::nearest;
use std::ops::Range;
use std::sync::Arc;

use rappel_core::Diagnostic;
use rappel_core::diagnostic::{Code, codes};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::super::text::{Column, Text};

/// A value in the map's file.
pub(super) type Entry<'t> = Spanned<DeValue<'t>>;

/// A map that is being read: its text, the slips found so far and the columns named so far.
pub(super) struct Reader {
    pub(super) name: String,
    pub(super) source: Arc<str>,
    pub(super) found: Vec<Diagnostic>,
    pub(super) columns: Vec<(String, Range<usize>)>,
}

impl Reader {
    /// A slip of form: an unknown key, a missing one, a wrong type.
    pub(super) fn form(&mut self, span: Range<usize>, message: impl Into<String>, help: &str) {
        self.slip(codes::BAD_MAP, span, message.into(), help);
    }

    /// A slip of meaning: a value that can't be understood.
    pub(super) fn meaning(&mut self, span: Range<usize>, message: impl Into<String>, help: &str) {
        self.slip(codes::BAD_MAPPING, span, message.into(), help);
    }

    fn slip(&mut self, code: Code, span: Range<usize>, message: String, help: &str) {
        let mut slip = Diagnostic::new(code, &self.name, message)
            .at(self.source.clone(), span)
            .label("here");
        if !help.is_empty() {
            slip = slip.help(help);
        }
        self.found.push(slip);
    }

    /// Tells the keys of a table that aren't known.
    pub(super) fn only(&mut self, path: &str, table: &DeTable<'_>, known: &[&str]) {
        for key in table.keys() {
            let name = key.get_ref().as_ref();
            if known.contains(&name) {
                continue;
            }
            let help = match nearest(name, known.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("known are {}", listed(known)),
            };
            let whose = match path {
                "" => "the map".to_string(),
                path => format!("`{path}`"),
            };
            self.form(key.span(), format!("{whose} has no `{name}`"), &help);
        }
    }

    /// The text of a key that has one; absent keys are no slip here.
    pub(super) fn string<'t>(
        &mut self,
        path: &str,
        table: &'t DeTable<'_>,
        key: &str,
    ) -> Option<(&'t str, Range<usize>)> {
        let entry = table.get(key)?;
        match entry.get_ref() {
            DeValue::String(text) => Some((text.as_ref(), entry.span())),
            _ => {
                self.form(
                    entry.span(),
                    format!("`{}` must be a text", dotted(path, key)),
                    "write it in quotation marks",
                );
                None
            }
        }
    }

    /// `true` or `false`; nothing where the key is absent.
    pub(super) fn flag(&mut self, path: &str, table: &DeTable<'_>, key: &str) -> Option<bool> {
        let entry = table.get(key)?;
        let flag = entry.get_ref().as_bool();
        if flag.is_none() {
            self.form(
                entry.span(),
                format!("`{}` must be `true` or `false`", dotted(path, key)),
                "write it without quotation marks",
            );
        }
        flag
    }

    /// One of a few words.
    pub(super) fn word<T: Copy>(
        &mut self,
        path: &str,
        table: &DeTable<'_>,
        key: &str,
        words: &[(&str, T)],
    ) -> Option<T> {
        let (text, span) = self.string(path, table, key)?;
        if let Some((_, value)) = words.iter().find(|(word, _)| *word == text) {
            return Some(*value);
        }
        let known = words
            .iter()
            .map(|(word, _)| word.escape_default().to_string());
        let known: Vec<_> = known.collect();
        self.meaning(
            span,
            format!("`{}` can't be `{}`", dotted(path, key), text.escape_debug()),
            &format!("known are {}", listed(&known)),
        );
        None
    }

    /// A text with columns in it.
    pub(super) fn text(&mut self, text: &str, span: Range<usize>) -> Option<Text> {
        let columns = &mut self.columns;
        let parsed = Text::parse(text, |name| column(columns, name, &span));
        match parsed {
            Ok(text) => Some(text),
            Err(message) => {
                self.meaning(span, message, "");
                None
            }
        }
    }

    /// The text with columns in it that a key has.
    pub(super) fn text_of(&mut self, path: &str, table: &DeTable<'_>, key: &str) -> Option<Text> {
        let (text, span) = self.string(path, table, key)?;
        self.text(text, span)
    }

    /// A column that a condition names.
    pub(super) fn column(&mut self, name: &str, span: &Range<usize>) -> Column {
        column(&mut self.columns, name, span)
    }
}

/// A key with its path; keys at the top of the map have none.
fn dotted(path: &str, key: &str) -> String {
    match path {
        "" => key.to_string(),
        path => format!("{path}.{key}"),
    }
}

fn column(columns: &mut Vec<(String, Range<usize>)>, name: &str, span: &Range<usize>) -> Column {
    let known = columns.iter().position(|(known, _)| known == name);
    Column(known.unwrap_or_else(|| {
        columns.push((name.to_string(), span.clone()));
        columns.len() - 1
    }))
}

/// Names as a sentence lists them: `a`, `b` and `c`.
pub(in super::super) fn listed(names: &[impl AsRef<str>]) -> String {
    let names: Vec<_> = names
        .iter()
        .map(|name| format!("`{}`", name.as_ref()))
        .collect();
    match names.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
        None => "none".into(),
    }
}
