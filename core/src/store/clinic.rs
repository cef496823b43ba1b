//! The clinics that a host serves, and by which files.

use std::collections::BTreeMap;

use crate::civil::{Instant, Zone};
use crate::ids::FacilityId;

/// A generation as the store remembers it.
#[derive(Clone, Debug)]
pub struct GenerationRecord {
    /// Whose.
    pub facility: FacilityId,
    /// The hash of its contents.
    pub id: String,
    /// Since when it serves.
    pub since: Instant,
    /// The clinic's zone, for whoever shows times to people.
    pub zone: Zone,
    /// What is wrong with the files as they are now, while an older generation serves.
    pub refused: Option<String>,
    /// Whether the host that was started last serves the clinic.
    pub served: bool,
}

/// A clinic's folder that can't be served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Absent {
    /// Its whole path.
    pub folder: String,
    /// Since when it can't.
    pub since: Instant,
    /// What is wrong with it.
    pub refused: String,
}

/// The files by which a clinic was served last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptFolder {
    /// Whose.
    pub facility: FacilityId,
    /// The generation that they make.
    pub generation: String,
    /// The folder they were read from: its whole path.
    pub folder: String,
    /// Their texts, by their paths inside it.
    pub files: BTreeMap<String, String>,
}
