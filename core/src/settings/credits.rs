//! Settings of what messages cost and what a clinic has to spend on them.

use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::Deserialize;

use super::Settings;
use super::forms::Amount;
use crate::channel::{ChannelKind, Content};

/// How many characters of a text are spoken in a minute.
///
/// Measured with espeak-ng 1.51 at its usual pace on a reminder with a name, a date, a time and an
/// address: 830 (Portuguese), 840 (German), 850 (Italian), 860 (English), 880 (Spanish) and 1,050
/// (French). Below the slowest, so that a call rarely turns out dearer than what was reserved for it.
pub const SPOKEN_PER_MINUTE: usize = 800;

/// What a clinic may spend on messages.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CreditSettings {
    /// Whether messages go only as long as the clinic has credits, which `rappel credits add` adds.
    /// What it hasn't enough for is held until there are more. Otherwise costs are told and nothing is
    /// counted.
    pub limited: bool,
    /// The low-water mark: with so many credits left or fewer it is told that they run out.
    #[schemars(with = "Amount")]
    pub low: Decimal,
}

impl Default for CreditSettings {
    fn default() -> Self {
        Self {
            limited: false,
            low: Decimal::ONE_HUNDRED,
        }
    }
}

impl Settings {
    /// What a message costs: by the part of an SMS, by the e-mail, by the begun minute of a call, as
    /// long as it will take to speak.
    pub fn cost(&self, channel: ChannelKind, content: &Content) -> Decimal {
        match channel {
            ChannelKind::Sms => {
                self.channels.sms.credits * Decimal::from(content.segments.min(1_000))
            }
            ChannelKind::Email => self.channels.email.credits,
            ChannelKind::Voice => {
                self.channels.voice.credits * Decimal::from(spoken_minutes(&content.text))
            }
        }
    }

    /// What each begun minute costs, on a channel where that is what is paid for.
    pub fn cost_of_minute(&self, channel: ChannelKind) -> Option<Decimal> {
        (channel == ChannelKind::Voice).then_some(self.channels.voice.credits)
    }
}

/// How many minutes a call with this text begins, by [`SPOKEN_PER_MINUTE`].
pub fn spoken_minutes(text: &str) -> u32 {
    let minutes = text.chars().count().div_ceil(SPOKEN_PER_MINUTE).max(1);
    u32::try_from(minutes).unwrap_or(u32::MAX)
}

/// How many minutes a call of so many seconds begins. One that nobody took has none.
pub fn begun_minutes(seconds: u32) -> u32 {
    seconds.div_ceil(60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_costs_each_minute_that_it_begins() {
        let spoken = |characters| spoken_minutes(&"é".repeat(characters));
        assert_eq!([0, 1, 800, 801, 1_601].map(spoken), [1, 1, 1, 2, 3]);
        assert_eq!([0, 1, 60, 61, 3_600].map(begun_minutes), [0, 1, 1, 2, 60]);
    }
}
