//! Read tracking: e-mails that were opened.

use std::sync::Arc;

use rappel_core::message::State;
use rappel_core::store::{Handover, OpeningToken, Step, Transition};

use crate::bench::*;

fn token(text: &str) -> OpeningToken {
    OpeningToken(text.into())
}

/// Sends a message with an image in it.
async fn send_tracked(bench: &Bench, number: u128, secret: &str) {
    let claim = bench.take(number).await;
    let begun = begin(&claim);
    let handover = Handover {
        opening: Some(token(secret)),
        ..begun.handover.as_deref().unwrap().clone()
    };
    let begun = Transition {
        handover: Some(Arc::new(handover)),
        ..begun
    };
    assert!(bench.step(begun).await);
    assert!(bench.step(step(&claim, State::Sending, State::Sent)).await);
}

async fn open(bench: &Bench, secret: &str, time: &str) -> u64 {
    let opened = [(token(secret), at(time))];
    bench.store.note_opened(&opened).await.unwrap()
}

async fn opened(bench: &Bench, number: u128) -> (Option<rappel_core::Instant>, u32) {
    let message = bench.message(number).await;
    (message.opened, message.opens)
}

pub(crate) async fn the_first_opening_is_told_and_each_is_counted(bench: Bench) {
    bench.plan([reminder(1), reminder(2)]).await;
    send_tracked(&bench, 1, "secret-1").await;
    send_tracked(&bench, 2, "secret-2").await;
    assert_eq!(opened(&bench, 1).await, (None, 0));
    assert_eq!(open(&bench, "secret-1", "10:00").await, 1);
    assert_eq!(open(&bench, "secret-1", "10:05").await, 1);
    let batch = [
        (token("secret-1"), at("10:06")),
        (token("made up"), at("10:06")),
        (token("secret-2"), at("10:07")),
    ];
    assert_eq!(bench.store.note_opened(&batch).await.unwrap(), 2);
    assert_eq!(opened(&bench, 1).await, (Some(at("10:00")), 3));
    assert_eq!(opened(&bench, 2).await, (Some(at("10:07")), 1));
    let story = bench.story(1).await;
    let told = story.iter().filter(|step| **step == Step::Opened).count();
    assert_eq!(told, 1, "{story:?}");
    assert_eq!(
        bench.state(1).await,
        State::Sent,
        "it stands where it stood"
    );
}

pub(crate) async fn what_brings_no_image_is_never_opened(bench: Bench) {
    bench.plan([reminder(1)]).await;
    bench.sent(1).await;
    for nothing in ["", "null", "secret"] {
        assert_eq!(open(&bench, nothing, "10:00").await, 0, "{nothing}");
    }
    assert_eq!(bench.store.note_opened(&[]).await.unwrap(), 0);
    assert_eq!(opened(&bench, 1).await, (None, 0));
}

pub(crate) async fn the_token_of_an_image_opens_no_link(bench: Bench) {
    bench.plan([reminder(1)]).await;
    send_tracked(&bench, 1, "secret").await;
    assert!(bench.store.link("secret").await.unwrap().is_none());
}

pub(crate) async fn opening_without_end_ends(bench: Bench) {
    bench.plan([reminder(1)]).await;
    send_tracked(&bench, 1, "secret").await;
    let batch = vec![(token("secret"), at("10:00")); 600];
    assert_eq!(bench.store.note_opened(&batch).await.unwrap(), 600);
    assert_eq!(bench.store.note_opened(&batch).await.unwrap(), 400);
    assert_eq!(open(&bench, "secret", "10:01").await, 0);
    assert_eq!(opened(&bench, 1).await, (Some(at("10:00")), 1_000));
}

pub(crate) async fn whether_it_was_opened_goes_with_the_text_and_comes_no_more(bench: Bench) {
    bench
        .plan([reminder_at(1, "08:01"), reminder_at(2, "08:02")])
        .await;
    send_tracked(&bench, 1, "secret-1").await;
    send_tracked(&bench, 2, "secret-2").await;
    open(&bench, "secret-1", "10:00").await;
    open(&bench, "secret-2", "10:00").await;
    bench.erase(2).await;
    assert_eq!(open(&bench, "secret-2", "10:01").await, 0);
    let redacted = bench.store.redact(&bench.facility, at("12:00")).await;
    assert_eq!(redacted.unwrap(), 1);
    assert_eq!(opened(&bench, 1).await, (None, 0));
    let story = bench.story(1).await;
    assert!(!story.contains(&Step::Opened), "{story:?}");
    assert!(!story.is_empty(), "the rest stays");
    assert_eq!(open(&bench, "secret-1", "12:01").await, 0);
    assert_eq!(opened(&bench, 1).await, (None, 0));
}
