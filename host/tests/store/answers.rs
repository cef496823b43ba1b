//! What patients answer: links, requests, replies, addresses that want nothing more, what the agenda is told.

use std::sync::Arc;

use rappel_core::channel::ChannelKind;
use rappel_core::civil::Instant;
use rappel_core::event::{Event, EventError};
use rappel_core::facts::{Records, Status};
use rappel_core::message::State;
use rappel_core::store::{
    Claimed, Handover, LastEvent, Message, NewLink, NewMessage, Plan, Planner, Purpose,
    ReplyRecord, RequestOf, Step, Transition, Unplanned,
};
use serde_json::{Map, Value, json};

use crate::bench::*;

/// Where messages of the bench go.
const ADDRESS: &str = "+33639980001";

/// Hands a message over with a link in it.
async fn send_with_link(bench: &Bench, number: u128, token: &str, purpose: Purpose) -> Claimed {
    let claim = bench.take(number).await;
    let link = NewLink {
        token: token.into(),
        purpose,
        expires: at("3 14:30"),
    };
    let begun = begin(&claim);
    let handover = Handover {
        address: ADDRESS.into(),
        links: vec![link],
        ..begun.handover.as_deref().unwrap().clone()
    };
    let step = Transition {
        handover: Some(Arc::new(handover)),
        ..begun
    };
    assert!(bench.step(step).await);
    claim
}

fn asking(number: u128) -> NewMessage {
    NewMessage {
        confirmation_requested: true,
        ..reminder(number)
    }
}

pub(crate) async fn a_link_is_found_by_its_secret_and_used_once(bench: Bench) {
    bench.plan([reminder(1)]).await;
    assert!(bench.store.link("secret").await.unwrap().is_none());
    send_with_link(&bench, 1, "secret", Purpose::Password).await;
    let link = bench.store.link("secret").await.unwrap().unwrap();
    assert_eq!(link.purpose, Purpose::Password);
    assert_eq!(link.message.id, id(1));
    assert_eq!(link.status, Some(Status::Booked));
    assert_eq!((link.expires, link.used), (at("3 14:30"), None));
    let used = async |facility: &str, now: Instant| {
        let facility = facility.into();
        bench
            .store
            .use_link(&facility, "secret", now)
            .await
            .unwrap()
    };
    assert!(!used("g", at("10:00")).await, "another clinic's");
    assert!(!used("f", at("3 14:30")).await, "it is over");
    assert!(used("f", at("10:00")).await);
    assert!(!used("f", at("10:01")).await);
    let link = bench.store.link("secret").await.unwrap().unwrap();
    assert_eq!(link.used, Some(at("10:00")));
}

pub(crate) async fn a_reply_is_about_open_appointments_that_were_asked_about(bench: Bench) {
    bench
        .plan([asking(1), asking(2), reminder(3), asking(4)])
        .await;
    for number in 1..=3 {
        send_with_link(&bench, number, &format!("link-{number}"), Purpose::Confirm).await;
    }
    let requests = async |of: RequestOf<'_>, now: &str| {
        let now = civil(now);
        let found = bench
            .store
            .requests(&bench.facility, of, now)
            .await
            .unwrap();
        let told = found.iter().map(|one| one.appointment.to_string());
        told.collect::<Vec<_>>()
    };
    // Not the one that asked nothing, nor the one that hasn't gone.
    let mut all = requests(RequestOf::Address(ADDRESS), "10:00").await;
    all.sort();
    assert_eq!(all, ["a-1", "a-2"]);
    assert_eq!(requests(RequestOf::Message(id(2)), "10:00").await, ["a-2"]);
    assert!(
        requests(RequestOf::Address("+33639980002"), "10:00")
            .await
            .is_empty()
    );
    assert!(
        requests(RequestOf::Address(ADDRESS), "3 14:30")
            .await
            .is_empty(),
        "over"
    );
    let cancelled = json!({"appointment": {"id": "a-1", "status": "cancelled"}});
    bench
        .tell(event("off", "appointment.modified", cancelled), Vec::new())
        .await;
    assert_eq!(
        requests(RequestOf::Address(ADDRESS), "10:00").await,
        ["a-2"]
    );
    let people = bench
        .store
        .people_at(&bench.facility, ADDRESS)
        .await
        .unwrap();
    let people: Vec<String> = people.iter().map(ToString::to_string).collect();
    assert_eq!(people, ["p-1", "p-2"]);
}

pub(crate) async fn a_reply_is_kept_once_and_stands_in_its_messages_story(bench: Bench) {
    bench.plan([reminder(1)]).await;
    let reply = ReplyRecord {
        id: "gw/7".into(),
        at: at("10:00"),
        channel: ChannelKind::Sms,
        message: Some(id(1)),
        text: Some("Oui".into()),
        reading: "yes".into(),
        outcome: "the appointment a-1 is confirmed".into(),
    };
    let note = async || {
        bench
            .store
            .note_reply(&bench.facility, &reply)
            .await
            .unwrap()
    };
    assert!(note().await);
    assert!(!note().await);
    let kept = bench
        .store
        .replies(&bench.facility, at("09:00"), 10)
        .await
        .unwrap();
    assert_eq!(kept, std::slice::from_ref(&reply));
    assert!(
        bench
            .store
            .replies(&"g".into(), at("09:00"), 10)
            .await
            .unwrap()
            .is_empty()
    );
    assert_eq!(
        bench.story(1).await.pop(),
        Some(Step::Replied {
            channel: ChannelKind::Sms,
            reading: "yes".into(),
            outcome: reply.outcome,
        })
    );
}

pub(crate) async fn nothing_leaves_for_an_address_that_wants_nothing(bench: Bench) {
    bench.plan([reminder(1), reminder(2)]).await;
    let suppress = async |facility: &str, channel: ChannelKind, suppressed: bool| {
        let facility = facility.into();
        bench
            .store
            .suppress(&facility, channel, ADDRESS, suppressed, "gw/7", at("08:30"))
            .await
            .unwrap();
    };
    let try_to_send = async |number: u128| {
        let claim = bench.take(number).await;
        let begun = begin(&claim);
        let handover = Handover {
            address: ADDRESS.into(),
            ..begun.handover.as_deref().unwrap().clone()
        };
        let step = Transition {
            handover: Some(Arc::new(handover)),
            ..begun
        };
        bench.step(step).await
    };
    suppress("f", ChannelKind::Sms, true).await;
    suppress("g", ChannelKind::Sms, true).await;
    // It was judged before, and still doesn't leave.
    assert!(!try_to_send(1).await);
    assert_eq!(bench.state(1).await, State::Skipped);
    assert!(matches!(
        bench.story(1).await.pop(),
        Some(Step::Suppressed { .. })
    ));
    suppress("f", ChannelKind::Sms, false).await;
    suppress("f", ChannelKind::Voice, true).await;
    assert!(try_to_send(2).await, "another channel, another clinic");
}

pub(crate) async fn every_change_of_consent_is_kept_with_its_source(bench: Bench) {
    let tell = async |event_id: &str, patient: Value| {
        let told = event(event_id, "patient.updated", json!({"patient": patient}));
        bench.tell(told, Vec::new()).await;
    };
    tell("e-1", json!({"id": "p-1", "consent": true})).await;
    tell("e-2", json!({"id": "p-1", "first_name": "Ana"})).await;
    tell("e-3", json!({"id": "p-1", "channels": {"sms": false}})).await;
    tell("e-4", json!({"id": "p-1", "consent": false})).await;
    let changes = bench
        .store
        .consents(&bench.facility, &"p-1".into())
        .await
        .unwrap();
    let told: Vec<_> = changes
        .iter()
        .map(|change| {
            (
                change.what.as_str(),
                change.value,
                change.source.as_str(),
                change.event.as_str(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("consent", Some(true), "agenda", "e-1"),
            ("sms", Some(false), "agenda", "e-3"),
            ("consent", Some(false), "agenda", "e-4"),
        ]
    );
}

/// Tells the agenda what Rappel brought about.
struct Told;

impl Planner for Told {
    fn tells_agenda(&self) -> bool {
        true
    }

    fn plan(
        &self,
        event: &Event,
        known: &Records,
        _late: bool,
        _standing: &[Message],
        _now: Instant,
    ) -> Result<Plan, EventError> {
        Ok(plan(event, known, Vec::new()))
    }

    fn identities(&self, _patient: &Map<String, Value>) -> Vec<String> {
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

pub(crate) async fn the_agenda_is_told_what_it_did_not_tell_itself_in_order(bench: Bench) {
    let confirmed = |id: &str, source: &str, appointment: &str| {
        let data = json!({"appointment": {"id": appointment, "start": "2026-06-03T14:30"}});
        Event {
            source: source.into(),
            ..event(id, "appointment.confirmed", data)
        }
    };
    let events = [
        confirmed("1", "rappel", "a-1"),
        confirmed("2", "agenda", "a-2"),
        confirmed("3", "rappel", "a-3"),
    ];
    bench.ingest(&events, &Told).await;
    let waiting = async |now: &str| {
        let found = bench
            .store
            .outgoing(&bench.facility, at(now), 10)
            .await
            .unwrap();
        let ids = found
            .iter()
            .map(|one| (one.seq, one.event["id"].clone(), one.attempts));
        ids.collect::<Vec<_>>()
    };
    let there = waiting("09:00").await;
    assert_eq!(there, [(1, json!("1"), 0), (2, json!("3"), 0)]);
    let done = async |seq: i64, again: Option<Instant>| {
        bench
            .store
            .outgoing_done(&bench.facility, seq, again)
            .await
            .unwrap();
    };
    done(1, Some(at("10:00"))).await;
    assert_eq!(waiting("09:00").await, [(2, json!("3"), 0)]);
    assert_eq!(waiting("10:00").await.first(), Some(&(1, json!("1"), 1)));
    done(1, None).await;
    done(2, None).await;
    assert!(waiting("12:00").await.is_empty());
}

pub(crate) async fn an_erased_patients_answers_go_with_them(bench: Bench) {
    bench.plan([asking(1)]).await;
    send_with_link(&bench, 1, "secret", Purpose::Confirm).await;
    let reply = ReplyRecord {
        id: "gw/7".into(),
        at: at("10:00"),
        channel: ChannelKind::Sms,
        message: Some(id(1)),
        text: Some("Oui, mais j'ai mal au dos".into()),
        reading: "unclear".into(),
        outcome: "a person has to read it".into(),
    };
    assert!(
        bench
            .store
            .note_reply(&bench.facility, &reply)
            .await
            .unwrap()
    );
    // A text goes when its time is over, and the rest with the patient.
    bench
        .store
        .redact(&bench.facility, at("2 00:00"))
        .await
        .unwrap();
    let kept = bench
        .store
        .replies(&bench.facility, at("00:00"), 10)
        .await
        .unwrap();
    assert_eq!(kept[0].text, None);
    bench.erase(1).await;
    assert!(
        bench
            .store
            .replies(&bench.facility, at("00:00"), 10)
            .await
            .unwrap()
            .is_empty()
    );
    assert!(bench.store.link("secret").await.unwrap().is_none());
    assert!(
        bench
            .store
            .consents(&bench.facility, &"p-1".into())
            .await
            .unwrap()
            .is_empty()
    );
}
