//! Texts of the settings that have a form of their own: the `format` of the schema, what it is called in a
//! sentence, and how it is read.

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::Rate;
use super::check::warning;
use super::near::{nearest, nearest_within};
use crate::civil::{Span, Zone};
use crate::contact;
use crate::kind::{Kind, STOCK_KINDS};

/// A form that a text can have to have.
pub(super) struct Form {
    /// The schema's `format`.
    pub(super) format: &'static str,
    /// What such a text is, for a sentence.
    pub(super) what: &'static str,
    /// One that fits any setting of the form.
    pub(super) example: &'static str,
    /// Reads a text.
    pub(super) check: fn(&str) -> Result<(), Wrong>,
}

/// Why a text isn't of its form, and what to write instead where the schema's example isn't enough.
pub(super) struct Wrong {
    pub(super) message: String,
    pub(super) help: Option<String>,
}

/// Every form.
const FORMS: &[Form] = &[
    Form {
        format: "zone",
        what: "a time zone",
        example: "Europe/Paris",
        check: zone,
    },
    Form {
        format: "country",
        what: "a country's code",
        example: "FR",
        check: country,
    },
    Form {
        format: "span",
        what: "a length of time",
        example: "48 hours",
        check: |text| {
            text.parse::<Span>()
                .map(drop)
                .map_err(|why| Wrong::split(&why))
        },
    },
    Form {
        format: "rate",
        what: "a rate",
        example: "10/s",
        check: |text| {
            text.parse::<Rate>()
                .map(drop)
                .map_err(|why| Wrong::split(&why))
        },
    },
    Form {
        format: "date",
        what: "a date",
        example: "2026-12-24",
        check: |text| {
            text.parse::<NaiveDate>().map(drop).map_err(|_| Wrong {
                message: format!("`{text}` is not a date of the calendar"),
                help: Some("write year, month and day: `\"2026-12-24\"`".into()),
            })
        },
    },
    Form {
        format: "decimal",
        what: "a number",
        example: "1.5",
        check: |text| {
            text.parse::<Decimal>().map(drop).map_err(|_| Wrong {
                message: format!("`{text}` is not a number"),
                help: Some("write it with a point: `\"1.5\"`".into()),
            })
        },
    },
    Form {
        format: "kind",
        what: "a kind of message",
        example: "cancelled",
        check: |text| {
            Kind::parse(text).map(drop).map_err(|sentence| {
                let mut wrong = Wrong::split(&sentence);
                let stock = STOCK_KINDS.iter().map(|stock| stock.name);
                if let Some(near) = nearest_within(text, stock, 2) {
                    wrong.help = Some(format!("did you mean `{near}`?"));
                }
                wrong
            })
        },
    },
    Form {
        format: "warning",
        what: "a warning's code",
        example: "W0852",
        check: |text| {
            warning(text).map_err(|(message, help)| Wrong {
                message,
                help: Some(help),
            })
        },
    },
];

impl Form {
    /// The form of a schema's `format`.
    pub(super) fn of(format: &str) -> Option<&'static Form> {
        FORMS.iter().find(|form| form.format == format)
    }
}

impl Wrong {
    /// From a sentence that may end with its remedy: `…; write it as …`.
    pub(super) fn split(sentence: &str) -> Self {
        for (mark, begin) in [
            ("; write ", "write "),
            (": use ", "use "),
            ("; leave ", "leave "),
        ] {
            if let Some((message, remedy)) = sentence.split_once(mark) {
                return Self {
                    message: message.into(),
                    help: Some(format!("{begin}{remedy}")),
                };
            }
        }
        Self {
            message: sentence.into(),
            help: None,
        }
    }
}

fn zone(text: &str) -> Result<(), Wrong> {
    if text.parse::<Zone>().is_ok() {
        return Ok(());
    }
    let names = || chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name());
    // Who writes `Paris` means the city, not the name that has the fewest other letters.
    let city = |name: &&str| {
        name.rsplit('/')
            .next()
            .is_some_and(|city| city.eq_ignore_ascii_case(text.trim()))
    };
    let near = names()
        .find(city)
        .or_else(|| nearest(text, names()).filter(|_| text.len() > 3));
    Err(Wrong {
        message: format!("there is no time zone `{text}`"),
        help: Some(near.map_or_else(
            || "write its region and city: `\"Europe/Paris\"`".into(),
            |near| format!("did you mean `\"{near}\"`?"),
        )),
    })
}

/// What people write for a country instead of its code.
const CALLED: &[(&str, &str)] = &[
    ("UK", "GB"),
    ("EN", "GB"),
    ("EL", "GR"),
    ("GREAT BRITAIN", "GB"),
    ("ENGLAND", "GB"),
    ("ALLEMAGNE", "DE"),
    ("BELGIQUE", "BE"),
    ("DEUTSCHLAND", "DE"),
    ("ESPAGNE", "ES"),
    ("ESPAÑA", "ES"),
    ("ITALIA", "IT"),
    ("ITALIE", "IT"),
    ("LËTZEBUERG", "LU"),
    ("ÖSTERREICH", "AT"),
    ("SCHWEIZ", "CH"),
    ("SUISSE", "CH"),
    ("USA", "US"),
];

fn country(text: &str) -> Result<(), Wrong> {
    if contact::is_country(text) {
        return Ok(());
    }
    let upper = text.trim().to_uppercase();
    let called = CALLED
        .iter()
        .find(|(name, _)| *name == upper)
        .map(|(_, code)| (*code).to_string())
        .or_else(|| contact::is_country(&upper).then_some(upper.clone()))
        .or_else(|| named(text));
    Err(Wrong {
        message: format!("`{text}` is not a country's code"),
        help: Some(called.map_or_else(
            || "write its two letters of ISO 3166, such as `\"FR\"`, `\"GB\"` or `\"CH\"`".into(),
            |code| format!("write `\"{code}\"`"),
        )),
    })
}

/// The code of a country from its English name.
fn named(text: &str) -> Option<String> {
    use opening_hours::localization::Country;
    let names: Vec<&str> = Country::ALL.iter().map(|country| country.name()).collect();
    let name = nearest_within(text, names.iter().copied(), 1)?;
    Country::ALL
        .iter()
        .find(|country| country.name() == name)
        .map(|country| country.iso_code().to_string())
}

/// How the schema describes an amount: a number, or a text where every digit counts.
pub(super) struct Amount;

impl schemars::JsonSchema for Amount {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Amount".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": ["string", "number"],
            "format": "decimal",
        })
    }
}
