//! `:visit`, `:set` and `:facts`: the visit that messages are tried on.

use super::super::session::Session;
use super::Answer;
use crate::output::{style, table};
use crate::visit::{KnownVisit, Place, properties};

/// Takes another visit.
pub(super) fn visit(session: &mut Session, name: &str) -> Answer {
    let country = session.rules().settings().country.clone();
    let mut told = String::new();
    let visit = match name {
        "" => return Ok(session.setting()),
        "example" => KnownVisit::example(&country),
        "least" => KnownVisit::least(&country),
        path => {
            let (visit, unread) = session.disk.visit(path)?;
            for property in unread {
                told.push_str(&format!(
                    "\n{}warning{}: nothing reads `{property}`",
                    style::WARNING,
                    style::END
                ));
            }
            visit
        }
    };
    session.meet(name.into(), visit);
    Ok(format!("{}{told}", session.setting()))
}

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
    let place = session.visit.set(name.trim(), value)?;
    if !session.visit_name.ends_with(" (changed)") {
        session.visit_name.push_str(" (changed)");
    }
    Ok(shown(&session.visit, &place))
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
