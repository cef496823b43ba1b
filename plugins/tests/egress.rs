//! What an adapter can't reach, and what it can't do there.

#![allow(clippy::unwrap_used)]

mod support;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use rappel_core::channel::{Channel, ChannelKind, Outcome, Outgoing};
use rappel_core::provider::{
    HttpAnswer, HttpRequest, Inbound, Manifest, Provider, ProviderError, Receipt, Reply,
};
use rappel_plugins::{HttpChannel, HttpPatience, HttpSetup};
use support::example;
use support::http::{Does, Gateway};

/// An adapter that asks for whatever it is told to ask for.
struct Asks {
    manifest: Manifest,
    url: String,
}

impl Provider for Asks {
    fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    fn request(
        &self,
        _: &Outgoing,
        _: &BTreeMap<String, String>,
    ) -> Result<HttpRequest, ProviderError> {
        Ok(HttpRequest {
            method: "POST".into(),
            url: self.url.clone(),
            ..HttpRequest::default()
        })
    }

    fn response(&self, answer: &HttpAnswer) -> Result<Option<Outcome>, ProviderError> {
        // Even an adapter that takes a redirect for a yes doesn't get it followed.
        let accepted = Outcome::Accepted {
            gateway_id: Some(answer.status.to_string()),
        };
        Ok((answer.status < 400).then_some(accepted))
    }

    fn receipt(&self, _: &Inbound) -> Result<Vec<Receipt>, ProviderError> {
        Ok(Vec::new())
    }

    fn reply(&self, _: &Inbound) -> Result<Vec<Reply>, ProviderError> {
        Ok(Vec::new())
    }
}

/// Asks for `url` with `host` in the manifest.
async fn ask(host: &str, url: &str, allow_private: bool) -> Outcome {
    let asks = Asks {
        manifest: Manifest {
            name: "asks".into(),
            summary: String::new(),
            channels: vec![ChannelKind::Sms],
            honours_reference: false,
            hosts: vec![host.to_string()],
            options: BTreeMap::new(),
            secrets: BTreeMap::new(),
            webhook: None,
        },
        url: url.to_string(),
    };
    let setup = HttpSetup {
        allow_private,
        patience: HttpPatience {
            connect: Duration::from_secs(20),
            answer: Duration::from_secs(20),
        },
        ..HttpSetup::default()
    };
    let channel = HttpChannel::new(Arc::new(asks), setup).unwrap();
    channel.send(&example::sms()).await
}

async fn is_blocked(host: &str, url: &str, allow_private: bool, sentence: &str) {
    let outcome = ask(host, url, allow_private).await;
    let Outcome::Unreachable { reason } = &outcome else {
        unreachable!("{url}: {outcome:?}")
    };
    assert!(reason.contains(sentence), "{url}: {reason}");
}

#[tokio::test]
async fn a_host_that_is_not_listed_is_not_reached() {
    let gateway = Gateway::start(Does::TakeOnce).await;
    let url = gateway.url();
    is_blocked("127.0.0.1:1", &url, true, "does not list").await;
    is_blocked("api.example.org", &url, true, "does not list").await;
    assert_eq!(gateway.connections(), 0);
}

#[tokio::test]
async fn an_address_inside_is_not_reached_however_it_is_written() {
    let gateway = Gateway::start(Does::TakeOnce).await;
    let port = gateway.port;
    for (address, sentence) in [
        ("127.0.0.1", "loopback"),
        ("127.1", "loopback"),
        ("2130706433", "loopback"),
        ("0x7f.1", "loopback"),
        ("[::1]", "loopback"),
        ("[::ffff:127.0.0.1]", "no gateway can have"),
        ("[::ffff:7f00:1]", "no gateway can have"),
        ("0.0.0.0", "no gateway can have"),
    ] {
        let host = format!("{address}:{port}");
        is_blocked(&host, &format!("https://{host}/"), false, sentence).await;
    }
    assert_eq!(gateway.connections(), 0);
}

#[tokio::test]
async fn a_name_that_resolves_to_an_address_inside_is_not_reached() {
    let gateway = Gateway::start(Does::TakeOnce).await;
    let host = format!("localhost:{}", gateway.port);
    is_blocked(&host, &format!("https://{host}/"), false, "loopback").await;
    assert_eq!(gateway.connections(), 0);
    // The same with leave, which shows that it was the guard.
    let outcome = ask(&host, &format!("http://{host}/"), true).await;
    assert!(matches!(outcome, Outcome::Accepted { .. }), "{outcome:?}");
}

#[tokio::test]
async fn nothing_goes_in_the_clear_to_the_internet() {
    is_blocked(
        "api.example.org",
        "http://api.example.org/",
        false,
        "https://",
    )
    .await;
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let inside = Gateway::start(Does::TakeOnce).await;
    let location: &'static str = format!("Location: {}\r\n", inside.url()).leak();
    for status in [301, 302, 303, 307, 308] {
        let gateway = Gateway::start(Does::Answer(status, location, String::new())).await;
        let host = format!("127.0.0.1:{}", gateway.port);
        let outcome = ask(&host, &gateway.url(), true).await;
        let seen = Outcome::Accepted {
            gateway_id: Some(status.to_string()),
        };
        assert_eq!(outcome, seen);
        assert_eq!(gateway.came().len(), 1);
    }
    assert_eq!(inside.connections(), 0);
}

#[tokio::test]
async fn a_name_without_an_address_is_unreachable() {
    // RFC 6761: `invalid` never resolves.
    let outcome = ask("gateway.invalid", "https://gateway.invalid/", false).await;
    assert!(
        matches!(outcome, Outcome::Unreachable { .. }),
        "{outcome:?}"
    );
}
