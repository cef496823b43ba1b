//! How what is said of messages is written for people.

use rappel_core::SmsEncoding;
use rappel_core::civil::{Civil, Instant, Zone};
use rappel_dsl::sms::{GSM7_CHAINED, GSM7_SINGLE, UCS2_CHAINED, UCS2_SINGLE};

/// A time for people: `2026-06-03 14:30`, on the clinic's wall clock.
pub(crate) fn clock(instant: Instant, zone: Zone) -> String {
    Civil::at(instant, zone).to_string()
}

/// The part of a message's id that tells it from others: messages that one event plans share the
/// beginning of their ids, which is the time.
pub(crate) fn short(id: &str) -> &str {
    id.get(..18).unwrap_or(id)
}

/// `reminder:12`, where a message was decided.
pub(crate) fn origin(origin: &rappel_core::decision::Origin) -> String {
    match origin.line {
        0 => origin.policy.to_string(),
        line => format!("{}:{line}", origin.policy),
    }
}

/// `gsm7, 145 of 160 units, 1 segment`
pub(crate) fn length_of(encoding: SmsEncoding, units: usize, segments: usize) -> String {
    let (single, chained) = match encoding {
        SmsEncoding::Gsm7 => (GSM7_SINGLE, GSM7_CHAINED),
        SmsEncoding::Ucs2 => (UCS2_SINGLE, UCS2_CHAINED),
    };
    let room = if segments <= 1 {
        single
    } else {
        chained * segments
    };
    format!(
        "{}, {units} of {room} units, {}",
        encoding.name(),
        count(segments as u64, "segment")
    )
}

/// A sentence's end, unless it has one.
pub(crate) fn ended(sentence: &str) -> String {
    if sentence.ends_with(['.', '?', '!']) {
        sentence.to_string()
    } else {
        format!("{sentence}.")
    }
}

/// `1 segment`, `3 segments`
pub(crate) fn count(count: u64, thing: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {thing}{plural}")
}
