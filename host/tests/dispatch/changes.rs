//! Changes that overtake a message between its judgement and its send.

use chrono::TimeDelta;
use rappel_core::message::State;
use rappel_core::store::{Change, NewMessage};
use rappel_host::clock::Clock;
use serde_json::json;

use crate::clock::HandClock;
use crate::house::{House, Setup, id, live, rules};

/// A clinic whose message 1 is under way and whose message 2 was judged and waits for its place.
async fn one_waits(
    second: impl FnOnce(NewMessage) -> NewMessage,
) -> (House, rappel_host::dispatch::Lanes) {
    let house = House::new(Setup {
        limits: "{ concurrency = 1 }",
        waiting: true,
        ..Setup::default()
    })
    .await;
    let earlier = house.clock.now() - TimeDelta::minutes(1);
    house
        .plan([
            NewMessage {
                due: earlier,
                ..house.reminder(1)
            },
            second(house.reminder(2)),
        ])
        .await;
    let lanes = house.start().await;
    house
        .until_gateway("the first", |gateway| gateway.flying() == 1)
        .await;
    house.quiet().await;
    (house, lanes)
}

#[tokio::test]
async fn a_visit_that_is_cancelled_meanwhile_is_not_reminded_of() {
    let (house, lanes) = one_waits(|message| message).await;
    let withdraw = Change::Withdraw {
        id: id(2),
        reason: "the appointment was cancelled".into(),
    };
    let data = json!({"appointment": {"status": "cancelled"}});
    house
        .tell(2, "appointment.cancelled", data, vec![withdraw])
        .await;
    house.gateway.open();
    house
        .until("the first", |all| {
            all.iter().any(|m| m.state == State::Sent)
        })
        .await;
    house.quiet().await;
    assert_eq!(house.gateway.numbers(), [1]);
    assert_eq!(house.state(2).await, State::Withdrawn);
    lanes.stop().await;
}

#[tokio::test]
async fn a_visit_that_is_moved_meanwhile_is_reminded_of_at_its_new_time() {
    let (house, lanes) = one_waits(|message| message).await;
    let later = house.clock.now() + TimeDelta::hours(1);
    let moved = Change::Move {
        id: id(2),
        due: later,
        due_civil: rappel_core::Civil(later.naive_utc()),
        expires: None,
        confirmation_requested: false,
        origin: house.reminder(2).origin,
    };
    house
        .tell(2, "appointment.modified", json!({}), vec![moved])
        .await;
    house.gateway.open();
    house.quiet().await;
    assert_eq!(house.gateway.numbers(), [1]);
    house.pass(3_600);
    house.until_all(State::Sent).await;
    assert_eq!(house.gateway.ledger()[1].at, later);
    lanes.stop().await;
}

#[tokio::test]
async fn facts_that_change_meanwhile_are_looked_at_again() {
    let (house, lanes) = one_waits(|message| message).await;
    let data = json!({"patient": {"mobile": "+33639980077", "first_name": "Zoé"}});
    house
        .tell(2, "appointment.modified", data, Vec::new())
        .await;
    house.gateway.open();
    house.until_all(State::Sent).await;
    let ledger = house.gateway.ledger();
    assert_eq!(ledger.len(), 2);
    assert_eq!(ledger[1].to, "+33639980077");
    assert_eq!(ledger[1].text, "A demain Zoé.");
    lanes.stop().await;
}

#[tokio::test]
async fn a_patient_who_refuses_meanwhile_gets_nothing_more() {
    let (house, lanes) = one_waits(|message| message).await;
    let data = json!({"patient": {"consent": false}});
    house.tell(2, "patient.updated", data, Vec::new()).await;
    house.gateway.open();
    house
        .until("the judgement", |all| {
            all.iter().any(|m| m.state == State::Skipped)
        })
        .await;
    assert_eq!(house.gateway.numbers(), [1]);
    lanes.stop().await;
}

#[tokio::test]
async fn what_expires_while_it_waits_for_a_place_is_not_sent() {
    let soon = HandClock::new().now() + TimeDelta::seconds(10);
    let (house, lanes) = one_waits(|message| NewMessage {
        expires: Some(soon),
        ..message
    })
    .await;
    house.pass(10);
    house.gateway.open();
    house
        .until("its end", |all| {
            all.iter().any(|m| m.state == State::Expired)
        })
        .await;
    assert_eq!(house.gateway.numbers(), [1]);
    lanes.stop().await;
}

#[tokio::test]
async fn what_waits_long_for_a_place_is_judged_again_by_the_rules_as_they_are() {
    let (house, lanes) = one_waits(|message| message).await;
    let strict = rules(
        "f",
        "{ concurrency = 1 }",
        Some(
            r#"
            //! Nothing goes today.
            fn check(message, visit, settings) { skip("not today") }
            "#,
        ),
    );
    house
        .clinic
        .swap(live(strict.clone(), &house.gateway, &house.mail));
    house.pass(60);
    house.gateway.open();
    house
        .until("the judgement", |all| {
            all.iter().any(|m| m.state == State::Skipped)
        })
        .await;
    assert_eq!(house.gateway.numbers(), [1]);
    let skipped = house.message(2).await;
    assert_eq!(skipped.generation.as_deref(), Some(strict.id()));
    assert_eq!(skipped.reason.as_deref(), Some("not today"));
    lanes.stop().await;
}

#[tokio::test]
async fn what_is_under_way_ends_on_the_rules_it_began_with() {
    let (house, lanes) = one_waits(|message| message).await;
    let began = house.clinic.live().rules.id().to_string();
    let other = rules("f", "{ concurrency = 2 }", None);
    assert_ne!(other.id(), began);
    house.clinic.swap(live(other, &house.gateway, &house.mail));
    house.gateway.open();
    house.until_all(State::Sent).await;
    let first = house.message(1).await;
    assert_eq!(first.generation.as_deref(), Some(&*began));
    lanes.stop().await;
}
