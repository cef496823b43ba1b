//! Who may report what became of a message.

#![allow(clippy::unwrap_used)]

use rappel_core::Instant;
use rappel_core::provider::{Inbound, Proof, Refusal, Webhook};
use rappel_plugins::WebhookProof;
use serde::Deserialize;

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = |(name, value): &(&str, &str)| (name.to_string(), value.to_string());
    pairs.iter().map(owned).collect()
}

fn at(seconds: i64) -> Instant {
    Instant::from_timestamp(seconds, 0).unwrap()
}

fn call(query: &[(&str, &str)], body: &str) -> Inbound {
    Inbound {
        query: pairs(query),
        form: Vec::new(),
        body: body.into(),
    }
}

#[test]
fn a_token_is_compared_whole() {
    let webhook = Webhook::Token {
        secret: "receipts".into(),
        parameter: "token".into(),
    };
    let secrets = [("receipts", "t0ken")].into_iter().collect();
    let proof = WebhookProof::new(webhook, secrets).unwrap();
    let check = |query: &[(&str, &str)]| proof.check("", &[], &call(query, ""), at(0));
    assert_eq!(check(&[("message", "m"), ("token", "t0ken")]), Ok(()));
    assert_eq!(check(&[("message", "m")]), Err(Refusal::Missing));
    for wrong in ["", "t0ke", "t0kenn", "T0KEN"] {
        assert_eq!(check(&[("token", wrong)]), Err(Refusal::Wrong), "{wrong}");
    }
    // A second one doesn't help.
    assert_eq!(
        check(&[("token", "wrong"), ("token", "t0ken")]),
        Err(Refusal::Wrong)
    );
}

#[test]
fn without_a_secret_there_is_no_proof() {
    for secrets in [vec![], vec![("receipts", "")]] {
        let webhook = Webhook::Twilio {
            secret: "receipts".into(),
        };
        let error = WebhookProof::new(webhook, secrets.into_iter().collect()).unwrap_err();
        assert!(error.contains("`receipts`"), "{error}");
    }
}

#[derive(Deserialize)]
struct Vectors {
    token: String,
    cases: Vec<Vector>,
}

#[derive(Deserialize)]
struct Vector {
    name: String,
    url: String,
    form: Vec<(String, String)>,
    body: String,
    signature: String,
    valid: bool,
}

#[test]
fn twilios_signature_as_twilios_own_library_has_it() {
    let vectors = include_str!("data/twilio-signatures.json");
    let vectors: Vectors = serde_json::from_str(vectors).unwrap();
    let webhook = Webhook::Twilio {
        secret: "auth_token".into(),
    };
    let secrets = [("auth_token", vectors.token)].into_iter().collect();
    let proof = WebhookProof::new(webhook, secrets).unwrap();
    for vector in vectors.cases {
        let url = url::Url::parse(&vector.url).unwrap();
        let call = Inbound {
            query: url.query_pairs().into_owned().collect(),
            form: vector.form,
            body: vector.body,
        };
        let headers = pairs(&[("x-twilio-signature", &vector.signature)]);
        let proved = proof.check(&vector.url, &headers, &call, at(0));
        let expected = if vector.valid {
            Ok(())
        } else {
            Err(Refusal::Wrong)
        };
        assert_eq!(proved, expected, "{}", vector.name);
        let unsigned = proof.check(&vector.url, &[], &call, at(0));
        assert_eq!(unsigned, Err(Refusal::Missing), "{}", vector.name);
    }
}

#[test]
fn a_signature_with_its_time_holds_for_five_minutes() {
    let webhook = Webhook::Hmac {
        secret: "key".into(),
        signature: "X-Signature".into(),
        timestamp: "X-Timestamp".into(),
    };
    let secrets = [("key", "Jefe")].into_iter().collect();
    let proof = WebhookProof::new(webhook, secrets).unwrap();
    let body = r#"{"message":"m","status":"delivered"}"#;
    // printf '1800000000.{"message":"m","status":"delivered"}' | openssl dgst -sha256 -hmac Jefe
    let signature = "92429bb9e7a5c876825030db6a78def8a9eea184ee2e7b6bc4670cd91545fc74";
    let check = |signature: &str, time: &str, body: &str, now: i64| {
        let headers = pairs(&[("x-signature", signature), ("x-timestamp", time)]);
        proof.check("", &headers, &call(&[], body), at(now))
    };
    let time = "1800000000";
    for now in [1_800_000_000, 1_799_999_700, 1_800_000_300] {
        assert_eq!(check(signature, time, body, now), Ok(()), "{now}");
    }
    let prefixed = format!("sha256={}", signature.to_uppercase());
    assert_eq!(check(&prefixed, time, body, 1_800_000_000), Ok(()));
    for now in [1_799_999_699, 1_800_000_301, 0] {
        assert_eq!(
            check(signature, time, body, now),
            Err(Refusal::Stale),
            "{now}"
        );
    }
    // A time of the attacker's own, another body, another signature.
    for (signature, time, body) in [
        (signature, "1800000001", body),
        (signature, time, "{}"),
        ("00", time, body),
        ("", time, body),
    ] {
        let refusal = check(signature, time, body, 1_800_000_001);
        assert_eq!(refusal, Err(Refusal::Wrong), "{signature} {time} {body}");
    }
    assert_eq!(
        proof.check("", &[], &call(&[], body), at(1_800_000_000)),
        Err(Refusal::Missing)
    );
}
