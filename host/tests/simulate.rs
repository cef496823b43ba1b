//! Simulations: what the rules of a clinic make of an agenda.

#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use rappel_core::event::Event;
use rappel_host::engine::{Folder, Generation};
use rappel_host::simulate::{Window, simulate};
use serde_json::{Value, json};

/// A clinic that reminds by SMS two days before, and the unreliable a day before once more.
fn rules() -> Arc<Generation> {
    let mut folder = Folder::default();
    folder.insert(
        "clinic.toml",
        r#"
        id = "cabinet"
        name = "Cabinet"
        zone = "UTC"
        country = "FR"
        [messages]
        reminder = { sms = "on" }
        second_reminder = { sms = "on" }
        [reminder]
        notice = "2 days"
        second_sms = "unreliable"
        second_notice = "1 day"
        [hours]
        allowed = "24/7"
        [channels.sms]
        gateway = "sms"
        [gateways.sms]
        type = "console"
        "#,
    );
    for kind in ["reminder", "second_reminder"] {
        folder.insert(
            &format!("templates/{kind}.sms.trd"),
            "Bonjour [TRD3], le [TRD8] à [TRD9].\n",
        );
    }
    Arc::new(Generation::compile(&folder).unwrap_or_else(|found| panic!("{found:#?}")))
}

fn event(id: &str, kind: &str, time: &str, data: Value) -> Event {
    Event::from_value(
        &json!({"specversion": "1.0", "id": id, "source": "agenda", "type": kind,
        "time": format!("{time}:00Z"), "data": data}),
    )
    .unwrap()
}

/// A visit on 10 June at 14:30, told on 1 June at 09:00.
fn booked(patient: Value) -> Event {
    let data =
        json!({"appointment": {"id": "a-1", "start": "2026-06-10T14:30"}, "patient": patient});
    event("e-1", "appointment.created", "2026-06-01T09:00", data)
}

/// Every message as `kind state: why`, the earliest due first.
async fn simulated(events: Vec<Event>) -> Vec<String> {
    let simulation = simulate(rules(), events, Window::default(), &|_| {})
        .await
        .unwrap();
    let messages = simulation.messages.iter();
    messages
        .map(|message| {
            let why = message.reason.as_deref().unwrap_or("-");
            format!("{} {}: {why}", message.kind, message.state)
        })
        .collect()
}

fn patient(visits: u32, no_shows: u32) -> Value {
    json!({"id": "p-1", "first_name": "Ana", "mobile": "+33639980001", "consent": true,
           "visits": visits, "no_shows": no_shows})
}

#[tokio::test]
async fn who_becomes_unreliable_after_booking_is_reminded_a_second_time() {
    let updated = json!({"patient": {"id": "p-1", "visits": 8, "no_shows": 4}});
    let updated = event("e-2", "patient.updated", "2026-06-05T09:00", updated);
    assert_eq!(
        simulated(vec![booked(patient(4, 0)), updated]).await,
        ["reminder sent: -", "second_reminder sent: -"]
    );
}

#[tokio::test]
async fn who_stays_reliable_is_not_and_the_summary_says_why() {
    assert_eq!(
        simulated(vec![booked(patient(4, 0))]).await,
        [
            "reminder sent: -",
            "second_reminder skipped: only unreliable patients get a second SMS; this one missed 0 of 4 visits"
        ]
    );
}

#[tokio::test]
async fn an_erased_patient_is_known_by_their_number_however_it_is_written() {
    let erased = json!({"patient": {"id": "p-1"}});
    let erased = event("e-2", "patient.erased", "2026-06-02T09:00", erased);
    let mut other = patient(4, 0);
    other["id"] = json!("p-2");
    other["mobile"] = json!("06 39 98 00 01");
    let data = json!({"appointment": {"id": "a-2", "start": "2026-06-10T14:30"}, "patient": other});
    let again = event("e-3", "appointment.created", "2026-06-03T09:00", data);
    let events = vec![booked(patient(4, 0)), erased, again];
    assert_eq!(simulated(events).await, [""; 0]);
}

/// What is answered to each event, in the order in which they are told at 1 June, 12:00.
async fn told(events: &[Event]) -> Vec<String> {
    use rappel_core::store::{Ingested, Store};
    let store = rappel_host::store::SqliteStore::in_memory().await.unwrap();
    let planner = rappel_host::engine::EventPlanner(rules());
    let now = "2026-06-01T12:00:00Z".parse().unwrap();
    let outcomes = store
        .ingest(&"cabinet".into(), events, now, &planner)
        .await
        .unwrap();
    let outcomes = outcomes.into_iter();
    outcomes
        .map(|outcome| match outcome {
            Ingested::Applied {
                added, warnings, ..
            } => format!("{added} added; {}", warnings.join("; ")),
            Ingested::Repeated => "repeated".into(),
            Ingested::Rejected { path, message } => format!("{path}: {message}"),
        })
        .collect()
}

fn about_it(id: &str, kind: &str, time: &str) -> Event {
    event(id, kind, time, json!({"appointment": {"id": "a-1"}}))
}

#[tokio::test]
async fn an_appointment_that_is_not_known_is_called_so() {
    let events = ["confirmed", "approved", "attended", "missed", "modified"]
        .map(|what| about_it(what, &format!("appointment.{what}"), "2026-06-01T10:00"));
    for said in told(&events).await {
        assert_eq!(
            said,
            "data.appointment: this appointment is not known; tell its `start` and what else there is to know, or send its `appointment.created` first"
        );
    }
}

#[tokio::test]
async fn a_booking_that_its_cancellation_overtook_sends_nothing() {
    let cancelled = about_it("e-2", "appointment.cancelled", "2026-06-01T10:00");
    let late = booked(patient(4, 0));
    let confirmed = about_it("e-3", "appointment.confirmed", "2026-06-01T09:30");
    let said = told(&[cancelled.clone(), late, confirmed]).await;
    assert_eq!(
        said,
        [
            "0 added; data.appointment: this appointment is not known; should it be told of by an event that is older than this one, nothing is sent about it",
            "0 added; a newer event about it was applied before; this one only filled in what was not known",
            "0 added; a newer event about it was applied before; this one only filled in what was not known",
        ]
    );
    // Booked again under the same id, and told in order.
    let mut again = booked(patient(4, 0));
    again.time = Some("2026-06-01T11:00:00Z".parse().unwrap());
    assert_eq!(told(&[cancelled, again]).await[1], "2 added; ");
}

#[tokio::test]
async fn an_end_before_the_start_is_told() {
    let data = json!({"appointment": {"id": "a-1", "start": "2026-06-10T14:30", "end": "2026-06-10T14:00"},
        "patient": patient(4, 0)});
    let booked = event("e-1", "appointment.created", "2026-06-01T09:00", data);
    assert_eq!(
        told(&[booked]).await,
        ["2 added; data.appointment.end: it is before `start`"]
    );
}

/// Every message of a clinic that reminds by SMS and e-mail, as `channel state: why`.
async fn reminded(patient: Value) -> Vec<String> {
    let mut folder = Folder::default();
    folder.insert(
        "clinic.toml",
        r#"
        id = "cabinet"
        name = "Cabinet"
        zone = "UTC"
        country = "FR"
        [messages]
        reminder = { sms = "on", email = "on" }
        resource_created = { sms = "on" }
        [hours]
        allowed = "24/7"
        [channels]
        sms = { gateway = "all" }
        email = { gateway = "all" }
        [gateways.all]
        type = "console"
        "#,
    );
    folder.insert("templates/reminder.sms.trd", "Le [TRD8].\n");
    folder.insert("templates/resource_created.sms.trd", "Le [TRD8].\n");
    folder.insert(
        "templates/reminder.email.trd",
        "Objet : Rappel\n\nLe [TRD8].\n",
    );
    let rules = Arc::new(Generation::compile(&folder).unwrap_or_else(|found| panic!("{found:#?}")));
    let data = json!({"appointment": {"id": "a-1", "start": "2026-06-10T14:30"}, "patient": patient,
        "resource": {"id": "r-1", "name": "Salle 2"}});
    let booked = event("e-1", "appointment.created", "2026-06-01T09:00", data);
    let simulation = simulate(rules, vec![booked], Window::default(), &|_| {})
        .await
        .unwrap();
    let messages = simulation.messages.iter();
    messages
        .map(|message| {
            let why = message.reason.as_deref().unwrap_or("-");
            format!(
                "{} {} {}: {why}",
                message.kind, message.channel, message.state
            )
        })
        .collect()
}

#[tokio::test]
async fn who_is_told_by_another_channel_is_no_failure_and_whom_nothing_reaches_is_one() {
    let patient = |mobile: Value, email: Value| json!({"id": "p-1", "first_name": "Ana", "consent": true, "mobile": mobile, "email": email});
    const ROOM: &str = "resource_created sms skipped: the resource has no mobile number";
    let mut no_email = reminded(patient(json!("+33639980001"), Value::Null)).await;
    no_email.sort();
    assert_eq!(
        no_email,
        [
            "reminder email skipped: the patient has no e-mail address; it goes by sms",
            "reminder sms sent: -",
            ROOM,
        ]
    );
    // A fixed line gets no SMS.
    let mut fixed = reminded(patient(json!("+33199001234"), json!("ana@example.org"))).await;
    fixed.sort();
    assert_eq!(
        fixed,
        [
            "reminder email sent: -",
            "reminder sms skipped: the telephone number is a fixed line, which receives no SMS; it goes by email",
            ROOM,
        ]
    );
    let mut neither = reminded(patient(Value::Null, json!("ana"))).await;
    neither.sort();
    assert_eq!(neither.len(), 3);
    assert!(
        neither[0].starts_with("reminder email failed: "),
        "{neither:?}"
    );
    assert!(
        neither[1].starts_with("reminder sms failed: "),
        "{neither:?}"
    );
}
