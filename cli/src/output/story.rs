//! A message's story in sentences, as it would be read aloud.

use rappel_core::civil::Zone;
use rappel_core::decision::{Answer, Verdict};
use rappel_core::provider::ReceiptStatus;
use rappel_core::store::{Entry, Message, Step};
use rappel_core::{ChannelKind, State};

use super::message::{clock, count, length_of, origin};
use super::style;

/// A message and all that happened to it.
pub(crate) fn told(message: &Message, story: &[Entry], zone: Zone) -> String {
    let mut lines = vec![heading(message), about(message, zone), String::new()];
    for entry in story {
        let (faint, end) = (style::FAINT, style::END);
        let mut said = step(&entry.step).into_iter();
        let first = said.next().unwrap_or_default();
        lines.push(format!("{faint}{}{end}  {first}", clock(entry.at, zone)));
        lines.extend(said.map(|line| format!("                    {line}")));
    }
    if let Some(text) = &message.text {
        lines.push(String::new());
        lines.push(words(message, text));
    }
    lines.join("\n")
}

/// `reminder by sms to patient p-1: sent`
fn heading(message: &Message) -> String {
    let (strong, end) = (style::STRONG, style::END);
    let whom = match (&message.patient, message.recipient.name()) {
        (Some(patient), "patient") => format!("patient {patient}"),
        (Some(patient), other) => format!("the {other}, about patient {patient}"),
        (None, other) => format!("the {other}"),
    };
    let state = format!("{}{}{end}", style::of(message.state), message.state);
    let mut heading = format!(
        "{strong}{} by {} to {whom}{end}: {state}",
        message.kind,
        by(message.channel)
    );
    if let Some(via) = message.via {
        heading.push_str(&format!(" by {}", by(via)));
    }
    if let Some(reason) = &message.reason {
        heading.push_str(&format!(", because {reason}"));
    }
    heading
}

fn by(channel: ChannelKind) -> &'static str {
    match channel {
        ChannelKind::Sms => "SMS",
        ChannelKind::Email => "e-mail",
        ChannelKind::Voice => "telephone",
    }
}

fn about(message: &Message, zone: Zone) -> String {
    let mut parts = Vec::new();
    if let Some(appointment) = &message.appointment {
        let visit = message
            .visit_start
            .map(|start| format!(" on {start}"))
            .unwrap_or_default();
        parts.push(format!("appointment {appointment}{visit}"));
    }
    parts.push(format!("due {}", clock(message.due, zone)));
    if let Some(expires) = message.expires {
        parts.push(format!("too late from {}", clock(expires, zone)));
    }
    parts.push(format!("id {}", message.id));
    format!("{}{}{}", style::FAINT, parts.join(" · "), style::END)
}

/// What was said, and what it took.
fn words(message: &Message, text: &str) -> String {
    let mut lines = Vec::new();
    let mut took = Vec::new();
    if let Some(encoding) = message.encoding {
        took.push(length_of(
            encoding,
            rappel_dsl::sms::Length::of(text).units,
            message.segments as usize,
        ));
    }
    if !message.credits.is_zero() {
        took.push(format!("{} credits", message.credits.normalize()));
    }
    let took = if took.is_empty() {
        String::new()
    } else {
        format!(" ({})", took.join(", "))
    };
    let to = message
        .address
        .as_deref()
        .map(|to| format!(" to {to}"))
        .unwrap_or_default();
    lines.push(format!("What was said{to}{took}:"));
    if let Some(subject) = &message.subject {
        lines.push(format!("  {subject}"));
        lines.push(String::new());
    }
    lines.extend(
        text.lines()
            .map(|line| format!("  {line}").trim_end().to_string()),
    );
    lines.join("\n")
}

/// A step in one sentence, and lines below it.
fn step(step: &Step) -> Vec<String> {
    match step {
        Step::Planned {
            event,
            source,
            id,
            origin: at,
            due,
            reason,
        } => {
            let mut lines = vec![
                format!("The event {event} arrived ({id} from {source})."),
                format!("Policy {} planned this message for {due}.", origin(at)),
            ];
            if let Some(reason) = reason {
                lines.push(format!("It won't go: {reason}."));
            }
            lines
        }
        Step::Moved {
            event,
            id,
            from,
            to,
        } => {
            vec![format!(
                "The event {event} ({id}) moved it from {from} to {to}."
            )]
        }
        Step::Withdrawn { event, id, reason } => {
            vec![format!("The event {event} ({id}) withdrew it: {reason}.")]
        }
        Step::Judged {
            generation,
            answers,
            state,
            reason,
        } => {
            let mut lines = vec![format!(
                "The policies were asked (generation {generation}):"
            )];
            lines.extend(
                answers
                    .iter()
                    .map(|answer| format!("  {}", verdict(answer))),
            );
            if answers.is_empty() {
                lines = vec![format!("It was looked at (generation {generation}).")];
            }
            lines.push(match (state, reason) {
                (State::Sending, _) => "It may go.".into(),
                (state, Some(reason)) => format!("So it is {state}: {reason}."),
                (state, None) => format!("So it is {state}."),
            });
            lines
        }
        Step::Handed {
            gateway,
            channel,
            attempt,
            segments,
        } => {
            let size = if *segments > 0 {
                format!(", {}", count(u64::from(*segments), "segment"))
            } else {
                String::new()
            };
            let again = if *attempt > 1 {
                format!(", attempt {attempt}")
            } else {
                String::new()
            };
            vec![format!(
                "It was handed to the gateway `{gateway}` as {}{size}{again}.",
                by(*channel)
            )]
        }
        Step::Answered {
            state,
            gateway_id,
            reason,
        } => {
            let named = gateway_id
                .as_ref()
                .map(|id| format!(", and calls it {id}"))
                .unwrap_or_default();
            let why = reason
                .as_ref()
                .map(|reason| format!(": {reason}"))
                .unwrap_or_default();
            vec![match state {
                State::Sent => format!("The gateway took it{named}."),
                State::Failed => format!("The gateway will never take it{why}."),
                State::Planned => format!("The gateway didn't take it; it is tried again{why}."),
                State::Sending => {
                    format!("No answer came; it is asked again under the same reference{why}.")
                }
                state => format!("It is {state}{why}."),
            }]
        }
        Step::Receipt {
            status,
            applied,
            reason,
        } => {
            let what = match status {
                ReceiptStatus::Sent => "that it is on its way",
                ReceiptStatus::Delivered => "that it arrived",
                ReceiptStatus::Failed => "that it can't be delivered",
            };
            let why = reason
                .as_ref()
                .map(|reason| format!(": {reason}"))
                .unwrap_or_default();
            let nothing = if *applied { "" } else { " (nothing new)" };
            vec![format!("The gateway reported {what}{why}{nothing}.")]
        }
        Step::Recovered { reason } => vec![format!(
            "The host had stopped while it was under way: {reason}."
        )],
    }
}

/// `reminder:12 skips it: booked only 3 hours before`
pub(crate) fn verdict(answer: &Answer) -> String {
    let at = origin(&answer.origin);
    let (end, held) = (style::END, style::of(State::Held));
    match &answer.verdict {
        Verdict::Allow => format!("{at} {}allows{end} it", style::GOOD),
        Verdict::Skip { reason } => format!("{at} {held}skips{end} it: {reason}"),
        Verdict::Hold { until, reason } => {
            format!("{at} {held}holds{end} it until {until}: {reason}")
        }
        Verdict::Via { channel, reason } => {
            format!(
                "{at} sends it {held}by {}{end} instead: {reason}",
                by(*channel)
            )
        }
        Verdict::Fault { reason } => format!(
            "{at} {}failed{end}, so it is kept back: {reason}",
            style::ERROR
        ),
    }
}
