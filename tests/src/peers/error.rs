//! Why a peer didn't start or didn't get what was expected, in words a person reads in a failed test.

use std::{error::Error, fmt, io, path::Path};

/// What went wrong with a peer, and what to do about it.
///
/// Its `Debug` is its `Display`: a test that unwraps it shows lines, not escapes.
pub struct PeerError(String);

impl PeerError {
    pub(super) fn new(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }

    pub(super) fn io(doing: &str, path: &Path, error: &io::Error) -> Self {
        Self(format!("{doing} {}: {error}", path.display()))
    }

    /// Adds the last lines of a log file: the server usually says itself what it doesn't like.
    pub(super) fn with_log(self, path: &Path) -> Self {
        const LINES: usize = 20;
        let log = std::fs::read(path).unwrap_or_default();
        let log = String::from_utf8_lossy(&log);
        let lines: Vec<&str> = log.lines().collect();
        let tail = lines
            .get(lines.len().saturating_sub(LINES)..)
            .unwrap_or_default();
        Self(format!(
            "{}\n--- end of {} ---\n{}",
            self.0,
            path.display(),
            tail.join("\n")
        ))
    }
}

impl fmt::Display for PeerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for PeerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for PeerError {}
