//! The reminder as somebody would write it in Rust.

use chrono::{Datelike, Timelike};

use crate::values::{Texts, Visited};

pub(crate) fn from_texts(texts: &Texts) -> String {
    let mut out = String::with_capacity(512);
    out.push_str("Bonjour ");
    out.push_str(texts.first_name);
    out.push(' ');
    out.push_str(texts.last_name);
    out.push_str(", nous vous attendons ");
    out.push_str(texts.date);
    out.push_str(" à ");
    out.push_str(texts.time);
    out.push_str(" avec ");
    out.push_str(texts.resource);
    out.push_str(" pour : ");
    out.push_str(texts.service);
    out.push_str(".\n");
    out.push_str(texts.location);
    out.push_str(", ");
    out.push_str(texts.address);
    out.push_str(", ");
    out.push_str(texts.city);
    out.push('\n');
    if let Some(prerequisites) = texts.prerequisites {
        out.push_str("A préparer : ");
        out.push_str(prerequisites);
        out.push('\n');
    }
    if let Some(notes) = texts.notes {
        out.push_str("Sur place : ");
        out.push_str(notes);
        out.push('\n');
    }
    if texts.confirmation {
        out.push_str("Merci de confirmer : ");
        out.push_str(texts.confirm_url);
        out.push('\n');
    }
    out.push_str(texts.facility);
    out
}

const WEEKDAYS: [&str; 7] = [
    "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche",
];
const MONTHS: [&str; 12] = [
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "aout",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
];

fn push_number(out: &mut String, number: u32) {
    if number >= 10 {
        out.push(char::from(b'0' + (number / 10) as u8));
    }
    out.push(char::from(b'0' + (number % 10) as u8));
}

pub(crate) fn from_visit(visited: &Visited) -> String {
    let visit = &visited.visit;
    let appointment = visit.appointment.as_deref().unwrap();
    let patient = visit.patient.as_deref().unwrap();
    let service = visit.service.as_deref().unwrap();
    let location = visit.location.as_deref().unwrap();
    let mut out = String::with_capacity(512);
    out.push_str("Bonjour ");
    out.push_str(patient.first_name.as_deref().unwrap());
    out.push(' ');
    out.push_str(patient.last_name.as_deref().unwrap());
    out.push_str(", nous vous attendons ");
    let start = appointment.start.0;
    out.push_str(WEEKDAYS[start.weekday().num_days_from_monday() as usize]);
    out.push(' ');
    push_number(&mut out, start.day());
    out.push(' ');
    out.push_str(MONTHS[start.month0() as usize]);
    out.push_str(" à ");
    push_number(&mut out, start.hour());
    out.push(':');
    out.push(char::from(b'0' + (start.minute() / 10) as u8));
    out.push(char::from(b'0' + (start.minute() % 10) as u8));
    out.push_str(" avec ");
    out.push_str(visit.resource.as_deref().unwrap().name.as_deref().unwrap());
    out.push_str(" pour : ");
    out.push_str(service.name.as_deref().unwrap());
    out.push_str(".\n");
    out.push_str(location.name.as_deref().unwrap());
    out.push_str(", ");
    out.push_str(location.address.as_deref().unwrap());
    out.push_str(", ");
    out.push_str(location.city.as_deref().unwrap());
    out.push('\n');
    if let Some(prerequisites) = service
        .prerequisites
        .as_deref()
        .filter(|_| service.prerequisites_to_patient)
    {
        out.push_str("A préparer : ");
        out.push_str(prerequisites);
        out.push('\n');
    }
    if let Some(notes) = location.notes.as_deref() {
        out.push_str("Sur place : ");
        out.push_str(notes);
        out.push('\n');
    }
    if let Some((_, link)) = visited.links.first() {
        out.push_str("Merci de confirmer : ");
        out.push_str(link);
        out.push('\n');
    }
    out.push_str(&visited.settings.name);
    out
}
