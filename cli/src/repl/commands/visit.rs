//! `:visit` and `:with`: the visits that messages are tried on.

use rappel_host::engine::{MOST_TOGETHER, family};

use super::super::find::MOST;
use super::super::session::Session;
use super::Answer;
use crate::output::{style, table};
use crate::visit::KnownVisit;

/// What somebody names.
enum Named {
    /// A visit, what it is called, and what there is to look at in it.
    One(String, KnownVisit, String),
    /// One of several, which are listed.
    Several(String),
}

/// Takes another visit.
pub(super) fn visit(session: &mut Session, name: &str) -> Answer {
    if name.is_empty() {
        return Ok(session.setting());
    }
    match named(session, name, ":visit")? {
        Named::One(name, visit, told) => {
            session.meet(name, visit);
            Ok(format!("{}{told}", session.setting()))
        }
        Named::Several(list) => Ok(list),
    }
}

/// Adds a visit of the family, lists those that were added, or forgets them.
pub(super) fn with(session: &mut Session, name: &str) -> Answer {
    let added: Vec<KnownVisit> = match name {
        "" => Vec::new(),
        "none" => {
            session.preview.together.clear();
            Vec::new()
        }
        "family" => relatives(session)?,
        name => match named(session, name, ":with")? {
            Named::One(_, visit, _) => vec![visit],
            Named::Several(list) => return Ok(list),
        },
    };
    for visit in added {
        let known = std::iter::once(&session.visit).chain(&session.preview.together);
        if !known.into_iter().any(|known| known.id() == visit.id()) {
            session.preview.together.push(visit);
        } else if name != "family" {
            return Err(format!(
                "the visit {} is in the message already",
                visit.id()
            ));
        }
    }
    let together = &mut session.preview.together;
    together.sort_by_key(|visit| visit.visit().appointment.as_ref().map(|visit| visit.start));
    if session.preview.together.is_empty() {
        return Ok("The message tells of this visit alone. `:with a-114` adds another, `:with family` those of the same day with the same number.".into());
    }
    let told: Vec<String> = session
        .preview
        .together
        .iter()
        .map(KnownVisit::called)
        .collect();
    let mut lines = vec![format!("The message tells of {}, too.", told.join(" and "))];
    lines.extend(apart(session));
    Ok(lines.join("\n"))
}

/// The open visits of the same day whose patients have the same telephone number.
fn relatives(session: &mut Session) -> Result<Vec<KnownVisit>, String> {
    let mobile = session.visit.visit().patient.as_ref();
    let mobile = mobile.and_then(|patient| patient.mobile.clone()).ok_or(
        "the patient has no mobile number to know a family by; name a visit, as in `:with a-114`",
    )?;
    let day = |visit: &KnownVisit| {
        let appointment = visit.visit().appointment.as_ref();
        appointment.map(|appointment| appointment.start.date())
    };
    let mut found = session.disk.find(session.rules(), &mobile)?;
    found.retain(|other| {
        let appointment = other.visit().appointment.as_ref();
        day(other) == day(&session.visit)
            && other.id() != session.visit.id()
            && appointment.is_some_and(|appointment| appointment.status.is_open())
    });
    if found.is_empty() {
        return Err("no other open visit of that day has the patient's number".into());
    }
    Ok(found)
}

/// Why the host would send them apart, where it would.
fn apart(session: &Session) -> Option<String> {
    let (rules, preview) = (session.rules(), &session.preview);
    let key = |visit: &KnownVisit| family(&preview.claim(rules, visit), rules);
    let first = key(&session.visit);
    let same = first.is_some() && preview.together.iter().all(|other| key(other) == first);
    let few = preview.together.len() < MOST_TOGETHER;
    let (warning, end) = (style::WARNING, style::END);
    (!same || !few).then(|| {
        format!(
            "{warning}warning{end}: the host would write to them apart: it joins at most {MOST_TOGETHER} reminders by sms or email of one day and to one address, where `reminder.together` is on and the template has [FAMILY]"
        )
    })
}

/// The visit that somebody means: one of a list, a file, one of the two that are built in, or a real one.
fn named(session: &mut Session, name: &str, command: &str) -> Result<Named, String> {
    let country = session.rules().settings().country.clone();
    let place = name
        .parse::<usize>()
        .ok()
        .and_then(|number| number.checked_sub(1));
    if let Some(visit) = place.and_then(|place| session.found.get(place)) {
        return Ok(Named::One(visit.called(), visit.clone(), String::new()));
    }
    match name {
        "example" => {
            return Ok(Named::One(
                name.into(),
                KnownVisit::example(&country),
                String::new(),
            ));
        }
        "least" => {
            return Ok(Named::One(
                name.into(),
                KnownVisit::least(&country),
                String::new(),
            ));
        }
        _ => {}
    }
    let is_file = name.ends_with(".json") || session.disk.visits().iter().any(|own| own == name);
    if is_file {
        let (visit, unread) = session.disk.visit(name)?;
        let (warning, end) = (style::WARNING, style::END);
        let told = unread
            .iter()
            .map(|property| format!("\n{warning}warning{end}: nothing reads `{property}`"));
        return Ok(Named::One(name.into(), visit, told.collect()));
    }
    let mut found = session.disk.find(session.rules(), name)?;
    if found.len() < 2 {
        let visit = found.pop().ok_or_else(|| session.disk.not_found())?;
        return Ok(Named::One(visit.called(), visit, String::new()));
    }
    let more = found.len() > MOST as usize;
    found.truncate(MOST as usize);
    session.found = found;
    // Whoever reads chooses; a script would go on with another visit.
    session.fail();
    Ok(Named::Several(listed(&session.found, more, command)))
}

fn listed(found: &[KnownVisit], more: bool, command: &str) -> String {
    let mut rows = table::plain(&["", "APPOINTMENT", "WHEN", "PATIENT", "SERVICE", "STATUS"]);
    for (number, known) in found.iter().enumerate() {
        let visit = known.visit();
        let (start, status) = visit
            .appointment
            .as_ref()
            .map(|appointment| (appointment.start.to_string(), appointment.status.as_str()))
            .unwrap_or_default();
        let service = visit
            .service
            .as_ref()
            .and_then(|service| service.name.clone());
        rows.add_row([
            (number + 1).to_string(),
            known.id().to_string(),
            start,
            known.patient(),
            service.unwrap_or_default(),
            status.to_string(),
        ]);
    }
    let more = if more {
        " There are more: give the appointment's id, or more of the name."
    } else {
        ""
    };
    format!(
        "{}\nSeveral fit: `{command} 1` takes the first.{more}",
        table::written(&rows)
    )
}
