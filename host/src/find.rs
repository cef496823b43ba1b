//! Finding patients as people name them: by their name, or by their telephone number.

use rappel_core::contact::Phone;
use serde_json::{Map, Value};

use crate::engine::words_of;

/// Whom somebody looks for.
#[derive(Clone, PartialEq, Eq)]
pub enum Sought {
    /// Those with this number.
    Phone(Phone),
    /// Those whose names have words that begin with these.
    Name(Vec<String>),
}

impl std::fmt::Debug for Sought {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sought(hidden)")
    }
}

impl Sought {
    /// Reads what somebody typed: a number in any of its spellings, in a country, or a name. Accents and
    /// capitals don't matter. `None` where it has neither letters nor a number.
    pub fn read(text: &str, country: &str) -> Option<Self> {
        if let Some(phone) = phone(text, country) {
            return Some(Self::Phone(phone));
        }
        let words = words_of(text);
        (!words.is_empty()).then_some(Self::Name(words))
    }

    /// Whether it is this patient, as the agenda tells of them.
    pub fn fits(&self, patient: &Map<String, Value>, country: &str) -> bool {
        let text = |name| patient.get(name).and_then(Value::as_str);
        match self {
            Self::Phone(sought) => {
                let mobile = text("mobile").and_then(|mobile| phone(mobile, country));
                mobile.as_ref() == Some(sought)
            }
            Self::Name(sought) => {
                let names = ["first_name", "last_name"].into_iter().filter_map(text);
                let words: Vec<String> = names.flat_map(words_of).collect();
                sought
                    .iter()
                    .all(|sought| words.iter().any(|word| word.starts_with(sought)))
            }
        }
    }
}

/// The number that is meant. Some write an international one with noughts, or without its plus.
pub(crate) fn phone(text: &str, country: &str) -> Option<Phone> {
    let international = || format!("+{}", text.trim_start_matches("00"));
    Phone::parse(text, country)
        .or_else(|_| Phone::parse(&international(), country))
        .ok()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use serde_json::json;

    fn finds(text: &str) -> bool {
        let patient = json!({"first_name": "Élise-Anne", "last_name": "d'Aubigné", "mobile": "06 39 98 11 13"});
        Sought::read(text, "FR")
            .is_some_and(|sought| sought.fits(patient.as_object().unwrap(), "FR"))
    }

    #[test]
    fn a_name_is_found_however_it_is_written() {
        for name in [
            "Élise",
            "elise",
            "ELISE",
            "aubigne",
            "D'AUBIGNÉ",
            "anne aubi",
            "Aubigné Élise",
        ] {
            assert!(finds(name), "{name}");
        }
        for name in ["lise", "elise dupont", "…", ""] {
            assert!(!finds(name), "{name}");
        }
    }

    #[test]
    fn a_number_is_found_however_it_is_written() {
        for number in [
            "0639981113",
            "06.39.98.11.13",
            "+33 6 39 98 11 13",
            "0033639981113",
            "33639981113",
        ] {
            assert!(finds(number), "{number}");
        }
        for number in ["0639981114", "0639", "+44 7700 900112"] {
            assert!(!finds(number), "{number}");
        }
    }
}
