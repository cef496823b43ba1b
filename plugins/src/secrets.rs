//! A gateway's secrets, and how they are put in where a script left their mark.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretString};

/// The secrets of a gateway by their names in the adapter's manifest. `Debug` shows the names, and
/// dropping them wipes them from memory.
#[derive(Clone, Default)]
pub struct Secrets(BTreeMap<String, SecretString>);

impl Secrets {
    /// The secret of that name.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(SecretString::expose_secret)
    }

    /// Every secret.
    pub(crate) fn values(&self) -> impl Iterator<Item = &str> {
        self.0.values().map(SecretString::expose_secret)
    }

    /// Puts secrets in where `text` has their marks. `encode` is applied to each as the place needs
    /// it: percent-encoded in an URL, as it is in a header.
    ///
    /// # Errors
    /// The name of a secret that there is none of; empty where a mark is torn.
    pub(crate) fn fill<'t>(
        &self,
        text: &'t str,
        encode: fn(&str) -> Cow<'_, str>,
    ) -> Result<Filled<'t>, String> {
        if !text.contains(MARK) {
            return Ok(Filled::Plain(text));
        }
        if text.matches(MARK).count() % 2 == 1 {
            return Err(String::new());
        }
        let mut out = Zeroizing::new(String::with_capacity(text.len() + 64));
        // Marks stand between the mark characters: the odd pieces.
        for (index, piece) in text.split(MARK).enumerate() {
            if index % 2 == 0 {
                out.push_str(piece);
                continue;
            }
            let (in_url, name) = match piece.split_once(':') {
                Some(("secret", name)) => (false, name),
                Some(("secret-in-url", name)) => (true, name),
                _ => return Err(String::new()),
            };
            let secret = self.get(name).ok_or_else(|| name.to_string())?;
            if in_url {
                // Whatever the place: the script has encoded what is around it.
                out.push_str(&Zeroizing::new(in_url_encoded(secret).into_owned()));
            } else {
                out.push_str(&encode(secret));
            }
        }
        Ok(Filled::Secret(out))
    }
}

/// What a mark begins and ends with.
const MARK: char = '\u{1}';

/// A text with its secrets in place.
pub(crate) enum Filled<'t> {
    /// It had none.
    Plain(&'t str),
    /// It has some, and is wiped when dropped.
    Secret(Zeroizing<String>),
}

impl Filled<'_> {
    /// The text.
    pub(crate) fn as_str(&self) -> &str {
        match self {
            Filled::Plain(text) => text,
            Filled::Secret(text) => text,
        }
    }

    /// Whether a secret is in it.
    pub(crate) fn is_secret(&self) -> bool {
        matches!(self, Filled::Secret(_))
    }
}

/// A secret as it is.
pub(crate) fn as_it_is(secret: &str) -> Cow<'_, str> {
    Cow::Borrowed(secret)
}

/// A secret as a part of an URL: everything but letters, digits and `-._*` percent-encoded.
pub(crate) fn in_url_encoded(secret: &str) -> Cow<'_, str> {
    // A form writes a blank as `+`, which is a plus sign in a path.
    url::form_urlencoded::byte_serialize(secret.as_bytes())
        .map(|part| if part == "+" { "%20" } else { part })
        .collect::<String>()
        .into()
}

impl<N: Into<String>, S: Into<String>> FromIterator<(N, S)> for Secrets {
    fn from_iter<I: IntoIterator<Item = (N, S)>>(secrets: I) -> Self {
        Self(
            secrets
                .into_iter()
                .map(|(name, secret)| (name.into(), SecretString::from(secret.into())))
                .collect(),
        )
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use rappel_core::provider::{secret_mark, secret_mark_in_url};

    fn secrets() -> Secrets {
        [("key", "a b&c"), ("token", "+é")].into_iter().collect()
    }

    fn filled(text: &str) -> Result<String, String> {
        let secrets = secrets();
        secrets
            .fill(text, as_it_is)
            .map(|text| text.as_str().to_string())
    }

    #[test]
    fn marks_are_filled_in() {
        assert_eq!(filled("plain"), Ok("plain".into()));
        assert_eq!(
            filled(&format!("Bearer {}!", secret_mark("key"))),
            Ok("Bearer a b&c!".into())
        );
        assert_eq!(
            filled(&format!("{}{}", secret_mark("key"), secret_mark("token"))),
            Ok("a b&c+é".into())
        );
        assert_eq!(
            filled(&format!("https://h/?t={}", secret_mark_in_url("token"))),
            Ok("https://h/?t=%2B%C3%A9".into())
        );
        assert_eq!(in_url_encoded("a b&c"), "a%20b%26c");
    }

    #[test]
    fn unknown_and_torn_marks_are_errors() {
        assert_eq!(filled(&secret_mark("other")), Err("other".into()));
        for torn in ["\u{1}", "\u{1}secret", "a\u{1}b\u{1}c", "\u{1}secret:key"] {
            assert!(filled(torn).is_err(), "{torn:?}");
        }
    }

    #[test]
    fn debug_shows_names() {
        assert_eq!(format!("{:?}", secrets()), r#"{"key", "token"}"#);
    }
}
