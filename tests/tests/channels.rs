//! From an event to a real mail server and a real SMS gateway: what arrives is what was written.

#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::time::{Duration, Instant};

use rappel_tests::peers::{Answered, Coding, Exchange, Kannel, Postfix};
use rappel_tests::rappel::{Host, binary, messages};
use serde_json::{Value, json};

const PATIENCE: Duration = Duration::from_secs(30);

const SECRETS: &[(&str, &str)] = &[
    ("KANNEL_PASSWORD", Kannel::PASSWORD),
    ("KANNEL_RECEIPTS", "letters-and-digits-1"),
    ("SMTP_PASSWORD", Postfix::PASSWORD),
    ("TWILIO_AUTH_TOKEN", Exchange::AUTH_TOKEN),
];

/// A clinic that says `text` by SMS and e-mail when an appointment is created.
fn clinic(folder: &Path, gateways: &str, messages: &str, templates: &[(&str, &str)]) {
    std::fs::create_dir_all(folder.join("templates")).unwrap();
    let settings = format!(
        r#"
        id = "channels"
        name = "Centre médical Lumière"
        zone = "Europe/Paris"
        country = "FR"
        [messages]
        created = {messages}
        [hours]
        allowed = "24/7"
        [sender]
        phone = "01 42 34 56 78"
        sms = "LUMIERE"
        email = "rdv@lumiere.example"
        email_name = "Centre médical Lumière"
        reply_to = "accueil@lumiere.example"
        {gateways}
        "#
    );
    std::fs::write(folder.join("clinic.toml"), settings).unwrap();
    for (name, text) in templates {
        std::fs::write(folder.join("templates").join(name), text).unwrap();
    }
}

fn event(id: &str, patient: Value) -> Value {
    json!({"specversion": "1.0", "id": id, "source": "agenda", "type": "appointment.created",
        "data": {
            "appointment": {"id": format!("a-{id}"), "start": "2099-06-03T14:30"},
            "patient": patient,
            "service": {"id": "s-1", "name": "Analyse de sang", "price": "45.00"}}})
}

async fn post(host: &Host, event: &Value) {
    // reqwest is built without a TLS of its own choice; a second installation is harmless.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let answer = reqwest::Client::new()
        .post(format!("{}/events", host.url()))
        .json(event)
        .send()
        .await
        .unwrap();
    assert!(
        answer.status().is_success(),
        "{}",
        answer.text().await.unwrap()
    );
}

/// Waits until every message is in a state.
async fn wait_for_states(database: &Path, states: &[&str]) -> Vec<Value> {
    let end = Instant::now() + PATIENCE;
    loop {
        let messages = messages(database);
        let mut there: Vec<_> = messages
            .iter()
            .map(|message| message["state"].as_str().unwrap())
            .collect();
        there.sort_unstable();
        if there == states {
            return messages;
        }
        assert!(Instant::now() < end, "{messages:#?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn start(place: &Path, folder: &Path) -> Host {
    let mut host = Host::start_public(
        place,
        &folder.join("rappel.db"),
        &folder.join("log"),
        &[],
        SECRETS,
    )
    .unwrap();
    host.wait_until_ready(PATIENCE).unwrap_or_else(|error| {
        panic!(
            "{error}\n{}",
            std::fs::read_to_string(folder.join("log")).unwrap_or_default()
        )
    });
    host
}

#[tokio::test(flavor = "multi_thread")]
async fn kannel_carries_accents_euros_and_three_segments_and_reports_delivery() {
    let kannel = Kannel::start().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("clinic");
    let long = "Merci de venir à jeun avec votre carte Vitale. ".repeat(8);
    clinic(
        &place,
        &format!(
            r#"
            [channels.sms]
            gateway = "kannel"
            [gateways.kannel]
            type = "http"
            adapter = "kannel"
            allow_private = true
            options = {{ url = "{}", username = "{}" }}
            secrets = {{ password = {{ env = "KANNEL_PASSWORD" }}, receipts = {{ env = "KANNEL_RECEIPTS" }} }}
            "#,
            kannel.sendsms_url(),
            Kannel::USERNAME
        ),
        "{ sms = \"on\" }",
        &[(
            "created.sms.trd",
            &format!(
                "[IF TRD4]{long}[ELSE]Bonjour [TRD3], l'analyse coûte 45 € à régler à l'été.[/IF]"
            ),
        )],
    );
    let database = folder.path().join("rappel.db");
    let host = start(&place, folder.path());
    post(
        &host,
        &event(
            "1",
            json!({"id": "p-1", "first_name": "Zoé", "mobile": "06 39 98 00 01", "consent": true}),
        ),
    )
    .await;
    post(&host, &event("2", json!({"id": "p-2", "first_name": "Zoé", "last_name": "Long", "mobile": "06 39 98 00 02", "consent": true}))).await;
    let mut arrived = kannel.wait_for(2, PATIENCE).unwrap();
    arrived.sort_by(|a, b| a.receiver.cmp(&b.receiver));
    assert_eq!(
        arrived[0].text,
        "Bonjour Zoé, l'analyse coute 45 € à régler à l'été."
    );
    assert_eq!((arrived[0].coding, arrived[0].segments), (Coding::Gsm7, 1));
    assert_eq!(
        (arrived[0].sender.as_str(), arrived[0].receiver.as_str()),
        ("LUMIERE", "+33639980001")
    );
    assert_eq!(arrived[1].text, long.trim());
    assert_eq!((arrived[1].coding, arrived[1].segments), (Coding::Gsm7, 3));
    let told = wait_for_states(&database, &["delivered", "delivered"]).await;
    let segments: Vec<_> = told
        .iter()
        .map(|message| message["segments"].as_u64().unwrap())
        .collect();
    assert!(
        segments.contains(&1) && segments.contains(&3),
        "{segments:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_login_keeps_the_message_and_says_why() {
    let kannel = Kannel::start().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("clinic");
    let gateways = format!(
        r#"
        [channels.sms]
        gateway = "kannel"
        [gateways.kannel]
        type = "http"
        adapter = "kannel"
        allow_private = true
        options = {{ url = "{}", username = "nobody" }}
        secrets = {{ password = {{ env = "KANNEL_PASSWORD" }} }}
        "#,
        kannel.sendsms_url()
    );
    clinic(
        &place,
        &gateways,
        "{ sms = \"on\" }",
        &[("created.sms.trd", "Bonjour [TRD3].")],
    );
    let host = start(&place, folder.path());
    let patient =
        json!({"id": "p-1", "first_name": "Zoé", "mobile": "06 39 98 00 01", "consent": true});
    post(&host, &event("1", patient)).await;
    let database = folder.path().join("rappel.db");
    let end = Instant::now() + PATIENCE;
    // The login can be mended, so the message waits for another attempt instead of failing.
    let reason = loop {
        let told = messages(&database);
        if let Some(reason) = told.first().and_then(|message| message["reason"].as_str()) {
            assert_eq!(told[0]["state"], "planned", "{told:#?}");
            break reason.to_string();
        }
        assert!(Instant::now() < end, "{told:#?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    assert!(reason.contains("403"), "{reason}");
    assert!(
        !reason.contains("639980001") && !reason.contains(Kannel::PASSWORD),
        "{reason}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn postfix_delivers_both_parts_with_the_clinics_headers() {
    let postfix = Postfix::start().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("clinic");
    let gateways = format!(
        r#"
        [channels.email]
        gateway = "mail"
        [gateways.mail]
        type = "smtp"
        host = "localhost"
        port = {}
        encryption = "starttls"
        user = "{}"
        password = {{ env = "SMTP_PASSWORD" }}
        trust = "{}"
        "#,
        postfix.submission_port(),
        Postfix::USERNAME,
        postfix.certificate().display()
    );
    let template = "Subject: Votre rendez-vous du [TRD26], [TRD3]\n\nBonjour **[TRD3]**,\n\nvotre rendez-vous a lieu le [TRD8] à [TRD9].\n\n- [TRD11] : [TRD12|default \"–\"]\n";
    clinic(
        &place,
        &gateways,
        "{ email = \"on\" }",
        &[("created.email.trd", template)],
    );
    let host = start(&place, folder.path());
    let hostile = "Zoé <script>\r\nBcc: all@example.org";
    post(&host, &event("1", json!({"id": "p-1", "first_name": hostile, "email": "zoe@example.org", "consent": true}))).await;
    let arrived = postfix.wait_for(1, PATIENCE).unwrap();
    let mail = &arrived[0];
    let header = |name: &str| mail.header(name).unwrap_or_default();
    assert!(
        header("From").contains("rdv@lumiere.example"),
        "{}",
        header("From")
    );
    assert!(header("Reply-To").contains("accueil@lumiere.example"));
    assert_eq!(mail.header("Bcc"), None, "a value put a header in");
    assert!(
        header("Content-Type").contains("multipart/alternative"),
        "{}",
        header("Content-Type")
    );
    assert!(!header("Message-ID").is_empty() && !header("Date").is_empty());
    let (text, html) = (mail.text().unwrap(), mail.html().unwrap());
    assert!(
        text.contains("03/06/2099") && text.contains("14:30") && text.contains("Analyse de sang"),
        "{text}"
    );
    assert!(
        html.contains("<strong>Zoé &lt;script&gt;") && !html.contains("<script>"),
        "{html}"
    );
    wait_for_states(&folder.path().join("rappel.db"), &["sent"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mailbox_that_does_not_exist_fails_at_once() {
    let postfix = Postfix::start().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("clinic");
    let gateways = format!(
        "[channels.email]\ngateway = \"mail\"\n[gateways.mail]\ntype = \"smtp\"\nhost = \"127.0.0.1\"\nport = {}\nencryption = \"none\"\n",
        postfix.smtp_port()
    );
    clinic(
        &place,
        &gateways,
        "{ email = \"on\" }",
        &[(
            "created.email.trd",
            "Subject: Rendez-vous\n\nBonjour [TRD3],\n",
        )],
    );
    let host = start(&place, folder.path());
    post(
        &host,
        &event(
            "1",
            json!({"id": "p-1", "first_name": "Zoé", "email": Postfix::UNKNOWN, "consent": true}),
        ),
    )
    .await;
    let told = wait_for_states(&folder.path().join("rappel.db"), &["failed"]).await;
    let reason = told[0]["reason"].as_str().unwrap();
    assert!(
        reason.contains("550") && !reason.contains(Postfix::UNKNOWN),
        "{reason}"
    );
}

/// A clinic that calls when an appointment is created, and asks for a confirmation if told to.
fn calling(place: &Path, exchange: &Exchange, asks: bool) {
    clinic(
        place,
        &format!(
            r#"
            [channels.voice]
            gateway = "calls"
            [gateways.calls]
            type = "http"
            adapter = "twilio-voice"
            allow_private = true
            options = {{ url = "{}", account = "{}", voice = "Polly.Lea-Neural" }}
            secrets = {{ auth_token = {{ env = "TWILIO_AUTH_TOKEN" }} }}
            "#,
            exchange.url(),
            Exchange::ACCOUNT
        ),
        "{ voice = \"on\" }",
        &[(
            "created.voice.trd",
            "Bonjour [TRD3], votre rendez-vous est le [TRD8] à [TRD9].\n\nMerci.",
        )],
    );
    if asks {
        std::fs::create_dir_all(place.join("rules")).unwrap();
        std::fs::write(
            place.join("rules/notices.rhai"),
            "fn plan(event, visit, settings) { [message(\"created\", \"voice\").now().asks_confirmation(true)] }\n",
        )
        .unwrap();
    }
}

/// A patient with telephone whose name is a nuisance in XML.
fn hostile() -> Value {
    json!({"id": "p-1", "first_name": "Zoé <Say> & \"fils\"", "mobile": "06 39 98 00 01", "consent": true, "channels": {"voice": true}})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_goes_out_and_its_status_comes_back() {
    let exchange = Exchange::start().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("clinic");
    calling(&place, &exchange, false);
    let database = folder.path().join("rappel.db");
    let host = start(&place, folder.path());
    post(&host, &event("1", hostile())).await;
    let calls = exchange.wait_for(1, PATIENCE).unwrap();
    let call = &calls[0];
    // The clinic's number as the settings write it, the gateway's as gateways read it.
    assert_eq!(
        (call.from.as_str(), call.to.as_str()),
        ("+33142345678", "+33639980001")
    );
    assert_eq!(call.status_events, ["initiated", "completed"]);
    let twiml = call.twiml().unwrap();
    assert_eq!(
        twiml.said,
        ["Bonjour Zoé <Say> & \"fils\", votre rendez-vous est le 03/06/2099 à 14:30.Merci."]
    );
    assert_eq!(twiml.languages, ["fr-FR"]);
    assert_eq!(twiml.tags, ["p", "say-as", "break"]);
    assert_eq!(twiml.action, None, "nobody asked for a confirmation");
    wait_for_states(&database, &["sent"]).await;

    let forged = exchange
        .report_signed(call, "completed", "another-token")
        .await
        .unwrap();
    assert_eq!(forged.status, 401);
    for status in ["initiated", "completed"] {
        let answered = exchange.report(call, status).await.unwrap();
        assert!(matches!(answered.status, 200..300), "{answered:?}");
    }
    let told = wait_for_states(&database, &["delivered"]).await;
    assert_eq!(told[0]["address"], "+33639980001");
    assert_eq!(exchange.calls().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_asks_for_a_confirmation_says_which_key_does_what() {
    let exchange = Exchange::start().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("clinic");
    calling(&place, &exchange, true);
    let database = folder.path().join("rappel.db");
    let host = start(&place, folder.path());
    post(&host, &event("1", hostile())).await;
    let calls = exchange.wait_for(1, PATIENCE).unwrap();
    let twiml = calls[0].twiml().unwrap();
    let keys = "Pour confirmer votre rendez-vous, tapez 1. Pour l'annuler, tapez 2.";
    assert_eq!(twiml.said.len(), 2);
    assert!(
        twiml.said[0].starts_with("Bonjour Zoé <Say>") && twiml.said[0].ends_with(keys),
        "{twiml:?}"
    );
    assert_eq!(twiml.said[1], keys, "it is said once more");
    let id = messages(&database)[0]["id"].as_str().unwrap().to_string();
    assert_eq!(
        twiml.action,
        Some(format!(
            "{}/replies/channels/calls?message={id}",
            host.url()
        ))
    );
    exchange.report(&calls[0], "no-answer").await.unwrap();
    let told = wait_for_states(&database, &["failed"]).await;
    assert_eq!(told[0]["reason"], "nobody answered");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pressed_key_confirms_the_appointment_and_the_caller_hears_it() {
    let exchange = Exchange::start().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("clinic");
    calling(&place, &exchange, true);
    let database = folder.path().join("rappel.db");
    let host = start(&place, folder.path());
    post(&host, &event("1", hostile())).await;
    let calls = exchange.wait_for(1, PATIENCE).unwrap();
    wait_for_states(&database, &["sent"]).await;
    let heard = |answered: Answered| {
        assert_eq!(answered.status, 200, "{answered:?}");
        answered.twiml().unwrap().said.join(" ")
    };
    let unclear = heard(exchange.press(&calls[0], "7").await.unwrap());
    assert!(unclear.contains("pas compris"), "{unclear}");
    let confirmed = heard(exchange.press(&calls[0], "1").await.unwrap());
    assert!(confirmed.contains("est confirmé"), "{confirmed}");
    // The clinic's policy calls after every event; the first call is the one that was answered.
    let id = messages(&database)
        .into_iter()
        .find(|message| message["event"] == "appointment.created")
        .map(|message| message["id"].as_str().unwrap().to_string())
        .unwrap();
    let story = std::process::Command::new(binary())
        .args(["explain", &id, "--database"])
        .arg(&database)
        .output()
        .unwrap();
    let story = String::from_utf8(story.stdout).unwrap();
    assert!(
        story.contains("answered by telephone (yes): the appointment a-1 is confirmed"),
        "{story}"
    );
}
