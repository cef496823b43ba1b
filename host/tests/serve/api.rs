//! The API: what is answered to whom.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::town::{Api, Town, visit};

fn event(id: &str, kind: &str, data: Value) -> Value {
    json!({"specversion": "1.0", "id": id, "source": "agenda", "type": kind, "data": data})
}

#[tokio::test]
async fn a_rejected_event_is_told_by_its_id() {
    let town = Town::new().await;
    town.write_clinic("cabinet");
    let host = Arc::new(town.start("cabinet").await);
    let api = Api::of(&host).await;
    let events = [
        event("e-1", "appointment.created", visit()),
        event("e-2", "appointment.create", visit()),
        event(
            "e-3",
            "appointment.confirmed",
            json!({"appointment": {"id": "a-9"}}),
        ),
        json!({"id": "e-4"}),
        json!({"id": 5}),
        json!("e-6"),
    ];
    let lines: Vec<String> = events.iter().map(Value::to_string).collect();
    let lines = format!("{}\n{{\"id\": \"e-7\",\n", lines.join("\n"));
    let batch = Value::from(events.to_vec()).to_string();
    for (kind, body, ids) in [
        (
            "application/x-ndjson",
            lines,
            json!(["e-1", "e-2", "e-3", "e-4", null, null, null]),
        ),
        (
            "application/json",
            batch,
            json!(["e-1", "e-2", "e-3", "e-4", null, null]),
        ),
    ] {
        let (status, answer) = api.ask("POST", "/events", kind, &body).await;
        assert_eq!(status, 422, "{answer}");
        let rows = answer["events"].as_array().unwrap();
        let told: Vec<&Value> = rows.iter().map(|row| &row["id"]).collect();
        assert_eq!(json!(told), ids);
        assert_eq!(
            rows[1]["message"],
            "unknown event type; did you mean `appointment.created`?"
        );
    }
}

/// The answer without what differs from run to run.
fn settled(mut answer: Value) -> Value {
    fn settle(value: &mut Value) {
        match value {
            Value::Object(object) => {
                for (name, value) in object {
                    let differs = [
                        "id",
                        "generation",
                        "since",
                        "created",
                        "updated",
                        "sent_at",
                        "at",
                    ];
                    if value.is_string() && differs.contains(&name.as_str()) {
                        let time = value.as_str().unwrap().ends_with("+02:00");
                        *value = if time { "[…]+02:00" } else { "[…]" }.into();
                    } else if name == "line" && value.is_number() {
                        *value = "[…]".into();
                    } else {
                        settle(value);
                    }
                }
            }
            Value::Array(list) => list.iter_mut().for_each(settle),
            _ => {}
        }
    }
    settle(&mut answer);
    answer
}

#[tokio::test]
async fn what_is_answered_is_the_contract_of_the_command_line() {
    let town = Town::new().await;
    town.write_clinic("cabinet");
    let toml = std::fs::read_to_string(town.folder("cabinet").join("clinic.toml")).unwrap();
    town.write(
        "cabinet",
        "clinic.toml",
        &toml.replace("\"UTC\"", "\"Europe/Paris\""),
    );
    let host = Arc::new(town.start("cabinet").await);
    let api = Api::of(&host).await;
    let mut data = visit();
    data["patient"]["moblie"] = json!("06");
    let booked = event("e-1", "appointment.created", data).to_string();
    let (status, answer) = api
        .ask(
            "POST",
            "/events",
            "application/cloudevents+json; charset=utf-8",
            &booked,
        )
        .await;
    assert_eq!(status, 200);
    insta::assert_json_snapshot!("events", answer);
    town.until_states(&["created sent", "reminder planned"])
        .await;
    let (_, reminders) = api.get("/messages?kind=reminder").await;
    insta::assert_json_snapshot!("messages", settled(reminders.clone()));
    let id = reminders["messages"][0]["id"].as_str().unwrap();
    let (_, story) = api.get(&format!("/messages/{}", &id[..18])).await;
    assert_eq!(story["message"], reminders["messages"][0]);
    insta::assert_json_snapshot!("message", settled(story));
    let (_, status) = api.get("/status").await;
    insta::assert_json_snapshot!("status", settled(status));
}

#[tokio::test]
async fn what_can_not_be_answered_says_why() {
    let town = Town::new().await;
    town.write_clinic("cabinet");
    let host = Arc::new(town.start("cabinet").await);
    let api = Api::of(&host).await;
    let mut answers = Vec::new();
    for (method, path, kind) in [
        ("GET", "/messages?stat=held", "text/plain"),
        ("GET", "/messages?state=sended", "text/plain"),
        ("GET", "/messages/ffff", "text/plain"),
        ("POST", "/events/other", "application/json"),
        ("POST", "/events", "text/csv"),
        ("POST", "/receipts/cabinet/sms", "text/plain"),
    ] {
        let (status, answer) = api.ask(method, path, kind, "{}").await;
        answers
            .push(json!({"asked": format!("{method} {path}"), "status": status, "answer": answer}));
    }
    insta::assert_json_snapshot!("errors", answers);
}
