//! Credits that run out: what they don't cover is held without being looked at again and again, and goes
//! after a top-up.

use rappel_core::channel::ChannelKind;
use rappel_core::message::State;
use rappel_core::store::{Account, CreditLevel, NewMessage, Step};
use rappel_host::clock::Clock;

use crate::gateway::refused;
use crate::house::{House, Setup};

const LIMITED: &str = "[credits]\nlimited = true\nlow = \"2\"";

async fn house(credits: i64) -> House {
    let house = House::new(Setup {
        more: LIMITED,
        ..Setup::default()
    })
    .await;
    let low = Some(2.into());
    house
        .store
        .limit_credits(&house.facility, low, house.clock.now())
        .await
        .unwrap();
    add(&house, credits).await;
    house
}

async fn add(house: &House, credits: i64) {
    let now = house.clock.now();
    let added = house
        .store
        .add_credits(&house.facility, credits.into(), None, now)
        .await;
    added.unwrap();
}

async fn account(house: &House) -> Account {
    house.store.accounts().await.unwrap().remove(0)
}

#[tokio::test]
async fn what_credits_do_not_cover_is_held_and_goes_after_a_top_up() {
    let house = house(3).await;
    let lanes = house.start().await;
    house.remind(0..5).await;
    house
        .until("three to go", |messages| {
            let of = |state| messages.iter().filter(|m| m.state == state).count();
            of(State::Sent) == 3 && of(State::Held) == 2
        })
        .await;
    house.quiet().await;
    let waiting = account(&house).await;
    assert_eq!((waiting.waiting, waiting.level), (2, CreditLevel::Out));
    for message in house.messages().await {
        if message.state == State::Held {
            let reason = message.reason.unwrap_or_default();
            assert!(reason.starts_with("out of credits: it costs 1"), "{reason}");
            let story = house.story(message.id.0.as_u128()).await;
            let looked = story
                .iter()
                .filter(|step| matches!(step, Step::Unpaid { .. }));
            assert_eq!(looked.count(), 1, "it was looked at once");
        }
    }
    // As `rappel credits add` does, from another process: nobody wakes the lanes.
    add(&house, 10).await;
    house.until_all(State::Sent).await;
    assert_eq!(house.gateway.count(), 5);
    lanes.stop().await;
    let left = account(&house).await;
    assert_eq!((left.balance, left.reserved), (8.into(), 0.into()));
}

#[tokio::test]
async fn what_a_gateway_refused_pays_for_another() {
    let house = house(1).await;
    house.gateway.answer([refused()]);
    let lanes = house.start().await;
    house.remind([1, 2]).await;
    house
        .until("the refusal", |messages| {
            messages
                .iter()
                .any(|message| message.state == State::Failed)
        })
        .await;
    house
        .until("the other", |messages| {
            house.pass(5);
            messages.iter().any(|message| message.state == State::Sent)
        })
        .await;
    lanes.stop().await;
    assert_eq!(account(&house).await.balance, 0.into());
}

#[tokio::test]
async fn a_call_costs_the_minutes_that_it_takes_to_speak() {
    let house = house(3).await;
    let lanes = house.start().await;
    let call = NewMessage {
        channel: ChannelKind::Voice,
        ..house.reminder(1)
    };
    house.plan([call]).await;
    house.until_all(State::Sent).await;
    lanes.stop().await;
    assert_eq!(account(&house).await.balance, 1.into());
    assert_eq!(house.message(1).await.credits, 2.into());
}

#[tokio::test]
async fn what_waits_for_credits_comes_too_late_in_its_time() {
    let house = house(0).await;
    let lanes = house.start().await;
    house.remind([1]).await;
    house
        .until("the hold", |messages| messages[0].state == State::Held)
        .await;
    house.pass(40 * 86_400);
    house
        .until("its end", |messages| messages[0].state == State::Expired)
        .await;
    lanes.stop().await;
    assert_eq!(house.gateway.count(), 0);
}
