//! Policies in shadow: what they were asked and would have changed, kept beside the messages.

use rappel_core::channel::ChannelKind;
use rappel_core::decision::{Answer, PolicyFault, Verdict};
use rappel_core::event::Event;
use rappel_core::facts::Records;
use rappel_core::kind::Kind;
use rappel_core::message::{Recipient, State};
use rappel_core::shadow::{Asked, Difference, Judged, Otherwise, Planned, Recorded};
use rappel_core::store::{Claimed, KeptFolder, Message, Plan, Step, Transition};
use serde_json::json;

use crate::bench::*;

const POLICY: &str = "reminder.shadow";

/// A message by SMS that would be planned, due then.
fn planned(kind: Kind, due: &str) -> Difference {
    Difference {
        kind,
        channel: ChannelKind::Sms,
        recipient: Recipient::Patient,
        line: 4,
        due: at(due),
        otherwise: Otherwise::Plan {
            due: Some(civil(due)),
        },
    }
}

/// Tells an event at 08:00 of which a policy in shadow says this.
async fn say(bench: &Bench, event: Event, differences: Result<Vec<Difference>, PolicyFault>) {
    let hand = Hand(move |event: &Event, known: &Records, _, _: &[Message]| {
        Ok(Plan {
            shadow: vec![Planned {
                policy: POLICY.into(),
                differences: differences.clone(),
            }],
            ..plan(event, known, Vec::new())
        })
    });
    bench.ingest(&[event], &hand).await;
}

/// Judges a message so.
async fn judge(bench: &Bench, number: u128, verdict: Verdict, otherwise: Option<Otherwise>) {
    let claim = bench.take(number).await;
    assert!(bench.step(skipped(&claim, verdict, otherwise)).await);
}

/// The step of a message that is skipped, and of which a policy in shadow says this.
fn skipped(claim: &Claimed, verdict: Verdict, otherwise: Option<Otherwise>) -> Transition {
    let judged = Step::Judged {
        generation: "g-1".into(),
        answers: Vec::new(),
        state: State::Skipped,
        reason: None,
        shadow: vec![Judged {
            answer: Answer {
                origin: origin(POLICY, 9),
                verdict,
                read: Vec::new(),
            },
            otherwise,
        }],
    };
    Transition {
        story: vec![judged],
        ..step(claim, State::Planned, State::Skipped)
    }
}

fn skip() -> Verdict {
    Verdict::Skip {
        reason: "it is too soon".into(),
    }
}

fn otherwise() -> Otherwise {
    Otherwise::Skip {
        reason: "it is too soon".into(),
    }
}

async fn asked(bench: &Bench) -> Vec<Asked> {
    let facility = Some(&bench.facility);
    bench.store.shadows(facility).await.unwrap()
}

async fn recorded(bench: &Bench) -> Vec<Recorded> {
    let all = bench.store.shadow(&bench.facility, POLICY, 100).await;
    all.unwrap()
}

/// The appointments and kinds of what would be otherwise.
async fn told(bench: &Bench) -> Vec<String> {
    let mut told: Vec<String> = recorded(bench)
        .await
        .iter()
        .map(|one| {
            let appointment = one.appointment.as_ref().unwrap();
            format!("{appointment} {}: {}", one.kind, one.otherwise)
        })
        .collect();
    told.sort();
    told
}

pub(crate) async fn what_would_be_planned_is_said_anew_with_each_event(bench: Bench) {
    let second = || Kind::parse("second_reminder").unwrap();
    let first = vec![
        planned(Kind::REMINDER, "09:00"),
        planned(second(), "2 09:00"),
        // It would have gone when the event came.
        planned(Kind::parse("created").unwrap(), "08:00"),
    ];
    say(&bench, booking(1), Ok(first)).await;
    say(&bench, booking(2), Ok(vec![planned(second(), "2 10:00")])).await;
    // Somebody else's now.
    let modified = event("e-1", "appointment.modified", visit(1, 3));
    say(&bench, modified, Ok(vec![planned(Kind::REMINDER, "09:30")])).await;
    assert_eq!(
        told(&bench).await,
        [
            "a-1 created: be planned for 2026-06-01 08:00",
            "a-1 reminder: be planned for 2026-06-01 09:30",
            "a-2 second_reminder: be planned for 2026-06-02 10:00",
        ]
    );
    let [asked] = asked(&bench).await.try_into().unwrap();
    assert_eq!(
        (asked.since, asked.events, asked.messages),
        (at("08:00"), 3, 0)
    );
    assert_eq!(asked.otherwise, [("plan".to_string(), 3)].into());
    let one = recorded(&bench).await.remove(0);
    assert_eq!((one.origin, one.at), (origin(POLICY, 4), at("08:00")));
    assert_eq!((one.message, one.patient), (None, Some("p-1".into())));
    let again = event("e-2", "appointment.modified", visit(1, 3));
    let sent = planned(Kind::parse("modified").unwrap(), "08:00");
    say(&bench, again, Ok(vec![sent])).await;
    let [asked] = self::asked(&bench).await.try_into().unwrap();
    assert_eq!(
        asked.otherwise,
        [("plan".to_string(), 3)].into(),
        "and no reminder any more"
    );
    let other = bench.of("g");
    assert_eq!(
        (self::asked(&other).await, told(&other).await),
        (vec![], vec![])
    );
}

pub(crate) async fn what_it_says_of_a_due_message_is_kept_with_it(bench: Bench) {
    bench.plan([reminder(1), reminder(2)]).await;
    judge(&bench, 1, skip(), Some(otherwise())).await;
    judge(&bench, 2, Verdict::Allow, None).await;
    let [asked] = asked(&bench).await.try_into().unwrap();
    assert_eq!((asked.events, asked.messages, asked.faults), (0, 2, 0));
    assert_eq!(asked.otherwise, [("skip".to_string(), 1)].into());
    let [one] = recorded(&bench).await.try_into().unwrap();
    assert_eq!((one.message, one.otherwise), (Some(id(1)), otherwise()));
    assert_eq!(
        (one.appointment, one.patient),
        (Some("a-1".into()), Some("p-1".into()))
    );
    let Some(Step::Judged { shadow, .. }) = bench.story(1).await.pop() else {
        panic!("it was judged");
    };
    assert_eq!(shadow[0].answer.origin, origin(POLICY, 9));
}

pub(crate) async fn a_step_that_is_not_made_says_nothing(bench: Bench) {
    bench.plan([reminder(1)]).await;
    let claim = bench.take(1).await;
    // The facts changed meanwhile.
    bench
        .tell(
            event(
                "e-1",
                "patient.updated",
                json!({"patient": {"id": "p-1", "first_name": "Ana"}}),
            ),
            Vec::new(),
        )
        .await;
    let late = skipped(&claim, skip(), Some(otherwise()));
    assert!(!bench.step(late).await);
    assert_eq!((asked(&bench).await, told(&bench).await), (vec![], vec![]));
}

pub(crate) async fn how_it_fails_is_counted(bench: Bench) {
    let fault = |line, reason: &str| PolicyFault {
        origin: origin(POLICY, line),
        reason: reason.into(),
    };
    say(&bench, booking(1), Err(fault(3, "there is no service"))).await;
    bench.plan([reminder(2)]).await;
    let reason = || "there is no patient".to_string();
    judge(&bench, 2, Verdict::Fault { reason: reason() }, None).await;
    let [asked] = asked(&bench).await.try_into().unwrap();
    assert_eq!((asked.events, asked.messages, asked.faults), (1, 1, 2));
    assert_eq!(asked.fault, Some(fault(9, &reason())));
    assert_eq!(asked.otherwise, [].into());
    assert_eq!(
        bench.store.unplanned(None).await.unwrap(),
        [],
        "nothing waits for it"
    );
}

pub(crate) async fn it_is_forgotten_when_its_file_changes_or_its_time_is_over(bench: Bench) {
    let keep = async |files: &[(&str, &str)]| {
        let files = files
            .iter()
            .map(|(path, text)| (path.to_string(), text.to_string()));
        let kept = KeptFolder {
            facility: bench.facility.clone(),
            folder: "f".into(),
            files: files.collect(),
            generation: "g-1".into(),
        };
        bench.store.keep_folder(&kept).await.unwrap();
        asked(&bench).await.len()
    };
    let soon = || Ok(vec![planned(Kind::REMINDER, "09:00")]);
    let (policy, cases) = (
        "rules/try/reminder.shadow.rhai",
        "rules/reminder.shadow.cases.toml",
    );
    keep(&[(policy, "1")]).await;
    say(&bench, booking(1), soon()).await;
    assert_eq!(
        keep(&[(policy, "1"), (cases, "1"), ("rules/reminder.rhai", "1")]).await,
        1
    );
    assert_eq!(
        keep(&[(policy, "2"), (cases, "1")]).await,
        0,
        "another text"
    );
    assert_eq!(told(&bench).await, [""; 0]);
    say(&bench, booking(1), soon()).await;
    assert_eq!(keep(&[(cases, "1")]).await, 0, "it is gone");
    say(&bench, booking(1), soon()).await;
    assert_eq!(keep(&[(policy, "2")]).await, 0, "it is back");
    say(&bench, booking(2), soon()).await;
    let redact = async |before: &str| {
        let done = bench.store.redact(&bench.facility, at(before)).await;
        done.unwrap();
        told(&bench).await.len()
    };
    assert_eq!(redact("08:00").await, 1);
    assert_eq!(redact("08:01").await, 0);
}

pub(crate) async fn what_is_known_of_a_patient_goes_with_them(bench: Bench) {
    let soon = || Ok(vec![planned(Kind::REMINDER, "09:00")]);
    bench.plan([reminder(1)]).await;
    let modified = event("e-0", "appointment.modified", visit(1, 1));
    say(&bench, modified, soon()).await;
    say(&bench, booking(2), soon()).await;
    // Another's visit, that is theirs now.
    let others = event("e-2", "appointment.created", visit(3, 2));
    let sent = planned(Kind::parse("created").unwrap(), "08:00");
    say(&bench, others, Ok(vec![sent])).await;
    let theirs = event("e-3", "appointment.modified", visit(3, 1));
    say(&bench, theirs, Ok(Vec::new())).await;
    judge(&bench, 1, skip(), Some(otherwise())).await;
    assert_eq!(told(&bench).await.len(), 4);
    let erased = event("e-1", "patient.erased", json!({"patient": {"id": "p-1"}}));
    let hand = Hand(|event: &Event, known: &Records, _, _: &[Message]| {
        Ok(Plan {
            erase: true,
            ..plan(event, known, Vec::new())
        })
    });
    bench.ingest(&[erased], &hand).await;
    assert_eq!(
        told(&bench).await,
        ["a-2 reminder: be planned for 2026-06-01 09:00"]
    );
}
