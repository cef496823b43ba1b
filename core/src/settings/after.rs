//! Settings of what is written after a visit: thanks, surveys, recalls.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::civil::Span;

/// Messages soon after a visit that took place.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AfterVisitSettings {
    /// How long after the end of the visit the kind `thanks` goes.
    pub thanks: Span,
    /// How long after the end of the visit the kind `survey` goes.
    pub survey: Span,
    /// Whether a visit counts as having taken place when it is over and the agenda said neither that
    /// it was cancelled nor that it was missed. For agendas that never send `appointment.attended`.
    pub assume_attended: bool,
}

impl Default for AfterVisitSettings {
    fn default() -> Self {
        Self {
            thanks: Span::hours(2),
            survey: Span::days(1),
            assume_attended: false,
        }
    }
}

/// Recalls: it is time for the next visit.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RecallSettings {
    /// The intervals that the agenda offers: at most three.
    pub intervals: Vec<Span>,
    /// The interval of visits for which neither the appointment nor its service says one; one of
    /// `intervals`. Without it only those that say one are recalled.
    #[schemars(example = &"6 months")]
    pub after: Option<Span>,
    /// Whether the first recall that a patient gets brings a link that sets their password anew.
    pub password: bool,
}

impl RecallSettings {
    /// The most intervals that there may be.
    pub const MOST_INTERVALS: usize = 3;
}

impl Default for RecallSettings {
    fn default() -> Self {
        Self {
            intervals: vec![Span::months(3), Span::months(6), Span::months(12)],
            after: None,
            password: false,
        }
    }
}
