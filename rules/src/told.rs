//! Messages and answers in the words that cases, the reference and a REPL use.

use rappel_core::decision::{Due, Planned, Verdict};
use rappel_core::message::Recipient;

/// A planned message: `reminder by sms at 2026-06-01 14:30, asks for a confirmation`.
pub fn planned(planned: &Planned) -> String {
    let mut told = format!("{} by {}", planned.kind, planned.channel);
    if planned.recipient != Recipient::Patient {
        told.push_str(&format!(" to the {}", planned.recipient));
    }
    match planned.due {
        Due::Now => told.push_str(" now"),
        Due::At(time) => told.push_str(&format!(" at {time}")),
    }
    if let Some(expires) = planned.expires {
        told.push_str(&format!(", until {expires}"));
    }
    if planned.confirmation_requested {
        told.push_str(", asks for a confirmation");
    }
    if let Some(day) = planned.lists {
        told.push_str(&format!(", lists {day}"));
    }
    told
}

/// An answer: `allow`, `skip: why`, `hold until 2026-06-03 08:00: why`, `via email: why`.
pub fn verdict(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Allow => "allow".into(),
        Verdict::Skip { reason } => format!("skip: {reason}"),
        Verdict::Hold { until, reason } => format!("hold until {until}: {reason}"),
        Verdict::Via { channel, reason } => format!("via {channel}: {reason}"),
        Verdict::Fault { reason } => format!("fault: {reason}"),
    }
}
