//! `:reply`: what would come of a patient's answer, on a virtual clock over the real engine.

use rappel_core::civil::Instant;
use rappel_core::facts::Status;
use rappel_core::store::{Filter, Message, ReplyRecord, StoreError};
use rappel_core::{ChannelKind, Recipient, State, Store};
use rappel_host::simulate::Simulator;

use super::super::{session::Session, wait};
use super::Answer;
use crate::output::message::{clock, ended};
use crate::output::style;
use crate::preview::booking;
use crate::visit::KnownVisit;

/// What a simulated reply led to.
struct Told {
    record: ReplyRecord,
    /// The messages as they were when the reply came, and as they are when the visit begins.
    before: Vec<Message>,
    after: Vec<Message>,
}

/// Plays the visit from its booking to the message that asks for an answer, and the answer.
pub(super) fn reply(session: &mut Session, words: &str) -> Answer {
    if words.is_empty() {
        return Err(
            "write what the patient answers by SMS: `:reply OUI`, `:reply NO`, `:reply STOP`"
                .into(),
        );
    }
    let patient = session.visit.visit().patient.as_ref();
    let mobile = patient
        .and_then(|patient| patient.mobile.clone())
        .ok_or("the patient has no mobile number to answer from; `:set patient.mobile = …`")?;
    let told = wait(play(session, &mobile, words)).map_err(|error| error.to_string())?;
    let told = told.ok_or("the visit has no date: set `appointment.start`")?;
    Ok(said(session, &told, words))
}

async fn play(session: &Session, mobile: &str, words: &str) -> Result<Option<Told>, StoreError> {
    let (rules, preview) = (session.rules(), &session.preview);
    let zone = rules.settings().zone;
    let visits = || std::iter::once(&session.visit).chain(&preview.together);
    let mut events: Vec<_> = visits()
        .map(|visit| booking(visit, rules.settings().zone))
        .collect();
    events.sort_by_key(|event| event.time);
    let start = |visit: &KnownVisit| Some(visit.visit().appointment.as_ref()?.start.instant(zone));
    let (Some(begins), Some(end)) = (
        events.first().and_then(|event| event.time),
        visits().filter_map(start).min(),
    ) else {
        return Ok(None);
    };
    let mut clinic = Simulator::new(rules.clone(), begins).await?;
    for event in &events {
        clinic.run_until(event.time.unwrap_or(begins)).await?;
        clinic.tell(event).await?;
    }
    match preview.now {
        Some(now) => clinic.run_until(now.instant(zone)).await?,
        None => while !messages(&clinic).await?.iter().any(asks) && clinic.run_next(end).await? {},
    }
    let before = messages(&clinic).await?;
    let record = clinic.reply(mobile, words).await?;
    clinic.run_until(end).await?;
    Ok(Some(Told {
        record,
        before,
        after: messages(&clinic).await?,
    }))
}

/// Every message to the patient, the first due first. What goes as one is its carrier's.
async fn messages(clinic: &Simulator) -> Result<Vec<Message>, StoreError> {
    let filter = Filter {
        limit: Some(u32::MAX),
        ..Filter::default()
    };
    let mut all = clinic.store().messages(&filter).await?;
    all.retain(|message| message.recipient == Recipient::Patient);
    all.sort_by_cached_key(|message| {
        let kind = message.kind.to_string();
        (at(message), kind, message.channel, message.visit_start)
    });
    Ok(all)
}

/// When a message went, or is due.
fn at(message: &Message) -> Instant {
    message.sent_at.unwrap_or(message.due)
}

/// Whether it is an SMS that went and asks for an answer.
fn asks(message: &Message) -> bool {
    message.confirmation_requested
        && message.state == State::Sent
        && by(message) == ChannelKind::Sms
}

/// The channel that it goes by.
fn by(message: &Message) -> ChannelKind {
    message.via.unwrap_or(message.channel)
}

fn said(session: &Session, told: &Told, words: &str) -> String {
    let zone = session.rules().settings().zone;
    let (faint, strong, end) = (style::FAINT, style::STRONG, style::END);
    let gone: Vec<&Message> = told
        .before
        .iter()
        .filter(|message| message.sent_at.is_some())
        .collect();
    let came = clock(told.record.at, zone);
    let mut lines = vec![match gone.is_empty() {
        true => format!("On {came} nothing had gone to the patient yet."),
        false => format!("On {came} this had gone to the patient:"),
    }];
    for message in as_one(&gone) {
        let asks = match message.confirmation_requested {
            true => ", which asks for an answer",
            false => "",
        };
        lines.push(format!("  {}{asks}", line(session, message, &gone)));
    }
    let reading = match told.record.reading.as_str() {
        ReplyRecord::UNCLEAR => "can't be read for sure".to_string(),
        "each" => format!("is read {strong}by number{end}"),
        reading => format!("is read as {strong}{reading}{end}"),
    };
    let outcome = &told.record.outcome;
    lines.push(ended(&format!("\"{words}\" {reading}: {outcome}")));
    if !gone.iter().any(|message| asks(message)) {
        let any = gone.iter().any(|message| by(message) == ChannelKind::Sms);
        lines.push(match any {
            true => "No SMS that went asks for an answer; `reminder.confirmation` in clinic.toml lets reminders ask.".into(),
            false => "No SMS went; `:why reminder sms` tells why.".into(),
        });
    }
    let changed: Vec<&Message> = told
        .after
        .iter()
        .filter(|message| {
            let mut known = told.before.iter();
            let known = known.find(|known| known.id == message.id);
            known.is_none_or(|known| known.state != message.state)
        })
        .collect();
    lines.push(match changed.is_empty() {
        true => "No message follows until the visit.".into(),
        false => "Until the visit, this follows:".into(),
    });
    for message in as_one(&changed) {
        let why = message.reason.as_ref();
        let why = why.map(|reason| format!(", because {reason}"));
        lines.push(format!(
            "  {}: {}{}{end}{}",
            line(session, message, &changed),
            style::of(message.state),
            message.state,
            why.unwrap_or_default()
        ));
    }
    let appointment = session.visit.visit().appointment.as_ref();
    let status = appointment.map(|appointment| appointment.status);
    if let Some(status) = status.filter(|status| *status != Status::Booked) {
        lines.push(format!(
            "The visit is {} from the beginning; `:set status = booked` plays it as it was booked.",
            status.as_str()
        ));
    }
    lines.push(format!(
        "{faint}Played on a virtual clock: nothing was sent, and nothing is kept.{end}"
    ));
    lines.join("\n")
}

/// Messages without those that another one carries.
fn as_one<'m>(messages: &[&'m Message]) -> Vec<&'m Message> {
    let carried = |message: &Message| {
        let shared = message.shared.as_ref();
        shared.is_some_and(|shared| shared.carrier != message.id)
    };
    let own = messages.iter().filter(|message| !carried(message));
    own.copied().collect()
}

/// `2026-06-07 08:20  reminder by sms`, where there are several visits with those that it is about.
fn line(session: &Session, message: &Message, among: &[&Message]) -> String {
    let zone = session.rules().settings().zone;
    let carries = |other: &&&Message| {
        let shared = other.shared.as_ref();
        shared.is_some_and(|shared| shared.carrier == message.id)
    };
    let mut about: Vec<&Message> = among.iter().filter(carries).copied().collect();
    if about.is_empty() {
        about.push(message);
    }
    about.sort_by_key(|message| message.visit_start);
    let ids: Vec<_> = about
        .iter()
        .filter_map(|message| Some(message.appointment.as_ref()?.as_str()))
        .collect();
    let of = match session.preview.together.is_empty() {
        true => String::new(),
        false => format!(" about {}", ids.join(", ")),
    };
    let (kind, channel) = (&message.kind, by(message));
    format!("{}  {kind} by {channel}{of}", clock(at(message), zone))
}
