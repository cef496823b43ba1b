//! Gates: what each gateway takes now. The lanes of a clinic that use a gateway share its gate.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::TimeDelta;
use rappel_core::civil::Instant;
use rappel_core::settings::Rate;

use super::bucket::Bucket;

/// The longest that an unreachable gateway is left alone, in seconds.
const LONGEST_PAUSE_SECONDS: i64 = 60;

/// The longest pause that a gateway may ask for at a time.
const LONGEST_ASKED: Duration = Duration::from_secs(3600);

/// From how many failures in a row, and after how long, a gateway is down: a restart of its own passes
/// before anybody needs to know.
const DOWN_AFTER: (u32, TimeDelta) = (3, TimeDelta::seconds(60));

/// How a gateway is as far as it was noted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Noted {
    /// An earlier host may have noted it as down.
    #[default]
    Nothing,
    Down,
    Up,
}

/// What there is to note of a gateway.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// It isn't reached since a time.
    Down { since: Instant, reason: String },
    /// It takes messages.
    Back,
}

#[derive(Debug, Default)]
struct Gate {
    bucket: Option<Bucket>,
    /// Until when it is left alone.
    paused: Option<Instant>,
    /// How often in a row it was not reached, since when, and why last.
    trouble: u32,
    since: Option<Instant>,
    reason: String,
    /// Whether it took a message since the host was started.
    took: bool,
    noted: Noted,
}

/// A clinic's gateways by name.
#[derive(Debug, Default)]
pub(super) struct Gates(Mutex<HashMap<String, Gate>>);

impl Gates {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Gate>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn with<T>(&self, name: &str, act: impl FnOnce(&mut Gate) -> T) -> T {
        let mut gates = self.lock();
        match gates.get_mut(name) {
            Some(gate) => act(gate),
            None => act(gates.entry(name.to_string()).or_default()),
        }
    }

    /// Until when a gateway is left alone, if it is.
    pub(super) fn paused(&self, name: &str, now: Instant) -> Option<Instant> {
        let longest = TimeDelta::from_std(LONGEST_ASKED).unwrap_or_default();
        self.with(name, |gate| {
            // Of before the clock was set back, where it is longer than any.
            let paused = |until: &Instant| *until > now && *until - now <= longest;
            gate.paused = gate.paused.filter(paused);
            gate.paused
        })
    }

    /// How many of `wanted` messages the rate lets through now. They are taken from it.
    pub(super) fn admit(
        &self,
        name: &str,
        rate: Option<Rate>,
        wanted: usize,
        now: Instant,
    ) -> usize {
        let Some(rate) = rate else { return wanted };
        self.with(name, |gate| {
            // New rules may have another rate.
            let bucket = match &mut gate.bucket {
                Some(bucket) if bucket.rate() == rate => bucket,
                other => other.insert(Bucket::new(rate, now)),
            };
            bucket.take(wanted, now)
        })
    }

    /// How long until the rate lets another message through.
    pub(super) fn wait(&self, name: &str) -> Option<Duration> {
        self.with(name, |gate| gate.bucket.as_ref().map(Bucket::wait))
    }

    /// The gateway took a message.
    pub(super) fn reached(&self, name: &str) {
        self.with(name, |gate| {
            gate.trouble = 0;
            gate.since = None;
            gate.took = true;
        });
    }

    /// The gateway asked to be left alone.
    pub(super) fn asked_to_wait(&self, name: &str, wait: Duration, now: Instant) {
        let wait = TimeDelta::from_std(wait.min(LONGEST_ASKED)).unwrap_or_default();
        self.with(name, |gate| {
            gate.paused = gate.paused.max(Some(now + wait));
        });
    }

    /// The gateway was not reached. Tells for how many seconds it is left alone, unless it is
    /// already: messages that left together fail together, and are one trouble.
    pub(super) fn not_reached(&self, name: &str, reason: &str, now: Instant) -> Option<i64> {
        self.with(name, |gate| {
            gate.since.get_or_insert(now);
            gate.reason = reason.to_string();
            if gate.paused.is_some_and(|until| until > now) {
                return None;
            }
            gate.trouble = gate.trouble.saturating_add(1);
            let seconds = (1_i64 << gate.trouble.min(6)).min(LONGEST_PAUSE_SECONDS);
            gate.paused = Some(now + TimeDelta::seconds(seconds));
            Some(seconds)
        })
    }

    /// What is to be noted of gateways that are down, or take messages again.
    pub(super) fn changes(&self, now: Instant) -> Vec<(String, Change)> {
        let (failures, span) = DOWN_AFTER;
        let change = |gate: &Gate| match gate.since {
            Some(since) if gate.trouble >= failures && now - since >= span => {
                (gate.noted != Noted::Down).then(|| Change::Down {
                    since,
                    reason: gate.reason.clone(),
                })
            }
            None if gate.took && gate.noted != Noted::Up => Some(Change::Back),
            _ => None,
        };
        let gates = self.lock();
        let changes = gates.iter();
        changes
            .filter_map(|(name, gate)| Some((name.clone(), change(gate)?)))
            .collect()
    }

    /// Says that a change was noted.
    pub(super) fn noted(&self, name: &str, change: &Change) {
        self.with(name, |gate| {
            gate.noted = match change {
                Change::Down { .. } => Noted::Down,
                Change::Back => Noted::Up,
            };
        });
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use chrono::DateTime;

    fn start() -> Instant {
        DateTime::from_timestamp(1_000_000, 0).unwrap()
    }

    #[test]
    fn an_unreachable_gateway_is_left_alone_longer_each_time_up_to_a_minute() {
        let gates = Gates::default();
        let mut now = start();
        let mut pauses = Vec::new();
        for _ in 0..8 {
            pauses.push(gates.not_reached("gw", "refused", now).unwrap());
            assert_eq!(
                gates.not_reached("gw", "refused", now),
                None,
                "of the same batch"
            );
            now = gates.paused("gw", now).unwrap();
        }
        assert_eq!(pauses, [2, 4, 8, 16, 32, 60, 60, 60]);
        gates.reached("gw");
        assert_eq!(gates.not_reached("gw", "refused", now), Some(2));
        assert_eq!(gates.paused("other", now), None);
    }

    #[test]
    fn a_gateway_may_ask_for_an_hour_at_most_and_never_shortens_a_pause() {
        let gates = Gates::default();
        gates.asked_to_wait("gw", Duration::MAX, start());
        gates.asked_to_wait("gw", Duration::from_secs(1), start());
        let until = start() + TimeDelta::hours(1);
        assert_eq!(gates.paused("gw", start()), Some(until));
        assert_eq!(gates.paused("gw", until), None);
    }

    #[test]
    fn a_gateway_is_down_after_three_failures_and_a_minute_and_back_when_it_takes_one() {
        let gates = Gates::default();
        let noted = |seconds: i64| {
            let changes = gates.changes(start() + TimeDelta::seconds(seconds));
            for (gateway, change) in &changes {
                gates.noted(gateway, change);
            }
            changes
        };
        for seconds in [0, 10, 50] {
            gates.not_reached("gw", "refused", start() + TimeDelta::seconds(seconds));
            assert_eq!(noted(seconds), []);
        }
        let down = Change::Down {
            since: start(),
            reason: "refused".into(),
        };
        assert_eq!(noted(60), [("gw".to_string(), down)]);
        assert_eq!(noted(3_600), [], "it is noted once");
        gates.reached("gw");
        assert_eq!(noted(3_601), [("gw".to_string(), Change::Back)]);
        assert_eq!(noted(3_602), []);
        gates.not_reached("gw", "refused", start() + TimeDelta::seconds(3_603));
        gates.reached("gw");
        assert_eq!(noted(7_200), [], "a moment is nobody's business");
    }

    #[test]
    fn a_clock_set_back_makes_no_pause_longer_than_any_is() {
        let gates = Gates::default();
        gates.not_reached("gw", "refused", start());
        let minutes = |minutes| start() - TimeDelta::minutes(minutes);
        assert!(gates.paused("gw", minutes(5)).is_some());
        assert_eq!(gates.paused("gw", minutes(300)), None);
        assert_eq!(gates.paused("gw", start()), None, "it is forgotten");
    }

    #[test]
    fn a_new_rate_holds_at_once() {
        let gates = Gates::default();
        let rate = |text: &str| Some(text.parse().unwrap());
        assert_eq!(gates.admit("gw", None, 50, start()), 50);
        assert_eq!(gates.admit("gw", rate("1/min"), 50, start()), 1);
        assert_eq!(gates.admit("gw", rate("1/min"), 50, start()), 0);
        assert_eq!(gates.wait("gw").unwrap().as_secs(), 60);
        assert_eq!(gates.admit("gw", rate("2/min"), 50, start()), 1);
        assert_eq!(gates.wait("gw").unwrap().as_secs(), 30);
    }
}
