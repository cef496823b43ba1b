//! How long to wait before a message is tried again.

use std::time::Duration;

use rappel_core::ids::MessageId;

/// The longest first wait.
const BASE: Duration = Duration::from_secs(30);

/// The longest wait.
const CAP: Duration = Duration::from_secs(3600);

/// The wait after the given attempt (from 1): anything up to a bound that doubles with each attempt,
/// so that messages that failed together don't come back together ("full jitter"). The same message
/// waits the same after the same attempt, so that a simulation can be repeated.
pub(super) fn wait(id: MessageId, attempt: u32) -> Duration {
    let bound = BASE
        .saturating_mul(1 << attempt.saturating_sub(1).min(16))
        .min(CAP);
    let mut hasher = blake3::Hasher::new();
    hasher.update(id.0.as_bytes());
    hasher.update(&attempt.to_le_bytes());
    let mut bits = [0; 8];
    hasher.finalize_xof().fill(&mut bits);
    let share = u64::from_le_bytes(bits) as f64 / u64::MAX as f64;
    // Never at once: the fault that stopped it needs a moment to pass.
    bound.mul_f64(share).max(Duration::from_secs(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waits(attempt: u32) -> Vec<Duration> {
        (0..1_000)
            .map(|n| wait(MessageId(uuid::Uuid::from_u128(n)), attempt))
            .collect()
    }

    #[test]
    fn waits_spread_up_to_a_bound_that_doubles_to_an_hour() {
        for (attempt, bound) in [
            (1, 30),
            (2, 60),
            (4, 240),
            (9, 3600),
            (40, 3600),
            (u32::MAX, 3600),
        ] {
            let waits = waits(attempt);
            let bound = Duration::from_secs(bound);
            assert!(waits.iter().all(|wait| *wait <= bound), "{attempt}");
            let early = waits.iter().filter(|wait| **wait < bound / 2).count();
            assert!(
                (400..600).contains(&early),
                "{attempt}: {early} of 1000 in the first half"
            );
        }
    }

    #[test]
    fn the_same_message_waits_the_same() {
        assert_eq!(waits(3), waits(3));
        assert_ne!(waits(3)[0], waits(4)[0]);
    }
}
