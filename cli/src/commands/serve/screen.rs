//! What a demonstration shows: a line for each event and for each change of a message, under a label
//! that says on every screenful that this is a demonstration.

use std::cell::Cell;
use std::path::Path;

use rappel_core::civil::{Instant, Zone};
use rappel_core::store::{Did, Ingested, Message, Step};
use rappel_core::{Event, State};

use crate::output::message::{clock, count, origin, short};
use crate::output::{Answer, style};

/// How many lines stand under a label: fewer than the smallest usual terminal has.
const SCREENFUL: usize = 20;

/// The screen of a demonstration.
pub(super) struct Screen<'s> {
    speed: u32,
    zone: Zone,
    database: &'s Path,
    since_label: Cell<usize>,
}

impl<'s> Screen<'s> {
    pub(super) fn new(speed: u32, zone: Zone, database: &'s Path) -> Self {
        Self {
            speed,
            zone,
            database,
            since_label: Cell::new(0),
        }
    }

    /// Says what is going to be shown.
    pub(super) fn begin(&self, events: usize) {
        let database = self.database.display();
        let begun = format!(
            "{}DEMONSTRATION{}: {} on a clock that runs {} times fast. Times are the agenda's, not today's.",
            style::WARNING,
            style::END,
            count(events as u64, "event"),
            self.speed
        );
        // Who sees a line wants to ask about it now, and not when all is over.
        let look = format!(
            "Each line ends with a message's id. In another terminal, here:\n  rappel explain ID --database {database}\n  rappel messages --database {database}\n"
        );
        say(&[begun, look]);
    }

    /// Shows lines in the order of their times.
    pub(super) fn show(&self, now: Instant, lines: &mut Vec<(Instant, String)>) {
        lines.sort_by_key(|(at, _)| *at);
        let mut shown = Vec::with_capacity(lines.len());
        for (at, line) in lines.drain(..) {
            if self.since_label.get().is_multiple_of(SCREENFUL) {
                shown.push(self.label(now));
            }
            self.since_label.set(self.since_label.get() + 1);
            shown.push(format!(
                "{}{}{}  {line}",
                style::FAINT,
                clock(at, self.zone),
                style::END
            ));
        }
        say(&shown);
    }

    fn label(&self, now: Instant) -> String {
        format!(
            "{}── demonstration · clock × {} · {} ──{}",
            style::WARNING,
            self.speed,
            clock(now, self.zone),
            style::END
        )
    }

    /// Says what came of it, and how to look closer.
    pub(super) fn end(&self, now: Instant, summary: &str, example: Option<&Message>) {
        let mut lines = vec![String::new(), self.label(now), summary.to_string()];
        if let Some(message) = example {
            let database = self.database.display();
            lines.push(format!(
                "\nEach message's whole story:\n  rappel messages --database {database}\n  rappel explain {} --database {database}",
                short(&message.id.to_string())
            ));
        }
        say(&lines);
    }
}

fn say(lines: &[String]) {
    let mut out = Answer::new();
    // A demonstration whose screen is gone goes on for its messages.
    let _ = lines
        .iter()
        .try_for_each(|line| out.line(line))
        .and_then(|()| out.end());
}

/// An event, and what it led to.
pub(super) fn event_line(event: &Event, outcome: &Ingested) -> String {
    let about = event.records.id(event.kind.subject()).unwrap_or_default();
    let led = match outcome {
        Ingested::Applied {
            added,
            moved,
            withdrawn,
            approval,
            ..
        } => {
            let mut parts: Vec<String> = [
                (*added, "planned"),
                (*moved, "moved"),
                (*withdrawn, "withdrawn"),
            ]
            .into_iter()
            .filter(|(number, _)| *number > 0)
            .map(|(number, what)| format!("{number} {what}"))
            .collect();
            if let Some(approval) = approval {
                parts.push(format!("waiting for `rappel approve {approval}`"));
            }
            if parts.is_empty() {
                "nothing to send".into()
            } else {
                parts.join(", ")
            }
        }
        Ingested::Repeated => "known already".into(),
        Ingested::Rejected { path, message } => format!("rejected: {path}: {message}"),
    };
    format!(
        "{}{:<9} {} {about}: {led}{}",
        style::STRONG,
        "event",
        event.kind,
        style::END
    )
}

/// A step of a message's story, if it changes where the message stands: state, kind, channel, patient,
/// why, id.
pub(super) fn step_line(message: &Message, step: &Step) -> Option<String> {
    let (state, why) = match step {
        Step::Planned {
            due,
            reason: None,
            origin: at,
            ..
        } => (State::Planned, format!("for {due} ({})", origin(at))),
        Step::Planned {
            reason: Some(reason),
            ..
        } => (State::Skipped, reason.clone()),
        Step::Reports { due } => (
            State::Planned,
            format!("for {due}: something needs a person"),
        ),
        Step::Moved { to, .. } => (State::Planned, format!("moved to {to}")),
        Step::Withdrawn { reason, .. } => (State::Withdrawn, reason.clone()),
        Step::Rules { did, .. } => match did {
            Did::Added { origin: at, due } => (
                State::Planned,
                format!("for {due}, by new rules ({})", origin(at)),
            ),
            Did::Moved { to, .. } => (State::Planned, format!("moved to {to} by new rules")),
            Did::Withdrawn { reason } => (State::Withdrawn, reason.clone()),
            Did::Kept { fault } => (
                State::Held,
                format!(
                    "planning it by new rules failed: {} ({})",
                    fault.reason,
                    origin(&fault.origin)
                ),
            ),
        },
        Step::Kept { fault, .. } => (
            State::Held,
            format!(
                "planning it anew failed: {} ({})",
                fault.reason,
                origin(&fault.origin)
            ),
        ),
        // What may go is handed over at once, and told then.
        Step::Judged {
            state: State::Sending,
            ..
        }
        | Step::Handed { .. } => return None,
        Step::Judged {
            state,
            reason,
            answers,
            ..
        } => {
            let why = reason.clone().unwrap_or_default();
            let decided = rappel_core::Decision {
                answers: answers.clone(),
            };
            let at = decided
                .deciding()
                // What Rappel decided itself is no policy's business.
                .filter(|answer| {
                    answer
                        .verdict
                        .reason()
                        .is_some_and(|said| why.starts_with(said))
                })
                .map(|answer| format!(" ({})", origin(&answer.origin)))
                .unwrap_or_default();
            (*state, format!("{why}{at}"))
        }
        Step::Answered {
            state: State::Sent, ..
        } => (State::Sent, sent(message)),
        Step::Answered { state, reason, .. } => (*state, reason.clone().unwrap_or_default()),
        Step::Receipt { applied: false, .. } => return None,
        Step::Receipt { reason, .. } => (message.state, reason.clone().unwrap_or_default()),
        Step::Awaits { approval } => (
            State::Held,
            format!("waits for an approval: `rappel approve {approval}`"),
        ),
        Step::Braked { approval, .. } => (
            State::Held,
            format!("the brake stopped the rules that planned it: `rappel approve {approval}`"),
        ),
        Step::Resumed { .. } => (State::Planned, "the rules before want it too".into()),
        Step::Replied {
            reading, outcome, ..
        } => (message.state, format!("answered {reading}: {outcome}")),
        Step::Opened => (message.state, "opened (may be automatic)".into()),
        Step::Suppressed { reason } => (State::Skipped, reason.clone()),
        Step::Decided { approved: true } => (State::Planned, "approved".into()),
        Step::Decided { approved: false } => (State::Withdrawn, "not approved".into()),
        Step::Unpaid { cost, left } => (
            State::Held,
            format!("out of credits: it costs {cost}, {left} left"),
        ),
        Step::Recovered { reason } => (message.state, reason.clone()),
    };
    let patient = message
        .patient
        .as_ref()
        .map(|id| id.as_str())
        .unwrap_or_default();
    Some(format!(
        "{}{:<9}{} {:<15} {:<5} {patient:<6} {why}  {}{}{}",
        style::of(state),
        state.name(),
        style::END,
        message.kind.as_str(),
        message.channel.name(),
        style::FAINT,
        short(&message.id.to_string()),
        style::END,
    ))
}

fn sent(message: &Message) -> String {
    let gateway = message
        .gateway
        .as_deref()
        .map(|name| format!("through `{name}`"))
        .unwrap_or_default();
    match message.segments {
        0 => gateway,
        segments => format!("{gateway}, {}", count(segments.into(), "segment")),
    }
}
