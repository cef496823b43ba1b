//! `:kind`, `:channel`, `:lang` and `:now`: the message that texts are for.

use rappel_core::Kind;
use rappel_core::kind::STOCK_KINDS;

use super::super::session::Session;
use super::Answer;
use crate::args::Time;

/// Takes another kind.
pub(super) fn kind(session: &mut Session, name: &str) -> Answer {
    if name.is_empty() {
        return Ok(format!(
            "{}\nThere are {}.",
            session.setting(),
            kinds(session).join(", ")
        ));
    }
    session.preview.kind = known(session, name)?;
    Ok(session.setting())
}

/// The kind of that name, of those that there are.
pub(super) fn known(session: &Session, name: &str) -> Result<Kind, String> {
    let kind = Kind::parse(name)?;
    let names = kinds(session);
    if !names.iter().any(|known| known == name) {
        return Err(format!(
            "there is no kind `{name}`; there are {}",
            names.join(", ")
        ));
    }
    Ok(kind)
}

fn kinds(session: &Session) -> Vec<String> {
    let mut names: Vec<String> = STOCK_KINDS
        .iter()
        .map(|kind| kind.name.to_string())
        .collect();
    let own = session
        .rules()
        .settings()
        .messages
        .keys()
        .chain(session.rules().templates().iter().map(|(kind, ..)| kind));
    names.extend(own.map(ToString::to_string));
    names.sort();
    names.dedup();
    names
}

/// Takes another channel.
pub(super) fn channel(session: &mut Session, name: &str) -> Answer {
    if !name.is_empty() {
        session.preview.channel = name.parse()?;
    }
    Ok(session.setting())
}

/// Takes another language.
pub(super) fn language(session: &mut Session, name: &str) -> Answer {
    session.preview.language = if name.is_empty() {
        None
    } else {
        Some(name.parse()?)
    };
    Ok(session.setting())
}

/// Sets the clock.
pub(super) fn now(session: &mut Session, time: &str) -> Answer {
    let zone = session.rules().settings().zone;
    session.preview.now = if time.is_empty() {
        None
    } else {
        Some(time.parse::<Time>()?.civil(zone))
    };
    Ok(session.setting())
}
