//! `event`: what happened.

use rappel_core::event::{EventFacts, EventKind};

use super::{Facts, Property, Type, maybe, property, word, words};
use crate::sandbox::says;

/// The events that policies are asked about, by their names.
const TYPES: &[&str] = &{
    let mut names = [""; EventKind::ALL.len()];
    let mut place = 0;
    while place < names.len() {
        names[place] = EventKind::ALL[place].name();
        place += 1;
    }
    names
};

/// What `event.changes` may hold.
pub(crate) const CHANGES: &[&str] = &[
    "start", "end", "status", "online", "patient", "resource", "service", "location",
];

pub(super) const PROPERTIES: &[Property] = &[
    property("type", Type::word(TYPES), "What happened.", |f| {
        word(event(f)?.kind.name())
    }),
    property(
        "about",
        Type::word(&["appointment", "patient"]),
        "What it is about. An alert is about each appointment that it concerns.",
        |f| {
            event(f)?;
            word(if f.visit.appointment.is_some() {
                "appointment"
            } else {
                "patient"
            })
        },
    ),
    property("time", Type::TIME, "When it happened.", |f| {
        maybe(Some(event(f)?.time))
    }),
    property(
        "now",
        Type::TIME,
        "When it is planned: the time of asking.",
        |f| maybe(Some(event(f)?.now)),
    ),
    property("age", Type::SPAN, "How long ago it happened.", |f| {
        let event = event(f)?;
        maybe(Some(event.now.since(event.time)))
    }),
    property(
        "delay",
        Type::SPAN.or_absent(),
        "How late the practitioner or room is: of `resource.delayed`.",
        |f| maybe(event(f)?.delay),
    ),
    property(
        "changes",
        Type::word(CHANGES).list(),
        "Which facts of the appointment are other than before.",
        |f| words(event(f)?.changes.iter().copied()),
    ),
];

pub(crate) fn event(facts: &Facts) -> Result<&EventFacts, Box<rhai::EvalAltResult>> {
    facts
        .event
        .as_ref()
        .ok_or_else(|| says("there is no event in `check`"))
}
