//! A message's story in sentences, as it would be read aloud.

use rappel_core::civil::Zone;
use rappel_core::decision::{Answer, Verdict};
use rappel_core::provider::ReceiptStatus;
use rappel_core::shadow::Judged;
use rappel_core::store::{Did, Entry, Message, ReplyRecord, Step};
use rappel_core::{ChannelKind, State};

use super::credits;
use super::message::{clock, count, ended, length_of, origin};
use super::{style, why, width};

/// How far what happened is from the edge, behind its time.
const INDENT: usize = 20;

/// A message and all that happened to it.
pub(crate) fn told(message: &Message, story: &[Entry], zone: Zone) -> String {
    let mut lines = vec![heading(message), about(message, zone)];
    if let Some(opened) = message.opened {
        let (faint, end) = (style::FAINT, style::END);
        let times = count(message.opens.into(), "time");
        let first = clock(opened, zone);
        lines.push(format!(
            "{faint}opened (may be automatic) {times}, first {first}{end}"
        ));
    }
    lines.push(String::new());
    // A fault that lasts is met again and again: it is told once.
    for same in story.chunk_by(|one, next| one.step == next.step) {
        let [first, again @ ..] = same else { continue };
        let (faint, end) = (style::FAINT, style::END);
        let mut said = step(&first.step).into_iter();
        let sentence = said.next().unwrap_or_default();
        let at = clock(first.at, zone);
        lines.push(format!("{faint}{at}{end}  {sentence}"));
        lines.extend(said.map(|line| format!("{:INDENT$}{line}", "")));
        if let Some(last) = again.last() {
            let times = count(again.len() as u64, "more time");
            let at = clock(last.at, zone);
            lines.push(format!("{:INDENT$}The same {times}, the last on {at}.", ""));
        }
    }
    if let Some(text) = &message.text {
        lines.push(String::new());
        lines.push(words(message, text));
    }
    lines.join("\n")
}

/// What patients answered in words that nobody could read, the latest last.
pub(crate) fn unread(replies: &[ReplyRecord], zone: Zone) -> Option<String> {
    let texts = replies
        .iter()
        .rev()
        .filter_map(|reply| Some((reply.at, reply.text.as_ref()?)));
    let lines: Vec<String> = texts
        .map(|(at, text)| format!("  {}  {}", clock(at, zone), text.trim()))
        .collect();
    (!lines.is_empty()).then(|| {
        format!(
            "\n\nWhat was answered, for a person to read:\n{}",
            lines.join("\n")
        )
    })
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
        took.push(credits::amount(message.credits));
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
                lines.push(ended(&format!("It won't go: {reason}")));
            }
            lines
        }
        Step::Reports { due } => vec![format!(
            "Something needs a person: Rappel planned this e-mail to the administrator for {due}."
        )],
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
            vec![ended(&format!(
                "The event {event} ({id}) withdrew it: {reason}"
            ))]
        }
        Step::Kept { event, id, fault } => vec![
            ended(&format!(
                "The event {event} ({id}) arrived, and policy {} failed to plan: {}",
                origin(&fault.origin),
                fault.reason
            )),
            "So it is held until the policy is mended, and planned anew then.".into(),
        ],
        Step::Rules { generation, did } => by_rules(generation, did),
        Step::Judged {
            generation,
            answers,
            state,
            reason,
            shadow,
        } => {
            let mut lines = vec![format!(
                "The policies were asked (generation {generation}):"
            )];
            for answer in answers {
                lines.extend(said(answer, 2));
            }
            if answers.is_empty() {
                lines = vec![format!("It was looked at (generation {generation}).")];
            }
            lines.extend(shadow.iter().flat_map(in_shadow));
            lines.push(match (state, reason) {
                (State::Sending, _) => "It may go.".into(),
                (state, Some(reason)) => ended(&format!("{}: {reason}", so(*state))),
                (state, None) => format!("{}.", so(*state)),
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
            vec![ended(&match state {
                State::Sent => format!("The gateway took it{named}"),
                State::Failed => format!("The gateway will never take it{why}"),
                State::Planned => format!("The gateway didn't take it; it is tried again{why}"),
                State::Sending => {
                    format!("No answer came; it is asked again under the same reference{why}")
                }
                state => format!("It is {state}{why}"),
            })]
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
            vec![ended(&format!("The gateway reported {what}{why}{nothing}"))]
        }
        Step::Awaits { approval } => vec![format!(
            "It is part of a broadcast that a person has to approve: `rappel approve {approval}`."
        )],
        Step::Braked {
            approval,
            generation,
        } => vec![format!(
            "The brake stopped generation {generation}, which planned it: a person has to approve it, `rappel approve {approval}`."
        )],
        Step::Resumed { origin: wants, due } => vec![format!(
            "The rules before want it too: policy {} has it go at {due}.",
            origin(wants)
        )],
        Step::Replied {
            channel,
            reading,
            outcome,
        } => vec![format!(
            "The patient answered by {} ({reading}): {outcome}.",
            by(*channel)
        )],
        Step::Opened => vec![
            "It was opened for the first time (may be automatic: mail programs fetch images by themselves).".into(),
        ],
        Step::Suppressed { reason } => vec![format!("It doesn't go: {reason}.")],
        Step::Decided { approved: true } => vec!["A person approved it.".into()],
        Step::Decided { approved: false } => vec!["A person withdrew it.".into()],
        Step::Unpaid { cost, left } => vec![format!(
            "It costs {}, and {} left: it waits for more.",
            credits::amount(*cost),
            left.normalize()
        )],
        Step::Recovered { reason } => {
            let mut letters = reason.chars();
            let first = letters.next().map(|c| c.to_uppercase().to_string());
            vec![ended(&format!(
                "{}{}",
                first.unwrap_or_default(),
                letters.as_str()
            ))]
        }
    }
}

/// What a change of rules did, in one sentence, and lines below it.
fn by_rules(generation: &str, did: &Did) -> Vec<String> {
    let changed = format!("The rules changed (generation {generation})");
    match did {
        Did::Added { origin: at, due } => vec![
            format!("{changed}."),
            format!("Policy {} planned this message for {due}.", origin(at)),
        ],
        Did::Moved { from, to } if from == to => {
            vec![format!(
                "{changed}, which planned it anew for the same time."
            )]
        }
        Did::Moved { from, to } => vec![format!("{changed}, which moved it from {from} to {to}.")],
        Did::Withdrawn { .. } => vec![format!("{changed}, and no policy wants it any more.")],
        Did::Kept { fault } => vec![
            ended(&format!(
                "{changed}, and policy {} failed to plan: {}",
                origin(&fault.origin),
                fault.reason
            )),
            "So it is held until the policy is mended, and planned anew then.".into(),
        ],
    }
}

/// What comes of a judgement, as a sentence's beginning.
fn so(state: State) -> &'static str {
    match state {
        State::Failed => "So it can't go",
        State::Expired => "So it comes too late",
        State::Held => "So it is held",
        State::Skipped => "So it is skipped",
        State::Withdrawn => "So it is withdrawn",
        State::Planned => "So it waits",
        State::Sending | State::Sent | State::Unknown | State::Delivered => "So it goes",
    }
}

/// `reminder:12 skips it: booked only 3 hours before`
fn verdict(answer: &Answer) -> String {
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

/// What a policy said and the facts that it read: of one that has nothing against the message they stand on
/// the same line, where they fit.
pub(crate) fn said(answer: &Answer, indent: usize) -> Vec<String> {
    let line = format!("{}{}", " ".repeat(indent), verdict(answer));
    let read = why::read(&answer.read, indent + 4);
    let [facts] = read.as_slice() else {
        return std::iter::once(line).chain(read).collect();
    };
    let whole = format!("{line}: {}", facts.trim_start());
    let long = anstream::adapter::strip_str(&whole)
        .to_string()
        .chars()
        .count();
    match answer.verdict == Verdict::Allow && long + INDENT <= width() {
        true => vec![whole],
        false => vec![line, facts.clone()],
    }
}

/// `  in shadow, min_lead.shadow:5 skips it: …`, and what would become of the message were it obeyed.
pub(crate) fn in_shadow(judged: &Judged) -> Vec<String> {
    let answer = &judged.answer;
    let said = match &answer.verdict {
        Verdict::Fault { reason } => {
            let at = origin(&answer.origin);
            format!("{at} {}failed{}: {reason}", style::ERROR, style::END)
        }
        _ => verdict(answer),
    };
    let (faint, end) = (style::FAINT, style::END);
    let mut lines = vec![format!("  {faint}in shadow,{end} {said}")];
    lines.extend(why::read(&answer.read, 6));
    if let Some(otherwise) = &judged.otherwise {
        // The reason was told where it is the policy's own.
        let reason = answer.verdict.reason().map(|reason| format!(": {reason}"));
        let would = otherwise.to_string();
        let would = reason.and_then(|reason| Some(would.strip_suffix(&reason)?.to_string()));
        let would = would.unwrap_or_else(|| otherwise.to_string());
        lines.push(format!("    were it obeyed, the message would {would}"));
    }
    lines
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use serde_json::json;

    /// A message that went through everything that can happen to one.
    fn message() -> Message {
        use rappel_core::{EventKind, SmsEncoding};
        let at = |text: &str| text.parse().unwrap();
        let due = at("2026-06-10T12:30:00Z");
        let due_civil = "2026-06-10T14:30".parse().unwrap();
        Message {
            appointment: Some("a-1".into()),
            patient: Some("p-1".into()),
            state: State::Delivered,
            expires: Some(at("2026-06-12T12:30:00Z")),
            event: Some(EventKind::AppointmentCreated),
            visit_start: Some("2026-06-12T14:30".parse().unwrap()),
            generation: Some("39a08adf7a60".into()),
            attempts: 2,
            gateway: Some("kannel".into()),
            gateway_id: Some("k-7".into()),
            address: Some("+33639980001".into()),
            text: Some("Bonjour Jeannette, à vendredi.".into()),
            encoding: Some(SmsEncoding::Gsm7),
            segments: 1,
            credits: "1.5".parse().unwrap(),
            created: at("2026-06-01T08:00:00Z"),
            updated: at("2026-06-10T12:31:00Z"),
            sent_at: Some(at("2026-06-10T12:30:30Z")),
            opened: Some(at("2026-06-10T12:52:00Z")),
            opens: 3,
            ..Message::new(
                "lumiere".into(),
                "019e827c-63d2-7842-aad1-94ee1678754f".parse().unwrap(),
                (rappel_core::Kind::REMINDER, ChannelKind::Sms),
                (due, due_civil),
            )
        }
    }

    #[test]
    fn what_nobody_could_read_is_shown() {
        let reply = |hour: u32, text: Option<&str>| ReplyRecord {
            id: format!("gw/{hour}"),
            at: format!("2026-06-10T{hour}:30:00Z").parse().unwrap(),
            channel: ChannelKind::Sms,
            message: None,
            text: text.map(str::to_string),
            reading: ReplyRecord::UNCLEAR.into(),
            outcome: "a person has to read it".into(),
        };
        let replies = [
            reply(14, Some("Ou alors jeudi ?")),
            reply(13, None),
            reply(12, Some("Peut-être ")),
        ];
        assert_eq!(
            unread(&replies, Zone::UTC).unwrap(),
            "\n\nWhat was answered, for a person to read:\n  2026-06-10 12:30  Peut-être\n  2026-06-10 14:30  Ou alors jeudi ?"
        );
        assert_eq!(unread(&replies[1..2], Zone::UTC), None);
    }

    #[test]
    fn every_step_is_a_sentence() {
        let steps = json!([
            {"at": "2026-06-01T08:00:00Z", "step": "planned", "event": "appointment.created", "source": "agenda",
             "id": "e-1", "policy": "reminder", "line": 16, "due": "2026-06-08T14:30:00"},
            {"at": "2026-06-01T08:00:00Z", "step": "reports", "due": "2026-06-01T10:01:00"},
            {"at": "2026-06-05T07:10:00Z", "step": "moved", "event": "appointment.modified", "id": "e-4",
             "from": "2026-06-08T14:30:00", "to": "2026-06-10T14:30:00"},
            {"at": "2026-06-05T07:20:00Z", "step": "kept", "event": "appointment.modified", "id": "e-5",
             "policy": "reminder", "line": 12, "reason": "the calculation has no result"},
            {"at": "2026-06-05T07:21:00Z", "step": "rules", "generation": "39a08adf7a60", "did": "added",
             "policy": "reminder", "line": 16, "due": "2026-06-08T14:30:00"},
            {"at": "2026-06-05T07:22:00Z", "step": "rules", "generation": "39a08adf7a60", "did": "moved",
             "from": "2026-06-08T14:30:00", "to": "2026-06-10T14:30:00"},
            {"at": "2026-06-05T07:23:00Z", "step": "rules", "generation": "39a08adf7a60", "did": "moved",
             "from": "2026-06-08T14:30:00", "to": "2026-06-08T14:30:00"},
            {"at": "2026-06-05T07:24:00Z", "step": "rules", "generation": "39a08adf7a60", "did": "withdrawn",
             "reason": "the rules changed, and no policy wants it any more"},
            {"at": "2026-06-05T07:25:00Z", "step": "rules", "generation": "39a08adf7a60", "did": "kept",
             "policy": "reminder", "line": 12, "reason": "the calculation has no result"},
            {"at": "2026-06-05T07:30:00Z", "step": "awaits", "approval": "3fa2c1"},
            {"at": "2026-06-05T07:35:00Z", "step": "replied", "channel": "sms", "reading": "yes",
             "outcome": "the appointment a-1 is confirmed"},
            {"at": "2026-06-05T07:36:00Z", "step": "suppressed",
             "reason": "the owner of the address wants no more messages there"},
            {"at": "2026-06-05T07:40:00Z", "step": "decided", "approved": true},
            {"at": "2026-06-05T07:50:00Z", "step": "decided", "approved": false},
            {"at": "2026-06-10T05:00:00Z", "step": "judged", "generation": "39a08adf7a60", "state": "held",
             "reason": "outside the allowed hours", "answers": [
                {"policy": "activation", "line": 7, "verdict": "allow"},
                {"policy": "consent", "line": 9, "verdict": "via", "channel": "email", "reason": "they prefer it"},
                {"policy": "hours", "line": 24, "verdict": "hold", "until": "2026-06-10T08:00:00", "reason": "outside the allowed hours"},
                {"policy": "own", "line": 0, "verdict": "fault", "reason": "it was stopped after 100000 steps; is there a loop that never ends?"},
                {"policy": "switches", "line": 3, "verdict": "skip", "reason": "switched off"}]},
            {"at": "2026-06-10T12:30:00Z", "step": "judged", "generation": "39a08adf7a60", "state": "sending", "answers": [
                {"policy": "activation", "line": 7, "verdict": "allow"}]},
            {"at": "2026-06-10T12:30:00Z", "step": "handed", "gateway": "kannel", "channel": "sms", "attempt": 1, "segments": 1},
            {"at": "2026-06-10T12:30:05Z", "step": "answered", "state": "planned", "reason": "the gateway is busy"},
            {"at": "2026-06-10T12:30:30Z", "step": "handed", "gateway": "kannel", "channel": "sms", "attempt": 2, "segments": 1},
            {"at": "2026-06-10T12:30:31Z", "step": "recovered", "reason": "the host had stopped; sent again under the same reference"},
            {"at": "2026-06-10T12:30:32Z", "step": "answered", "state": "sent", "gateway_id": "k-7"},
            {"at": "2026-06-10T12:31:00Z", "step": "receipt", "status": "delivered", "applied": true},
            {"at": "2026-06-10T12:31:01Z", "step": "receipt", "status": "delivered", "applied": false},
            {"at": "2026-06-10T12:41:01Z", "step": "receipt", "status": "delivered", "applied": false},
            {"at": "2026-06-10T12:51:01Z", "step": "receipt", "status": "delivered", "applied": false},
            {"at": "2026-06-10T12:52:00Z", "step": "opened"},
            {"at": "2026-06-10T12:31:02Z", "step": "withdrawn", "event": "appointment.cancelled", "id": "e-9", "reason": "the appointment was cancelled"},
            {"at": "2026-06-10T12:31:03Z", "step": "judged", "generation": "39a08adf7a60", "state": "expired", "reason": "its time ended", "answers": []},
            {"at": "2026-06-10T12:31:03Z", "step": "judged", "generation": "39a08adf7a60", "state": "failed", "reason": "the patient has no mobile number", "answers": [
                {"policy": "activation", "line": 7, "verdict": "allow"}]},
            {"at": "2026-06-10T12:31:03Z", "step": "judged", "generation": "39a08adf7a60", "state": "held",
             "reason": "it was stopped after 100000 steps; is there a loop that never ends?", "answers": []},
            {"at": "2026-06-10T12:31:04Z", "step": "planned", "event": "appointment.created", "source": "agenda", "id": "e-1",
             "policy": "reminder", "line": 16, "due": "2026-06-08T14:30:00", "reason": "too late"}
        ]);
        let story: Vec<Entry> = serde_json::from_value(steps).unwrap();
        let told = told(&message(), &story, Zone::Europe__Paris);
        insta::assert_snapshot!("story", anstream::adapter::strip_str(&told).to_string());
    }
}
