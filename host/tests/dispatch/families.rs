//! Families: reminders of appointments on one day that go to one address go as one message.

use rappel_core::channel::ChannelKind;
use rappel_core::message::State;
use rappel_core::provider::{Receipt, ReceiptOf, ReceiptStatus};
use rappel_core::store::{Change, NewMessage, Step};
use serde_json::{Value, json};

use crate::gateway::{busy, refused, unanswered};
use crate::house::{House, Setup, id};

const TOGETHER: &str = "[reminder]\ntogether = true\n";

async fn house(setup: Setup) -> House {
    House::new(Setup {
        more: TOGETHER,
        ..setup
    })
    .await
}

/// Plans a reminder of the visit `a-N`, due in so many minutes.
async fn remind_in(house: &House, number: u128, minutes: i64, more: Value) {
    let reminder = house.reminder(number);
    let due = reminder.due + chrono::TimeDelta::minutes(minutes);
    let reminder = NewMessage {
        due,
        due_civil: rappel_core::civil::Civil(due.naive_utc()),
        confirmation_requested: true,
        ..reminder
    };
    let change = vec![Change::Add(Box::new(reminder))];
    house
        .tell(number, "appointment.created", more, change)
        .await;
}

fn at(start: &str) -> Value {
    json!({"appointment": {"start": start}})
}

/// A mother at 9:00, whose reminder is due, and her children at 10:30 and 11:00.
async fn family(house: &House) {
    remind_in(house, 2, 90, at("2026-07-01T10:30")).await;
    let spelled = json!({
        "appointment": {"start": "2026-07-01T11:00"},
        "patient": {"mobile": "06 39 98 00 01"},
        "resource": {"id": "r-1", "name": "Dr Camille Martin"}
    });
    remind_in(house, 3, 120, spelled).await;
    remind_in(house, 1, 0, at("2026-07-01T09:00")).await;
}

#[tokio::test]
async fn what_is_due_takes_the_others_of_the_day_with_it() {
    let house = house(Setup::default()).await;
    family(&house).await;
    remind_in(&house, 4, 60, at("2026-07-02T09:00")).await;
    let other = json!({"patient": {"mobile": "+33639980002"}});
    remind_in(&house, 5, 60, other).await;
    let lanes = house.start().await;
    house
        .until("the family's", |all| {
            all.iter().filter(|m| m.state == State::Sent).count() == 3
        })
        .await;
    house.quiet().await;
    lanes.stop().await;
    let ledger = house.gateway.ledger();
    assert_eq!(ledger.len(), 1, "one message");
    assert_eq!(
        ledger[0].text,
        "A demain :\n1) 09:00 P1; 2) 10:30 P2; 3) 11:00 P3, Dr Camille Martin"
    );
    assert_eq!(
        ledger[0].number, 1,
        "under the reference of the one that was due"
    );
    for number in [1, 2, 3] {
        let message = house.message(number).await;
        assert_eq!(message.text.as_ref(), Some(&ledger[0].text));
        assert_eq!(message.address.as_deref(), Some("+33639980001"));
        assert_eq!(message.segments, u32::from(number == 1), "it is paid once");
        let shared = message.shared.unwrap();
        assert_eq!((shared.carrier, u128::from(shared.place)), (id(1), number));
    }
    assert_eq!(house.state(4).await, State::Planned, "it is of another day");
    assert_eq!(house.state(5).await, State::Planned, "it goes elsewhere");
    let with = "it goes in one message with that of `a-1`";
    assert_eq!(house.message(3).await.reason.as_deref(), Some(with));
    let why = |story: Vec<Step>| {
        story.into_iter().find_map(|step| match step {
            Step::Judged { reason, .. } => reason,
            _ => None,
        })
    };
    assert_eq!(
        why(house.story(1).await).as_deref(),
        Some("it tells of `a-2`, `a-3` too")
    );
    assert_eq!(why(house.story(3).await).as_deref(), Some(with));
}

#[tokio::test]
async fn a_mailbox_is_the_same_however_it_is_written() {
    let house = house(Setup::default()).await;
    for (number, email) in [(1, "Ana@Example.org"), (2, " ana@example.org")] {
        let reminder = NewMessage {
            channel: ChannelKind::Email,
            ..house.reminder(number)
        };
        let change = vec![Change::Add(Box::new(reminder))];
        let written = json!({"patient": {"email": email}});
        house
            .tell(number, "appointment.created", written, change)
            .await;
    }
    let lanes = house.start().await;
    house.until_all(State::Sent).await;
    lanes.stop().await;
    let ledger = house.mail.ledger();
    assert_eq!(ledger.len(), 1);
    assert_eq!(ledger[0].text, "1) 09:00 P1\n\n2) 09:00 P2");
}

#[tokio::test]
async fn what_may_not_go_now_waits_for_its_own_time() {
    const HOLDS: &str = r#"fn check(message, visit, settings) {
        if visit.patient.first_name == "P2" && message.now < message.due { return skip("not yet"); }
        allow()
    }"#;
    let house = house(Setup {
        policy: Some(HOLDS),
        ..Setup::default()
    })
    .await;
    family(&house).await;
    let lanes = house.start().await;
    house
        .until("two of them", |all| {
            all.iter().filter(|m| m.state == State::Sent).count() == 2
        })
        .await;
    house.quiet().await;
    assert_eq!(
        house.state(2).await,
        State::Planned,
        "it is not judged before its time"
    );
    assert!(!house.gateway.ledger()[0].text.contains("P2"));
    house.pass(90 * 60);
    house.until_all(State::Sent).await;
    lanes.stop().await;
    assert_eq!(house.gateway.ledger()[1].text, "A demain P2.");
}

#[tokio::test]
async fn they_arrive_and_fail_as_one() {
    for (answer, state) in [(None, State::Delivered), (Some(refused()), State::Failed)] {
        let house = house(Setup::default()).await;
        house.gateway.always(answer);
        family(&house).await;
        let lanes = house.start().await;
        if state == State::Delivered {
            house.until_all(State::Sent).await;
            let receipt = Receipt {
                of: ReceiptOf::Message(id(1)),
                status: ReceiptStatus::Delivered,
                reason: None,
                seconds: None,
            };
            let now = rappel_host::clock::Clock::now(&*house.clock);
            let told = house
                .store
                .receive(&house.facility, "sms", &[receipt], now)
                .await
                .unwrap();
            assert_eq!(told, [Some(id(1))]);
        }
        house.until_all(state).await;
        lanes.stop().await;
        assert_eq!(house.gateway.count(), 1);
        let reason = house.message(2).await.reason.unwrap();
        let told = if state == State::Failed {
            "no such number"
        } else {
            "in one message"
        };
        assert!(reason.contains(told), "{reason}");
    }
}

#[tokio::test]
async fn what_a_gateway_did_not_take_goes_again_as_one() {
    let house = house(Setup::default()).await;
    house.gateway.answer([busy(), busy()]);
    family(&house).await;
    let lanes = house.start().await;
    for _ in 0..500 {
        if house.in_state(State::Sent).await == 3 {
            break;
        }
        house.pass(5);
        tokio::time::sleep(std::time::Duration::from_millis(3)).await;
    }
    lanes.stop().await;
    let ledger = house.gateway.ledger();
    assert_eq!(ledger.len(), 3);
    assert!(ledger.iter().all(|sent| sent.text.contains("3) 11:00")));
    for number in [1, 2, 3] {
        assert_eq!(house.message(number).await.attempts, 3);
    }
}

#[tokio::test]
async fn a_visit_that_is_cancelled_meanwhile_is_not_told() {
    let house = house(Setup {
        limits: "{ concurrency = 1 }",
        waiting: true,
        ..Setup::default()
    })
    .await;
    // Another message has the only place, while the family's are judged and wait.
    let other = json!({"patient": {"mobile": "+33639980002"}});
    remind_in(&house, 9, -10, other).await;
    family(&house).await;
    let lanes = house.start().await;
    house
        .until_gateway("the first", |gateway| gateway.flying() == 1)
        .await;
    house.quiet().await;
    let cancelled = json!({"appointment": {"start": "2026-07-01T10:30", "status": "cancelled"}});
    let gone = vec![Change::Withdraw {
        id: id(2),
        reason: "the appointment was cancelled".into(),
    }];
    house
        .tell(2, "appointment.cancelled", cancelled, gone)
        .await;
    house.gateway.open();
    house
        .until("both left", |all| {
            all.iter().filter(|m| m.state == State::Sent).count() == 3
        })
        .await;
    lanes.stop().await;
    assert_eq!(house.state(2).await, State::Withdrawn);
    let told: Vec<_> = house
        .gateway
        .ledger()
        .into_iter()
        .map(|sent| sent.text)
        .collect();
    assert_eq!(
        told[1],
        "A demain :\n1) 09:00 P1; 2) 11:00 P3, Dr Camille Martin"
    );
}

#[tokio::test]
async fn without_an_answer_they_are_asked_about_again_as_one() {
    for honours in [true, false] {
        let house = house(Setup {
            honours,
            ..Setup::default()
        })
        .await;
        house.gateway.answer([unanswered()]);
        family(&house).await;
        let lanes = house.start().await;
        for _ in 0..500 {
            let done = [State::Sent, State::Unknown];
            if house
                .messages()
                .await
                .iter()
                .all(|m| done.contains(&m.state))
            {
                break;
            }
            house.pass(5);
            tokio::time::sleep(std::time::Duration::from_millis(3)).await;
        }
        lanes.stop().await;
        let state = if honours { State::Sent } else { State::Unknown };
        house.until_all(state).await;
        let ledger = house.gateway.ledger();
        assert_eq!(ledger.len(), 1 + usize::from(honours));
        assert!(
            ledger
                .iter()
                .all(|sent| sent.number == 1 && sent.text.contains("3) 11:00"))
        );
    }
}

#[tokio::test]
async fn without_the_setting_each_goes_alone() {
    let off = House::new(Setup::default()).await;
    let on = house(Setup::default()).await;
    for (house, messages) in [(off, 3), (on, 1)] {
        family(&house).await;
        let lanes = house.start().await;
        house.pass(7_200);
        house.until_all(State::Sent).await;
        lanes.stop().await;
        assert_eq!(house.gateway.count(), messages);
    }
}

#[tokio::test]
async fn seven_are_two_messages() {
    let house = house(Setup::default()).await;
    for number in 1..=7 {
        remind_in(
            &house,
            number,
            0,
            at(&format!("2026-07-01T{:02}:00", 8 + number)),
        )
        .await;
    }
    let lanes = house.start().await;
    house.until_all(State::Sent).await;
    lanes.stop().await;
    let mut told: Vec<usize> = house
        .gateway
        .ledger()
        .iter()
        .map(|sent| sent.text.matches(") ").count())
        .collect();
    told.sort_unstable();
    assert_eq!(told, [0, 6]);
}
