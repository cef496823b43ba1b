//! `/receipts/CLINIC/GATEWAY`: gateways report what became of messages. Every call proves where it
//! comes from; what can't is answered 401 and nothing else.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use rappel_core::ids::FacilityId;
use rappel_core::provider::Inbound;

use super::{Api, error, store_failed};
use crate::serve::ReceiptError;

pub(super) async fn report(
    State(api): State<Api>,
    Path((clinic, gateway)): Path<(String, String)>,
    uri: Uri,
    headers: HeaderMap,
    body: String,
) -> Response {
    let facility = FacilityId::new(clinic);
    let (path, headers, call) = call(&uri, &headers, body);
    let reported = api
        .host
        .receipts(&facility, &gateway, &path, &headers, &call);
    match reported.await {
        // Some gateways (Kannel) take no other status for a yes.
        Ok(_) => StatusCode::OK.into_response(),
        Err(failure) => refused(&facility, &gateway, "receipt", failure),
    }
}

/// `/replies/CLINIC/GATEWAY`: gateways hand over what patients wrote or pressed.
pub(super) async fn replies(
    State(api): State<Api>,
    Path((clinic, gateway)): Path<(String, String)>,
    uri: Uri,
    headers: HeaderMap,
    body: String,
) -> Response {
    let facility = FacilityId::new(clinic);
    let (path, headers, call) = call(&uri, &headers, body);
    let taken = api
        .host
        .replies(&facility, &gateway, &path, &headers, &call);
    match taken.await {
        Ok(None) => StatusCode::OK.into_response(),
        Ok(Some(reply)) => {
            ([(header::CONTENT_TYPE, reply.content_type)], reply.body).into_response()
        }
        Err(failure) => refused(&facility, &gateway, "reply", failure),
    }
}

/// What was called, as an adapter reads it: the path with its query, headers, parameters.
fn call(uri: &Uri, headers: &HeaderMap, body: String) -> (String, Vec<(String, String)>, Inbound) {
    let is_form = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.starts_with("application/x-www-form-urlencoded"));
    let call = Inbound {
        query: pairs(uri.query().unwrap_or_default()),
        form: if is_form { pairs(&body) } else { Vec::new() },
        body,
    };
    let path = uri
        .path_and_query()
        .map(ToString::to_string)
        .unwrap_or_default();
    let headers = headers
        .iter()
        .filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.to_string())))
        .collect();
    (path, headers, call)
}

fn refused(facility: &FacilityId, gateway: &str, what: &str, failure: ReceiptError) -> Response {
    match failure {
        // The caller learns nothing about which part of its proof is wrong.
        ReceiptError::Refused(refusal) => {
            tracing::warn!(%facility, %gateway, reason = %refusal, "a {what} was refused");
            StatusCode::UNAUTHORIZED.into_response()
        }
        ReceiptError::Unknown => error(
            StatusCode::NOT_FOUND,
            "gateway",
            "no gateway of that name reports here",
            "check the URL",
        ),
        ReceiptError::Unreadable(reason) => {
            tracing::warn!(%facility, %gateway, %reason, "a {what} can't be read");
            error(
                StatusCode::BAD_REQUEST,
                what,
                reason,
                "the adapter's functions `receipt` and `reply` read what its gateway calls with",
            )
        }
        ReceiptError::Store(failure) => store_failed(&failure),
    }
}

/// The pairs of a query or form.
fn pairs(text: &str) -> Vec<(String, String)> {
    form_urlencoded::parse(text.as_bytes())
        .into_owned()
        .collect()
}
