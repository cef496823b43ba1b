//! What `rappel check` warns of, and what the clinic decided to accept.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::diagnostic::{Code, Severity};

/// What `rappel check` warns of. Nothing here changes what is sent.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CheckSettings {
    /// Codes of warnings that the clinic doesn't want to read. An error can't be allowed.
    #[schemars(example = ["W0852"])]
    pub allow: Vec<WarningCode>,
    /// The most segments that an SMS should take, with whatever values; more is a warning, and goes all the
    /// same.
    #[schemars(example = 3, range(min = 1, max = 255))]
    pub max_segments: Option<u32>,
}

/// The code of a warning: `W0852`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(extend("format" = "warning"))]
pub struct WarningCode(String);

impl WarningCode {
    /// Its id.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What messages may tell of a person's health.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PrivacySettings {
    /// What SMS and calls may tell, though a locked screen shows it and a mailbox repeats it to whoever is there.
    /// `rappel check` warns of the rest.
    #[schemars(example = ["prerequisites"])]
    pub accept: Vec<HealthData>,
}

/// A value that tells what a person is treated for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum HealthData {
    /// The service.
    Service,
    /// The title of the service's group.
    Group,
    /// The service's prerequisites.
    Prerequisites,
    /// The notes on the appointment.
    Notes,
    /// The service's price.
    Price,
}

impl HealthData {
    /// Its word in the settings: `service`.
    pub const fn name(self) -> &'static str {
        match self {
            HealthData::Service => "service",
            HealthData::Group => "group",
            HealthData::Prerequisites => "prerequisites",
            HealthData::Notes => "notes",
            HealthData::Price => "price",
        }
    }
}

/// Reads the code of a warning.
pub(super) fn warning(id: &str) -> Result<(), (String, String)> {
    match Code::find(id) {
        Some(code) if code.severity() == Severity::Warning => Ok(()),
        Some(code) => Err((
            format!("`{code}` is an error, and none can be allowed"),
            format!("mend what has it; `rappel explain {code}` shows how"),
        )),
        // Numbers that lie near each other have nothing in common, so that only the letter is corrected.
        None => Err((
            format!("there is no warning `{id}`"),
            match Code::find(&id.to_uppercase()) {
                Some(code) => format!("did you mean `\"{code}\"`?"),
                None => "write the code of a warning that `rappel check` tells: `\"W0852\"`".into(),
            },
        )),
    }
}
