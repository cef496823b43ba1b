//! Clocks: the real one, one that runs fast for demonstrations, one that is set by hand.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
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

    /// Whether the time can be believed. While it can't, nothing is handed over: what seems to be due
    /// may not be.
    fn is_steady(&self) -> bool {
        true
    }

    /// Keeps a demonstration's clock from running while something is under way; no other can be kept.
    fn stand_still(&self) -> Option<Standstill> {
        None
    }

    /// What this clock shows when so much of the machine's time has passed. Leases are about real
    /// work, however fast a demonstration's clock runs.
    fn after(&self, real: TimeDelta) -> Instant {
        self.now() + real
    }
}

/// How far the machine's clock and its count of time passed may part between two looks. Slewing and a
/// machine that is busy part them by less.
const JUMP: TimeDelta = TimeDelta::minutes(1);

/// For how long a clock that jumped isn't believed. A send that was under way has its answer by then, so
/// that no lease of one seems to be over before it is.
const UNSTEADY: Duration = Duration::from_secs(90);

/// The machine's clock. One that jumps, forward or back, isn't believed until it has gone steadily for a
/// while: it may be set right again, and a machine that was asleep has to find its feet.
#[derive(Debug, Default)]
pub struct SystemClock(Mutex<Steadiness>);

impl SystemClock {
    fn look(&self) -> (Instant, bool) {
        let (wall, passed) = (real_now(), tokio::time::Instant::now());
        let mut steadiness = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(jump) = steadiness.look(wall, passed) {
            tracing::error!(
                seconds = jump.num_seconds(),
                "the machine's clock jumped; nothing is handed over until it has gone steadily for {} seconds",
                UNSTEADY.as_secs()
            );
        }
        (wall, steadiness.is_steady(passed))
    }
}

/// Compares what a clock shows with how much time has passed.
#[derive(Debug, Default)]
struct Steadiness {
    last: Option<(Instant, tokio::time::Instant)>,
    doubted_until: Option<tokio::time::Instant>,
}

impl Steadiness {
    /// Looks at the clock; tells by how much it jumped since the last look, if it did.
    fn look(&mut self, wall: Instant, passed: tokio::time::Instant) -> Option<TimeDelta> {
        let (last_wall, last_passed) = self.last.replace((wall, passed))?;
        let passed_since = TimeDelta::from_std(passed - last_passed).unwrap_or(TimeDelta::MAX);
        let jump = (wall - last_wall) - passed_since;
        if jump.abs() <= JUMP {
            return None;
        }
        self.doubted_until = Some(passed + UNSTEADY);
        Some(jump)
    }

    fn is_steady(&self, passed: tokio::time::Instant) -> bool {
        self.doubted_until.is_none_or(|until| passed >= until)
    }
}

#[async_trait]
impl Clock for SystemClock {
    fn now(&self) -> Instant {
        self.look().0
    }

    fn is_steady(&self) -> bool {
        self.look().1
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

/// A clock that begins at a time and runs so many times faster than the machine's. It stands still while
/// something is under way: a machine that is slow, or a gateway, must not let hours pass.
#[derive(Debug)]
pub struct LapseClock {
    begins: Instant,
    speed: u32,
    lapse: Arc<Mutex<Lapse>>,
}

#[derive(Debug)]
struct Lapse {
    /// How much of the machine's time has counted before it last stood still.
    passed: Duration,
    /// Since when it runs; `None` where it stands still.
    since: Option<tokio::time::Instant>,
    /// How many keep it from running.
    stands: usize,
}

impl Lapse {
    fn passed(&self) -> Duration {
        let running = self.since.map_or(Duration::ZERO, |since| since.elapsed());
        self.passed.saturating_add(running)
    }
}

/// Who has this keeps a clock from running.
#[derive(Debug)]
pub struct Standstill(Arc<Mutex<Lapse>>);

impl Drop for Standstill {
    fn drop(&mut self) {
        let mut lapse = locked(&self.0);
        lapse.stands = lapse.stands.saturating_sub(1);
        if lapse.stands == 0 && lapse.since.is_none() {
            lapse.since = Some(tokio::time::Instant::now());
        }
    }
}

fn locked(lapse: &Mutex<Lapse>) -> MutexGuard<'_, Lapse> {
    lapse.lock().unwrap_or_else(PoisonError::into_inner)
}

impl LapseClock {
    /// A clock that shows `begins` now; a second of it takes `1 / speed` seconds.
    pub fn new(begins: Instant, speed: u32) -> Self {
        Self {
            begins,
            speed: speed.max(1),
            lapse: Arc::new(Mutex::new(Lapse {
                passed: Duration::ZERO,
                since: Some(tokio::time::Instant::now()),
                stands: 0,
            })),
        }
    }

    /// The same, which shows `begins` until who has the [`Standstill`] lets it go: what is got ready takes
    /// none of its time.
    pub fn standing(begins: Instant, speed: u32) -> (Self, Standstill) {
        let clock = Self::new(begins, speed);
        {
            let mut lapse = locked(&clock.lapse);
            (lapse.since, lapse.passed) = (None, Duration::ZERO);
        }
        let still = clock.stand();
        (clock, still)
    }

    fn stand(&self) -> Standstill {
        let mut lapse = locked(&self.lapse);
        lapse.passed = lapse.passed();
        lapse.since = None;
        lapse.stands += 1;
        Standstill(self.lapse.clone())
    }
}

#[async_trait]
impl Clock for LapseClock {
    fn now(&self) -> Instant {
        let passed = locked(&self.lapse).passed().saturating_mul(self.speed);
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

    fn stand_still(&self) -> Option<Standstill> {
        Some(self.stand())
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

    #[test]
    fn a_jump_forward_or_back_is_doubted_until_the_clock_has_gone_steadily() {
        let (begins, started) = (DateTime::<Utc>::UNIX_EPOCH, tokio::time::Instant::now());
        let mut clock = Steadiness::default();
        // What passed, what the clock shows, the jump that is noticed, whether it is believed.
        for (passed, shown, jump, steady) in [
            (0, 0, None, true),
            (3_600, 3_610, None, true),
            (3_601, 3_611 + 7_200, Some(7_200), false),
            (3_690, 3_700 + 7_200, None, false),
            (3_691, 3_701 + 7_200, None, true),
            // Set right again, and once more before it was believed.
            (3_700, 3_700, Some(-7_210), false),
            (3_760, 3_900, Some(140), false),
            (3_849, 3_989, None, false),
            (3_850, 3_990, None, true),
        ] {
            let passed = started + Duration::from_secs(passed);
            let noticed = clock.look(begins + TimeDelta::seconds(shown), passed);
            assert_eq!(noticed.map(|jump| jump.num_seconds()), jump, "{shown}");
            assert_eq!(clock.is_steady(passed), steady, "{shown}");
        }
    }

    #[tokio::test]
    async fn a_fast_clock_stands_still_while_something_is_under_way() {
        tokio::time::pause();
        let begins = DateTime::<Utc>::UNIX_EPOCH;
        let pass = tokio::time::advance;
        let (clock, ready) = LapseClock::standing(begins, 3600);
        pass(Duration::from_secs(5)).await;
        assert_eq!(clock.now(), begins);
        drop(ready);
        pass(Duration::from_secs(1)).await;
        assert_eq!(clock.now(), begins + TimeDelta::hours(1));
        let (one, other) = (clock.stand_still(), clock.stand_still());
        pass(Duration::from_secs(5)).await;
        drop(one);
        pass(Duration::from_secs(5)).await;
        assert_eq!(clock.now(), begins + TimeDelta::hours(1));
        drop(other);
        pass(Duration::from_secs(2)).await;
        assert_eq!(clock.now(), begins + TimeDelta::hours(3));
    }

    #[tokio::test]
    async fn a_lease_on_a_fast_clock_lasts_as_long_as_on_the_machines() {
        let begins = DateTime::<Utc>::UNIX_EPOCH;
        let clock = LapseClock::new(begins, 3600);
        let lease = clock.after(TimeDelta::seconds(120)) - begins;
        assert!(lease >= TimeDelta::hours(120), "{lease}");
    }
}
