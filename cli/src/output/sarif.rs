//! Diagnostics as SARIF 2.1.0, which code hosts show beside the lines.
//!
//! By hand: the part of the format that is needed is smaller than the build of a crate for all of it.

use std::collections::BTreeSet;

use rappel_core::{Diagnostic, Severity};
use serde_json::{Value, json};

/// The log of one run. `folder` stands before each file's path.
pub(crate) fn log(folder: &str, diagnostics: &[Diagnostic]) -> Value {
    let rules: BTreeSet<(&str, &str)> = diagnostics
        .iter()
        .map(|diagnostic| (diagnostic.code.id, diagnostic.code.title))
        .collect();
    let rules: Vec<Value> = rules
        .into_iter()
        .map(|(id, title)| json!({"id": id, "shortDescription": {"text": title}}))
        .collect();
    let results: Vec<Value> = diagnostics
        .iter()
        .map(|diagnostic| result(folder, diagnostic))
        .collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "rappel",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            }},
            // Columns are counted in characters, as SARIF calls code points.
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    })
}

fn result(folder: &str, diagnostic: &Diagnostic) -> Value {
    let level = match diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let text = match &diagnostic.help {
        Some(help) => format!("{}\nHelp: {help}", diagnostic.message),
        None => diagnostic.message.clone(),
    };
    let mut place = json!({"artifactLocation": {"uri": uri(folder, &diagnostic.file)}});
    if let Some((line, column)) = diagnostic.position() {
        place["region"] = json!({"startLine": line, "startColumn": column});
    }
    let mut result = json!({
        "ruleId": diagnostic.code.id,
        "level": level,
        "message": {"text": text},
        "locations": [{"physicalLocation": place}],
    });
    if let Some(fix) = fix(folder, diagnostic) {
        result["fixes"] = json!([fix]);
    }
    result
}

/// What `rappel check --fix` would do.
fn fix(folder: &str, diagnostic: &Diagnostic) -> Option<Value> {
    let replacements = diagnostic.fixes.iter().map(|fix| {
        let (start_line, start_column) = diagnostic.position_of(fix.span.start)?;
        let (end_line, end_column) = diagnostic.position_of(fix.span.end)?;
        Some(json!({
            "deletedRegion": {
                "startLine": start_line, "startColumn": start_column,
                "endLine": end_line, "endColumn": end_column,
            },
            "insertedContent": {"text": fix.text},
        }))
    });
    let replacements: Vec<Value> = replacements.collect::<Option<_>>()?;
    (!replacements.is_empty()).then(|| {
        json!({
            "description": {"text": diagnostic.help.as_deref().unwrap_or(&diagnostic.message)},
            "artifactChanges": [{
                "artifactLocation": {"uri": uri(folder, &diagnostic.file)},
                "replacements": replacements,
            }],
        })
    })
}

/// A path as SARIF wants it: relative, with slashes, and without what an URI can't have.
fn uri(folder: &str, file: &str) -> String {
    let folder = folder.trim_end_matches('/');
    let path = if folder.is_empty() || folder == "." {
        file.to_string()
    } else {
        format!("{folder}/{file}")
    };
    let mut uri = String::with_capacity(path.len());
    for byte in path.replace('\\', "/").bytes() {
        if byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            uri.push_str(&format!("%{byte:02X}"));
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;
    use rappel_core::diagnostic::codes;

    #[test]
    fn a_log_says_what_where_and_what_to_do() {
        let found = [
            Diagnostic::new(
                codes::UNKNOWN_VARIABLE,
                "templates/reminder.sms.trd",
                "there is no variable 99",
            )
            .at("Bonjour\n[TRD99]", 8..15)
            .help("did you mean `TRD9`?"),
            Diagnostic::new(
                codes::UNKNOWN_FILTER,
                "templates/reminder.sms.trd",
                "there is no filter `uper`",
            )
            .at("É\n[TRD3|uper]", 9..13)
            .help("did you mean `upper`?")
            .fix(9..13, "upper"),
            Diagnostic::new(
                codes::BAD_FILE,
                "templates/an é.trd",
                "the file can't be read",
            ),
        ];
        insta::assert_json_snapshot!("log", log("examples/a clinic/", &found));
    }
}
