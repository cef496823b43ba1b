//! The events that were told, by their keys, for as long as one may reasonably come again.

use std::collections::HashSet;

use chrono::TimeDelta;
use rappel_core::civil::Instant;
use rappel_core::event::Event;

use super::forget::REST;

/// What is left of a key: the chance that two of a million events have the same is 1 in 10^26.
type Digest = [u8; 16];

/// Two whiles of keys. What was told within the later or the one before it is known: for 31 days at least
/// and 62 at most.
#[derive(Default)]
pub(super) struct Seen {
    since: Option<Instant>,
    before: HashSet<Digest>,
    lately: HashSet<Digest>,
}

impl Seen {
    pub(super) fn has(&self, event: &Event) -> bool {
        let digest = digest(event);
        self.lately.contains(&digest) || self.before.contains(&digest)
    }

    pub(super) fn note(&mut self, event: &Event, now: Instant) {
        let since = *self.since.get_or_insert(now);
        if now - since >= TimeDelta::days(REST) {
            self.before = std::mem::take(&mut self.lately);
            self.since = Some(now);
        }
        self.lately.insert(digest(event));
    }
}

fn digest(event: &Event) -> Digest {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&(event.source.len() as u64).to_le_bytes());
    hasher.update(event.source.as_bytes());
    hasher.update(event.id.as_bytes());
    let mut digest = Digest::default();
    hasher.finalize_xof().fill(&mut digest);
    digest
}
