//! A gateway's rate: how many messages may leave now.

use rappel_core::civil::Instant;
use rappel_core::settings::Rate;

/// How much of a second's worth a bucket holds: as much more than the rate may pass in some second.
const BURST: f64 = 0.05;

/// A token bucket that holds a little of a second's worth, and at least one message.
#[derive(Debug)]
pub(super) struct Bucket {
    rate: Rate,
    tokens: f64,
    filled: Instant,
}

impl Bucket {
    /// A bucket that starts with one token: a host that restarts must not send a second's worth at once
    /// on top of what it sent before.
    pub(super) fn new(rate: Rate, now: Instant) -> Self {
        Self {
            rate,
            tokens: 1.0,
            filled: now,
        }
    }

    pub(super) fn rate(&self) -> Rate {
        self.rate
    }

    fn fill(&mut self, now: Instant) {
        // A clock that was set back fills nothing and starts anew from there.
        let passed = (now - self.filled).num_milliseconds().max(0) as f64 / 1000.0;
        let most = (self.rate.per_second * BURST).max(1.0);
        self.tokens = (self.tokens + passed * self.rate.per_second).min(most);
        self.filled = now;
    }

    /// Takes at most `wanted` tokens; tells how many there were.
    pub(super) fn take(&mut self, wanted: usize, now: Instant) -> usize {
        self.fill(now);
        let taken = (self.tokens as usize).min(wanted);
        self.tokens -= taken as f64;
        taken
    }

    /// How long until there is a token.
    pub(super) fn wait(&self) -> std::time::Duration {
        let missing = (1.0 - self.tokens).max(0.0);
        std::time::Duration::from_secs_f64((missing / self.rate.per_second).clamp(0.001, 3600.0))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use chrono::{DateTime, TimeDelta};

    #[test]
    fn no_second_passes_more_than_the_rate() {
        let start = DateTime::from_timestamp(1_000_000, 0).unwrap();
        let mut bucket = Bucket::new("10/s".parse().unwrap(), start);
        let mut sent = Vec::new();
        for tick in 0..5_000 {
            let now = start + TimeDelta::milliseconds(tick);
            for _ in 0..bucket.take(100, now) {
                sent.push(tick);
            }
        }
        assert!((49..=51).contains(&sent.len()), "{}", sent.len());
        for window in sent.windows(12) {
            assert!(
                window[11] - window[0] >= 1_000,
                "12 messages within a second"
            );
        }
    }

    #[test]
    fn a_fast_rate_is_reached_by_who_looks_now_and_then_and_passed_by_little() {
        let start = DateTime::from_timestamp(1_000_000, 0).unwrap();
        let mut bucket = Bucket::new("1000/s".parse().unwrap(), start);
        // An idle minute saves nothing up.
        let start = start + TimeDelta::minutes(1);
        let sent: usize = (0..=1_000)
            .step_by(20)
            .map(|tick| bucket.take(10_000, start + TimeDelta::milliseconds(tick)))
            .sum();
        assert!((1_000..=1_050).contains(&sent), "{sent}");
    }

    #[test]
    fn a_slow_rate_lets_one_through_in_its_time() {
        let start = DateTime::from_timestamp(1_000_000, 0).unwrap();
        let mut bucket = Bucket::new("6/min".parse().unwrap(), start);
        assert_eq!(bucket.take(5, start), 1);
        assert_eq!(bucket.take(5, start), 0);
        assert_eq!(bucket.wait().as_secs(), 10);
        assert_eq!(bucket.take(5, start + TimeDelta::seconds(10)), 1);
    }

    #[test]
    fn a_clock_set_back_gives_nothing() {
        let start = DateTime::from_timestamp(1_000_000, 0).unwrap();
        let mut bucket = Bucket::new("10/s".parse().unwrap(), start);
        assert_eq!(bucket.take(5, start), 1);
        assert_eq!(bucket.take(5, start - TimeDelta::hours(1)), 0);
    }
}
