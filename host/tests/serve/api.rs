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
