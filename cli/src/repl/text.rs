//! A text that is typed: rendered with its segments, or what is wrong with it.

use std::sync::Arc;

use rappel_core::ChannelKind;
use rappel_core::channel::Content;
use rappel_core::diagnostic::Diagnostic;
use rappel_core::settings::spoken_minutes;
use rappel_dsl::{Compiled, has_subject};
use rust_decimal::Decimal;

use super::lines;
use super::session::Session;
use crate::output::credits::amount;
use crate::output::diagnostics::reports;
use crate::output::message::count;
use crate::output::{content, style};

/// What errors of a typed text call it.
const FILE: &str = "your text";

/// What stands before a body that is typed alone.
const NO_SUBJECT: &str = "Subject: (none typed)\n\n";

/// Compiles a typed text. On the e-mail channel a text that begins with no subject is a body.
pub(super) fn compiled(session: &Session, text: &str) -> Compiled {
    let compile = |text: &str| {
        session
            .preview
            .compile(session.rules(), session.visit.visit(), FILE, text)
    };
    if session.preview.channel != ChannelKind::Email || has_subject(text) {
        return compile(text);
    }
    let mut compiled = compile(&format!("{NO_SUBJECT}{text}"));
    // Places are told in what was typed.
    let source: Arc<str> = text.into();
    let typed = |offset: usize| offset.saturating_sub(NO_SUBJECT.len());
    compiled.diagnostics = std::mem::take(&mut compiled.diagnostics)
        .into_iter()
        .map(|diagnostic| match diagnostic.span.clone() {
            Some(span) if diagnostic.file == FILE => {
                diagnostic.at(source.clone(), typed(span.start)..typed(span.end))
            }
            _ => diagnostic,
        })
        .collect();
    compiled
}

/// A text's message, and what is doubtful in it.
pub(super) fn show(session: &Session, text: &str) -> Result<String, String> {
    let (content, warnings) = message(session, text)?;
    let settings = session.rules().settings();
    let cost = settings.cost(session.preview.channel, &content);
    let mut told = content::told(&content, cost);
    if !warnings.is_empty() {
        told.push_str("\n\n");
        told.push_str(&reports(&warnings));
    }
    Ok(told)
}

/// A text's message with what is doubtful in it, or why there is none.
pub(super) fn message(session: &Session, text: &str) -> Result<(Content, Vec<Diagnostic>), String> {
    let compiled = compiled(session, text);
    let (errors, warnings): (Vec<_>, Vec<_>) = compiled
        .diagnostics
        .into_iter()
        .partition(Diagnostic::is_error);
    let Some(template) = compiled.template else {
        return Err(reports(&errors));
    };
    let content = session
        .preview
        .render(session.rules(), &session.visit, &template)
        .map_err(|stopped| format!("this message must not go: {stopped}"))?;
    Ok((content, warnings))
}

/// What is shown behind a line while it is typed: how long its message is, or what is wrong.
pub(super) fn hint(session: &Session, line: &str) -> Option<String> {
    if line.trim().is_empty() || line.trim_start().starts_with(':') {
        return None;
    }
    let text = lines::rest(line);
    let compiled = compiled(session, &text);
    let Some(template) = compiled.template else {
        let error = compiled
            .diagnostics
            .into_iter()
            .find(Diagnostic::is_error)?;
        return Some(format!("  {}", error.message));
    };
    match session
        .preview
        .render(session.rules(), &session.visit, &template)
    {
        Ok(content) => {
            let cost = session
                .rules()
                .settings()
                .cost(session.preview.channel, &content);
            length(&content, cost)
        }
        Err(stopped) => Some(format!("  {stopped}")),
    }
}

/// How long a message is and what it costs: `  gsm7 17 units, 1 segment, 1 credit`.
fn length(content: &Content, cost: Decimal) -> Option<String> {
    let mut parts = Vec::new();
    if let Some(encoding) = content.encoding {
        parts.push(format!(
            "{} {}",
            encoding.name(),
            count(content.units.into(), "unit")
        ));
        parts.push(count(content.segments.into(), "segment"));
    }
    if content.ssml.is_some() {
        let minutes = count(spoken_minutes(&content.text).into(), "minute");
        parts.push(format!("about {minutes}"));
    }
    if !cost.is_zero() {
        parts.push(amount(cost));
    }
    (!parts.is_empty()).then(|| format!("  {}", parts.join(", ")))
}

/// A text with its tags in colours.
pub(super) fn painted(text: &str) -> String {
    super::highlight::line(text)
}

/// A faint line.
pub(super) fn faint(text: &str) -> String {
    format!("{}{text}{}", style::FAINT, style::END)
}
