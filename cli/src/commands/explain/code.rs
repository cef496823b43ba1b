//! What a diagnostic's code means.

use rappel_core::diagnostic::{Code, codes};

use crate::failure::{Exit, Result};
use crate::output::{TextOrJson, answer, answer_json, diagnostics};

/// The code of that name.
pub(super) fn code(name: &str) -> Option<Code> {
    codes::ALL
        .iter()
        .copied()
        .find(|code| code.id.eq_ignore_ascii_case(name))
}

pub(super) fn code_meaning(code: Code, format: TextOrJson) -> Result {
    let severity = if code.severity() == rappel_core::Severity::Error {
        "an error: it can't go live"
    } else {
        "a warning: it goes live, and is probably not what was meant"
    };
    match format {
        TextOrJson::Text => answer(format_args!(
            "{} ({severity})\n{}.\n\n{}",
            code.id,
            code.title,
            code.page().text(diagnostics::sentence_width()).trim_end()
        ))?,
        TextOrJson::Json => {
            let page = code.page();
            // A page's file is wrapped.
            let line = |paragraph: &str| paragraph.replace('\n', " ");
            answer_json(&serde_json::json!({
                "code": code.id, "severity": code.severity(), "title": code.title,
                "meaning": line(page.meaning), "reason": line(page.reason), "remedy": line(page.remedy),
            }))?;
        }
    }
    Ok(Exit::Done)
}
