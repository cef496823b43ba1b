//! `/o/TOKEN`: the image in e-mails that tells when one is opened. The answer is the same whatever is asked
//! for: nobody learns from it whether there is such an e-mail, and nothing stays with whoever asks.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{Method, header};
use axum::response::{IntoResponse, Response};

use super::Api;

/// A transparent GIF of one pixel.
const IMAGE: &[u8] = b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\0\0\0!\xf9\x04\x01\0\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;";

/// How long a token is.
const LENGTH: usize = 26;

pub(super) async fn image(
    State(api): State<Api>,
    method: Method,
    token: Result<Path<String>, PathRejection>,
) -> Response {
    // Whoever only asks for the headers looks at no e-mail.
    if method == Method::GET
        && let Ok(Path(token)) = token
        && token.len() == LENGTH
    {
        api.host.note_opened(&token);
    }
    let headers = [
        (header::CONTENT_TYPE, "image/gif"),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, IMAGE).into_response()
}
