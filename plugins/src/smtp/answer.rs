//! What a mail server's answer means for a message.

use std::error::Error as _;

use lettre::transport::smtp::Error;
use rappel_core::channel::Outcome;

use super::session::cause;

/// Whether a connection that waited in the pool is of no use any more: closed, or the server says
/// goodbye (421).
pub(super) fn is_gone(error: &Error) -> bool {
    match error.status() {
        Some(code) => u16::from(code) == 421,
        None => true,
    }
}

/// What an answer to MAIL, RCPT or DATA means: nothing was sent.
pub(super) fn before_text(error: &Error, scrub: &dyn Fn(&str) -> String) -> Outcome {
    match error.status().map(u16::from) {
        // The server wants a login or TLS first: true of every message, and the operator's to mend.
        Some(code @ (530 | 534 | 535 | 538)) => Outcome::Unreachable {
            reason: said(code, error, scrub),
        },
        Some(code) if error.is_permanent() => Outcome::Refused {
            reason: said(code, error, scrub),
        },
        Some(code) => Outcome::Busy {
            reason: said(code, error, scrub),
            retry_after: None,
        },
        None => Outcome::Unreachable {
            reason: format!("the mail server broke off: {}", cause(error)),
        },
    }
}

/// What the answer to the text means.
pub(super) fn after_text(error: &Error, scrub: &dyn Fn(&str) -> String) -> Outcome {
    match error.status() {
        Some(_) => before_text(error, scrub),
        None => Outcome::Unanswered {
            reason: format!(
                "the mail server took the text and broke off: {}",
                cause(error)
            ),
        },
    }
}

/// The code and the server's words: `550 5.1.1 user unknown`.
fn said(code: u16, error: &Error, scrub: &dyn Fn(&str) -> String) -> String {
    let words = error.source().map(ToString::to_string).unwrap_or_default();
    format!("{code} {}", scrub(&words)).trim_end().to_string()
}
