//! Whatever stands in a file, reading and asking it ends in an answer or a slip, never in a panic.

#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use proptest::prelude::*;
use rappel_core::channel::ChannelKind;
use rappel_core::diagnostic::Diagnostic;
use rappel_core::event::{EventFacts, EventKind};
use rappel_core::facts::{Records, Visit};
use rappel_core::kind::Kind;
use rappel_core::message::MessageFacts;
use rappel_core::settings::Settings;
use rappel_rules::PolicySet;

/// Words that policies are made of, so that what is put together at random is often nearly a policy.
const WORDS: &[&str] = &[
    "fn ",
    "plan",
    "check",
    "(event, visit, settings) ",
    "(message, visit, settings) ",
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    ";",
    ",",
    ".",
    "?.",
    " = ",
    " += ",
    " == ",
    " < ",
    " - ",
    " + ",
    " && ",
    "!",
    "|x| ",
    "let x",
    " x",
    " in ",
    "..",
    "if ",
    " else ",
    "for x in ",
    "while ",
    "loop ",
    "switch ",
    " => ",
    "return ",
    "throw ",
    "try ",
    "catch ",
    "break ",
    "visit",
    "message",
    "settings",
    "event",
    ".start",
    ".patient",
    ".own",
    ".hours",
    ".reminder",
    ".now",
    ".kind",
    ".map(",
    ".filter(",
    ".reduce(",
    ".push(",
    ".at(",
    ".cell(",
    ".fit(",
    "hours(",
    "allow()",
    "skip(",
    "hold(",
    "via(",
    "message(",
    "\"sms\"",
    "\"reminder\"",
    "`${",
    "`",
    "1",
    "48",
    "()",
    "true",
    "#{",
    ":",
    "/*",
    "*/",
    "//! ",
    "\n",
    "é",
    "\u{0}",
];

fn settings() -> Arc<Settings> {
    let text = "id = \"c\"\nname = \"C\"\nzone = \"Europe/Paris\"\ncountry = \"FR\"\n";
    Arc::new(Settings::read(text).unwrap().0)
}

/// Reads a policy with cases, and asks it when it can be asked. A policy that answers nonsense is
/// fine; one that brings down its host is not.
fn try_out(text: &str, cases: &str) {
    let settings = settings();
    let files = [("rules/own.rhai", text), ("rules/own.cases.toml", cases)];
    let found: Vec<Diagnostic> = match PolicySet::compile(files, &settings) {
        Ok(set) => {
            let now = "2026-06-01T14:30".parse().unwrap();
            let event = EventFacts {
                changes: vec!["start"],
                ..EventFacts::new(EventKind::AppointmentCreated, now)
            };
            let message = MessageFacts::due(Kind::REMINDER, ChannelKind::Sms, now);
            for visit in [visit(), Visit::default()] {
                let _ = set.plan(&event, &visit, &settings);
                let _ = set.check(&message, &visit, &settings);
            }
            set.warnings().to_vec()
        }
        Err(found) => found,
    };
    for found in found {
        assert!(!found.report(80, false).is_empty());
        assert!(!found.message.contains("the interpreter failed"), "{text}");
    }
}

fn visit() -> Visit {
    let data = serde_json::json!({"appointment": {"id": "a", "start": "2026-06-03T14:30"}});
    Records::from_data(data.as_object().unwrap())
        .unwrap()
        .to_visit()
        .unwrap()
        .0
}

fn words() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(WORDS), 0..60).prop_map(|words| words.concat())
}

/// A stock policy in which some words stand in for others.
fn nearly_stock() -> impl Strategy<Value = String> {
    const STOCK: &[&str] = &[
        include_str!("../stock/hours.rhai"),
        include_str!("../stock/notices.rhai"),
        include_str!("../stock/reminder.rhai"),
        include_str!("../stock/second_reminder.rhai"),
    ];
    let change = (
        any::<prop::sample::Index>(),
        0_usize..12,
        prop::sample::select(WORDS),
    );
    (
        prop::sample::select(STOCK),
        prop::collection::vec(change, 1..4),
    )
        .prop_map(|(text, changes)| {
            let mut text = text.to_string();
            for (place, length, word) in changes {
                let start = text.floor_char_boundary(place.index(text.len()));
                let end = text.floor_char_boundary((start + length).min(text.len()));
                text.replace_range(start..end, word);
            }
            text
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_text_is_read_or_refused(text in ".{0,200}", cases in ".{0,80}") {
        try_out(&text, &cases);
    }

    #[test]
    fn any_words_are_read_or_refused(text in words()) {
        try_out(&text, "");
    }

    #[test]
    fn any_body_is_read_or_refused(body in words()) {
        try_out(&format!("fn check(message, visit, settings) {{ {body} }}"), "");
        try_out(&format!("fn plan(event, visit, settings) {{ {body} }}"), "");
    }

    #[test]
    fn a_changed_policy_is_read_or_refused(text in nearly_stock()) {
        try_out(&text, include_str!("../stock/hours.cases.toml"));
    }
}
