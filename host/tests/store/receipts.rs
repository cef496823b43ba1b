//! Receipts: doubled, out of order, early, of somebody else; a state only moves forward.

use rappel_core::message::State;
use rappel_core::provider::ReceiptOf;
use rappel_core::provider::ReceiptStatus::{Delivered, Failed, Sent};
use rappel_core::store::{Step, Transition};

use crate::bench::*;

fn ours(number: u128) -> ReceiptOf {
    ReceiptOf::Message(id(number))
}

fn theirs(name: &str) -> ReceiptOf {
    ReceiptOf::GatewayId(name.into())
}

pub(crate) async fn a_receipt_by_our_reference_settles_the_message(bench: Bench) {
    bench.plan([reminder(1), reminder(2)]).await;
    bench.sent(1).await;
    bench.sent(2).await;
    assert_eq!(bench.receive(ours(1), Delivered).await, Some(id(1)));
    assert_eq!(bench.receive(ours(2), Failed).await, Some(id(2)));
    let (arrived, failed) = (bench.message(1).await, bench.message(2).await);
    assert_eq!((arrived.state, arrived.reason), (State::Delivered, None));
    assert_eq!(failed.state, State::Failed);
    assert_eq!(failed.reason.as_deref(), Some("absent subscriber"));
    assert_eq!(failed.updated, at("10:00"));
    assert_eq!(
        bench.story(2).await.pop(),
        Some(Step::Receipt {
            status: Failed,
            applied: true,
            reason: Some("absent subscriber".into())
        })
    );
}

pub(crate) async fn a_receipt_by_the_gateways_own_name_settles_the_message(bench: Bench) {
    bench.plan([reminder(1)]).await;
    bench.sent(1).await;
    assert_eq!(bench.receive(theirs("gw-1"), Delivered).await, Some(id(1)));
    assert_eq!(bench.state(1).await, State::Delivered);
}

pub(crate) async fn a_reused_name_means_the_latest_message(bench: Bench) {
    bench
        .plan([reminder_at(2, "08:01"), reminder_at(1, "08:02")])
        .await;
    // The gateway was restarted in between and counts from the beginning.
    for (number, time) in [(2, "09:00"), (1, "09:01")] {
        let claim = bench.take(number).await;
        assert_eq!(bench.commit(time, &[begin(&claim)]).await, [true]);
        let sent = Transition {
            gateway_id: Some("1".into()),
            ..step(&claim, State::Sending, State::Sent)
        };
        assert!(bench.step(sent).await);
    }
    assert_eq!(bench.receive(theirs("1"), Delivered).await, Some(id(1)));
}

pub(crate) async fn doubled_receipts_change_nothing(bench: Bench) {
    bench.plan([reminder(1)]).await;
    bench.sent(1).await;
    assert_eq!(bench.receive(ours(1), Delivered).await, Some(id(1)));
    let before = bench.message(1).await.updated;
    assert_eq!(bench.receive(ours(1), Delivered).await, None);
    assert_eq!(bench.receive(theirs("gw-1"), Delivered).await, None);
    let message = bench.message(1).await;
    assert_eq!((message.state, message.updated), (State::Delivered, before));
}

pub(crate) async fn receipts_out_of_order_only_move_forward(bench: Bench) {
    bench.plan([reminder(1), reminder(2)]).await;
    bench.sent(1).await;
    assert_eq!(bench.receive(ours(1), Delivered).await, Some(id(1)));
    assert_eq!(bench.receive(ours(1), Sent).await, None);
    assert_eq!(bench.receive(ours(1), Failed).await, None);
    assert_eq!(bench.state(1).await, State::Delivered);
    bench.sent(2).await;
    assert_eq!(bench.receive(ours(2), Sent).await, None);
    assert_eq!(bench.receive(ours(2), Failed).await, Some(id(2)));
    assert_eq!(bench.receive(ours(2), Delivered).await, None);
    assert_eq!(bench.state(2).await, State::Failed);
    let told = bench.story(1).await;
    let ignored = told
        .iter()
        .filter(|step| matches!(step, Step::Receipt { applied: false, .. }));
    assert_eq!(ignored.count(), 2, "what is ignored is told all the same");
}

pub(crate) async fn a_receipt_before_the_answer_is_not_undone_by_it(bench: Bench) {
    bench.plan([reminder(1), reminder(2)]).await;
    let claim = bench.send(1).await;
    assert_eq!(bench.receive(ours(1), Delivered).await, Some(id(1)));
    for late in [State::Sent, State::Planned, State::Unknown, State::Failed] {
        assert!(!bench.step(step(&claim, State::Sending, late)).await);
    }
    assert_eq!(bench.state(1).await, State::Delivered);
    assert_eq!(bench.claim_stuck("12:00", true).await.len(), 0);
    // A gateway that reports the hand-over itself, and then the delivery by its own name.
    let claim = bench.send(2).await;
    assert_eq!(bench.receive(ours(2), Sent).await, Some(id(2)));
    assert!(
        !bench
            .step(step(&claim, State::Sending, State::Planned))
            .await
    );
    assert!(!bench.step(answer(&claim, "gw-2")).await);
    assert_eq!(bench.state(2).await, State::Sent);
    assert_eq!(
        bench.receive(theirs("gw-2"), Delivered).await,
        Some(id(2)),
        "its own name came with the answer"
    );
}

/// The gateway took the message under this name.
fn answer(claim: &rappel_core::store::Claimed, name: &str) -> Transition {
    Transition {
        gateway_id: Some(name.into()),
        story: vec![Step::Answered {
            state: State::Sent,
            gateway_id: Some(name.into()),
            reason: None,
        }],
        ..step(claim, State::Sending, State::Sent)
    }
}

pub(crate) async fn a_receipt_by_a_name_that_is_not_known_yet_waits_for_the_answer(bench: Bench) {
    bench.plan((1..=3).map(reminder)).await;
    // While nothing is under way, nobody can mean one of ours.
    assert_eq!(bench.receive(theirs("gw-1"), Delivered).await, None);
    let claim = bench.send(1).await;
    assert_eq!(
        bench.receive_from("other", theirs("gw-1"), Failed).await,
        None
    );
    assert!(bench.step(answer(&claim, "gw-1")).await);
    assert_eq!(bench.state(1).await, State::Sent, "another gateway's");
    let claims = [bench.send(2).await, bench.send(3).await];
    for (name, status) in [("gw-2", Sent), ("gw-2", Delivered), ("gw-3", Failed)] {
        assert_eq!(bench.receive(theirs(name), status).await, None);
    }
    let steps = [answer(&claims[0], "gw-2"), answer(&claims[1], "gw-3")];
    assert_eq!(bench.commit("10:01", &steps).await, [true, true]);
    let failed = bench.message(3).await;
    assert_eq!(bench.state(2).await, State::Delivered);
    assert_eq!(failed.state, State::Failed);
    assert_eq!(failed.reason.as_deref(), Some("absent subscriber"));
    let story = bench.story(2).await;
    assert!(
        matches!(
            &story[1..],
            [
                Step::Answered { .. },
                Step::Receipt { applied: false, .. },
                Step::Receipt { applied: true, .. }
            ]
        ),
        "{story:?}"
    );
    // Each is applied once.
    assert_eq!(bench.receive(theirs("gw-2"), Delivered).await, None);
    assert_eq!(bench.story(2).await.len(), 5);
}

pub(crate) async fn an_unknown_send_is_settled_by_its_receipt(bench: Bench) {
    bench.plan((1..=3).map(reminder)).await;
    for (number, status, state) in [
        (1, Sent, State::Sent),
        (2, Delivered, State::Delivered),
        (3, Failed, State::Failed),
    ] {
        let claim = bench.send(number).await;
        let unknown = Transition {
            reason: Some("no answer came".into()),
            ..step(&claim, State::Sending, State::Unknown)
        };
        assert!(bench.step(unknown).await);
        assert_eq!(bench.receive(ours(number), status).await, Some(id(number)));
        assert_eq!(bench.state(number).await, state);
    }
    assert_eq!(bench.message(1).await.reason, None);
}

pub(crate) async fn nobody_elses_receipt_counts(bench: Bench) {
    bench.plan([reminder(1)]).await;
    bench.sent(1).await;
    let other = bench.of("g");
    assert_eq!(
        bench.receive_from("other", ours(1), Delivered).await,
        None,
        "of a gateway that never had it"
    );
    assert_eq!(
        bench.receive_from("other", theirs("gw-1"), Delivered).await,
        None
    );
    assert_eq!(
        other.receive(ours(1), Delivered).await,
        None,
        "of another clinic's gateway"
    );
    assert_eq!(other.receive(theirs("gw-1"), Delivered).await, None);
    assert_eq!(bench.receive(ours(9), Delivered).await, None);
    assert_eq!(bench.receive(theirs("gw-9"), Delivered).await, None);
    assert_eq!(bench.state(1).await, State::Sent);
    assert_eq!(
        bench.story(1).await.len(),
        1,
        "what isn't about it isn't in its story"
    );
}

pub(crate) async fn a_receipt_for_what_was_never_handed_over_changes_nothing(bench: Bench) {
    bench.plan([reminder(1), reminder(2)]).await;
    for status in [Sent, Delivered, Failed] {
        assert_eq!(bench.receive(ours(1), status).await, None);
    }
    assert_eq!(bench.state(1).await, State::Planned);
    // Nor for what the gateway said that it did not take.
    let claim = bench.send(1).await;
    let later = Transition {
        due: Some((at("09:30"), civil("09:30"))),
        ..step(&claim, State::Sending, State::Planned)
    };
    assert!(bench.step(later).await);
    for status in [Sent, Delivered, Failed] {
        assert_eq!(bench.receive(ours(1), status).await, None);
    }
    assert_eq!(bench.state(1).await, State::Planned);
}
