//! Events in: each one's facts and messages stand together or not at all.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use rappel_core::channel::ChannelKind;
use rappel_core::event::{Event, EventError};
use rappel_core::facts::Records;
use rappel_core::message::{Recipient, State};
use rappel_core::store::{Change, Ingested, Message, NewMessage, Step};
use serde_json::json;

use crate::bench::*;

fn applied(added: u32, moved: u32, withdrawn: u32) -> Ingested {
    Ingested::Applied {
        added,
        moved,
        withdrawn,
        warnings: Vec::new(),
        faults: Vec::new(),
        approval: None,
    }
}

pub(crate) async fn the_same_event_ten_times_is_one_message(bench: Bench) {
    let asked = AtomicUsize::new(0);
    let hand = Hand(|event: &Event, known: &Records, _, _: &[Message]| {
        asked.fetch_add(1, Ordering::Relaxed);
        Ok(plan(event, known, vec![add(reminder(1))]))
    });
    // Three in one batch, and the rest one by one.
    let batch: Vec<Event> = (0..3).map(|_| booking(1)).collect();
    assert_eq!(
        bench.ingest(&batch, &hand).await,
        [applied(1, 0, 0), Ingested::Repeated, Ingested::Repeated]
    );
    for _ in 0..7 {
        assert_eq!(
            bench.ingest(&[booking(1)], &hand).await,
            [Ingested::Repeated]
        );
    }
    assert_eq!(asked.load(Ordering::Relaxed), 1);
    assert_eq!(bench.all().await.len(), 1);
    assert_eq!(bench.story(1).await.len(), 1);
}

pub(crate) async fn the_same_id_of_another_source_is_another_event(bench: Bench) {
    bench.tell(booking(1), Vec::new()).await;
    let mut other = booking(1);
    other.source = "other agenda".into();
    assert_eq!(bench.tell(other, Vec::new()).await, applied(0, 0, 0));
}

pub(crate) async fn facts_and_messages_stand_together(bench: Bench) {
    let hand = Hand(|event: &Event, known: &Records, _, _: &[Message]| {
        let mut plan = plan(event, known, vec![add(reminder(1))]);
        plan.warnings = vec!["data.patient.moble: nothing reads this property".into()];
        Ok(plan)
    });
    let outcome = bench.ingest(&[booking(1)], &hand).await;
    assert_eq!(
        outcome,
        [Ingested::Applied {
            added: 1,
            moved: 0,
            withdrawn: 0,
            warnings: vec!["data.patient.moble: nothing reads this property".into()],
            faults: Vec::new(),
            approval: None,
        }]
    );
    assert_eq!(bench.known("a-1").await.unwrap(), visit(1, 1));
    assert_eq!(bench.state(1).await, State::Planned);
}

pub(crate) async fn a_rejected_event_leaves_nothing_and_may_come_again(bench: Bench) {
    let hand = Hand(|event: &Event, known: &Records, _, _: &[Message]| {
        if event.id == "book-2" {
            return Err(EventError {
                path: "data.appointment.start".into(),
                message: "this has the wrong type".into(),
            });
        }
        let number = if event.id == "book-1" { 1 } else { 3 };
        Ok(plan(event, known, vec![add(reminder(number))]))
    });
    let outcomes = bench
        .ingest(&[booking(1), booking(2), booking(3)], &hand)
        .await;
    assert_eq!(
        outcomes,
        [
            applied(1, 0, 0),
            Ingested::Rejected {
                path: "data.appointment.start".into(),
                message: "this has the wrong type".into()
            },
            applied(1, 0, 0)
        ]
    );
    assert_eq!(bench.known("a-2").await, None);
    assert_eq!(bench.all().await.len(), 2);
    // Mended by the agenda, under the same id.
    assert_eq!(
        bench.tell(booking(2), vec![add(reminder(2))]).await,
        applied(1, 0, 0)
    );
}

/// Records what the planner was told of each event: the known facts, and whether it came late.
#[derive(Default)]
struct Heard(Mutex<Vec<(serde_json::Value, bool, Vec<u128>)>>);

impl Heard {
    async fn tell(&self, bench: &Bench, events: &[Event]) {
        let hand = Hand(
            |event: &Event, known: &Records, late, standing: &[Message]| {
                let standing = standing.iter().map(|m| m.id.0.as_u128()).collect();
                self.0
                    .lock()
                    .unwrap()
                    .push((as_data(known), late, standing));
                Ok(plan(event, known, Vec::new()))
            },
        );
        for outcome in bench.ingest(events, &hand).await {
            assert_eq!(outcome, applied(0, 0, 0));
        }
    }

    /// What was told of the last event.
    fn last(&self) -> (serde_json::Value, bool, Vec<u128>) {
        self.0.lock().unwrap().last().unwrap().clone()
    }

    fn late(&self) -> bool {
        self.last().1
    }
}

pub(crate) async fn what_is_known_reaches_the_planner(bench: Bench) {
    let heard = Heard::default();
    let whole = json!({
        "appointment": {"id": "a-1", "start": "2026-06-03T14:30"},
        "patient": {"id": "p-1", "first_name": "Ana"},
        "resource": {"id": "r-1", "name": "Dr Martin"},
        "service": {"id": "s-1", "name": "Analyse"},
        "location": {"id": "l-1", "city": "Paris"},
    });
    heard
        .tell(
            &bench,
            &[event("e-1", "appointment.created", whole.clone())],
        )
        .await;
    assert_eq!(heard.last().0, json!({}));

    let cancel = json!({"appointment": {"id": "a-1"}});
    heard
        .tell(&bench, &[event("e-2", "appointment.cancelled", cancel)])
        .await;
    assert_eq!(heard.last().0, whole);
    assert_eq!(bench.known("a-1").await.unwrap(), whole);

    // What the event names is looked up, not what the appointment named before.
    let patient = json!({"patient": {"id": "p-2", "first_name": "Bo"}});
    heard
        .tell(&bench, &[event("e-3", "patient.registered", patient)])
        .await;
    let other = json!({"appointment": {"id": "a-1"}, "patient": {"id": "p-2"}});
    heard
        .tell(&bench, &[event("e-4", "appointment.modified", other)])
        .await;
    let mut known = whole.clone();
    known["patient"] = json!({"id": "p-2", "first_name": "Bo"});
    assert_eq!(heard.last().0, known);
    assert_eq!(bench.known("a-1").await.unwrap(), known);
}

pub(crate) async fn events_of_one_batch_see_each_other(bench: Bench) {
    let heard = Heard::default();
    let cancel = json!({"appointment": {"id": "a-1"}});
    heard
        .tell(
            &bench,
            &[
                booking(1),
                event("e-2", "appointment.cancelled", cancel.clone()),
            ],
        )
        .await;
    assert_eq!(heard.last().0, visit(1, 1));
}

pub(crate) async fn a_late_event_is_told_to_be_late(bench: Bench) {
    let heard = Heard::default();
    let tell = async |id: &str, time: Option<&str>| {
        let event = event_at(id, "appointment.modified", time, visit(1, 1));
        heard.tell(&bench, &[event]).await;
        heard.late()
    };
    assert!(!tell("e-1", Some("07:00")).await);
    assert!(tell("e-2", Some("06:59")).await);
    assert!(
        !tell("e-3", Some("07:00")).await,
        "the same time is in time"
    );
    // One without a time happens when it arrives, at 08:00.
    assert!(!tell("e-4", None).await);
    assert!(tell("e-5", Some("07:30")).await);
    // A late event doesn't turn the time back.
    assert!(tell("e-6", Some("07:45")).await);
    // Of another appointment nothing was told.
    heard
        .tell(
            &bench,
            &[event_at(
                "e-7",
                "appointment.modified",
                Some("06:00"),
                visit(2, 2),
            )],
        )
        .await;
    assert!(!heard.late());
}

pub(crate) async fn a_time_to_come_makes_nothing_late(bench: Bench) {
    let heard = Heard::default();
    let tell = async |id: &str, time: &str| {
        let event = event_at(id, "appointment.modified", Some(time), visit(1, 1));
        heard.tell(&bench, &[event]).await;
        heard.late()
    };
    // An agenda whose clock is a month ahead must not silence the one that cancels tomorrow.
    assert!(!tell("e-1", "30 08:00").await);
    assert!(!tell("e-2", "08:00").await);
}

pub(crate) async fn an_event_that_only_refers_to_a_patient_makes_nothing_late(bench: Bench) {
    let heard = Heard::default();
    let patient = |id: &str, time: &str| {
        let data = json!({"patient": {"id": "p-1", "consent": false}});
        event_at(id, "patient.updated", Some(time), data)
    };
    heard.tell(&bench, &[patient("e-1", "05:00")]).await;
    let refers = json!({"appointment": {"id": "a-1", "start": "2026-06-03T14:30"}, "patient": {"id": "p-1"}});
    heard
        .tell(
            &bench,
            &[event_at(
                "e-2",
                "appointment.created",
                Some("07:00"),
                refers,
            )],
        )
        .await;
    let cancel = json!({"appointment": {"id": "a-1"}});
    heard
        .tell(
            &bench,
            &[event_at(
                "e-3",
                "appointment.cancelled",
                Some("07:10"),
                cancel,
            )],
        )
        .await;
    // The refusal was told before them and comes after them: nothing newer is known of the patient.
    heard.tell(&bench, &[patient("e-4", "06:00")]).await;
    assert!(!heard.late());
    // One that tells of the patient counts.
    heard
        .tell(
            &bench,
            &[event_at(
                "e-5",
                "appointment.modified",
                Some("07:20"),
                visit(1, 1),
            )],
        )
        .await;
    heard.tell(&bench, &[patient("e-6", "07:15")]).await;
    assert!(heard.late());
}

pub(crate) async fn the_standing_messages_reach_the_planner(bench: Bench) {
    let heard = Heard::default();
    bench
        .plan([reminder(1), reminder(2), reminder_at(3, "07:00")])
        .await;
    bench.tell(booking_again(1), vec![withdraw(1)]).await;
    heard
        .tell(&bench, &[event("e-9", "appointment.modified", visit(1, 1))])
        .await;
    assert_eq!(
        heard.last().2,
        [1],
        "those of the appointment, the final ones too"
    );
    let patient = json!({"patient": {"id": "p-9"}});
    bench
        .tell(
            event("e-10", "patient.registered", patient.clone()),
            vec![add(reminder(9))],
        )
        .await;
    heard
        .tell(&bench, &[event("e-11", "patient.updated", patient.clone())])
        .await;
    assert_eq!(heard.last().2, [9]);
    let other = bench.of("g");
    heard
        .tell(&other, &[event("e-12", "patient.updated", patient)])
        .await;
    assert_eq!(heard.last().2, [0; 0]);
}

fn booking_again(number: u128) -> Event {
    event(
        &format!("again-{number}"),
        "appointment.modified",
        visit(number, number),
    )
}

pub(crate) async fn a_new_message_is_kept_to_the_letter(bench: Bench) {
    let new = NewMessage {
        kind: kind("my_own"),
        channel: ChannelKind::Voice,
        recipient: Recipient::Resource,
        ordinal: 3,
        notice: true,
        state: State::Skipped,
        reason: Some("too late".into()),
        origin: origin("mine", 12),
        expires: None,
        confirmation_requested: true,
        ..reminder(7)
    };
    bench.tell(booking(7), vec![add(new)]).await;
    insta::assert_debug_snapshot!("a_new_message", bench.message(7).await);
    insta::assert_json_snapshot!("its_story", bench.story(7).await);
}

pub(crate) async fn a_waiting_message_is_moved(bench: Bench) {
    bench.plan([reminder(1)]).await;
    let claim = bench.take(1).await;
    let hold = rappel_core::store::Transition {
        reason: Some("not at night".into()),
        due: Some((at("10:00"), civil("10:00"))),
        ..step(&claim, State::Planned, State::Held)
    };
    assert!(bench.step(hold).await);
    let outcome = bench
        .tell(booking_again(1), vec![move_to(1, "4 09:00")])
        .await;
    assert_eq!(outcome, applied(0, 1, 0));
    let message = bench.message(1).await;
    assert_eq!(message.state, State::Planned);
    assert_eq!(message.reason, None);
    assert_eq!(
        (message.due, message.due_civil),
        (at("4 09:00"), civil("4 09:00"))
    );
    assert_eq!(message.expires, Some(at("5 10:00")));
    assert!(message.confirmation_requested);
    assert_eq!(message.origin, Some(origin("reminder", 7)));
    let Some(Step::Moved { from, to, id, .. }) = bench.story(1).await.pop() else {
        panic!("its story doesn't say that it moved");
    };
    assert_eq!((from, to), (civil("10:00"), civil("4 09:00")));
    assert_eq!(id, "again-1");
}

pub(crate) async fn a_waiting_message_is_withdrawn(bench: Bench) {
    bench.plan([reminder(1)]).await;
    let outcome = bench.tell(booking_again(1), vec![withdraw(1)]).await;
    assert_eq!(outcome, applied(0, 0, 1));
    let message = bench.message(1).await;
    assert_eq!(message.state, State::Withdrawn);
    assert_eq!(
        message.reason.as_deref(),
        Some("the appointment was cancelled")
    );
    assert!(matches!(
        bench.story(1).await.pop(),
        Some(Step::Withdrawn { .. })
    ));
    assert_eq!(bench.claim("12:00", 10).await.len(), 0);
}

pub(crate) async fn what_went_is_neither_moved_nor_withdrawn(bench: Bench) {
    bench.plan([reminder(1)]).await;
    bench.sent(1).await;
    let before = bench.message(1).await;
    let story = bench.story(1).await;
    let changes: Vec<Change> = vec![move_to(1, "4 09:00"), withdraw(1)];
    let outcome = bench.tell(booking_again(1), changes).await;
    assert_eq!(outcome, applied(0, 0, 0));
    assert_eq!(
        format!("{:?}", bench.message(1).await),
        format!("{before:?}")
    );
    assert_eq!(bench.story(1).await, story);
}

pub(crate) async fn waiting_messages_follow_their_appointment_to_another_patient(bench: Bench) {
    bench.plan([reminder(1), reminder_at(2, "08:00")]).await;
    let before = bench.message(2).await;
    let skipped = NewMessage {
        state: State::Skipped,
        ordinal: 2,
        ..reminder(3)
    };
    bench.tell(booking_again(1), vec![add(skipped)]).await;
    let mut data = visit(1, 5);
    data["patient"]["mobile"] = json!("+33639980005");
    bench
        .tell(event("e-9", "appointment.modified", data), Vec::new())
        .await;
    assert_eq!(
        bench.message(1).await.patient.unwrap().as_str(),
        "p-5",
        "the one that it was booked for before must not be reminded"
    );
    assert_eq!(bench.message(2).await.patient, before.patient);
    assert_eq!(
        bench.message(3).await.patient.unwrap().as_str(),
        "p-1",
        "what is over was about the first one"
    );
    let claims = bench.claim("09:00", 10).await;
    let claim = claims.iter().find(|c| c.message.id == id(1)).unwrap();
    let patient = claim.visit.patient.as_ref().unwrap();
    assert_eq!(patient.id.as_str(), "p-5");
    assert_eq!(patient.mobile.as_deref(), Some("+33639980005"));
}

pub(crate) async fn facilities_never_see_each_other(bench: Bench) {
    let other = bench.of("g");
    bench.plan([reminder(1)]).await;
    // The same ids everywhere.
    assert_eq!(
        other.tell(booking(1), vec![add(reminder(1))]).await,
        applied(1, 0, 0)
    );
    let mut changed = visit(1, 1);
    changed["patient"]["mobile"] = json!("+33639980009");
    other
        .tell(
            event("e-2", "appointment.modified", changed),
            vec![withdraw(1)],
        )
        .await;
    assert_eq!(other.state(1).await, State::Withdrawn);
    assert_eq!(bench.state(1).await, State::Planned);
    assert_eq!(bench.known("a-1").await.unwrap(), visit(1, 1));
    assert_eq!(other.claim("09:00", 10).await.len(), 0);
    let claim = bench.sent(1).await;
    assert_eq!(claim.message.facility.as_str(), "f");
    assert_eq!(other.state(1).await, State::Withdrawn);
    assert_eq!(other.story(1).await.len(), 2);
    other.erase(1).await;
    assert_eq!(bench.known("a-1").await.unwrap(), visit(1, 1));
    assert!(bench.message(1).await.text.is_some());
}
