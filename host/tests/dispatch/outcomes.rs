//! What each answer of a gateway leads to.

use chrono::TimeDelta;
use rappel_core::channel::ChannelKind;
use rappel_core::message::State;
use rappel_core::store::{Change, NewMessage, Step};
use rappel_host::clock::Clock;
use serde_json::json;

use crate::gateway::*;
use crate::house::{House, Setup, id};

async fn house() -> House {
    House::new(Setup::default()).await
}

#[tokio::test]
async fn what_is_taken_is_sent_and_its_story_is_whole() {
    let house = house().await;
    house.gateway.answer([rappel_core::Outcome::Accepted {
        gateway_id: Some("gw-7".into()),
    }]);
    house.remind([1]).await;
    let lanes = house.start().await;
    house.until_all(State::Sent).await;
    lanes.stop().await;
    let message = house.message(1).await;
    assert_eq!(message.gateway_id.as_deref(), Some("gw-7"));
    assert_eq!(message.gateway.as_deref(), Some("sms"));
    assert_eq!(message.address.as_deref(), Some("+33639980001"));
    assert_eq!(message.text.as_deref(), Some("A demain P1."));
    assert_eq!((message.attempts, message.segments), (1, 1));
    assert_eq!(message.sent_at, Some(house.clock.now()));
    let live = house.clinic.live();
    assert_eq!(message.generation.as_deref(), Some(live.rules.id()));
    let story = house.story(1).await;
    let names: Vec<_> = story
        .iter()
        .map(|step| match step {
            Step::Planned { .. } => "planned",
            Step::Judged { .. } => "judged",
            Step::Handed { .. } => "handed",
            Step::Answered { .. } => "answered",
            _ => "other",
        })
        .collect();
    assert_eq!(names, ["planned", "judged", "handed", "answered"]);
}

#[tokio::test]
async fn what_a_gateway_will_never_take_ends_at_once() {
    let house = house().await;
    house.gateway.answer([refused()]);
    house.remind([1]).await;
    let lanes = house.start().await;
    house.until_all(State::Failed).await;
    house.pass(86_400);
    house.quiet().await;
    assert_eq!(house.gateway.count(), 1);
    let reason = house.message(1).await.reason;
    assert_eq!(reason.as_deref(), Some("no such number"));
    lanes.stop().await;
}

#[tokio::test]
async fn a_passing_failure_is_tried_again_after_a_while() {
    let house = house().await;
    house.gateway.answer([busy(), busy()]);
    house.remind([1]).await;
    let lanes = house.start().await;
    for (attempt, longest) in [(1, 30), (2, 60)] {
        house
            .until("the attempt", |messages| {
                messages[0].attempts == attempt && messages[0].state == State::Planned
            })
            .await;
        let message = house.message(1).await;
        assert_eq!(message.reason.as_deref(), Some("overloaded"));
        let wait = message.due - house.clock.now();
        assert!(
            wait >= TimeDelta::seconds(1) && wait <= TimeDelta::seconds(longest),
            "{wait}"
        );
        // Not a moment before.
        house.pass_millis(wait.num_milliseconds() - 1);
        house.quiet().await;
        assert_eq!(house.gateway.count(), attempt as usize);
        house.pass_millis(1);
    }
    house.until_all(State::Sent).await;
    let message = house.message(1).await;
    assert_eq!((message.attempts, message.reason), (3, None));
    lanes.stop().await;
}

#[tokio::test]
async fn attempts_come_to_an_end() {
    let house = House::new(Setup {
        limits: "{ attempts = 3 }",
        ..Setup::default()
    })
    .await;
    house.gateway.always(Some(busy()));
    house.remind([1]).await;
    let lanes = house.start().await;
    for attempt in 1..=3 {
        house
            .until("the attempt", |messages| messages[0].attempts == attempt)
            .await;
        house.quiet().await;
        house.pass(3_600);
    }
    house.until_all(State::Failed).await;
    house.pass(86_400);
    house.quiet().await;
    assert_eq!(house.gateway.count(), 3);
    assert_eq!(
        house.message(1).await.reason.as_deref(),
        Some("given up after 3 attempts: overloaded")
    );
    lanes.stop().await;
}

#[tokio::test]
async fn no_attempt_comes_after_the_visit() {
    let house = house().await;
    house.gateway.always(Some(busy()));
    let soon = house.clock.now() + TimeDelta::minutes(5);
    house
        .plan([NewMessage {
            expires: Some(soon),
            ..house.reminder(1)
        }])
        .await;
    let lanes = house.start().await;
    for _ in 0..8 {
        house.quiet().await;
        house.pass(60);
    }
    house.until_all(State::Expired).await;
    let last = house.gateway.ledger().pop().unwrap();
    assert!(last.at < soon, "an attempt at {}", last.at);
    let reason = house.message(1).await.reason.unwrap();
    assert!(
        reason.contains("too late") || reason.contains("its time ended"),
        "{reason}"
    );
    lanes.stop().await;
}

#[tokio::test]
async fn a_gateway_that_asks_to_wait_is_left_alone_and_it_costs_no_attempt() {
    let house = House::new(Setup {
        limits: "{ concurrency = 1, attempts = 1 }",
        ..Setup::default()
    })
    .await;
    house.gateway.answer([wait(120)]);
    house.remind([1, 2, 3]).await;
    let lanes = house.start().await;
    house
        .until_gateway("the first", |gateway| gateway.count() == 1)
        .await;
    house
        .until("its return", |all| {
            all.iter().all(|message| message.state == State::Planned)
        })
        .await;
    let first = house.gateway.numbers()[0];
    assert_eq!(house.message(first).await.attempts, 0);
    house.pass(119);
    house.quiet().await;
    assert_eq!(house.gateway.count(), 1, "the others wait too");
    house.pass(1);
    house.until_all(State::Sent).await;
    assert_eq!(house.gateway.count(), 4);
    for message in house.messages().await {
        assert_eq!(message.attempts, 1);
    }
    lanes.stop().await;
}

#[tokio::test]
async fn a_gateway_that_asks_for_an_eternity_gets_an_hour_and_a_day() {
    let house = House::new(Setup {
        limits: "{ concurrency = 1 }",
        ..Setup::default()
    })
    .await;
    house
        .gateway
        .answer([wait(u64::MAX), wait(i64::MAX as u64 / 1_000)]);
    house.remind([1]).await;
    let lanes = house.start().await;
    let asked = async |times: usize| {
        house
            .until("the wait", |messages| {
                house.gateway.count() == times && messages[0].state == State::Planned
            })
            .await;
        let wait = house.message(1).await.due - house.clock.now();
        assert_eq!(wait, TimeDelta::days(1));
    };
    asked(1).await;
    // The lane lives on, and after an hour it tries others.
    house.remind([2]).await;
    house.quiet().await;
    assert_eq!(house.gateway.count(), 1);
    house.pass(3_600);
    house
        .until("the other", |all| {
            all.iter().any(|m| {
                m.id == id(2)
                    && m.state != State::Sending
                    && m.attempts == 0
                    && house.gateway.count() == 2
            })
        })
        .await;
    house.pass(86_400);
    house.until_all(State::Sent).await;
    lanes.stop().await;
}

#[tokio::test]
async fn an_unreachable_gateway_is_left_alone_and_nothing_is_lost() {
    let house = House::new(Setup {
        limits: "{ concurrency = 4 }",
        ..Setup::default()
    })
    .await;
    house.remind(1..=8).await;
    let lanes = house.start().await;
    house.until_all(State::Sent).await;
    // It goes down while the lane runs at full speed.
    house.gateway.always(Some(unreachable()));
    house.remind(11..=60).await;
    house
        .until_gateway("a try", |gateway| gateway.count() > 8)
        .await;
    house.quiet().await;
    assert!(
        house.gateway.count() <= 8 + 4,
        "{} tries, and it has four places",
        house.gateway.count() - 8
    );
    assert_eq!(house.in_state(State::Sending).await, 0);
    let attempts: u32 = house.messages().await.iter().map(|m| m.attempts).sum();
    assert_eq!(attempts as usize, house.gateway.count());
    house.gateway.always(None);
    for _ in 0..20 {
        house.pass(5);
        house.quiet().await;
        if house.in_state(State::Sent).await == 58 {
            break;
        }
    }
    house.until_all(State::Sent).await;
    assert!(house.gateway.accepted_once());
    lanes.stop().await;
}

#[tokio::test]
async fn no_answer_is_asked_about_under_the_same_reference_where_that_is_honoured() {
    let house = house().await;
    house.gateway.answer([unanswered()]);
    house.remind([1]).await;
    let lanes = house.start().await;
    house
        .until("the wait", |messages| {
            messages[0].reason.as_deref() == Some("the connection broke")
        })
        .await;
    let message = house.message(1).await;
    assert_eq!((message.state, message.attempts), (State::Sending, 1));
    house.pass(300);
    house.until_all(State::Sent).await;
    assert_eq!(house.gateway.numbers(), [1, 1]);
    assert_eq!(house.message(1).await.attempts, 2);
    let story = house.story(1).await;
    let again = story
        .iter()
        .any(|step| matches!(step, Step::Recovered { .. }));
    assert!(again, "{story:?}");
    lanes.stop().await;
}

#[tokio::test]
async fn no_answer_is_unknown_where_a_reference_is_not_honoured() {
    let house = House::new(Setup {
        honours: false,
        ..Setup::default()
    })
    .await;
    house.gateway.answer([unanswered()]);
    house.remind([1]).await;
    let lanes = house.start().await;
    house.until_all(State::Unknown).await;
    house.pass(86_400);
    house.quiet().await;
    assert_eq!(house.gateway.count(), 1);
    assert_eq!(
        house.message(1).await.reason.as_deref(),
        Some("the connection broke; it may have gone, so it is not sent again")
    );
    lanes.stop().await;
}

#[tokio::test]
async fn what_may_have_gone_never_waits_as_if_nothing_had() {
    let house = house().await;
    house
        .gateway
        .answer([unanswered(), busy(), unreachable(), wait(60)]);
    house.remind([1]).await;
    let lanes = house.start().await;
    for tries in 1..=4 {
        house
            .until_gateway("the try", |gateway| gateway.count() == tries)
            .await;
        house.quiet().await;
        assert_eq!(
            house.state(1).await,
            State::Sending,
            "after try {tries}: the first may have been taken"
        );
        // Not even a cancellation calls it back.
        let withdraw = Change::Withdraw {
            id: id(1),
            reason: "test".into(),
        };
        house
            .tell(1, "appointment.modified", json!({}), vec![withdraw])
            .await;
        house.pass(600);
    }
    house.until_all(State::Sent).await;
    assert_eq!(house.gateway.count(), 5);
    lanes.stop().await;
}

#[tokio::test]
async fn no_answer_again_and_again_is_unknown() {
    let house = House::new(Setup {
        limits: "{ attempts = 3 }",
        ..Setup::default()
    })
    .await;
    house.gateway.always(Some(unanswered()));
    house.remind([1]).await;
    let lanes = house.start().await;
    for tries in 1..=3 {
        house
            .until_gateway("the try", |gateway| gateway.count() == tries)
            .await;
        house.quiet().await;
        house.pass(3_600);
    }
    house.until_all(State::Unknown).await;
    house.pass(86_400);
    house.quiet().await;
    assert_eq!(house.gateway.count(), 3);
    assert_eq!(house.message(1).await.attempts, 3);
    lanes.stop().await;
}

#[tokio::test]
async fn what_had_no_answer_and_may_no_longer_go_is_unknown() {
    let house = house().await;
    house.gateway.answer([unanswered()]);
    house.remind([1]).await;
    let lanes = house.start().await;
    house
        .until("the wait", |messages| messages[0].reason.is_some())
        .await;
    let cancelled = json!({"appointment": {"status": "cancelled"}});
    house
        .tell(1, "appointment.cancelled", cancelled, Vec::new())
        .await;
    house.pass(600);
    house.until_all(State::Unknown).await;
    assert_eq!(
        house.gateway.count(),
        1,
        "a cancelled visit is not reminded of"
    );
    lanes.stop().await;
}

#[tokio::test]
async fn a_channel_that_panics_stops_no_other_message() {
    let house = House::new(Setup {
        limits: "{ concurrency = 1 }",
        honours: false,
        ..Setup::default()
    })
    .await;
    house.gateway.panic_once();
    house.remind(1..=5).await;
    let lanes = house.start().await;
    house
        .until("the others", |messages| {
            messages.iter().filter(|m| m.state == State::Sent).count() == 4
        })
        .await;
    assert_eq!(house.in_state(State::Sending).await, 1);
    house.pass(300);
    house
        .until("its end", |messages| {
            messages.iter().any(|m| m.state == State::Unknown)
        })
        .await;
    assert_eq!(house.gateway.count(), 5);
    lanes.stop().await;
}

#[tokio::test]
async fn each_channel_has_its_own_lane() {
    let house = house().await;
    let on = |number, channel| NewMessage {
        channel,
        ..house.reminder(number)
    };
    let messages = [
        on(1, ChannelKind::Sms),
        on(2, ChannelKind::Email),
        on(3, ChannelKind::Voice),
    ];
    house.plan(messages).await;
    let lanes = house.start().await;
    house.until_all(State::Sent).await;
    assert_eq!((house.gateway.count(), house.mail.count()), (2, 1));
    assert_eq!(house.mail.ledger()[0].to, "p@example.org");
    lanes.stop().await;
}
