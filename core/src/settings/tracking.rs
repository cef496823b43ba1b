//! Settings of read tracking: whether an e-mail tells that it was opened.

use schemars::JsonSchema;
use serde::Deserialize;

use super::Settings;
use crate::channel::ChannelKind;
use crate::kind::Kind;

/// What is known of messages after they arrived.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TrackingSettings {
    /// Kinds of message whose e-mails tell that they were opened, by an image that the patient doesn't see.
    /// Off where a kind isn't listed. It needs `rappel serve --public-url`. Mail programs fetch images by
    /// themselves, or never: opened may be automatic, and not opened may be read.
    ///
    /// A clinic has to tell its patients, so that it decides for each kind whether it is worth it.
    #[schemars(example = ["recall", "survey"])]
    pub opens: Vec<Kind>,
}

impl Settings {
    /// Whether messages of a kind by a channel tell that they were opened.
    pub fn tracks_opens(&self, kind: &Kind, channel: ChannelKind) -> bool {
        channel == ChannelKind::Email && self.tracking.opens.contains(kind)
    }
}
