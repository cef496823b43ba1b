//! What a gateway's answer, or its silence, means where the adapter doesn't say.

use std::time::Duration;

use rappel_core::channel::Outcome;
use rappel_core::provider::HttpAnswer;
use reqwest::{Response, Url};

use super::egress::Blocked;
use crate::cause;

/// The most of an answer that is read.
const MOST: usize = 64 * 1024;

/// The longest wait that a gateway's `Retry-After` is believed to mean.
const LONGEST_WAIT: Duration = Duration::from_secs(24 * 60 * 60);

/// Reads an answer, its body cut to 64 KiB.
pub(super) async fn read(mut response: Response) -> Result<HttpAnswer, reqwest::Error> {
    let status = response.status().as_u16();
    let headers = response
        .headers()
        .iter()
        .map(|(name, value)| {
            let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
            (name.as_str().to_string(), value)
        })
        .collect();
    let expected = response.content_length().unwrap_or(0);
    let mut body = Vec::with_capacity(usize::try_from(expected).unwrap_or(MOST).min(MOST));
    while let Some(chunk) = response.chunk().await? {
        let room = MOST - body.len();
        if chunk.len() >= room {
            body.extend(chunk.iter().take(room));
            break;
        }
        body.extend_from_slice(&chunk);
    }
    let body = String::from_utf8(body)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned());
    Ok(HttpAnswer {
        status,
        headers,
        body,
    })
}

/// The usual meaning of a status code.
pub(super) fn by_status(answer: &HttpAnswer) -> Outcome {
    let status = answer.status;
    let busy = |why: &str, retry_after| Outcome::Busy {
        reason: format!("the gateway {why} ({status})"),
        retry_after,
    };
    match status {
        200..300 => Outcome::Accepted { gateway_id: None },
        429 => busy("asks to slow down", wait(answer)),
        503 => busy("is busy", wait(answer)),
        // These are about the login, the URL or the plan, and so about every message: the operator can
        // mend them, and the message waits for that.
        300..400 => busy("redirects, which is not followed", None),
        401 | 402 | 403 | 404 | 405 | 407 => busy("takes no messages from us", None),
        408 => Outcome::Unanswered {
            reason: format!("the gateway gave up waiting for the message ({status})"),
        },
        400..500 => Outcome::Refused {
            reason: format!("the gateway refused the message ({status})"),
        },
        _ => Outcome::Unanswered {
            reason: format!("the gateway failed over the message ({status})"),
        },
    }
}

fn wait(answer: &HttpAnswer) -> Option<Duration> {
    answer.retry_after().map(|wait| wait.min(LONGEST_WAIT))
}

/// What a failed request means.
pub(super) fn by_error(error: &reqwest::Error, patience: Duration) -> Outcome {
    if let Some(blocked) = cause::find::<Blocked>(error) {
        return Outcome::Unreachable {
            reason: blocked.to_string(),
        };
    }
    if error.is_builder() {
        return Outcome::Unreachable {
            reason: "the request can't be sent".into(),
        };
    }
    let host = error.url().and_then(Url::host_str).unwrap_or("the gateway");
    if error.is_connect() {
        let why = if error.is_dns() {
            "its name has no address".to_string()
        } else if error.is_timeout() {
            "it did not answer in time".to_string()
        } else {
            cause::of_connection(error).unwrap_or_else(|| "the connection failed".into())
        };
        return Outcome::Unreachable {
            reason: format!("`{host}` can't be reached: {why}"),
        };
    }
    let why = if error.is_timeout() {
        format!(
            "took the message and said nothing for {} s",
            patience.as_secs()
        )
    } else {
        "took the message and hung up".into()
    };
    Outcome::Unanswered {
        reason: format!("`{host}` {why}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meaning(status: u16, retry_after: Option<&str>) -> Outcome {
        let header = retry_after.map(|value| ("retry-after".to_string(), value.to_string()));
        by_status(&HttpAnswer {
            status,
            headers: header.into_iter().collect(),
            body: "irrelevant".into(),
        })
    }

    #[test]
    fn a_wait_that_is_asked_for_is_kept() {
        for (header, wait) in [
            (Some("7"), Some(7)),
            (None, None),
            (Some("soon"), None),
            (Some("99999999"), Some(86_400)),
        ] {
            for status in [429, 503] {
                let Outcome::Busy { retry_after, .. } = meaning(status, header) else {
                    unreachable!("{status} {header:?}")
                };
                assert_eq!(retry_after, wait.map(Duration::from_secs));
            }
        }
    }

    #[test]
    fn only_what_was_surely_not_taken_is_tried_again() {
        let name = |status| match meaning(status, None) {
            Outcome::Accepted { .. } => "accepted",
            Outcome::Refused { .. } => "refused",
            Outcome::Busy { .. } => "busy",
            Outcome::Unreachable { .. } => "unreachable",
            Outcome::Unanswered { .. } => "unanswered",
        };
        for (status, meaning) in [
            (200, "accepted"),
            (202, "accepted"),
            (302, "busy"),
            (400, "refused"),
            (401, "busy"),
            (404, "busy"),
            (408, "unanswered"),
            (422, "refused"),
            (429, "busy"),
            (500, "unanswered"),
            (502, "unanswered"),
            (503, "busy"),
            (504, "unanswered"),
            (100, "unanswered"),
        ] {
            assert_eq!(name(status), meaning, "{status}");
        }
    }
}
