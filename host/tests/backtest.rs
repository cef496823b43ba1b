//! Backtests: what their book shows is what a simulation over the real store shows, and what two rule sets
//! differ in.

#![allow(clippy::unwrap_used, missing_docs)]

use std::path::Path;
use std::sync::Arc;

use rappel_core::event::Event;
use rappel_core::store::{Ingested, Message};
use rappel_host::backtest::{Backtest, BacktestError, Book, Difference, Figures, Listener, Report};
use rappel_host::engine::{Folder, Generation};
use rappel_host::folder::read_folder;
use rappel_host::simulate::{Window, simulate};
use rappel_tests::month;
use serde_json::{Value, json};

fn example(name: &str) -> Folder {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples");
    read_folder(&folder.join(name)).unwrap()
}

fn compiled(folder: &Folder) -> Arc<Generation> {
    Arc::new(Generation::compile(folder).unwrap_or_else(|found| panic!("{found:#?}")))
}

fn agenda(name: &str) -> Vec<Event> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../examples")
        .join(name);
    let text = std::fs::read_to_string(path.join("agenda.jsonl")).unwrap();
    text.lines()
        .map(|line| Event::from_json(line).unwrap())
        .collect()
}

/// A message as whoever compares sees it.
fn line(message: &Message) -> String {
    let subject = [
        message.appointment.as_ref().map(|id| id.as_str()),
        message.patient.as_ref().map(|id| id.as_str()),
        message.resource.as_deref(),
    ];
    let origin = message
        .origin
        .as_ref()
        .map(|origin| (&*origin.policy, origin.line));
    format!(
        "{subject:?} {:?} {} {} {} {} due {} {} via {:?} {:?} {origin:?} {} {} sent {:?}",
        message.day,
        message.kind,
        message.channel,
        message.recipient,
        message.ordinal,
        message.due,
        message.state,
        message.via,
        message.reason,
        message.segments,
        message.credits,
        message.sent_at,
    )
}

/// The messages of a simulation, and those of a book that is told the same events in the same order.
async fn both(rules: Arc<Generation>, mut events: Vec<Event>) -> (Vec<String>, Vec<String>) {
    events.sort_by_key(|event| event.time);
    let simulation = simulate(rules.clone(), events.clone(), Window::default(), &|_| {})
        .await
        .unwrap();
    let mut book = Book::new(rules.clone(), Figures::measured_by(rules.settings()));
    let mut closed = Vec::new();
    let mut outcomes = Vec::new();
    for event in &events {
        book.run_until(event.time.unwrap());
        outcomes.push(book.tell(event));
        closed.extend(book.take_closed());
    }
    let (figures, rest) = book.end();
    closed.extend(rest);
    let made = |outcomes: &[Ingested]| -> Vec<String> {
        let outcomes = outcomes.iter();
        outcomes
            .map(|outcome| match outcome {
                Ingested::Applied {
                    added,
                    moved,
                    withdrawn,
                    faults,
                    ..
                } => {
                    format!("{added} {moved} {withdrawn} {faults:?}")
                }
                outcome => format!("{outcome:?}"),
            })
            .collect()
    };
    assert_eq!(made(&outcomes), made(&simulation.events));
    assert_eq!(figures.messages(), simulation.messages.len() as u64);
    let faults = simulation.faults.keys().collect::<Vec<_>>();
    assert_eq!(figures.unjudged.keys().collect::<Vec<_>>(), faults);
    let mut shown: Vec<String> = simulation.messages.iter().map(line).collect();
    // What waits for an approval has its own words in the store.
    let mut kept: Vec<String> = closed
        .iter()
        .flat_map(|closed| &closed.messages)
        .map(line)
        .collect();
    shown.sort();
    kept.sort();
    (kept, shown)
}

#[tokio::test]
async fn a_book_shows_what_a_simulation_shows() {
    for name in ["lumiere", "harbour"] {
        let (kept, shown) = both(compiled(&example(name)), agenda(name)).await;
        assert!(shown.len() > 30, "{name}");
        assert_eq!(kept, shown, "{name}");
    }
}

#[tokio::test]
async fn so_it_does_of_a_month() {
    let events = month::events();
    let events = events
        .iter()
        .map(|event| Event::from_value(event).unwrap())
        .collect();
    let (kept, shown) = both(compiled(&example("lumiere")), events).await;
    assert!(shown.len() > 3_000, "{}", shown.len());
    let only = |these: &[String], those: &[String]| -> Vec<String> {
        let those: std::collections::HashSet<&String> = those.iter().collect();
        let only = these.iter().filter(|line| !those.contains(line));
        only.cloned().collect()
    };
    assert_eq!(only(&kept, &shown), only(&shown, &kept));
}

/// A clinic that reminds by SMS a day before, with these changes to its settings.
fn cabinet(changes: &[(&str, &str)]) -> Arc<Generation> {
    let mut settings = r#"
id = "cabinet"
name = "Cabinet"
zone = "Europe/Paris"
country = "FR"
[messages]
reminder = { sms = "on" }
second_reminder = { sms = "on" }
[reminder]
notice = "1 day"
second_sms = "none"
second_notice = "2 hours"
[hours]
allowed = "Mo-Su 08:00-20:00"
[channels.sms]
gateway = "sms"
credits = "1.5"
[gateways.sms]
type = "console"
"#
    .to_string();
    for (from, to) in changes {
        assert!(settings.contains(from), "{from}");
        settings = settings.replace(from, to);
    }
    let mut folder = Folder::default();
    folder.insert("clinic.toml", settings);
    for kind in ["reminder", "second_reminder"] {
        folder.insert(
            &format!("templates/{kind}.sms.trd"),
            "Le [TRD8] à [TRD9].\n",
        );
    }
    compiled(&folder)
}

fn event(id: &str, kind: &str, time: &str, data: Value) -> Event {
    Event::from_value(
        &json!({"specversion": "1.0", "id": id, "source": "agenda", "type": kind,
        "time": format!("{time}:00+02:00"), "data": data}),
    )
    .unwrap()
}

/// A visit of a patient, told on 1 June.
fn booked(appointment: &str, patient: &str, start: &str) -> Event {
    let data = json!({"appointment": {"id": appointment, "start": start},
        "patient": {"id": patient, "first_name": "Ana", "mobile": "+33639980001", "consent": true}});
    event(appointment, "appointment.created", "2026-06-01T09:00", data)
}

/// What is heard, as lines.
#[derive(Default)]
struct Heard {
    told: Vec<String>,
    differences: Vec<String>,
}

impl Listener for Heard {
    fn told(&mut self, lines: &[usize], outcomes: &[Ingested]) {
        for (line, outcome) in lines.iter().zip(outcomes) {
            let what = match outcome {
                Ingested::Applied { added, .. } => format!("{added} added"),
                Ingested::Repeated => "repeated".into(),
                Ingested::Rejected { path, .. } => format!("rejected: {path}"),
            };
            self.told.push(format!("{line}: {what}"));
        }
    }

    fn differs(&mut self, difference: &Difference<'_>) {
        let Difference {
            subject,
            this,
            other,
        } = difference;
        let side = |message: &Option<&Message>| {
            message.map(|m| format!("{} {} {}", m.kind, m.state, m.due))
        };
        self.differences
            .push(format!("{subject:?} {:?} {:?}", side(this), side(other)));
    }
}

fn played(
    this: Arc<Generation>,
    other: Option<Arc<Generation>>,
    events: Vec<Event>,
) -> Result<(Report, Heard), BacktestError> {
    let mut heard = Heard::default();
    let mut backtest = Backtest::new(this, other)?;
    for (line, event) in (1..).zip(events) {
        backtest.tell(line, event, &mut heard)?;
    }
    Ok((backtest.end(&mut heard)?, heard))
}

#[test]
fn what_other_rules_would_have_sent_is_told_by_message_patient_and_cost() {
    let (this, other) = (cabinet(&[]), cabinet(&[("\"none\"", "\"all\"")]));
    let events = vec![
        booked("a-2", "p-2", "2026-06-10T17:00"),
        booked("a-1", "p-1", "2026-06-10T14:30"),
    ];
    let (report, heard) = played(this, Some(other), events).unwrap();
    assert_eq!(heard.told, ["1: 1 added", "2: 1 added"]);
    assert_eq!(
        heard.differences,
        [
            r#"Appointment(AppointmentId("a-1")) None Some("second_reminder sent 2026-06-10 10:30:00 UTC")"#,
            r#"Appointment(AppointmentId("a-2")) None Some("second_reminder sent 2026-06-10 13:00:00 UTC")"#,
        ]
    );
    let compared = report.compared.unwrap();
    assert_eq!(compared.differing.only_other, 2);
    assert_eq!(
        (report.this.sent().messages, compared.other.sent().messages),
        (2, 4)
    );
    assert_eq!(compared.other.sent().credits.normalize().to_string(), "6");
    let patients = compared.patients.iter();
    let patients: Vec<_> = patients
        .map(|(id, this, other)| (id.as_str(), *this, *other))
        .collect();
    assert_eq!(patients, [("p-1", 1, 2), ("p-2", 1, 2)]);
    assert_eq!(compared.more_and_fewer(), (2, 0));
    assert_eq!(compared.patients_by_difference(), [(1, 2)].into());
}

#[test]
fn both_are_measured_by_the_hours_of_the_first() {
    let (this, other) = (cabinet(&[]), cabinet(&[("Mo-Su 08:00-20:00", "24/7")]));
    // At half past six in the morning, and six at the same minute.
    let mut events = vec![booked("early", "p-0", "2026-06-10T06:30")];
    for number in 1..=6 {
        events.push(booked(
            &format!("a-{number}"),
            &format!("p-{number}"),
            "2026-06-10T14:30",
        ));
    }
    let (report, heard) = played(this, Some(other), events).unwrap();
    let outside = |figures: &Figures| figures.outside_hours.values().sum::<u64>();
    let compared = report.compared.unwrap();
    assert_eq!((outside(&report.this), outside(&compared.other)), (0, 1));
    let bursts: Vec<_> = compared.other.bursts().collect();
    assert_eq!(bursts.len(), 1);
    assert_eq!(
        (bursts[0].1.messages, bursts[0].1.at.to_string().as_str()),
        (6, "2026-06-09 14:30")
    );
    // It waited until eight: another time is a difference.
    assert_eq!(compared.differing.changed, 1, "{:?}", heard.differences);
}

#[test]
fn the_same_history_gives_the_same_answer() {
    let mut other = example("lumiere");
    let text = other
        .get("clinic.toml")
        .unwrap()
        .replace("second_sms = \"unreliable\"", "second_sms = \"all\"");
    other.insert("clinic.toml", text);
    let play = || {
        let (report, heard) = played(
            compiled(&example("lumiere")),
            Some(compiled(&other)),
            agenda("lumiere"),
        )
        .unwrap();
        let compared = report.compared.unwrap();
        (
            report.this.groups,
            compared.other.groups,
            compared.patients,
            heard.told,
            heard.differences,
        )
    };
    let first = play();
    assert!(!first.4.is_empty());
    assert_eq!(first, play());
}

#[test]
fn one_rule_set_alone_is_compared_with_nothing() {
    let (report, heard) = played(cabinet(&[]), None, agenda("harbour")).unwrap();
    assert!(report.compared.is_none() && heard.differences.is_empty());
    assert_eq!(heard.told.len(), 18);
}

#[test]
fn an_appointment_is_let_go_a_month_after_its_visit_and_not_before() {
    let rules = cabinet(&[]);
    let mut book = Book::new(rules.clone(), Figures::measured_by(rules.settings()));
    // Whether an event is applied, and how much was let go by then.
    let mut tell = |event: Event| {
        book.run_until(event.time.unwrap());
        let told = book.tell(&event);
        let closed = book.take_closed().len();
        (matches!(told, Ingested::Applied { .. }), closed)
    };
    let outcome = |id: &str, kind: &str, time: &str| {
        event(id, kind, time, json!({"appointment": {"id": "a-1"}}))
    };
    assert_eq!(tell(booked("a-1", "p-1", "2026-06-10T14:30")), (true, 0));
    let missed = outcome("e-1", "appointment.missed", "2026-07-11T14:29");
    assert_eq!(tell(missed.clone()), (true, 0));
    assert_eq!(
        tell(outcome("e-2", "appointment.attended", "2026-07-11T14:31")),
        (false, 1)
    );
    // It is known again as an event, though what it was about is not.
    assert_eq!(tell(missed), (false, 0));
}

#[test]
fn what_was_sent_before_a_patient_was_erased_counts_and_nothing_is_sent_after() {
    let events = vec![
        booked("a-1", "p-1", "2026-06-10T14:30"),
        booked("a-2", "p-1", "2026-06-20T14:30"),
        event(
            "e-3",
            "patient.erased",
            "2026-06-15T09:00",
            json!({"patient": {"id": "p-1"}}),
        ),
        // The same number, under another id.
        booked("a-3", "p-9", "2026-06-25T14:30"),
    ];
    let mut events = events;
    events[3].time = Some("2026-06-16T09:00:00Z".parse().unwrap());
    let (report, heard) = played(cabinet(&[]), None, events).unwrap();
    assert_eq!(report.this.sent().messages, 1);
    assert_eq!(heard.told[3], "4: 0 added");
}
