//! SMS: what alphabet a text needs, how long it is, and how it is written in the shorter one.

mod alphabet;
mod length;
mod transliterate;

use std::borrow::Cow;

use rappel_core::settings::SmsMode;

pub use alphabet::{is_extended, is_in_alphabet};
pub(crate) use length::wide_characters;
pub use length::{GSM7_CHAINED, GSM7_SINGLE, Length, UCS2_CHAINED, UCS2_SINGLE};
pub use transliterate::counterpart;
pub(crate) use transliterate::{is_typographic, transliterate};

/// Writes a text the way the clinic chose.
///
/// # Errors
/// In mode `refuse`, the first character outside the alphabet.
pub fn write(text: &str, mode: SmsMode) -> Result<Cow<'_, str>, char> {
    match mode {
        SmsMode::Transliterate => Ok(transliterate(text)),
        SmsMode::Unicode => Ok(Cow::Borrowed(text)),
        SmsMode::Refuse => match text.chars().find(|c| !is_in_alphabet(*c)) {
            Some(outside) => Err(outside),
            None => Ok(Cow::Borrowed(text)),
        },
    }
}
