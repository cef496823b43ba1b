//! `:credits`: what the message costs, and what the clinic has to spend.

use rappel_core::settings::Settings;
use rappel_core::{ChannelKind, Content};

use super::super::session::Session;
use super::super::text;
use super::Answer;
use crate::output::credits::{amount, told};
use crate::output::message::count;

/// Tells what the last text costs, or the clinic's own template where there is none, and what is left.
pub(super) fn credits(session: &mut Session, _: &str) -> Answer {
    let mut lines = vec![message(session)?];
    let settings = session.rules().settings();
    if !settings.credits.limited {
        lines.push("Credits aren't limited: costs are told, and nothing is counted.".into());
        return Ok(lines.join("\n"));
    }
    let account = session.disk.account(&settings.id);
    lines.push(match account.map_err(|error| error.to_string())? {
        Some(account) => format!("{}: {}.", settings.id, told(&account)),
        None => format!(
            "No host has served `{}` from a database here, so that nothing is known of what it has left; low at {}.",
            settings.id,
            settings.credits.low.normalize()
        ),
    });
    Ok(lines.join("\n"))
}

/// What the message costs on the current visit.
fn message(session: &Session) -> Answer {
    let (kind, channel) = (&session.preview.kind, session.preview.channel);
    let settings = session.rules().settings();
    let (whose, content) = match &session.text {
        Some(text) => (
            format!("Your text, as {kind} by {channel},"),
            text::message(session, text)?.0,
        ),
        None => {
            let language = session
                .preview
                .language(session.rules(), session.visit.visit());
            let template = session.rules().template(kind, channel, language).ok_or_else(|| {
                format!("the clinic has no template for {kind} by {channel}; write a text to see what it costs")
            })?;
            let rules = session.rules();
            let content = session.preview.render(rules, &session.visit, template);
            let content =
                content.map_err(|stopped| format!("this message must not go: {stopped}"))?;
            (format!("The clinic's {kind} by {channel}"), content)
        }
    };
    let cost = settings.cost(channel, &content);
    if cost.is_zero() {
        return Ok(format!("{whose} costs nothing."));
    }
    let made_of = made_of(settings, channel, &content);
    Ok(format!(
        "{whose} costs {} on this visit{made_of}.",
        amount(cost)
    ))
}

/// `: 2 segments at 1 credit`
fn made_of(settings: &Settings, channel: ChannelKind, content: &Content) -> String {
    let (pieces, each) = match channel {
        ChannelKind::Sms => (
            count(content.segments.into(), "segment"),
            settings.channels.sms.credits,
        ),
        ChannelKind::Email => return String::new(),
        ChannelKind::Voice => {
            let minutes = rappel_core::settings::spoken_minutes(&content.text);
            (
                format!("about {}", count(minutes.into(), "minute")),
                settings.channels.voice.credits,
            )
        }
    };
    format!(": {pieces} at {}", amount(each))
}
