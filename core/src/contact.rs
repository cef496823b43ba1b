//! Where a message can go: telephone numbers and e-mail addresses.

use std::fmt;

use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumberFormat, PhoneNumberType, Region};

/// A country's numbers that are reserved for fiction: they look like the others and reach nobody, so
/// that examples, training and tests never write to a person.
#[derive(Debug)]
pub struct Fiction {
    /// The country, as two letters.
    pub country: &'static str,
    /// What its mobile numbers begin with, in E.164 form; `digits` more follow.
    pub mobile: &'static str,
    /// What its fixed lines begin with, in E.164 form; `digits` more follow.
    pub fixed: &'static str,
    /// How many digits follow.
    pub digits: usize,
}

/// The numbers reserved for fiction, by country.
pub const FICTION: &[Fiction] = &[
    // Arcep, decision 2018-0881 (the numbering plan), numbers for audiovisual works: 06 39 98, 01 99 00.
    Fiction {
        country: "FR",
        mobile: "+3363998",
        fixed: "+3319900",
        digits: 4,
    },
    // Ofcom, "Telephone numbers for use in TV and radio drama": 07700 900 and 020 7946 0.
    Fiction {
        country: "GB",
        mobile: "+447700900",
        fixed: "+442079460",
        digits: 3,
    },
];

/// Whether a number in E.164 form is a mobile one reserved for fiction.
fn is_fictional_mobile(e164: &str) -> bool {
    FICTION.iter().any(|range| {
        e164.strip_prefix(range.mobile)
            .is_some_and(|rest| rest.len() == range.digits)
    })
}

/// Whether `code` is a country's two letters of ISO 3166, as telephone numbers know it: `FR`.
pub fn is_country(code: &str) -> bool {
    code.len() == 2
        && code.bytes().all(|letter| letter.is_ascii_uppercase())
        && code.parse::<Region>().is_ok_and(|region| {
            PHONE_NUMBER_UTIL
                .get_country_code_for_region(region)
                .is_some()
        })
}

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
        let e164: String = PHONE_NUMBER_UTIL
            .format(&number, PhoneNumberFormat::E164)
            .into();
        // The library knows the numbers that are in use, and mobiles reserved for fiction are not.
        let fictional = is_fictional_mobile(&e164);
        if !fictional && !PHONE_NUMBER_UTIL.is_valid_number(&number) {
            return Err("the telephone number is not a valid one of its country".into());
        }
        let mobile = fictional
            || !matches!(
                PHONE_NUMBER_UTIL.get_number_type(&number),
                PhoneNumberType::FixedLine
            );
        Ok(Self { e164, mobile })
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
    fn numbers_for_fiction_are_taken_and_their_neighbours_are_not() {
        for range in FICTION {
            let number = |start: &str, digits: usize| {
                Phone::parse(&format!("{start}{:0>digits$}", 7), range.country)
            };
            let mobile = number(range.mobile, range.digits).unwrap();
            assert!(mobile.can_receive_sms(), "{}", range.mobile);
            let fixed = number(range.fixed, range.digits).unwrap();
            assert!(!fixed.can_receive_sms(), "{}", range.fixed);
            for digits in [range.digits - 1, range.digits + 1] {
                assert!(number(range.mobile, digits).is_err(), "{}", range.mobile);
            }
        }
        assert_eq!(
            Phone::parse("06 39 98 12 34", "FR").unwrap().e164(),
            "+33639981234"
        );
        assert!(Phone::parse("06 39 99 12 34", "FR").is_err());
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
