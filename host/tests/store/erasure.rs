//! What must be forgotten: erased patients, and texts whose time is over.

use rappel_core::decision::{Answer, Origin, Read, Verdict};
use rappel_core::event::Event;
use rappel_core::facts::Records;
use rappel_core::message::State;
use rappel_core::shadow::{Judged, Otherwise};
use rappel_core::store::{Ingested, Message, Step, Transition};
use serde_json::json;

use crate::bench::*;

/// What is answered about somebody who was erased.
fn nobody(outcome: &Ingested) -> bool {
    matches!(outcome, Ingested::Applied { added: 0, moved: 0, withdrawn: 0, warnings, .. }
        if warnings.iter().any(|warning| warning.starts_with("the patient was erased")))
}

pub(crate) async fn an_erased_patient_leaves_nothing(bench: Bench) {
    bench.plan([reminder(1), reminder(2), reminder(3)]).await;
    bench.sent(1).await;
    let claim = bench.take(2).await;
    let skipped = Transition {
        reason: Some("Jeannette hears badly".into()),
        ..step(&claim, State::Planned, State::Skipped)
    };
    assert!(bench.step(skipped).await);
    for patient in [1, 2, 3] {
        bench.erase(patient).await;
        assert_eq!(bench.known(&format!("a-{patient}")).await, None);
        assert_eq!(bench.story(patient).await, []);
    }
    assert_eq!(bench.all().await.len(), 0);
    assert_eq!(bench.store.counts().await.unwrap(), []);
    // The agenda may tell the same event again, under another id too.
    bench.erase(1).await;
    let again = event("e-9", "patient.erased", json!({"patient": {"id": "p-1"}}));
    assert!(!nobody(&bench.tell(again, Vec::new()).await));
}

pub(crate) async fn of_later_events_about_an_erased_patient_nothing_is_kept(bench: Bench) {
    let other_number = |appointment: u128, patient: u128, mobile: &str| {
        let mut data = visit(appointment, patient);
        data["patient"]["mobile"] = json!(mobile);
        data
    };
    let first = event(
        "e-1",
        "appointment.created",
        other_number(1, 1, "+33639980007"),
    );
    bench.tell(first, vec![add(reminder(1))]).await;
    bench.erase(1).await;
    let tell = async |id: &str, kind: &str, data: serde_json::Value| {
        nobody(
            &bench
                .tell(event(id, kind, data), vec![add(reminder(9))])
                .await,
        )
    };
    for (id, kind, data) in [
        // By their id, with another number.
        (
            "e-2",
            "appointment.created",
            other_number(2, 1, "+33639980008"),
        ),
        // By their number, under another id.
        (
            "e-3",
            "appointment.created",
            other_number(3, 3, "+33639980007"),
        ),
        // By their appointment.
        (
            "e-4",
            "appointment.modified",
            json!({"appointment": {"id": "a-1", "start": "2026-06-04T10:00"}}),
        ),
        (
            "e-5",
            "patient.updated",
            json!({"patient": {"id": "p-1", "consent": true}}),
        ),
        (
            "e-6",
            "patient.registered",
            json!({"patient": {"id": "p-1"}}),
        ),
        (
            "e-7",
            "patient.registered",
            json!({"patient": {"id": "p-1", "consent": false}}),
        ),
    ] {
        assert!(tell(id, kind, data).await, "{id}");
    }
    for appointment in ["a-1", "a-2", "a-3"] {
        assert_eq!(bench.known(appointment).await, None);
    }
    assert_eq!(bench.all().await.len(), 0);
    let repeated = event("e-2", "appointment.created", visit(2, 1));
    assert_eq!(bench.tell(repeated, Vec::new()).await, Ingested::Repeated);
    // Somebody else, and the same id at another clinic.
    assert!(
        !tell(
            "e-8",
            "appointment.created",
            other_number(8, 8, "+33639980008")
        )
        .await
    );
    let elsewhere = bench.of("g").tell(booking(1), Vec::new()).await;
    assert!(!nobody(&elsewhere));
}

pub(crate) async fn who_registers_anew_and_consents_is_somebody_again(bench: Bench) {
    bench.plan([reminder(1)]).await;
    bench.erase(1).await;
    let registered = |id: &str, time: &str| {
        let patient = json!({"id": "p-1", "mobile": "+33639980001", "consent": true});
        event_at(
            id,
            "patient.registered",
            Some(time),
            json!({"patient": patient}),
        )
    };
    // Of before the erasure, and late.
    assert!(nobody(
        &bench.tell(registered("e-1", "07:00"), Vec::new()).await
    ));
    let hand =
        Hand(|event: &Event, known: &Records, _, _: &[Message]| Ok(plan(event, known, Vec::new())));
    let ingest = async |event: Event| {
        bench
            .store
            .ingest(&bench.facility, &[event], at("09:00"), &hand)
            .await
            .unwrap()
            .remove(0)
    };
    assert!(!nobody(&ingest(registered("e-2", "08:30")).await));
    let booked = event("e-3", "appointment.created", visit(2, 1));
    assert!(!nobody(&ingest(booked).await));
    assert_eq!(bench.known("a-2").await.unwrap(), visit(2, 1));
}

pub(crate) async fn others_are_not_touched_by_an_erasure(bench: Bench) {
    bench.plan([reminder(1), reminder(2), reminder(3)]).await;
    bench.sent(1).await;
    bench.sent(2).await;
    bench.erase(1).await;
    assert_eq!(bench.known("a-2").await.unwrap(), visit(2, 2));
    assert!(bench.message(2).await.text.is_some());
    assert!(bench.story(2).await.len() == 1);
    assert_eq!(bench.state(3).await, State::Planned);
}

pub(crate) async fn what_an_erased_patient_waits_for_is_never_sent(bench: Bench) {
    bench.plan([reminder(1), reminder(2), reminder(3)]).await;
    let taken = bench.take(1).await;
    let under_way = bench.send(2).await;
    let held = bench.take(3).await;
    let hold = Transition {
        due: Some((at("10:00"), civil("10:00"))),
        ..step(&held, State::Planned, State::Held)
    };
    assert!(bench.step(hold).await);
    for patient in [1, 2, 3] {
        bench.erase(patient).await;
    }
    assert!(!bench.step(begin(&taken)).await);
    assert_eq!(bench.claim("12:00", 10).await.len(), 0);
    // What the gateway has can't be called back; its answer finds nothing.
    let answer = step(&under_way, State::Sending, State::Sent);
    assert!(!bench.step(answer).await);
    assert_eq!(bench.claim_stuck("12:00", true).await.len(), 0);
    let receipt = rappel_core::provider::ReceiptOf::Message(id(2));
    let delivered = rappel_core::provider::ReceiptStatus::Delivered;
    assert_eq!(bench.receive(receipt, delivered).await, None);
    assert_eq!(bench.all().await.len(), 0);
}

pub(crate) async fn texts_are_redacted_when_their_time_is_over(bench: Bench) {
    bench
        .plan([
            reminder_at(1, "08:01"),
            reminder_at(2, "08:02"),
            reminder_at(3, "08:03"),
            reminder_at(4, "12:00"),
        ])
        .await;
    bench.sent(1).await;
    bench.send(2).await;
    // Due long ago, sent late: its time begins when it came to its end.
    let claim = bench.take(3).await;
    assert_eq!(bench.commit("11:00", &[begin(&claim)]).await, [true]);
    let sent = step(&claim, State::Sending, State::Sent);
    assert_eq!(bench.commit("11:00", &[sent]).await, [true]);
    bench.of("g").plan([reminder_at(1, "08:01")]).await;
    bench.of("g").sent(1).await;
    let redacted = async |before: &str| {
        bench
            .store
            .redact(&bench.facility, at(before))
            .await
            .unwrap()
    };
    assert_eq!(redacted("09:00").await, 0);
    assert_eq!(redacted("10:00").await, 1);
    assert_eq!(redacted("10:00").await, 0, "it is done once");
    let message = bench.message(1).await;
    assert_eq!(
        (message.text, message.address, message.subject),
        (None, None, None)
    );
    assert_eq!(message.state, State::Sent);
    assert!(bench.message(2).await.text.is_some(), "it is under way");
    assert!(bench.message(3).await.text.is_some(), "its time is to come");
    assert!(
        bench.of("g").message(1).await.text.is_some(),
        "another clinic's"
    );
    assert_eq!(redacted("11:01").await, 1);
}

pub(crate) async fn what_policies_read_is_redacted_with_the_texts(bench: Bench) {
    bench
        .plan([reminder_at(1, "08:01"), reminder_at(2, "08:02")])
        .await;
    let answer = |verdict| Answer {
        origin: Origin {
            policy: "consent".into(),
            line: 13,
        },
        verdict,
        read: vec![Read {
            fact: "visit.patient.no_shows".into(),
            value: "4".into(),
        }],
    };
    let skip = || Verdict::Skip {
        reason: "the patient refused".into(),
    };
    let in_shadow = |verdict| Judged {
        answer: answer(verdict),
        otherwise: Some(Otherwise::Go),
    };
    let judged = |verdicts: Vec<Verdict>, state| Step::Judged {
        generation: "g-1".into(),
        answers: verdicts.iter().cloned().map(answer).collect(),
        state,
        reason: None,
        shadow: match state {
            State::Skipped => verdicts.into_iter().map(in_shadow).collect(),
            _ => Vec::new(),
        },
    };
    for (number, to) in [(1, State::Skipped), (2, State::Held)] {
        let claim = bench.take(number).await;
        let step = Transition {
            story: vec![judged(vec![skip(), Verdict::Allow], to)],
            ..step(&claim, State::Planned, to)
        };
        assert!(bench.step(step).await);
    }
    let read = async |number| {
        let story = bench.story(number).await;
        let Some(Step::Judged {
            answers, shadow, ..
        }) = story.last()
        else {
            panic!("{story:?}");
        };
        let verdicts: Vec<_> = answers.iter().map(|answer| &answer.verdict).collect();
        assert_eq!(verdicts, [&skip(), &Verdict::Allow], "the verdicts stay");
        let shadows = shadow.iter().map(|judged| {
            assert_eq!(judged.otherwise, Some(Otherwise::Go));
            &judged.answer
        });
        answers
            .iter()
            .chain(shadows)
            .map(|answer| answer.read.len())
            .sum::<usize>()
    };
    assert_eq!(read(1).await, 4);
    bench
        .store
        .redact(&bench.facility, at("12:00"))
        .await
        .unwrap();
    assert_eq!(read(1).await, 0);
    assert_eq!(read(2).await, 2, "it waits");
}
