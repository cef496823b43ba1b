//! `/links/TOKEN`: links for a clinic's own portal. `GET` tells what a link is for; `POST` does it, once.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Json, Response};
use rappel_core::store::Purpose;
use serde_json::json;

use super::{Api, error, store_failed};
use crate::answers::Followed;

pub(super) async fn look(State(api): State<Api>, Path(token): Path<String>) -> Response {
    match api.host.link(&token).await {
        Ok(Some(link)) => Json(json!({
            "clinic": link.message.facility,
            "purpose": link.purpose.name(),
            "of_use": api.host.is_of_use(&link),
            "expires": link.expires.to_rfc3339(),
            "message": link.message.id,
            "appointment": link.message.appointment,
            "patient": link.message.patient,
        }))
        .into_response(),
        Ok(None) => unknown(),
        Err(failure) => store_failed(&failure),
    }
}

pub(super) async fn follow(State(api): State<Api>, Path(token): Path<String>) -> Response {
    let patient = match api.host.link(&token).await {
        Ok(link) => link.and_then(|link| link.message.patient),
        Err(failure) => return store_failed(&failure),
    };
    match api.host.follow(&token).await {
        // Who follows a password's link is the patient: the portal lets them set one.
        Ok(Followed::Done(Purpose::Password)) => {
            Json(json!({"done": "password", "patient": patient})).into_response()
        }
        Ok(Followed::Done(purpose)) => Json(json!({"done": purpose.name()})).into_response(),
        Ok(Followed::Over) => error(
            StatusCode::GONE,
            "token",
            "the link is over, was used, or its appointment is over",
            "offer the patient your telephone number",
        ),
        Ok(Followed::Unknown) => unknown(),
        Err(failure) => store_failed(&failure),
    }
}

fn unknown() -> Response {
    error(
        StatusCode::NOT_FOUND,
        "token",
        "there is no such link",
        "take the part that `{token}` stood for in the page's address",
    )
}
