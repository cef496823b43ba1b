//! Keeps a panic of the SMTP library from going further: version 0.11 panics over a greeting with a
//! blank feature, which a mail server can send.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::Poll;

/// Runs a future to its end; `None` where it panics.
pub(super) async fn contained<T>(future: impl Future<Output = T>) -> Option<T> {
    let mut future = std::pin::pin!(future);
    std::future::poll_fn(move |context| {
        // After a panic the future is not polled again, and its connection is dropped with it.
        match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context))) {
            Ok(poll) => poll.map(Some),
            Err(_) => Poll::Ready(None),
        }
    })
    .await
}
