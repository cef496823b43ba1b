//! What must be forgotten: erased patients, and texts whose time is over.

use rappel_core::decision::{Answer, Verdict};
use rappel_core::message::State;
use rappel_core::store::{Step, Transition};
use serde_json::json;

use crate::bench::*;

/// A message that was sent, with a reason and a story that name the patient.
async fn sent_with_a_reason(bench: &Bench, number: u128) {
    let claim = bench.take(number).await;
    let handed = Transition {
        story: vec![Step::Judged {
            generation: "g-1".into(),
            answers: vec![Answer {
                origin: origin("own", 1),
                verdict: Verdict::Via {
                    channel: rappel_core::ChannelKind::Sms,
                    reason: "Jeannette hears badly".into(),
                },
            }],
            state: State::Sending,
            reason: None,
        }],
        ..begin(&claim)
    };
    assert!(bench.step(handed).await);
    let failed = Transition {
        reason: Some("Jeannette is not known there".into()),
        ..step(&claim, State::Sending, State::Failed)
    };
    assert!(bench.step(failed).await);
}

pub(crate) async fn an_erased_patient_leaves_no_text_address_or_reason(bench: Bench) {
    bench.plan([reminder(1)]).await;
    sent_with_a_reason(&bench, 1).await;
    bench.erase(1).await;
    assert_eq!(bench.known("a-1").await, None);
    let message = bench.message(1).await;
    assert_eq!(message.state, State::Failed);
    assert_eq!(
        (message.segments, message.attempts),
        (1, 1),
        "what it cost stays"
    );
    assert_eq!(message.text, None);
    assert_eq!(message.address, None);
    assert_eq!(message.subject, None);
    assert_eq!(message.reason, None);
    let story = serde_json::to_string(&bench.story(1).await).unwrap();
    assert!(!story.contains("Jeannette"), "{story}");
    // The agenda may tell the same event again.
    bench.erase(1).await;
    // Nothing of the patient comes back with their next visit.
    let mut next = visit(2, 1);
    next["patient"] = json!({"id": "p-1"});
    let next = event("e-9", "appointment.created", next);
    bench.tell(next, Vec::new()).await;
    assert_eq!(
        bench.known("a-2").await.unwrap()["patient"],
        json!({"id": "p-1"})
    );
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
    // What the gateway has can't be called back; its answer still counts.
    assert!(
        bench
            .step(step(&under_way, State::Sending, State::Sent))
            .await
    );
    let left = bench.all().await;
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].text, None);
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
