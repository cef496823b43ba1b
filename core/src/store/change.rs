//! Changes of a clinic's rules: the messages that stand when they come, what they do to them, their history.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Message;
use crate::civil::Instant;
use crate::decision::PolicyFault;
use crate::event::EventKind;
use crate::facts::Records;
use crate::ids::{AppointmentId, FacilityId};

/// The event by which an appointment's messages were planned last. Other rules are asked as if it were
/// told again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastEvent {
    /// Who told it.
    pub source: String,
    /// Its id.
    pub id: String,
    /// What happened.
    #[serde(rename = "type")]
    pub kind: EventKind,
    /// When it happened.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub time: Instant,
    /// Which facts of the appointment it changed.
    pub changed: Vec<String>,
    /// How many minutes late the resource is, where that is what happened.
    pub delay: Option<u32>,
}

/// An appointment as it stands.
#[derive(Clone, Debug)]
pub struct Standing {
    /// Which.
    pub appointment: AppointmentId,
    /// The event that was told of it last.
    pub event: LastEvent,
    /// What is known of it, and of all that it refers to.
    pub known: Records,
    /// All its messages, those that went too.
    pub messages: Vec<Message>,
}

/// What came of planning standing messages by other rules.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PlannedAnew {
    /// Messages added.
    pub added: u64,
    /// Messages moved.
    pub moved: u64,
    /// Messages withdrawn.
    pub withdrawn: u64,
    /// The policies that failed, and for how many appointments.
    pub faults: BTreeMap<PolicyFault, u64>,
}

impl PlannedAnew {
    /// Whether no message is another than before.
    pub fn is_nothing(&self) -> bool {
        (self.added, self.moved, self.withdrawn) == (0, 0, 0)
    }

    /// Takes in what came of others.
    pub fn take(&mut self, other: Self) {
        self.added += other.added;
        self.moved += other.moved;
        self.withdrawn += other.withdrawn;
        for (fault, appointments) in other.faults {
            *self.faults.entry(fault).or_default() += appointments;
        }
    }
}

/// How many standing messages a change of rules touches. One may be moved and reworded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EffectCounts {
    /// Get another time.
    pub moved: u64,
    /// Are no longer wanted.
    pub withdrawn: u64,
    /// Weren't there.
    pub added: u64,
    /// Would say something else, with the facts as they are when it is worked out.
    pub reworded: u64,
    /// Are left as they are, because the time that the new rules want was past.
    pub late: u64,
    /// Are kept back, because a policy of the new rules fails.
    pub held: u64,
}

impl EffectCounts {
    /// Whether it touches nothing.
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

impl std::ops::AddAssign for EffectCounts {
    fn add_assign(&mut self, other: Self) {
        self.moved += other.moved;
        self.withdrawn += other.withdrawn;
        self.added += other.added;
        self.reworded += other.reworded;
        self.late += other.late;
        self.held += other.held;
    }
}

/// A file of a clinic that a change of rules is made of. Hashes are the first 12 hexadecimal digits of
/// the BLAKE3 hash of its text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangedFile {
    /// Its path inside the clinic's folder.
    pub path: String,
    /// The hash of its text before; `None` where it is new.
    pub before: Option<String>,
    /// The hash of its text after; `None` where it was removed.
    pub after: Option<String>,
    /// Whose file it was when it was read, as the system names them; `None` where that can't be told.
    pub owner: Option<String>,
}

/// A change of a clinic's rules, or a try that was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeRecord {
    /// Whose.
    pub facility: FacilityId,
    /// When the host met it.
    pub at: Instant,
    /// The generation that served before; `None` for the first.
    pub from: Option<String>,
    /// The generation that serves since; `None` where it was refused.
    pub to: Option<String>,
    /// Why it was refused.
    pub refused: Option<String>,
    /// The files that are other than those that served before.
    pub files: Vec<ChangedFile>,
    /// The commit that was checked out, where the folder is in a git checkout.
    pub commit: Option<String>,
    /// What it did to standing messages; `None` where it was refused, or isn't worked out yet.
    pub effect: Option<EffectCounts>,
}
