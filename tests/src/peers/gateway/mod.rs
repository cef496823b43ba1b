//! An HTTP gateway in the test process that knows exactly what it took, and fails on demand.

mod behaviour;
mod ledger;

use std::{
    borrow::Cow,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use http_body_util::Full;
use hyper::{
    Method, Response, StatusCode,
    header::{CONTENT_TYPE, RETRY_AFTER},
};
use serde::{Deserialize, Serialize};

use self::ledger::{Book, Reading};
pub use self::{
    behaviour::{Behaviour, Fault},
    ledger::{Answer, Entry, Ledger, Outcome},
};
use super::{
    PeerError,
    http::{HangUp, HttpServer, Reply, Request},
    wait::wait_for,
};

/// An SMS gateway over HTTP, with a ledger of its own that a test compares with Rappel's. Needs no package.
///
/// - `POST /send` takes a message as JSON or as a form; its field `reference` is the sender's name for it. The answer
///   is 200 with `{"id":"gw-0","reference":"…","repeated":false}`.
/// - `GET /messages/REFERENCE` tells whether that message was taken: the same JSON, or 404.
///
/// A message is written into the ledger when it has been read, before the delay and before the answer: a sender that
/// is killed while it waits has sent it.
pub struct Gateway {
    server: HttpServer,
    desk: Arc<Desk>,
}

struct Desk {
    behaviour: Mutex<Behaviour>,
    requests: AtomicU64,
    book: Mutex<Book>,
}

impl Gateway {
    /// Starts on a free loopback port.
    ///
    /// # Errors
    /// When the machine has no port or thread left.
    pub fn start(behaviour: Behaviour) -> Result<Self, PeerError> {
        let desk = Arc::new(Desk {
            behaviour: Mutex::new(behaviour),
            requests: AtomicU64::new(0),
            book: Mutex::default(),
        });
        let server = {
            let desk = Arc::clone(&desk);
            HttpServer::start(move |request| Arc::clone(&desk).serve(request))?
        };
        Ok(Self { server, desk })
    }

    /// `http://127.0.0.1:port`, without a slash at the end.
    #[must_use]
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// Behaves differently from the next request on.
    pub fn behave(&self, behaviour: Behaviour) {
        *self
            .desk
            .behaviour
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = behaviour;
    }

    /// A copy of the ledger as it stands.
    #[must_use]
    pub fn ledger(&self) -> Ledger {
        self.desk.book().copy()
    }

    /// How many requests are in the ledger; cheap, unlike a copy.
    #[must_use]
    pub fn requests(&self) -> usize {
        self.desk.book().len()
    }

    /// Waits until at least `count` requests are in the ledger.
    ///
    /// # Errors
    /// When they don't come within `limit`.
    pub fn wait_for(&self, count: usize, limit: Duration) -> Result<Ledger, PeerError> {
        wait_for(&format!("{count} requests"), limit, || {
            Ok((self.requests() >= count).then(|| self.ledger()))
        })
    }
}

#[derive(Serialize)]
struct Receipt<'a> {
    id: &'a str,
    reference: Option<&'a str>,
    repeated: bool,
}

impl Desk {
    fn book(&self) -> std::sync::MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn serve(self: Arc<Self>, request: Request) -> Reply {
        let path = request.uri.path();
        if request.method == Method::POST && path == "/send" {
            return self.send(request).await;
        }
        match path.strip_prefix("/messages/") {
            Some(reference) if request.method == Method::GET => Ok(self.look_up(reference)),
            _ => Ok(problem(
                StatusCode::NOT_FOUND,
                "there is POST /send and GET /messages/REFERENCE",
            )),
        }
    }

    async fn send(&self, request: Request) -> Reply {
        let number = self.requests.fetch_add(1, Ordering::Relaxed);
        let behaviour = self
            .behaviour
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let reference = match reference(&request) {
            Ok(reference) => reference,
            Err(reason) => {
                let status = StatusCode::BAD_REQUEST;
                let reading = Reading {
                    number,
                    reference: None,
                    body: request.body,
                };
                self.book().refuse(reading, Answer::Status(status.as_u16()));
                return Ok(problem(status, &reason));
            }
        };

        let reading = Reading {
            number,
            reference: reference.clone(),
            body: request.body,
        };
        let honours_reference = behaviour.honours_reference;
        let Some(fault) = behaviour.fault(number) else {
            let (id, repeated) = self
                .book()
                .take(reading, honours_reference, Answer::Status(200));
            pause(behaviour.delay).await;
            return Ok(receipt(id, reference.as_deref(), repeated));
        };
        if fault.takes() {
            self.book().take(reading, honours_reference, fault.answer());
        } else {
            self.book().refuse(reading, fault.answer());
        }
        pause(behaviour.delay).await;
        match fault {
            Fault::Throttle { retry_after } => {
                let mut answer = problem(StatusCode::TOO_MANY_REQUESTS, "slow down");
                answer
                    .headers_mut()
                    .insert(RETRY_AFTER, retry_after.as_secs().into());
                Ok(answer)
            }
            Fault::Error => Ok(problem(StatusCode::INTERNAL_SERVER_ERROR, "out of order")),
            Fault::HangUp { .. } => Err(HangUp),
            Fault::Silence { .. } => std::future::pending().await,
        }
    }

    fn look_up(&self, reference: &str) -> Response<Full<Bytes>> {
        match self.book().find(reference) {
            Some(id) => receipt(id, Some(reference), true),
            None => problem(StatusCode::NOT_FOUND, "no such message"),
        }
    }
}

/// A timer costs more than an answer: none for no delay.
async fn pause(delay: Duration) {
    if !delay.is_zero() {
        tokio::time::sleep(delay).await;
    }
}

fn reference(request: &Request) -> Result<Option<String>, String> {
    #[derive(Deserialize)]
    struct Named<'a> {
        #[serde(borrow)]
        reference: Option<Cow<'a, str>>,
    }
    let content_type = request
        .headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    if content_type.starts_with("application/json") {
        let named: Named<'_> =
            serde_json::from_slice(&request.body).map_err(|error| error.to_string())?;
        Ok(named.reference.map(Cow::into_owned))
    } else if content_type.starts_with("application/x-www-form-urlencoded") {
        let mut fields = form_urlencoded::parse(&request.body);
        Ok(fields
            .find(|(name, _)| name == "reference")
            .map(|(_, value)| value.into_owned()))
    } else {
        Err(format!(
            "content type {content_type:?}: send JSON or a form"
        ))
    }
}

fn receipt(id: u64, reference: Option<&str>, repeated: bool) -> Response<Full<Bytes>> {
    json(
        StatusCode::OK,
        &Receipt {
            id: &format!("gw-{id}"),
            reference,
            repeated,
        },
    )
}

fn problem(status: StatusCode, reason: &str) -> Response<Full<Bytes>> {
    #[derive(Serialize)]
    struct Problem<'a> {
        error: &'a str,
    }
    json(status, &Problem { error: reason })
}

fn json(status: StatusCode, body: &impl Serialize) -> Response<Full<Bytes>> {
    let body = serde_json::to_vec(body).unwrap_or_default();
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = status;
    response.headers_mut().insert(
        CONTENT_TYPE,
        hyper::header::HeaderValue::from_static("application/json"),
    );
    response
}
