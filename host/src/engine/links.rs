//! The links in messages: each leads to one message's one purpose, and can't be guessed.

use std::fmt;

use rappel_core::ids::{FacilityId, MessageId};
use rappel_core::kind::{Kind, Named};
use rappel_core::settings::Settings;
use rappel_core::store::Purpose;

/// A link made for a message.
pub struct MadeLink {
    /// The value that it is in templates.
    pub name: Named,
    /// What it is for.
    pub purpose: Purpose,
    /// Its secret part.
    pub token: String,
    /// The whole of it.
    pub url: String,
}

impl fmt::Debug for MadeLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MadeLink(hidden)")
    }
}

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

    /// The links of a message; those that the clinic has no page for are left out. A recall brings the
    /// link to a password only where the clinic wants that, and only the first one: `first` says
    /// whether it is.
    pub fn of(
        &self,
        settings: &Settings,
        kind: &Kind,
        message: MessageId,
        first: bool,
    ) -> Vec<MadeLink> {
        let pages = &settings.links;
        let password = *kind != Kind::RECALL || (settings.recall.password && first);
        [
            (Named::ConfirmUrl, Purpose::Confirm, pages.confirm.as_ref()),
            (Named::CancelUrl, Purpose::Cancel, pages.cancel.as_ref()),
            (
                Named::RescheduleUrl,
                Purpose::Reschedule,
                pages.reschedule.as_ref(),
            ),
            (
                Named::PasswordUrl,
                Purpose::Password,
                pages.password.as_ref().filter(|_| password),
            ),
            (
                Named::UnsubscribeUrl,
                Purpose::Unsubscribe,
                pages.unsubscribe.as_ref(),
            ),
        ]
        .into_iter()
        .filter(|(name, ..)| kind.offers(*name))
        .filter_map(|(name, purpose, page)| {
            let token = self.token(&settings.id, message, purpose.name());
            Some(MadeLink {
                name,
                purpose,
                url: page?.replace("{token}", &token),
                token,
            })
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

    fn made(links: &str, kind: &Kind, first: bool) -> Vec<MadeLink> {
        let text =
            format!("id = \"x\"\nname = \"X\"\nzone = \"Europe/Paris\"\ncountry = \"FR\"\n{links}");
        let (settings, _) = Settings::read(&text).unwrap();
        Links::preview().of(&settings, kind, MessageId(uuid::Uuid::nil()), first)
    }

    #[test]
    fn a_recall_brings_a_password_only_the_first_time_and_where_the_clinic_wants_it() {
        let page = "links.password = \"https://rdv.example.org/p/{token}\"\n";
        let wanted = format!("{page}recall.password = true\n");
        assert_eq!(made(&wanted, &Kind::RECALL, true).len(), 1);
        assert_eq!(made(&wanted, &Kind::RECALL, false).len(), 0);
        assert_eq!(made(page, &Kind::RECALL, true).len(), 0);
        let password = Kind::parse("password").unwrap();
        assert_eq!(made(page, &password, false).len(), 1);
    }

    #[test]
    fn only_pages_that_the_clinic_has_become_links() {
        let links = "links.confirm = \"https://rdv.example.org/c/{token}\"\n";
        let made = made(links, &Kind::REMINDER, true);
        assert_eq!(made.len(), 1);
        let MadeLink { name, url, .. } = &made[0];
        assert_eq!(*name, Named::ConfirmUrl);
        assert!(
            url.starts_with("https://rdv.example.org/c/") && !url.contains('{'),
            "{url}"
        );
    }
}
