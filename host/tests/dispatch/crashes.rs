//! The host stops at each point of a message's way and starts again.

use std::sync::Arc;

use chrono::TimeDelta;
use rappel_core::channel::ChannelKind;
use rappel_core::message::State;
use rappel_core::store::{Claimed, Handover, Lane, Step, Store, Transition};
use rappel_host::clock::Clock;
use serde_json::json;

use crate::house::{House, Setup, id};

/// Takes what is due by SMS, as a host does that stops afterwards.
async fn claim(house: &House) -> Vec<Claimed> {
    let now = house.clock.now();
    let lane = Lane {
        facility: house.facility.clone(),
        channel: ChannelKind::Sms,
    };
    let day = (now - TimeDelta::hours(9), now + TimeDelta::hours(15));
    house
        .store
        .claim(&lane, now, day, 1_000, now + TimeDelta::seconds(120))
        .await
        .unwrap()
}

/// Marks messages as handed over to the gateway `sms`, as a host does that stops afterwards.
async fn begin(house: &House, claims: &[Claimed], gateway: &str, address: &str) {
    let now = house.clock.now();
    let day = (now - TimeDelta::hours(9), now + TimeDelta::hours(15));
    let steps: Vec<_> = claims
        .iter()
        .map(|claim| Transition {
            facility: house.facility.clone(),
            id: claim.message.id,
            fence: claim.fence,
            from: claim.message.state,
            to: State::Sending,
            reason: None,
            origin: None,
            due: None,
            lease: Some(now + TimeDelta::seconds(120)),
            generation: Some("before".into()),
            handover: Some(Arc::new(Handover {
                gateway: gateway.into(),
                via: None,
                address: address.into(),
                subject: None,
                text: "A demain.".into(),
                encoding: None,
                segments: 1,
                credits: Default::default(),
                minute: None,
                limited: false,
                shared: None,
                channel: ChannelKind::Sms,
                links: Vec::new(),
                opening: None,
            })),
            gateway_id: None,
            forgive_attempt: false,
            fault: false,
            reminders_today: None,
            story: Vec::new(),
        })
        .collect();
    let made = house.store.commit(&steps, now, day).await.unwrap();
    assert!(made.made.iter().all(|made| *made));
}

async fn house(honours: bool) -> House {
    House::new(Setup {
        honours,
        ..Setup::default()
    })
    .await
}

#[tokio::test]
async fn after_the_claim_it_is_sent_once() {
    let house = house(false).await;
    house.remind([1, 2, 3]).await;
    assert_eq!(claim(&house).await.len(), 3);
    // The host starts again at once, long before the leases are over.
    let lanes = house.start().await;
    house.until_all(State::Sent).await;
    assert_eq!(house.gateway.count(), 3);
    lanes.stop().await;
}

#[tokio::test]
async fn after_the_judgement_it_is_sent_once_and_nobody_is_blamed() {
    let house = house(false).await;
    house.remind([1, 2, 3]).await;
    for _ in 0..10 {
        let claims = claim(&house).await;
        assert_eq!(claims.len(), 3);
        let held: Vec<_> = claims.iter().map(|c| (c.message.id, c.fence)).collect();
        house.store.judged(&house.facility, &held).await.unwrap();
        house.pass(121);
    }
    let lanes = house.start().await;
    house.until_all(State::Sent).await;
    assert_eq!(house.gateway.count(), 3);
    lanes.stop().await;
}

#[tokio::test]
async fn after_the_mark_it_is_sent_under_the_same_reference() {
    let house = house(true).await;
    house.remind([1]).await;
    let claims = claim(&house).await;
    begin(&house, &claims, "sms", "+33639980001").await;
    let lanes = house.start().await;
    house.until_all(State::Sent).await;
    assert_eq!(house.gateway.numbers(), [1]);
    assert_eq!(house.message(1).await.attempts, 2);
    let recovered = house
        .story(1)
        .await
        .into_iter()
        .any(|step| matches!(step, Step::Recovered { .. }));
    assert!(recovered);
    lanes.stop().await;
}

#[tokio::test]
async fn after_the_mark_it_is_unknown_where_a_reference_is_not_honoured() {
    let house = house(false).await;
    house.remind([1]).await;
    let claims = claim(&house).await;
    begin(&house, &claims, "sms", "+33639980001").await;
    let lanes = house.start().await;
    assert_eq!(house.state(1).await, State::Unknown);
    house.pass(86_400);
    house.quiet().await;
    assert_eq!(house.gateway.count(), 0);
    let reason = house.message(1).await.reason.unwrap();
    assert!(reason.contains("may have gone"), "{reason}");
    lanes.stop().await;
}

/// A message that was marked and is not sent again after a change in between.
async fn unknown_after(change: impl AsyncFnOnce(&House)) {
    let house = house(true).await;
    house.remind([1]).await;
    let claims = claim(&house).await;
    begin(&house, &claims, "sms", "+33639980001").await;
    change(&house).await;
    let lanes = house.start().await;
    house.until_all(State::Unknown).await;
    assert_eq!(house.gateway.count(), 0);
    lanes.stop().await;
}

#[tokio::test]
async fn a_visit_that_was_cancelled_meanwhile_is_not_reminded_of_again() {
    unknown_after(async |house| {
        let data = json!({"appointment": {"status": "cancelled"}});
        house
            .tell(1, "appointment.cancelled", data, Vec::new())
            .await;
    })
    .await;
}

#[tokio::test]
async fn another_number_is_another_person_to_the_gateway() {
    unknown_after(async |house| {
        let data = json!({"patient": {"mobile": "+33639980002"}});
        house.tell(1, "patient.updated", data, Vec::new()).await;
    })
    .await;
}

#[tokio::test]
async fn what_is_over_by_now_is_not_sent_again() {
    unknown_after(async |house| house.pass(40 * 86_400)).await;
}

#[tokio::test]
async fn another_gateway_knows_nothing_of_the_reference() {
    let house = house(true).await;
    house.remind([1, 2]).await;
    let claims = claim(&house).await;
    begin(&house, &claims[..1], "old", "+33639980001").await;
    begin(&house, &claims[1..], "mail", "+33639980001").await;
    let lanes = house.start().await;
    house.until_all(State::Unknown).await;
    assert_eq!((house.gateway.count(), house.mail.count()), (0, 0));
    lanes.stop().await;
}

#[tokio::test]
async fn a_message_at_whose_send_the_host_stops_every_time_is_given_up() {
    let house = House::new(Setup {
        limits: "{ attempts = 3 }",
        waiting: true,
        ..Setup::default()
    })
    .await;
    house.remind([1]).await;
    for attempt in 1..=3 {
        let lanes = house.start().await;
        house
            .until_gateway("the attempt", |gateway| gateway.count() == attempt)
            .await;
        // Dropped like a host that is killed. What was handed over twice keeps its lease.
        drop(lanes);
        house.pass(121);
    }
    let lanes = house.start().await;
    house.until_all(State::Unknown).await;
    assert_eq!(house.gateway.count(), 3);
    lanes.stop().await;
}

#[tokio::test]
async fn however_many_were_under_way_all_are_settled() {
    let sending = 1_200;
    let house = house(false).await;
    house.remind(0..sending).await;
    let mut claims = claim(&house).await;
    claims.extend(claim(&house).await);
    assert_eq!(claims.len(), sending as usize);
    begin(&house, &claims, "sms", "+33639980001").await;
    let lanes = house.start().await;
    assert_eq!(house.in_state(State::Unknown).await, sending as usize);
    lanes.stop().await;
}

#[tokio::test]
async fn a_worker_that_is_gone_is_noticed_when_its_lease_is_over() {
    let house = house(true).await;
    let lanes = house.start().await;
    house.remind([1]).await;
    house.until_all(State::Sent).await;
    // Another host of the same database stops over this one.
    lanes.stop().await;
    house.remind([2]).await;
    let claims = claim(&house).await;
    begin(&house, &claims, "sms", "+33639980001").await;
    let other = Arc::new(rappel_host::dispatch::Dispatcher::new(
        house.clinic.clone(),
        Arc::new(Later(house.store.clone())),
        house.clock.clone(),
        rappel_host::dispatch::Desk {
            links: rappel_host::engine::Links::preview(),
            public_url: None,
        },
    ));
    let lanes = other.start().await.unwrap();
    house.quiet().await;
    assert_eq!(
        house.state(2).await,
        State::Sending,
        "its lease is not over"
    );
    house.pass(121);
    house
        .until("its send", |_| house.gateway.numbers() == [1, 2])
        .await;
    house.until_all(State::Sent).await;
    lanes.stop().await;
    assert_eq!(house.message(2).await.id, id(2));
}

/// A store that others use too: nobody is its only host.
struct Later(Arc<dyn Store>);

crate::failing_store::delegate!(Later, |_store, _call| Ok(()), all = false);
