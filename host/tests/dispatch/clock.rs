//! A clock that stands still until a test sets it forward.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use chrono::TimeDelta;
use rappel_core::civil::Instant;
use rappel_host::clock::Clock;
use tokio::sync::watch;

/// Shows what it was set to; whoever sleeps on it wakes when it has been set far enough.
pub(crate) struct HandClock(watch::Sender<Instant>, AtomicBool);

impl HandClock {
    /// A clock that shows 1 June 2026, 09:00.
    pub(crate) fn new() -> Self {
        let begins = watch::Sender::new("2026-06-01T09:00:00Z".parse().unwrap());
        Self(begins, AtomicBool::new(true))
    }

    /// Jumps, and isn't believed until it is settled.
    pub(crate) fn jump(&self, span: TimeDelta) {
        self.1.store(false, Ordering::SeqCst);
        self.pass(span);
    }

    pub(crate) fn settle(&self) {
        self.1.store(true, Ordering::SeqCst);
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

    fn is_steady(&self) -> bool {
        self.1.load(Ordering::SeqCst)
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
