//! What many messages come to: how many in each state and why, what they cost.

use std::collections::BTreeMap;
use std::fmt;

use rappel_core::State;
use rappel_core::store::{Ingested, Message};
use rappel_host::summary::{EventsLine, without_figures};
use rust_decimal::Decimal;

use super::credits;
use super::message::{count, origin};
use super::style;

/// How many reasons of a state are told one by one.
const REASONS: usize = 8;

/// What became of events.
#[derive(Default)]
pub(crate) struct Events {
    applied: u64,
    repeated: u64,
    rejected: u64,
    unreadable: u64,
}

impl Events {
    /// Counts them. `unreadable` are lines that hold none that can be read.
    pub(crate) fn add(&mut self, outcomes: &[Ingested], unreadable: usize) {
        self.unreadable += unreadable as u64;
        for outcome in outcomes {
            *match outcome {
                Ingested::Applied { .. } => &mut self.applied,
                Ingested::Repeated => &mut self.repeated,
                Ingested::Rejected { .. } => &mut self.rejected,
            } += 1;
        }
    }
}

impl Events {
    /// The same for programs.
    pub(crate) fn line(&self) -> EventsLine {
        let Self {
            applied,
            repeated,
            rejected,
            unreadable,
        } = *self;
        EventsLine {
            applied,
            repeated,
            rejected,
            unreadable,
        }
    }
}

impl fmt::Display for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = self.applied + self.repeated + self.rejected + self.unreadable;
        write!(f, "{}: {} applied", count(all, "event"), self.applied)?;
        if self.repeated > 0 {
            write!(f, ", {} repeated", self.repeated)?;
        }
        for (number, what) in [(self.rejected, "rejected"), (self.unreadable, "unreadable")] {
            if number > 0 {
                write!(f, ", {}{number} {what}{}", style::ERROR, style::END)?;
            }
        }
        Ok(())
    }
}

/// Messages by state and reason, with their segments and credits.
pub(crate) fn messages(messages: &[Message]) -> String {
    let segments: u64 = messages
        .iter()
        .map(|message| u64::from(message.segments))
        .sum();
    let credits: Decimal = messages.iter().map(|message| message.credits).sum();
    let mut summary = format!(
        "{}: {}, {}",
        count(messages.len() as u64, "message"),
        count(segments, "segment"),
        credits::amount(credits),
    );
    let mut states: BTreeMap<State, BTreeMap<String, u64>> = BTreeMap::new();
    for message in messages {
        *states
            .entry(message.state)
            .or_default()
            .entry(why(message))
            .or_default() += 1;
    }
    for (state, reasons) in states {
        let total: u64 = reasons.values().sum();
        summary.push_str(&format!(
            "\n  {}{:<9}{} {total:>6}",
            style::of(state),
            state.name(),
            style::END
        ));
        let mut reasons: Vec<_> = reasons
            .into_iter()
            .filter(|(why, _)| !why.is_empty())
            .collect();
        reasons.sort_by(|(one, a), (other, b)| b.cmp(a).then(one.cmp(other)));
        // One reason more takes no more room than the line that would stand for it.
        let told = if reasons.len() == REASONS + 1 {
            REASONS + 1
        } else {
            REASONS
        };
        for (why, times) in reasons.iter().take(told) {
            summary.push_str(&format!("\n            {times:>6}  {why}"));
        }
        let others: u64 = reasons.iter().skip(told).map(|(_, times)| times).sum();
        if others > 0 {
            summary.push_str(&format!("\n            {others:>6}  for other reasons"));
        }
    }
    summary
}

/// A reason with the policy that gives it, so that like ones count together.
fn why(message: &Message) -> String {
    let Some(reason) = &message.reason else {
        return String::new();
    };
    let reason = without_figures(reason);
    match &message.origin {
        Some(at) => format!("{reason} ({})", origin(at)),
        None => reason,
    }
}
