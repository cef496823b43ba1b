//! First stage: from text to a tree, with every slip of form as a diagnostic.

mod explain;
mod subject;

use std::sync::Arc;

use rappel_core::Diagnostic;
use rappel_grammar::Template;

use crate::variables::Variable;

pub(crate) use explain::{OPENS_NO_TAG, short};
pub use subject::has_subject;
pub(crate) use subject::{Email, WORDS as SUBJECT_WORDS, split};

/// A file and its text, for saying where something is.
#[derive(Clone, Debug)]
pub(crate) struct File {
    /// As diagnostics call it: `templates/reminder.sms.trd`.
    pub(crate) name: Arc<str>,
    /// Its text.
    pub(crate) source: Arc<str>,
}

impl File {
    pub(crate) fn new(name: &str, source: &str) -> Self {
        Self {
            name: name.into(),
            source: source.into(),
        }
    }

    /// A diagnostic in this file.
    pub(crate) fn diagnostic(
        &self,
        code: rappel_core::Code,
        span: rappel_grammar::Span,
        message: impl Into<String>,
    ) -> Diagnostic {
        Diagnostic::new(code, self.name.as_ref(), message)
            .at(self.source.clone(), span.start..span.end)
    }
}

/// Reads a file.
pub(crate) fn parse<'s>(
    file: &File,
    source: &'s str,
    diagnostics: &mut Vec<Diagnostic>,
) -> Template<'s> {
    let parsed = rappel_grammar::parse(source, &|word| Variable::word(word).is_some());
    diagnostics.extend(
        parsed
            .faults
            .iter()
            .map(|fault| explain::explain(file, fault)),
    );
    parsed.template
}
