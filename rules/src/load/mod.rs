//! From a policy's text to a policy that can be asked, or every slip that can be found in it.
//!
//! read (the sandbox) → hooks have their forms → every property, function and word that the hooks
//! come to is known.

mod hooks;
mod infer;

use std::collections::BTreeMap;
use std::sync::Arc;

use rappel_core::diagnostic::{Code, Diagnostic, codes};
use rhai::Position;

use crate::hooks::{Policy, SANDBOX};
use crate::sandbox::{Slip, SlipKind, place};
use crate::set::PolicySource;

/// The values of `[own]`, whose names a policy may use.
pub(crate) type Own = BTreeMap<String, toml::Value>;

/// Reads a policy. Warnings come with it. Where `own` isn't known, its names are taken as they are.
pub(crate) fn load(
    source: &PolicySource<'_>,
    own: Option<&Own>,
) -> (Option<Policy>, Vec<Diagnostic>) {
    let text: Arc<str> = source.text.into();
    let told = |slip: Slip| {
        let code = match slip.kind {
            SlipKind::Form => codes::BAD_POLICY,
            SlipKind::Refused => codes::POLICY_REFUSED,
            SlipKind::UnknownFunction => codes::POLICY_UNKNOWN_FUNCTION,
        };
        slip.diagnostic(code, source.file, &text)
    };
    let (script, slips) = match SANDBOX.read(source.text) {
        Ok(read) => read,
        Err(slips) => return (None, slips.into_iter().map(told).collect()),
    };
    let mut found = hooks::check(&script);
    if found.is_empty() {
        found = infer::check(&script, own);
    }
    // A call of what isn't there is told once.
    found.retain(|found| {
        let same = |slip: &Slip| slip.position == found.position;
        found.position.is_none() || !slips.iter().any(same)
    });
    let found = found
        .into_iter()
        .map(|found| found.diagnostic(source.file, &text));
    let mut found: Vec<Diagnostic> = slips.into_iter().map(told).chain(found).collect();
    found.sort_by_key(|one| one.span.as_ref().map_or(0, |span| span.start));
    let whole = !found.iter().any(Diagnostic::is_error);
    (whole.then(|| Policy::new(source.name, &script)), found)
}

/// Something that was found in a policy.
#[derive(Debug, PartialEq, Eq)]
struct Found {
    code: Code,
    position: Position,
    message: String,
    help: Option<String>,
}

impl Found {
    fn new(code: Code, position: Position, message: impl Into<String>) -> Self {
        Self {
            code,
            position,
            message: message.into(),
            help: None,
        }
    }

    fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    fn diagnostic(self, file: &str, text: &Arc<str>) -> Diagnostic {
        let mut diagnostic = Diagnostic::new(self.code, file, self.message);
        if !self.position.is_none() {
            diagnostic = diagnostic.at(text.clone(), place(text, self.position));
        }
        diagnostic.help = self.help;
        diagnostic
    }
}
