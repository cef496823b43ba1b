//! Values that the file doesn't have, made up so that they are the same in every run.
//!
//! A draw is the BLAKE3 hash of the draw's name, a NUL and the text it is made from, its first eight
//! bytes read as a little-endian number. It depends on nothing else: not on the row's place, the
//! other rows, the machine or the version of Rappel.

use rappel_core::contact::{FICTION, Fiction};

/// What can be made up.
#[derive(Clone, Copy, Debug)]
pub(super) enum Made {
    /// A mobile number reserved for fiction.
    Mobile(&'static Fiction),
    /// A fixed line reserved for fiction.
    Fixed(&'static Fiction),
    /// A mailbox at `example.org`, a domain that is reserved for examples (RFC 2606).
    Email,
}

impl Made {
    /// Its names in a map.
    pub(super) const NAMES: [&str; 3] = ["mobile", "fixed_line", "email"];

    /// Reads a name. `None` when it is unknown, or when no numbers of the country are reserved.
    pub(super) fn parse(name: &str, country: &str) -> Option<Self> {
        let fiction = || FICTION.iter().find(|range| range.country == country);
        match name {
            "mobile" => fiction().map(Self::Mobile),
            "fixed_line" => fiction().map(Self::Fixed),
            "email" => Some(Self::Email),
            _ => None,
        }
    }

    /// The countries of which numbers reserved for fiction are known.
    pub(super) fn countries() -> Vec<&'static str> {
        FICTION.iter().map(|range| range.country).collect()
    }

    /// The value that belongs to a text.
    pub(super) fn value(self, name: &str, by: &str) -> String {
        let number = |start: &str, digits: usize| {
            let count = 10_u64.pow(u32::try_from(digits).unwrap_or_default());
            format!("{start}{:0digits$}", draw(name, by) % count)
        };
        match self {
            Self::Mobile(range) => number(range.mobile, range.digits),
            Self::Fixed(range) => number(range.fixed, range.digits),
            Self::Email => format!("{:016x}@example.org", draw(name, by)),
        }
    }
}

/// The number that belongs to a draw's name and a text.
pub(super) fn draw(name: &str, by: &str) -> u64 {
    let mut hasher = blake3::Hasher::new();
    hasher
        .update(name.as_bytes())
        .update(&[0])
        .update(by.as_bytes());
    let hash = hasher.finalize();
    let first = hash.as_bytes().first_chunk().copied().unwrap_or_default();
    u64::from_le_bytes(first)
}

/// The place in a list of `count` that belongs to a draw's name and a text; `None` in an empty list.
pub(super) fn place(name: &str, by: &str, count: usize) -> Option<usize> {
    let count = u64::try_from(count).ok()?;
    let place = draw(name, by).checked_rem(count)?;
    usize::try_from(place).ok()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use rappel_core::{EmailAddress, Phone};

    use super::*;

    #[test]
    fn the_same_in_every_run_and_version() {
        let made = |name: &str, country: &str| {
            Made::parse(name, country)
                .unwrap()
                .value("patient.mobile", "17")
        };
        assert_eq!(
            [
                made("mobile", "FR"),
                made("fixed_line", "FR"),
                made("mobile", "GB"),
                made("email", "IT")
            ],
            [
                "+33639981545",
                "+33199001545",
                "+447700900545",
                "b194de83f78ee789@example.org"
            ]
        );
    }

    #[test]
    fn what_is_made_up_can_be_written_to_and_reaches_nobody() {
        for country in ["FR", "GB"] {
            for by in 0..100 {
                let made = |name: &str| {
                    let made = Made::parse(name, country).unwrap();
                    made.value("patient.mobile", &by.to_string())
                };
                let mobile = Phone::parse(&made("mobile"), "DE").unwrap();
                let reserved = FICTION
                    .iter()
                    .any(|range| mobile.e164().starts_with(range.mobile));
                assert!(mobile.can_receive_sms() && reserved);
                assert!(
                    !Phone::parse(&made("fixed_line"), "DE")
                        .unwrap()
                        .can_receive_sms()
                );
                assert!(EmailAddress::parse(&made("email")).is_ok());
            }
        }
        assert!(Made::parse("mobile", "IT").is_none());
        assert!(Made::parse("fax", "FR").is_none());
    }

    #[test]
    fn draws_spread_and_do_not_depend_on_each_other() {
        let mut counts = [[0_u32; 4]; 4];
        for by in 0..16_000 {
            let by = by.to_string();
            counts[place("a", &by, 4).unwrap()][place("b", &by, 4).unwrap()] += 1;
        }
        // 1,000 are expected in each; five standard deviations are 155.
        let fair = |count: &u32| (845..=1_155).contains(count);
        assert!(counts.iter().flatten().all(fair), "{counts:?}");
        assert_eq!(place("a", "17", 0), None);
    }
}
