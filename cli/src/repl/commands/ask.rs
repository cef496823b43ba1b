//! `:why` and `:plan`: what the policies say.

use rappel_core::civil::{Civil, Span};
use rappel_core::store::Change;
use rappel_core::{ChannelKind, EventKind, State};
use rappel_host::engine::Outcome;

use super::super::session::Session;
use super::Answer;
use super::message::known;
use crate::output::message::{count, origin};
use crate::output::{story, style, table, why};
use crate::preview::{self, Asked, Preview};

/// Asks the policies whether the message would go, and what would change their answer.
pub(super) fn why(session: &mut Session, words: &str) -> Answer {
    let mut asking = session.preview.clone();
    for word in words.split_whitespace() {
        match word.parse::<ChannelKind>() {
            Ok(channel) => asking.channel = channel,
            Err(_) => {
                asking.kind = known(session, word)
                    .map_err(|error| format!("{error}; channels are sms, email and voice"))?;
            }
        }
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
    for answer in &asked.judgement.answers {
        lines.extend(story::said(answer, 2));
    }
    lines.extend(asked.judgement.shadow.iter().flat_map(story::in_shadow));
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
    let is_planned = asked
        .planned
        .as_ref()
        .is_some_and(|planned| planned.reason.is_none());
    lines.extend(changed(&asked, is_planned));
    if !is_planned {
        lines.extend(planned_otherwise(session, &asking));
    }
    Ok(lines.join("\n"))
}

/// What would let the message go that the policies stop. That nothing would is told of what is planned
/// alone: of the rest it is told what would plan it.
fn changed(asked: &Asked, is_planned: bool) -> Vec<String> {
    let Outcome::Stay { state, .. } = asked.judgement.outcome else {
        return Vec::new();
    };
    let at = asked.now.instant(asked.situation.rules.settings().zone);
    let (mut then, mut turns) = (State::Sending, asked.situation.would_go(at));
    if turns.is_empty() && state == State::Skipped {
        (then, turns) = (State::Held, asked.situation.would_wait(at));
    }
    match turns.is_empty() && !is_planned {
        true => Vec::new(),
        false => why::changes(then, &turns),
    }
}

/// What would make a policy plan the message that none plans in time.
fn planned_otherwise(session: &Session, asking: &Preview) -> Vec<String> {
    let Some(asked) = asking.would_plan(session.rules(), &session.visit) else {
        return Vec::new();
    };
    let told: Vec<String> = asked
        .policies
        .iter()
        .flat_map(|(planning, turns)| {
            let begin = format!("Policy {} would plan it if", origin(&planning.origin));
            why::turned(&begin, turns)
        })
        .collect();
    match told.is_empty() {
        true => vec!["No change of one fact alone would make a policy plan it in time.".into()],
        false => told,
    }
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
    for shadow in &plan.shadow {
        match &shadow.differences {
            Ok(differences) => told.extend(differences.iter().map(|one| {
                let (policy, kind, channel) = (&shadow.policy, &one.kind, one.channel);
                format!(
                    "\nIn shadow, {policy}: `{kind}` by {channel} would {}.",
                    one.otherwise
                )
            })),
            Err(fault) => told.push_str(&format!("\nIn shadow, it failed: {fault}")),
        }
    }
    for warning in &plan.warnings {
        told.push_str(&format!(
            "\n{}warning{}: {warning}",
            style::WARNING,
            style::END
        ));
    }
    Ok(told)
}
