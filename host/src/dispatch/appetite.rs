//! How many messages a lane claims at a time: what its gateway takes within a second or two. What is
//! claimed can't be overtaken by a cancellation that is planned afterwards, so a slow gateway gets few.

use std::time::Duration;

use rappel_core::settings::Limits;
use tokio::time::Instant;

/// The most messages that are claimed at a time.
const MOST: usize = 500;

/// A batch that was eaten sooner was too small.
const SOON: Duration = Duration::from_millis(500);

/// A batch that took longer was too large.
const LONG: Duration = Duration::from_secs(2);

/// Learns from how long batches take.
#[derive(Debug)]
pub(super) struct Appetite {
    /// How many times the gateway's places.
    rounds: usize,
    since: Instant,
}

impl Appetite {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            rounds: 1,
            since: now,
        }
    }

    /// How many messages to claim.
    pub(super) fn batch(&self, limits: &Limits) -> usize {
        let places = limits.concurrency.max(1) as usize;
        let most = limits
            .rate
            .map_or(MOST, |rate| (rate.per_second * 2.0) as usize);
        places
            .saturating_mul(self.rounds)
            .clamp(1, most.clamp(1, MOST))
    }

    /// Says that a batch is nearly eaten and another is claimed. `full`: it was as large as asked for.
    pub(super) fn next(&mut self, full: bool, now: Instant) {
        let took = now - self.since;
        self.since = now;
        if took > LONG {
            self.rounds = (self.rounds / 2).max(1);
        } else if full && took < SOON {
            self.rounds = (self.rounds * 2).min(MOST);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(concurrency: u32, rate: Option<&str>) -> Limits {
        Limits {
            concurrency,
            rate: rate.and_then(|rate| rate.parse().ok()),
            ..Limits::default()
        }
    }

    #[test]
    fn a_quick_gateway_gets_more_and_a_slow_one_less() {
        let mut now = Instant::now();
        let mut appetite = Appetite::new(now);
        let mut batches = Vec::new();
        for millis in [10, 10, 10, 10, 10, 1_000, 3_000, 3_000, 10] {
            now += Duration::from_millis(millis);
            appetite.next(true, now);
            batches.push(appetite.batch(&limits(16, None)));
        }
        assert_eq!(batches, [32, 64, 128, 256, 500, 500, 256, 128, 256]);
        now += Duration::from_millis(10);
        appetite.next(false, now);
        assert_eq!(appetite.batch(&limits(16, None)), 256, "there was no more");
    }

    #[test]
    fn a_rate_bounds_it_to_two_seconds_worth() {
        let mut now = Instant::now();
        let mut appetite = Appetite::new(now);
        for _ in 0..10 {
            now += Duration::from_millis(10);
            appetite.next(true, now);
        }
        assert_eq!(appetite.batch(&limits(16, Some("10/s"))), 20);
        assert_eq!(appetite.batch(&limits(16, Some("6/min"))), 1);
        assert_eq!(appetite.batch(&limits(1, None)), 500);
    }
}
