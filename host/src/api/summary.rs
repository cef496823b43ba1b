//! `GET /messages`, `/messages/ID` and `/status`.

use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Json, Response};
use rappel_core::store::{Filter, Result};
use serde_json::json;

use super::query::{Asked, PARAMETERS, asked};
use super::{Api, error, store_failed};
use crate::summary::{MessageLine, StatusLine, StoryLine, VERSION, Zones};

/// How many messages one answer lists where nobody says, and at most.
const USUAL: u32 = 100;
const MOST: u32 = 10_000;

impl Api {
    async fn zones(&self) -> Result<Zones> {
        Ok(Zones::of(&self.host.store().generations().await?))
    }
}

pub(super) async fn messages(State(api): State<Api>, RawQuery(query): RawQuery) -> Response {
    let Asked { mut filter, count } = match asked(query.as_deref().unwrap_or_default()) {
        Ok(asked) => asked,
        Err(message) => {
            let help = format!("`GET /messages` takes {}", PARAMETERS.join(", "));
            return error(StatusCode::BAD_REQUEST, "query", message, &help);
        }
    };
    if !count.is_empty() {
        return match api.host.store().tally(&filter, &count).await {
            Ok(counts) => Json(json!({ "version": VERSION, "counts": counts })).into_response(),
            Err(failure) => store_failed(&failure),
        };
    }
    filter.limit = Some(filter.limit.unwrap_or(USUAL).min(MOST));
    let found = async {
        Ok((
            api.host.store().messages(&filter).await?,
            api.zones().await?,
        ))
    };
    match found.await {
        Ok((messages, zones)) => {
            let lines: Vec<_> = messages
                .iter()
                .map(|message| MessageLine::of(message, zones.get(&message.facility)))
                .collect();
            Json(json!({ "version": VERSION, "messages": lines })).into_response()
        }
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
        [message] => {
            let told = async {
                let store = api.host.store();
                let story = store.story(&message.facility, message.id).await?;
                Ok((story, api.zones().await?))
            };
            match told.await {
                Ok((story, zones)) => {
                    let zone = zones.get(&message.facility);
                    Json(StoryLine::of(message, &story, zone)).into_response()
                }
                Err(failure) => store_failed(&failure),
            }
        }
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
        Ok(status) => Json(StatusLine::of(&status, true)).into_response(),
        Err(failure) => store_failed(&failure),
    }
}
