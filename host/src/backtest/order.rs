//! The order of time: events that stand a little out of it are put in their place.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use rappel_core::civil::Instant;
use rappel_core::event::Event;

/// How many events are looked ahead: so far out of its place one may stand. At most some 20 MB of them.
pub const LOOK_AHEAD: usize = 10_000;

/// An event with its line, at its time.
pub(super) struct Timed {
    pub(super) time: Instant,
    pub(super) line: usize,
    pub(super) event: Event,
}

impl Timed {
    fn place(&self) -> (Instant, usize) {
        (self.time, self.line)
    }
}

impl PartialEq for Timed {
    fn eq(&self, other: &Self) -> bool {
        self.place() == other.place()
    }
}

impl Eq for Timed {}

impl PartialOrd for Timed {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The earliest is the greatest: a heap gives that first.
impl Ord for Timed {
    fn cmp(&self, other: &Self) -> Ordering {
        other.place().cmp(&self.place())
    }
}

/// Puts events in order.
#[derive(Default)]
pub(super) struct InOrder {
    /// Those that came before any with a time: they follow nothing, so they come with the first that has one.
    timeless: Vec<(usize, Event)>,
    /// The time of the one that was read last.
    last: Option<Instant>,
    waiting: BinaryHeap<Timed>,
    /// The time of the one that was given last.
    given: Option<Instant>,
}

impl InOrder {
    /// Takes the event of a line. One without a time follows the one before it. Gives the next in order, where
    /// enough is known of what comes after it.
    ///
    /// # Errors
    /// When one stands too far behind its place: its line.
    pub(super) fn put(&mut self, line: usize, event: Event) -> Result<Option<Timed>, usize> {
        match event.time.or(self.last) {
            None => self.timeless.push((line, event)),
            Some(time) => {
                self.last = Some(time);
                self.place_timeless(time);
                self.waiting.push(Timed { time, line, event });
            }
        }
        if self.waiting.len() <= LOOK_AHEAD {
            return Ok(None);
        }
        self.next()
    }

    /// Gives what is left, one after the other.
    ///
    /// # Errors
    /// As [`InOrder::put`].
    pub(super) fn rest(&mut self) -> Result<Option<Timed>, usize> {
        self.place_timeless(Instant::UNIX_EPOCH);
        self.next()
    }

    fn place_timeless(&mut self, time: Instant) {
        for (line, event) in self.timeless.drain(..) {
            self.waiting.push(Timed { time, line, event });
        }
    }

    fn next(&mut self) -> Result<Option<Timed>, usize> {
        let Some(next) = self.waiting.pop() else {
            return Ok(None);
        };
        if self.given.is_some_and(|given| next.time < given) {
            return Err(next.line);
        }
        self.given = Some(next.time);
        Ok(Some(next))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use serde_json::json;

    fn event(second: Option<i64>) -> Event {
        let mut event = Event::from_value(&json!({"specversion": "1.0", "id": "e", "source": "a",
            "type": "appointment.cancelled", "data": {"appointment": {"id": "a"}}}))
        .unwrap();
        event.time = second.map(|second| Instant::from_timestamp(second, 0).unwrap());
        event
    }

    /// The lines in the order in which they are given.
    fn given(seconds: impl IntoIterator<Item = Option<i64>>) -> Result<Vec<usize>, usize> {
        let mut order = InOrder::default();
        let mut lines = Vec::new();
        for (line, second) in (1..).zip(seconds) {
            lines.extend(order.put(line, event(second))?.map(|timed| timed.line));
        }
        while let Some(timed) = order.rest()? {
            lines.push(timed.line);
        }
        Ok(lines)
    }

    #[test]
    fn what_stands_a_little_out_of_its_place_is_put_there() {
        assert_eq!(
            given([Some(3), Some(1), Some(2), Some(1)]),
            Ok(vec![2, 4, 3, 1])
        );
    }

    #[test]
    fn what_has_no_time_follows_the_one_before_it() {
        assert_eq!(given([None, Some(5), None, Some(1)]), Ok(vec![4, 1, 2, 3]));
        assert_eq!(given([None, None]), Ok(vec![1, 2]));
    }

    #[test]
    fn what_stands_too_far_behind_is_told_by_its_line() {
        let mut seconds: Vec<_> = (0..20_000).map(|second| Some(second + 100)).collect();
        seconds.insert(15_000, Some(1));
        assert_eq!(given(seconds.iter().copied()), Err(15_001));
        let mut seconds: Vec<_> = (0..9_000).map(|second| Some(second + 100)).collect();
        seconds.push(Some(1));
        assert_eq!(given(seconds).unwrap().first(), Some(&9_001));
    }
}
