//! `visit.patient`: who comes. A patient that nothing is known of reads as one that nothing was said of.

use super::{Facts, Property, Type, View, flag, maybe, number, opened, property, text, word};
use rappel_core::facts::Patient;
use rappel_core::language::Language;

const LANGUAGES: &[&str] = &{
    let mut codes = [""; Language::ALL.len()];
    let mut place = 0;
    while place < codes.len() {
        codes[place] = Language::ALL[place].code();
        place += 1;
    }
    codes
};

pub(super) const PATIENT: &[Property] = &[
    property(
        "id",
        Type::TEXT.or_absent(),
        "The patient, as the agenda calls them.",
        |f| text(patient(f).map(|p| p.id.as_str())),
    ),
    property("first_name", Type::TEXT.or_absent(), "First name.", |f| {
        text(patient(f).and_then(|p| p.first_name.as_deref()))
    }),
    property("last_name", Type::TEXT.or_absent(), "Last name.", |f| {
        text(patient(f).and_then(|p| p.last_name.as_deref()))
    }),
    property(
        "mobile",
        Type::TEXT.or_absent(),
        "Mobile number, as the agenda wrote it.",
        |f| text(patient(f).and_then(|p| p.mobile.as_deref())),
    ),
    property(
        "email",
        Type::TEXT.or_absent(),
        "E-mail address, as the agenda wrote it.",
        |f| text(patient(f).and_then(|p| p.email.as_deref())),
    ),
    property("address", Type::TEXT.or_absent(), "Postal address.", |f| {
        text(patient(f).and_then(|p| p.address.as_deref()))
    }),
    property(
        "language",
        Type::word(LANGUAGES).or_absent(),
        "The language they prefer.",
        |f| match patient(f).and_then(|p| p.language) {
            Some(language) => word(language.code()),
            None => text(None),
        },
    ),
    property(
        "visits",
        Type::NUMBER,
        "How many visits have come and gone, those missed included.",
        |f| number(patient(f).map_or(0, |p| p.visits)),
    ),
    property(
        "no_shows",
        Type::NUMBER,
        "How many of them they missed.",
        |f| number(patient(f).map_or(0, |p| p.no_shows)),
    ),
    property(
        "missed_percent",
        Type::NUMBER,
        "The share of visits missed in percent, rounded down; 0 without visits.",
        |f| number(patient(f).map_or(0, Patient::missed_percent)),
    ),
    property(
        "unreliable",
        Type::FLAG,
        "Whether they missed too many visits, as `[unreliable]` of `clinic.toml` says.",
        |f| flag(patient(f).is_some_and(|p| f.settings.unreliable.applies_to(p))),
    ),
    property(
        "consent",
        Type::FLAG.or_absent(),
        "Whether they agreed to automated messages; `()` when never asked.",
        |f| maybe(patient(f).and_then(|p| p.consent)),
    ),
    property(
        "channels",
        Type::view(View::Channels),
        "Which channels they want.",
        |f| opened(View::Channels, f),
    ),
];

pub(super) const CHANNELS: &[Property] = &[
    property(
        "sms",
        Type::FLAG.or_absent(),
        "Whether they want SMS.",
        |f| maybe(patient(f).and_then(|p| p.channels.sms)),
    ),
    property(
        "email",
        Type::FLAG.or_absent(),
        "Whether they want e-mails.",
        |f| maybe(patient(f).and_then(|p| p.channels.email)),
    ),
    property(
        "voice",
        Type::FLAG.or_absent(),
        "Whether they want calls.",
        |f| maybe(patient(f).and_then(|p| p.channels.voice)),
    ),
];

fn patient(facts: &Facts) -> Option<&Patient> {
    facts.visit.patient.as_deref()
}
