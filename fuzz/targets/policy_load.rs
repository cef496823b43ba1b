//! A policy, and its cases behind a NUL: it loads or every slip has its place; what loads answers a visit or has
//! a fault, within the sandbox's limits.
#![no_main]

use std::sync::{Arc, LazyLock};

use libfuzzer_sys::fuzz_target;
use rappel_core::event::{EventFacts, EventKind};
use rappel_core::facts::Records;
use rappel_core::{ChannelKind, Civil, Kind, MessageFacts, Settings, Visit};
use rappel_fuzz::{parts, told};
use rappel_rules::PolicySet;

static SETTINGS: LazyLock<Arc<Settings>> = LazyLock::new(|| {
    let text = include_str!("../../examples/lumiere/clinic.toml");
    Arc::new(Settings::read(text).expect("the example is right").0)
});

static VISIT: LazyLock<Visit> = LazyLock::new(|| {
    let text = include_str!("../../examples/lumiere/visits/prise-de-sang.json");
    let data: serde_json::Value = serde_json::from_str(text).expect("the example is JSON");
    let records =
        Records::from_data(data.as_object().expect("an object")).expect("the example is right");
    records.to_visit().expect("the example is right").0
});

fuzz_target!(|data: &[u8]| {
    let [policy, cases] = parts(data);
    let files = [
        ("rules/own.rhai", policy.as_str()),
        ("rules/own.cases.toml", cases.as_str()),
    ];
    // Without cases where there are none.
    let files = &files[..if cases.is_empty() { 1 } else { 2 }];
    let set = match PolicySet::compile(files.iter().copied(), &SETTINGS) {
        Ok(set) => set,
        Err(slips) => {
            assert!(!slips.is_empty());
            told(&slips);
            // The policy may be right where its cases aren't.
            match PolicySet::compile(files[..1].iter().copied(), &SETTINGS) {
                Ok(set) => set,
                Err(_) => return,
            }
        }
    };
    told(set.warnings());
    let now: Civil = "2026-06-02T10:00".parse().expect("a time");
    for kind in [
        EventKind::AppointmentCreated,
        EventKind::AppointmentCancelled,
    ] {
        let (_, faults) = set.plan(&EventFacts::new(kind, now), &VISIT, &SETTINGS);
        assert!(faults.iter().all(|fault| !fault.reason.is_empty()));
    }
    let message = MessageFacts::due(Kind::REMINDER, ChannelKind::Sms, now);
    let decision = set.check(&message, &VISIT, &SETTINGS);
    assert!(decision.answers.len() <= set.names().count());
});
