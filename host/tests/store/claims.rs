//! Claims: due messages are taken for a while, with fresh facts, and by one worker at a time.

use std::collections::HashSet;

use chrono::TimeDelta;
use rappel_core::channel::ChannelKind;
use rappel_core::message::{Recipient, State};
use rappel_core::provider::{ReceiptOf, ReceiptStatus};
use rappel_core::store::{NewMessage, Transition};
use serde_json::json;

use crate::bench::*;

pub(crate) async fn only_what_is_due_in_the_lane_is_taken(bench: Bench) {
    let email = NewMessage {
        channel: ChannelKind::Email,
        ..reminder(3)
    };
    let skipped = NewMessage {
        state: State::Skipped,
        ..reminder(4)
    };
    bench
        .plan([
            reminder_at(1, "09:00"),
            reminder_at(2, "09:01"),
            email,
            skipped,
            reminder(5),
            reminder(6),
        ])
        .await;
    let withdrawn = event("e-9", "appointment.cancelled", visit(5, 5));
    bench.tell(withdrawn, vec![withdraw(5)]).await;
    bench.of("g").plan([reminder(7)]).await;
    // One that is under way is nobody's to take.
    let claims = bench.claim("08:59", 10).await;
    assert_eq!(numbers(&claims), [0; 0]);
    let claims = bench.claim("09:00", 10).await;
    assert_eq!(numbers(&claims), [1, 6]);
    assert!(bench.step(begin(&claims[1])).await);
    let claims = bench.claim("11:00", 10).await;
    assert_eq!(numbers(&claims).len(), 1, "1 is a suspect and goes alone");
    let claims = bench.claim_on(ChannelKind::Email, "09:00", 10).await;
    assert_eq!(numbers(&claims), [3]);
}

pub(crate) async fn urgent_ones_go_first_then_the_earliest(bench: Bench) {
    let cancelled = |number, due| NewMessage {
        kind: kind("cancelled"),
        ..reminder_at(number, due)
    };
    bench
        .plan([
            reminder_at(1, "08:30"),
            reminder_at(2, "08:10"),
            reminder_at(3, "08:20"),
            cancelled(4, "08:50"),
            cancelled(5, "08:40"),
        ])
        .await;
    assert_eq!(numbers(&bench.claim("09:00", 3).await), [5, 4, 2]);
    assert_eq!(numbers(&bench.claim("09:00", 3).await), [3, 1]);
}

pub(crate) async fn no_more_are_taken_than_asked_for(bench: Bench) {
    bench.plan((1..=5).map(reminder)).await;
    assert_eq!(bench.claim("09:00", 0).await.len(), 0);
    assert_eq!(bench.claim("09:00", 2).await.len(), 2);
    assert_eq!(bench.claim("09:00", 2).await.len(), 2);
    assert_eq!(bench.claim("09:00", 2).await.len(), 1);
}

pub(crate) async fn what_is_held_by_one_is_not_taken_by_another(bench: Bench) {
    bench.plan([reminder(1)]).await;
    bench.take(1).await;
    assert_eq!(bench.claim("09:00", 10).await.len(), 0);
    assert_eq!(bench.claim("09:01", 10).await.len(), 0);
}

pub(crate) async fn an_expired_lease_lets_another_take_it_and_refuses_the_late_commit(
    bench: Bench,
) {
    bench.plan([reminder(1)]).await;
    let slow = bench.take(1).await;
    let quick = bench.claim("09:02", 10).await;
    assert_eq!(numbers(&quick), [1]);
    assert_ne!(slow.fence, quick[0].fence);
    assert_eq!(bench.commit("09:02", &[begin(&slow)]).await, [false]);
    assert_eq!(bench.state(1).await, State::Planned);
    assert_eq!(bench.message(1).await.attempts, 0);
    // Nor can the late one let go of what another holds.
    let held = [(id(1), slow.fence)];
    bench.store.release(&bench.facility, &held).await.unwrap();
    assert_eq!(bench.claim("09:02", 10).await.len(), 0);
    assert_eq!(bench.commit("09:02", &[begin(&quick[0])]).await, [true]);
    // And its late answer counts as little.
    let answer = step(&slow, State::Sending, State::Failed);
    assert_eq!(bench.commit("09:03", &[answer]).await, [false]);
    assert_eq!(bench.state(1).await, State::Sending);
}

pub(crate) async fn what_is_let_go_is_free_at_once(bench: Bench) {
    bench.plan([reminder(1), reminder(2)]).await;
    for _ in 0..5 {
        let claims = bench.claim("09:00", 10).await;
        assert_eq!(numbers(&claims), [1, 2], "letting go is no strike");
        let held: Vec<_> = claims.iter().map(|c| (c.message.id, c.fence)).collect();
        bench.store.release(&bench.facility, &held).await.unwrap();
    }
}

/// Takes message 1, tells something, and asks whether the worker still holds it.
async fn still_holds(bench: &Bench, change: rappel_core::Event) -> bool {
    let claim = bench.take(1).await;
    bench.tell(change, Vec::new()).await;
    let made = bench.step(begin(&claim)).await;
    if made {
        let back = Transition {
            forgive_attempt: true,
            ..step(&claim, State::Sending, State::Planned)
        };
        assert!(bench.step(back).await);
    } else {
        // It is free at once, to be judged by the new facts.
        let again = bench.take(1).await;
        let held = [(id(1), again.fence)];
        bench.store.release(&bench.facility, &held).await.unwrap();
    }
    made
}

pub(crate) async fn a_change_of_facts_takes_the_message_from_its_worker(bench: Bench) {
    let mut data = visit(1, 1);
    data["resource"] = json!({"id": "r-1", "name": "Dr Martin"});
    bench
        .tell(
            event("e-1", "appointment.created", data),
            vec![add(reminder(1))],
        )
        .await;
    let own = event("e-2", "appointment.modified", visit(1, 1));
    assert!(
        !still_holds(&bench, own).await,
        "a change of the appointment"
    );
    let patient = json!({"patient": {"id": "p-1", "consent": false}});
    let patient = event("e-3", "patient.updated", patient);
    assert!(!still_holds(&bench, patient).await, "of the patient");
    let other = event("e-4", "appointment.created", visit(2, 1));
    assert!(
        !still_holds(&bench, other).await,
        "of the patient, told with another appointment"
    );
    let mut data = visit(3, 3);
    data["resource"] = json!({"id": "r-1", "communication": false});
    let resource = event("e-5", "appointment.created", data);
    assert!(
        !still_holds(&bench, resource).await,
        "of the resource, told with another appointment"
    );
}

pub(crate) async fn facts_that_an_event_only_refers_to_take_nothing(bench: Bench) {
    bench.plan([reminder(1)]).await;
    let others = event("e-2", "appointment.created", visit(2, 2));
    assert!(still_holds(&bench, others).await, "somebody else's visit");
    let refers = json!({"appointment": {"id": "a-3", "start": "2026-06-04T14:30"}, "patient": {"id": "p-1"}});
    let refers = event("e-3", "appointment.created", refers);
    assert!(
        still_holds(&bench, refers).await,
        "nothing is told of the patient"
    );
    let others = bench.of("g");
    let claim = bench.take(1).await;
    others.plan([reminder(1)]).await;
    assert!(bench.step(begin(&claim)).await, "another clinic's");
}

pub(crate) async fn what_is_under_way_is_not_taken_by_a_change_of_facts(bench: Bench) {
    bench.plan([reminder(1)]).await;
    let claim = bench.send(1).await;
    let cancel = event("e-2", "appointment.cancelled", visit(1, 1));
    bench.tell(cancel, vec![withdraw(1)]).await;
    assert!(
        bench.step(step(&claim, State::Sending, State::Sent)).await,
        "the gateway has it; its answer must not be lost"
    );
}

pub(crate) async fn a_claim_brings_the_facts_as_they_are_now(bench: Bench) {
    let mut data = visit(1, 1);
    data["resource"] = json!({"id": "r-1", "name": "Dr Martin"});
    data["service"] = json!({"id": "s-1", "name": "Analyse", "price": "45.10"});
    data["location"] = json!({"id": "l-1", "city": "Paris"});
    bench
        .tell(
            event("e-1", "appointment.created", data),
            vec![add(reminder(1)), add(second(2, "09:00"))],
        )
        .await;
    let patient = json!({"patient": {"id": "p-1", "first_name": "Ana"}});
    bench
        .tell(event("e-2", "patient.updated", patient), Vec::new())
        .await;
    let claims = bench.claim("09:00", 10).await;
    assert_eq!(claims.len(), 2);
    for claim in &claims {
        let visit = &claim.visit;
        let appointment = visit.appointment.as_ref().unwrap();
        assert_eq!(appointment.id.as_str(), "a-1");
        assert_eq!(appointment.start, civil("3 14:30"));
        let patient = visit.patient.as_ref().unwrap();
        assert_eq!(patient.first_name.as_deref(), Some("Ana"));
        assert_eq!(patient.mobile.as_deref(), Some("+33639980001"));
        assert_eq!(
            visit.resource.as_ref().unwrap().name.as_deref(),
            Some("Dr Martin")
        );
        let price = visit.service.as_ref().unwrap().price.unwrap();
        assert_eq!(price.to_string(), "45.10");
        assert_eq!(
            visit.location.as_ref().unwrap().city.as_deref(),
            Some("Paris")
        );
        assert_eq!(claim.message.state, State::Planned);
    }
}

fn second(number: u128, due: &str) -> NewMessage {
    NewMessage {
        kind: kind("second_reminder"),
        ..reminder_at(number, due)
    }
}

pub(crate) async fn reminders_about_other_visits_today_are_counted(bench: Bench) {
    // Visits 1 to 6, all of patient 1.
    let book = async |number: u128, change: NewMessage| {
        let event = event(
            &format!("e-{number}"),
            "appointment.created",
            visit(number, 1),
        );
        bench.tell(event, vec![add(change)]).await;
    };
    book(1, reminder_at(1, "08:01")).await;
    book(2, reminder_at(2, "08:02")).await;
    book(3, reminder_at(3, "08:03")).await;
    let notice = NewMessage {
        kind: kind("created"),
        ..reminder_at(4, "08:04")
    };
    book(4, notice).await;
    let practitioner = NewMessage {
        recipient: Recipient::Resource,
        ..reminder_at(5, "08:05")
    };
    book(5, practitioner).await;
    book(6, reminder_at(6, "08:06")).await;
    let others = event("e-9", "appointment.created", visit(9, 9));
    bench.tell(others, vec![add(reminder_at(9, "08:09"))]).await;
    let twice = event("e-10", "appointment.modified", visit(6, 1));
    bench.tell(twice, vec![add(second(10, "08:00"))]).await;
    bench.sent(10).await;
    bench.sent(1).await;
    let failed = bench.send(2).await;
    assert!(
        bench
            .step(step(&failed, State::Sending, State::Failed))
            .await
    );
    let unknown = bench.send(3).await;
    assert!(
        bench
            .step(step(&unknown, State::Sending, State::Unknown))
            .await
    );
    bench.sent(4).await;
    bench.sent(5).await;
    let claims = bench.claim("09:00", 10).await;
    assert_eq!(numbers(&claims), [6, 9]);
    assert_eq!(
        claims[0].reminders_today, 2,
        "1 went, 3 may have gone; 2 failed, 4 is none, 5 went to another person, 10 is of this visit"
    );
    assert_eq!(claims[1].reminders_today, 0);
    // The next day nothing went yet.
    let next = (at("2 00:00"), at("3 00:00"));
    let lease = at("2 09:02");
    let claims = bench
        .store
        .claim(&lane(), at("2 09:00"), next, 10, lease)
        .await
        .unwrap();
    assert_eq!(claims[0].reminders_today, 0);
}

pub(crate) async fn the_same_message_on_another_channel_is_known(bench: Bench) {
    let email = |number| NewMessage {
        channel: ChannelKind::Email,
        ..reminder(number)
    };
    let booked = event("e-1", "appointment.created", visit(1, 1));
    let messages = vec![add(reminder(1)), add(email(2)), add(second(3, "09:00"))];
    bench.tell(booked, messages).await;
    let others = event("e-2", "appointment.created", visit(2, 1));
    bench.tell(others, vec![add(email(4))]).await;
    let claims = bench.claim("09:00", 10).await;
    assert_eq!(numbers(&claims), [1, 3]);
    assert_eq!(claims[0].other_channels, [ChannelKind::Email]);
    assert_eq!(claims[1].other_channels, []);
    let claims = bench.claim_on(ChannelKind::Email, "09:00", 10).await;
    assert_eq!(claims[0].other_channels, [ChannelKind::Sms]);
    assert_eq!(claims[1].other_channels, []);
    // The visit is moved after the SMS went and before the e-mail did: the new SMS has another number.
    let moved = event("e-3", "appointment.modified", visit(1, 1));
    let hand = Hand(|event: &rappel_core::Event, known: &_, _, _: &[_]| {
        let second = NewMessage {
            ordinal: 2,
            ..reminder(5)
        };
        let changes = vec![withdraw(1), add(second), move_to(2, "09:00")];
        Ok(rappel_core::store::Plan {
            visit_start: Some(civil("4 14:30")),
            ..plan(event, known, changes)
        })
    });
    bench.ingest(&[moved], &hand).await;
    let claims = bench.claim("09:00", 10).await;
    let again = claims.iter().find(|c| c.message.id == id(5)).unwrap();
    assert_eq!(again.other_channels, [ChannelKind::Email]);
}

pub(crate) async fn ten_thousand_messages_are_taken_in_order_and_once(bench: Bench) {
    const MESSAGES: u128 = 10_000;
    // Ids in another order than times.
    let due = |number: u128| (number * 7_919) % MESSAGES;
    // Ten for each visit.
    for visit in 0..MESSAGES / 10 {
        let changes = (visit * 10..visit * 10 + 10).map(|number| {
            let due = TimeDelta::milliseconds(i64::try_from(due(number)).unwrap());
            add(NewMessage {
                ordinal: u32::try_from(number).unwrap(),
                due: at("08:00") + due,
                ..reminder(number)
            })
        });
        bench.tell(booking(visit), changes.collect()).await;
    }
    let mut order = Vec::new();
    loop {
        let claims = bench.claim("09:00", 700).await;
        if claims.is_empty() {
            break;
        }
        order.extend(numbers(&claims).into_iter().map(due));
    }
    assert_eq!(order, (0..MESSAGES).collect::<Vec<_>>());
}

pub(crate) async fn workers_at_once_never_share_a_message(bench: Bench) {
    bench.plan((0..400).map(reminder)).await;
    let workers: Vec<_> = (0..8)
        .map(|_| {
            let bench = bench.clone();
            tokio::spawn(async move {
                let mut mine = Vec::new();
                loop {
                    let claims = bench.claim("09:00", 7).await;
                    if claims.is_empty() {
                        return mine;
                    }
                    let steps: Vec<_> = claims.iter().map(begin).collect();
                    assert!(bench.commit("09:00", &steps).await.iter().all(|made| *made));
                    mine.extend(numbers(&claims));
                }
            })
        })
        .collect();
    let mut taken = Vec::new();
    for worker in workers {
        taken.extend(worker.await.unwrap());
    }
    let once: HashSet<_> = taken.iter().collect();
    assert_eq!((taken.len(), once.len()), (400, 400));
}

pub(crate) async fn what_is_under_way_is_taken_over_when_its_lease_is_over(bench: Bench) {
    bench
        .plan([
            reminder(1),
            reminder_at(2, "09:30"),
            reminder_at(3, "10:00"),
        ])
        .await;
    let gone = bench.send(1).await;
    let settled = bench.claim("09:30", 1).await;
    assert!(bench.step(begin(&settled[0])).await);
    assert!(
        bench
            .step(step(&settled[0], State::Sending, State::Sent))
            .await
    );
    assert_eq!(bench.of("g").claim_stuck("12:00", true).await.len(), 0);
    assert_eq!(bench.claim_stuck("09:01", false).await.len(), 0);
    let stuck = bench.claim_stuck("09:02", false).await;
    assert_eq!(numbers(&stuck), [1]);
    assert_eq!(stuck[0].message.state, State::Sending);
    assert_eq!(stuck[0].message.gateway.as_deref(), Some("gw"));
    assert!(stuck[0].visit.patient.is_some());
    assert_eq!(bench.claim_stuck("09:02", false).await.len(), 0);
    // The worker that was thought dead answers.
    assert!(!bench.step(step(&gone, State::Sending, State::Sent)).await);
    let unknown = step(&stuck[0], State::Sending, State::Unknown);
    assert!(bench.step(unknown).await);
    assert_eq!(bench.claim_stuck("12:00", true).await.len(), 0);
}

pub(crate) async fn the_only_host_takes_over_everything_at_its_start(bench: Bench) {
    bench.plan((1..=4).map(reminder)).await;
    bench.send(1).await;
    let settled = bench.sent(2).await;
    let claims = bench.claim("09:00", 10).await;
    assert_eq!(numbers(&claims), [3, 4]);
    // The host dies and starts again within the leases.
    let stuck = bench.claim_stuck("09:00", true).await;
    assert_eq!(numbers(&stuck), [1]);
    assert_ne!(settled.fence, 0);
    assert_eq!(
        bench
            .receive(ReceiptOf::Message(id(1)), ReceiptStatus::Delivered)
            .await,
        Some(id(1))
    );
    // What was only taken is free again, and its old worker no longer holds it.
    let again = bench.claim("09:00", 10).await;
    assert_eq!(numbers(&again), [3], "a suspect, so it goes alone");
    assert!(!bench.step(begin(&claims[0])).await);
    assert!(!bench.step(begin(&claims[1])).await);
}

pub(crate) async fn the_next_due_time_is_that_of_the_lane(bench: Bench) {
    let next = async || bench.store.next_due(&lane()).await.unwrap();
    assert_eq!(next().await, None);
    let email = NewMessage {
        channel: ChannelKind::Email,
        ..reminder_at(1, "08:01")
    };
    bench
        .plan([email, reminder_at(2, "09:00"), reminder_at(3, "09:30")])
        .await;
    bench.of("g").plan([reminder_at(4, "08:00")]).await;
    assert_eq!(next().await, Some(at("09:00")));
    let urgent = NewMessage {
        kind: kind("cancelled"),
        ..reminder_at(5, "09:10")
    };
    bench.plan([urgent]).await;
    assert_eq!(next().await, Some(at("09:00")));
    bench.sent(2).await;
    assert_eq!(next().await, Some(at("09:10")));
    let hold = Transition {
        due: Some((at("11:00"), civil("11:00"))),
        ..step(
            &bench.claim("09:10", 1).await[0],
            State::Planned,
            State::Held,
        )
    };
    assert!(bench.step(hold).await);
    assert_eq!(next().await, Some(at("09:30")));
    let event = event("e-9", "appointment.cancelled", visit(3, 3));
    bench.tell(event, vec![withdraw(3)]).await;
    assert_eq!(next().await, Some(at("11:00")));
}

pub(crate) async fn what_a_fault_keeps_back_is_due_at_once_when_asked_for(bench: Bench) {
    bench.plan([reminder(1), reminder(2)]).await;
    bench.of("g").plan([reminder(1)]).await;
    let hold = |claim: &rappel_core::store::Claimed, fault: bool| Transition {
        due: Some((at("11:00"), civil("11:00"))),
        fault,
        ..step(claim, State::Planned, State::Held)
    };
    let taken = bench.claim("09:00", 2).await;
    let steps = [hold(&taken[0], true), hold(&taken[1], false)];
    assert_eq!(bench.commit("09:00", &steps).await, [true, true]);
    let others = bench.of("g").claim("09:00", 1).await;
    assert!(bench.step(hold(&others[0], true)).await);
    let now = (at("09:30"), civil("09:30"));
    let again = async || bench.store.look_again(&bench.facility, now).await.unwrap();
    assert_eq!(again().await, 1);
    assert_eq!(again().await, 0, "it is due already");
    let taken = bench.claim("09:30", 10).await;
    assert_eq!(numbers(&taken), [1]);
    assert_eq!(taken[0].message.due_civil, civil("09:30"));
    assert_eq!(bench.of("g").claim("09:30", 10).await.len(), 0);
    // Judged again, and held for another reason: it is no fault any more.
    let held = Transition {
        due: Some((at("11:00"), civil("11:00"))),
        ..step(&taken[0], State::Held, State::Held)
    };
    assert!(bench.step(held).await);
    assert_eq!(again().await, 0);
}
