//! Alerts reach the appointments of a practitioner or room; lists are about a day of theirs.

use rappel_core::civil::{Civil, Instant};
use rappel_core::decision::PolicyFault;
use rappel_core::event::{Event, EventError};
use rappel_core::facts::{Record, Records};
use rappel_core::kind::Kind;
use rappel_core::message::{Recipient, State};
use rappel_core::store::{
    Change, Ingested, LastEvent, Message, NewMessage, Plan, Planner, Reach, Step, Unplanned,
};
use serde_json::json;

use crate::bench::*;

/// Tells everybody whom an alert reaches on 1 June.
struct Alarm {
    approve_over: u32,
    fails: bool,
}

impl Planner for Alarm {
    fn reach(&self, event: &Event, _now: Instant) -> Option<Reach> {
        event.kind.is_alert().then(|| Reach {
            from: civil("13:00"),
            until: civil("18:00"),
            approve_over: self.approve_over,
        })
    }

    fn plan(
        &self,
        event: &Event,
        known: &Records,
        _late: bool,
        _standing: &[Message],
        _now: Instant,
    ) -> Result<Plan, EventError> {
        let mut told = plan(event, known, Vec::new());
        if let Some(appointment) = known.id(Record::Appointment) {
            let number = appointment.trim_start_matches("a-").parse().unwrap();
            told.changes.push(Change::Add(Box::new(NewMessage {
                kind: kind("delayed"),
                notice: true,
                due: at("08:00"),
                due_civil: civil("08:00"),
                expires: Some(at("19:00")),
                delay: event.alert.delay,
                ..reminder(number)
            })));
            if self.fails {
                told.faults.push(fault());
            }
        }
        Ok(told)
    }

    fn identities(&self, _patient: &serde_json::Map<String, serde_json::Value>) -> Vec<String> {
        Vec::new()
    }

    fn replan(
        &self,
        _event: &Unplanned,
        _known: &Records,
        _standing: &[Message],
        _now: Instant,
    ) -> Result<Plan, EventError> {
        unreachable!()
    }

    fn plan_anew(
        &self,
        _: &LastEvent,
        _: &Records,
        _: &[Message],
        _: Instant,
    ) -> Result<Plan, EventError> {
        unreachable!("the rules stay as they are")
    }
}

fn fault() -> PolicyFault {
    PolicyFault {
        origin: origin("alerts", 7),
        reason: "the calculation has no result".into(),
    }
}

fn late(minutes: u32) -> Event {
    let data = json!({"resource": {"id": "r-1"}, "alert": {"delay": minutes}});
    event(&format!("late-{minutes}"), "resource.delayed", data)
}

/// The appointment `a-N` of the patient `p-1` with a resource at a time.
async fn book(bench: &Bench, number: u128, resource: &str, start: &str, status: &str) {
    let data = json!({
        "appointment": {"id": format!("a-{number}"), "start": civil(start), "status": status},
        "patient": {"id": "p-1", "first_name": "Jeannette"},
        "resource": {"id": resource},
    });
    let booked = event(&format!("book-{number}"), "appointment.created", data);
    bench.tell(booked, Vec::new()).await;
}

async fn alarm(bench: &Bench, event: Event, approve_over: u32) -> Ingested {
    let alarm = Alarm {
        approve_over,
        fails: false,
    };
    bench.ingest(&[event], &alarm).await.remove(0)
}

fn approval_of(outcome: &Ingested) -> Option<&str> {
    match outcome {
        Ingested::Applied { approval, .. } => approval.as_deref(),
        _ => None,
    }
}

pub(crate) async fn an_alert_reaches_the_open_appointments_of_its_while(bench: Bench) {
    book(&bench, 1, "r-1", "13:00", "booked").await;
    book(&bench, 2, "r-1", "17:59", "confirmed").await;
    book(&bench, 3, "r-1", "18:00", "booked").await;
    book(&bench, 4, "r-1", "12:59", "booked").await;
    book(&bench, 5, "r-1", "14:00", "cancelled").await;
    book(&bench, 6, "r-2", "14:00", "booked").await;
    book(&bench, 7, "r-1", "2 14:00", "booked").await;
    book(&bench.of("g"), 8, "r-1", "14:00", "booked").await;
    let outcome = alarm(&bench, late(20), 10).await;
    assert!(
        matches!(
            &outcome,
            Ingested::Applied {
                added: 2,
                approval: None,
                ..
            }
        ),
        "{outcome:?}"
    );
    let mut claims = bench.claim("08:00", 10).await;
    claims.sort_by_key(|claim| claim.message.id);
    assert_eq!(numbers(&claims), [1, 2]);
    assert_eq!(claims[0].message.delay, Some(20));
    assert_eq!(claims[0].message.appointment, Some("a-1".into()));
    assert_eq!(claims[0].message.patient, Some("p-1".into()));
    assert_eq!(alarm(&bench, late(20), 10).await, Ingested::Repeated);
}

pub(crate) async fn an_alert_that_concerns_many_waits_for_an_approval(bench: Bench) {
    for number in 1..=3 {
        book(&bench, number, "r-1", "14:00", "booked").await;
    }
    let outcome = alarm(&bench, late(20), 2).await;
    let approval = approval_of(&outcome).unwrap().to_string();
    assert_eq!(bench.claim("12:00", 10).await.len(), 0);
    assert_eq!(bench.state(1).await, State::Held);
    let reason = bench.message(1).await.reason.unwrap();
    assert_eq!(
        reason,
        format!("waits for an approval: `rappel approve {approval}`")
    );
    let waiting = bench.store.approvals(&bench.facility).await.unwrap();
    assert_eq!(waiting.len(), 1);
    assert_eq!(
        (waiting[0].id.as_str(), waiting[0].messages),
        (approval.as_str(), 3)
    );
    assert_eq!(bench.store.approvals(&"g".into()).await.unwrap(), []);

    let decide = async |approval: &str| {
        let now = (at("12:00"), civil("12:00"));
        bench
            .store
            .decide(&bench.facility, approval, true, now)
            .await
            .unwrap()
    };
    assert_eq!(decide("other").await, None);
    assert_eq!(decide(&approval).await, Some(3));
    assert_eq!(decide(&approval).await, None, "it is decided");
    assert_eq!(bench.store.approvals(&bench.facility).await.unwrap(), []);
    let claims = bench.claim("12:00", 10).await;
    assert_eq!(claims.len(), 3);
    assert_eq!(claims[0].message.due, at("12:00"));
    assert_eq!(
        bench.story(1).await.pop(),
        Some(Step::Decided { approved: true })
    );
}

pub(crate) async fn what_is_not_approved_is_withdrawn(bench: Bench) {
    for number in 1..=3 {
        book(&bench, number, "r-1", "14:00", "booked").await;
    }
    let outcome = alarm(&bench, late(20), 2).await;
    let approval = approval_of(&outcome).unwrap();
    let now = (at("12:00"), civil("12:00"));
    let decided = bench
        .store
        .decide(&bench.facility, approval, false, now)
        .await;
    assert_eq!(decided.unwrap(), Some(3));
    assert_eq!(bench.state(2).await, State::Withdrawn);
    assert_eq!(bench.claim("19:00", 10).await.len(), 0);
    // Another alert about the same visits asks anew.
    for number in 4..=6 {
        book(&bench, number, "r-1", "15:00", "booked").await;
    }
}

fn list(number: u128) -> NewMessage {
    NewMessage {
        kind: kind("resource_day"),
        recipient: Recipient::Resource,
        lists: Some(civil("12:00").date()),
        ..reminder(number)
    }
}

pub(crate) async fn a_days_list_exists_once_and_brings_its_appointments(bench: Bench) {
    let book_with_list = async |number: u128, start: &str, status: &str| {
        let data = json!({
            "appointment": {"id": format!("a-{number}"), "start": civil(start), "status": status},
            "resource": {"id": "r-1", "name": "Dr Martin", "email": "martin@example.org"},
        });
        let booked = event(&format!("book-{number}"), "appointment.created", data);
        bench.tell(booked, vec![add(list(number))]).await
    };
    let first = book_with_list(1, "15:00", "booked").await;
    assert!(
        matches!(first, Ingested::Applied { added: 1, .. }),
        "{first:?}"
    );
    for (number, start, status) in [
        (2, "14:00", "booked"),
        (3, "16:00", "cancelled"),
        (4, "2 14:00", "booked"),
    ] {
        let again = book_with_list(number, start, status).await;
        assert!(
            matches!(again, Ingested::Applied { added: 0, .. }),
            "{again:?}"
        );
    }
    // Other rules want it at another time, while it waits.
    let at_ten = NewMessage {
        due: at("10:00"),
        due_civil: civil("10:00"),
        ..list(9)
    };
    let moved = async |id: &str| {
        let event = event(
            id,
            "appointment.modified",
            json!({"appointment": {"id": "a-2"}}),
        );
        let told = bench.tell(event, vec![add(at_ten.clone())]).await;
        matches!(
            told,
            Ingested::Applied {
                added: 0,
                moved: 1,
                ..
            }
        )
    };
    assert!(moved("e-1").await);
    assert!(!moved("e-2").await, "it has that time");
    let Some(Step::Moved { from, to, .. }) = bench.story(1).await.pop() else {
        panic!("it was moved");
    };
    assert_eq!((from, to), (civil("09:00"), civil("10:00")));
    assert_eq!(bench.claim("09:30", 10).await.len(), 0);
    let claims = bench.claim("10:00", 10).await;
    assert_eq!(numbers(&claims), [1]);
    let claim = &claims[0];
    assert_eq!(claim.message.appointment, None);
    assert_eq!(claim.message.resource.as_deref(), Some("r-1"));
    assert_eq!(
        claim.visit.resource.as_ref().unwrap().name.as_deref(),
        Some("Dr Martin")
    );
    let starts: Vec<Civil> = claim
        .listed
        .iter()
        .map(|visit| visit.appointment.as_ref().unwrap().start)
        .collect();
    assert_eq!(starts, [civil("14:00"), civil("15:00")]);
}

pub(crate) async fn a_message_after_a_visit_knows_the_next_one_and_those_before(bench: Bench) {
    let recall = |number: u128| NewMessage {
        kind: Kind::RECALL,
        ..reminder(number)
    };
    let book_with_recall = async |number: u128, start: &str, status: &str| {
        let data = json!({
            "appointment": {"id": format!("a-{number}"), "start": civil(start), "status": status},
            "patient": {"id": "p-1"},
        });
        let booked = event(&format!("book-{number}"), "appointment.created", data);
        bench.tell(booked, vec![add(recall(number))]).await;
    };
    book_with_recall(1, "10:00", "attended").await;
    let claim = bench.take(1).await;
    assert_eq!((claim.next_visit, claim.sent_before), (None, 0));
    assert!(bench.step(begin(&claim)).await);
    book_with_recall(2, "11:00", "attended").await;
    book_with_recall(3, "12:00", "cancelled").await;
    book_with_recall(4, "13:00", "booked").await;
    book_with_recall(5, "14:00", "booked").await;
    let claims = bench.claim("09:00", 10).await;
    let told: Vec<_> = claims
        .iter()
        .map(|claim| (claim.next_visit, claim.sent_before))
        .collect();
    assert_eq!(
        told,
        [
            (Some(civil("13:00")), 1),
            (Some(civil("13:00")), 1),
            (Some(civil("14:00")), 1),
            (None, 1),
        ]
    );
}

pub(crate) async fn a_policy_that_fails_on_an_alert_is_remembered_for_each_appointment(
    bench: Bench,
) {
    book(&bench, 1, "r-1", "14:00", "booked").await;
    book(&bench, 2, "r-1", "15:00", "booked").await;
    let alarm = Alarm {
        approve_over: 10,
        fails: true,
    };
    let outcome = bench.ingest(&[late(30)], &alarm).await.remove(0);
    assert!(
        matches!(&outcome, Ingested::Applied { faults, .. } if *faults == [fault()]),
        "{outcome:?}"
    );
    let waiting = bench.store.unplanned(Some(&bench.facility)).await.unwrap();
    let told: Vec<_> = waiting
        .iter()
        .map(|one| (one.record, one.subject.as_str(), one.delay))
        .collect();
    assert_eq!(
        told,
        [
            (Record::Appointment, "a-1", Some(30)),
            (Record::Appointment, "a-2", Some(30)),
        ]
    );
}
