//! `visit.resource`, `visit.service`, `visit.location`. What nothing is known of reads as empty, with
//! its communication on.

use rappel_core::civil::Span;
use rappel_core::facts::{Location, Resource, Service};

use super::{Facts, Property, Type, flag, maybe, property, text};

pub(super) const RESOURCE: &[Property] = &[
    property(
        "id",
        Type::TEXT.or_absent(),
        "The resource, as the agenda calls it.",
        |f| text(resource(f).map(|r| &*r.id)),
    ),
    property("name", Type::TEXT.or_absent(), "Full name.", |f| {
        text(resource(f).and_then(|r| r.name.as_deref()))
    }),
    property("address", Type::TEXT.or_absent(), "Address.", |f| {
        text(resource(f).and_then(|r| r.address.as_deref()))
    }),
    property(
        "phone",
        Type::TEXT.or_absent(),
        "Telephone, to print.",
        |f| text(resource(f).and_then(|r| r.phone.as_deref())),
    ),
    property(
        "email",
        Type::TEXT.or_absent(),
        "Where messages to the resource go.",
        |f| text(resource(f).and_then(|r| r.email.as_deref())),
    ),
    property(
        "mobile",
        Type::TEXT.or_absent(),
        "Where SMS to the resource go.",
        |f| text(resource(f).and_then(|r| r.mobile.as_deref())),
    ),
    property(
        "communication",
        Type::FLAG,
        "Whether its appointments cause messages.",
        |f| flag(resource(f).is_none_or(|r| r.communication)),
    ),
];

pub(super) const SERVICE: &[Property] = &[
    property(
        "id",
        Type::TEXT.or_absent(),
        "The service, as the agenda calls it.",
        |f| text(service(f).map(|s| &*s.id)),
    ),
    property("name", Type::TEXT.or_absent(), "Name.", |f| {
        text(service(f).and_then(|s| s.name.as_deref()))
    }),
    property(
        "group",
        Type::TEXT.or_absent(),
        "Title of its group.",
        |f| text(service(f).and_then(|s| s.group.as_deref())),
    ),
    property(
        "price",
        Type::DECIMAL.or_absent(),
        "Price in the clinic's currency.",
        |f| maybe(service(f).and_then(|s| s.price)),
    ),
    property(
        "duration",
        Type::SPAN.or_absent(),
        "How long it takes.",
        |f| {
            maybe(
                service(f)
                    .and_then(|s| s.duration)
                    .map(|duration| Span::minutes(duration.into())),
            )
        },
    ),
    property(
        "prerequisites",
        Type::TEXT.or_absent(),
        "What the patient must do before.",
        |f| text(service(f).and_then(|s| s.prerequisites.as_deref())),
    ),
    property(
        "prerequisites_to_patient",
        Type::FLAG,
        "Whether the patient is told the prerequisites.",
        |f| flag(service(f).is_some_and(|s| s.prerequisites_to_patient)),
    ),
    property(
        "communication",
        Type::FLAG,
        "Whether its appointments cause messages.",
        |f| flag(service(f).is_none_or(|s| s.communication)),
    ),
    property(
        "recall",
        Type::SPAN.or_absent(),
        "When to write again after the visit.",
        |f| maybe(service(f).and_then(|s| s.recall)),
    ),
];

pub(super) const LOCATION: &[Property] = &[
    property(
        "id",
        Type::TEXT.or_absent(),
        "The location, as the agenda calls it.",
        |f| text(location(f).map(|l| &*l.id)),
    ),
    property("name", Type::TEXT.or_absent(), "Name.", |f| {
        text(location(f).and_then(|l| l.name.as_deref()))
    }),
    property("city", Type::TEXT.or_absent(), "City.", |f| {
        text(location(f).and_then(|l| l.city.as_deref()))
    }),
    property(
        "phone",
        Type::TEXT.or_absent(),
        "Telephone, to print.",
        |f| text(location(f).and_then(|l| l.phone.as_deref())),
    ),
    property("address", Type::TEXT.or_absent(), "Address.", |f| {
        text(location(f).and_then(|l| l.address.as_deref()))
    }),
    property(
        "notes",
        Type::TEXT.or_absent(),
        "What to tell those who come.",
        |f| text(location(f).and_then(|l| l.notes.as_deref())),
    ),
];

fn resource(facts: &Facts) -> Option<&Resource> {
    facts.visit.resource.as_deref()
}

fn service(facts: &Facts) -> Option<&Service> {
    facts.visit.service.as_deref()
}

fn location(facts: &Facts) -> Option<&Location> {
    facts.visit.location.as_deref()
}
