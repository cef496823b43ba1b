//! `visit`: the appointment and all it refers to.

use rappel_core::civil::Civil;
use rappel_core::facts::{Appointment, Status};
use rhai::EvalAltResult;

use super::{Facts, Property, Type, View, flag, maybe, opened, property, text, word};
use crate::sandbox::says;

const STATUSES: &[&str] = &[
    Status::Booked.as_str(),
    Status::Approved.as_str(),
    Status::Confirmed.as_str(),
    Status::Cancelled.as_str(),
    Status::Attended.as_str(),
    Status::Missed.as_str(),
];

pub(super) const PROPERTIES: &[Property] = &[
    property(
        "id",
        Type::TEXT,
        "The appointment, as the agenda calls it.",
        |f| text(Some(appointment(f)?.id.as_str())),
    ),
    property("start", Type::TIME, "When it begins.", |f| {
        maybe(Some(appointment(f)?.start))
    }),
    property("end", Type::TIME.or_absent(), "When it ends.", |f| {
        maybe(appointment(f)?.end)
    }),
    property(
        "begins",
        Type::TIME,
        "When it really begins: late, where the message tells so.",
        |f| maybe(Some(begins(f)?)),
    ),
    property(
        "has_begun",
        Type::FLAG,
        "Whether it has really begun at the time of asking.",
        |f| {
            let begins = begins(f)?;
            flag(f.now().is_some_and(|now| now >= begins))
        },
    ),
    property("status", Type::word(STATUSES), "Where it stands.", |f| {
        word(appointment(f)?.status.as_str())
    }),
    property(
        "is_open",
        Type::FLAG,
        "Whether it is still to come as far as the agenda says: booked, approved or confirmed.",
        |f| flag(appointment(f)?.status.is_open()),
    ),
    property(
        "confirmed",
        Type::FLAG,
        "Whether the patient or the clinic confirmed it.",
        |f| flag(appointment(f)?.status == Status::Confirmed),
    ),
    property(
        "took_place",
        Type::FLAG,
        "Whether the patient came. Where `after_visit.assume_attended` is set, a visit that is over and was neither cancelled nor missed took place too.",
        |f| {
            let appointment = appointment(f)?;
            let over = appointment.end.unwrap_or(appointment.start);
            let assumed = f.settings.after_visit.assume_attended
                && appointment.status.is_open()
                && f.now().is_some_and(|now| now >= over);
            flag(assumed || appointment.status == Status::Attended)
        },
    ),
    property(
        "online",
        Type::FLAG,
        "Whether the patient booked it on the internet.",
        |f| flag(appointment(f)?.online),
    ),
    property(
        "booked_at",
        Type::TIME.or_absent(),
        "When it was booked.",
        |f| maybe(appointment(f)?.booked_at),
    ),
    property(
        "booked_ahead",
        Type::SPAN.or_absent(),
        "How long before its start it was booked.",
        |f| {
            let appointment = appointment(f)?;
            maybe(
                appointment
                    .booked_at
                    .map(|booked| appointment.start.since(booked)),
            )
        },
    ),
    property(
        "first_visit",
        Type::FLAG,
        "Whether no visit of the patient's has come and gone.",
        |f| {
            flag(
                f.visit
                    .patient
                    .as_ref()
                    .is_none_or(|patient| patient.visits == 0),
            )
        },
    ),
    property(
        "notes",
        Type::TEXT.or_absent(),
        "Notes for the patient.",
        |f| text(appointment(f)?.notes.as_deref()),
    ),
    property(
        "insurance",
        Type::TEXT.or_absent(),
        "The insurance that pays.",
        |f| text(appointment(f)?.insurance.as_deref()),
    ),
    property(
        "recall",
        Type::SPAN.or_absent(),
        "When to write again after the visit: the appointment's, else the service's; no time at all means never.",
        |f| {
            let service = f.visit.service.as_ref().and_then(|service| service.recall);
            maybe(appointment(f)?.recall.or(service))
        },
    ),
    property("patient", Type::view(View::Patient), "Who comes.", |f| {
        opened(View::Patient, f)
    }),
    property(
        "resource",
        Type::view(View::Resource),
        "The practitioner or room they come to.",
        |f| opened(View::Resource, f),
    ),
    property(
        "service",
        Type::view(View::Service),
        "What they come for.",
        |f| opened(View::Service, f),
    ),
    property(
        "location",
        Type::view(View::Location),
        "Where they come to.",
        |f| opened(View::Location, f),
    ),
];

fn begins(facts: &Facts) -> Result<Civil, Box<EvalAltResult>> {
    let start = appointment(facts)?.start;
    let delay = facts.message.as_ref().and_then(|message| message.delay);
    Ok(delay
        .and_then(|delay| start.checked_add(delay))
        .unwrap_or(start))
}

fn appointment(facts: &Facts) -> Result<&Appointment, Box<EvalAltResult>> {
    facts.visit.appointment.as_deref().ok_or_else(|| {
        says("there is no appointment: the event is about a patient alone; look at `event.about` first")
    })
}
