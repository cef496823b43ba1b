//! The languages that messages can be written in.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A language that Rappel knows the month and weekday names of.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs, reason = "the variants are ISO 639-1 codes")]
pub enum Language {
    #[default]
    Fr,
    En,
    It,
    Es,
    De,
    Pt,
}

impl Language {
    /// Every language, in the order documentation lists them.
    pub const ALL: [Language; 6] = [
        Language::Fr,
        Language::En,
        Language::It,
        Language::Es,
        Language::De,
        Language::Pt,
    ];

    /// The ISO 639-1 code: `fr`.
    pub const fn code(self) -> &'static str {
        match self {
            Language::Fr => "fr",
            Language::En => "en",
            Language::It => "it",
            Language::Es => "es",
            Language::De => "de",
            Language::Pt => "pt",
        }
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl FromStr for Language {
    type Err = String;

    /// Reads `fr`, and tags that begin with a known language, such as `fr-FR` or `pt_BR`.
    fn from_str(tag: &str) -> Result<Self, Self::Err> {
        let code = tag.split(['-', '_']).next().unwrap_or(tag);
        Language::ALL
            .into_iter()
            .find(|language| language.code().eq_ignore_ascii_case(code))
            .ok_or_else(|| {
                let known: Vec<_> = Language::ALL.iter().map(|l| l.code()).collect();
                format!("unknown language `{tag}`; known are {}", known.join(", "))
            })
    }
}
