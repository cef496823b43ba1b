//! A family of the French example clinic: reminded of in one message, answered one by one.

#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::sync::Arc;

use rappel_core::event::Event;
use rappel_core::store::{Filter, Message, Store};
use rappel_core::{ChannelKind, Kind};
use rappel_host::engine::Generation;
use rappel_host::folder::read_folder;
use rappel_host::simulate::Simulator;

/// The clinic on the evening after the family's reminders went.
async fn evening() -> Simulator {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/lumiere");
    let rules = Arc::new(Generation::compile(&read_folder(&example).unwrap()).unwrap());
    let agenda = std::fs::read_to_string(example.join("agenda.jsonl")).unwrap();
    let evening = "2026-06-06T20:00:00Z".parse().unwrap();
    let events: Vec<Event> = agenda
        .lines()
        .map(|line| Event::from_value(&serde_json::from_str(line).unwrap()).unwrap())
        .filter(|event| event.time.unwrap() < evening)
        .collect();
    let mut clinic = Simulator::new(rules, events[0].time.unwrap())
        .await
        .unwrap();
    for event in &events {
        clinic.run_until(event.time.unwrap()).await.unwrap();
        clinic.tell(event).await.unwrap();
    }
    clinic.run_until(evening).await.unwrap();
    clinic
}

/// The reminders of the family by a channel, in the order of their visits.
async fn reminders(clinic: &Simulator, channel: ChannelKind) -> Vec<Message> {
    let filter = Filter {
        kind: Some(Kind::REMINDER),
        channel: Some(channel),
        patient: Some("p-13".into()),
        ..Filter::default()
    };
    let mut found = clinic.store().messages(&filter).await.unwrap();
    found.sort_by_key(|message| message.visit_start);
    found
}

/// Where the family's three appointments stand after a reply.
async fn answered(reply: &str) -> (String, [String; 3]) {
    let clinic = evening().await;
    let record = clinic.reply("+33639981113", reply).await.unwrap();
    let facility = "lumiere".into();
    let mut statuses = Vec::new();
    for appointment in ["a-113", "a-114", "a-115"] {
        let records = clinic.store().records(&facility, &appointment.into()).await;
        let visit = records.unwrap().unwrap().to_visit().unwrap().0;
        statuses.push(format!("{:?}", visit.appointment.unwrap().status));
    }
    (record.reading, statuses.try_into().unwrap())
}

#[tokio::test]
async fn one_message_tells_of_all_and_brings_the_links_of_each() {
    let clinic = evening().await;
    for channel in [ChannelKind::Sms, ChannelKind::Email] {
        let sent = reminders(&clinic, channel).await;
        let [one, ..] = sent.as_slice() else {
            panic!("there is no reminder by {channel}");
        };
        assert!(
            sent.iter()
                .all(|message| message.text == one.text && message.sent_at == one.sent_at)
        );
        let text = one.text.clone().unwrap();
        // Links are made with a key that everybody knows, from ids that differ each time.
        let masked: Vec<String> = text
            .lines()
            .map(|line| match line.rsplit_once("/") {
                Some((page, token)) if token.trim_end_matches(')').len() == 26 => {
                    format!("{page}/…")
                }
                _ => line.to_string(),
            })
            .collect();
        insta::assert_snapshot!(format!("family by {channel}"), masked.join("\n"));
    }
}

#[tokio::test]
async fn all_are_answered_by_one_word_and_each_by_its_number() {
    let of =
        |reading: &str, statuses: [&str; 3]| (reading.to_string(), statuses.map(str::to_string));
    assert_eq!(answered("OUI").await, of("yes", ["Confirmed"; 3]));
    assert_eq!(
        answered("oui 1 et 3, non 2").await,
        of("each", ["Confirmed", "Cancelled", "Confirmed"])
    );
    assert_eq!(
        answered("non 2 merci").await,
        of("no", ["Booked", "Cancelled", "Booked"])
    );
    assert_eq!(answered("oui 4").await, of("unclear", ["Booked"; 3]));
}
