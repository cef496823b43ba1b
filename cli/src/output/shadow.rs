//! What policies in shadow would have changed, in words.

use comfy_table::{Cell, Table};
use rappel_core::civil::Zone;
use rappel_core::message::Recipient;
use rappel_core::shadow::{Asked, Recorded};

use super::message::{clock, count, origin, short};
use super::{style, table};

/// How often a policy was asked, and what it would have changed: all, or as much as was read.
pub(crate) fn whole(asked: &Asked, recorded: &[Recorded], zone: Zone) -> String {
    let mut parts = vec![told(asked, zone)];
    if !recorded.is_empty() {
        parts.push(table::written(&differences(recorded, zone)));
    }
    let all: u64 = asked.otherwise.values().sum();
    match all.saturating_sub(recorded.len() as u64) {
        0 => {}
        left => parts.push(format!("… and {left} more")),
    }
    parts.join("\n\n")
}

/// `second_reminder.shadow, in shadow since 2026-06-01 08:00, asked after 12 events: 3 messages would be otherwise
/// (3 planned)`, and how it failed.
pub(crate) fn told(asked: &Asked, zone: Zone) -> String {
    let (strong, error, end) = (style::STRONG, style::ERROR, style::END);
    let since = clock(asked.since, zone);
    let events = (asked.events > 0).then(|| format!("after {}", count(asked.events, "event")));
    let times = count(asked.messages, "time");
    let messages = (asked.messages > 0).then(|| format!("{times} about due messages"));
    let when: Vec<String> = events.into_iter().chain(messages).collect();
    let mut told = format!(
        "{strong}{}{end}, in shadow since {since}, asked {}: {}",
        asked.policy,
        when.join(" and "),
        otherwise(asked)
    );
    if let Some(fault) = &asked.fault {
        let times = count(asked.faults, "time");
        told.push_str(&format!("\n  {error}it failed {times}{end}, last: {fault}"));
    }
    told
}

/// `4 messages would be otherwise (3 planned, 1 skipped)`
fn otherwise(asked: &Asked) -> String {
    let parts: Vec<String> = asked
        .otherwise
        .iter()
        .map(|(name, number)| {
            let what = match name.as_str() {
                "plan" => "planned",
                "leave" => "not planned",
                "move" => "planned for another time",
                "alter" => "planned with another end or question",
                "go" => "let go",
                "skip" => "skipped",
                "hold" => "held",
                "via" => "sent by another channel",
                "expire" => "expired",
                "fault" => "held because a policy fails",
                other => other,
            };
            format!("{number} {what}")
        })
        .collect();
    match asked.otherwise.values().sum() {
        0_u64 => "nothing would be otherwise".into(),
        1 => format!("1 message would be otherwise ({})", parts.join(", ")),
        many => format!("{many} messages would be otherwise ({})", parts.join(", ")),
    }
}

/// What would be otherwise, a row each.
fn differences(recorded: &[Recorded], zone: Zone) -> Table {
    let mut rows = table::plain(&[
        "ASKED",
        "VISIT",
        "KIND",
        "CHANNEL",
        "ID",
        "OBEYED, IT WOULD",
    ]);
    for one in recorded {
        let to = match one.recipient {
            Recipient::Patient => String::new(),
            other => format!(" to the {other}"),
        };
        let visit = one.appointment.as_ref().map(|id| id.as_str());
        let id = one.message.map(|id| id.to_string());
        let at = match one.origin.line {
            0 => String::new(),
            _ => format!(" ({})", origin(&one.origin)),
        };
        rows.add_row([
            Cell::new(clock(one.at, zone)),
            Cell::new(visit.unwrap_or_default()),
            Cell::new(format!("{}{to}", one.kind)),
            Cell::new(one.channel),
            Cell::new(id.as_deref().map(short).unwrap_or_default()),
            Cell::new(format!("{}{at}", one.otherwise)),
        ]);
    }
    table::show(
        &mut rows,
        4,
        recorded.iter().any(|one| one.message.is_some()),
    );
    table::fix(&mut rows, 0, 16);
    rows
}
