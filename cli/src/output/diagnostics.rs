//! Diagnostics for people.

use rappel_core::{Diagnostic, Severity};

use super::message::count;
use super::{remark, style, width};

/// How wide sentences are at most: longer lines are hard to read.
const SENTENCES: usize = 100;

/// How wide sentences are on this terminal.
pub(crate) fn sentence_width() -> usize {
    width().min(SENTENCES)
}

/// Prints reports on standard error.
pub(crate) fn report(diagnostics: &[Diagnostic]) {
    remark(format_args!("{}\n", reports(diagnostics)));
}

/// The reports, one after the other, in colours that are taken out where no terminal shows them.
pub(crate) fn reports(diagnostics: &[Diagnostic]) -> String {
    let width = sentence_width();
    let reports: Vec<String> = diagnostics
        .iter()
        .map(|diagnostic| diagnostic.report(width, true).trim_end().to_string())
        .collect();
    reports.join("\n\n")
}

/// `2 errors and 1 warning`
pub(crate) fn tally(diagnostics: &[Diagnostic]) -> String {
    let of = |severity| {
        diagnostics
            .iter()
            .filter(|diagnostic| diagnostic.severity == severity)
            .count() as u64
    };
    let (errors, warnings) = (of(Severity::Error), of(Severity::Warning));
    let errors_in_colour = format!("{}{}{}", style::ERROR, count(errors, "error"), style::END);
    let warnings_in_colour = format!(
        "{}{}{}",
        style::WARNING,
        count(warnings, "warning"),
        style::END
    );
    match (errors, warnings) {
        (0, 0) => format!("{}nothing is wrong{}", style::GOOD, style::END),
        (_, 0) => errors_in_colour,
        (0, _) => warnings_in_colour,
        _ => format!("{errors_in_colour} and {warnings_in_colour}"),
    }
}
