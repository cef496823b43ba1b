//! Changes of rules: who is planned anew, that it is done once, and the history.

use rappel_core::event::{Event, EventError};
use rappel_core::facts::Records;
use rappel_core::ids::AppointmentId;
use rappel_core::message::State;
use rappel_core::store::{
    Change, ChangeRecord, ChangedFile, Did, EffectCounts, LastEvent, Message, Plan, PlannedAnew,
    Planner, Step, Unplanned,
};
use rappel_core::{Civil, Instant};
use serde_json::{Map, Value, json};

use crate::bench::*;

/// What the planner of a test wants of an appointment by other rules.
type Wanted = dyn Fn(&LastEvent, &Records, &[Message]) -> Vec<Change> + Send + Sync;

/// Plans by other rules, and nothing else.
struct Rules(&'static str, Box<Wanted>);

impl Planner for Rules {
    fn plan(
        &self,
        _: &Event,
        _: &Records,
        _: bool,
        _: &[Message],
        _: Instant,
    ) -> Result<Plan, EventError> {
        unreachable!("no event comes")
    }

    fn identities(&self, _: &Map<String, Value>) -> Vec<String> {
        Vec::new()
    }

    fn replan(
        &self,
        _: &Unplanned,
        _: &Records,
        _: &[Message],
        _: Instant,
    ) -> Result<Plan, EventError> {
        unreachable!("nothing waits to be planned again")
    }

    fn plan_anew(
        &self,
        event: &LastEvent,
        known: &Records,
        standing: &[Message],
        _: Instant,
    ) -> Result<Plan, EventError> {
        Ok(Plan {
            records: known.clone(),
            generation: self.0.into(),
            visit_start: Some(civil("3 14:30")),
            changes: (self.1)(event, known, standing),
            ..Plan::default()
        })
    }
}

/// Plans every appointment that it concerns by the rules of a generation.
async fn anew(
    bench: &Bench,
    generation: &'static str,
    wanted: impl Fn(&LastEvent, &Records, &[Message]) -> Vec<Change> + Send + Sync + 'static,
) -> PlannedAnew {
    let all = concerned(bench, generation, "08:30").await;
    bench
        .store
        .plan_anew(
            &bench.facility,
            &all,
            at("08:30"),
            &Rules(generation, Box::new(wanted)),
        )
        .await
        .unwrap()
}

async fn concerned(bench: &Bench, generation: &str, now: &str) -> Vec<AppointmentId> {
    let now: Civil = civil(now);
    bench
        .store
        .planned_otherwise(&bench.facility, generation, now)
        .await
        .unwrap()
}

pub(crate) async fn what_is_to_come_or_waits_is_planned_by_other_rules(bench: Bench) {
    bench.plan([reminder(1), reminder(2), reminder(3)]).await;
    for number in [4, 5] {
        bench.tell(booking(number), Vec::new()).await;
    }
    let cancelled = json!({"appointment": {"id": "a-5", "status": "cancelled"}});
    bench
        .tell(event("e-5", "appointment.cancelled", cancelled), Vec::new())
        .await;
    let ids = async |generation: &str, now: &str| {
        let all = concerned(&bench, generation, now).await;
        all.iter()
            .map(|id| id.as_str().to_string())
            .collect::<Vec<_>>()
    };
    assert_eq!(ids("g-2", "08:30").await, ["a-1", "a-2", "a-3", "a-4"]);
    assert_eq!(
        ids("g-1", "08:30").await,
        [""; 0],
        "they were planned by it"
    );
    assert_eq!(
        ids("g-2", "4 08:30").await,
        ["a-1", "a-2", "a-3"],
        "the visits are over, and messages wait"
    );
    assert_eq!(concerned(&bench.of("g"), "g-2", "08:30").await, []);
}

pub(crate) async fn other_rules_add_move_and_withdraw_and_the_story_says_so(bench: Bench) {
    bench.plan([reminder(1), reminder(2)]).await;
    bench.tell(booking(3), Vec::new()).await;
    let did = anew(&bench, "g-2", |event, known, standing| {
        assert_eq!((&*event.source, &*event.changed), ("agenda", &[][..]));
        match as_data(known)["appointment"]["id"].as_str().unwrap() {
            "a-1" => vec![move_to(1, "11:00")],
            "a-2" => vec![withdraw(2)],
            _ => {
                assert!(standing.is_empty());
                assert_eq!((&*event.id, event.time), ("book-3", at("08:00")));
                vec![add(reminder(3))]
            }
        }
    })
    .await;
    assert_eq!((did.added, did.moved, did.withdrawn), (1, 1, 1));
    let last = async |number| match bench.story(number).await.pop().unwrap() {
        Step::Rules { generation, did } => {
            assert_eq!(generation, "g-2");
            let message = bench.message(number).await;
            assert_eq!(message.generation.as_deref(), Some("g-2"));
            did
        }
        other => panic!("{other:?}"),
    };
    assert!(matches!(last(1).await, Did::Moved { to, .. } if to == civil("11:00")));
    assert!(matches!(last(2).await, Did::Withdrawn { .. }));
    assert!(matches!(last(3).await, Did::Added { .. }));
    assert_eq!(bench.state(2).await, State::Withdrawn);
    // What was planned is known by whom: nobody is asked twice.
    assert_eq!(concerned(&bench, "g-2", "08:30").await, []);
}

pub(crate) async fn what_went_stays_as_it_went(bench: Bench) {
    bench.plan([reminder(1), reminder(2)]).await;
    let claim = bench.take(1).await;
    assert!(bench.step(begin(&claim)).await);
    let judged = bench.take(2).await;
    let did = anew(&bench, "g-2", |_, _, standing| {
        standing
            .iter()
            .map(|message| withdraw(message.id.0.as_u128()))
            .collect()
    })
    .await;
    assert_eq!(did.withdrawn, 1);
    assert_eq!(bench.state(1).await, State::Sending);
    assert!(!bench.step(begin(&judged)).await, "its worker lost it");
}

pub(crate) async fn an_appointment_is_read_as_it_stands(bench: Bench) {
    bench.plan([reminder(1)]).await;
    let ids = [AppointmentId::new("a-1"), AppointmentId::new("a-9")];
    let all = bench.store.standing(&bench.facility, &ids).await.unwrap();
    let [one] = &all[..] else {
        panic!("{all:?}");
    };
    assert_eq!(one.appointment.as_str(), "a-1");
    assert_eq!(as_data(&one.known), visit(1, 1));
    assert_eq!(one.messages.len(), 1);
    assert_eq!(one.event.kind, booking(1).kind);
}

pub(crate) async fn an_older_event_is_not_the_last(bench: Bench) {
    bench.plan([reminder(1)]).await;
    let mut late = event("e-0", "appointment.modified", visit(1, 1));
    late.time = Some(at("07:00"));
    bench.tell(late, Vec::new()).await;
    let ids = [AppointmentId::new("a-1")];
    let all = bench.store.standing(&bench.facility, &ids).await.unwrap();
    assert_ne!(all[0].event.id, "e-0");
}

pub(crate) async fn who_is_erased_meanwhile_is_left_out(bench: Bench) {
    bench.plan([reminder(1)]).await;
    let all = concerned(&bench, "g-2", "08:30").await;
    let erased = event("e-1", "patient.erased", json!({"patient": {"id": "p-1"}}));
    let hand = Hand(|event: &Event, known: &Records, _, _: &[Message]| {
        Ok(Plan {
            erase: true,
            ..plan(event, known, Vec::new())
        })
    });
    bench.ingest(&[erased], &hand).await;
    let rules = Rules("g-2", Box::new(|_, _, _| unreachable!("nothing is there")));
    let did = bench
        .store
        .plan_anew(&bench.facility, &all, at("08:30"), &rules)
        .await;
    assert!(did.unwrap().is_nothing());
}

fn change(from: Option<&str>, to: Option<&str>, time: &str) -> ChangeRecord {
    ChangeRecord {
        facility: "f".into(),
        at: at(time),
        from: from.map(str::to_string),
        to: to.map(str::to_string),
        refused: to.is_none().then(|| "clinic.toml: no".to_string()),
        files: vec![ChangedFile {
            path: "clinic.toml".into(),
            before: from.map(|_| "0123456789ab".to_string()),
            after: Some("ba9876543210".into()),
            owner: Some("ana".into()),
        }],
        commit: Some("fedcba987654".into()),
        effect: None,
    }
}

pub(crate) async fn the_history_is_told_the_latest_first(bench: Bench) {
    let all = [
        change(None, Some("g-1"), "08:00"),
        change(Some("g-1"), Some("g-2"), "09:00"),
        change(Some("g-2"), None, "10:00"),
        change(Some("g-2"), Some("g-1"), "11:00"),
    ];
    for change in &all {
        bench.store.note_change(change).await.unwrap();
    }
    let effect = EffectCounts {
        moved: 2,
        late: 1,
        ..EffectCounts::default()
    };
    let store = &bench.store;
    assert_eq!(store.effect_of(&bench.facility, "g-1").await.unwrap(), None);
    store
        .note_effect(&bench.facility, "g-1", &effect)
        .await
        .unwrap();
    assert_eq!(
        store.effect_of(&bench.facility, "g-1").await.unwrap(),
        Some(effect)
    );
    let mut expected = all.to_vec();
    // The last time that it served, and not the first.
    expected[3].effect = Some(effect);
    expected.reverse();
    let told = store.changes(&bench.facility, 10).await.unwrap();
    assert_eq!(told, expected);
    let told = store.changes(&bench.facility, 2).await.unwrap();
    assert_eq!(told, expected[..2]);
    assert_eq!(store.changes(&"g".into(), 10).await.unwrap(), []);
}

pub(crate) async fn the_history_has_an_end(bench: Bench) {
    let old = change(None, Some("g-0"), "08:00");
    bench.store.note_change(&old).await.unwrap();
    let mut later = change(Some("g-0"), Some("g-1"), "08:00");
    later.at += chrono::TimeDelta::days(3 * 365);
    for _ in 0..1_005 {
        bench.store.note_change(&later).await.unwrap();
    }
    let told = bench.store.changes(&bench.facility, 5_000).await.unwrap();
    assert_eq!(told.len(), 1_000);
    assert!(told.iter().all(|told| *told == later));
}
