//! Draining: everything that is due, to its end, as simulations do it.

use rappel_core::channel::ChannelKind;
use rappel_core::message::State;
use rappel_core::store::NewMessage;
use rappel_host::dispatch::{Desk, drain};
use rappel_host::engine::Links;

use crate::gateway::{busy, refused};
use crate::house::{House, Setup};

async fn drained(house: &House) -> u64 {
    let desk = Desk {
        links: Links::preview(),
        public_url: None,
    };
    drain(&house.clinic, &*house.store, &*house.clock, &desk)
        .await
        .unwrap()
        .handled
}

#[tokio::test]
async fn everything_that_is_due_is_handled_and_nothing_else() {
    let house = House::new(Setup::default()).await;
    house.remind(0..700).await;
    let mail = NewMessage {
        channel: ChannelKind::Email,
        ..house.reminder(1_000)
    };
    let later = NewMessage {
        due: "2026-06-02T09:00:00Z".parse().unwrap(),
        ..house.reminder(1_001)
    };
    house.plan([mail, later]).await;
    house.gateway.answer([refused(), busy()]);
    assert_eq!(drained(&house).await, 701);
    assert_eq!((house.gateway.count(), house.mail.count()), (700, 1));
    assert_eq!(house.in_state(State::Sent).await, 699);
    assert_eq!(house.in_state(State::Failed).await, 1);
    assert_eq!(house.in_state(State::Planned).await, 2);
    assert_eq!(drained(&house).await, 0);
    house.pass(86_400);
    assert_eq!(drained(&house).await, 2);
    assert_eq!(house.in_state(State::Sent).await, 701);
}
