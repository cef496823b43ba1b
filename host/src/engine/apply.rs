//! What an event makes of the known facts.

use rappel_core::civil::{Civil, Instant, Zone};
use rappel_core::event::{Event, EventError, EventKind};
use rappel_core::facts::{Record, Records, Status, Visit, merge};
use serde_json::{Map, Value};

/// The facts after an event.
#[derive(Debug)]
pub struct Applied {
    /// The records to keep, whole.
    pub records: Records,
    /// The same, typed.
    pub visit: Visit,
    /// Which of the appointment's facts are other than before: `start`, `end`, `status`, `online`,
    /// `resource`, `service`, `location`, `patient`. For a new appointment only `status`, and only where
    /// it is more than booked.
    pub changes: Vec<&'static str>,
    /// Properties of the event that nothing reads.
    pub unread: Vec<String>,
}

/// Applies an event to what is known of the things it refers to.
///
/// What the event leaves out stays as it is known. A `late` event (a newer one about the same thing
/// was applied before it) only fills in what isn't known.
///
/// # Errors
/// When a fact has the wrong type or a required one is missing.
pub fn apply(
    event: &Event,
    known: &Records,
    late: bool,
    zone: Zone,
) -> Result<Applied, EventError> {
    let mut records = Records::default();
    for record in Record::ALL {
        let before = known.get(record);
        let Some(object) = merged(before, event.records.get(record), late) else {
            continue;
        };
        records.set(record, object);
    }
    if let Some(appointment) = records.get(Record::Appointment) {
        let mut appointment = appointment.clone();
        let known_status = status(known.get(Record::Appointment));
        if let (Some(status), false) = (event.kind.status(), late && known_status.is_some()) {
            appointment.insert("status".into(), status.as_str().into());
        }
        let is_new = event.kind == EventKind::AppointmentCreated && !late;
        let says = event.records.get(Record::Appointment);
        if is_new && !knows_start(known) && says.is_none_or(|says| !says.contains_key("status")) {
            // It was cancelled before it was told of, and is booked since.
            appointment.remove("status");
        }
        if event.kind == EventKind::AppointmentCreated && !appointment.contains_key("booked_at") {
            // An agenda that doesn't say when a visit was booked tells of it when it is booked.
            if let Some(time) = event.time {
                let booked = serde_json::to_value(Civil::at(time, zone)).unwrap_or_default();
                appointment.insert("booked_at".into(), booked);
            }
        }
        let outcome = (known_status, status(Some(&appointment)));
        records.set(Record::Appointment, appointment);
        if !late {
            keep_record_of_visits(event, &mut records, outcome);
        }
    }
    let (visit, unread) = records.to_visit()?;
    Ok(Applied {
        changes: changes(known, &records),
        records,
        visit,
        unread,
    })
}

/// Whether an appointment was told of, and not only that it is cancelled.
fn knows_start(known: &Records) -> bool {
    let appointment = known.get(Record::Appointment);
    appointment.is_some_and(|appointment| appointment.contains_key("start"))
}

fn merged(
    known: Option<&Map<String, Value>>,
    told: Option<&Map<String, Value>>,
    late: bool,
) -> Option<Map<String, Value>> {
    match (known, told) {
        (None, None) => None,
        (Some(known), None) => Some(known.clone()),
        (None, Some(told)) => {
            let mut object = Map::new();
            merge(&mut object, told);
            Some(object)
        }
        (Some(known), Some(told)) => {
            // A late event tells of the past: what is known since then stands over it.
            let (mut object, over) = if late {
                (told.clone(), known)
            } else {
                (known.clone(), told)
            };
            merge(&mut object, over);
            Some(object)
        }
    }
}

fn status(appointment: Option<&Map<String, Value>>) -> Option<Status> {
    serde_json::from_value(appointment?.get("status")?.clone()).ok()
}

/// Counts a visit that took place or was missed in the patient's record, once for each appointment,
/// unless the event brings the agenda's own count.
fn keep_record_of_visits(
    event: &Event,
    records: &mut Records,
    (before, now): (Option<Status>, Option<Status>),
) {
    let told = event.records.get(Record::Patient);
    if told
        .is_some_and(|patient| patient.contains_key("visits") || patient.contains_key("no_shows"))
    {
        return;
    }
    let Some(patient) = records.get(Record::Patient) else {
        return;
    };
    let mut patient = patient.clone();
    let tally = |status: Option<Status>| match status {
        Some(Status::Attended) => (1, 0),
        Some(Status::Missed) => (1, 1),
        _ => (0, 0),
    };
    let (was, is) = (tally(before), tally(now));
    if was == is {
        return;
    }
    for (name, was, is) in [("visits", was.0, is.0), ("no_shows", was.1, is.1)] {
        let count = patient.get(name).and_then(Value::as_i64).unwrap_or(0);
        patient.insert(name.into(), count.saturating_add(is - was).max(0).into());
    }
    records.set(Record::Patient, patient);
}

/// The appointment's own facts whose changes are told.
const OWN: [&str; 4] = ["start", "end", "status", "online"];

/// What it refers to.
const REFERRED: [Record; 4] = [
    Record::Patient,
    Record::Resource,
    Record::Service,
    Record::Location,
];

/// The names of changes that were kept, as [`Applied::changes`] has them.
pub(super) fn change_names(kept: &[String]) -> Vec<&'static str> {
    OWN.into_iter()
        .chain(REFERRED.map(Record::name))
        .filter(|name| kept.iter().any(|kept| kept == name))
        .collect()
}

fn changes(before: &Records, after: &Records) -> Vec<&'static str> {
    let Some(now) = after.get(Record::Appointment) else {
        return Vec::new();
    };
    let known = before.get(Record::Appointment);
    let Some(known) = known.filter(|_| knows_start(before)) else {
        // What is told of an appointment that nobody knew is news.
        return status(Some(now))
            .filter(|status| *status != Status::Booked)
            .map_or_else(Vec::new, |_| vec!["status"]);
    };
    let mut changes: Vec<_> = OWN
        .into_iter()
        .filter(|name| known.get(*name) != now.get(*name))
        .collect();
    changes.extend(
        REFERRED
            .into_iter()
            .filter(|record| before.id(*record) != after.id(*record))
            .map(Record::name),
    );
    changes
}

/// When an event happened, as far as it says.
pub fn time_of(event: &Event, now: Instant) -> Instant {
    // An agenda whose clock is ahead must not make its events happen in the future.
    event.time.unwrap_or(now).min(now)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use serde_json::json;

    fn event(kind: &str, data: Value) -> Event {
        Event::from_value(
            &json!({"specversion": "1.0", "id": "e", "source": "agenda", "type": kind,
            "time": "2026-05-20T10:00:00+02:00", "data": data}),
        )
        .unwrap()
    }

    fn known(data: Value) -> Records {
        Records::from_data(data.as_object().unwrap()).unwrap()
    }

    fn run(kind: &str, data: Value, before: Value, late: bool) -> Applied {
        apply(
            &event(kind, data),
            &known(before),
            late,
            chrono_tz::Europe::Paris,
        )
        .unwrap()
    }

    fn booked() -> Value {
        json!({"appointment": {"id": "a", "start": "2026-06-03T14:30", "status": "booked"},
               "patient": {"id": "p", "first_name": "Ana", "visits": 4, "no_shows": 1},
               "resource": {"id": "r-1"}})
    }

    #[test]
    fn a_cancellation_needs_the_id_alone() {
        let applied = run(
            "appointment.cancelled",
            json!({"appointment": {"id": "a"}}),
            booked(),
            false,
        );
        let appointment = applied.visit.appointment.unwrap();
        assert_eq!(appointment.status, Status::Cancelled);
        assert_eq!(
            applied.visit.patient.unwrap().first_name.as_deref(),
            Some("Ana")
        );
        assert_eq!(applied.changes, ["status"]);
    }

    #[test]
    fn a_new_appointment_was_booked_when_it_was_told() {
        let applied = run("appointment.created", booked(), json!({}), false);
        let appointment = applied.visit.appointment.unwrap();
        assert_eq!(
            appointment.booked_at.unwrap().to_string(),
            "2026-05-20 10:00"
        );
        assert!(applied.changes.is_empty());
    }

    #[test]
    fn outcomes_keep_the_patients_record_once_for_each_visit() {
        let count = |kind: &str, before: Value| {
            let applied = run(kind, json!({"appointment": {"id": "a"}}), before, false);
            let patient = applied.visit.patient.unwrap();
            (patient.visits, patient.no_shows)
        };
        assert_eq!(count("appointment.attended", booked()), (5, 1));
        assert_eq!(count("appointment.missed", booked()), (5, 2));
        let mut missed = booked();
        missed["appointment"]["status"] = json!("missed");
        assert_eq!(count("appointment.missed", missed.clone()), (4, 1));
        // The clinic corrects itself: the visit did take place.
        assert_eq!(count("appointment.attended", missed), (4, 0));
    }

    #[test]
    fn the_agendas_own_count_stands() {
        let data = json!({"appointment": {"id": "a"}, "patient": {"id": "p", "visits": 12, "no_shows": 3}});
        let applied = run("appointment.missed", data, booked(), false);
        let patient = applied.visit.patient.unwrap();
        assert_eq!((patient.visits, patient.no_shows), (12, 3));
    }

    #[test]
    fn a_late_event_only_fills_in() {
        let mut cancelled = booked();
        cancelled["appointment"]["status"] = json!("cancelled");
        let data =
            json!({"appointment": {"id": "a", "start": "2026-06-01T09:00", "notes": "à jeun"}});
        let applied = run(
            "appointment.modified",
            data.clone(),
            cancelled.clone(),
            true,
        );
        let appointment = applied.visit.appointment.unwrap();
        assert_eq!(appointment.status, Status::Cancelled);
        assert_eq!(appointment.start.to_string(), "2026-06-03 14:30");
        assert_eq!(appointment.notes.as_deref(), Some("à jeun"));
        let confirmed = run("appointment.confirmed", data, cancelled, true);
        assert_eq!(
            confirmed.visit.appointment.unwrap().status,
            Status::Cancelled
        );
    }

    #[test]
    fn changes_are_named() {
        let data = json!({"appointment": {"id": "a", "start": "2026-06-04T09:00"}, "resource": {"id": "r-2"}});
        assert_eq!(
            run("appointment.modified", data, booked(), false).changes,
            ["start", "resource"]
        );
    }

    #[test]
    fn an_unreadable_fact_is_an_error_and_nothing_else() {
        let event = event(
            "appointment.created",
            json!({"appointment": {"id": "a", "start": "tomorrow"}}),
        );
        let error = apply(&event, &Records::default(), false, chrono_tz::UTC).unwrap_err();
        assert!(
            error.to_string().starts_with("data.appointment.start: "),
            "{error}"
        );
    }
}
