//! A month of the French example clinic: 200 patients with 600 appointments, from 16 March to 14 April 2026. They
//! book, move, cancel, come or don't; practitioners are late or away; Easter Monday is closed, and on 29 March
//! the clocks change. Some patients answer what they are asked. The same in every run.
//!
//! Times are chosen so that nothing is due shortly before it becomes too late, and that an answer has hours to
//! come before it matters: the month is the same on a clock that stands still while something is done and on
//! one that runs on. So nobody comes on a Tuesday, whose reminders wait for Monday morning, an hour before the
//! second ones, nor on the Wednesday after the holiday.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

/// How many patients there are.
pub const PATIENTS: usize = 200;
/// How many appointments they have.
pub const APPOINTMENTS: usize = 600;

/// From this number on patients want no more messages. They have one appointment each: what is due in the
/// hours around their answer is the same whenever it comes.
const STOPS: usize = 196;

/// The first day: 2 March, a Monday. Visits begin a fortnight later.
const FIRST_VISITS: usize = 14;
const DAYS_OF_VISITS: usize = 30;
/// Easter Monday, 6 April.
const HOLIDAY: usize = 35;

/// Numbers that look drawn and are the same in every run.
struct Draw(u64);

impl Draw {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % end as u64).unwrap_or(0)
    }

    fn percent(&mut self, of: usize) -> bool {
        self.below(100) < of
    }
}

/// A day of the month by its number, from 0.
fn date(day: usize) -> String {
    match day {
        0..30 => format!("2026-03-{:02}", day + 2),
        _ => format!("2026-04-{:02}", day - 29),
    }
}

/// A time of a day in the clinic's zone.
fn time(day: usize, minute: usize) -> String {
    let offset = if day < 27 { "+01:00" } else { "+02:00" };
    format!("{}:00{offset}", civil(day, minute))
}

fn civil(day: usize, minute: usize) -> String {
    format!("{}T{:02}:{:02}", date(day), minute / 60, minute % 60)
}

/// Whether the clinic is open: not on Sundays and Easter Monday.
fn is_open(day: usize) -> bool {
    day % 7 != 6 && day != HOLIDAY
}

/// Whether patients come on that day.
fn has_visits(day: usize) -> bool {
    is_open(day) && day % 7 != 1 && day != HOLIDAY + 2
}

fn mobile(patient: usize) -> String {
    format!("+3363998{:04}", 1000 + patient)
}

/// What a patient answers by SMS when they are asked whether they come, by their number.
pub fn answer(from: &str) -> Option<&'static str> {
    let patient = (0..PATIENTS).find(|patient| mobile(*patient) == from)?;
    match patient % 20 {
        1..=4 => Some("OUI"),
        5 => Some("oui."),
        6 => Some("Yes, thanks"),
        7 | 8 => Some("NON"),
        9 => Some("Je ne sais pas encore"),
        _ if patient >= STOPS => Some("STOP"),
        _ => None,
    }
}

/// Who says no: their appointments are cancelled, whatever the draw is.
fn says_no(patient: usize) -> bool {
    matches!(patient % 20, 7 | 8)
}

fn patient(number: usize, draw: &mut Draw) -> Value {
    const FIRST: [&str; 8] = [
        "Jeannette",
        "Marius",
        "Inès",
        "Noël",
        "Zoé",
        "Karim",
        "Élise",
        "Hugo",
    ];
    const LAST: [&str; 7] = [
        "Dupont", "Petit", "Haddad", "Lefèvre", "Ménard", "Nguyen", "Roy",
    ];
    let mut patient = json!({
        "id": format!("p-{number:03}"), "first_name": FIRST[number % 8], "last_name": LAST[number % 7],
        "consent": !draw.percent(8), "visits": 10, "no_shows": if draw.percent(15) { 4 } else { 1 },
        "language": if number % 20 == 6 { "en" } else { "fr" },
    });
    if let Some(patient) = patient.as_object_mut() {
        if !draw.percent(8) {
            patient.insert("mobile".into(), json!(mobile(number)));
        }
        if !draw.percent(15) {
            patient.insert("email".into(), json!(format!("p{number:03}@example.org")));
        }
        if draw.percent(5) {
            patient.insert("channels".into(), json!({"email": false}));
        }
    }
    patient
}

const RESOURCES: [(&str, &str, Option<&str>); 4] = [
    (
        "r-martin",
        "Dr Camille Martin",
        Some("c.martin@example.org"),
    ),
    ("r-benali", "Dr Sofia Benali", Some("s.benali@example.org")),
    ("r-nguyen", "Dr Linh Nguyen", None),
    ("r-ziani", "Mme Rose Ziani", None),
];

fn resource(number: usize) -> Value {
    let (id, name, email) = RESOURCES[number % RESOURCES.len()];
    let mut resource = json!({"id": id, "name": name});
    if let (Some(email), Some(resource)) = (email, resource.as_object_mut()) {
        resource.insert("email".into(), json!(email));
    }
    resource
}

fn service(number: usize) -> Value {
    match number % 4 {
        3 => {
            json!({"id": "s-prise-de-sang", "name": "Prise de sang", "group": "Biologie", "price": "18.50",
            "duration": 10, "prerequisites": "Restez à jeun 12 heures", "prerequisites_to_patient": true})
        }
        _ => json!({"id": "s-consultation", "name": "Consultation", "group": "Médecine générale",
            "price": "30.00", "duration": 20}),
    }
}

fn location(number: usize) -> Value {
    match number % 5 {
        0 => json!({"id": "l-montreuil", "name": "Lumière Montreuil", "city": "Montreuil",
            "phone": "01 99 00 12 22", "address": "25 rue Neuve", "notes": "Sonnez au portail vert"}),
        _ => json!({"id": "l-bastille", "name": "Lumière Bastille", "city": "Paris",
            "phone": "01 99 00 12 11", "address": "8 allée du Phare", "notes": "Accueil au 1er étage"}),
    }
}

/// The month's events, in their order.
pub fn events() -> Vec<Value> {
    let mut draw = Draw(2026);
    let patients: Vec<Value> = (0..PATIENTS)
        .map(|number| patient(number, &mut draw))
        .collect();
    let mut told: Vec<(usize, usize, &str, Value)> = Vec::new();
    for number in 0..APPOINTMENTS {
        let who = match APPOINTMENTS - number {
            last @ 1..=4 => PATIENTS - last,
            _ => draw.below(STOPS),
        };
        let day = loop {
            let day = FIRST_VISITS + draw.below(DAYS_OF_VISITS);
            if has_visits(day) {
                break day;
            }
        };
        // On the half hour, and on Saturdays and Mondays in the morning: reminders go two days before, and
        // Saturday's messages until 13:00.
        let hours = if matches!(day % 7, 0 | 5) { 3 } else { 9 };
        let start = 9 * 60 + 30 + 60 * draw.below(hours);
        // On the hour, between 9:00 and 17:00 of an open day.
        let booked_day = loop {
            let ahead = draw.below(FIRST_VISITS);
            // Not a day or two before, at the hour at which a reminder is due.
            if matches!(ahead, 1 | 2) {
                continue;
            }
            if is_open(day - ahead) && (ahead > 0 || start > 11 * 60) {
                break day - ahead;
            }
        };
        let booked = match day == booked_day {
            true => 9 * 60,
            false => 9 * 60 + 60 * draw.below(if booked_day % 7 == 5 { 3 } else { 9 }),
        };
        let id = format!("a-{number:03}");
        let appointment = |id: &str, day: usize| json!({"id": id, "start": civil(day, start), "end": civil(day, start + 20)});
        let mut booking = appointment(&id, day);
        if let Some(booking) = booking.as_object_mut() {
            booking.insert("booked_at".into(), json!(civil(booked_day, booked)));
            booking.insert("online".into(), json!(draw.percent(50)));
        }
        told.push((
            booked_day,
            booked,
            "appointment.created",
            json!({
            "appointment": booking, "patient": patients[who], "resource": resource(number),
            "service": service(number), "location": location(number)}),
        ));
        let refers = json!({"appointment": {"id": id}});
        let mut visit = Some(day);
        match draw.below(100) {
            0..8 if booked_day + 1 < day
                && is_open(booked_day + 1)
                && has_visits(day + 1)
                && (day + 1) % 7 != 5 =>
            {
                // Moved a day on, to the same hour.
                told.push((
                    booked_day + 1,
                    10 * 60,
                    "appointment.modified",
                    json!({"appointment": appointment(&id, day + 1)}),
                ));
                visit = Some(day + 1);
            }
            8..15 if booked_day + 1 < day && is_open(booked_day + 1) => {
                told.push((
                    booked_day + 1,
                    11 * 60,
                    "appointment.cancelled",
                    refers.clone(),
                ));
                visit = None;
            }
            15..25 => told.push((
                booked_day,
                booked + 60,
                "appointment.approved",
                refers.clone(),
            )),
            25..30 if booked_day + 1 < day && is_open(booked_day + 1) => {
                told.push((
                    booked_day + 1,
                    12 * 60,
                    "appointment.confirmed",
                    refers.clone(),
                ));
            }
            _ => {}
        }
        if let Some(day) = visit.filter(|_| !says_no(who)) {
            let kind = match draw.percent(15) {
                true => "appointment.missed",
                false => "appointment.attended",
            };
            told.push((day, start + 60, kind, refers));
        }
    }
    // Late on three mornings, away on one day.
    for (day, resource) in [(15, 0), (22, 1), (38, 2)] {
        let alert =
            json!({"from": civil(day, 10 * 60 + 45), "until": civil(day, 13 * 60), "delay": 40});
        let refers = json!({"resource": {"id": RESOURCES[resource].0}, "alert": alert});
        told.push((day, 10 * 60 + 20, "resource.delayed", refers));
    }
    let alert = json!({"from": civil(30, 0), "until": civil(31, 0)});
    let refers = json!({"resource": {"id": RESOURCES[1].0}, "alert": alert});
    told.push((29, 15 * 60 + 30, "resource.unavailable", refers));
    told.sort_by_key(|(day, minute, ..)| (*day, *minute));
    let events = told.into_iter().enumerate();
    events
        .map(|(number, (day, minute, kind, data))| {
            let mut event = Map::new();
            event.insert("specversion".into(), json!("1.0"));
            event.insert("id".into(), json!(format!("e-{number:04}")));
            event.insert("source".into(), json!("agenda"));
            event.insert("type".into(), json!(kind));
            event.insert("time".into(), json!(time(day, minute)));
            event.insert("data".into(), data);
            Value::Object(event)
        })
        .collect()
}

/// What was sent, a line for each appointment, and a digest of what the messages of each kind say. What differs
/// from run to run, the secrets of links, is left out.
pub fn sent<'a>(messages: impl Iterator<Item = Sent<'a>>) -> String {
    let mut appointments: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut words: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for message in messages {
        let Sent {
            appointment,
            kind,
            channel,
            text,
        } = message;
        let of = appointment.unwrap_or("days").to_string();
        let what = format!("{kind}.{channel}");
        appointments.entry(of).or_default().push(what.clone());
        words.entry(what).or_default().push(without_secrets(text));
    }
    let mut lines = String::new();
    for (appointment, mut messages) in appointments {
        messages.sort();
        lines.push_str(&format!("{appointment}: {}\n", messages.join(" ")));
    }
    for (what, mut texts) in words {
        texts.sort();
        let digest = ring::digest::digest(&ring::digest::SHA256, texts.join("\n").as_bytes());
        let digest: String = digest
            .as_ref()
            .iter()
            .take(6)
            .map(|byte| format!("{byte:02x}"))
            .collect();
        lines.push_str(&format!("{} {what} say {digest}\n", texts.len()));
    }
    lines
}

/// A message that went.
#[derive(Clone, Copy, Debug)]
pub struct Sent<'a> {
    /// About which appointment.
    pub appointment: Option<&'a str>,
    /// Of which kind.
    pub kind: &'a str,
    /// By which channel.
    pub channel: &'a str,
    /// What it says.
    pub text: &'a str,
}

fn without_secrets(text: &str) -> String {
    const PORTAL: &str = "https://rdv.example/";
    let mut parts = text.split(PORTAL);
    let mut kept = parts.next().unwrap_or_default().to_string();
    for part in parts {
        let of = |c: char| c.is_ascii_alphanumeric() || c == '/';
        let page = part.chars().next().map(String::from).unwrap_or_default();
        kept.push_str(PORTAL);
        kept.push_str(&page);
        kept.push_str(part.trim_start_matches(of));
    }
    kept
}
