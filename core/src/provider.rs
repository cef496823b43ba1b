//! What an HTTP gateway's adapter must answer. The adapter is pure: it turns a message into a
//! request and an answer into an outcome; the HTTP channel does the sending and puts secrets in.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::channel::{ChannelKind, Outcome, Outgoing};
use crate::civil::Instant;
use crate::ids::MessageId;
use crate::language::Language;

/// `plugin.toml` of an adapter: what it can do, where it may send, what it must be told.
#[derive(Clone, Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The adapter's name: that of its folder.
    pub name: String,
    /// What it talks to, in a sentence.
    pub summary: String,
    /// The channels it carries.
    pub channels: Vec<ChannelKind>,
    /// Whether the gateway takes a repeated reference once.
    #[serde(default)]
    pub honours_reference: bool,
    /// The hosts it may send to; `{options.host}` stands for an option of the clinic's.
    pub hosts: Vec<String>,
    /// What the clinic may set in `[gateways.NAME.options]`.
    #[serde(default)]
    pub options: BTreeMap<String, OptionSpec>,
    /// The secrets that the clinic names in `[gateways.NAME.secrets]`.
    #[serde(default)]
    pub secrets: BTreeMap<String, String>,
    /// How a receipt or reply proves where it comes from.
    #[serde(default)]
    pub webhook: Option<Webhook>,
}

/// An option of an adapter.
#[derive(Clone, Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OptionSpec {
    /// What it is, in a sentence.
    pub summary: String,
    /// What holds where the clinic doesn't set it; without one it is required.
    #[serde(default)]
    pub default: Option<String>,
}

/// How a call to `/receipts` or `/replies` proves where it comes from. The host checks it; no script
/// sees the secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(tag = "proof", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Webhook {
    /// A secret in a query parameter that the receipts URL carries; compared in constant time.
    Token {
        /// The name of the secret in `[secrets]`.
        secret: String,
        /// The query parameter.
        parameter: String,
    },
    /// Twilio's scheme: HMAC-SHA1 over the URL and the sorted form parameters, Base64, in
    /// `X-Twilio-Signature`.
    Twilio {
        /// The name of the secret in `[secrets]`.
        secret: String,
    },
    /// HMAC-SHA256 over `timestamp.body`, in hexadecimal, refused when older than five minutes.
    Hmac {
        /// The name of the secret in `[secrets]`.
        secret: String,
        /// The header with the signature.
        signature: String,
        /// The header with the time in seconds since 1970.
        timestamp: String,
    },
}

/// A request to send, with marks where the secrets go.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct HttpRequest {
    /// `GET`, `POST`, …
    pub method: String,
    /// Absolute, `http` or `https`.
    pub url: String,
    /// Parameters to append to the URL, encoded by the channel.
    pub query: Vec<(String, String)>,
    /// Headers.
    pub headers: Vec<(String, String)>,
    /// Body.
    pub body: HttpBody,
    /// User and password of HTTP basic authentication.
    pub basic_auth: Option<(String, String)>,
}

/// The body of a request.
#[derive(Clone, Default, PartialEq, Eq)]
pub enum HttpBody {
    /// None.
    #[default]
    Empty,
    /// `application/x-www-form-urlencoded`.
    Form(Vec<(String, String)>),
    /// `application/json`, already written; secrets inside are replaced as JSON strings.
    Json(serde_json::Value),
    /// Anything else; its type is a header.
    Text(String),
}

impl fmt::Debug for HttpRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpRequest")
            .field("method", &self.method)
            .finish_non_exhaustive()
    }
}

/// The text that stands for a secret until the channel replaces it. No character of it can be typed
/// by a patient: values are cleaned of control characters.
pub fn secret_mark(name: &str) -> String {
    format!("\u{1}secret:{name}\u{1}")
}

/// Like [`secret_mark`], but the channel puts the secret in percent-encoded: for an URL that is
/// itself a value, such as the one that receipts go to.
pub fn secret_mark_in_url(name: &str) -> String {
    format!("\u{1}secret-in-url:{name}\u{1}")
}

impl Manifest {
    /// The URL that the gateway is told to report to about a message, or to bring its reply to: `base`
    /// with our reference as `message` and, where that is the proof, the token's mark. It ends in a
    /// parameter, so that an adapter adds its own with `&`.
    pub fn callback_url(&self, base: &str, message: MessageId) -> String {
        match &self.webhook {
            Some(Webhook::Token { secret, parameter }) => {
                let token = secret_mark_in_url(secret);
                format!("{base}?{parameter}={token}&message={message}")
            }
            _ => format!("{base}?message={message}"),
        }
    }
}

/// A gateway's answer to a request.
#[derive(Clone, PartialEq, Eq)]
pub struct HttpAnswer {
    /// The status code.
    pub status: u16,
    /// Headers, their names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body, cut to 64 KiB.
    pub body: String,
}

impl HttpAnswer {
    /// The delay of a `Retry-After` header in seconds form.
    pub fn retry_after(&self) -> Option<Duration> {
        let (_, value) = self
            .headers
            .iter()
            .find(|(name, _)| name == "retry-after")?;
        value.trim().parse().ok().map(Duration::from_secs)
    }
}

impl fmt::Debug for HttpAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpAnswer")
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

/// A call from a gateway: a receipt or a reply. Only once [`Proof::check`] has passed it may an
/// adapter read it.
#[derive(Clone, PartialEq, Eq)]
pub struct Inbound {
    /// Query parameters.
    pub query: Vec<(String, String)>,
    /// Form parameters, where the body is a form.
    pub form: Vec<(String, String)>,
    /// The body as text.
    pub body: String,
}

impl fmt::Debug for Inbound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Inbound(hidden)")
    }
}

/// Checks where a call to `/receipts` or `/replies` comes from. It knows the secrets of a gateway.
pub trait Proof: Send + Sync {
    /// Whether the call is the gateway's: made to `url` (as the gateway was given it, parameters
    /// included), with `headers` whose names are in lower case.
    ///
    /// # Errors
    /// Why not. The answer to the caller is 401 and nothing else.
    fn check(
        &self,
        url: &str,
        headers: &[(String, String)],
        call: &Inbound,
        now: Instant,
    ) -> Result<(), Refusal>;
}

/// Why a call is not believed to come from the gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It brings no proof.
    #[error("the call brings no proof of where it comes from")]
    Missing,
    /// Its proof is another's, or of another call.
    #[error("the call's proof is wrong")]
    Wrong,
    /// Its proof is more than five minutes old, or as far ahead.
    #[error("the call's proof is not of the last five minutes")]
    Stale,
}

/// What became of a message, as a gateway reports it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// Which message.
    pub of: ReceiptOf,
    /// What became of it.
    pub status: ReceiptStatus,
    /// The gateway's reason, where it gives one.
    pub reason: Option<String>,
    /// How long a call was, where it tells.
    pub seconds: Option<u32>,
}

/// How a receipt names its message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReceiptOf {
    /// By our reference.
    Message(MessageId),
    /// By the gateway's own name for it.
    GatewayId(String),
}

/// What a receipt says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ReceiptStatus {
    /// On its way: changes nothing but settles an unknown send.
    Sent,
    /// It arrived.
    Delivered,
    /// It never will.
    Failed,
}

/// An answer of a patient's that came through a gateway.
#[derive(Clone, PartialEq, Eq)]
pub struct Reply {
    /// The number it came from; `None` where only `message` tells whose it is.
    pub from: Option<String>,
    /// The message it answers, where the gateway says so.
    pub message: Option<MessageId>,
    /// What it says: the words, or the key as the telephone sent it.
    pub text: String,
    /// What the key means, where one was pressed in a call; `None` where words were written.
    pub key: Option<Key>,
    /// The gateway's own name for it, by which a repeated call is known.
    pub gateway_id: Option<String>,
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Reply(hidden)")
    }
}

/// What a key means that a patient pressed in a call. The sentence that asks for it says the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// 1: they come.
    Yes,
    /// 2: they don't, and the appointment is to be cancelled.
    No,
    /// Any other: nobody can tell, and it is never guessed.
    Unreadable,
}

impl Key {
    /// What the keys mean that a telephone sent: `"1"`, `"2"`.
    pub fn of(pressed: &str) -> Self {
        match pressed {
            "1" => Key::Yes,
            "2" => Key::No,
            _ => Key::Unreadable,
        }
    }
}

/// What a gateway is answered after a reply, in its own language: the caller who pressed a key hears
/// it, for one.
#[derive(Clone, PartialEq, Eq)]
pub struct HttpReply {
    /// Its `Content-Type`: visible ASCII and blanks only.
    pub content_type: String,
    /// The body.
    pub body: String,
}

impl fmt::Debug for HttpReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HttpReply(hidden)")
    }
}

/// An adapter that failed: its script erred, ran out, or answered something that can't be read. The
/// sentence holds no text, address or secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("adapter `{adapter}`: {message}")]
pub struct ProviderError {
    /// The adapter's name.
    pub adapter: String,
    /// What went wrong, with the script's line where there is one.
    pub message: String,
}

/// An adapter for an HTTP gateway.
pub trait Provider: Send + Sync {
    /// What the adapter says of itself.
    fn manifest(&self) -> &Manifest;

    /// The request that sends a message.
    ///
    /// # Errors
    /// When the adapter fails. Nothing was sent.
    fn request(
        &self,
        message: &Outgoing,
        options: &BTreeMap<String, String>,
    ) -> Result<HttpRequest, ProviderError>;

    /// What the gateway's answer means; `None` where the adapter leaves it to the usual meaning of
    /// the status code.
    ///
    /// # Errors
    /// When the adapter fails. The message may have been taken.
    fn response(&self, answer: &HttpAnswer) -> Result<Option<Outcome>, ProviderError>;

    /// What a call to `/receipts` reports; empty when it concerns no message.
    ///
    /// # Errors
    /// When the adapter fails or has no receipts.
    fn receipt(&self, call: &Inbound) -> Result<Vec<Receipt>, ProviderError>;

    /// What a call to `/replies` says.
    ///
    /// # Errors
    /// When the adapter fails or takes no replies.
    fn reply(&self, call: &Inbound) -> Result<Vec<Reply>, ProviderError>;

    /// What the gateway is answered after a reply: `text` is a short sentence to the patient in
    /// `language`, where the host has one to say. `None` where the gateway wants nothing but a status
    /// that says yes.
    ///
    /// # Errors
    /// When the adapter fails. The reply itself was taken.
    fn replied(
        &self,
        _text: Option<&str>,
        _language: Language,
    ) -> Result<Option<HttpReply>, ProviderError> {
        Ok(None)
    }
}
