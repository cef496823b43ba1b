//! What goes on between the HTTP channel, an adapter and a gateway.

#![allow(clippy::unwrap_used)]

mod support;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use rappel_core::channel::{Channel, Outcome, Outgoing};
use rappel_core::provider::Provider;
use rappel_plugins::{HttpChannel, HttpPatience, HttpSetup, Secrets};
use rappel_rules::adapter::{Adapter, AdapterFiles};
use support::example;
use support::http::{Does, Gateway};
use tokio::net::TcpListener;

fn channel(adapter: Arc<dyn Provider>, url: &str, secrets: Secrets) -> HttpChannel {
    let setup = HttpSetup {
        options: BTreeMap::from([("url".to_string(), url.to_string())]),
        secrets,
        allow_private: true,
        patience: HttpPatience {
            connect: Duration::from_secs(20),
            answer: Duration::from_secs(20),
        },
    };
    HttpChannel::new(adapter, setup).unwrap()
}

fn json(gateway: &Gateway) -> HttpChannel {
    let secrets = [("token", "t0ken"), ("receipts", "r/c")];
    channel(
        support::adapter("json"),
        &gateway.url(),
        secrets.into_iter().collect(),
    )
}

/// An adapter with these functions.
fn script(functions: &str) -> Arc<dyn Provider> {
    let adapter = Adapter::load(AdapterFiles {
        folder: "broken",
        manifest: "name = \"broken\"\nsummary = \"\"\nchannels = [\"sms\"]\nhosts = [\"{options.url}\"]\n[options.url]\nsummary = \"\"\n[secrets]\nkey = \"\"\n",
        script: functions,
        cases: None,
    });
    Arc::new(adapter.unwrap())
}

#[tokio::test]
async fn secrets_are_put_in_on_the_wire() {
    let gateway = Gateway::start(Does::TakeOnce).await;
    let message = example::sms();
    let outcome = json(&gateway).send(&message).await;
    let gateway_id = Some("gw-1".to_string());
    assert_eq!(outcome, Outcome::Accepted { gateway_id });
    let came = gateway.came();
    let head = came[0].head.to_lowercase();
    assert!(head.starts_with("post /send http/1.1\r\n"), "{head}");
    assert!(
        head.contains("\r\nauthorization: bearer t0ken\r\n"),
        "{head}"
    );
    assert!(
        head.contains("\r\ncontent-type: application/json\r\n"),
        "{head}"
    );
    let body: serde_json::Value = serde_json::from_str(&came[0].body).unwrap();
    assert_eq!(body["text"], example::TEXT);
    assert_eq!(
        body["receipts"],
        format!(
            "https://rappel.example/receipts/lumiere/sms?token=r%2Fc&message={}",
            message.id
        )
    );
}

#[tokio::test]
async fn without_a_token_the_gateway_is_not_told_where_receipts_go() {
    let gateway = Gateway::start(Does::TakeOnce).await;
    let secrets = [("token", "t0ken")].into_iter().collect();
    let channel = channel(support::adapter("json"), &gateway.url(), secrets);
    let outcome = channel.send(&example::sms()).await;
    assert!(matches!(outcome, Outcome::Accepted { .. }), "{outcome:?}");
    assert!(!gateway.came()[0].body.contains("receipts"));
}

#[tokio::test]
async fn a_connection_is_used_again() {
    let gateway = Gateway::start(Does::TakeOnce).await;
    let channel = json(&gateway);
    for _ in 0..5 {
        channel.send(&example::sms()).await;
    }
    assert_eq!((gateway.taken().len(), gateway.connections()), (5, 1));
}

#[tokio::test]
async fn an_answer_without_end_is_cut() {
    let gateway = Gateway::start(Does::Talk(50_000_000)).await;
    let adapter = script(
        "fn request(message, options) { get(options.url) }
         fn response(answer) { accepted(answer.body.len()) }",
    );
    let channel = channel(adapter, &gateway.url(), Secrets::default());
    let outcome = channel.send(&example::sms()).await;
    let gateway_id = Some("8000".to_string());
    assert_eq!(outcome, Outcome::Accepted { gateway_id });
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_none() {
    let gateway = Gateway::start(Does::BreakOff).await;
    let outcome = json(&gateway).send(&example::sms()).await;
    assert!(matches!(outcome, Outcome::Unanswered { .. }), "{outcome:?}");
}

#[tokio::test]
async fn a_channel_that_the_adapter_does_not_carry_is_refused() {
    let gateway = Gateway::start(Does::TakeOnce).await;
    let channel = channel(
        support::adapter("kannel"),
        &gateway.url(),
        Secrets::default(),
    );
    let reason = "adapter `kannel` carries no email".to_string();
    assert_eq!(
        channel.send(&example::email()).await,
        Outcome::Refused { reason }
    );
    assert_eq!(gateway.connections(), 0);
}

#[tokio::test]
async fn an_adapter_that_fails_over_the_request_sent_nothing() {
    let gateway = Gateway::start(Does::TakeOnce).await;
    for (body, sentence) in [
        ("throw message.text", "gave up"),
        ("1", "must answer"),
        ("get(options.url).header(\"Host\", \"other\")", "`Host`"),
        (
            "get(options.url).bearer(secret(\"key\"))",
            "the secret `key`",
        ),
        ("get(\"\")", "no usable URL"),
    ] {
        let adapter = script(&format!(
            "fn request(message, options) {{ {body} }} fn response(answer) {{ }}"
        ));
        let channel = channel(adapter, &gateway.url(), Secrets::default());
        let outcome = channel.send(&example::sms()).await;
        let Outcome::Busy { reason, .. } = outcome else {
            unreachable!("{body}: {outcome:?}")
        };
        assert!(reason.starts_with("adapter `broken`: "), "{reason}");
        assert!(reason.contains(sentence), "{reason}");
    }
    assert_eq!(gateway.connections(), 0);
}

#[tokio::test]
async fn an_adapter_that_fails_over_the_answer_leaves_the_message_unknown() {
    let gateway = Gateway::start(Does::TakeOnce).await;
    let adapter = script(
        "fn request(message, options) { get(options.url) }
         fn response(answer) { answer.json.nothing.there }",
    );
    let channel = channel(adapter, &gateway.url(), Secrets::default());
    let outcome = channel.send(&example::sms()).await;
    assert!(matches!(outcome, Outcome::Unanswered { .. }), "{outcome:?}");
}

#[tokio::test]
async fn a_certificate_of_nobodys_is_not_believed() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                // The client breaks the handshake off, as it should.
                let _ended = support::tls().accept(stream).await;
            });
        }
    });
    let url = format!("https://localhost:{port}/");
    let secrets = [("token", "t0ken")].into_iter().collect();
    let channel = channel(support::adapter("json"), &url, secrets);
    let outcome = channel.send(&example::sms()).await;
    let Outcome::Unreachable { reason } = outcome else {
        unreachable!("{outcome:?}")
    };
    assert!(reason.contains("certificate"), "{reason}");
}

#[tokio::test]
async fn a_message_is_sent_as_kannel_and_twilio_want_it() {
    let gateway = Gateway::start(Does::Answer(202, "", "0: Accepted".into())).await;
    let options = BTreeMap::from([
        ("url".to_string(), gateway.url()),
        ("username".to_string(), "rappel".to_string()),
        ("smsc".to_string(), String::new()),
    ]);
    let setup = HttpSetup {
        options,
        secrets: [("password", "p&w d"), ("receipts", "r3c")]
            .into_iter()
            .collect(),
        allow_private: true,
        patience: HttpPatience::default(),
    };
    let channel = HttpChannel::new(support::adapter("kannel"), setup).unwrap();
    let message = example::sms();
    let outcome = channel.send(&message).await;
    assert_eq!(outcome, Outcome::Accepted { gateway_id: None });
    let head = gateway.came()[0].head.clone();
    let (line, _) = head.split_once("\r\n").unwrap();
    let line = line.replace(&message.id.to_string(), "ID");
    insta::assert_snapshot!("kannel", line);

    let gateway = Gateway::start(Does::Answer(201, "", r#"{"sid":"SM7"}"#.into())).await;
    let options = BTreeMap::from([
        ("url".to_string(), gateway.url().replace("/send", "")),
        ("account".to_string(), "AC1".to_string()),
        ("service".to_string(), String::new()),
    ]);
    let setup = HttpSetup {
        options,
        secrets: [("auth_token", "hunter2")].into_iter().collect(),
        allow_private: true,
        patience: HttpPatience::default(),
    };
    let channel = HttpChannel::new(support::adapter("twilio"), setup).unwrap();
    let message = Outgoing {
        id: message.id,
        ..example::sms()
    };
    let outcome = channel.send(&message).await;
    let gateway_id = Some("SM7".to_string());
    assert_eq!(outcome, Outcome::Accepted { gateway_id });
    let came = gateway.came()[0].clone();
    let (line, headers) = came.head.split_once("\r\n").unwrap();
    assert!(headers.to_lowercase().contains("authorization: basic "));
    let body = came.body.replace(&message.id.to_string(), "ID");
    insta::assert_snapshot!("twilio", format!("{line}\n\n{body}"));
}
