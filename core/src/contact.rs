//! Where a message can go: telephone numbers and e-mail addresses.

use std::fmt;

use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumberFormat, PhoneNumberType, Region};

/// A valid telephone number. `Debug` hides it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Phone {
    e164: String,
    mobile: bool,
}

impl Phone {
    /// Reads a number as people write it: `06 12 34 56 78` with the clinic's country, or `+33 6 …`.
    ///
    /// # Errors
    /// A sentence for people when it isn't a valid number of its country, or holds anything but
    /// digits and the usual separators. The number itself is not repeated: it is a patient's.
    pub fn parse(text: &str, country: &str) -> Result<Self, String> {
        // The library reads letters as the keys of a telephone ("1-800-FLOWERS"); in an agenda a
        // letter is a slip, and the number it makes may be another person's.
        let usual = |c: char| c.is_ascii_digit() || " +-./()\u{a0}\u{202f}".contains(c);
        if !text.chars().all(usual) {
            return Err("the telephone number has characters that are no digits".into());
        }
        let region = country
            .parse::<Region>()
            .map_err(|_| format!("`{country}` is not a country code such as `FR`"))?;
        let number = PHONE_NUMBER_UTIL
            .parse(text, Some(region))
            .map_err(|_| "the telephone number can't be read".to_string())?;
        if !PHONE_NUMBER_UTIL.is_valid_number(&number) {
            return Err("the telephone number is not a valid one of its country".into());
        }
        let mobile = !matches!(
            PHONE_NUMBER_UTIL.get_number_type(&number),
            PhoneNumberType::FixedLine
        );
        Ok(Self {
            e164: PHONE_NUMBER_UTIL
                .format(&number, PhoneNumberFormat::E164)
                .into(),
            mobile,
        })
    }

    /// The number in E.164 form: `+33612345678`.
    pub fn e164(&self) -> &str {
        &self.e164
    }

    /// Whether the number can receive an SMS: anything that is not known to be a fixed line.
    pub fn can_receive_sms(&self) -> bool {
        self.mobile
    }
}

impl fmt::Debug for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Phone(hidden)")
    }
}

/// An e-mail address that can stand in an SMTP envelope. `Debug` hides it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct EmailAddress(String);

impl EmailAddress {
    /// Reads an address.
    ///
    /// # Errors
    /// A sentence for people when it has no user, no domain, or characters that can't be sent. The
    /// address itself is not repeated: it is a patient's.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let wrong = || "the e-mail address can't be read".to_string();
        let (user, domain) = text.rsplit_once('@').ok_or_else(wrong)?;
        // The SMTP channel checks the address again with its own library; this catches what an
        // agenda's free text field brings: two addresses, a name, a blank, a line break.
        let plain = |c: char| !c.is_whitespace() && !c.is_control() && !"<>()[],;:\\\"".contains(c);
        let label = |label: &str| {
            !label.is_empty()
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.len() <= 63
        };
        let good = !user.is_empty()
            && user.len() <= 64
            && text.len() <= 254
            && text.chars().all(plain)
            && !user.contains('@')
            && !user.starts_with('.')
            && !user.ends_with('.')
            && !user.contains("..")
            && domain.contains('.')
            && domain.split('.').all(label);
        if good {
            Ok(Self(text.to_string()))
        } else {
            Err(wrong())
        }
    }

    /// The address: `jeannette@example.org`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EmailAddress(hidden)")
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn numbers_as_people_write_them() {
        for text in [
            "06 12 34 56 78",
            "+33 6 12 34 56 78",
            "0033612345678",
            "06.12.34.56.78",
        ] {
            assert_eq!(
                Phone::parse(text, "FR").unwrap().e164(),
                "+33612345678",
                "{text}"
            );
        }
        assert_eq!(
            Phone::parse("07911 123456", "GB").unwrap().e164(),
            "+447911123456"
        );
    }

    #[test]
    fn a_letter_never_makes_another_persons_number() {
        for text in [
            "+3367a829916",
            "06 12 34 56",
            "0",
            "",
            "FLOWERS",
            "06 12 34 56 78 (Mme Dupont)",
        ] {
            assert!(Phone::parse(text, "FR").is_err(), "{text}");
        }
    }

    #[test]
    fn fixed_lines_get_no_sms() {
        assert!(Phone::parse("0612345678", "FR").unwrap().can_receive_sms());
        assert!(!Phone::parse("0142345678", "FR").unwrap().can_receive_sms());
        // North American numbers don't tell: they may be mobiles.
        assert!(
            Phone::parse("+1 650 253 0000", "FR")
                .unwrap()
                .can_receive_sms()
        );
    }

    #[test]
    fn addresses() {
        for text in [
            "jeannette@example.org",
            " j.dupont+rdv@mail.example.org ",
            "é@exemple.fr",
        ] {
            assert!(EmailAddress::parse(text).is_ok(), "{text}");
        }
        for text in [
            "",
            "jeannette",
            "a@b",
            "a b@example.org",
            "a@example.org, b@example.org",
            "Jeannette <j@example.org>",
            "a@example.org\r\nBcc: x@example.org",
            "a@@example.org",
            ".a@example.org",
            "a..b@example.org",
            "a@-example.org",
            "a@example..org",
        ] {
            assert!(EmailAddress::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn debug_hides() {
        let phone = Phone::parse("0612345678", "FR").unwrap();
        let address = EmailAddress::parse("jeannette@example.org").unwrap();
        assert_eq!(
            format!("{phone:?} {address:?}"),
            "Phone(hidden) EmailAddress(hidden)"
        );
    }
}
