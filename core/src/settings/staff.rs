//! Settings of what concerns those who work at the clinic: alerts, messages to practitioners and
//! rooms, what the agenda is told, and who looks after it all.

use std::fmt;
use std::str::FromStr;

use chrono::{NaiveTime, Timelike};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::gateway::SecretRef;
use crate::civil::Span;
use crate::language::Language;

/// Alerts: a practitioner or room is late or unavailable.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AlertSettings {
    /// An alert that concerns more appointments than this waits for `rappel approve`.
    pub approve_over: u32,
}

impl Default for AlertSettings {
    fn default() -> Self {
        Self { approve_over: 50 }
    }
}

/// Messages to practitioners and rooms.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ResourceSettings {
    /// How long before the visit the kind `resource_reminder` goes.
    pub reminder: Span,
    /// When the list of a day's appointments, the kind `resource_day`, goes: `07:00`, or
    /// `18:00 the day before`.
    #[schemars(with = "String")]
    pub day_list: DayTime,
}

impl Default for ResourceSettings {
    fn default() -> Self {
        Self {
            reminder: Span::hours(2),
            day_list: DayTime {
                time: NaiveTime::MIN + chrono::TimeDelta::hours(7),
                day_before: false,
            },
        }
    }
}

/// Where the agenda takes events: what patients answered goes there as CloudEvents.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AgendaSettings {
    /// The address that events are posted to, one at a time. Without one the agenda is told nothing.
    #[schemars(example = &"https://agenda.example.org/rappel")]
    pub url: Option<String>,
    /// What signs them: HMAC-SHA256 over `timestamp.body` in the headers `Rappel-Timestamp` and
    /// `Rappel-Signature`.
    pub secret: Option<SecretRef>,
    /// Whether the address may be this machine's own or in a private network.
    pub allow_private: bool,
}

/// Who looks after the clinic's messages, and is told by e-mail what needs a person.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AdministratorSettings {
    /// Their e-mail address. Without one nobody is told; the log and `rappel status` say it all the same.
    #[schemars(example = &"secretariat@lumiere.example.org")]
    pub email: Option<String>,
    /// At most one e-mail in this time; what happens in between is told together in the next.
    pub every: Span,
    /// The language of these e-mails; the clinic's otherwise.
    pub language: Option<Language>,
}

impl Default for AdministratorSettings {
    fn default() -> Self {
        Self {
            email: None,
            every: Span::minutes(30),
            language: None,
        }
    }
}

/// A time of a day, or of the day before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DayTime {
    /// The time on the wall clock.
    pub time: NaiveTime,
    /// Whether it is that of the day before.
    pub day_before: bool,
}

impl DayTime {
    /// How long after the midnight that begins the day it is; negative on the day before.
    pub fn after_midnight(self) -> Span {
        let seconds = i64::from(self.time.num_seconds_from_midnight());
        let day = if self.day_before { 24 * 3600 } else { 0 };
        Span::seconds(seconds - day)
    }
}

const THE_DAY_BEFORE: &str = " the day before";

impl FromStr for DayTime {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (time, day_before) = match text.trim().strip_suffix(THE_DAY_BEFORE) {
            Some(time) => (time, true),
            None => (text, false),
        };
        NaiveTime::parse_from_str(time.trim(), "%H:%M")
            .map(|time| Self { time, day_before })
            .map_err(|_| {
                format!("`{text}` is no time of a day; write `07:00`, or `18:00{THE_DAY_BEFORE}`")
            })
    }
}

impl fmt::Display for DayTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.time.format("%H:%M"))?;
        f.write_str(if self.day_before { THE_DAY_BEFORE } else { "" })
    }
}

impl Serialize for DayTime {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for DayTime {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_time_of_the_day_or_of_the_day_before() {
        for (text, after) in [
            ("07:00", Span::hours(7)),
            ("18:00 the day before", Span::hours(-6)),
        ] {
            let time: DayTime = text.parse().unwrap();
            assert_eq!(time.to_string(), text);
            assert_eq!(time.after_midnight(), after, "{text}");
        }
        let told = "7 o'clock".parse::<DayTime>().unwrap_err();
        assert_eq!(
            told,
            "`7 o'clock` is no time of a day; write `07:00`, or `18:00 the day before`"
        );
    }
}
