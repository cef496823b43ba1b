//! The form of `NAME.cases.toml`, and its slips.

use std::ops::Range;
use std::sync::Arc;

use rappel_core::diagnostic::{Diagnostic, codes};
use serde::Deserialize;
use toml::{Spanned, Table, Value};

/// The cases of a policy, with what holds for all of them merged in.
#[derive(Debug)]
pub(super) struct Cases {
    pub(super) cases: Vec<Case>,
    source: Arc<str>,
    file: String,
}

/// A case: facts, and what the policy must make of them.
#[derive(Debug)]
pub(super) struct Case {
    /// What it claims.
    pub(super) name: String,
    /// What is different from the settings that the cases begin with.
    pub(super) settings: Table,
    /// The facts, as policies name them.
    pub(super) visit: Table,
    /// What is expected of which hook.
    pub(super) expected: Expected,
    /// Where its name stands.
    pub(super) place: Range<usize>,
}

#[derive(Debug)]
pub(super) enum Expected {
    /// `plan` is asked about an event, and wants these messages.
    Messages(Table, Vec<String>),
    /// `check` is asked about a message, and answers this.
    Answer(Table, String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    settings: Table,
    #[serde(default)]
    visit: Table,
    #[serde(default)]
    event: Table,
    #[serde(default)]
    message: Table,
    #[serde(default, rename = "case")]
    cases: Vec<Written>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    name: Spanned<String>,
    #[serde(default)]
    settings: Table,
    #[serde(default)]
    visit: Table,
    /// A table, or the event's type alone.
    #[serde(default)]
    event: Option<Value>,
    #[serde(default)]
    message: Table,
    #[serde(default)]
    messages: Option<Vec<String>>,
    #[serde(default)]
    answer: Option<String>,
}

impl Cases {
    /// Reads the cases of a file.
    pub(super) fn read(file: &str, text: &str) -> Result<Self, Box<Diagnostic>> {
        let source: Arc<str> = text.into();
        let mut cases = Self {
            cases: Vec::new(),
            source,
            file: file.to_string(),
        };
        let read: File = toml::from_str(text).map_err(|error| {
            let slip = Diagnostic::new(
                codes::BAD_CASES,
                file,
                error.message().trim_end().to_string(),
            );
            Box::new(match error.span() {
                Some(span) => slip.at(cases.source.clone(), span),
                None => slip,
            })
        })?;
        for written in read.cases {
            let place = written.name.span();
            let name = written.name.into_inner();
            let expected = match (written.messages, written.answer) {
                (Some(messages), None) => {
                    let event = match written.event {
                        Some(Value::String(of)) => {
                            Table::from_iter([("type".to_string(), Value::String(of))])
                        }
                        Some(Value::Table(event)) => event,
                        None => Table::new(),
                        Some(_) => {
                            return Err(cases.slip(&name, place, "`event` is a table or the event's type: `event = \"appointment.created\"`"));
                        }
                    };
                    Expected::Messages(over(&read.event, event), messages)
                }
                (None, Some(answer)) => {
                    Expected::Answer(over(&read.message, written.message), answer)
                }
                _ => {
                    return Err(cases.slip(&name, place, "a case expects either `messages = […]` of `plan` or an `answer = \"…\"` of `check`"));
                }
            };
            cases.cases.push(Case {
                name,
                settings: over(&read.settings, written.settings),
                visit: over(&read.visit, written.visit),
                expected,
                place,
            });
        }
        Ok(cases)
    }

    /// A slip in a case that keeps it from running.
    pub(super) fn slip(&self, name: &str, place: Range<usize>, message: &str) -> Box<Diagnostic> {
        let message = format!("case `{name}`: {message}");
        Box::new(
            Diagnostic::new(codes::BAD_CASES, &self.file, message).at(self.source.clone(), place),
        )
    }

    /// A case that fails.
    pub(super) fn failure(&self, case: &Case, message: String) -> Diagnostic {
        Diagnostic::new(codes::CASE_FAILS, &self.file, message)
            .at(self.source.clone(), case.place.clone())
            .label("this case")
            .help("mend the policy, or the case where it expects the wrong thing")
    }
}

/// `values` over `base`: tables merge, anything else replaces what is there.
fn over(base: &Table, values: Table) -> Table {
    let mut merged = base.clone();
    for (key, value) in values {
        let value = match (merged.get(&key), value) {
            (Some(Value::Table(inner)), Value::Table(values)) => Value::Table(over(inner, values)),
            (_, value) => value,
        };
        merged.insert(key, value);
    }
    merged
}
