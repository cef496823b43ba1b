//! No statement that is made for each event, batch or receipt reads a clinic's whole outbox.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::sync::{Arc, Mutex};

use chrono::TimeDelta;
use rappel_core::alarm::{Alarm, NewReport};
use rappel_core::channel::ChannelKind;
use rappel_core::message::State;
use rappel_core::provider::{ReceiptOf, ReceiptStatus};
use rappel_core::store::{NewMessage, RequestOf};
use rappel_host::store::SqliteStore;
use serde_json::json;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, Connection, Executor, Row};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use crate::bench::*;
use crate::credits::paid;
use crate::families::{as_one, three};

/// Listens to what sqlx says of each statement that it makes.
#[derive(Clone, Default)]
struct Overheard(Arc<Mutex<BTreeSet<String>>>);

impl Subscriber for Overheard {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "sqlx::query"
    }
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, event: &Event<'_>) {
        event.record(&mut Statement(self));
    }
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

struct Statement<'o>(&'o Overheard);

impl Visit for Statement<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        // A short statement stands in its summary alone.
        let whole = field.name() == "db.statement" || !value.ends_with('…');
        let told = matches!(field.name(), "db.statement" | "summary");
        if whole && told && !value.is_empty() {
            self.0.0.lock().unwrap().insert(value.trim().to_string());
        }
    }
    fn record_debug(&mut self, _: &Field, _: &dyn Debug) {}
}

/// Everything that happens again and again.
async fn a_day(bench: &Bench) {
    let email = NewMessage {
        channel: ChannelKind::Email,
        ..reminder(3)
    };
    bench.plan([reminder(1), reminder(2), email]).await;
    let mut data = visit(1, 1);
    data["patient"]["consent"] = json!(false);
    data["resource"] = json!({"id": "r-1"});
    bench
        .tell(
            event("e-1", "appointment.modified", data.clone()),
            vec![move_to(1, "09:00")],
        )
        .await;
    data["resource"] = json!({"id": "r-1", "communication": false});
    bench
        .tell(
            event("e-2", "appointment.cancelled", data),
            vec![withdraw(1)],
        )
        .await;
    let patient = json!({"patient": {"id": "p-2", "first_name": "Ana"}});
    bench
        .tell(event("e-3", "patient.updated", patient), Vec::new())
        .await;
    let again = Anew(Box::new(|_, _, _| unreachable!("nothing waits")));
    let replanned = bench.store.replan(&bench.facility, at("09:00"), &again);
    assert_eq!(replanned.await.unwrap().planned, 0);
    let claim = bench.take(2).await;
    let held = [(claim.message.id, claim.fence)];
    bench.store.judged(&bench.facility, &held).await.unwrap();
    bench.store.release(&bench.facility, &held).await.unwrap();
    let claim = bench.take(2).await;
    let reminding = rappel_core::store::Transition {
        reminders_today: Some(0),
        story: vec![rappel_core::store::Step::Recovered {
            reason: String::new(),
        }],
        ..begin(&claim)
    };
    assert!(bench.step(reminding).await);
    assert_eq!(bench.claim_stuck("09:10", false).await.len(), 1);
    assert_eq!(bench.claim_stuck("09:10", true).await.len(), 1);
    let unknown = ReceiptOf::GatewayId("x".into());
    bench.receive(unknown, ReceiptStatus::Delivered).await;
    let answered = rappel_core::store::Transition {
        gateway_id: Some("y".into()),
        ..step(&claim, State::Sending, State::Sent)
    };
    assert!(!bench.step(answered).await, "it was taken over");
    let ours = ReceiptOf::Message(id(2));
    bench.receive(ours, ReceiptStatus::Delivered).await;
    assert_eq!(bench.story(2).await.len(), 3);
    bench.known("a-1").await.unwrap();
    let now = (at("09:10"), civil("09:10"));
    bench.store.look_again(&bench.facility, now).await.unwrap();
    bench.store.next_due(&lane()).await.unwrap();
    bench
        .store
        .redact(&bench.facility, at("12:00"))
        .await
        .unwrap();
    assert_eq!(bench.state(2).await, State::Delivered);
    families(bench).await;
    credits(bench).await;
}

/// The same where messages go as one.
async fn families(bench: &Bench) {
    let of = bench.of("g");
    let [first, second, third] = three(&of).await;
    let steps: Vec<_> = as_one(&[&first, &second, &third])
        .into_iter()
        .map(|step| rappel_core::store::Transition {
            reminders_today: Some(0),
            ..step
        })
        .collect();
    assert_eq!(of.commit("09:00", &steps).await, [true, true, true]);
    assert_eq!(of.claim_stuck("09:10", false).await.len(), 3);
    for request in [
        RequestOf::Address("+33639980001"),
        RequestOf::Message(id(1)),
    ] {
        let asked = of.store.requests(&of.facility, request, civil("10:00"));
        assert_eq!(asked.await.unwrap().len(), 3);
    }
    let ours = ReceiptOf::Message(id(1));
    assert!(of.receive(ours, ReceiptStatus::Delivered).await.is_some());
    assert_eq!(of.state(3).await, State::Delivered);
}

/// The same where credits are limited.
async fn credits(bench: &Bench) {
    let low = Some(crate::credits::decimal("5"));
    let limited = bench
        .store
        .limit_credits(&bench.facility, low, at("09:20"))
        .await;
    limited.unwrap();
    bench.add_credits("1").await;
    bench.plan([reminder(4), reminder(5)]).await;
    let claims = bench.claim("09:20", 10).await;
    let steps: Vec<_> = claims.iter().map(|claim| paid(claim, "1")).collect();
    assert_eq!(bench.commit("09:20", &steps).await, [true, false]);
    let failed = step(&claims[0], State::Sending, State::Failed);
    assert_eq!(bench.commit("09:20", &[failed]).await, [true]);
    let offered = bench
        .store
        .offer_credits(&bench.facility, at("09:20"))
        .await;
    assert_eq!(offered.unwrap(), 1);
    // What failed is told the administrator.
    let facility = &bench.facility;
    let report = NewReport {
        id: id(100),
        now: at("09:20"),
        zone: rappel_core::Zone::UTC,
        gather: TimeDelta::zero(),
        every: TimeDelta::zero(),
    };
    let planned = bench.store.plan_report(facility, report).await.unwrap();
    assert!(planned.is_some());
    let lane = lane_of(ChannelKind::Email);
    let claimed = bench
        .store
        .claim(&lane, at("09:20"), day(), 10, at("09:22"));
    assert!(
        claimed
            .await
            .unwrap()
            .iter()
            .any(|claim| !claim.alarms.is_empty())
    );
    let back = Alarm::gateway_back("sms");
    let noted = bench
        .store
        .note_alarm(facility, &back, at("09:20"), at("09:20"));
    noted.await.unwrap();
}

/// Whether a line of a plan reads more than it needs.
fn reads_too_much(line: &str) -> bool {
    let scans = line.starts_with("SCAN")
        // Early receipts are gone as soon as the answers come that they wait for; there is one key.
        && !["VIRTUAL TABLE", "CONSTANT ROW", "(subquery", "early_receipt", "link_key"]
            .iter()
            .any(|harmless| line.contains(harmless));
    // The facility alone narrows nothing but what is held by workers, which is little.
    let whole_clinic = line.ends_with("(facility=?)")
        // Whether anybody was erased is answered by the first row.
        && !line.contains("erased")
        && !line.contains("message_held")
        // A clinic has one account and few top-ups.
        && !line.contains("account")
        && !line.contains("top_up")
        // What needs a person is little.
        && !line.contains("alarm")
        // What is kept back is little.
        && !line.contains("message_kept")
        && !line.contains("message_unpaid")
        && !line.contains("message_by_due");
    scans || whole_clinic
}

#[tokio::test]
async fn no_statement_of_every_day_reads_a_whole_outbox() {
    let overheard = Overheard::default();
    tracing::subscriber::set_global_default(overheard.clone()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("rappel.db");
    let store = SqliteStore::open(&database).await.unwrap();
    overheard.0.lock().unwrap().clear();
    a_day(&Bench::over(Arc::new(store))).await;
    let statements: Vec<String> = overheard.0.lock().unwrap().iter().cloned().collect();
    assert!(
        statements.len() > 25,
        "too few were overheard: {statements:#?}"
    );
    let options = SqliteConnectOptions::new().filename(&database);
    let mut raw = SqliteConnection::connect_with(&options).await.unwrap();
    let mut wrong = Vec::new();
    for statement in statements {
        let explained = raw
            .fetch_all(AssertSqlSafe(format!("EXPLAIN QUERY PLAN {statement}")))
            .await
            .unwrap_or_else(|error| panic!("{error}: {statement}"));
        let lines: Vec<String> = explained.iter().map(|row| row.get("detail")).collect();
        if lines.iter().any(|line| reads_too_much(line)) {
            wrong.push((statement, lines));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
