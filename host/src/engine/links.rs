//! The links in messages: each leads to one message's one purpose, and can't be guessed.

use std::fmt;

use rappel_core::ids::{FacilityId, MessageId};
use rappel_core::kind::Named;
use rappel_core::settings::Settings;

/// Makes the secret parts of links. The key stays on the host.
#[derive(Clone)]
pub struct Links {
    key: [u8; 32],
}

impl Links {
    /// Links that the holder of `key` makes.
    pub fn new(key: [u8; 32]) -> Self {
        Self { key }
    }

    /// Links for looking at, made with a key that everybody knows.
    pub fn preview() -> Self {
        Self { key: [0; 32] }
    }

    /// The links of a message; those that the clinic has no page for are left out.
    pub fn of(
        &self,
        settings: &Settings,
        facility: &FacilityId,
        message: MessageId,
    ) -> Vec<(Named, String)> {
        let pages = &settings.links;
        [
            (Named::ConfirmUrl, "confirm", &pages.confirm),
            (Named::CancelUrl, "cancel", &pages.cancel),
            (Named::RescheduleUrl, "reschedule", &pages.reschedule),
            (Named::UnsubscribeUrl, "unsubscribe", &pages.unsubscribe),
        ]
        .into_iter()
        .filter_map(|(name, purpose, page)| {
            let token = self.token(facility, message, purpose);
            Some((name, page.as_ref()?.replace("{token}", &token)))
        })
        .collect()
    }

    /// 128 bits that only the holder of the key can make, as 26 letters and digits that survive being
    /// read aloud or typed (Crockford's base 32, in lower case).
    pub fn token(&self, facility: &FacilityId, message: MessageId, purpose: &str) -> String {
        const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        // The facility's length keeps two facilities from making one text.
        let facility = facility.as_str();
        hasher.update(&(facility.len() as u64).to_le_bytes());
        hasher.update(facility.as_bytes());
        hasher.update(message.0.as_bytes());
        hasher.update(purpose.as_bytes());
        let mut bits = [0; 16];
        hasher.finalize_xof().fill(&mut bits);
        let mut number = u128::from_le_bytes(bits);
        let mut token = String::with_capacity(26);
        for _ in 0..26 {
            token.push(char::from(ALPHABET[(number % 32) as usize]));
            number /= 32;
        }
        token
    }
}

impl fmt::Debug for Links {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Links(hidden)")
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_of_one_clinic_message_and_purpose() {
        let links = Links::new([7; 32]);
        let message = |number| MessageId(uuid::Uuid::from_u128(number));
        let token = |facility: &str, number, purpose| {
            links.token(&FacilityId::new(facility), message(number), purpose)
        };
        let mut tokens = vec![
            token("a", 1, "confirm"),
            token("a", 1, "cancel"),
            token("a", 2, "confirm"),
            token("b", 1, "confirm"),
            Links::preview().token(&FacilityId::new("a"), message(1), "confirm"),
        ];
        assert_eq!(token("a", 1, "confirm"), tokens[0]);
        assert!(tokens.iter().all(|token| token.len() == 26), "{tokens:?}");
        tokens.sort();
        tokens.dedup();
        assert_eq!(tokens.len(), 5);
    }

    #[test]
    fn only_pages_that_the_clinic_has_become_links() {
        let text = "id = \"x\"\nname = \"X\"\nzone = \"Europe/Paris\"\ncountry = \"FR\"\n\
                    [links]\nconfirm = \"https://rdv.example.org/c/{token}\"\n";
        let (settings, _) = Settings::read(text).unwrap();
        let made = Links::preview().of(&settings, &settings.id, MessageId(uuid::Uuid::nil()));
        assert_eq!(made.len(), 1);
        let (name, url) = &made[0];
        assert_eq!(*name, Named::ConfirmUrl);
        assert!(
            url.starts_with("https://rdv.example.org/c/") && !url.contains('{'),
            "{url}"
        );
    }
}
