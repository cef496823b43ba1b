//! `:why` and `:plan`: what the policies say.

use rappel_core::civil::{Civil, Span};
use rappel_core::store::Change;
use rappel_core::{EventKind, State};
use rappel_host::engine::Outcome;

use super::super::session::Session;
use super::Answer;
use crate::output::message::{count, origin};
use crate::output::{story, style, table};
use crate::preview;

/// Asks the policies whether the message would go.
pub(super) fn why(session: &mut Session, channel: &str) -> Answer {
    let mut asking = session.preview.clone();
    if !channel.is_empty() {
        asking.channel = channel.parse()?;
    }
    let asked = asking.ask(session.rules(), &session.visit);
    let (kind, channel) = (&asking.kind, asking.channel);
    let mut lines = vec![match &asked.planned {
        Some(planned) => format!(
            "After {}, policy {} plans `{kind}` by {channel} for {}.",
            asked.event,
            origin(&planned.origin),
            planned.due_civil
        ),
        None => format!(
            "After {}, no policy plans `{kind}` by {channel} for this visit.",
            asked.event
        ),
    }];
    let at_once = asked
        .planned
        .as_ref()
        .and_then(|planned| planned.reason.as_ref());
    if let Some(reason) = at_once {
        let (skipped, end) = (style::of(State::Held), style::END);
        lines.push(format!("It is {skipped}skipped{end} at once: {reason}."));
    }
    let when = asked.now;
    lines.push(match (asked.judgement.answers.as_slice(), at_once) {
        ([], _) => format!("On {when} no policy is asked."),
        (_, None) => format!("On {when} the policies say:"),
        (_, Some(_)) => format!("Otherwise, on {when} the policies would say:"),
    });
    lines.extend(
        asked
            .judgement
            .answers
            .iter()
            .map(|answer| format!("  {}", story::verdict(answer))),
    );
    lines.push(match &asked.judgement.outcome {
        Outcome::Go(letter) => {
            let content = &letter.content;
            let size = if content.segments > 0 {
                format!(", {}", count(content.segments.into(), "segment"))
            } else {
                String::new()
            };
            let said: Vec<String> = content
                .text
                .lines()
                .map(|line| format!("  {line}").trim_end().to_string())
                .collect();
            format!(
                "{}It may go{} by {} to {}{size}:\n{}",
                style::GOOD,
                style::END,
                letter.channel,
                letter.to.as_str(),
                said.join("\n")
            )
        }
        Outcome::Stay {
            state,
            reason,
            origin: at,
            due,
            ..
        } => {
            let at = at
                .as_ref()
                .map(|at| format!(" ({})", origin(at)))
                .unwrap_or_default();
            let until = due.map(|due| format!(" until {due}")).unwrap_or_default();
            let becomes = match state {
                State::Failed => "fail".into(),
                State::Expired => "expire".into(),
                state => format!("be {state}"),
            };
            let (colour, end) = (style::of(*state), style::END);
            format!("So it would {colour}{becomes}{end}{until}: {reason}{at}")
        }
    });
    Ok(lines.join("\n"))
}

/// Lists the messages that an event plans.
pub(super) fn plan(session: &mut Session, name: &str) -> Answer {
    let event: EventKind = match name {
        "" => session.preview.event(),
        name => name
            .parse()
            .or_else(|_| format!("appointment.{name}").parse())?,
    };
    let zone = session.rules().settings().zone;
    let appointment = session.visit.visit().appointment.as_deref();
    let booked = appointment.and_then(|appointment| appointment.booked_at);
    let before = appointment.and_then(|appointment| appointment.start.checked_add(-Span::days(7)));
    let after = appointment.and_then(|appointment| appointment.start.checked_add(Span::hours(1)));
    let usual = match event {
        EventKind::AppointmentCreated => booked.or(before),
        EventKind::AppointmentAttended | EventKind::AppointmentMissed => after,
        _ => before,
    };
    let time: Civil = session
        .preview
        .now
        .or(usual)
        .ok_or("the visit has no date: set `appointment.start`, or `:now`")?;
    let plan = preview::plan(session.rules(), &session.visit, event, time.instant(zone))?;
    let mut rows = table::plain(&["DUE", "KIND", "CHANNEL", "TO", "STATE", "WHY"]);
    for change in &plan.changes {
        if let Change::Add(new) = change {
            let why = new
                .reason
                .as_ref()
                .map(|reason| format!("{reason} "))
                .unwrap_or_default();
            rows.add_row([
                comfy_table::Cell::new(new.due_civil),
                comfy_table::Cell::new(&new.kind),
                comfy_table::Cell::new(new.channel),
                comfy_table::Cell::new(new.recipient),
                table::state(new.state),
                comfy_table::Cell::new(format!("{why}({})", origin(&new.origin))),
            ]);
        }
    }
    let mut told = if rows.is_empty() {
        format!("{event} at {time} plans no message.")
    } else {
        format!("{event} at {time} plans:\n{}", table::written(&rows))
    };
    for warning in &plan.warnings {
        told.push_str(&format!(
            "\n{}warning{}: {warning}",
            style::WARNING,
            style::END
        ));
    }
    Ok(told)
}
