//! `GET /messages`, `/messages/ID` and `/status`.

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Json, Response};
use rappel_core::store::Filter;
use serde_json::json;

use super::{Api, error, store_failed};

/// The most messages that one answer lists.
const MOST: u32 = 10_000;

pub(super) async fn messages(State(api): State<Api>, Query(mut filter): Query<Filter>) -> Response {
    filter.limit = Some(filter.limit.unwrap_or(100).min(MOST));
    match api.host.store().messages(&filter).await {
        Ok(messages) => Json(json!({ "messages": messages })).into_response(),
        Err(failure) => store_failed(&failure),
    }
}

pub(super) async fn message(State(api): State<Api>, Path(id): Path<String>) -> Response {
    let filter = Filter {
        id: Some(id),
        limit: Some(2),
        ..Filter::default()
    };
    let found = match api.host.store().messages(&filter).await {
        Ok(found) => found,
        Err(failure) => return store_failed(&failure),
    };
    match found.as_slice() {
        [message] => match api.host.store().story(&message.facility, message.id).await {
            Ok(story) => Json(json!({ "message": message, "story": story })).into_response(),
            Err(failure) => store_failed(&failure),
        },
        [] => error(
            StatusCode::NOT_FOUND,
            "id",
            "there is no message of that id",
            "`GET /messages` lists them",
        ),
        _ => error(
            StatusCode::CONFLICT,
            "id",
            "several messages begin with that",
            "give more of the id",
        ),
    }
}

pub(super) async fn status(State(api): State<Api>) -> Response {
    match api.host.status().await {
        Ok(status) => Json(status).into_response(),
        Err(failure) => store_failed(&failure),
    }
}
