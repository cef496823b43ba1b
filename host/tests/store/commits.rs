//! Steps: from one state to another, in one transaction a batch, and only by who holds the message.

use std::sync::Arc;

use rappel_core::channel::{ChannelKind, SmsEncoding};
use rappel_core::decision::{Answer, Verdict};
use rappel_core::message::State;
use rappel_core::provider::{ReceiptOf, ReceiptStatus};
use rappel_core::store::{Claimed, Handover, NewMessage, Step, Transition};

use crate::bench::*;

/// The states that a worker leads a planned message through to another.
fn way_to(state: State) -> &'static [State] {
    match state {
        State::Planned => &[],
        State::Held => &[State::Held],
        State::Sending => &[State::Sending],
        State::Sent => &[State::Sending, State::Sent],
        State::Unknown => &[State::Sending, State::Unknown],
        State::Delivered => &[State::Sending, State::Delivered],
        State::Skipped => &[State::Skipped],
        State::Withdrawn => &[State::Withdrawn],
        State::Expired => &[State::Expired],
        State::Failed => &[State::Failed],
    }
}

pub(crate) async fn every_pair_of_states_is_made_or_refused_by_the_table(bench: Bench) {
    let pairs: Vec<(State, State)> = State::ALL
        .into_iter()
        .flat_map(|from| State::ALL.into_iter().map(move |to| (from, to)))
        .collect();
    bench.plan((0..pairs.len() as u128).map(reminder)).await;
    let claims = bench.claim("09:00", 1_000).await;
    assert_eq!(claims.len(), pairs.len());
    let pair_of = |claim: &Claimed| pairs[claim.message.id.0.as_u128() as usize];
    // Each is led to where its pair begins, all a step at a time.
    for stage in 0..2_usize {
        let steps: Vec<Transition> = claims
            .iter()
            .filter_map(|claim| {
                let way = way_to(pair_of(claim).0);
                let to = *way.get(stage)?;
                let before = match stage {
                    0 => State::Planned,
                    stage => way[stage - 1],
                };
                Some(step(claim, before, to))
            })
            .collect();
        assert!(bench.commit("09:00", &steps).await.iter().all(|made| *made));
    }
    let steps: Vec<Transition> = claims
        .iter()
        .map(|claim| {
            let (from, to) = pair_of(claim);
            step(claim, from, to)
        })
        .collect();
    let made = bench.commit("09:00", &steps).await;
    let messages = bench.all().await;
    for (claim, made) in claims.iter().zip(made) {
        let (from, to) = pair_of(claim);
        assert_eq!(made, from.may_become(to), "{from} → {to}");
        let message = messages.iter().find(|m| m.id == claim.message.id).unwrap();
        assert_eq!(message.state, if made { to } else { from }, "{from} → {to}");
    }
}

pub(crate) async fn a_step_from_another_state_is_refused(bench: Bench) {
    bench.plan([reminder(1)]).await;
    let claim = bench.take(1).await;
    assert!(!bench.step(step(&claim, State::Held, State::Skipped)).await);
    assert!(!bench.step(step(&claim, State::Sending, State::Sent)).await);
    let mut elsewhere = step(&claim, State::Planned, State::Skipped);
    elsewhere.facility = "g".into();
    assert!(!bench.step(elsewhere).await);
    let mut nobody = step(&claim, State::Planned, State::Skipped);
    nobody.id = id(99);
    assert!(!bench.step(nobody).await);
    assert_eq!(bench.state(1).await, State::Planned);
    assert!(
        bench
            .step(step(&claim, State::Planned, State::Skipped))
            .await
    );
}

pub(crate) async fn one_refused_step_keeps_no_other_back(bench: Bench) {
    bench.plan((1..=3).map(reminder)).await;
    let claims = bench.claim("09:00", 10).await;
    let steps = [
        begin(&claims[0]),
        step(&claims[1], State::Held, State::Sending),
        begin(&claims[2]),
    ];
    assert_eq!(bench.commit("09:00", &steps).await, [true, false, true]);
    let states = [
        bench.state(1).await,
        bench.state(2).await,
        bench.state(3).await,
    ];
    assert_eq!(states, [State::Sending, State::Planned, State::Sending]);
    assert_eq!(
        bench.story(2).await.len(),
        1,
        "a refused step tells nothing"
    );
}

pub(crate) async fn what_was_handed_over_is_kept_to_the_letter(bench: Bench) {
    bench.plan([reminder(1)]).await;
    let claim = bench.take(1).await;
    let handed = Transition {
        generation: Some("g-2".into()),
        origin: Some(origin("hours", 4)),
        handover: Some(Arc::new(Handover {
            gateway: "smtp".into(),
            via: Some(ChannelKind::Email),
            address: "ana@example.org".into(),
            subject: Some("Votre rendez-vous".into()),
            text: "Bonjour Ana".into(),
            encoding: Some(SmsEncoding::Ucs2),
            segments: 3,
            credits: "0.075".parse().unwrap(),
            minute: None,
            limited: false,
            shared: None,
            channel: ChannelKind::Sms,
            links: Vec::new(),
            opening: None,
        })),
        ..begin(&claim)
    };
    assert_eq!(bench.commit("09:01", &[handed]).await, [true]);
    let sent = Transition {
        gateway_id: Some("gw-1".into()),
        ..step(&claim, State::Sending, State::Sent)
    };
    assert_eq!(bench.commit("09:02", &[sent]).await, [true]);
    insta::assert_debug_snapshot!("a_sent_message", bench.message(1).await);
}

pub(crate) async fn odd_texts_come_back_as_they_went_in(bench: Bench) {
    const TEXTS: [&str; 6] = [
        "'; DROP TABLE message; --",
        "{\"a\": [1, null]}",
        "e\u{301} \u{202e}rtl\u{202c} \u{1f600} \u{a0}€",
        "line\r\nbreaks\tand\u{1}control",
        "a \u{0} in the middle",
        "",
    ];
    bench.plan((0..TEXTS.len() as u128).map(reminder)).await;
    let claims = bench.claim("09:00", 10).await;
    let steps: Vec<Transition> = claims
        .iter()
        .zip(TEXTS)
        .map(|(claim, text)| Transition {
            reason: Some(text.into()),
            handover: Some(Arc::new(Handover {
                text: text.into(),
                subject: Some(text.into()),
                address: text.into(),
                ..handover()
            })),
            story: vec![Step::Recovered {
                reason: text.into(),
            }],
            ..begin(claim)
        })
        .collect();
    assert!(bench.commit("09:00", &steps).await.iter().all(|made| *made));
    for (claim, text) in claims.iter().zip(TEXTS) {
        let number = claim.message.id.0.as_u128();
        let message = bench.message(number).await;
        for kept in [
            message.reason,
            message.text,
            message.subject,
            message.address,
        ] {
            assert_eq!(kept.as_deref(), Some(text));
        }
        let last = bench.story(number).await.pop();
        assert_eq!(
            last,
            Some(Step::Recovered {
                reason: text.into()
            })
        );
    }
}

pub(crate) async fn a_hold_moves_the_message_and_says_who_held_it(bench: Bench) {
    bench.plan([reminder(1)]).await;
    let claim = bench.take(1).await;
    let hold = Transition {
        reason: Some("not before 10:00".into()),
        origin: Some(origin("hours", 9)),
        due: Some((at("10:00"), civil("10:00"))),
        generation: Some("g-2".into()),
        ..step(&claim, State::Planned, State::Held)
    };
    assert!(bench.step(hold).await);
    let message = bench.message(1).await;
    assert_eq!(message.reason.as_deref(), Some("not before 10:00"));
    assert_eq!(message.origin, Some(origin("hours", 9)));
    assert_eq!(message.due_civil, civil("10:00"));
    assert_eq!(message.generation.as_deref(), Some("g-2"));
    assert_eq!(bench.claim("09:59", 10).await.len(), 0);
    let claims = bench.claim("10:00", 10).await;
    assert_eq!(numbers(&claims), [1]);
    assert_eq!(claims[0].message.state, State::Held);
    let begin = Transition {
        from: State::Held,
        ..begin(&claims[0])
    };
    assert!(bench.step(begin).await);
    let message = bench.message(1).await;
    assert_eq!(message.reason, None);
    assert_eq!(
        message.origin,
        Some(origin("reminder", 3)),
        "who planned it"
    );
}

pub(crate) async fn what_no_policy_decided_names_none(bench: Bench) {
    let late = NewMessage {
        state: State::Skipped,
        reason: Some("too late".into()),
        ..reminder(4)
    };
    bench
        .plan([reminder(1), reminder(2), reminder(3), late])
        .await;
    assert_eq!(bench.message(4).await.origin, None, "when it was planned");
    let claims = bench.claim("09:00", 2).await;
    let failed = Transition {
        reason: Some("no mobile number".into()),
        ..step(&claims[0], State::Planned, State::Failed)
    };
    assert_eq!(
        bench.commit("09:00", &[failed, begin(&claims[1])]).await,
        [true, true]
    );
    assert_eq!(bench.message(1).await.origin, None, "when it was judged");
    assert_eq!(bench.message(2).await.origin, Some(origin("reminder", 3)));
    bench
        .receive(ReceiptOf::Message(id(2)), ReceiptStatus::Failed)
        .await;
    assert_eq!(bench.message(2).await.origin, None, "when it was reported");
    let cancelled = event("e-3", "appointment.cancelled", visit(3, 3));
    bench.tell(cancelled, vec![withdraw(3)]).await;
    assert_eq!(bench.message(3).await.origin, None, "when it was withdrawn");
}

pub(crate) async fn attempts_are_counted_when_handed_over_and_given_back_when_asked_to_wait(
    bench: Bench,
) {
    bench.plan([reminder(1)]).await;
    let claim = bench.send(1).await;
    assert_eq!(bench.message(1).await.attempts, 1);
    let later = Transition {
        due: Some((at("09:30"), civil("09:30"))),
        ..step(&claim, State::Sending, State::Planned)
    };
    assert!(bench.step(later).await);
    let message = bench.message(1).await;
    assert_eq!((message.attempts, message.sent_at), (1, None));
    let claim = bench.claim("09:30", 1).await.remove(0);
    assert_eq!(bench.commit("09:31", &[begin(&claim)]).await, [true]);
    let message = bench.message(1).await;
    assert_eq!((message.attempts, message.sent_at), (2, Some(at("09:31"))));
    let asked = Transition {
        due: Some((at("09:40"), civil("09:40"))),
        forgive_attempt: true,
        ..step(&claim, State::Sending, State::Planned)
    };
    assert!(bench.step(asked).await);
    assert_eq!(bench.message(1).await.attempts, 1);
}

pub(crate) async fn a_send_without_an_answer_stays_under_way_and_counts_once(bench: Bench) {
    bench.plan([reminder(1)]).await;
    let claim = bench.send(1).await;
    let unanswered = Transition {
        reason: Some("the connection broke".into()),
        lease: Some(at("09:05")),
        ..step(&claim, State::Sending, State::Sending)
    };
    assert_eq!(bench.commit("09:01", &[unanswered]).await, [true]);
    let message = bench.message(1).await;
    assert_eq!((message.state, message.attempts), (State::Sending, 1));
    assert_eq!(
        message.sent_at,
        Some(at("09:00")),
        "it was handed over then, not when no answer came"
    );
    assert_eq!(bench.claim_stuck("09:04", false).await.len(), 0);
    let again = bench.claim_stuck("09:05", false).await.remove(0);
    let begin = Transition {
        from: State::Sending,
        ..begin(&again)
    };
    assert_eq!(bench.commit("09:05", &[begin]).await, [true]);
    let message = bench.message(1).await;
    assert_eq!((message.attempts, message.sent_at), (2, Some(at("09:05"))));
}

pub(crate) async fn the_story_is_told_in_order(bench: Bench) {
    bench.plan([reminder(1), reminder(2)]).await;
    let claims = bench.claim("09:00", 10).await;
    let judged = |state| Step::Judged {
        generation: "g-1".into(),
        answers: vec![Answer {
            origin: origin("hours", 3),
            verdict: Verdict::Allow,
            read: Vec::new(),
        }],
        state,
        reason: None,
        shadow: Vec::new(),
    };
    let handed = Step::Handed {
        gateway: "gw".into(),
        channel: ChannelKind::Sms,
        attempt: 1,
        segments: 1,
    };
    let steps: Vec<Transition> = claims
        .iter()
        .map(|claim| Transition {
            story: vec![judged(State::Sending), handed.clone()],
            ..begin(claim)
        })
        .collect();
    bench.commit("09:01", &steps).await;
    let answered = Step::Answered {
        state: State::Sent,
        gateway_id: Some("gw-1".into()),
        reason: None,
    };
    let steps: Vec<Transition> = claims
        .iter()
        .map(|claim| Transition {
            story: vec![answered.clone()],
            ..step(claim, State::Sending, State::Sent)
        })
        .collect();
    bench.commit("09:02", &steps).await;
    bench
        .receive(ReceiptOf::Message(id(1)), ReceiptStatus::Delivered)
        .await;
    let story = bench.store.story(&bench.facility, id(1)).await.unwrap();
    let times: Vec<_> = story.iter().map(|entry| entry.at).collect();
    assert_eq!(
        times,
        [
            at("08:00"),
            at("09:01"),
            at("09:01"),
            at("09:02"),
            at("10:00")
        ]
    );
    insta::assert_json_snapshot!("a_whole_story", story);
    assert_eq!(bench.story(2).await.len(), 4);
}

/// Two visits of patient 1, reminded of at the same time.
async fn two_visits(bench: &Bench) -> Vec<Claimed> {
    for number in [1, 2] {
        let event = event(
            &format!("e-{number}"),
            "appointment.created",
            visit(number, 1),
        );
        bench.tell(event, vec![add(reminder(number))]).await;
    }
    let claims = bench.claim("09:00", 10).await;
    assert_eq!(numbers(&claims), [1, 2]);
    claims
}

/// The step that hands a reminder over if nobody else reminded its person since it was taken.
fn remind(claim: &Claimed) -> Transition {
    Transition {
        reminders_today: Some(claim.reminders_today),
        ..begin(claim)
    }
}

pub(crate) async fn two_visits_of_a_person_are_not_both_reminded_of_in_one_batch(bench: Bench) {
    let claims = two_visits(&bench).await;
    let steps = [remind(&claims[0]), remind(&claims[1])];
    assert_eq!(bench.commit("09:00", &steps).await, [true, false]);
    // The other is free at once and knows of the first.
    let again = bench.claim("09:00", 10).await;
    assert_eq!(numbers(&again), [2]);
    assert_eq!(again[0].reminders_today, 1);
    assert!(
        bench.step(remind(&again[0])).await,
        "a clinic without the rule sends both"
    );
}

pub(crate) async fn nor_in_two_batches(bench: Bench) {
    let claims = two_visits(&bench).await;
    assert!(bench.step(remind(&claims[1])).await);
    assert!(!bench.step(remind(&claims[0])).await);
    assert_eq!(bench.state(1).await, State::Planned);
    let again = bench.claim("09:00", 10).await;
    assert_eq!((numbers(&again), again[0].reminders_today), (vec![1], 1));
}

pub(crate) async fn a_visit_is_reminded_of_on_two_channels(bench: Bench) {
    let booked = event("e-1", "appointment.created", visit(1, 1));
    let email = NewMessage {
        channel: ChannelKind::Email,
        ..reminder(2)
    };
    bench.tell(booked, vec![add(reminder(1)), add(email)]).await;
    let sms = bench.claim("09:00", 1).await.remove(0);
    let email = bench
        .claim_on(ChannelKind::Email, "09:00", 1)
        .await
        .remove(0);
    let steps = [remind(&sms), remind(&email)];
    assert_eq!(bench.commit("09:00", &steps).await, [true, true]);
}

pub(crate) async fn steps_of_two_facilities_go_in_one_batch(bench: Bench) {
    let other = bench.of("g");
    bench.plan([reminder(1)]).await;
    other.plan([reminder(1)]).await;
    let (mine, theirs) = (bench.take(1).await, other.take(1).await);
    let steps = [step(&mine, State::Planned, State::Skipped), begin(&theirs)];
    assert_eq!(bench.commit("09:00", &steps).await, [true, true]);
    assert_eq!(bench.state(1).await, State::Skipped);
    assert_eq!(other.state(1).await, State::Sending);
}

pub(crate) async fn nothing_to_do_is_done(bench: Bench) {
    assert_eq!(bench.commit("09:00", &[]).await, [false; 0]);
    bench.store.release(&bench.facility, &[]).await.unwrap();
    let none = bench
        .store
        .receive(&bench.facility, "gw", &[], at("09:00"))
        .await
        .unwrap();
    assert_eq!(none, []);
    let hand = Hand(|event: &rappel_core::Event, known: &_, _, _: &[_]| {
        Ok(plan(event, known, Vec::new()))
    });
    assert_eq!(bench.ingest(&[], &hand).await, []);
}
