//! A demonstration: events are played on a clock that runs fast, and every change of a message is a
//! line.

use std::collections::HashMap;
use std::path::Path;
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::TimeDelta;
use rappel_core::civil::{Instant, Span};
use rappel_core::ids::MessageId;
use rappel_core::store::{Filter, Ingested, Message, Store};
use rappel_core::{Event, State};
use rappel_host::clinic::Clinic;
use rappel_host::clock::{LapseClock, Standstill};
use rappel_host::serve::{Host, play};

use super::feed::Feed;
use super::screen::{Screen, event_line, step_line};
use crate::args::Time;
use crate::failure::{Failure, Result};
use crate::output::summary;

/// How often changes are looked for.
const LOOK: Duration = Duration::from_millis(200);

/// For how long after it was due a message is looked at: later hardly anything becomes of it, and the end
/// shows that too.
const LATELY: TimeDelta = TimeDelta::days(3);

/// How long after the last event a message may be due for the demonstration to wait for it, where nobody
/// says until when.
const LONGEST_WAIT: TimeDelta = TimeDelta::days(4);

/// How many times faster the clock runs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Speed(u32);

impl FromStr for Speed {
    type Err = String;

    /// Reads `3600`, or what passes in a second: `1 hour`.
    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let seconds = match text.parse::<u32>() {
            Ok(speed) => Some(speed),
            Err(_) => text
                .parse::<Span>()
                .ok()
                .and_then(Span::to_duration)
                .and_then(|span| u32::try_from(span.as_secs()).ok()),
        };
        seconds
            .filter(|speed| (1..=1_000_000).contains(speed))
            .map(Self)
            .ok_or_else(|| "write how many times faster the clock runs, from 1 to 1000000, or what passes in a second: `1 hour`".into())
    }
}

/// A demonstration that is about to begin.
pub(super) struct Demonstration {
    speed: Speed,
    clock: Arc<LapseClock>,
    /// What is due later isn't waited for.
    until: Option<Time>,
    /// Until the events are played.
    still: Standstill,
}

/// Lines that wait to be shown, in the order of their times.
type Lines = Mutex<Vec<(Instant, String)>>;

impl Demonstration {
    /// A demonstration of a file's events, and of what is due until a time.
    pub(super) fn new(speed: Speed, feed: &Feed, until: Option<Time>) -> Result<Self> {
        let begins = feed.begins().ok_or_else(|| {
            Failure::refused("there is no event with a time, so the clock can't begin")
                .help("give a file of events with `--events FILE`; each needs its `time`")
        })?;
        let (clock, still) = LapseClock::standing(begins, speed.0);
        Ok(Self {
            speed,
            clock: Arc::new(clock),
            until,
            still,
        })
    }

    /// The clock. It runs from when the demonstration is shown.
    pub(super) fn clock(&self) -> Arc<LapseClock> {
        self.clock.clone()
    }

    /// Plays the events and shows what becomes of the messages, until nothing is left to do.
    pub(super) async fn show(
        self,
        host: &Arc<Host>,
        clinic: &Clinic,
        feed: Feed,
        database: &Path,
    ) -> Result<()> {
        let events = feed.in_order()?;
        let zone = clinic.live().rules.settings().zone;
        let screen = Screen::new(self.speed.0, zone, database);
        screen.begin(events.len());
        drop(self.still);
        let lines = Lines::default();
        let told = |event: &Event, outcome: &Ingested| {
            let at = event.time.unwrap_or_else(|| host.clock().now());
            push(&lines, at, event_line(event, outcome));
        };
        // What is due long after, such as a recall in a year, is not waited for.
        let last = events.iter().filter_map(|event| event.time).max();
        let soon = last.unwrap_or_else(|| host.clock().now()) + LONGEST_WAIT;
        let horizon = self.until.map_or(soon, |until| until.instant(zone));
        let playing = play(host, clinic, &events, told);
        tokio::pin!(playing);
        let mut seen = HashMap::new();
        let mut playing_on = true;
        loop {
            tokio::select! {
                played = &mut playing, if playing_on => {
                    played?;
                    playing_on = false;
                }
                () = tokio::time::sleep(LOOK) => {}
            }
            // Showing takes none of the clock's time.
            let still = host.clock().stand_still();
            let now = host.clock().now();
            let lately = Some(now - LATELY);
            let messages = changes(&**host.store(), clinic, lately, &mut seen, &lines).await?;
            screen.show(
                now,
                &mut lines.lock().unwrap_or_else(PoisonError::into_inner),
            );
            drop(still);
            let busy = messages.iter().any(|message| {
                let soon = message.state.is_waiting() && message.due <= horizon;
                soon || message.state == State::Sending
            });
            if !playing_on && !busy {
                let messages = changes(&**host.store(), clinic, None, &mut seen, &lines).await?;
                screen.end(now, &summary::messages(&messages), messages.last());
                return Ok(());
            }
        }
    }
}

fn push(lines: &Lines, at: Instant, line: String) {
    lines
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .push((at, line));
}

/// What of a message's story was shown.
#[derive(Default)]
struct Seen {
    /// What tells whether there is more: state, time and last change.
    place: Option<(State, Instant, Instant)>,
    steps: usize,
    line: String,
}

/// Adds a line for each new step of each message that was due from a time on; gives the messages.
async fn changes(
    store: &dyn Store,
    clinic: &Clinic,
    from: Option<Instant>,
    seen: &mut HashMap<MessageId, Seen>,
    lines: &Lines,
) -> Result<Vec<Message>> {
    let filter = Filter {
        facility: Some(clinic.facility.clone()),
        from,
        limit: Some(u32::MAX),
        ..Filter::default()
    };
    let mut messages = store.messages(&filter).await?;
    messages.reverse();
    for message in &messages {
        let seen = seen.entry(message.id).or_default();
        let place = Some((message.state, message.due, message.updated));
        if seen.place == place {
            continue;
        }
        let story = store.story(&clinic.facility, message.id).await?;
        for entry in story.iter().skip(seen.steps) {
            let Some(line) = step_line(message, &entry.step) else {
                continue;
            };
            // A fault that lasts is met again and again: it is shown once.
            if line != seen.line {
                push(lines, entry.at, line.clone());
                seen.line = line;
            }
        }
        seen.place = place;
        seen.steps = story.len();
    }
    Ok(messages)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_speed_is_a_number_or_what_passes_in_a_second() {
        let speed = |text: &str| text.parse::<Speed>().ok().map(|speed| speed.0);
        assert_eq!(speed("3600"), Some(3600));
        assert_eq!(speed("1 hour"), Some(3600));
        assert_eq!(speed("2h 30min"), Some(9000));
        for wrong in ["0", "-1", "fast", "6 months", "2000000", ""] {
            assert_eq!(speed(wrong), None, "{wrong}");
        }
    }
}
