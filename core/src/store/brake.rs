//! The brake: new files that plan far more messages than usual are stopped.

use std::fmt;

use crate::civil::Instant;
use crate::event::EventKind;
use crate::ids::FacilityId;

/// When a generation is stopped: by what it plans within a day (UTC) for events of one kind, where that is
/// also more than a usual day has for all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Brake {
    /// The generation that plans.
    pub generation: String,
    /// It is stopped at more than this many times the usual messages.
    pub multiple: u32,
    /// So many messages never stop it.
    pub least: u32,
}

/// A generation that the brake stopped, and that may not serve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Braked {
    /// Whose.
    pub facility: FacilityId,
    /// Which.
    pub generation: String,
    /// The approval that its messages wait for, and that lets it serve again.
    pub approval: String,
    /// The events for which it planned too many messages.
    pub event: EventKind,
    /// How many of them there were that day; an alert counts once for each appointment that it reaches.
    pub events: u64,
    /// How many messages it planned for them.
    pub planned: u64,
    /// How many are usual for so many of them.
    pub usual: u64,
    /// When it was stopped.
    pub at: Instant,
    /// Whether somebody said that it may not serve; until then it waits for a decision.
    pub rejected: bool,
}

impl Braked {
    /// What it planned, and what is usual.
    pub fn measure(&self) -> String {
        format!(
            "{} messages planned in a day for {} × {}, where {} are usual",
            self.planned,
            self.events,
            self.event.name(),
            self.usual
        )
    }
}

impl fmt::Display for Braked {
    /// Why it doesn't serve, and what to do.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the brake stopped generation {}: {}",
            self.generation,
            self.measure()
        )?;
        if self.rejected {
            return f.write_str("; it was withdrawn, so change the files");
        }
        let approval = &self.approval;
        write!(
            f,
            "; its messages wait. `rappel approve {approval}` lets it serve and them go, `rappel approve {approval} --withdraw` withdraws them"
        )
    }
}
