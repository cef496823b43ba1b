//! A telephone exchange in the test process that speaks Twilio's Calls API, lets a test press a key, and
//! reports what became of a call.

mod client;
mod ledger;
mod twiml;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use hyper::{Method, Response, StatusCode};
use ring::hmac;
use serde_json::{Value, json};

use self::ledger::{Refusal, read};
pub use self::{client::Answered, ledger::Call, twiml::Twiml};
use super::{
    PeerError,
    http::{HttpServer, Request},
    wait::wait_for,
};

/// A telephone exchange with the parts of Twilio's Calls API that Rappel uses. Needs no package.
///
/// - `POST /2010-04-01/Accounts/ACCOUNT/Calls.json` with a form takes a call, if the login is right. What is wrong is
///   refused with Twilio's codes.
/// - No telephone rings by itself: [`Exchange::report`] says what became of a call, and [`Exchange::press`] is the patient.
pub struct Exchange {
    server: HttpServer,
    calls: Arc<Mutex<Vec<Call>>>,
}

impl Exchange {
    /// The account's SID, which is the user of the login, too.
    pub const ACCOUNT: &'static str = "AC00000000000000000000000000000001";

    /// The account's auth token: the password of the login, and the key of signatures.
    pub const AUTH_TOKEN: &'static str = "b0a1c2d3e4f5061728394a5b6c7d8e9f";

    /// Starts on a free loopback port.
    ///
    /// # Errors
    /// When the machine has no port or thread left.
    pub fn start() -> Result<Self, PeerError> {
        let calls = Arc::<Mutex<Vec<Call>>>::default();
        let book = Arc::clone(&calls);
        let server =
            HttpServer::start(move |request| std::future::ready(Ok(serve(&book, &request))))?;
        Ok(Self { server, calls })
    }

    /// `http://127.0.0.1:port`, without a slash at the end.
    #[must_use]
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// Every call that was taken, in order.
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        self.calls
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Waits until at least `count` calls were taken, and gives them all.
    ///
    /// # Errors
    /// When they don't come within `limit`.
    pub fn wait_for(&self, count: usize, limit: Duration) -> Result<Vec<Call>, PeerError> {
        wait_for(&format!("{count} calls"), limit, || {
            Ok(Some(self.calls()).filter(|calls| calls.len() >= count))
        })
    }

    /// Reports a call's status: `ringing`, `completed`, `busy`, … Gives what the report was answered.
    ///
    /// # Errors
    /// When the call has nowhere to report to, or nobody answers there.
    pub async fn report(&self, call: &Call, status: &str) -> Result<Answered, PeerError> {
        self.report_signed(call, status, Self::AUTH_TOKEN).await
    }

    /// As [`Exchange::report`], signed with another token: a forgery.
    ///
    /// # Errors
    /// When the call has nowhere to report to, or nobody answers there.
    pub async fn report_signed(
        &self,
        call: &Call,
        status: &str,
        token: &str,
    ) -> Result<Answered, PeerError> {
        let url = call
            .status_callback
            .as_deref()
            .ok_or_else(|| PeerError::new("the call has no StatusCallback"))?;
        post(url, call, status, &[], token).await
    }

    /// Presses a key while the call is heard. Gives what is answered, which the caller hears if it is TwiML.
    ///
    /// # Errors
    /// When the call can't be read, asks for no key, or nobody answers where the key goes.
    pub async fn press(&self, call: &Call, key: &str) -> Result<Answered, PeerError> {
        let twiml = call.twiml()?;
        let url = twiml
            .action
            .ok_or_else(|| PeerError::new("the call asks for no key"))?;
        post(
            &url,
            call,
            "in-progress",
            &[("Digits", key)],
            Self::AUTH_TOKEN,
        )
        .await
    }
}

/// Posts a form about a call as Twilio does, signed.
async fn post(
    url: &str,
    call: &Call,
    status: &str,
    more: &[(&str, &str)],
    token: &str,
) -> Result<Answered, PeerError> {
    let mut form = vec![
        ("AccountSid", Exchange::ACCOUNT),
        ("ApiVersion", "2010-04-01"),
        ("CallSid", &call.sid),
        ("CallStatus", status),
        ("Direction", "outbound-api"),
        ("From", &call.from),
        ("To", &call.to),
    ];
    form.extend(more);
    // <https://www.twilio.com/docs/usage/webhooks/webhooks-security>: the URL, then names and values in order.
    let mut signed = url.to_string();
    form.sort_unstable();
    for (name, value) in &form {
        signed.push_str(name);
        signed.push_str(value);
    }
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, token.as_bytes());
    let signature = STANDARD.encode(hmac::sign(&key, signed.as_bytes()));
    client::post(url, &form, ("x-twilio-signature", &signature)).await
}

fn serve(book: &Mutex<Vec<Call>>, request: &Request) -> Response<Full<Bytes>> {
    let path = format!("/2010-04-01/Accounts/{}/Calls.json", Exchange::ACCOUNT);
    if request.method != Method::POST || request.uri.path() != path {
        return refuse(&Refusal::new(
            404,
            20404,
            "The requested resource was not found",
        ));
    }
    let login = format!("{}:{}", Exchange::ACCOUNT, Exchange::AUTH_TOKEN);
    let login = format!("Basic {}", STANDARD.encode(login));
    if request
        .headers
        .get(AUTHORIZATION)
        .map(HeaderValue::as_bytes)
        != Some(login.as_bytes())
    {
        return refuse(&Refusal::new(401, 20003, "Authenticate"));
    }
    let mut calls = book.lock().unwrap_or_else(PoisonError::into_inner);
    let sid = format!("CA{:032}", calls.len());
    match read(sid.clone(), &request.body) {
        Ok(call) => {
            calls.push(call);
            answer(201, &json!({ "sid": sid, "status": "queued" }))
        }
        Err(refusal) => refuse(&refusal),
    }
}

fn refuse(refusal: &Refusal) -> Response<Full<Bytes>> {
    let Refusal {
        status,
        code,
        message,
    } = refusal;
    answer(
        *status,
        &json!({ "code": code, "message": message, "status": status }),
    )
}

fn answer(status: u16, body: &Value) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(body.to_string())));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or_default();
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
