//! The brake: a generation that plans far more than usual is stopped, whole or not at all.

use rappel_core::alarm::AlarmKind;
use rappel_core::civil::Instant;
use rappel_core::event::{Event, EventError};
use rappel_core::facts::Records;
use rappel_core::ids::AppointmentId;
use rappel_core::message::State;
use rappel_core::store::{
    Brake, Braked, Change, Ingested, KeptFolder, LastEvent, Message, NewMessage, Plan, PlannedAnew,
    Planner, Step, Unplanned,
};
use serde_json::{Map, Value};

use crate::bench::*;

/// Rules that plan so many messages for each booking, and are stopped at three times what is usual and more
/// than ten.
struct Rules {
    generation: &'static str,
    each: u128,
}

/// The message of a number of a booking.
fn number(booking: &str, which: u128) -> u128 {
    let booking: u128 = booking.rsplit('-').next().unwrap().parse().unwrap();
    booking * 100 + which
}

impl Planner for Rules {
    fn brake(&self) -> Option<Brake> {
        Some(Brake {
            generation: self.generation.into(),
            multiple: 3,
            least: 10,
        })
    }

    fn plan(
        &self,
        event: &Event,
        known: &Records,
        _: bool,
        _: &[Message],
        _: Instant,
    ) -> Result<Plan, EventError> {
        let adds = (0..self.each).map(|which| {
            add(NewMessage {
                ordinal: u32::try_from(which).unwrap() + 1,
                ..reminder(number(&event.id, which))
            })
        });
        Ok(Plan {
            generation: self.generation.into(),
            ..plan(event, known, adds.collect())
        })
    }

    fn identities(&self, _: &Map<String, Value>) -> Vec<String> {
        Vec::new()
    }

    fn plan_anew(
        &self,
        event: &LastEvent,
        known: &Records,
        standing: &[Message],
        _: Instant,
    ) -> Result<Plan, EventError> {
        let more = (standing.len() as u128..self.each).map(|which| {
            add(NewMessage {
                ordinal: u32::try_from(which).unwrap() + 1,
                ..reminder(number(&event.id, which))
            })
        });
        Ok(Plan {
            records: known.clone(),
            generation: self.generation.into(),
            visit_start: Some(civil("3 14:30")),
            changes: more.collect(),
            ..Plan::default()
        })
    }

    fn replan(
        &self,
        event: &Unplanned,
        known: &Records,
        standing: &[Message],
        _: Instant,
    ) -> Result<Plan, EventError> {
        let wanted = number(&event.id, self.each);
        let changes = standing.iter().map(|message| {
            let of = (0..1_000_000).find(|number| id(*number) == message.id);
            match of.unwrap() {
                of if of < wanted => move_to(of, "3 09:00"),
                of => Change::Withdraw {
                    id: id(of),
                    reason: "nobody wants it".into(),
                },
            }
        });
        Ok(Plan {
            records: known.clone(),
            generation: self.generation.into(),
            visit_start: Some(civil("3 14:30")),
            changes: changes.collect(),
            ..Plan::default()
        })
    }
}

/// How many appointments are planned anew by rules, and what came of it.
async fn anew(bench: &Bench, rules: &Rules) -> PlannedAnew {
    let all: Vec<AppointmentId> = bench
        .store
        .planned_otherwise(&bench.facility, rules.generation, civil("08:00"))
        .await
        .unwrap();
    bench
        .store
        .plan_anew(&bench.facility, &all, at("08:30"), rules)
        .await
        .unwrap()
}

fn kept(generation: &str) -> KeptFolder {
    KeptFolder {
        facility: "f".into(),
        folder: "/clinics/f".into(),
        generation: generation.into(),
        files: [("clinic.toml".to_string(), generation.to_string())].into(),
    }
}

/// Files go live and book so many visits from a number on.
async fn serve(
    bench: &Bench,
    rules: &Rules,
    bookings: std::ops::RangeInclusive<u128>,
) -> Vec<Ingested> {
    bench
        .store
        .keep_folder(&kept(rules.generation))
        .await
        .unwrap();
    let events: Vec<Event> = bookings.map(booking).collect();
    bench.ingest(&events, rules).await
}

const GOOD: Rules = Rules {
    generation: "good",
    each: 1,
};
const BAD: Rules = Rules {
    generation: "bad",
    each: 12,
};

async fn braked(bench: &Bench) -> Vec<Braked> {
    bench.store.braked(Some(&bench.facility)).await.unwrap()
}

/// Good rules, and bad ones that are stopped; the approval.
async fn stop(bench: &Bench) -> String {
    serve(bench, &GOOD, 1..=20).await;
    serve(bench, &BAD, 21..=22).await;
    braked(bench).await.pop().unwrap().approval
}

async fn decide(bench: &Bench, approval: &str, approved: bool) -> Option<u32> {
    let now = (at("12:00"), civil("12:00"));
    bench
        .store
        .decide(&bench.facility, approval, approved, now)
        .await
        .unwrap()
}

async fn waiting(bench: &Bench) -> usize {
    let unplanned = bench.store.unplanned(Some(&bench.facility)).await.unwrap();
    unplanned.len()
}

pub(crate) async fn a_generation_that_plans_too_much_is_stopped_with_all_that_it_planned(
    bench: Bench,
) {
    serve(&bench, &GOOD, 1..=20).await;
    serve(&bench, &BAD, 21..=21).await;
    assert_eq!(braked(&bench).await, [], "as many as a usual day has");
    let outcomes = serve(&bench, &BAD, 22..=22).await;
    let braked = braked(&bench).await;
    let approval = braked[0].approval.clone();
    assert_eq!(
        braked,
        [Braked {
            facility: bench.facility.clone(),
            generation: "bad".into(),
            approval: approval.clone(),
            event: booking(1).kind,
            events: 2,
            planned: 24,
            usual: 2,
            at: at("08:00"),
            rejected: false,
        }]
    );
    assert!(
        matches!(&outcomes[..], [Ingested::Applied { added: 12, approval: Some(one), .. }] if *one == approval),
        "{outcomes:?}"
    );
    for number in [2100, 2111, 2200, 2211] {
        let message = bench.message(number).await;
        assert_eq!(message.state, State::Held, "{number}");
        assert_eq!(message.approval.as_deref(), Some(&*approval));
    }
    assert_eq!(
        bench.message(2100).await.reason.unwrap(),
        format!("the brake stopped the rules that planned it: `rappel approve {approval}`")
    );
    assert!(matches!(
        bench.story(2100).await.pop(),
        Some(Step::Braked { .. })
    ));
    assert_eq!(bench.state(100).await, State::Planned, "others stand");
    assert_eq!(waiting(&bench).await, 2, "each visit is planned again");
    let approvals = bench.store.approvals(&bench.facility).await.unwrap();
    assert_eq!(
        (approvals[0].generation.as_deref(), approvals[0].messages),
        (Some("bad"), 24)
    );
    let alarms = bench.store.alarms(None, 10).await.unwrap();
    assert_eq!(alarms.len(), 1);
    assert_eq!(alarms[0].1.alarm.kind, AlarmKind::Braked);
    assert_eq!(alarms[0].1.alarm.subject, approval);
    assert_eq!(
        bench.of("g").store.braked(Some(&"g".into())).await.unwrap(),
        []
    );
    // What goes next is what the other rules planned.
    let claims = bench.claim("3 09:00", 100).await;
    assert_eq!(claims.len(), 20);
}

pub(crate) async fn what_is_usual_is_measured_by_the_event(bench: Bench) {
    let rules = |generation, each| Rules { generation, each };
    serve(&bench, &rules("usual", 3), 1..=4).await;
    // However many events there are: three times as much for each is not more than that.
    serve(&bench, &rules("thrice", 9), 5..=104).await;
    assert_eq!(braked(&bench).await, []);
    assert_eq!(bench.state(10408).await, State::Planned);
    let bench = bench.of("f2");
    let kept = |generation: &str| KeptFolder {
        facility: "f2".into(),
        folder: "/clinics/f2".into(),
        ..kept(generation)
    };
    let usual = kept("usual");
    bench.store.keep_folder(&usual).await.unwrap();
    let events: Vec<Event> = (201..=204).map(booking).collect();
    bench.ingest(&events, &rules("usual", 3)).await;
    bench.store.keep_folder(&kept("more")).await.unwrap();
    let events: Vec<Event> = (205..=304).map(booking).collect();
    bench.ingest(&events, &rules("more", 10)).await;
    assert_eq!(braked(&bench).await.len(), 1);
}

pub(crate) async fn where_nothing_was_written_a_usual_day_is_the_bound(bench: Bench) {
    let none = Rules {
        generation: "none",
        each: 0,
    };
    // Another kind of event that the clinic writes about: twelve messages a day.
    let moves = (1..=12).map(|number| {
        let moved = event(
            &format!("move-{number}"),
            "appointment.modified",
            visit(number, number),
        );
        (moved, &GOOD)
    });
    bench.store.keep_folder(&kept("good")).await.unwrap();
    for (event, rules) in moves {
        bench.ingest(&[event], rules).await;
    }
    serve(&bench, &none, 101..=140).await;
    let survey = Rules {
        generation: "survey",
        each: 1,
    };
    serve(&bench, &survey, 201..=212).await;
    assert_eq!(braked(&bench).await, [], "no more than a usual day has");
    serve(&bench, &survey, 213..=213).await;
    let braked = braked(&bench).await;
    assert_eq!((braked[0].planned, braked[0].usual), (13, 0));
}

pub(crate) async fn what_is_not_much_stops_nothing(bench: Bench) {
    serve(&bench, &GOOD, 1..=3).await;
    let ten = Rules {
        generation: "ten",
        each: 10,
    };
    serve(&bench, &ten, 4..=4).await;
    assert_eq!(braked(&bench).await, [], "ten for one visit");
}

pub(crate) async fn the_first_files_are_their_own_measure(bench: Bench) {
    serve(&bench, &BAD, 1..=10).await;
    assert_eq!(braked(&bench).await, []);
    assert_eq!(bench.state(100).await, State::Planned);
}

pub(crate) async fn what_it_plans_after_it_was_stopped_waits_too(bench: Bench) {
    let approval = stop(&bench).await;
    let late = bench.ingest(&[booking(23)], &BAD).await;
    assert!(
        matches!(&late[..], [Ingested::Applied { approval: Some(one), .. }] if *one == approval),
        "{late:?}"
    );
    assert_eq!(bench.state(2305).await, State::Held);
    assert_eq!(braked(&bench).await.len(), 1);
    assert_eq!(waiting(&bench).await, 3);
}

pub(crate) async fn what_is_approved_goes_in_its_time_and_is_not_stopped_again(bench: Bench) {
    let approval = stop(&bench).await;
    let due = bench.message(100).await.due;
    assert_eq!(decide(&bench, &approval, true).await, Some(24));
    assert_eq!(braked(&bench).await, []);
    let message = bench.message(2205).await;
    assert_eq!((message.state, message.due), (State::Planned, due));
    assert_eq!((message.approval, message.unplanned), (None, false));
    assert_eq!(
        bench.story(2205).await.pop(),
        Some(Step::Decided { approved: true })
    );
    serve(&bench, &BAD, 23..=40).await;
    assert_eq!(braked(&bench).await, [], "somebody said that it may");
    assert_eq!(bench.state(4000).await, State::Planned);
    assert_eq!(decide(&bench, &approval, false).await, None);
}

pub(crate) async fn what_is_withdrawn_goes_nowhere(bench: Bench) {
    let approval = stop(&bench).await;
    assert_eq!(decide(&bench, &approval, false).await, Some(24));
    let withdrawn = bench.message(2100).await;
    assert_eq!(withdrawn.state, State::Withdrawn);
    assert_eq!(withdrawn.due, at("09:00"), "the time that it had");
    let braked = braked(&bench).await;
    assert!(braked[0].rejected, "it never serves again");
    assert_eq!(bench.store.approvals(&bench.facility).await.unwrap(), []);
}

pub(crate) async fn earlier_rules_let_go_what_they_want_and_leave_the_rest(bench: Bench) {
    let approval = stop(&bench).await;
    let replanned = bench
        .store
        .replan(&bench.facility, at("08:30"), &GOOD)
        .await
        .unwrap();
    assert_eq!(replanned.planned, 2);
    assert_eq!(waiting(&bench).await, 0);
    for number in [2100, 2200] {
        let message = bench.message(number).await;
        assert_eq!(message.state, State::Planned);
        assert_eq!(message.generation.as_deref(), Some("good"));
        assert_eq!(message.approval, None);
        assert!(matches!(
            bench.story(number).await.pop(),
            Some(Step::Resumed { .. })
        ));
    }
    assert_eq!(bench.state(2101).await, State::Held);
    let approvals = bench.store.approvals(&bench.facility).await.unwrap();
    assert_eq!(approvals[0].messages, 22);
    assert_eq!(decide(&bench, &approval, false).await, Some(22));
    assert_eq!(bench.state(2100).await, State::Planned);
    assert_eq!(bench.state(2101).await, State::Withdrawn);
}

pub(crate) async fn what_waits_comes_too_late_in_its_time(bench: Bench) {
    stop(&bench).await;
    let held = bench.message(2105).await;
    assert_eq!(Some(held.due), held.expires);
}

pub(crate) async fn the_files_before_are_kept_while_the_new_ones_prove_nothing(bench: Bench) {
    let generations = async || {
        let kept = bench.store.kept_folders().await.unwrap();
        let generations = kept.into_iter().map(|kept| kept.generation);
        generations.collect::<Vec<_>>()
    };
    serve(&bench, &GOOD, 1..=20).await;
    let hasty = Rules {
        generation: "hasty",
        each: 1,
    };
    serve(&bench, &hasty, 21..=22).await;
    // What stood is planned by them too; that proves nothing either.
    assert_eq!(anew(&bench, &hasty).await.added, 0);
    assert_eq!(generations().await, ["hasty"]);
    serve(&bench, &BAD, 23..=24).await;
    assert_eq!(braked(&bench).await.len(), 1);
    assert_eq!(generations().await, ["good"], "what proved to be good");
    bench.store.keep_folder(&kept("good")).await.unwrap();
    assert_eq!(generations().await, ["good"]);
    bench.store.keep_folder(&kept("mended")).await.unwrap();
    assert_eq!(generations().await, ["mended"]);
}

pub(crate) async fn what_a_change_of_rules_adds_is_measured_by_what_was_there(bench: Bench) {
    serve(&bench, &GOOD, 1..=20).await;
    bench.store.keep_folder(&kept("some")).await.unwrap();
    let some = Rules {
        generation: "some",
        each: 3,
    };
    assert_eq!(anew(&bench, &some).await.added, 40);
    assert!(
        braked(&bench).await.is_empty(),
        "twice what was there is no flood"
    );
    // Nor does it say anything of what is usual for a booking.
    serve(&bench, &some, 21..=25).await;
    assert!(braked(&bench).await.is_empty());
    bench.store.keep_folder(&kept("bad")).await.unwrap();
    assert_eq!(anew(&bench, &BAD).await.added, 20 * 9 + 5 * 9);
    assert!(braked(&bench).await.is_empty(), "three times, and no more");
    bench.store.keep_folder(&kept("worse")).await.unwrap();
    let worse = Rules {
        generation: "worse",
        each: 60,
    };
    assert_eq!(anew(&bench, &worse).await.added, 25 * 48);
    let told = braked(&bench).await.pop().unwrap();
    assert_eq!(
        (told.events, told.planned, told.usual),
        (25, 25 * 48, 25 * 12)
    );
    let held = bench.all().await;
    let held = held.iter().filter(|message| message.state == State::Held);
    assert_eq!(held.count(), 25 * 48);
}
