//! The links in messages: each leads to one message's one purpose, and can't be guessed.

use std::fmt;

use rappel_core::ids::{FacilityId, MessageId};
use rappel_core::settings::Settings;

/// Makes the secret parts of links. The key stays on the host.
#[derive(Clone)]
pub struct Links {
    key: [u8; 32],
}

/// The links of one message; absent where the clinic has no page for them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MessageLinks {
    /// Where the patient confirms.
    pub confirm: Option<String>,
    /// Where the patient cancels.
    pub cancel: Option<String>,
    /// Where the patient takes another time.
    pub reschedule: Option<String>,
    /// Where the patient refuses more messages.
    pub unsubscribe: Option<String>,
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

    /// The links of a message.
    pub fn of(
        &self,
        settings: &Settings,
        facility: &FacilityId,
        message: MessageId,
    ) -> MessageLinks {
        let link = |purpose: &str, page: &Option<String>| {
            page.as_ref()
                .map(|page| page.replace("{token}", &self.token(facility, message, purpose)))
        };
        MessageLinks {
            confirm: link("confirm", &settings.links.confirm),
            cancel: link("cancel", &settings.links.cancel),
            reschedule: link("reschedule", &settings.links.reschedule),
            unsubscribe: link("unsubscribe", &settings.links.unsubscribe),
        }
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
