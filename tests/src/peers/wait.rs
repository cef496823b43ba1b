//! Waiting for what another process does: asking again until it is so, or the time is up.

use std::{
    thread::sleep,
    time::{Duration, Instant},
};

use super::PeerError;

/// How often a peer is asked; short beside the time a server takes to start.
pub(super) const INTERVAL: Duration = Duration::from_millis(20);

/// Asks `probe` until it has an answer. After `limit` the error says what was waited for.
pub(super) fn wait_for<T>(
    what: &str,
    limit: Duration,
    mut probe: impl FnMut() -> Result<Option<T>, PeerError>,
) -> Result<T, PeerError> {
    let deadline = Instant::now() + limit;
    loop {
        if let Some(found) = probe()? {
            return Ok(found);
        }
        if Instant::now() >= deadline {
            return Err(PeerError::new(format!(
                "waited {limit:?} in vain for {what}"
            )));
        }
        sleep(INTERVAL);
    }
}
