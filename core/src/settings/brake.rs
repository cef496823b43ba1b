//! Settings of the brake: when new files plan so many messages that they are stopped.

use schemars::JsonSchema;
use serde::Deserialize;

/// When new files are stopped because they plan far more messages than usual: [brake.md](brake.md).
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct BrakeSettings {
    /// Whether there is one. While there is none nothing is counted either, so that it begins with no
    /// usual volume when it is switched on.
    pub enabled: bool,
    /// New files are stopped when they plan more than this many times the usual messages for events of a
    /// kind, within a day, and more than a usual day has for all.
    pub multiple: u32,
    /// So many messages for events of a kind, within a day, never stop anything.
    pub least: u32,
}

impl Default for BrakeSettings {
    fn default() -> Self {
        Self {
            enabled: true,
            multiple: 5,
            least: 200,
        }
    }
}
