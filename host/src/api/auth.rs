//! Who may ask.

use std::fmt;

use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;

use super::{Api, error};

/// The secret that callers bring. Kept as its hash, so that comparing takes the same time whatever is
/// brought, and nothing shows it.
#[derive(Clone)]
pub struct Token(blake3::Hash);

impl Token {
    /// A token that callers must bring.
    pub fn new(secret: &str) -> Self {
        Self(blake3::hash(secret.as_bytes()))
    }

    fn is(&self, brought: &str) -> bool {
        // Hashes compare in constant time.
        self.0 == blake3::hash(brought.as_bytes())
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(hidden)")
    }
}

pub(super) async fn guard(State(api): State<Api>, request: Request, next: Next) -> Response {
    let brought = request
        .headers()
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Bearer "));
    match (&api.token, brought) {
        (None, _) => next.run(request).await,
        (Some(token), Some(brought)) if token.is(brought) => next.run(request).await,
        _ => error(
            StatusCode::UNAUTHORIZED,
            "token",
            "this needs the host's token",
            "send `Authorization: Bearer TOKEN` with the token that the host was started with",
        ),
    }
}
