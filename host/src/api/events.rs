//! `POST /events`: one CloudEvent, a batch of them, or one a line.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Json, Response};
use rappel_core::event::{Event, EventError};
use rappel_core::ids::FacilityId;
use rappel_core::store::Ingested;
use serde::Serialize;
use serde_json::Value;

use super::{Api, error, store_failed};
use crate::serve::NoClinic;

/// What became of an event.
#[derive(Serialize)]
struct Told {
    /// The event's id, as far as it could be read.
    id: Option<String>,
    #[serde(flatten)]
    outcome: Ingested,
}

pub(super) async fn post_to_only_clinic(
    State(api): State<Api>,
    headers: HeaderMap,
    body: String,
) -> Response {
    take(&api, None, &headers, &body).await
}

pub(super) async fn post_to_clinic(
    State(api): State<Api>,
    Path(clinic): Path<String>,
    headers: HeaderMap,
    body: String,
) -> Response {
    take(&api, Some(&FacilityId::new(clinic)), &headers, &body).await
}

async fn take(
    api: &Api,
    facility: Option<&FacilityId>,
    headers: &HeaderMap,
    body: &str,
) -> Response {
    let clinic = match api.host.clinic(facility) {
        Ok(clinic) => clinic,
        Err(NoClinic { message, later }) => {
            let (status, help) = if later {
                let help = "a clinic's folder can't be served as it is; if it is this one's, send the events again later";
                (StatusCode::SERVICE_UNAVAILABLE, help)
            } else {
                (StatusCode::NOT_FOUND, "post to `/events/CLINIC`")
            };
            return error(status, "clinic", message, help);
        }
    };
    let kind = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .map(|value| {
            value
                .split(';')
                .next()
                .unwrap_or(value)
                .trim()
                .to_ascii_lowercase()
        })
        .unwrap_or_default();
    let read: Vec<Result<Event, EventError>> = match kind.as_str() {
        "application/x-ndjson" | "application/jsonl" => body
            .lines()
            .filter(|line| !line.trim().is_empty())
            .map(Event::from_json)
            .collect(),
        ""
        | "application/json"
        | "application/cloudevents+json"
        | "application/cloudevents-batch+json" => {
            match serde_json::from_str::<Value>(body) {
                Ok(Value::Array(events)) => events.iter().map(Event::from_value).collect(),
                // Read from the text again, for its own limits and errors.
                _ => vec![Event::from_json(body)],
            }
        }
        _ => {
            return error(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "content-type",
                "events come as JSON",
                "use application/cloudevents+json, application/cloudevents-batch+json or application/x-ndjson",
            );
        }
    };
    let good: Vec<Event> = read
        .iter()
        .filter_map(|event| event.as_ref().ok().cloned())
        .collect();
    let applied = match api.host.ingest(&clinic, &good).await {
        Ok(applied) => applied,
        Err(failure) => return store_failed(&failure),
    };
    let mut applied = applied.into_iter();
    let told: Vec<Told> = read
        .into_iter()
        .filter_map(|event| match event {
            Ok(event) => applied.next().map(|outcome| Told {
                id: Some(event.id),
                outcome,
            }),
            Err(EventError { path, message }) => Some(Told {
                id: None,
                outcome: Ingested::Rejected { path, message },
            }),
        })
        .collect();
    let rejected = told
        .iter()
        .any(|told| matches!(told.outcome, Ingested::Rejected { .. }));
    // What could be kept is kept; the answer says which to mend.
    let status = if rejected {
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        StatusCode::OK
    };
    (status, Json(serde_json::json!({ "events": told }))).into_response()
}
