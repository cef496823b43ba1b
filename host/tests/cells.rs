//! The matrix of `[messages]`, cell by cell: each kind on each channel goes when its cell is on and
//! nothing else is, not when it is off, and with "online" to those alone who booked on the internet.

#![allow(clippy::unwrap_used, missing_docs)]

use std::sync::Arc;

use rappel_core::event::Event;
use rappel_core::message::State;
use rappel_host::engine::{Folder, Generation};
use rappel_host::simulate::{Window, simulate};
use serde_json::{Value, json};

const CHANNELS: [&str; 3] = ["sms", "email", "voice"];

/// A clinic whose matrix has one cell.
fn rules(kind: &str, channel: &str, cell: &str) -> Arc<Generation> {
    let mut folder = Folder::default();
    let to_clinic = kind.starts_with("resource_");
    let second = match kind {
        "second_reminder" => "all",
        _ => "none",
    };
    folder.insert(
        "clinic.toml",
        format!(
            r#"
            id = "cells"
            name = "Cells"
            zone = "UTC"
            country = "FR"
            communication = true
            [messages]
            {kind} = {{ {channel} = "{cell}" }}
            [reminder]
            second_sms = "{second}"
            [recall]
            after = "6 months"
            [hours]
            allowed = "24/7"
            [consent]
            opt_in = {}
            [links]
            password = "https://portal.example/p/{{token}}"
            [channels]
            sms = {{ gateway = "all" }}
            email = {{ gateway = "all" }}
            voice = {{ gateway = "all" }}
            [gateways.all]
            type = "console"
            "#,
            !to_clinic
        ),
    );
    let extension = match channel {
        "email" => "Subject: News\n\nNews.\n",
        _ => "News.\n",
    };
    folder.insert(&format!("templates/{kind}.{channel}.trd"), extension);
    Arc::new(Generation::compile(&folder).unwrap_or_else(|found| panic!("{found:#?}")))
}

/// What happens to an appointment on 10 June at 14:30, each event with its day in June.
fn story(kind: &str) -> &'static [(&'static str, &'static str)] {
    const CREATED: (&str, &str) = ("appointment.created", "01T09:00");
    const ATTENDED: (&str, &str) = ("appointment.attended", "10T15:00");
    match kind {
        "modified" => &[CREATED, ("appointment.modified", "02T09:00")],
        "approved" => &[CREATED, ("appointment.approved", "02T09:00")],
        "confirmed" => &[CREATED, ("appointment.confirmed", "02T09:00")],
        "cancelled" | "resource_cancelled" => &[CREATED, ("appointment.cancelled", "02T09:00")],
        "delayed" => &[CREATED, ("resource.delayed", "10T14:00")],
        "unavailable" => &[CREATED, ("resource.unavailable", "09T09:00")],
        "thanks" | "survey" | "recall" => &[CREATED, ATTENDED],
        "password" => &[("patient.registered", "01T09:00")],
        "password_lost" => &[
            ("patient.registered", "01T09:00"),
            ("patient.password_lost", "02T09:00"),
        ],
        _ => &[CREATED],
    }
}

fn event(number: usize, kind: &str, time: &str, online: bool) -> Event {
    let appointment = json!({"id": "a-1", "start": "2026-06-10T14:30", "end": "2026-06-10T15:00",
        "online": online, "booked_at": "2026-06-01T09:00"});
    let patient = json!({"id": "p-1", "first_name": "Ana", "mobile": "+33639980001",
        "email": "ana@example.org", "consent": true});
    let resource = json!({"id": "r-1", "name": "Dr Roche", "mobile": "+33639980002",
        "email": "roche@example.org"});
    let data: Value = match kind {
        "appointment.modified" => {
            json!({"appointment": {"id": "a-1", "start": "2026-06-11T14:30", "end": "2026-06-11T15:00"}})
        }
        "appointment.created" => {
            json!({"appointment": appointment, "patient": patient, "resource": resource})
        }
        "resource.delayed" => json!({"resource": {"id": "r-1"}, "alert": {"delay": 40}}),
        "resource.unavailable" => json!({"resource": {"id": "r-1"},
            "alert": {"from": "2026-06-10T00:00", "until": "2026-06-11T00:00"}}),
        _ if kind.starts_with("patient.") => json!({"patient": patient}),
        _ => json!({"appointment": {"id": "a-1"}}),
    };
    Event::from_value(
        &json!({"specversion": "1.0", "id": format!("e-{number}"), "source": "agenda", "type": kind,
            "time": format!("2026-06-{time}:00Z"), "data": data}),
    )
    .unwrap()
}

/// Every message as `kind channel state`.
async fn messages(kind: &str, channel: &str, cell: &str, online: bool) -> Vec<String> {
    let events = story(kind).iter().enumerate();
    let events = events.map(|(number, (kind, time))| event(number, kind, time, online));
    let rules = rules(kind, channel, cell);
    let simulation = simulate(rules, events.collect(), Window::default(), &|_| {})
        .await
        .unwrap();
    assert!(simulation.faults.is_empty(), "{:?}", simulation.faults);
    let messages = simulation.messages.iter();
    let told = |state: State, reason: Option<&str>| match (state, reason) {
        (State::Sent, _) => "sent".to_string(),
        (state, reason) => format!("{state}: {}", reason.unwrap_or_default()),
    };
    messages
        .map(|message| {
            let told = told(message.state, message.reason.as_deref());
            format!("{} {} {told}", message.kind, message.channel)
        })
        .collect()
}

async fn cell(kind: &str, channel: &str) {
    let sent = [format!("{kind} {channel} sent")];
    assert_eq!(messages(kind, channel, "on", true).await, sent);
    assert_eq!(messages(kind, channel, "on", false).await, sent);
    let off = messages(kind, channel, "off", true).await;
    assert!(!off.iter().any(|told| told.ends_with(" sent")), "{off:?}");
    // Who booked is asked where there is an appointment that somebody booked.
    if !kind.starts_with("password") && !kind.starts_with("resource_") {
        assert_eq!(messages(kind, channel, "online", true).await, sent);
        let skipped = format!(
            "{kind} {channel} skipped: messages of the kind {kind} go by {channel} only to patients who booked online"
        );
        assert_eq!(messages(kind, channel, "online", false).await, [skipped]);
    }
}

macro_rules! cells {
    ($($kind:ident: $($channel:ident)+;)+) => {
        $(mod $kind {
            $(#[tokio::test]
            async fn $channel() {
                super::cell(stringify!($kind), stringify!($channel)).await;
            })+
        })+

        /// No kind that clinics switch is left out.
        #[test]
        fn every_kind_has_its_cells() {
            let mut tested = vec![$((stringify!($kind), vec![$(stringify!($channel)),+])),+];
            tested.sort();
            let kinds = rappel_core::kind::STOCK_KINDS.iter().map(|kind| kind.name);
            let mut kinds: Vec<(&str, Vec<&str>)> = kinds
                .map(|kind| match kind {
                    // The product's second reminder is an SMS.
                    "second_reminder" => (kind, vec!["sms"]),
                    kind => (kind, CHANNELS.to_vec()),
                })
                .filter(|(kind, _)| *kind != "administrator")
                .collect();
            kinds.sort();
            assert_eq!(tested, kinds);
        }
    };
}

cells! {
    created: sms email voice;
    modified: sms email voice;
    approved: sms email voice;
    confirmed: sms email voice;
    cancelled: sms email voice;
    reminder: sms email voice;
    second_reminder: sms;
    delayed: sms email voice;
    unavailable: sms email voice;
    thanks: sms email voice;
    survey: sms email voice;
    recall: sms email voice;
    password: sms email voice;
    password_lost: sms email voice;
    resource_created: sms email voice;
    resource_cancelled: sms email voice;
    resource_reminder: sms email voice;
    resource_day: sms email voice;
}
