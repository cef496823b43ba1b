//! A clock that is set forward or back: nothing goes early, nothing is blamed on a send that is under way.

use chrono::TimeDelta;
use rappel_core::message::State;
use rappel_core::store::NewMessage;
use rappel_host::clock::Clock;

use crate::house::{House, Setup};

/// A clinic whose message 1 is under way, and whose message 2 is due in an hour.
async fn house() -> (House, rappel_host::dispatch::Lanes) {
    let house = House::new(Setup {
        honours: false,
        waiting: true,
        // Nothing goes in the afternoon.
        policy: Some(
            "//! Mornings.\nfn check(message, visit, settings) {\n    if message.now.hour >= 12 { return skip(\"it is afternoon\"); }\n    allow()\n}\n",
        ),
        ..Setup::default()
    })
    .await;
    let later = house.clock.now() + TimeDelta::hours(1);
    let second = NewMessage {
        due: later,
        ..house.reminder(2)
    };
    house.plan([house.reminder(1), second]).await;
    let lanes = house.start().await;
    house
        .until_gateway("the first", |gateway| gateway.flying() == 1)
        .await;
    (house, lanes)
}

#[tokio::test]
async fn set_forward_by_mistake_and_back_again_nothing_goes_early() {
    let (house, lanes) = house().await;
    house.clock.jump(TimeDelta::hours(2));
    house.quiet().await;
    assert_eq!(house.gateway.count(), 1);
    assert_eq!(
        house.state(1).await,
        State::Sending,
        "its lease is not over"
    );
    assert_eq!(house.state(2).await, State::Planned);
    house.clock.jump(TimeDelta::hours(-2));
    house.gateway.open();
    house.clock.settle();
    house.quiet().await;
    assert_eq!(house.state(1).await, State::Sent);
    assert_eq!(house.state(2).await, State::Planned);
    house.pass(3_600);
    house.until_all(State::Sent).await;
    assert!(house.gateway.accepted_once());
    lanes.stop().await;
}

#[tokio::test]
async fn set_forward_for_good_the_policies_are_asked_with_the_new_time() {
    let (house, lanes) = house().await;
    house.clock.jump(TimeDelta::hours(4));
    house.gateway.open();
    house
        .until("the first", |all| {
            all.iter().any(|message| message.state == State::Sent)
        })
        .await;
    house.quiet().await;
    assert_eq!(house.state(2).await, State::Planned);
    house.clock.settle();
    house.dispatcher.wake();
    house
        .until("the judgement", |all| {
            all.iter().any(|message| message.state == State::Skipped)
        })
        .await;
    assert_eq!(house.gateway.count(), 1);
    lanes.stop().await;
}

#[tokio::test]
async fn what_was_judged_before_a_jump_is_judged_again() {
    let house = House::new(Setup {
        limits: "{ concurrency = 1 }",
        waiting: true,
        ..Setup::default()
    })
    .await;
    house.remind([1, 2, 3]).await;
    let lanes = house.start().await;
    house
        .until_gateway("the first", |gateway| gateway.flying() == 1)
        .await;
    house.quiet().await;
    house.clock.jump(TimeDelta::hours(-3));
    house.gateway.open();
    house.quiet().await;
    assert_eq!(house.gateway.count(), 1);
    house.clock.settle();
    house.quiet().await;
    assert_eq!(house.gateway.count(), 1, "they are not due any more");
    house.pass(3 * 3_600);
    house.until_all(State::Sent).await;
    assert!(house.gateway.accepted_once());
    lanes.stop().await;
}
