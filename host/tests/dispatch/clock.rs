//! A clock that stands still until a test sets it forward.

use std::time::Duration;

use async_trait::async_trait;
use chrono::TimeDelta;
use rappel_core::civil::Instant;
use rappel_host::clock::Clock;
use tokio::sync::watch;

/// Shows what it was set to; whoever sleeps on it wakes when it has been set far enough.
pub(crate) struct HandClock(watch::Sender<Instant>);

impl HandClock {
    /// A clock that shows 1 June 2026, 09:00.
    pub(crate) fn new() -> Self {
        Self(watch::Sender::new("2026-06-01T09:00:00Z".parse().unwrap()))
    }

    pub(crate) fn pass(&self, span: TimeDelta) {
        self.0.send_modify(|now| *now += span);
    }
}

#[async_trait]
impl Clock for HandClock {
    fn now(&self) -> Instant {
        *self.0.borrow()
    }

    async fn sleep(&self, span: Duration) {
        let span = TimeDelta::from_std(span).unwrap_or(TimeDelta::MAX);
        let until = self.now().checked_add_signed(span);
        let mut shown = self.0.subscribe();
        // It ends with the clock.
        let _ = shown
            .wait_for(|now| until.is_some_and(|until| *now >= until))
            .await;
    }
}
