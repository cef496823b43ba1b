//! Families: messages that go as one.

use std::sync::Arc;

use chrono::TimeDelta;
use rappel_core::channel::ChannelKind;
use rappel_core::message::State;
use rappel_core::provider::{ReceiptOf, ReceiptStatus};
use rappel_core::store::{
    Claimed, Handover, NewMessage, ReplyRecord, RequestOf, Shared, Step, Transition,
};
use serde_json::{Value, json};

use crate::bench::*;

impl Bench {
    /// Books the visit `a-N` of the patient `p-N` and plans its reminder.
    async fn book(&self, reminder: NewMessage, more: Value) {
        let number = reminder.id.0.as_u128();
        let mut data = visit(number, number);
        let data_object = data.as_object_mut().unwrap();
        rappel_core::facts::merge(data_object, more.as_object().unwrap());
        let event = event(&format!("e-{number}"), "appointment.created", data);
        self.tell(event, vec![add(reminder)]).await;
    }

    /// Takes what may go in one message with a claimed one, for two minutes.
    async fn join(&self, channel: ChannelKind, with: &Claimed) -> Vec<Claimed> {
        let lease = at("09:00") + TimeDelta::minutes(2);
        let joined = self
            .store
            .join(
                &self.lane(channel),
                &[with.message.id],
                at("09:00"),
                day(),
                lease,
            )
            .await
            .unwrap();
        joined
            .into_iter()
            .map(|(carrier, claim)| {
                assert_eq!(carrier, with.message.id);
                claim
            })
            .collect()
    }
}

fn later(number: u128) -> NewMessage {
    NewMessage {
        confirmation_requested: true,
        ..reminder_at(number, "11:00")
    }
}

fn on(start: &str) -> Value {
    json!({"appointment": {"start": start}})
}

/// The steps that hand messages over as one, the first of which carries them.
pub(crate) fn as_one(claims: &[&Claimed]) -> Vec<Transition> {
    let carrier = claims[0].message.id;
    let steps = claims.iter().zip(1..).map(|(claim, place)| {
        let shared = Some(Shared { carrier, place });
        Transition {
            handover: Some(Arc::new(Handover {
                shared,
                credits: if place == 1 { 1.into() } else { 0.into() },
                ..handover()
            })),
            ..begin(claim)
        }
    });
    steps.collect()
}

/// A reminder that is due and two that go with it.
pub(crate) async fn three(bench: &Bench) -> [Claimed; 3] {
    for number in [2, 3] {
        bench
            .book(later(number), on(&format!("2026-06-03T1{number}:30")))
            .await;
    }
    let first = NewMessage {
        confirmation_requested: true,
        ..reminder(1)
    };
    bench.book(first, on("2026-06-03T09:00")).await;
    let carrier = bench.take(1).await;
    let joined = bench.join(ChannelKind::Sms, &carrier).await;
    let [second, third] = joined.try_into().unwrap();
    [carrier, second, third]
}

pub(crate) async fn who_has_the_same_number_or_mailbox_on_that_day_joins(bench: Bench) {
    let number = |mobile: &str, start: &str| json!({"appointment": {"start": start}, "patient": {"mobile": mobile, "email": "ANA@example.org "}});
    let day = "2026-06-03T10:00";
    bench
        .book(later(2), number("06 39 98 00 01", "2026-06-03T23:59"))
        .await;
    bench
        .book(later(3), number("+33 (0)6.39.98-00-01", day))
        .await;
    bench.book(later(4), number("+33639980002", day)).await;
    bench
        .book(later(5), number("+33639980001", "2026-06-04T00:00"))
        .await;
    let second = NewMessage {
        kind: kind("second_reminder"),
        ..later(6)
    };
    bench.book(second, number("+33639980001", day)).await;
    let without = json!({"appointment": {"start": day}, "patient": {"mobile": null}});
    bench.book(later(7), without).await;
    let mail = |number| NewMessage {
        channel: ChannelKind::Email,
        ..later(number)
    };
    bench.book(mail(8), number("+33639980009", day)).await;
    bench.book(mail(9), number("+33639980001", day)).await;
    let due = NewMessage {
        channel: ChannelKind::Email,
        ..reminder(11)
    };
    let own = json!({"patient": {"email": "ana@example.org"}});
    bench.book(due, own).await;
    bench.book(reminder(1), json!({})).await;
    let carrier = bench.take(1).await;
    let joined = bench.join(ChannelKind::Sms, &carrier).await;
    assert_eq!(numbers(&joined), [3, 2], "in the order of the visits");
    assert_eq!(joined[0].visit.patient.as_ref().unwrap().id.as_str(), "p-3");
    let carrier = bench
        .claim_on(ChannelKind::Email, "09:00", 1)
        .await
        .remove(0);
    let joined = bench.join(ChannelKind::Email, &carrier).await;
    assert_eq!(numbers(&joined), [8, 9]);
}

pub(crate) async fn only_what_waits_and_is_nobodys_joins(bench: Bench) {
    bench
        .plan([reminder_at(2, "08:00"), reminder_at(3, "08:01")])
        .await;
    bench.sent(2).await;
    let held = bench.take(3).await;
    bench.plan([later(4), reminder(1)]).await;
    let cancelled = json!({"appointment": {"status": "cancelled"}});
    bench.book(later(5), cancelled).await;
    let carrier = bench.take(1).await;
    let joined = bench.join(ChannelKind::Sms, &carrier).await;
    assert_eq!(numbers(&joined), [4]);
    assert!(
        bench.join(ChannelKind::Sms, &carrier).await.is_empty(),
        "it is taken"
    );
    // Its worker holds it like any other.
    bench
        .store
        .release(&bench.facility, &[(id(4), joined[0].fence)])
        .await
        .unwrap();
    let again = bench.join(ChannelKind::Sms, &carrier).await;
    assert_eq!(numbers(&again), [4]);
    assert!(!bench.step(begin(&joined[0])).await, "the fence is another");
    assert!(bench.step(begin(&again[0])).await);
    assert!(bench.step(begin(&held)).await);
}

pub(crate) async fn nothing_joins_what_may_have_stopped_its_worker(bench: Bench) {
    bench.plan([later(2), reminder(1)]).await;
    bench.take(1).await;
    // Its worker stopped, and it is taken again.
    let carrier = bench.claim("09:03", 10).await.remove(0);
    assert!(bench.join(ChannelKind::Sms, &carrier).await.is_empty());
}

pub(crate) async fn nor_does_what_may_have_itself(bench: Bench) {
    bench.plan([reminder_at(2, "08:00")]).await;
    bench.claim("08:00", 10).await;
    bench.plan([later(3), reminder_at(1, "08:30")]).await;
    let suspect = bench.claim("08:59", 10).await;
    assert_eq!(numbers(&suspect), [2], "it goes alone");
    let carrier = bench.take(1).await;
    assert_eq!(numbers(&bench.join(ChannelKind::Sms, &carrier).await), [3]);
}

pub(crate) async fn messages_that_go_as_one_all_begin_or_none(bench: Bench) {
    let [first, second, third] = three(&bench).await;
    let moved = event("e-9", "appointment.modified", visit(2, 2));
    bench.tell(moved, vec![]).await;
    let steps = as_one(&[&first, &second, &third]);
    assert_eq!(bench.commit("09:00", &steps).await, [false, false, false]);
    // Those that are still held are free at once, and go as one without it.
    let carrier = bench.take(1).await;
    let joined = bench.join(ChannelKind::Sms, &carrier).await;
    assert_eq!(numbers(&joined), [3, 2], "the visit was moved");
    let steps = as_one(&[&carrier, &joined[0], &joined[1]]);
    assert_eq!(bench.commit("09:00", &steps).await, [true, true, true]);
    let shared = bench.message(2).await.shared.unwrap();
    assert_eq!((shared.carrier, shared.place), (id(1), 3));
}

pub(crate) async fn one_that_is_not_covered_keeps_the_others(bench: Bench) {
    let now = at("08:00");
    bench
        .store
        .limit_credits(&bench.facility, Some(0.into()), now)
        .await
        .unwrap();
    let [first, second, third] = three(&bench).await;
    let steps: Vec<_> = as_one(&[&first, &second, &third])
        .into_iter()
        .map(|mut step| {
            let handover = step.handover.take().map(Arc::unwrap_or_clone);
            step.handover = handover.map(|handover| {
                Arc::new(Handover {
                    limited: true,
                    ..handover
                })
            });
            step
        })
        .collect();
    assert_eq!(bench.commit("09:00", &steps).await, [false, false, false]);
    assert_eq!(bench.state(1).await, State::Held);
    assert_eq!(bench.state(2).await, State::Planned);
    let again = bench.claim("11:00", 10).await;
    assert_eq!(
        numbers(&again),
        [2, 3],
        "they wait for their own time and are free"
    );
}

pub(crate) async fn a_receipt_moves_what_was_carried_too(bench: Bench) {
    let [first, second, third] = three(&bench).await;
    let steps = as_one(&[&first, &second, &third]);
    bench.commit("09:00", &steps).await;
    let answers: Vec<_> = [&first, &second, &third]
        .map(|claim| Transition {
            gateway_id: (claim.message.id == id(1)).then(|| "gw-1".into()),
            ..step(claim, State::Sending, State::Sent)
        })
        .into();
    bench.commit("09:01", &answers).await;
    let of = ReceiptOf::GatewayId("gw-1".into());
    assert_eq!(
        bench.receive(of, ReceiptStatus::Delivered).await,
        Some(id(1))
    );
    for number in 1..=3 {
        assert_eq!(bench.state(number).await, State::Delivered);
    }
}

pub(crate) async fn what_was_told_in_one_message_is_no_other_reminder_of_the_day(bench: Bench) {
    // Two visits of one patient, each reminded of on two channels.
    let email = |number| NewMessage {
        channel: ChannelKind::Email,
        ..reminder(number)
    };
    for (number, start) in [(1, "2026-06-03T09:00"), (2, "2026-06-03T10:00")] {
        let mut data = visit(number, 1);
        data["appointment"]["start"] = start.into();
        data["patient"]["email"] = "ana@example.org".into();
        let booked = event(&format!("e-{number}"), "appointment.created", data);
        let messages = vec![add(reminder(number)), add(email(number + 10))];
        bench.tell(booked, messages).await;
    }
    let claims = bench.claim("09:00", 10).await;
    let remind = |claims: &[Claimed]| -> Vec<Transition> {
        let each: Vec<&Claimed> = claims.iter().collect();
        let today = claims.iter().map(|claim| Some(claim.reminders_today));
        let steps = as_one(&each).into_iter().zip(today);
        steps
            .map(|(step, reminders_today)| Transition {
                reminders_today,
                ..step
            })
            .collect()
    };
    assert_eq!(bench.commit("09:00", &remind(&claims)).await, [true, true]);
    let mails = bench.claim_on(ChannelKind::Email, "09:00", 10).await;
    let counted: Vec<u32> = mails.iter().map(|claim| claim.reminders_today).collect();
    assert_eq!(counted, [0, 0]);
    assert_eq!(bench.commit("09:00", &remind(&mails)).await, [true, true]);
    // A third visit was told of in neither.
    let third = event("e-3", "appointment.created", visit(3, 1));
    bench.tell(third, vec![add(reminder(3))]).await;
    assert_eq!(bench.take(3).await.reminders_today, 2);
}

/// A reply to what three were told of.
fn reply() -> ReplyRecord {
    ReplyRecord {
        id: "gw/1".into(),
        at: at("10:00"),
        channel: ChannelKind::Sms,
        message: Some(id(1)),
        text: Some("non 2".into()),
        reading: "no".into(),
        outcome: "the appointment a-2 is cancelled".into(),
    }
}

pub(crate) async fn a_reply_means_each_by_its_number(bench: Bench) {
    let [first, second, third] = three(&bench).await;
    let steps = as_one(&[&first, &second, &third]);
    bench.commit("09:00", &steps).await;
    let cancelled = event(
        "e-9",
        "appointment.cancelled",
        json!({"appointment": {"id": "a-1", "status": "cancelled"}}),
    );
    bench.tell(cancelled, vec![]).await;
    for of in [
        RequestOf::Address("+33639980001"),
        RequestOf::Message(id(1)),
    ] {
        let requests = bench
            .store
            .requests(&bench.facility, of, civil("10:00"))
            .await
            .unwrap();
        let told: Vec<_> = requests
            .iter()
            .map(|request| (request.message, request.place, request.appointment.as_str()))
            .collect();
        assert_eq!(told, [(id(1), 2, "a-2"), (id(1), 3, "a-3")]);
    }
    let reply = reply();
    let noted = bench.store.note_reply(&bench.facility, &reply).await;
    assert!(noted.unwrap());
    for number in 1..=3 {
        let last = bench.story(number).await.pop().unwrap();
        assert!(matches!(last, Step::Replied { outcome, .. } if outcome == reply.outcome));
    }
    assert_eq!(bench.message(1).await.answer.as_deref(), Some("no"));
    assert_eq!(bench.message(3).await.answer, None, "it isn't its answer");
}

pub(crate) async fn what_was_handed_over_as_one_is_taken_over_as_one(bench: Bench) {
    let [first, second, third] = three(&bench).await;
    // The ids don't stand in the order of the text.
    let steps = as_one(&[&second, &first, &third]);
    bench.commit("09:00", &steps).await;
    let stuck = bench.claim_stuck("09:03", false).await;
    assert_eq!(numbers(&stuck), [2, 1, 3]);
    assert!(
        stuck
            .iter()
            .all(|claim| claim.message.shared.unwrap().carrier == id(2))
    );
}

pub(crate) async fn an_erased_patient_is_named_in_nobody_elses_message(bench: Bench) {
    let [first, second, third] = three(&bench).await;
    let steps = as_one(&[&first, &second, &third]);
    bench.commit("09:00", &steps).await;
    let noted = bench.store.note_reply(&bench.facility, &reply()).await;
    assert!(noted.unwrap());
    bench.erase(2).await;
    for number in [1, 3] {
        let Some(Step::Replied { outcome, .. }) = bench.story(number).await.pop() else {
            panic!("it was answered");
        };
        assert_eq!(outcome, "it was answered with an erased patient's");
    }
    let replies = bench
        .store
        .replies(&bench.facility, at("08:00"), 10)
        .await
        .unwrap();
    assert_eq!(
        replies[0].outcome,
        "it was answered with an erased patient's"
    );
    assert_eq!(bench.message(1).await.text, None);
    assert_eq!(bench.message(3).await.text, None);
    assert_eq!(bench.message(1).await.state, State::Sending);
}
