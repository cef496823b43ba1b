//! Clocks: the real one, one that runs fast for demonstrations, one that is set by hand.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use rappel_core::civil::Instant;

/// What time it is, and how long until it is another.
#[async_trait]
pub trait Clock: Send + Sync {
    /// The time.
    fn now(&self) -> Instant;

    /// Waits for so much of this clock's time.
    async fn sleep(&self, span: Duration);

    /// What this clock shows when so much of the machine's time has passed. Leases are about real
    /// work, however fast a demonstration's clock runs.
    fn after(&self, real: TimeDelta) -> Instant {
        self.now() + real
    }
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

#[async_trait]
impl Clock for SystemClock {
    fn now(&self) -> Instant {
        real_now()
    }

    async fn sleep(&self, span: Duration) {
        tokio::time::sleep(span).await;
    }
}

#[allow(
    clippy::disallowed_methods,
    reason = "this is the place that owns the clock"
)]
fn real_now() -> Instant {
    Utc::now()
}

/// A clock that begins at a time and runs so many times faster than the machine's.
#[derive(Clone, Debug)]
pub struct LapseClock {
    begins: Instant,
    started: tokio::time::Instant,
    speed: u32,
}

impl LapseClock {
    /// A clock that shows `begins` now; a second of it takes `1 / speed` seconds.
    pub fn new(begins: Instant, speed: u32) -> Self {
        Self {
            begins,
            started: tokio::time::Instant::now(),
            speed: speed.max(1),
        }
    }
}

#[async_trait]
impl Clock for LapseClock {
    fn now(&self) -> Instant {
        let passed = self.started.elapsed().saturating_mul(self.speed);
        TimeDelta::from_std(passed)
            .ok()
            .and_then(|passed| self.begins.checked_add_signed(passed))
            .unwrap_or(DateTime::<Utc>::MAX_UTC)
    }

    async fn sleep(&self, span: Duration) {
        tokio::time::sleep(span / self.speed).await;
    }

    fn after(&self, real: TimeDelta) -> Instant {
        let speed = i32::try_from(self.speed).unwrap_or(i32::MAX);
        let shown = real.checked_mul(speed).unwrap_or(TimeDelta::MAX);
        self.now()
            .checked_add_signed(shown)
            .unwrap_or(DateTime::<Utc>::MAX_UTC)
    }
}

/// A clock that stands still until it is set: the clock of simulations.
#[derive(Debug)]
pub struct VirtualClock(AtomicI64);

impl VirtualClock {
    /// A clock that shows `now`.
    pub fn new(now: Instant) -> Self {
        Self(AtomicI64::new(now.timestamp_millis()))
    }

    /// Sets the clock forward; it never goes back.
    pub fn advance_to(&self, now: Instant) {
        self.0.fetch_max(now.timestamp_millis(), Ordering::SeqCst);
    }
}

#[async_trait]
impl Clock for VirtualClock {
    fn now(&self) -> Instant {
        DateTime::from_timestamp_millis(self.0.load(Ordering::SeqCst))
            .unwrap_or(DateTime::<Utc>::MAX_UTC)
    }

    async fn sleep(&self, span: Duration) {
        let span = TimeDelta::from_std(span).unwrap_or(TimeDelta::MAX);
        self.advance_to(
            self.now()
                .checked_add_signed(span)
                .unwrap_or(DateTime::<Utc>::MAX_UTC),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_lease_on_a_fast_clock_lasts_as_long_as_on_the_machines() {
        let begins = DateTime::<Utc>::UNIX_EPOCH;
        let clock = LapseClock::new(begins, 3600);
        let lease = clock.after(TimeDelta::seconds(120)) - begins;
        assert!(lease >= TimeDelta::hours(120), "{lease}");
    }
}
