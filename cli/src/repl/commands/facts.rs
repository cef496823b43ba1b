//! `:set`, `:unset`, `:reset` and `:facts`: what is known of the visit.

use super::super::session::Session;
use super::Answer;
use crate::output::table;
use crate::visit::{KnownVisit, Place, properties};

/// What stands behind the name of a visit whose facts were changed.
const CHANGED: &str = " (changed)";

/// Sets a fact, or shows it where no value is given.
pub(super) fn set(session: &mut Session, assignment: &str) -> Answer {
    let Some((name, value)) = assignment.split_once('=') else {
        if assignment.is_empty() {
            return Err(
                "write `:set FACT = VALUE`, for instance `:set patient.no_shows = 4`".into(),
            );
        }
        let place = Place::find(assignment)?;
        return Ok(shown(&session.visit, &place));
    };
    change(session, name, value)
}

/// Makes a fact absent.
pub(super) fn unset(session: &mut Session, name: &str) -> Answer {
    if name.is_empty() {
        return Err("write `:unset FACT`, for instance `:unset patient.mobile`; `:reset` undoes every change".into());
    }
    change(session, name, "")
}

fn change(session: &mut Session, name: &str, value: &str) -> Answer {
    let place = session.visit.set(name.trim(), value)?;
    if !session.visit_name.ends_with(CHANGED) {
        session.visit_name.push_str(CHANGED);
    }
    Ok(shown(&session.visit, &place))
}

/// Takes the visit as it was before its facts were changed.
pub(super) fn reset(session: &mut Session, _: &str) -> Answer {
    if let Some(name) = session.visit_name.strip_suffix(CHANGED) {
        session.visit_name = name.to_string();
        session.visit = session.unchanged.clone();
    }
    Ok(session.setting())
}

/// Lists the facts.
pub(super) fn facts(session: &mut Session, word: &str) -> Answer {
    let mut rows = table::plain(&["FACT", "VALUE"]);
    for place in properties() {
        let name = place.to_string();
        if word.is_empty() || name.contains(&word.to_lowercase()) {
            rows.add_row([name, value(&session.visit, &place)]);
        }
    }
    if rows.is_empty() {
        return Err(format!("no fact has `{word}` in its name"));
    }
    Ok(table::written(&rows))
}

fn shown(visit: &KnownVisit, place: &Place) -> String {
    match value(visit, place) {
        value if value.is_empty() => format!("{place} is absent"),
        value => format!("{place} = {value}"),
    }
}

fn value(visit: &KnownVisit, place: &Place) -> String {
    match visit.get(place) {
        None | Some(serde_json::Value::Null) => String::new(),
        Some(serde_json::Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}
