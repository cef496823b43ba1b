//! Backtests of histories of 10,000, 100,000 and 1,000,000 appointments: appointments a second, and how both that
//! and the memory grow.
//!
//! A clinic has 1,000 appointments a day, of 20,000 patients. They book up to a fortnight ahead; some move or
//! cancel, and one in ten doesn't come. Its rules are those of the French example, without the recalls that wait
//! for a year, against the same with a second SMS for everybody. Both are judged, rendered and compared.
//!
//! `cargo bench -p rappel-host --bench backtest [-- APPOINTMENTS …]`

#![allow(clippy::print_stdout, reason = "a benchmark prints what it measures")]

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use rappel_core::event::Event;
use rappel_core::store::Ingested;
use rappel_host::backtest::{Backtest, Difference, Listener};
use rappel_host::engine::{Folder, Generation};
use rappel_host::folder::read_folder;
use serde_json::{Value, json};

const A_DAY: usize = 1_000;
const PATIENTS: usize = 20_000;
const AHEAD: usize = 14;

fn main() {
    let given = std::env::args().skip(1);
    let mut sizes: Vec<usize> = given.filter_map(|argument| argument.parse().ok()).collect();
    if sizes.is_empty() {
        sizes = vec![10_000, 100_000, 1_000_000];
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/lumiere");
    let folder = read_folder(&folder).expect("the example");
    let (this, other) = (rules(&folder, "unreliable"), rules(&folder, "all"));
    let mut first = None;
    println!(
        "{:>12} {:>12} {:>9} {:>14} {:>7} {:>12}",
        "appointments", "messages", "seconds", "appointments/s", "ratio", "peak memory"
    );
    // The smallest first: a process's peak only grows.
    for size in sizes {
        let begin = Instant::now();
        let messages = backtest(&this, &other, size);
        let seconds = begin.elapsed().as_secs_f64();
        let rate = size as f64 / seconds;
        let first = *first.get_or_insert(rate);
        println!(
            "{size:>12} {messages:>12} {seconds:>9.1} {rate:>14.0} {:>7.2} {:>9} MB",
            rate / first,
            peak_memory()
        );
    }
}

fn rules(folder: &Folder, second_sms: &str) -> Arc<Generation> {
    let text = folder.get("clinic.toml").expect("settings").to_string();
    let text = text
        .replace(
            "second_sms = \"unreliable\"",
            &format!("second_sms = \"{second_sms}\""),
        )
        .replace(
            "recall = { email = \"on\" }",
            "recall = { email = \"off\" }",
        );
    let mut folder = folder.clone();
    folder.insert("clinic.toml", text);
    Arc::new(Generation::compile(&folder).unwrap_or_else(|found| panic!("{found:#?}")))
}

struct Quiet;

impl Listener for Quiet {
    fn told(&mut self, _lines: &[usize], outcomes: &[Ingested]) {
        for outcome in outcomes {
            assert!(matches!(outcome, Ingested::Applied { .. }), "{outcome:?}");
        }
    }

    fn differs(&mut self, _difference: &Difference<'_>) {}
}

/// Plays so many appointments; tells how many messages there were on both sides.
fn backtest(this: &Arc<Generation>, other: &Arc<Generation>, appointments: usize) -> u64 {
    let mut backtest = Backtest::new(this.clone(), Some(other.clone())).expect("threads");
    let days = appointments / A_DAY;
    let mut line = 0;
    // Day by day, so that nobody holds them all.
    for day in 0..days + AHEAD + 2 {
        let mut events = of_day(day, days);
        events.sort_by_key(|(minute, _)| *minute);
        for (_, event) in events {
            line += 1;
            backtest.tell(line, event, &mut Quiet).expect("in order");
        }
    }
    let report = backtest.end(&mut Quiet).expect("an end");
    let other = report
        .compared
        .map_or(0, |compared| compared.other.messages());
    report.this.messages() + other
}

/// A number that looks drawn and is the same in every run.
fn draw(number: usize, of: usize, end: usize) -> usize {
    let mixed = (number as u64 * 31 + of as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    ((mixed >> 33) % end as u64) as usize
}

/// When an appointment is booked, and when the visit is: days, and minutes of the day.
fn times(number: usize) -> ((usize, usize), (usize, usize)) {
    let booked = number / A_DAY;
    let visit = booked + 1 + draw(number, 1, AHEAD);
    (
        (booked, 480 + draw(number, 2, 600)),
        (visit, 480 + 15 * draw(number, 3, 40)),
    )
}

/// What the agenda tells on a day.
fn of_day(day: usize, days: usize) -> Vec<(usize, Event)> {
    let mut events = Vec::new();
    // Whoever comes today booked within a fortnight.
    let first = day.saturating_sub(AHEAD + 2) * A_DAY;
    for number in first..(day + 1).min(days) * A_DAY {
        let ((booked, at), (visit, start)) = times(number);
        let refers = json!({"appointment": {"id": format!("a-{number}")}});
        let fate = draw(number, 4, 100);
        if booked == day {
            events.push((
                at,
                event(
                    number,
                    "appointment.created",
                    (day, at),
                    created(number, visit, start),
                ),
            ));
            if fate < 5 {
                events.push((
                    at + 30,
                    event(
                        number,
                        "appointment.cancelled",
                        (day, at + 30),
                        refers.clone(),
                    ),
                ));
            } else if fate < 15 {
                let moved = json!({"appointment": {"id": format!("a-{number}"), "start": civil(visit, start + 15)}});
                events.push((
                    at + 45,
                    event(number, "appointment.modified", (day, at + 45), moved),
                ));
            }
        }
        if visit == day && fate >= 5 {
            let kind = if fate >= 90 {
                "appointment.missed"
            } else {
                "appointment.attended"
            };
            events.push((start + 60, event(number, kind, (day, start + 60), refers)));
        }
    }
    events
}

fn civil(day: usize, minute: usize) -> String {
    let first = chrono::NaiveDate::from_ymd_opt(2026, 1, 5).expect("a date");
    let date = first + chrono::TimeDelta::days(day as i64);
    format!("{date}T{:02}:{:02}", minute / 60, minute % 60)
}

fn created(number: usize, visit: usize, start: usize) -> Value {
    let patient = draw(number, 5, PATIENTS);
    let resource = draw(number, 6, 40);
    json!({
        "appointment": {"id": format!("a-{number}"), "start": civil(visit, start), "end": civil(visit, start + 15), "online": number.is_multiple_of(2)},
        "patient": {"id": format!("p-{patient}"), "first_name": "Jeannette", "last_name": "Dupont",
            "mobile": format!("+3363998{:04}", patient % 10_000), "email": format!("p{patient}@example.org"),
            "consent": !patient.is_multiple_of(10), "language": "fr"},
        "resource": {"id": format!("r-{resource}"), "name": "Dr Camille Martin", "email": format!("r{resource}@example.org")},
        "service": {"id": "s-consultation", "name": "Consultation", "group": "Médecine générale", "duration": 15},
        "location": {"id": "l-bastille", "name": "Lumière Bastille", "city": "Paris", "address": "8 allée du Phare"},
    })
}

fn event(number: usize, kind: &str, (day, minute): (usize, usize), data: Value) -> Event {
    let event = json!({"specversion": "1.0", "id": format!("{number}:{kind}"), "source": "agenda", "type": kind,
        "time": format!("{}:00+01:00", civil(day, minute)), "data": data});
    Event::from_value(&event).expect("an event")
}

/// The most memory that the process had, in MB; 0 where the system doesn't tell.
fn peak_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = peak.and_then(|peak| {
        peak.trim()
            .trim_end_matches(" kB")
            .trim()
            .parse::<u64>()
            .ok()
    });
    kilobytes.unwrap_or(0) / 1_000
}
