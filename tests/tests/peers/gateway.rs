//! The HTTP gateway: what its ledger says, and every way in which it fails.

use std::time::Duration;

use rappel_tests::peers::{Answer, Behaviour, Fault, Gateway, Outcome};
use serde_json::{Value, json};

use crate::{SOON, http_client};

async fn send(gateway: &Gateway, reference: &str) -> reqwest::Result<reqwest::Response> {
    let body = json!({ "reference": reference, "to": "+33600000001", "text": "Bonjour" });
    http_client()
        .post(format!("{}/send", gateway.url()))
        .json(&body)
        .send()
        .await
}

async fn send_ok(gateway: &Gateway, reference: &str) -> Value {
    let response = send(gateway, reference).await.unwrap();
    assert_eq!(response.status(), 200);
    response.json().await.unwrap()
}

fn outcomes(gateway: &Gateway) -> Vec<(Outcome, Answer)> {
    gateway
        .ledger()
        .entries
        .iter()
        .map(|entry| (entry.outcome, entry.answer))
        .collect()
}

#[tokio::test]
async fn json_and_forms_are_entered() {
    let gateway = Gateway::start(Behaviour::default()).unwrap();
    let sent = send_ok(&gateway, "m-1").await;
    assert_eq!(
        sent,
        json!({ "id": "gw-0", "reference": "m-1", "repeated": false })
    );
    let form = [("to", "+33600000001"), ("reference", "m é 2")];
    let response = http_client()
        .post(format!("{}/send", gateway.url()))
        .form(&form)
        .send()
        .await
        .unwrap();
    let sent: Value = response.json().await.unwrap();
    assert_eq!(
        sent,
        json!({ "id": "gw-1", "reference": "m é 2", "repeated": false })
    );

    let ledger = gateway.ledger();
    let references: Vec<_> = ledger
        .entries
        .iter()
        .map(|entry| entry.reference.as_deref())
        .collect();
    assert_eq!(references, [Some("m-1"), Some("m é 2")]);
    let [first, second] = ledger.entries.as_slice() else {
        panic!("{ledger:?}")
    };
    assert!(first.at <= second.at);
    assert_eq!(
        first.body,
        r#"{"reference":"m-1","text":"Bonjour","to":"+33600000001"}"#
    );
}

#[tokio::test]
async fn a_known_reference_sends_nothing_again() {
    let gateway = Gateway::start(Behaviour::default()).unwrap();
    send_ok(&gateway, "m-1").await;
    let again = send_ok(&gateway, "m-1").await;
    assert_eq!(
        again,
        json!({ "id": "gw-0", "reference": "m-1", "repeated": true })
    );
    let ok = Answer::Status(200);
    assert_eq!(
        outcomes(&gateway),
        [
            (Outcome::Taken { id: 0 }, ok),
            (Outcome::Repeated { id: 0 }, ok)
        ]
    );
    let ledger = gateway.ledger();
    assert_eq!(
        ledger.times_taken().into_iter().collect::<Vec<_>>(),
        [("m-1", 1)]
    );
    assert!(ledger.taken_twice().is_empty());
}

#[tokio::test]
async fn a_gateway_that_ignores_references_sends_twice() {
    let gateway = Gateway::start(Behaviour::default().ignoring_references()).unwrap();
    for reference in ["m-1", "m-2", "m-1"] {
        send_ok(&gateway, reference).await;
    }
    assert_eq!(gateway.ledger().taken_twice(), ["m-1"]);
}

#[tokio::test]
async fn refusals_take_nothing() {
    let gateway = Gateway::start(Behaviour::default().failing(|number| match number {
        0 => Some(Fault::Throttle {
            retry_after: Duration::from_secs(7),
        }),
        1 => Some(Fault::Error),
        _ => None,
    }))
    .unwrap();
    let throttled = send(&gateway, "m-1").await.unwrap();
    assert_eq!(
        (
            throttled.status().as_u16(),
            throttled.headers()["retry-after"].to_str().unwrap()
        ),
        (429, "7")
    );
    assert_eq!(send(&gateway, "m-1").await.unwrap().status(), 500);
    assert_eq!(send_ok(&gateway, "m-1").await["repeated"], false);
    assert_eq!(
        outcomes(&gateway),
        [
            (Outcome::Refused, Answer::Status(429)),
            (Outcome::Refused, Answer::Status(500)),
            (Outcome::Taken { id: 0 }, Answer::Status(200)),
        ]
    );
}

#[tokio::test]
async fn a_hang_up_may_have_taken_the_message() {
    for taken in [true, false] {
        let faults = move |number| (number == 0).then_some(Fault::HangUp { taken });
        let gateway = Gateway::start(Behaviour::default().failing(faults)).unwrap();
        let error = send(&gateway, "m-1").await.unwrap_err();
        assert!(
            error.is_request() && !error.is_connect() && !error.is_timeout(),
            "{error:?}"
        );
        assert_eq!(send_ok(&gateway, "m-1").await["repeated"], taken);
        assert_eq!(gateway.ledger().entries[0].answer, Answer::HungUp);
    }
}

/// Sends, and gives up as soon as the gateway has read it: waiting blocks, so the sender needs a thread of its own.
async fn send_and_leave(gateway: &Gateway, reference: &str) {
    let body = json!({ "reference": reference });
    let request = http_client()
        .post(format!("{}/send", gateway.url()))
        .json(&body);
    let sending = tokio::spawn(request.send());
    gateway.wait_for(1, SOON).unwrap();
    assert!(!sending.is_finished());
    sending.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn silence_may_have_taken_the_message() {
    for taken in [true, false] {
        let faults = move |number| (number == 0).then_some(Fault::Silence { taken });
        let gateway = Gateway::start(Behaviour::default().failing(faults)).unwrap();
        send_and_leave(&gateway, "m-1").await;
        assert_eq!(send_ok(&gateway, "m-1").await["repeated"], taken);
        assert_eq!(gateway.ledger().entries[0].answer, Answer::Silence);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sender_that_does_not_wait_has_sent() {
    let gateway = Gateway::start(Behaviour::default().delayed(Duration::from_secs(60))).unwrap();
    send_and_leave(&gateway, "m-1").await;
    assert_eq!(
        gateway
            .ledger()
            .times_taken()
            .into_iter()
            .collect::<Vec<_>>(),
        [("m-1", 1)]
    );

    gateway.behave(Behaviour::default());
    assert_eq!(send_ok(&gateway, "m-1").await["repeated"], true);
}

#[tokio::test]
async fn a_message_can_be_looked_up() {
    let gateway = Gateway::start(Behaviour::default()).unwrap();
    send_ok(&gateway, "m-1").await;
    let look_up = async |reference: &str| {
        let url = format!("{}/messages/{reference}", gateway.url());
        http_client().get(url).send().await.unwrap()
    };
    let known: Value = look_up("m-1").await.json().await.unwrap();
    assert_eq!(
        known,
        json!({ "id": "gw-0", "reference": "m-1", "repeated": true })
    );
    assert_eq!(look_up("m-2").await.status(), 404);
}

#[tokio::test]
async fn what_cannot_be_read_is_refused() {
    let gateway = Gateway::start(Behaviour::default()).unwrap();
    let post = |content_type: &str, body: &'static str| {
        http_client()
            .post(format!("{}/send", gateway.url()))
            .header("content-type", content_type)
            .body(body)
            .send()
    };
    assert_eq!(post("application/json", "{").await.unwrap().status(), 400);
    assert_eq!(post("text/plain", "hello").await.unwrap().status(), 400);
    assert_eq!(
        outcomes(&gateway),
        [(Outcome::Refused, Answer::Status(400)); 2]
    );
}
