//! From a clinic's gateway to a channel, and what is said where it can't be opened.

#![allow(clippy::unwrap_used)]

mod support;

use std::path::Path;
use std::sync::Arc;

use rappel_core::channel::Channel;
use rappel_core::provider::{Inbound, Refusal};
use rappel_core::settings::{Gateway, SecretRef};
use rappel_plugins::{open, open_proof};

/// Knows one secret.
fn lookup(place: &SecretRef) -> Result<String, String> {
    match place {
        SecretRef::Env(name) if name == "KNOWN" => Ok("hunter2".into()),
        SecretRef::Env(name) if name == "ACCENTS" => Ok("clé".into()),
        SecretRef::Env(name) => Err(format!("the environment has no `{name}`")),
        SecretRef::File(_) => Err("there are no files".into()),
    }
}

fn gateway(toml: &str) -> Gateway {
    toml::from_str(toml).unwrap()
}

fn opened(toml: &str) -> Result<Arc<dyn Channel>, String> {
    let gateway = gateway(toml);
    let provider = match &gateway {
        Gateway::Http { adapter, .. } if adapter != "acme" => Some(support::adapter(adapter)),
        _ => None,
    };
    open(&gateway, Path::new("/nowhere"), provider, &lookup)
}

const KANNEL: &str = "type = \"http\"\nadapter = \"kannel\"\n";

#[test]
fn every_type_of_gateway_opens() {
    for (toml, honours) in [
        ("type = \"file\"", true),
        ("type = \"console\"", false),
        ("type = \"smtp\"\nhost = \"mail.example.org\"", false),
        (
            "type = \"smtp\"\nhost = \"mail.example.org\"\nuser = \"clinic\"\npassword = { env = \"KNOWN\" }\nencryption = \"tls\"",
            false,
        ),
        (
            "type = \"http\"\nadapter = \"json\"\noptions = { url = \"https://sms.example.org/send\" }\nsecrets = { token = { env = \"KNOWN\" } }",
            true,
        ),
        (
            "type = \"http\"\nadapter = \"twilio\"\noptions = { account = \"AC1\" }\nsecrets = { auth_token = { env = \"KNOWN\" } }",
            false,
        ),
    ] {
        let channel = opened(toml).unwrap_or_else(|error| panic!("{toml}: {error}"));
        assert_eq!(channel.honours_reference(), honours, "{toml}");
    }
}

#[test]
fn what_is_missing_or_too_much_is_told() {
    let sentences: Vec<_> = [
        "type = \"smtp\"\nhost = \"h\"\nuser = \"clinic\"",
        "type = \"smtp\"\nhost = \"h\"\npassword = { env = \"KNOWN\" }",
        "type = \"smtp\"\nhost = \"h\"\nuser = \"clinic\"\npassword = { env = \"OTHER\" }",
        "type = \"smtp\"\nhost = \"h\"\nuser = \"clinic\"\npassword = { env = \"KNOWN\" }\nencryption = \"none\"",
        "type = \"smtp\"\nhost = \"h\"\ntrust = \"ca.pem\"",
        "type = \"http\"\nadapter = \"acme\"",
        KANNEL,
        &format!("{KANNEL}options = {{ user = \"rappel\" }}"),
        &format!("{KANNEL}options = {{ username = \"rappel\" }}"),
        &format!("{KANNEL}options = {{ username = \"rappel\" }}\nsecrets = {{ pasword = {{ env = \"KNOWN\" }} }}"),
        &format!("{KANNEL}options = {{ username = \"rappel\", url = \"a b\" }}\nsecrets = {{ password = {{ env = \"KNOWN\" }} }}"),
        &format!("{KANNEL}options = {{ username = \"rappel\" }}\nsecrets = {{ password = {{ env = \"KNOWN\" }}, receipts = {{ env = \"ACCENTS\" }} }}"),
    ]
    .into_iter()
    .map(|toml| match opened(toml) {
        Ok(_) => panic!("{toml}"),
        Err(sentence) => format!("{toml}\n→ {sentence}\n"),
    })
    .collect();
    let sentences = sentences.join("\n");
    assert!(!sentences.contains("hunter2"), "{sentences}");
    insta::assert_snapshot!("sentences", sentences);
}

#[test]
fn receipts_are_proved_where_their_token_is_set() {
    let proof = |secrets: &str| {
        let toml = format!(
            "{KANNEL}options = {{ username = \"rappel\" }}\nsecrets = {{ password = {{ env = \"KNOWN\" }}{secrets} }}"
        );
        open_proof(&gateway(&toml), &*support::adapter("kannel"), &lookup).unwrap()
    };
    assert!(proof("").is_none());
    let proof = proof(", receipts = { env = \"KNOWN\" }").unwrap();
    let call = |token: &str| Inbound {
        query: vec![("token".into(), token.into())],
        form: Vec::new(),
        body: String::new(),
    };
    let now = rappel_core::Instant::UNIX_EPOCH;
    assert_eq!(proof.check("", &[], &call("hunter2"), now), Ok(()));
    assert_eq!(
        proof.check("", &[], &call("hunter3"), now),
        Err(Refusal::Wrong)
    );
    let console = gateway("type = \"console\"");
    let none = open_proof(&console, &*support::adapter("kannel"), &lookup);
    assert!(none.unwrap().is_none());
}
