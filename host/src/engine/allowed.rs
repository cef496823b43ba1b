//! Warnings that the clinic doesn't want to read: `check.allow`.

use std::sync::Arc;

use rappel_core::diagnostic::{Diagnostic, codes};
use rappel_core::settings::Settings;

use super::generation::placed;

/// Whether a warning is one that the clinic allows.
pub(super) fn is_allowed(found: &Diagnostic, settings: &Settings) -> bool {
    let allow = &settings.check.allow;
    !found.is_error() && allow.iter().any(|code| code.as_str() == found.code.id)
}

/// Takes the allowed warnings out, and tells of codes that allow nothing; not where an error may keep what they
/// allow from being found.
pub(super) fn take_out(found: &mut Vec<Diagnostic>, settings: &Settings, text: &Arc<str>) {
    if !found.iter().any(Diagnostic::is_error) {
        let used: Vec<&str> = found.iter().map(|one| one.code.id).collect();
        let codes = settings.check.allow.iter().map(|code| code.as_str());
        let unused = codes.filter(|code| !used.contains(code)).map(|code| {
            let message = format!("`check.allow`: nothing has the warning `{code}`");
            let help = "take it out, so that it doesn't hide the next slip of its sort";
            let told = Diagnostic::new(codes::NOTHING_ALLOWED, "clinic.toml", message).help(help);
            placed(told, text, "check.allow")
        });
        let unused: Vec<Diagnostic> = unused.collect();
        found.extend(unused);
    }
    found.retain(|one| !is_allowed(one, settings));
}
