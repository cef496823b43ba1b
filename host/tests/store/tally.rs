//! Counting messages.

use std::sync::Arc;

use rappel_core::channel::ChannelKind;
use rappel_core::ids::PatientId;
use rappel_core::message::State;
use rappel_core::store::{Filter, Handover, NewMessage, OpeningToken, ReplyRecord, Transition};
use rappel_core::tally::{By, Tallies};

use crate::bench::*;

/// Each group and its sums, as texts.
async fn counted(bench: &Bench, filter: &Filter, by: &[By]) -> Vec<String> {
    let tallies = bench.store.tally(filter, by).await.unwrap();
    // What is counted message by message is the same.
    let mut all = Tallies::new(by);
    let listed = Filter {
        limit: Some(u32::MAX),
        ..filter.clone()
    };
    let messages = bench.list(listed).await;
    messages.iter().for_each(|message| all.add(message));
    assert_eq!(tallies, all.into_tallies());
    let texts = tallies.iter().map(|tally| {
        let group = tally.group.iter().map(|(_, part)| part.to_string());
        let texts: Vec<String> = group.chain(tally.sums.texts()).collect();
        texts.join(" ")
    });
    texts.collect()
}

/// Four messages of one clinic and one of another: two went, one of them was opened, the other answered.
async fn town(bench: &Bench) {
    let email = NewMessage {
        channel: ChannelKind::Email,
        ..reminder_at(3, "2 09:00")
    };
    let created = NewMessage {
        kind: kind("created"),
        ..reminder_at(4, "2 09:20")
    };
    bench.plan([reminder(1), reminder(2), email, created]).await;
    bench.of("g").plan([reminder(5)]).await;
    for (number, cost) in [(1, "0.1"), (2, "0.2")] {
        let claim = bench.take(number).await;
        let begun = begin(&claim);
        let handover = Handover {
            segments: 2,
            credits: cost.parse().unwrap(),
            opening: Some(OpeningToken(format!("secret-{number}"))),
            ..begun.handover.as_deref().unwrap().clone()
        };
        let begun = Transition {
            handover: Some(Arc::new(handover)),
            ..begun
        };
        assert!(bench.step(begun).await);
        assert!(bench.step(step(&claim, State::Sending, State::Sent)).await);
    }
    let opened = [(OpeningToken("secret-1".into()), at("10:00"))];
    bench.store.note_opened(&opened).await.unwrap();
    let reply = ReplyRecord {
        id: "gw/7".into(),
        at: at("10:00"),
        channel: ChannelKind::Sms,
        message: Some(id(2)),
        text: None,
        reading: "yes".into(),
        outcome: "the appointment a-2 is confirmed".into(),
    };
    bench
        .store
        .note_reply(&bench.facility, &reply)
        .await
        .unwrap();
}

pub(crate) async fn messages_are_counted_by_whatever_is_asked_in_its_order(bench: Bench) {
    town(&bench).await;
    let all = Filter::default();
    assert_eq!(
        counted(&bench, &all, &[By::State, By::Kind]).await,
        [
            "planned created 1 0 0 0 0",
            "planned reminder 2 0 0 0 0",
            // 0.1 and 0.2 are 0.3 to the last digit.
            "sent reminder 2 4 0.3 1 1",
        ]
    );
    assert_eq!(
        counted(&bench, &all, &[By::Day, By::Clinic]).await,
        [
            "2026-06-01 f 2 4 0.3 1 1",
            "2026-06-01 g 1 0 0 0 0",
            "2026-06-02 f 2 0 0 0 0",
        ]
    );
    assert_eq!(
        counted(&bench, &all, &[By::Channel, By::Channel]).await,
        ["sms 4 4 0.3 1 1", "email 1 0 0 0 0"]
    );
    assert_eq!(
        counted(
            &bench,
            &all,
            &[By::Clinic, By::Day, By::Kind, By::Channel, By::State]
        )
        .await
        .len(),
        4
    );
}

pub(crate) async fn only_what_a_filter_leaves_is_counted(bench: Bench) {
    town(&bench).await;
    let all = Filter::default;
    let by = [By::Kind];
    for (filter, expected) in [
        (
            Filter {
                facility: Some("f".into()),
                ..all()
            },
            &["created 1 0 0 0 0", "reminder 3 4 0.3 1 1"][..],
        ),
        (
            Filter {
                state: Some(State::Sent),
                // It means nothing here.
                limit: Some(1),
                ..all()
            },
            &["reminder 2 4 0.3 1 1"],
        ),
        (
            Filter {
                patient: Some(PatientId::new("p-2")),
                ..all()
            },
            &["reminder 1 2 0.2 0 1"],
        ),
        (
            Filter {
                from: Some(at("2 00:00")),
                until: Some(at("2 09:10")),
                ..all()
            },
            &["reminder 1 0 0 0 0"],
        ),
        (
            Filter {
                id: Some("%".into()),
                ..all()
            },
            &[],
        ),
    ] {
        assert_eq!(counted(&bench, &filter, &by).await, expected);
    }
}

pub(crate) async fn messages_are_read_on_page_by_page(bench: Bench) {
    // Many are due at the same moment.
    bench
        .plan((0..50).map(|number| reminder_at(number, &format!("09:{:02}", number % 5))))
        .await;
    let facility = Some(bench.facility.clone());
    let whole = Filter {
        facility,
        limit: Some(u32::MAX),
        ..Filter::default()
    };
    let mut page = Filter {
        limit: Some(7),
        ..whole.clone()
    };
    let mut read = Vec::new();
    loop {
        let messages = bench.list(page.clone()).await;
        let Some(last) = messages.last() else { break };
        page.after = Some((last.due, last.id));
        read.extend(messages.iter().map(|message| message.id));
    }
    let all: Vec<_> = bench.list(whole).await.iter().map(|m| m.id).collect();
    assert_eq!(read, all);
    assert_eq!(read.len(), 50);
}
