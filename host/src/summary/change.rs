//! Changes of a clinic's rules, as JSON.

use rappel_core::civil::Zone;
use rappel_core::store::{ChangeRecord, ChangedFile, EffectCounts};
use serde::Serialize;

use super::message::rfc3339;

/// A change of a clinic's rules, or a try that was refused.
#[derive(Debug, Serialize)]
#[allow(missing_docs, reason = "docs/json.md tells each")]
pub struct ChangeLine<'c> {
    pub clinic: &'c str,
    pub at: String,
    pub from: Option<&'c str>,
    pub to: Option<&'c str>,
    pub refused: Option<&'c str>,
    pub files: &'c [ChangedFile],
    pub commit: Option<&'c str>,
    pub effect: Option<EffectCounts>,
}

impl<'c> ChangeLine<'c> {
    /// A change of a clinic in `zone`.
    pub fn of(change: &'c ChangeRecord, zone: Zone) -> Self {
        Self {
            clinic: change.facility.as_str(),
            at: rfc3339(change.at, zone),
            from: change.from.as_deref(),
            to: change.to.as_deref(),
            refused: change.refused.as_deref(),
            files: &change.files,
            commit: change.commit.as_deref(),
            effect: change.effect,
        }
    }
}
