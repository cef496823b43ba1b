//! When a host ends: on a signal, at a time, after a while.

use std::sync::Arc;
use std::time::Duration;

use rappel_core::civil::Instant;
use rappel_host::clock::Clock;

/// When to end, beside signals.
pub(super) struct Until {
    pub(super) clock: Arc<dyn Clock>,
    /// When the clock shows this.
    pub(super) time: Option<Instant>,
    /// After so long, whatever the clock shows.
    pub(super) span: Option<Duration>,
}

/// How often a far end is looked at, in the clock's own time.
const LOOK: Duration = Duration::from_secs(600);

/// Waits until the host is to end.
pub(super) async fn wait(until: Until) {
    let time = async {
        let Some(time) = until.time else {
            return std::future::pending().await;
        };
        while time > until.clock.now() {
            let left = (time - until.clock.now()).to_std().unwrap_or_default();
            // A clock that is set forward is noticed within this.
            until.clock.sleep(left.min(LOOK)).await;
        }
    };
    let span = async {
        match until.span {
            Some(span) => tokio::time::sleep(span).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        () = signal() => tracing::info!("told to end; what is under way comes to its answer"),
        () = time => {}
        () = span => {}
    }
}

/// Waits for Ctrl+C or SIGTERM.
async fn signal() {
    let interrupted = async {
        if tokio::signal::ctrl_c().await.is_err() {
            // Without the signal the host ends with the process.
            std::future::pending::<()>().await;
        }
    };
    #[cfg(unix)]
    let terminated = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut terminated) => {
                terminated.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    #[cfg(not(unix))]
    let terminated = std::future::pending::<()>();
    tokio::select! {
        () = interrupted => {}
        () = terminated => {}
    }
}
