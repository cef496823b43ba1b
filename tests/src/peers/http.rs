//! The HTTP server under the peers that live in the test process: it runs on threads of its own and can hang up.

use std::{
    convert::Infallible,
    net::{Ipv4Addr, SocketAddr},
};

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::{
    HeaderMap, Method, Response, Uri, body::Incoming, server::conn::http1, service::service_fn,
};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpListener, runtime::Runtime};

use super::PeerError;

/// More than any gateway takes for one message.
const LARGEST_BODY: usize = 1 << 20;

/// A request that was read to its end.
#[derive(Clone, Debug)]
pub struct Request {
    /// GET, POST, …
    pub method: Method,
    /// Path and query, as sent.
    pub uri: Uri,
    /// All headers.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: Bytes,
}

impl Request {
    /// A field of the query, decoded.
    #[must_use]
    pub fn query(&self, name: &str) -> Option<String> {
        let query = self.uri.query().unwrap_or_default();
        form_urlencoded::parse(query.as_bytes())
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
    }
}

/// What a handler gives: an answer, or the connection closed without one.
pub(super) type Reply = Result<Response<Full<Bytes>>, HangUp>;

/// Closes the connection without an answer.
#[derive(Debug)]
pub(super) struct HangUp;

impl std::fmt::Display for HangUp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("hung up on purpose")
    }
}

impl std::error::Error for HangUp {}

/// A server on a free loopback port, on two threads of its own: it answers whatever the test's threads do.
pub(super) struct HttpServer {
    address: SocketAddr,
    runtime: Option<Runtime>,
}

impl HttpServer {
    /// Serves until dropped.
    pub(super) fn start<H, F>(handler: H) -> Result<Self, PeerError>
    where
        H: Fn(Request) -> F + Clone + Send + Sync + 'static,
        F: Future<Output = Reply> + Send + 'static,
    {
        let failed =
            |error: std::io::Error| PeerError::new(format!("starting an HTTP server: {error}"));
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("peer-http")
            .enable_all()
            .build()
            .map_err(failed)?;
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(failed)?;
        listener.set_nonblocking(true).map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let listener = {
            let _inside = runtime.enter();
            TcpListener::from_std(listener).map_err(failed)?
        };
        runtime.spawn(accept(listener, handler));
        Ok(Self {
            address,
            runtime: Some(runtime),
        })
    }

    /// `http://127.0.0.1:port`, without a slash at the end.
    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for HttpServer {
    fn drop(&mut self) {
        // A plain drop would wait for the tasks, which panics inside a test that is async itself.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

async fn accept<H, F>(listener: TcpListener, handler: H) -> Result<Infallible, std::io::Error>
where
    H: Fn(Request) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Reply> + Send + 'static,
{
    loop {
        let (stream, _) = listener.accept().await?;
        // Answers are small and waited for.
        let _ = stream.set_nodelay(true);
        let handler = handler.clone();
        let service = service_fn(move |request: hyper::Request<Incoming>| {
            let handler = handler.clone();
            async move {
                let (head, body) = request.into_parts();
                let body = Limited::new(body, LARGEST_BODY)
                    .collect()
                    .await
                    .map_err(|_| HangUp)?
                    .to_bytes();
                handler(Request {
                    method: head.method,
                    uri: head.uri,
                    headers: head.headers,
                    body,
                })
                .await
            }
        });
        tokio::spawn(async move {
            // Ends with an error when the client or we hang up: both are part of the game.
            let _ = http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}
