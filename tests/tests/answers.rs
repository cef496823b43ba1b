//! What patients answer, by a real SMS gateway and on the pages behind links: the appointment changes, the
//! agenda is told, the patient is answered, and what can't be read is left to a person.

#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use rappel_tests::peers::{Callbacks, Kannel, free_port};
use rappel_tests::rappel::{Host, binary};
use serde_json::{Value, json};

const SOON: Duration = Duration::from_secs(30);

const SECRETS: &[(&str, &str)] = &[
    ("KANNEL_PASSWORD", Kannel::PASSWORD),
    ("KANNEL_RECEIPTS", "letters-and-digits-1"),
    ("AGENDA_SECRET", "of-the-agenda"),
];

/// A clinic that asks at once whether its patients come.
const ASK: &str = r#"
fn plan(event, visit, settings) {
    if event.type != "appointment.created" {
        return [];
    }
    [message("question", "sms").now().asks_confirmation(true)]
}
"#;

struct House {
    folder: tempfile::TempDir,
    kannel: Kannel,
    agenda: Callbacks,
    host: Host,
}

impl House {
    fn new() -> Self {
        let port = free_port();
        let replies = format!(
            "http://127.0.0.1:{port}/replies/answers/kannel?token=letters-and-digits-1&from=%p&text=%b&id=%I"
        );
        let kannel = Kannel::start_with_inbound(&replies).unwrap();
        let agenda = Callbacks::start().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("clinic");
        for part in ["templates", "rules"] {
            std::fs::create_dir_all(place.join(part)).unwrap();
        }
        let settings = format!(
            r#"
            id = "answers"
            name = "Centre médical"
            zone = "Europe/Paris"
            country = "FR"
            language = "fr"
            [messages]
            question = {{ sms = "on" }}
            confirmed = {{ sms = "on" }}
            cancelled = {{ sms = "on" }}
            [hours]
            allowed = "24/7"
            [links]
            confirm = "http://127.0.0.1:{port}/l/{{token}}"
            [agenda]
            url = "{}/rappel"
            secret = {{ env = "AGENDA_SECRET" }}
            allow_private = true
            [channels.sms]
            gateway = "kannel"
            [gateways.kannel]
            type = "http"
            adapter = "kannel"
            allow_private = true
            options = {{ url = "{}", username = "{}" }}
            secrets = {{ password = {{ env = "KANNEL_PASSWORD" }}, receipts = {{ env = "KANNEL_RECEIPTS" }} }}
            "#,
            agenda.url(),
            kannel.sendsms_url(),
            Kannel::USERNAME
        );
        let files = [
            ("clinic.toml", settings.as_str()),
            ("rules/ask.rhai", ASK),
            (
                "templates/question.sms.trd",
                "[TRD3], venez-vous ? OUI ou NON, ou [CONFIRM_URL]\n",
            ),
            ("templates/confirmed.sms.trd", "Merci [TRD3], c'est noté.\n"),
            (
                "templates/cancelled.sms.trd",
                "[TRD3], votre rendez-vous est annulé.\n",
            ),
        ];
        for (file, text) in files {
            std::fs::write(place.join(file), text).unwrap();
        }
        let at = |name: &str| folder.path().join(name);
        let mut host =
            Host::start_public_at(port, &place, &at("rappel.db"), &at("log"), &[], SECRETS)
                .unwrap();
        host.wait_until_ready(SOON)
            .unwrap_or_else(|error| panic!("{error}\n{}", said(folder.path())));
        Self {
            folder,
            kannel,
            agenda,
            host,
        }
    }

    /// Books a visit for the patient of that number; gives what they were asked.
    async fn book(&self, number: u32) -> String {
        let phone = phone(number);
        self.post(json!({"specversion": "1.0", "id": format!("e-{number}"), "source": "agenda",
            "type": "appointment.created",
            "data": {
                "appointment": {"id": format!("a-{number}"), "start": "2099-06-03T14:30"},
                "patient": {"id": format!("p-{number}"), "first_name": "Ana", "mobile": phone, "consent": true}}}))
            .await;
        self.heard(&phone, "venez-vous")
    }

    /// Tells that an appointment is confirmed or cancelled, as the agenda does.
    async fn tell(&self, id: &str, kind: &str, appointment: &str) {
        self.post(
            json!({"specversion": "1.0", "id": id, "source": "agenda", "type": kind,
            "data": {"appointment": {"id": appointment}}}),
        )
        .await;
    }

    async fn post(&self, event: Value) {
        let answer = client()
            .post(format!("{}/events", self.host.url()))
            .json(&event)
            .send()
            .await
            .unwrap();
        assert!(
            answer.status().is_success(),
            "{}",
            answer.text().await.unwrap()
        );
    }

    fn write(&self, number: u32, text: &str) {
        self.kannel
            .send_from_phone(&phone(number), "13013", text)
            .unwrap();
    }

    /// Waits until something holds; `what` is told where it doesn't.
    fn until<T>(&self, what: &str, look: impl Fn() -> Result<T, String>) -> T {
        let end = Instant::now() + SOON;
        loop {
            match look() {
                Ok(seen) => return seen,
                Err(there) if Instant::now() > end => {
                    panic!("{what}: {there}\n{}", said(self.folder.path()))
                }
                Err(_) => {
                    std::thread::sleep(Duration::from_millis(50));
                    // What is typed while the phone reads another line waits until more is typed.
                    self.kannel.received().unwrap();
                }
            }
        }
    }

    /// Waits for an SMS to a phone that holds the words.
    fn heard(&self, phone: &str, words: &str) -> String {
        self.until(&format!("`{words}` to {phone}"), || {
            let received = self.kannel.received().unwrap();
            let mut to_phone = received.iter().filter(|sms| sms.receiver == phone);
            match to_phone.find(|sms| sms.text.contains(words)) {
                Some(sms) => Ok(sms.text.clone()),
                None => Err(format!("{received:?}")),
            }
        })
    }

    /// The events that the agenda was told, once there are so many, and whether each is signed.
    fn told(&self, count: usize) -> Vec<(Value, bool)> {
        let seen = self
            .agenda
            .wait_for(count, SOON)
            .unwrap_or_else(|error| panic!("{error}\n{}", said(self.folder.path())));
        seen.iter()
            .map(|request| {
                let signed = request.headers.contains_key("rappel-signature");
                (serde_json::from_slice(&request.body).unwrap(), signed)
            })
            .collect()
    }

    fn rappel(&self, arguments: &[&str]) -> String {
        let output = Command::new(binary())
            .args(arguments)
            .arg("--database")
            .arg(self.folder.path().join("rappel.db"))
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    }

    fn listed(&self, appointment: &str) -> Vec<Value> {
        let listed = self.rappel(&["messages", "--appointment", appointment, "--format", "json"]);
        listed
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    /// Waits until an appointment's messages are so: kind, state and reason.
    fn until_messages(&self, appointment: &str, expected: &[&str]) {
        self.until(appointment, || {
            let mut there: Vec<String> = self
                .listed(appointment)
                .iter()
                .map(|message| {
                    let text = |name: &str| message[name].as_str().unwrap_or_default();
                    // A receipt may have come or not.
                    let state = text("state").replace("delivered", "sent");
                    format!("{} {state} {}", text("kind"), text("reason"))
                        .trim()
                        .to_string()
                })
                .collect();
            there.sort();
            if there == expected {
                Ok(())
            } else {
                Err(format!("{there:?}"))
            }
        });
    }

    /// Waits until the story of the question about an appointment holds the words.
    fn until_story(&self, appointment: &str, words: &str) -> String {
        self.until(words, || {
            let messages = self.listed(appointment);
            let question = messages
                .iter()
                .find(|message| message["kind"] == "question");
            let id = question.unwrap()["id"].as_str().unwrap();
            let story = self.rappel(&["explain", id]);
            if story.contains(words) {
                Ok(story)
            } else {
                Err(story)
            }
        })
    }
}

fn said(folder: &Path) -> String {
    std::fs::read_to_string(folder.join("log")).unwrap_or_default()
}

fn phone(number: u32) -> String {
    format!("+3363998{number:04}")
}

fn client() -> reqwest::Client {
    // reqwest is built without a TLS of its own choice; a second installation is harmless.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::new()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reply_by_sms_confirms_or_cancels_and_the_agenda_is_told() {
    let house = House::new();
    house.book(1).await;
    house.write(1, "Oui, merci !");
    house.heard(&phone(1), "Merci Ana, c'est noté.");
    house.book(2).await;
    house.write(2, "NON");
    house.heard(&phone(2), "votre rendez-vous est annulé");
    for ((event, signed), (kind, appointment, status)) in house.told(2).iter().zip([
        ("appointment.confirmed", "a-1", "confirmed"),
        ("appointment.cancelled", "a-2", "cancelled"),
    ]) {
        assert_eq!(event["type"], kind);
        assert_eq!(event["source"], "rappel");
        assert_eq!(
            event["data"]["appointment"],
            json!({"id": appointment, "status": status})
        );
        assert!(signed);
    }
    // The agenda repeats what it was told: nobody is written to again.
    house.tell("echo", "appointment.confirmed", "a-1").await;
    house.until_messages("a-1", &["confirmed sent", "question sent"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_changes_nothing_and_stop_is_heard() {
    let house = House::new();
    house.book(3).await;
    house.write(3, "Peut-etre, je vous rappelle");
    let story = house.until_story("a-3", "a person has to read it");
    assert!(story.contains("(unclear)"), "{story}");
    house.until_messages("a-3", &["question sent"]);
    let log = said(house.folder.path());
    assert!(
        !log.contains("vous rappelle"),
        "a patient's words are in the log"
    );
    house.write(3, "STOP");
    house.until_story("a-3", "(stop)");
    house.tell("gone", "appointment.cancelled", "a-3").await;
    house.until_messages(
        "a-3",
        &[
            "cancelled skipped the patient doesn't want messages by sms",
            "question sent",
        ],
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn looking_at_a_link_changes_nothing_and_its_button_does() {
    let house = House::new();
    let asked = house.book(4).await;
    let url = asked.split_whitespace().last().unwrap();
    let looked = client().get(url).send().await.unwrap();
    assert_eq!(looked.status(), 200);
    assert_eq!(looked.headers()["cache-control"], "no-store");
    let page = looked.text().await.unwrap();
    assert!(
        page.contains("Confirmez-vous votre rendez-vous ?"),
        "{page}"
    );
    assert!(!page.contains("Ana"), "{page}");
    house.until_messages("a-4", &["question sent"]);
    for _ in 0..2 {
        let done = client().post(url).send().await.unwrap();
        assert_eq!(done.status(), 200);
        let page = done.text().await.unwrap();
        assert!(
            page.contains("Merci, votre rendez-vous est confirmé."),
            "{page}"
        );
    }
    house.until_messages("a-4", &["confirmed sent", "question sent"]);
    assert_eq!(house.told(1).len(), 1);
    house.tell("off", "appointment.cancelled", "a-4").await;
    assert_eq!(client().get(url).send().await.unwrap().status(), 410);
    let guess = url.replace(&url[url.len() - 4..], "0000");
    assert_eq!(client().get(guess).send().await.unwrap().status(), 404);
}
