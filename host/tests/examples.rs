//! The clinics of `examples/`: they compile without a warning, their agendas and visits can be read,
//! and nobody in them is real.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use rappel_core::contact::FICTION;
use rappel_core::facts::{Record, Records};
use rappel_core::{EmailAddress, Event, Phone};
use rappel_host::engine::Generation;
use rappel_host::folder::read_folder;
use serde_json::{Map, Value};

fn clinic(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../examples")
        .join(name)
}

fn compile(name: &str) -> Generation {
    let folder = read_folder(&clinic(name)).unwrap();
    let rules = Generation::compile(&folder).unwrap_or_else(|found| {
        let reports: String = found.iter().map(|slip| slip.report(100, false)).collect();
        panic!("{name}:\n{reports}");
    });
    let warnings = rules.warnings();
    let warnings: String = warnings
        .iter()
        .map(|slip| slip.report(100, false))
        .collect();
    assert_eq!(warnings, "", "{name}");
    rules
}

fn events(name: &str) -> Vec<Event> {
    fs::read_to_string(clinic(name).join("agenda.jsonl"))
        .unwrap()
        .lines()
        .map(|line| Event::from_json(line).unwrap())
        .collect()
}

/// The records of a clinic's agenda and visits, as they are told.
fn records(name: &str) -> Vec<(Record, Map<String, Value>)> {
    let mut told: Vec<Records> = events(name)
        .into_iter()
        .map(|event| event.records)
        .collect();
    for entry in fs::read_dir(clinic(name).join("visits")).unwrap() {
        let text = fs::read_to_string(entry.unwrap().path()).unwrap();
        let data: Map<String, Value> = serde_json::from_str(&text).unwrap();
        let visit = Records::from_data(&data).unwrap();
        let (typed, unread) = visit.to_visit().unwrap();
        assert_eq!(unread, [""; 0], "{name}");
        assert!(typed.location.is_some(), "{name}: a visit is whole");
        told.push(visit);
    }
    told.iter()
        .flat_map(|records| {
            records
                .iter()
                .map(|(record, object)| (record, object.clone()))
        })
        .collect()
}

#[test]
fn they_compile_without_a_warning() {
    compile("lumiere");
    compile("harbour");
}

#[test]
fn their_agendas_are_in_order_and_whole() {
    for name in ["lumiere", "harbour"] {
        let events = events(name);
        let times: Vec<_> = events.iter().map(|event| event.time.unwrap()).collect();
        assert!(times.is_sorted(), "{name}");
        let ids: BTreeSet<_> = events.iter().map(|event| &event.id).collect();
        assert_eq!(ids.len(), events.len(), "{name}");
        for event in &events {
            if event
                .records
                .get(Record::Appointment)
                .is_some_and(|a| a.contains_key("start"))
            {
                let (_, unread) = event.records.to_visit().unwrap();
                assert_eq!(unread, [""; 0], "{name}: {}", event.id);
            }
        }
    }
}

#[test]
fn nobody_in_them_is_real() {
    for (name, country) in [("lumiere", "FR"), ("harbour", "GB")] {
        let mut numbers = 0;
        for (_, record) in records(name) {
            for key in ["mobile", "phone"] {
                let Some(number) = record.get(key).and_then(Value::as_str) else {
                    continue;
                };
                // One patient's number is a slip, to show what becomes of it.
                let Ok(phone) = Phone::parse(number, country) else {
                    assert_eq!(number, "06 39 98");
                    continue;
                };
                let reserved = FICTION.iter().any(|range| {
                    [range.mobile, range.fixed]
                        .iter()
                        .any(|start| phone.e164().starts_with(start))
                });
                assert!(reserved, "{name}: {number}");
                numbers += 1;
            }
            if let Some(address) = record.get("email").and_then(Value::as_str) {
                EmailAddress::parse(address).unwrap();
                let example = ["example.org", "example.com"]
                    .iter()
                    .any(|end| address.ends_with(end));
                assert!(example, "{name}: {address}");
            }
        }
        assert!(numbers > 5, "{name}");
    }
}
