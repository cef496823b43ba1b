//! Events on which a policy failed: nothing of them is lost, and nothing goes by an old plan.

use std::sync::{Arc, Mutex};

use rappel_core::decision::PolicyFault;
use rappel_core::event::Event;
use rappel_core::facts::{Record, Records};
use rappel_core::message::State;
use rappel_core::store::{Change, Ingested, Message, Plan, Replanned, Step, Unplanned};
use serde_json::json;

use crate::bench::*;

fn fault() -> PolicyFault {
    PolicyFault {
        origin: origin("reminder", 9),
        reason: "the calculation has no result".into(),
    }
}

/// Tells an event on which a policy fails, and which leads to these changes all the same.
async fn fail(bench: &Bench, event: Event, changes: Vec<Change>) -> Ingested {
    let hand = Hand(move |event: &Event, known: &Records, _, _: &[Message]| {
        Ok(Plan {
            faults: vec![fault()],
            changed: vec!["start"],
            ..plan(event, known, changes.clone())
        })
    });
    bench.ingest(&[event], &hand).await.remove(0)
}

/// Plans again at 08:30 as the function says.
async fn again(
    bench: &Bench,
    answer: impl Fn(&Unplanned, &Records, &[Message]) -> Plan + Send + Sync + 'static,
) -> Replanned {
    bench
        .store
        .replan(&bench.facility, at("08:30"), &Anew(Box::new(answer)))
        .await
        .unwrap()
}

async fn waiting(bench: &Bench) -> Vec<Unplanned> {
    bench.store.unplanned(Some(&bench.facility)).await.unwrap()
}

pub(crate) async fn an_event_that_a_policy_fails_on_waits_until_it_is_planned_again(bench: Bench) {
    let outcome = fail(&bench, booking(1), Vec::new()).await;
    assert!(
        matches!(&outcome, Ingested::Applied { faults, .. } if *faults == [fault()]),
        "{outcome:?}"
    );
    assert!(bench.known("a-1").await.is_some(), "its facts are kept");
    let told = Unplanned {
        facility: bench.facility.clone(),
        source: "agenda".into(),
        id: "book-1".into(),
        kind: booking(1).kind,
        record: Record::Appointment,
        subject: "a-1".into(),
        time: at("08:00"),
        at: at("08:00"),
        changed: vec!["start".into()],
        delay: None,
        faults: vec![fault()],
    };
    assert_eq!(waiting(&bench).await, std::slice::from_ref(&told));
    assert_eq!(
        bench.store.unplanned(None).await.unwrap(),
        std::slice::from_ref(&told)
    );
    let others = bench.of("g");
    assert_eq!(waiting(&others).await, []);
    assert_eq!(
        again(&others, |_, _, _| unreachable!()).await,
        Replanned::default()
    );
    let heard = Arc::new(Mutex::new(None));
    let replanned = again(&bench, {
        let heard = heard.clone();
        move |event, known, _| {
            *heard.lock().unwrap() = Some((event.clone(), as_data(known)));
            Plan {
                records: known.clone(),
                changes: vec![add(reminder(1))],
                ..Plan::default()
            }
        }
    })
    .await;
    assert_eq!((replanned.planned, replanned.faults.len()), (1, 0));
    assert_eq!(heard.lock().unwrap().take(), Some((told, visit(1, 1))));
    assert_eq!(waiting(&bench).await, []);
    let message = bench.message(1).await;
    assert_eq!(message.state, State::Planned);
    assert_eq!(message.patient.unwrap().as_str(), "p-1");
    assert!(matches!(
        &bench.story(1).await[..],
        [Step::Planned { id, source, .. }] if id == "book-1" && source == "agenda"
    ));
}

pub(crate) async fn they_are_planned_again_in_their_order(bench: Bench) {
    for number in 1..=250 {
        fail(&bench, booking(number), Vec::new()).await;
    }
    let heard = Arc::new(Mutex::new(Vec::new()));
    let replanned = again(&bench, {
        let heard = heard.clone();
        move |event, known, _| {
            heard.lock().unwrap().push(event.id.clone());
            Plan {
                records: known.clone(),
                ..Plan::default()
            }
        }
    })
    .await;
    assert_eq!(replanned.planned, 250);
    let expected: Vec<String> = (1..=250).map(|number| format!("book-{number}")).collect();
    assert_eq!(*heard.lock().unwrap(), expected);
}

pub(crate) async fn what_still_fails_waits_on(bench: Bench) {
    fail(&bench, booking(1), Vec::new()).await;
    fail(&bench, booking(2), Vec::new()).await;
    let other = PolicyFault {
        origin: origin("own", 4),
        reason: "it ran too long".into(),
    };
    let still = other.clone();
    let replanned = again(&bench, move |event, known, _| Plan {
        records: known.clone(),
        faults: if event.subject == "a-1" {
            vec![still.clone()]
        } else {
            Vec::new()
        },
        ..Plan::default()
    })
    .await;
    assert_eq!(replanned.planned, 1);
    assert_eq!(
        replanned.faults.into_iter().collect::<Vec<_>>(),
        [(other.clone(), 1)]
    );
    let waiting = waiting(&bench).await;
    assert_eq!(waiting.len(), 1);
    assert_eq!(
        (&*waiting[0].subject, &waiting[0].faults),
        ("a-1", &vec![other])
    );
}

fn keep(number: u128, until: &str) -> Change {
    Change::Keep {
        id: id(number),
        fault: fault(),
        until: Some((at(until), civil(until))),
    }
}

pub(crate) async fn what_may_be_wanted_is_kept_back_until_it_is_planned_anew(bench: Bench) {
    bench.plan([reminder(1)]).await;
    let taken = bench.take(1).await;
    let moved = event("e-2", "appointment.modified", visit(1, 1));
    fail(&bench, moved, vec![keep(1, "3 14:30")]).await;
    assert!(!bench.step(begin(&taken)).await, "it was taken back");
    let kept = bench.message(1).await;
    assert!(kept.unplanned);
    assert_eq!((kept.state, kept.due), (State::Held, at("3 14:30")));
    assert_eq!(
        kept.reason.as_deref(),
        Some("planning it anew failed: the calculation has no result")
    );
    assert_eq!(kept.origin, Some(origin("reminder", 9)));
    assert!(matches!(
        bench.story(1).await.last(),
        Some(Step::Kept { id, .. }) if id == "e-2"
    ));
    assert_eq!(bench.claim("12:00", 10).await.len(), 0);
    // Another event on which it fails says nothing new.
    let again_moved = event("e-3", "appointment.modified", visit(1, 1));
    fail(&bench, again_moved, vec![keep(1, "3 14:30")]).await;
    assert_eq!(bench.story(1).await.len(), 2);
    let heard = Arc::new(Mutex::new(Vec::new()));
    let replanned = again(&bench, {
        let heard = heard.clone();
        move |_, known, standing| {
            heard.lock().unwrap().push(standing[0].unplanned);
            Plan {
                records: known.clone(),
                changes: vec![move_to(1, "10:00")],
                ..Plan::default()
            }
        }
    })
    .await;
    assert_eq!(replanned.planned, 2);
    assert_eq!(*heard.lock().unwrap(), [true, false]);
    let planned = bench.message(1).await;
    assert_eq!((planned.state, planned.due), (State::Planned, at("10:00")));
    assert!(!planned.unplanned);
    assert_eq!(planned.reason, None);
}

pub(crate) async fn what_is_kept_back_is_taken_again_when_it_is_too_late(bench: Bench) {
    bench.plan([reminder(1)]).await;
    let moved = event("e-2", "appointment.modified", visit(1, 1));
    fail(&bench, moved, vec![keep(1, "10:00")]).await;
    let taken = bench.claim("10:00", 10).await;
    assert_eq!(numbers(&taken), [1]);
    let expired = step(&taken[0], State::Held, State::Expired);
    assert!(bench.step(expired).await);
    assert!(!bench.message(1).await.unplanned);
}

pub(crate) async fn an_erased_patients_events_wait_no_longer(bench: Bench) {
    fail(&bench, booking(1), Vec::new()).await;
    fail(&bench, booking(2), Vec::new()).await;
    let registered = event(
        "e-3",
        "patient.registered",
        json!({"patient": {"id": "p-1"}}),
    );
    fail(&bench, registered, Vec::new()).await;
    bench.erase(1).await;
    let waiting = waiting(&bench).await;
    let subjects: Vec<&str> = waiting.iter().map(|event| &*event.subject).collect();
    assert_eq!(subjects, ["a-2"]);
}
