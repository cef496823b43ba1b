//! A month of the French example clinic on the virtual clock.

#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::{BTreeMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use rappel_core::channel::ChannelKind;
use rappel_core::civil::Instant;
use rappel_core::event::Event;
use rappel_core::message::State;
use rappel_core::store::{Filter, Ingested, Message, Store};
use rappel_host::engine::Generation;
use rappel_host::folder::read_folder;
use rappel_host::serve::faults_of;
use rappel_host::simulate::Simulator;
use rappel_tests::month;

async fn messages(simulator: &Simulator, filter: Filter) -> Vec<Message> {
    let all = Filter {
        limit: Some(u32::MAX),
        ..filter
    };
    simulator.store().messages(&all).await.unwrap()
}

/// Who was asked whether they come, and has not answered that yet.
async fn asked(
    simulator: &Simulator,
    answered: &mut HashSet<String>,
) -> Vec<(String, &'static str)> {
    let lately = Filter {
        channel: Some(ChannelKind::Sms),
        state: Some(State::Sent),
        from: Some(simulator.now() - chrono::TimeDelta::minutes(1)),
        ..Filter::default()
    };
    let mut answers = Vec::new();
    for message in messages(simulator, lately).await {
        // A family gets one SMS.
        let carried = message
            .shared
            .is_some_and(|shared| shared.carrier != message.id);
        let asks = message.confirmation_requested && !carried;
        let Some(address) = message.address.filter(|_| asks) else {
            continue;
        };
        if let Some(text) = month::answer(&address)
            && answered.insert(message.id.to_string())
        {
            answers.push((address, text));
        }
    }
    answers
}

#[tokio::test]
async fn a_month_of_the_clinic_is_as_it_was() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/lumiere");
    let rules = Generation::compile(&read_folder(&folder).unwrap()).unwrap();
    let events: Vec<Event> = month::events()
        .iter()
        .map(|event| Event::from_value(event).unwrap())
        .collect();
    let first = events.first().and_then(|event| event.time).unwrap();
    let last = events.last().and_then(|event| event.time).unwrap() + chrono::TimeDelta::days(4);
    let mut simulator = Simulator::new(Arc::new(rules), first).await.unwrap();
    let mut answered = HashSet::new();
    let mut readings: BTreeMap<String, u32> = BTreeMap::new();
    let mut at = first;
    let mut events = events.iter().peekable();
    while at < last {
        let next = events.peek().and_then(|event| event.time).unwrap_or(last);
        run(&mut simulator, next, &mut answered, &mut readings).await;
        at = next;
        if let Some(event) = events.next() {
            let told = simulator.tell(event).await.unwrap();
            let told: Vec<Ingested> = told.into_iter().collect();
            assert!(faults_of(&told).is_empty(), "{told:?}");
        }
    }
    run(&mut simulator, last, &mut answered, &mut readings).await;
    assert!(simulator.faults().is_empty(), "{:?}", simulator.faults());
    let all = messages(&simulator, Filter::default()).await;
    let went = all.iter().filter(|message| message.state == State::Sent);
    // The end-to-end test of the month compares with this.
    insta::assert_snapshot!(
        "sent",
        month::sent(went.map(|message| month::Sent {
            appointment: message.appointment.as_ref().map(|id| id.as_str()),
            kind: message.kind.as_str(),
            channel: message.channel.name(),
            text: message.text.as_deref().unwrap_or_default(),
        }))
    );
    insta::assert_snapshot!("summary", summary(&all, &readings));
}

/// Lets the clock run, and patients answer.
async fn run(
    simulator: &mut Simulator,
    end: Instant,
    answered: &mut HashSet<String>,
    readings: &mut BTreeMap<String, u32>,
) {
    while simulator.run_next(end).await.unwrap() {
        for (from, text) in asked(simulator, answered).await {
            let record = simulator.reply(&from, text).await.unwrap();
            let read = format!("{text} read as {}", record.reading);
            *readings.entry(read).or_default() += 1;
        }
    }
    simulator.run_until(end).await.unwrap();
}

/// How many messages there are by kind, channel, state and reason, without the figures in the reasons.
fn summary(messages: &[Message], readings: &BTreeMap<String, u32>) -> String {
    let mut counts: BTreeMap<String, u32> = BTreeMap::new();
    for message in messages {
        let reason = message.reason.as_deref().unwrap_or_default();
        let reason: String = reason
            .chars()
            .map(|c| if c.is_ascii_digit() { '#' } else { c })
            .collect();
        let (kind, channel, state) = (&message.kind, message.channel, message.state);
        *counts
            .entry(format!("{kind:<19} {channel:<6} {state:<10} {reason}"))
            .or_default() += 1;
    }
    let lines = counts
        .iter()
        .map(|(what, count)| format!("{count:>5} {}\n", what.trim_end()));
    let answers = readings
        .iter()
        .map(|(what, count)| format!("{count:>5} answers {what}\n"));
    lines.chain(answers).collect()
}
