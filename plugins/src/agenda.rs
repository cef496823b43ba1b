//! Telling the agenda: CloudEvents by HTTP, signed.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use rappel_core::agenda::Agenda;
use rappel_core::civil::Instant;
use rappel_core::settings::AgendaSettings;
use reqwest::Client;
use reqwest::redirect::Policy;
use ring::hmac;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use url::Url;

use crate::http::{Egress, Resolver};
use crate::install_tls;
use crate::open::Lookup;

/// Until it is connected, TLS included.
const CONNECT: Duration = Duration::from_secs(5);

/// Until it has answered.
const ANSWER: Duration = Duration::from_secs(20);

/// An agenda that is told by HTTP.
struct HttpAgenda {
    url: Url,
    secret: Option<SecretString>,
    egress: Egress,
    client: Client,
    now: fn() -> Instant,
}

/// Opens the way to a clinic's agenda. Nothing is connected yet. `now` is the machine's clock: an agenda
/// that checks how old a signature is compares it with its own.
///
/// # Errors
/// A sentence when the address can't be read, or the secret isn't there.
pub fn open_agenda(
    url: &str,
    settings: &AgendaSettings,
    lookup: Lookup<'_>,
    now: fn() -> Instant,
) -> Result<Arc<dyn Agenda>, String> {
    install_tls();
    let url = Url::parse(url).map_err(|_| "`url` is no web address".to_string())?;
    let place = match (url.host_str(), url.port()) {
        (Some(host), Some(port)) => format!("{host}:{port}"),
        (Some(host), None) => host.to_string(),
        (None, _) => return Err("`url` is no web address".into()),
    };
    let egress = Egress::new(&[place], &Default::default(), settings.allow_private)?;
    let client = Client::builder()
        .http1_only()
        .redirect(Policy::none())
        .no_proxy()
        .referer(false)
        .dns_resolver(Resolver::new(settings.allow_private))
        .connect_timeout(CONNECT)
        .timeout(ANSWER)
        .user_agent(concat!("rappel/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|_| "TLS can't be set up".to_string())?;
    let secret = settings.secret.as_ref().map(lookup).transpose()?;
    Ok(Arc::new(HttpAgenda {
        url,
        secret: secret.map(Into::into),
        egress,
        client,
        now,
    }))
}

#[async_trait]
impl Agenda for HttpAgenda {
    async fn tell(&self, event: &Value) -> Result<(), String> {
        self.egress
            .check(&self.url)
            .map_err(|blocked| blocked.to_string())?;
        let body = event.to_string();
        let mut request = self
            .client
            .post(self.url.clone())
            .header("content-type", "application/cloudevents+json");
        if let Some(secret) = &self.secret {
            let timestamp = (self.now)().timestamp().to_string();
            let key = hmac::Key::new(hmac::HMAC_SHA256, secret.expose_secret().as_bytes());
            let signed = hmac::sign(&key, format!("{timestamp}.{body}").as_bytes());
            request = request
                .header("rappel-timestamp", &timestamp)
                .header("rappel-signature", crate::webhook::hex(signed.as_ref()));
        }
        // The library's errors may hold the address with what the integrator wrote into it.
        let answer = request.body(body).send().await.map_err(|error| {
            match (error.is_connect(), error.is_timeout()) {
                (_, true) => "the agenda didn't answer in time".to_string(),
                (true, _) => "the agenda can't be reached".to_string(),
                _ => "the agenda's answer can't be read".to_string(),
            }
        })?;
        match answer.status() {
            status if status.is_success() => Ok(()),
            status => Err(format!("the agenda answered {}", status.as_u16())),
        }
    }
}
