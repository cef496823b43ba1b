//! Where the table's values come from.

use chrono::NaiveDate;
use rappel_core::facts::{Appointment, Location, Patient, Resource, Service};
use rappel_core::{Language, Named};

use super::{Facts, Value};

pub(crate) fn text(text: &str) -> Option<Value<'_>> {
    Some(Value::Text(text.into()))
}

pub(crate) fn phone(text: &str) -> Option<Value<'_>> {
    Some(Value::Phone(text.into()))
}

pub(crate) fn url(text: &str) -> Option<Value<'_>> {
    Some(Value::Url(text.into()))
}

pub(crate) fn appointment<'f>(facts: &'f Facts<'_>) -> Option<&'f Appointment> {
    facts.visit.appointment.as_deref()
}

pub(crate) fn patient<'f>(facts: &'f Facts<'_>) -> Option<&'f Patient> {
    facts.visit.patient.as_deref()
}

pub(crate) fn resource<'f>(facts: &'f Facts<'_>) -> Option<&'f Resource> {
    facts.visit.resource.as_deref()
}

pub(crate) fn service<'f>(facts: &'f Facts<'_>) -> Option<&'f Service> {
    facts.visit.service.as_deref()
}

pub(crate) fn location<'f>(facts: &'f Facts<'_>) -> Option<&'f Location> {
    facts.visit.location.as_deref()
}

pub(crate) fn start_date_of(facts: &Facts<'_>) -> Option<NaiveDate> {
    appointment(facts)
        .map(|appointment| appointment.start.date())
        .or(facts.day)
}

pub(crate) fn start_date<'f>(facts: &'f Facts<'_>) -> Option<Value<'f>> {
    start_date_of(facts).map(Value::Date)
}

/// Only where the service's "send to client" box is ticked.
pub(crate) fn prerequisites<'f>(facts: &'f Facts<'_>) -> Option<Value<'f>> {
    let service = service(facts)?;
    text(
        service
            .prerequisites
            .as_deref()
            .filter(|_| service.prerequisites_to_patient)?,
    )
}

pub(crate) fn link<'f>(facts: &'f Facts<'_>, named: Named) -> Option<Value<'f>> {
    let (_, link) = facts.links.iter().find(|(name, _)| *name == named)?;
    url(link)
}

/// The language that the patient prefers, or else the one they are written to in.
pub(crate) fn preferred_language<'f>(
    facts: &'f Facts<'_>,
    language: Language,
) -> Option<Value<'f>> {
    text(
        patient(facts)
            .and_then(|patient| patient.language)
            .unwrap_or(language)
            .code(),
    )
}

/// Too many visits missed, of enough to tell.
pub(crate) fn unreliable<'f>(facts: &'f Facts<'_>) -> Option<Value<'f>> {
    let patient = patient(facts)?;
    let rule = &facts.settings.unreliable;
    let unreliable =
        patient.visits >= rule.least_visits && patient.missed_percent() >= rule.missed_percent;
    Some(Value::Flag(unreliable))
}
