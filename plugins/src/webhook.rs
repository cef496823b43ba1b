//! Proofs that a call to `/receipts` or `/replies` comes from the gateway.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rappel_core::Instant;
use rappel_core::provider::{Inbound, Proof, Refusal, Webhook};
use ring::{digest, hmac};
use subtle::ConstantTimeEq;

use crate::secrets::Secrets;

/// How old a signed call may be, and how far ahead its clock, in seconds. Five minutes is what
/// gateways with signed times recommend.
const FRESH: i64 = 5 * 60;

/// A manifest's proof with the secret it needs.
#[derive(Debug)]
pub struct WebhookProof {
    webhook: Webhook,
    secrets: Secrets,
}

impl WebhookProof {
    /// The proof that `webhook` describes.
    ///
    /// # Errors
    /// A sentence when the secret is not there or empty: then anybody could prove anything.
    pub fn new(webhook: Webhook, secrets: Secrets) -> Result<Self, String> {
        let (Webhook::Token { secret, .. }
        | Webhook::Twilio { secret }
        | Webhook::Hmac { secret, .. }) = &webhook;
        if secrets.get(secret).is_none_or(str::is_empty) {
            return Err(format!(
                "the secret `{secret}`, which proves receipts, is not set"
            ));
        }
        Ok(Self { webhook, secrets })
    }
}

impl Proof for WebhookProof {
    fn check(
        &self,
        url: &str,
        headers: &[(String, String)],
        call: &Inbound,
        now: Instant,
    ) -> Result<(), Refusal> {
        let secret = |name: &str| self.secrets.get(name).ok_or(Refusal::Missing);
        match &self.webhook {
            Webhook::Token {
                secret: name,
                parameter,
            } => token(secret(name)?, find(&call.query, parameter)?),
            Webhook::Twilio { secret: name } => twilio(
                secret(name)?,
                find(headers, "x-twilio-signature")?,
                url,
                call,
            ),
            Webhook::Hmac {
                secret: name,
                signature,
                timestamp,
            } => {
                let signature = find(headers, &signature.to_ascii_lowercase())?;
                let timestamp = find(headers, &timestamp.to_ascii_lowercase())?;
                signed(secret(name)?, signature, timestamp, &call.body, now)
            }
        }
    }
}

fn find<'c>(pairs: &'c [(String, String)], name: &str) -> Result<&'c str, Refusal> {
    pairs
        .iter()
        .find(|(known, _)| known == name)
        .map(|(_, value)| value.as_str())
        .ok_or(Refusal::Missing)
}

/// Compares without telling by the time it takes how much was right.
fn same(expected: &str, given: &str) -> bool {
    expected.as_bytes().ct_eq(given.as_bytes()).into()
}

fn token(secret: &str, given: &str) -> Result<(), Refusal> {
    // Of equal length, so that not even the token's length can be told.
    let hash = |text: &str| digest::digest(&digest::SHA256, text.as_bytes());
    let equal = hash(secret).as_ref().ct_eq(hash(given).as_ref());
    if equal.into() {
        Ok(())
    } else {
        Err(Refusal::Wrong)
    }
}

/// Twilio's scheme: HMAC-SHA1 over the URL and the form's names and values in order, in Base64. A body
/// that is no form is proved by its SHA-256 in the URL.
/// <https://www.twilio.com/docs/usage/webhooks/webhooks-security>
fn twilio(secret: &str, given: &str, url: &str, call: &Inbound) -> Result<(), Refusal> {
    if call.form.is_empty() && !call.body.is_empty() {
        let expected = hex(digest::digest(&digest::SHA256, call.body.as_bytes()).as_ref());
        if !same(&expected, find(&call.query, "bodySHA256")?) {
            return Err(Refusal::Wrong);
        }
    }
    let mut form: Vec<_> = call.form.iter().collect();
    form.sort();
    form.dedup();
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret.as_bytes());
    // Twilio signs the URL with or without the port, depending on the service.
    let known = [without_port(url), with_usual_port(url)].iter().any(|url| {
        let mut context = hmac::Context::with_key(&key);
        context.update(url.as_bytes());
        for (name, value) in &form {
            context.update(name.as_bytes());
            context.update(value.as_bytes());
        }
        same(&STANDARD.encode(context.sign()), given)
    });
    if known { Ok(()) } else { Err(Refusal::Wrong) }
}

/// Scheme, host and the rest of an URL: `https://`, `rappel.example`, `/receipts?…`.
fn parts(url: &str) -> Option<(&str, &str, &str, bool)> {
    let authority = url.find("://")? + 3;
    let (scheme, rest) = url.split_at(authority);
    let (host, rest) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    match host.rsplit_once(':') {
        Some((name, port)) if !port.contains(']') => Some((scheme, name, rest, true)),
        _ => Some((scheme, host, rest, false)),
    }
}

fn without_port(url: &str) -> String {
    match parts(url) {
        Some((scheme, host, rest, _)) => format!("{scheme}{host}{rest}"),
        None => url.to_string(),
    }
}

fn with_usual_port(url: &str) -> String {
    match parts(url) {
        Some(("https://", host, rest, false)) => format!("https://{host}:443{rest}"),
        Some((scheme, host, rest, false)) => format!("{scheme}{host}:80{rest}"),
        _ => url.to_string(),
    }
}

/// HMAC-SHA256 over `timestamp.body` in hexadecimal, also with `sha256=` before it.
fn signed(
    secret: &str,
    given: &str,
    timestamp: &str,
    body: &str,
    now: Instant,
) -> Result<(), Refusal> {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let mut context = hmac::Context::with_key(&key);
    context.update(timestamp.as_bytes());
    context.update(b".");
    context.update(body.as_bytes());
    let given = given.strip_prefix("sha256=").unwrap_or(given);
    if !same(&hex(context.sign().as_ref()), &given.to_ascii_lowercase()) {
        return Err(Refusal::Wrong);
    }
    // Only a time that is signed says anything.
    let time: i64 = timestamp.trim().parse().map_err(|_| Refusal::Wrong)?;
    if now.timestamp().abs_diff(time) > FRESH.unsigned_abs() {
        return Err(Refusal::Stale);
    }
    Ok(())
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    let mut out = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        // Writing to a String can't fail.
        let _ = write!(out, "{byte:02x}");
    }
    out
}
