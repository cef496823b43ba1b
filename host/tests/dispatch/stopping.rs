//! Stopping: what flies lands, the rest is let go.

use chrono::TimeDelta;
use rappel_core::channel::ChannelKind;
use rappel_core::message::State;
use rappel_core::store::Lane;
use rappel_host::clock::Clock;

use crate::house::{House, Setup};

#[tokio::test]
async fn what_is_under_way_comes_to_its_answer_and_the_rest_is_free() {
    let house = House::new(Setup {
        limits: "{ concurrency = 4 }",
        waiting: true,
        ..Setup::default()
    })
    .await;
    house.remind(0..60).await;
    let lanes = house.start().await;
    // At full speed first, so that some are marked ahead.
    house.gateway.let_through(30);
    house
        .until_gateway("some", |gateway| {
            gateway.count() >= 34 && gateway.flying() == 4
        })
        .await;
    let stopping = tokio::spawn(lanes.stop());
    house.quiet().await;
    assert!(!stopping.is_finished(), "four are under way");
    house.gateway.open();
    stopping.await.unwrap();
    assert_eq!(house.gateway.count(), 34, "nothing new is begun");
    assert_eq!(house.in_state(State::Sent).await, 34);
    assert_eq!(house.in_state(State::Planned).await, 26);
    for message in house.messages().await {
        let handed = u32::from(message.state == State::Sent);
        assert_eq!(message.attempts, handed);
    }
    // Another host may take them at once.
    let now = house.clock.now();
    let lane = Lane {
        facility: house.facility.clone(),
        channel: ChannelKind::Sms,
    };
    let day = (now - TimeDelta::hours(9), now + TimeDelta::hours(15));
    let lease = now + TimeDelta::minutes(2);
    let free = house.store.claim(&lane, now, day, 100, lease).await;
    assert_eq!(free.unwrap().len(), 26);
}

#[tokio::test]
async fn a_host_that_was_stopped_goes_on_where_it_was() {
    let house = House::new(Setup {
        honours: false,
        limits: "{ concurrency = 2 }",
        ..Setup::default()
    })
    .await;
    for round in 0..5 {
        house.remind(round * 20..round * 20 + 20).await;
        let lanes = house.start().await;
        house
            .until_gateway("some", |gateway| gateway.count() >= round as usize * 20 + 7)
            .await;
        lanes.stop().await;
        assert_eq!(house.in_state(State::Sending).await, 0);
    }
    let lanes = house.start().await;
    house.until_all(State::Sent).await;
    assert_eq!(house.gateway.count(), 100);
    assert!(house.gateway.accepted_once());
    lanes.stop().await;
}

#[tokio::test]
async fn an_idle_host_stops_at_once() {
    let house = House::new(Setup::default()).await;
    let lanes = house.start().await;
    house.quiet().await;
    lanes.stop().await;
}
