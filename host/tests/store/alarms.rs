//! Alarms: what needs a person is noted once for what is equal, and told once, whatever becomes of the
//! e-mail that tells it.

use chrono::TimeDelta;
use rappel_core::alarm::{Alarm, AlarmKind, AlarmRecord, NewReport, PlannedReport};
use rappel_core::channel::ChannelKind;
use rappel_core::civil::Zone;
use rappel_core::decision::{Answer, PolicyFault, Verdict};
use rappel_core::kind::Kind;
use rappel_core::message::{Recipient, State};
use rappel_core::provider::{ReceiptOf, ReceiptStatus};
use rappel_core::store::{Claimed, NewMessage, Plan, ReplyRecord, Step, Transition};

use crate::bench::*;
use crate::credits::paid;

impl Bench {
    async fn note(&self, alarm: &Alarm, now: &str) {
        let noted = self
            .store
            .note_alarm(&self.facility, alarm, at(now), at(now));
        noted.await.unwrap();
    }

    /// What is known of its own alarms, the latest first.
    async fn alarms(&self) -> Vec<AlarmRecord> {
        let found = self.store.alarms(Some(&self.facility), 100).await.unwrap();
        assert!(found.iter().all(|(facility, _)| *facility == self.facility));
        found.into_iter().map(|(_, record)| record).collect()
    }

    /// What it was about, and how often it happened.
    async fn counted(&self) -> Vec<(Alarm, u64)> {
        let alarms = self.alarms().await;
        alarms
            .into_iter()
            .map(|record| (record.alarm, record.count))
            .collect()
    }

    /// Plans the e-mail, at most one in half an hour.
    async fn report(&self, number: u128, now: &str) -> Option<PlannedReport> {
        let report = NewReport {
            id: id(number),
            now: at(now),
            zone: Zone::UTC,
            gather: TimeDelta::minutes(1),
            every: TimeDelta::minutes(30),
        };
        self.store
            .plan_report(&self.facility, report)
            .await
            .unwrap()
    }

    /// Claims the e-mail that is due.
    async fn take_report(&self, now: &str) -> Option<Claimed> {
        let lane = rappel_core::store::Lane {
            facility: self.facility.clone(),
            channel: ChannelKind::Email,
        };
        let lease = at(now) + TimeDelta::minutes(2);
        let claimed = self.store.claim(&lane, at(now), day(), 10, lease).await;
        claimed.unwrap().pop()
    }

    async fn end(&self, now: &str, claim: &Claimed, state: State) {
        assert_eq!(self.commit(now, &[begin(claim)]).await, [true]);
        let end = step(claim, State::Sending, state);
        assert_eq!(self.commit(now, &[end]).await, [true]);
    }
}

fn down() -> Alarm {
    Alarm::gateway_down("sms", "connection refused")
}

fn failing(claim: &Claimed, reason: &str) -> Transition {
    Transition {
        reason: Some(reason.into()),
        ..step(claim, State::Planned, State::Failed)
    }
}

fn undeliverable(reason: &str) -> Alarm {
    Alarm::undeliverable(&Kind::REMINDER, ChannelKind::Sms, reason)
}

pub(crate) async fn what_is_equal_is_one_point(bench: Bench) {
    bench.note(&down(), "09:10").await;
    bench.note(&down(), "09:20").await;
    bench.note(&Alarm::gateway_down("mail", ""), "09:15").await;
    let expected = AlarmRecord {
        alarm: down(),
        first: at("09:10"),
        last: at("09:20"),
        count: 2,
        message: None,
        told: None,
    };
    let alarms = bench.alarms().await;
    assert_eq!(alarms[0], expected);
    assert_eq!(alarms[1].alarm.subject, "mail");
    assert_eq!(alarms.len(), 2);
    assert_eq!(bench.of("g").alarms().await, []);
    assert_eq!(bench.store.alarms(None, 1).await.unwrap().len(), 1);
}

pub(crate) async fn messages_that_fail_the_same_way_are_one_point(bench: Bench) {
    bench.plan((1..=4).map(reminder)).await;
    let claims = bench.claim("09:00", 10).await;
    let reasons = [
        "no such number",
        "no such number",
        "call +33639980001 first",
    ];
    let steps: Vec<_> = claims
        .iter()
        .zip(reasons)
        .map(|(claim, reason)| failing(claim, reason))
        .collect();
    assert_eq!(bench.commit("09:01", &steps).await, [true; 3]);
    // A step that isn't made tells nothing.
    assert_eq!(bench.commit("09:02", &steps[..1]).await, [false]);
    let mut counted = bench.counted().await;
    counted.sort();
    assert_eq!(
        counted,
        [
            (undeliverable("call … first"), 1),
            (undeliverable("no such number"), 2)
        ],
        "nobody's number is kept"
    );
    let alarms = bench.alarms().await;
    assert!(alarms.iter().any(|record| record.message == Some(id(2))));
    // A gateway reports it later.
    assert_eq!(bench.commit("09:02", &[begin(&claims[3])]).await, [true]);
    let sent = step(&claims[3], State::Sending, State::Sent);
    assert_eq!(bench.commit("09:02", &[sent]).await, [true]);
    let of = ReceiptOf::Message(id(4));
    bench.receive(of.clone(), ReceiptStatus::Failed).await;
    bench.receive(of, ReceiptStatus::Failed).await;
    let all: u64 = bench.counted().await.iter().map(|(_, count)| count).sum();
    assert_eq!(all, 4, "once, though it is reported twice");
}

pub(crate) async fn what_the_store_sees_is_noted_where_it_happens(bench: Bench) {
    // A message that stops its worker three times.
    bench.plan([reminder(1)]).await;
    for minute in ["09:00", "09:02", "09:04", "09:06"] {
        bench.claim(minute, 10).await;
    }
    assert_eq!(
        bench.counted().await,
        [(Alarm::set_aside(&Kind::REMINDER, ChannelKind::Sms), 1)]
    );
    // Credits that run low and out.
    let low = Some(crate::credits::decimal("1"));
    let limited = bench.store.limit_credits(&bench.facility, low, at("09:10"));
    assert!(limited.await.unwrap().is_some());
    bench.add_credits("2").await;
    bench.plan([reminder(2), reminder(3), reminder(4)]).await;
    let claims = bench.claim("09:11", 10).await;
    let steps: Vec<_> = claims.iter().map(|claim| paid(claim, "1")).collect();
    assert_eq!(bench.commit("09:12", &steps).await, [true, true, false]);
    // A policy that fails to judge, and one that fails to plan.
    let fault = PolicyFault {
        origin: origin("own", 7),
        reason: "the calculation has no result".into(),
    };
    let judged = Step::Judged {
        generation: "g-1".into(),
        answers: vec![Answer {
            origin: fault.origin.clone(),
            verdict: Verdict::Fault {
                reason: fault.reason.clone(),
            },
            read: Vec::new(),
        }],
        state: State::Held,
        shadow: Vec::new(),
        reason: None,
    };
    bench.plan([reminder(5)]).await;
    let claim = bench.take(5).await;
    let held = Transition {
        story: vec![judged],
        ..step(&claim, State::Planned, State::Held)
    };
    assert_eq!(bench.commit("09:13", &[held]).await, [true]);
    let fails = fault.clone();
    let hand = Hand(move |event: &_, known: &_, _, _: &[_]| {
        Ok(Plan {
            faults: vec![fails.clone()],
            ..plan(event, known, Vec::new())
        })
    });
    bench.ingest(&[booking(9)], &hand).await;
    // An answer that nobody can read, told twice by its gateway.
    let reply = ReplyRecord {
        id: "gw/7".into(),
        at: at("09:20"),
        channel: ChannelKind::Sms,
        message: Some(id(2)),
        text: Some("Peut-être, je suis Jeannette".into()),
        reading: ReplyRecord::UNCLEAR.into(),
        outcome: "a person has to read it".into(),
    };
    for _ in 0..2 {
        bench
            .store
            .note_reply(&bench.facility, &reply)
            .await
            .unwrap();
    }
    let alarms = bench.alarms().await;
    let told = format!("{alarms:?}");
    assert!(!told.contains("Jeannette"), "{told}");
    let mut counted: Vec<_> = alarms
        .iter()
        .map(|record| {
            (
                record.alarm.kind.name(),
                &*record.alarm.subject,
                record.count,
            )
        })
        .collect();
    counted.sort();
    assert_eq!(
        counted,
        [
            ("credits_low", "0", 1),
            ("credits_out", "0", 1),
            ("policy_failed", "own:7", 2),
            ("set_aside", "reminder", 1),
            ("unclear_reply", "", 1),
        ]
    );
}

pub(crate) async fn an_end_is_noted_where_there_was_a_beginning(bench: Bench) {
    bench.note(&Alarm::gateway_back("sms"), "09:00").await;
    bench.note(&Alarm::files_mended(), "09:00").await;
    assert_eq!(bench.alarms().await, []);
    bench.note(&down(), "09:10").await;
    bench.note(&Alarm::gateway_back("mail"), "09:15").await;
    for now in ["09:20", "09:30"] {
        bench.note(&Alarm::gateway_back("sms"), now).await;
    }
    let alarms = bench.alarms().await;
    let kinds: Vec<_> = alarms.iter().map(|record| record.alarm.kind).collect();
    assert_eq!(kinds, [AlarmKind::GatewayBack, AlarmKind::GatewayDown]);
    assert_eq!((alarms[0].last, alarms[0].count), (at("09:20"), 1));
}

pub(crate) async fn an_email_tells_all_that_is_untold_when_it_goes(bench: Bench) {
    assert_eq!(
        bench.report(1, "09:00").await,
        None,
        "there is nothing to tell"
    );
    bench.note(&down(), "09:00").await;
    let planned = bench.report(1, "09:05").await.unwrap();
    assert_eq!((planned.due, planned.failed), (at("09:06"), None));
    assert_eq!(bench.report(2, "09:05").await, None, "one is on its way");
    assert!(bench.take_report("09:05").await.is_none());
    bench.note(&down(), "09:06").await;
    let claim = bench.take_report("09:06").await.unwrap();
    let message = &claim.message;
    assert_eq!(
        (message.kind.clone(), message.recipient, message.state),
        (
            Kind::ADMINISTRATOR,
            Recipient::Administrator,
            State::Planned
        )
    );
    assert!(message.notice && message.origin.is_none() && message.expires.is_none());
    assert_eq!((claim.alarms[0].count, claim.alarms.len()), (2, 1));
    // It is let go, and more comes meanwhile.
    let held = [(message.id, claim.fence)];
    bench.store.release(&bench.facility, &held).await.unwrap();
    bench.note(&down(), "09:07").await;
    bench
        .note(&Alarm::files_refused("clinic.toml: no"), "09:07")
        .await;
    let claim = bench.take_report("09:08").await.unwrap();
    assert_eq!(claim.alarms.len(), 2);
    assert_eq!(claim.alarms[0].count, 3);
    bench.end("09:08", &claim, State::Sent).await;
    assert_eq!(bench.report(2, "10:00").await, None, "all is told");
    assert!(
        bench
            .alarms()
            .await
            .iter()
            .all(|record| record.told == Some(id(1)))
    );
    let story = bench.story(1).await;
    assert_eq!(
        story[0],
        Step::Reports {
            due: civil("09:06")
        }
    );
    // The same again is untold again.
    bench.note(&down(), "09:10").await;
    let next = bench.report(2, "09:10").await.unwrap();
    assert_eq!(next.due, at("09:38"), "no sooner than half an hour later");
    let claim = bench.take_report("09:38").await.unwrap();
    assert_eq!((claim.alarms[0].count, claim.alarms.len()), (1, 1));
}

pub(crate) async fn more_of_the_same_is_no_news_within_a_day_unless_it_is_much_more(bench: Bench) {
    let fail = async |numbers: std::ops::RangeInclusive<u128>| {
        bench.plan(numbers.map(reminder)).await;
        let claims = bench.claim("09:00", 100).await;
        let steps: Vec<_> = claims.iter().map(|claim| failing(claim, "no")).collect();
        bench.commit("09:00", &steps).await;
    };
    fail(1..=2).await;
    bench.report(100, "09:00").await.unwrap();
    let claim = bench.take_report("09:01").await.unwrap();
    bench.end("09:01", &claim, State::Sent).await;
    fail(3..=21).await;
    assert_eq!(bench.report(101, "10:00").await, None, "19 more of two");
    fail(22..=22).await;
    assert!(
        bench.report(101, "10:00").await.is_some(),
        "ten times as many"
    );
    let claim = bench.take_report("10:01").await.unwrap();
    assert_eq!((claim.alarms[0].count, claim.alarms.len()), (20, 1));
    bench.end("10:01", &claim, State::Sent).await;
    fail(23..=23).await;
    assert_eq!(bench.report(102, "10:30").await, None);
    // It comes with what is news, or after a day.
    bench.note(&down(), "11:00").await;
    bench.report(102, "11:00").await.unwrap();
    let claim = bench.take_report("11:01").await.unwrap();
    assert_eq!(claim.alarms.len(), 2);
    bench.end("11:01", &claim, State::Sent).await;
    fail(24..=24).await;
    assert_eq!(bench.report(103, "12:00").await, None);
    assert!(bench.report(103, "2 09:01").await.is_some());
}

pub(crate) async fn what_an_email_told_in_vain_is_told_by_the_next(bench: Bench) {
    bench.note(&down(), "09:00").await;
    bench.report(1, "09:00").await.unwrap();
    let claim = bench.take_report("09:01").await.unwrap();
    bench.end("09:01", &claim, State::Failed).await;
    assert_eq!(bench.counted().await.len(), 1, "it raises no alarm itself");
    bench.note(&down(), "09:02").await;
    let planned = bench.report(2, "09:02").await.unwrap();
    assert_eq!((planned.due, planned.failed), (at("09:31"), Some(id(1))));
    let claim = bench.take_report("09:31").await.unwrap();
    assert_eq!((claim.alarms[0].count, claim.alarms.len()), (2, 1));
    bench.end("09:31", &claim, State::Unknown).await;
    assert_eq!(bench.report(3, "12:00").await, None, "it may have arrived");
}

pub(crate) async fn what_is_sent_once_more_tells_the_same(bench: Bench) {
    bench.note(&down(), "09:00").await;
    bench.report(1, "09:00").await.unwrap();
    let claim = bench.take_report("09:01").await.unwrap();
    assert_eq!(bench.commit("09:01", &[begin(&claim)]).await, [true]);
    bench.note(&Alarm::files_refused("no"), "09:02").await;
    let again = bench.claim_stuck("09:10", true).await;
    assert_eq!(again[0].alarms, claim.alarms, "a gateway may take it once");
    let claim = &again[0];
    let sent = step(claim, State::Sending, State::Sent);
    assert_eq!(bench.commit("09:10", &[sent]).await, [true]);
    bench.report(2, "09:11").await.unwrap();
    let claim = bench.take_report("12:00").await.unwrap();
    assert_eq!(claim.alarms[0].alarm.kind, AlarmKind::FilesRefused);
    assert_eq!(claim.alarms.len(), 1);
}

pub(crate) async fn each_clinic_is_told_its_own(bench: Bench) {
    let other = bench.of("g");
    bench.note(&down(), "09:00").await;
    other.note(&Alarm::gateway_down("mail", ""), "09:00").await;
    bench.report(1, "09:00").await.unwrap();
    other.report(2, "09:00").await.unwrap();
    let claim = other.take_report("09:01").await.unwrap();
    assert_eq!(claim.alarms[0].alarm.subject, "mail");
    assert_eq!(claim.alarms.len(), 1);
    assert_eq!(bench.alarms().await[0].told, None);
}

pub(crate) async fn what_is_over_is_forgotten_with_the_texts(bench: Bench) {
    bench.note(&down(), "09:00").await;
    bench.note(&Alarm::gateway_down("mail", ""), "11:00").await;
    bench
        .store
        .redact(&bench.facility, at("10:00"))
        .await
        .unwrap();
    assert_eq!(
        bench.counted().await,
        [(Alarm::gateway_down("mail", ""), 1)]
    );
}

pub(crate) async fn a_message_to_the_administrator_that_a_policy_planned_raises_no_alarm(
    bench: Bench,
) {
    let to_administrator = NewMessage {
        recipient: Recipient::Administrator,
        ..reminder(1)
    };
    bench.plan([to_administrator]).await;
    let claim = bench.take(1).await;
    assert!(bench.step(failing(&claim, "no")).await);
    assert_eq!(bench.alarms().await, []);
}
