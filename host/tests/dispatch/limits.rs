//! Rates, places, and who goes first.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::TimeDelta;
use rappel_core::channel::{ChannelKind, Outcome};
use rappel_core::kind::Kind;
use rappel_core::message::State;
use rappel_core::store::{Change, NewMessage, Step, Store};
use rappel_host::dispatch::Lanes;
use rappel_host::store::SqliteStore;
use serde_json::json;

use crate::clock::HandClock;
use crate::gateway::{Sent, accepted, unanswered, wait};
use crate::house::{House, Setup};

/// Sets the clock forward in small steps until everything is sent.
async fn run(house: &House, step_millis: i64) {
    for _ in 0..2_000 {
        if house.in_state(State::Sent).await == house.messages().await.len() {
            return;
        }
        house.pass_millis(step_millis);
        tokio::time::sleep(std::time::Duration::from_millis(3)).await;
    }
    house.until_all(State::Sent).await;
}

/// The most messages that came within any such span.
fn most_within(ledger: &[Sent], span: TimeDelta) -> usize {
    ledger
        .iter()
        .map(|first| {
            let within = |sent: &&Sent| sent.at >= first.at && sent.at < first.at + span;
            ledger.iter().filter(within).count()
        })
        .max()
        .unwrap_or(0)
}

#[tokio::test]
async fn a_rate_is_held_in_every_second() {
    let house = House::new(Setup {
        limits: r#"{ rate = "20/s", concurrency = 64 }"#,
        ..Setup::default()
    })
    .await;
    house.remind(0..60).await;
    let lanes = house.start().await;
    run(&house, 20).await;
    lanes.stop().await;
    let ledger = house.gateway.ledger();
    assert_eq!(ledger.len(), 60);
    assert!(most_within(&ledger, TimeDelta::seconds(1)) <= 21);
}

#[tokio::test]
async fn a_slow_rate_sends_everything_in_the_end_and_blames_nobody() {
    let house = House::new(Setup {
        limits: r#"{ rate = "6/min" }"#,
        ..Setup::default()
    })
    .await;
    house.remind(0..30).await;
    let lanes = house.start().await;
    // Thirty messages take five minutes, longer than any lease.
    run(&house, 2_500).await;
    lanes.stop().await;
    let ledger = house.gateway.ledger();
    assert_eq!(ledger.len(), 30, "each went once");
    assert!(most_within(&ledger, TimeDelta::minutes(1)) <= 7);
    for message in house.messages().await {
        assert_eq!(message.attempts, 1);
    }
}

#[tokio::test]
async fn channels_that_share_a_gateway_share_its_rate() {
    let house = House::new(Setup {
        limits: r#"{ rate = "10/s" }"#,
        ..Setup::default()
    })
    .await;
    house.remind(0..15).await;
    let calls = (100..115).map(|number| NewMessage {
        channel: ChannelKind::Voice,
        ..house.reminder(number)
    });
    house.plan(calls.collect::<Vec<_>>()).await;
    let lanes = house.start().await;
    run(&house, 50).await;
    lanes.stop().await;
    assert!(most_within(&house.gateway.ledger(), TimeDelta::seconds(1)) <= 11);
}

#[tokio::test]
async fn what_goes_another_way_keeps_to_that_gateways_rate() {
    let house = House::new(Setup {
        limits: r#"{ rate = "10/s" }"#,
        policy: Some(
            r#"
            //! E-mails go as SMS.
            fn check(message, visit, settings) {
                if message.channel == "email" { return via("sms", "they read no mail"); }
                allow()
            }
            "#,
        ),
        ..Setup::default()
    })
    .await;
    let mails = (0..30).map(|number| NewMessage {
        channel: ChannelKind::Email,
        ..house.reminder(number)
    });
    house.plan(mails.collect::<Vec<_>>()).await;
    let lanes = house.start().await;
    run(&house, 50).await;
    lanes.stop().await;
    assert_eq!((house.mail.count(), house.gateway.count()), (0, 30));
    assert!(most_within(&house.gateway.ledger(), TimeDelta::seconds(1)) <= 11);
    assert_eq!(house.message(1).await.via, Some(ChannelKind::Sms));
}

#[tokio::test]
async fn a_gateway_that_is_left_alone_stops_no_message_that_goes_another_way() {
    let house = House::new(Setup {
        policy: Some(
            r#"
            //! Some SMS go as e-mails.
            fn check(message, visit, settings) {
                if message.channel == "sms" && visit.patient.first_name == "P1" {
                    return via("email", "they want it so");
                }
                allow()
            }
            "#,
        ),
        ..Setup::default()
    })
    .await;
    house.mail.answer([crate::gateway::wait(600)]);
    house.remind([1]).await;
    let lanes = house.start().await;
    house.until("the wait", |_| house.mail.count() == 1).await;
    house.remind(2..=20).await;
    house
        .until("the others", |all| {
            all.iter().filter(|m| m.state == State::Sent).count() == 19
        })
        .await;
    // Another that is to go by mail waits with the first.
    let again = NewMessage {
        ordinal: 2,
        id: crate::house::id(21),
        ..house.reminder(1)
    };
    house
        .tell(
            1,
            "appointment.modified",
            json!({}),
            vec![Change::Add(Box::new(again))],
        )
        .await;
    house.quiet().await;
    assert_eq!(house.mail.count(), 1);
    house.pass(600);
    house.until_all(State::Sent).await;
    assert_eq!((house.mail.count(), house.gateway.count()), (3, 19));
    lanes.stop().await;
}

#[tokio::test]
async fn no_more_are_under_way_than_there_are_places() {
    let house = House::new(Setup {
        limits: "{ concurrency = 3 }",
        waiting: true,
        ..Setup::default()
    })
    .await;
    house.remind(0..40).await;
    let lanes = house.start().await;
    house
        .until_gateway("three", |gateway| gateway.flying() == 3)
        .await;
    house.quiet().await;
    assert_eq!(house.gateway.flying(), 3);
    house.gateway.let_through(3);
    house
        .until_gateway("three more", |gateway| gateway.count() == 6)
        .await;
    house.gateway.open();
    house.until_all(State::Sent).await;
    assert_eq!(house.gateway.most_flying(), 3);
    lanes.stop().await;
}

#[tokio::test]
async fn where_a_reference_is_not_honoured_nothing_is_marked_before_it_leaves() {
    let house = House::new(Setup {
        limits: "{ concurrency = 3 }",
        honours: false,
        waiting: true,
        ..Setup::default()
    })
    .await;
    house.remind(0..60).await;
    let lanes = house.start().await;
    for round in 1..=5 {
        house
            .until_gateway("a round", |gateway| gateway.count() == round * 3)
            .await;
        house.quiet().await;
        assert_eq!(
            house.in_state(State::Sending).await,
            3,
            "a crash now would make the others unknown for nothing"
        );
        house.gateway.let_through(3);
    }
    house.gateway.open();
    house.until_all(State::Sent).await;
    lanes.stop().await;
}

/// A clinic whose gateway has 16 under way, that it will answer with `last`, and for which more are marked as
/// sending than there are places.
async fn marked_ahead(last: Outcome) -> (House, Lanes) {
    let house = House::new(Setup {
        limits: "{ concurrency = 16 }",
        waiting: true,
        ..Setup::default()
    })
    .await;
    house.remind(0..300).await;
    let lanes = house.start().await;
    for round in 1..=3 {
        house
            .until_gateway("a round", |gateway| gateway.count() == round * 16)
            .await;
        house.quiet().await;
        if round == 2 {
            house.gateway.always(Some(last.clone()));
        }
        if round < 3 {
            house.gateway.let_through(16);
        }
    }
    assert!(house.in_state(State::Sending).await > 16);
    (house, lanes)
}

/// Why messages that were marked as sending were taken back.
async fn taken_back(house: &House) -> BTreeSet<String> {
    let mut reasons = BTreeSet::new();
    for message in house.messages().await {
        let story = house.story(message.id.0.as_u128()).await;
        reasons.extend(story.into_iter().filter_map(|step| match step {
            Step::Answered { reason, .. } => {
                reason.filter(|why| why.starts_with("not handed over"))
            }
            _ => None,
        }));
    }
    reasons
}

#[tokio::test]
async fn what_was_marked_does_not_leave_for_a_gateway_that_asked_to_wait() {
    let (house, lanes) = marked_ahead(wait(60)).await;
    house.gateway.let_through(1);
    house
        .until("one is back", |_| house.gateway.flying() == 15)
        .await;
    house
        .until("what was marked is taken back", |messages| {
            let sending = messages.iter().filter(|m| m.state == State::Sending);
            sending.count() == 15
        })
        .await;
    house.quiet().await;
    assert_eq!(house.gateway.count(), 48, "nothing took the free place");
    assert_eq!(house.in_state(State::Sending).await, 15);
    assert_eq!(
        taken_back(&house).await,
        ["not handed over: its gateway is left alone for now".to_string()].into()
    );
    house.gateway.open();
    lanes.stop().await;
}

#[tokio::test]
async fn what_waited_too_long_for_a_place_is_judged_anew() {
    let (house, lanes) = marked_ahead(accepted()).await;
    house.pass(31);
    house.gateway.open();
    house.until_all(State::Sent).await;
    assert!(house.gateway.accepted_once());
    assert_eq!(
        taken_back(&house).await,
        ["not handed over: it waited too long for a place".to_string()].into()
    );
    lanes.stop().await;
}

fn cancelled(house: &House, number: u128) -> NewMessage {
    NewMessage {
        kind: Kind::parse("cancelled").unwrap(),
        notice: true,
        ..house.reminder(number)
    }
}

#[tokio::test]
async fn a_cancellation_overtakes_hundreds_of_reminders() {
    let house = House::new(Setup {
        limits: "{ concurrency = 2 }",
        waiting: true,
        ..Setup::default()
    })
    .await;
    house.remind(0..300).await;
    let lanes = house.start().await;
    house
        .until_gateway("the first", |gateway| gateway.flying() == 2)
        .await;
    let change = vec![Change::Add(Box::new(cancelled(&house, 1_000)))];
    let data = json!({"appointment": {"status": "cancelled"}});
    house
        .tell(1_000, "appointment.cancelled", data, change)
        .await;
    house.quiet().await;
    for _ in 0..20 {
        let before = house.gateway.count();
        house.gateway.let_through(1);
        house
            .until_gateway("the next", |gateway| gateway.count() > before)
            .await;
    }
    let place = house
        .gateway
        .numbers()
        .iter()
        .position(|number| *number == 1_000);
    assert!(
        place.is_some_and(|place| place < 15),
        "it came as number {place:?}"
    );
    house.gateway.open();
    lanes.stop().await;
}

#[tokio::test]
async fn two_clinics_share_a_host_fairly() {
    let store: Arc<dyn Store> = Arc::new(SqliteStore::in_memory().await.unwrap());
    let clock = Arc::new(HandClock::new());
    let clinic = async |facility: &'static str| {
        House::new(Setup {
            facility,
            store: Some(store.clone()),
            clock: Some(clock.clone()),
            ..Setup::default()
        })
        .await
    };
    let (large, small) = (clinic("large").await, clinic("small").await);
    large.remind(0..400).await;
    small.remind(0..60).await;
    let large_lanes = large.start().await;
    let small_lanes = small.start().await;
    small.until_all(State::Sent).await;
    let left = 400 - large.in_state(State::Sent).await;
    assert!(
        left > 100,
        "the small one waited for the large: {left} left"
    );
    large.until_all(State::Sent).await;
    large_lanes.stop().await;
    small_lanes.stop().await;
}

#[tokio::test]
async fn what_is_asked_about_again_keeps_to_the_rate() {
    let house = House::new(Setup {
        limits: r#"{ rate = "10/s" }"#,
        ..Setup::default()
    })
    .await;
    house.gateway.answer((0..20).map(|_| unanswered()));
    house.remind(0..20).await;
    let lanes = house.start().await;
    while house.gateway.count() < 20 {
        house.pass_millis(100);
        tokio::time::sleep(std::time::Duration::from_millis(3)).await;
    }
    // All of their waits are over at once.
    house.pass(600);
    run(&house, 50).await;
    lanes.stop().await;
    let ledger = house.gateway.ledger();
    assert_eq!(ledger.len(), 40, "each came twice");
    assert!(most_within(&ledger, TimeDelta::seconds(1)) <= 11);
    assert!(house.gateway.accepted_once());
}
