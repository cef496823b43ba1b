//! Read tracking: the image in an e-mail, and what is known when it is fetched.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::town::{Api, Town, tell, visit};

/// A clinic whose answers to bookings are tracked, and one of them sent.
async fn booked(town: &Town) -> Arc<rappel_host::serve::Host> {
    town.write_clinic("cabinet");
    let toml = std::fs::read_to_string(town.folder("cabinet").join("clinic.toml")).unwrap();
    let toml = toml.replace("created = { sms", "created = { email");
    let more = "[sender]\nemail = \"a@example.org\"\n[channels.email]\ngateway = \"sms\"\n\
                [tracking]\nopens = [\"created\"]\n";
    town.write("cabinet", "clinic.toml", &format!("{toml}\n{more}"));
    let letter = "Subject: Rendez-vous\n\nBonjour [TRD3].\n";
    town.write("cabinet", "templates/created.email.trd", letter);
    let host = Arc::new(town.start("cabinet").await);
    let mut data = visit();
    data["patient"]["email"] = json!("ana@example.org");
    tell(&host, "e-1", "appointment.created", data).await;
    town.until_states(&["created sent", "reminder planned"])
        .await;
    host
}

async fn message(api: &Api) -> Value {
    let (_, listed) = api.get("/messages?kind=created").await;
    listed["messages"][0].clone()
}

#[tokio::test]
async fn an_e_mail_that_was_opened_is_known_and_nobody_learns_of_it() {
    let mut town = Town::new().await;
    town.public_url = Some("https://rappel.example.org".into());
    let host = booked(&town).await;
    let api = Api::of(&host).await;
    let html = town.gateways.html().unwrap();
    let (_, image) = html.split_once("https://rappel.example.org/o/").unwrap();
    let token = &image[..26];
    let path = format!("/o/{token}");
    assert_eq!(message(&api).await["opened"], Value::Null);

    let answer = api
        .raw("GET", "/o/00000000000000000000000000", "text/plain", "")
        .await;
    let without_time = |answer: &[u8]| {
        let text = String::from_utf8_lossy(answer).into_owned();
        let lines = text.lines().filter(|line| !line.starts_with("date:"));
        lines.collect::<Vec<_>>().join("\n")
    };
    let told = without_time(&answer);
    assert!(told.starts_with("HTTP/1.1 200"), "{told}");
    assert!(told.contains("content-type: image/gif"), "{told}");
    assert!(told.contains("cache-control: no-store"), "{told}");
    assert!(!told.contains("cookie"), "{told}");
    for path in [&*path, "/o/x", "/o/%ff", &path] {
        let answer = api.raw("GET", path, "text/plain", "").await;
        assert_eq!(without_time(&answer), told, "{path}");
    }
    api.raw("HEAD", &path, "text/plain", "").await;
    town.until("both openings", async |_| message(&api).await["opens"] == 2)
        .await;
    let opened = message(&api).await;
    assert!(
        opened["opened"]
            .as_str()
            .unwrap()
            .starts_with("2026-06-01T09:")
    );
    let id = opened["id"].as_str().unwrap();
    let (_, story) = api.get(&format!("/messages/{id}")).await;
    let steps = story["story"].as_array().unwrap();
    assert_eq!(steps.last().unwrap()["step"], "opened");
    // It is no link's token.
    let (status, _) = api.get(&format!("/links/{token}")).await;
    assert_eq!(status, 404);
    let (_, counts) = api.get("/messages?count=kind,state").await;
    assert_eq!(
        counts["counts"],
        json!([
            {"kind": "created", "state": "sent", "messages": 1, "segments": 0, "credits": "0",
             "opened": 1, "answered": 0},
            {"kind": "reminder", "state": "planned", "messages": 1, "segments": 0, "credits": "0",
             "opened": 0, "answered": 0},
        ])
    );
}

#[tokio::test]
async fn without_an_address_that_patients_reach_there_is_no_image() {
    let town = Town::new().await;
    let _host = booked(&town).await;
    let html = town.gateways.html().unwrap();
    assert!(!html.contains("<img"), "{html}");
}
