//! The host over HTTP: events in, the summary out, gateways' reports in.

mod auth;
mod events;
mod links;
mod opened;
mod pages;
mod query;
mod receipts;
mod summary;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Json, Response};
use axum::routing::{any, get, post};
use serde_json::json;

use crate::serve::Host;
pub use auth::Token;

/// The largest body that is taken: a batch of some thousand events.
const MAX_BODY_BYTES: usize = 8 * 1024 * 1024;

/// What every handler has.
#[derive(Clone)]
struct Api {
    host: Arc<Host>,
    token: Option<Token>,
}

/// The routes of a host. With a token, everything but `/health`, gateways' reports and what patients
/// open wants it as `Authorization: Bearer …`; reports bring their own proof.
pub fn router(host: Arc<Host>, token: Option<Token>) -> Router {
    let api = Api { host, token };
    let guarded = Router::new()
        .route("/events", post(events::post_to_only_clinic))
        .route("/events/{clinic}", post(events::post_to_clinic))
        .route("/messages", get(summary::messages))
        .route("/messages/{id}", get(summary::message))
        .route("/status", get(summary::status))
        .route("/links/{token}", get(links::look).post(links::follow))
        .route_layer(axum::middleware::from_fn_with_state(
            api.clone(),
            auth::guard,
        ));
    Router::new()
        .merge(guarded)
        .route("/health", get(|| async { "ok" }))
        .route("/receipts/{clinic}/{gateway}", any(receipts::report))
        .route("/replies/{clinic}/{gateway}", any(receipts::replies))
        .route("/l/{token}", get(pages::show).post(pages::follow))
        .route("/o/{token}", get(opened::image))
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .with_state(api)
}

/// An error as every route answers it: `{"error": {"what", "message", "help"}}`.
fn error(status: StatusCode, what: &str, message: impl Into<String>, help: &str) -> Response {
    let body = json!({"error": {"what": what, "message": message.into(), "help": help}});
    (status, Json(body)).into_response()
}

/// The store failed: nothing was kept, and the caller may try again.
fn store_failed(failure: &rappel_core::store::StoreError) -> Response {
    tracing::error!(error = %failure, "the store failed");
    error(
        StatusCode::SERVICE_UNAVAILABLE,
        "store",
        "the store failed, so nothing of this was kept",
        "send it again later; events that were kept are recognised by source and id",
    )
}
