//! A place for the callbacks of a gateway: an HTTP server that notes every request and says yes.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use http_body_util::Full;
use hyper::Response;

use super::{
    PeerError,
    http::{HttpServer, Request},
    wait::wait_for,
};

/// An HTTP server in the test process that answers 200 to everything and keeps what came: delivery receipts and
/// inbound messages, when the test itself is the one who gets them. Needs no package.
pub struct Callbacks {
    server: HttpServer,
    seen: Arc<Mutex<Vec<Request>>>,
}

impl Callbacks {
    /// Starts on a free loopback port.
    ///
    /// # Errors
    /// When the machine has no port or thread left.
    pub fn start() -> Result<Self, PeerError> {
        let seen = Arc::<Mutex<Vec<Request>>>::default();
        let notes = Arc::clone(&seen);
        let server = HttpServer::start(move |request| {
            notes
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(request);
            std::future::ready(Ok(Response::new(Full::new(Bytes::new()))))
        })?;
        Ok(Self { server, seen })
    }

    /// `http://127.0.0.1:port`, without a slash at the end; any path will do.
    #[must_use]
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// Everything that came so far, in order of arrival.
    #[must_use]
    pub fn seen(&self) -> Vec<Request> {
        self.seen
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Waits until at least `count` requests came, and gives them all.
    ///
    /// # Errors
    /// When they don't come within `limit`.
    pub fn wait_for(&self, count: usize, limit: Duration) -> Result<Vec<Request>, PeerError> {
        wait_for(&format!("{count} callbacks"), limit, || {
            Ok(Some(self.seen()).filter(|seen| seen.len() >= count))
        })
    }
}
