//! The month of the French example clinic through `rappel serve`, on a clock that runs fast: its SMS go through a
//! real Kannel, its e-mails through a real Postfix, and patients answer on their phones. What goes is what goes
//! on the virtual clock.

#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::time::{Duration, Instant};

use rappel_tests::month::{self, Sent};
use rappel_tests::peers::{Kannel, Postfix, free_port};
use rappel_tests::rappel::{Host, messages};

/// Four hours of the month a second.
const SPEED: &str = "14400";

/// The month takes eight minutes.
const PATIENCE: Duration = Duration::from_secs(900);

const SECRETS: &[(&str, &str)] = &[
    ("KANNEL_PASSWORD", Kannel::PASSWORD),
    ("KANNEL_RECEIPTS", "letters-and-digits-1"),
    ("SMTP_PASSWORD", Postfix::PASSWORD),
];

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), to).unwrap();
        }
    }
}

/// The example clinic with real gateways.
fn clinic(place: &Path, kannel: &Kannel, postfix: &Postfix) {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/lumiere");
    for part in ["templates", "rules"] {
        copy(&example.join(part), &place.join(part));
    }
    let settings = std::fs::read_to_string(example.join("clinic.toml")).unwrap();
    let settings = settings
        .replace(
            "[channels.sms]\ngateway = \"out\"",
            "[channels.sms]\ngateway = \"kannel\"",
        )
        .replace(
            "[channels.email]\ngateway = \"out\"",
            "[channels.email]\ngateway = \"mail\"",
        );
    let gateways = format!(
        r#"
        [gateways.kannel]
        type = "http"
        adapter = "kannel"
        allow_private = true
        options = {{ url = "{}", username = "{}" }}
        secrets = {{ password = {{ env = "KANNEL_PASSWORD" }}, receipts = {{ env = "KANNEL_RECEIPTS" }} }}
        [gateways.mail]
        type = "smtp"
        host = "localhost"
        port = {}
        encryption = "starttls"
        user = "{}"
        password = {{ env = "SMTP_PASSWORD" }}
        trust = "{}"
        "#,
        kannel.sendsms_url(),
        Kannel::USERNAME,
        postfix.submission_port(),
        Postfix::USERNAME,
        postfix.certificate().display()
    );
    std::fs::write(place.join("clinic.toml"), settings + &gateways).unwrap();
}

/// Answers what asks for an answer, of the messages that came since; tells how many came in all.
fn answer(kannel: &Kannel, seen: usize) -> usize {
    let received = kannel.received().unwrap();
    for sms in received.iter().skip(seen) {
        // The links and the words of the example's questions.
        let asks = sms.text.contains("https://rdv.example/c/") || sms.text.contains("OUI");
        if let Some(text) = month::answer(&sms.receiver).filter(|_| asks) {
            kannel
                .send_from_phone(&sms.receiver, "LUMIERE", text)
                .unwrap();
        }
    }
    received.len()
}

#[test]
#[ignore = "takes eight minutes of a machine that does nothing else"]
fn the_month_is_the_same_through_real_gateways() {
    let port = free_port();
    let inbound = format!(
        "http://127.0.0.1:{port}/replies/lumiere/kannel?token=letters-and-digits-1&from=%p&text=%b&id=%I"
    );
    let kannel = Kannel::start_with_inbound(&inbound).unwrap();
    let postfix = Postfix::start().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (place, database) = (
        folder.path().join("clinic"),
        folder.path().join("rappel.db"),
    );
    clinic(&place, &kannel, &postfix);
    let events = folder.path().join("month.jsonl");
    let lines: String = month::events()
        .iter()
        .map(|event| format!("{event}\n"))
        .collect();
    std::fs::write(&events, lines).unwrap();
    let log = folder.path().join("log");
    let more = ["--events", events.to_str().unwrap(), "--lapse", SPEED];
    let mut host = Host::start_public_at(port, &place, &database, &log, &more, SECRETS).unwrap();
    let end = Instant::now() + PATIENCE;
    let mut seen = 0;
    while !host.has_ended() {
        seen = answer(&kannel, seen);
        let log = || std::fs::read_to_string(&log).unwrap_or_default();
        assert!(Instant::now() < end, "{}", log());
        std::thread::sleep(Duration::from_millis(100));
    }
    let messages = messages(&database);
    let went = messages
        .iter()
        .filter(|message| matches!(message["state"].as_str(), Some("sent" | "delivered")));
    let of = |channel: &str| {
        went.clone()
            .filter(|message| message["channel"] == channel && message["carrier"].is_null())
            .count()
    };
    assert_eq!(kannel.received().unwrap().len(), of("sms"));
    assert_eq!(
        postfix.wait_for(of("email"), PATIENCE).unwrap().len(),
        of("email")
    );
    // The virtual clock has no host that the administrator would be told about.
    let went = went.filter(|message| message["kind"] != "administrator");
    let told = month::sent(went.map(|message| Sent {
        appointment: message["appointment"].as_str(),
        kind: message["kind"].as_str().unwrap(),
        channel: message["channel"].as_str().unwrap(),
        text: message["text"].as_str().unwrap_or_default(),
    }));
    let virtually = include_str!("../../host/tests/snapshots/month__sent.snap");
    let (_, virtually) = virtually.split_once("\n---\n").unwrap();
    let mut different = Vec::new();
    for (virtually, really) in virtually.trim().lines().zip(told.trim().lines()) {
        if virtually != really {
            different.push(format!("virtually {virtually}\n   really {really}"));
            let appointment = virtually.split(':').next();
            let all = messages
                .iter()
                .filter(|message| message["appointment"].as_str() == appointment);
            different.extend(all.map(|message| {
                let of = |name: &str| message[name].as_str().unwrap_or("-").to_string();
                ["kind", "channel", "state", "due", "reason"]
                    .map(of)
                    .join(" ")
            }));
        }
    }
    assert!(different.is_empty(), "{}", different.join("\n"));
    assert_eq!(
        virtually.trim().lines().count(),
        told.trim().lines().count()
    );
}
