//! What policies read, and what would change their answers, in sentences.

use rappel_core::civil::Zone;
use rappel_core::decision::Read;
use rappel_core::facts::Visit;
use rappel_core::ids::AppointmentId;
use rappel_core::message::{Recipient, State};
use rappel_core::shadow::in_place_of;
use rappel_core::store::Message;
use rappel_host::engine::{Turn, Would};
use rappel_host::why::{Planned, Why};
use rappel_rules::told;

use super::message::{clock, count, ended, origin, short};
use super::{style, width};

/// How many changes are told: the nearest facts and settings, and not all that there are.
const CHANGES: usize = 4;

/// The facts that a policy read, below its answer and as wide as the page is.
pub(crate) fn read(read: &[Read], indent: usize) -> Vec<String> {
    let room = width().saturating_sub(indent);
    let mut lines: Vec<String> = Vec::new();
    for fact in read {
        let fact = format!("{} = {}", fact.fact, fact.value);
        match lines.last_mut() {
            Some(line) if line.len() + fact.len() + 2 <= room => {
                line.push_str(", ");
                line.push_str(&fact);
            }
            _ => lines.push(fact),
        }
    }
    let (faint, end, blanks) = (style::FAINT, style::END, " ".repeat(indent));
    lines
        .into_iter()
        .map(|line| format!("{blanks}{faint}{line}{end}"))
        .collect()
}

/// What would let a message go, to follow its story.
pub(crate) fn of_message(message: &Message, why: &Why) -> String {
    let mut lines = vec![String::new(), String::new()];
    if message.generation.as_ref() != Some(&why.generation) && message.generation.is_some() {
        lines.push(format!(
            "Other rules serve by now (generation {}); they are asked here.",
            why.generation
        ));
    }
    if let Some(since) = &why.since {
        lines.push(ended(&format!(
            "Asked again with what is known now, {since}"
        )));
    }
    if why.since.as_deref() != Some("it would go") || !why.turns.is_empty() {
        lines.extend(changes(why.then, &why.turns));
    }
    lines.join("\n")
}

/// Which changes of one fact would let a message go, or where nothing alone does, be held and not skipped.
pub(crate) fn changes(then: State, turns: &[Turn]) -> Vec<String> {
    match turns {
        [] => vec!["No change of one fact alone would let it go.".into()],
        turns if then == State::Sending => turned("It would go if", turns),
        turns => {
            let mut lines = vec!["No change of one fact alone would let it go at once.".into()];
            lines.extend(turned("It would be held and not skipped if", turns));
            lines
        }
    }
}

/// An appointment, its messages, and what each policy says of it.
pub(crate) fn of_appointment(
    id: &AppointmentId,
    visit: &Visit,
    messages: &[Message],
    asked: Option<&Planned>,
    zone: Zone,
) -> String {
    let (strong, end) = (style::STRONG, style::END);
    let mut heading = format!("{strong}appointment {id}{end}");
    if let Some(appointment) = &visit.appointment {
        heading.push_str(&format!(
            " on {}: {}",
            appointment.start,
            appointment.status.as_str()
        ));
    }
    if let Some(patient) = &visit.patient {
        heading.push_str(&format!(", patient {}", patient.id));
    }
    let mut lines = vec![heading, String::new()];
    lines.push(match messages.len() {
        0 => "It has no messages.".into(),
        many => format!("It has {}:", count(many as u64, "message")),
    });
    lines.extend(messages.iter().map(|message| line(message, zone)));
    lines.push(String::new());
    match asked {
        Some(asked) => lines.extend(policies(asked)),
        None => lines.push(
            "The policies can't be asked: the database has no rules of its clinic that can serve."
                .into(),
        ),
    }
    lines.join("\n")
}

/// `  2026-06-01 14:30  reminder by sms: skipped, because … (min_lead:5)  019e2b04-1a00-7c4d`
fn line(message: &Message, zone: Zone) -> String {
    let (faint, end) = (style::FAINT, style::END);
    let to = match message.recipient {
        Recipient::Patient => String::new(),
        other => format!(" to the {other}"),
    };
    let why = message
        .reason
        .as_ref()
        .map(|reason| format!(", because {reason}"))
        .unwrap_or_default();
    let at = message
        .origin
        .as_ref()
        .map(|at| format!(" ({})", origin(at)))
        .unwrap_or_default();
    let id = message.id.to_string();
    format!(
        "  {faint}{}{end}  {} by {}{to}: {}{}{end}{why}{at}  {faint}{}{end}",
        clock(message.due, zone),
        message.kind,
        message.channel,
        style::of(message.state),
        message.state,
        short(&id)
    )
}

fn policies(asked: &Planned) -> Vec<String> {
    let mut lines = vec![format!(
        "After {}, on {}, the policies say (generation {}):",
        asked.event, asked.at, asked.generation
    )];
    for (planning, turns) in &asked.policies {
        let (good, error, end) = (style::GOOD, style::ERROR, style::END);
        let shadow = match in_place_of(&planning.origin.policy) {
            Some(_) => format!("{}in shadow,{end} ", style::FAINT),
            None => String::new(),
        };
        let at = format!("{shadow}{}", origin(&planning.origin));
        match &planning.wanted {
            Ok(wanted) if wanted.is_empty() => lines.push(format!("  {at} wants no message")),
            Ok(wanted) => lines.extend(wanted.iter().map(|wanted| {
                let at = origin(&wanted.origin);
                format!("  {shadow}{at} {good}wants{end} {}", told::planned(wanted))
            })),
            Err(fault) => lines.push(format!("  {at} {error}failed{end}: {}", fault.reason)),
        }
        lines.extend(read(&planning.read, 4));
        let turned = turned("It would want one in time if", turns);
        lines.extend(turned.into_iter().map(|line| format!("    {line}")));
    }
    lines
}

/// `It would go if …`, and each other change on a line of its own.
pub(crate) fn turned(begin: &str, turns: &[Turn]) -> Vec<String> {
    let told = turns.iter().take(CHANGES).enumerate();
    told.map(|(number, turn)| match number {
        0 => format!("{begin} {}.", sentence(turn)),
        _ => format!("Or if {}.", sentence(turn)),
    })
    .collect()
}

/// A word in quotes, as policies write it; figures, yes and no as they are.
fn quoted(value: &str) -> String {
    let word = value.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    match word && !["true", "false"].contains(&value) {
        true => format!("\"{value}\""),
        false => value.to_string(),
    }
}

/// `visit.booked_ahead were 12 hours or more (it was 4 hours)`
fn sentence(turn: &Turn) -> String {
    let (strong, end) = (style::STRONG, style::END);
    let (fact, was) = (&turn.fact, &turn.was);
    let is_time = was.contains(':');
    let (more, less) = match is_time {
        true => ("or later", "or earlier"),
        false => ("or more", "or less"),
    };
    let would = match &turn.would {
        Would::Be(value) => format!("were {}", quoted(value)),
        Would::BeAtLeast(value) => format!("were {value} {more}"),
        Would::BeAtMost(value) => format!("were {value} {less}"),
        Would::BeAnother => "were another".into(),
        Would::BeGiven => "were given".into(),
        Would::NotBeGiven => "were not given".into(),
        Would::Hold(entry) => format!("had \"{entry}\" in it"),
        Would::NotHold(entry) => format!("didn't have \"{entry}\" in it"),
    };
    let was = match turn.would {
        Would::BeGiven | Would::NotBeGiven | Would::BeAnother => String::new(),
        _ => format!(" (it was {})", quoted(was)),
    };
    format!("{strong}{fact}{end} {would}{was}")
}
