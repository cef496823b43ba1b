//! What a template is compiled for.

use std::sync::Arc;

use rappel_core::settings::{HealthData, SmsMode};
use rappel_core::{ChannelKind, Kind, Language, Settings};

/// What a template is compiled for.
#[derive(Clone, Debug)]
pub struct Options {
    /// The kind of message: which named values there are.
    pub kind: Kind,
    /// The channel: what becomes of the text.
    pub channel: ChannelKind,
    /// The language of the message: month and weekday names, amounts.
    pub language: Language,
    /// What becomes of a character outside the SMS alphabet.
    pub sms_mode: SmsMode,
    /// The most characters that an SMS may have.
    pub max_characters: usize,
    /// The most segments that an SMS should take.
    pub max_segments: Option<usize>,
    /// What SMS and calls may tell of a person's health; `None` where nobody asks.
    pub accepted: Option<Arc<[HealthData]>>,
    /// The clinic's currency: `€`.
    pub currency: Arc<str>,
}

impl Options {
    /// The stock options for a kind, channel and language.
    pub fn new(kind: Kind, channel: ChannelKind, language: Language) -> Self {
        Self {
            kind,
            channel,
            language,
            sms_mode: SmsMode::default(),
            // Six segments of 153.
            max_characters: 918,
            max_segments: None,
            accepted: None,
            currency: "€".into(),
        }
    }

    /// The options that a clinic's settings say.
    pub fn of(settings: &Settings, kind: Kind, channel: ChannelKind, language: Language) -> Self {
        Self {
            sms_mode: settings.channels.sms.mode,
            max_characters: settings.channels.sms.max_characters as usize,
            max_segments: settings.check.max_segments.map(|most| most as usize),
            accepted: Some(settings.privacy.accept.as_slice().into()),
            currency: settings.currency.as_str().into(),
            ..Self::new(kind, channel, language)
        }
    }
}
