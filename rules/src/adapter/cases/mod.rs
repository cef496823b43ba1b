//! `cases.toml`: what an adapter must make of messages, answers and calls. They run whenever it is
//! loaded.

mod facts;
mod read;

use std::sync::Arc;

use rappel_core::diagnostic::{Diagnostic, codes};
use rappel_core::provider::Provider;
use serde_json::Value;

use self::read::{Asked, Case};
use super::Adapter;

/// The file's name in an adapter's folder.
const FILE: &str = "cases.toml";

/// Runs the cases; answers what can't be read and what fails.
pub(super) fn run(adapter: &Adapter, folder: &str, text: &str) -> Vec<Diagnostic> {
    let source: Arc<str> = text.into();
    let file = format!("{folder}/{FILE}");
    let cases = match read::cases(&file, &source) {
        Ok(cases) => cases,
        Err(slip) => return vec![*slip],
    };
    let failures = cases.iter().filter_map(|case| {
        let message = match outcome(adapter, case) {
            Ok(differences) if differences.is_empty() => return None,
            Ok(differences) => {
                format!("case `{}`: {}", case.name.get_ref(), differences.join("; "))
            }
            Err(reason) => format!("case `{}`: {reason}", case.name.get_ref()),
        };
        let diagnostic = Diagnostic::new(codes::ADAPTER_CASE_FAILS, &file, message)
            .at(source.clone(), case.name.span())
            .label("this case")
            .help("mend the script, or the case where it expects the wrong thing");
        Some(diagnostic)
    });
    failures.collect()
}

/// Runs a case; answers where its result differs from what is expected.
fn outcome(adapter: &Adapter, case: &Case) -> Result<Vec<String>, String> {
    let (expected, result) = match case.asked()? {
        Asked::Request(facts, expected) => {
            let message = facts.outgoing(adapter)?;
            let request = adapter.request(&message, &facts.options(adapter));
            (expected, request.map(facts::request))
        }
        Asked::Response(answer, expected) => {
            let said = adapter.response(&answer);
            (expected, said.map(facts::outcome))
        }
        Asked::Receipts(call, expected) => {
            let receipts = adapter.receipt(&call);
            (expected, receipts.map(facts::receipts))
        }
        Asked::Replies(call, expected) => {
            let replies = adapter.reply(&call);
            (expected, replies.map(facts::replies))
        }
        Asked::Replied(answers, expected) => {
            let answer = adapter.replied(answers.text.as_deref(), answers.language);
            (expected, answer.map(facts::replied))
        }
    };
    match (expected, result) {
        (Ok(expected), Ok(found)) => {
            let mut differences = Vec::new();
            compare("", &expected, &found, &mut differences);
            Ok(differences)
        }
        (Ok(_), Err(error)) => Err(format!("the adapter fails: {}", error.message)),
        (Err(_), Ok(_)) => Err("the adapter should fail, and does not".into()),
        (Err(part), Err(error)) if error.message.contains(part.as_str()) => Ok(Vec::new()),
        (Err(part), Err(error)) => Err(format!(
            "the adapter should fail with `{part}`, and fails with `{}`",
            error.message
        )),
    }
}

/// Tells where two values differ.
fn compare(path: &str, expected: &Value, found: &Value, differences: &mut Vec<String>) {
    if expected == found {
        return;
    }
    if let (Value::Object(expected), Value::Object(found)) = (expected, found) {
        let mut names: Vec<_> = expected.keys().chain(found.keys()).collect();
        names.sort();
        names.dedup();
        for name in names {
            let path = match path {
                "" => name.clone(),
                path => format!("{path}.{name}"),
            };
            let of = |fields: &serde_json::Map<String, Value>| fields.get(name).cloned();
            match (of(expected), of(found)) {
                (Some(expected), Some(found)) => compare(&path, &expected, &found, differences),
                (Some(expected), None) => {
                    differences.push(format!("`{path}` should be {expected}, and is not there"));
                }
                (None, found) => differences.push(format!(
                    "`{path}` is {}, and should not be there",
                    found.unwrap_or_default()
                )),
            }
        }
        return;
    }
    let path = if path.is_empty() {
        "it".to_string()
    } else {
        format!("`{path}`")
    };
    differences.push(format!("{path} should be {expected}, and is {found}"));
}
