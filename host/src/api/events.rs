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

/// The longest id that an event may have.
const MAX_ID_BYTES: usize = 200;

/// What became of an event.
#[derive(Serialize)]
struct Told {
    /// The event's id, as far as it could be read.
    id: Option<String>,
    #[serde(flatten)]
    outcome: Ingested,
}

/// An event as far as it can be read.
struct Read {
    id: Option<String>,
    event: Result<Event, EventError>,
}

impl Read {
    fn value(value: &Value) -> Self {
        Self {
            id: id_of(value),
            event: Event::from_value(value),
        }
    }

    fn text(text: &str) -> Self {
        let event = Event::from_json(text);
        let id = match &event {
            Ok(event) => Some(event.id.clone()),
            Err(_) => serde_json::from_str(text)
                .ok()
                .and_then(|value| id_of(&value)),
        };
        Self { id, event }
    }
}

/// The id that an event which can't be applied says it has, so that its sender finds it again.
fn id_of(value: &Value) -> Option<String> {
    let id = value.get("id")?.as_str()?;
    (id.len() <= MAX_ID_BYTES).then(|| id.to_string())
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
    let read: Vec<Read> = match kind.as_str() {
        "application/x-ndjson" | "application/jsonl" => body
            .lines()
            .filter(|line| !line.trim().is_empty())
            .map(Read::text)
            .collect(),
        ""
        | "application/json"
        | "application/cloudevents+json"
        | "application/cloudevents-batch+json" => {
            match serde_json::from_str::<Value>(body) {
                Ok(Value::Array(events)) => events.iter().map(Read::value).collect(),
                // Read from the text again, for its own limits and errors.
                _ => vec![Read::text(body)],
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
        .filter_map(|read| read.event.as_ref().ok().cloned())
        .collect();
    let applied = match api.host.ingest(&clinic, &good).await {
        Ok(applied) => applied,
        Err(failure) => return store_failed(&failure),
    };
    let mut applied = applied.into_iter();
    let told: Vec<Told> = read
        .into_iter()
        .filter_map(|Read { id, event }| {
            let outcome = match event {
                Ok(_) => applied.next()?,
                Err(EventError { path, message }) => Ingested::Rejected { path, message },
            };
            Some(Told { id, outcome })
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
