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
