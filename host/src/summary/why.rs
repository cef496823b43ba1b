//! Why a message doesn't go or an appointment has none, as JSON.

use rappel_core::civil::{Civil, Zone};
use rappel_core::decision::Read;
use rappel_core::ids::{AppointmentId, FacilityId};
use rappel_core::store::Message;
use rappel_core::{EventKind, State};
use serde::Serialize;

use super::{MessageLine, VERSION};
use crate::engine::Turn;
use crate::why::{Planned, Why};

/// What would let a message go.
#[derive(Debug, Serialize)]
#[allow(missing_docs, reason = "docs/json.md tells each")]
pub struct WhyLine<'w> {
    pub generation: &'w str,
    pub since: Option<&'w str>,
    pub then: State,
    pub turns: &'w [Turn],
}

impl<'w> WhyLine<'w> {
    /// The line of what was found.
    pub fn of(why: &'w Why) -> Self {
        Self {
            generation: &why.generation,
            since: why.since.as_deref(),
            then: why.then,
            turns: &why.turns,
        }
    }
}

/// An appointment with its messages, and what the policies say of it.
#[derive(Debug, Serialize)]
#[allow(missing_docs, reason = "docs/json.md tells each")]
pub struct AppointmentLine<'w> {
    pub version: u32,
    pub facility: &'w str,
    pub appointment: &'w str,
    pub messages: Vec<MessageLine<'w>>,
    pub asked: Option<AskedLine<'w>>,
}

/// What the policies say after an event.
#[derive(Debug, Serialize)]
#[allow(missing_docs, reason = "docs/json.md tells each")]
pub struct AskedLine<'w> {
    pub event: EventKind,
    pub at: Civil,
    pub generation: &'w str,
    pub policies: Vec<PolicyLine<'w>>,
}

/// What a policy says.
#[derive(Debug, Serialize)]
#[allow(missing_docs, reason = "docs/json.md tells each")]
pub struct PolicyLine<'w> {
    pub policy: &'w str,
    pub line: u32,
    pub messages: Vec<String>,
    pub reason: Option<&'w str>,
    pub read: &'w [Read],
    pub turns: &'w [Turn],
}

impl<'w> AppointmentLine<'w> {
    /// The line of an appointment of a clinic in `zone`.
    pub fn of(
        (facility, appointment): (&'w FacilityId, &'w AppointmentId),
        messages: &'w [Message],
        asked: Option<&'w Planned>,
        zone: Zone,
    ) -> Self {
        let lines = messages
            .iter()
            .map(|message| MessageLine::of(message, zone));
        Self {
            version: VERSION,
            facility: facility.as_str(),
            appointment: appointment.as_str(),
            messages: lines.collect(),
            asked: asked.map(AskedLine::of),
        }
    }
}

impl<'w> AskedLine<'w> {
    fn of(asked: &'w Planned) -> Self {
        let policies = asked.policies.iter().map(|(planning, turns)| PolicyLine {
            policy: &planning.origin.policy,
            line: planning.origin.line,
            messages: planning.wanted.as_ref().map_or_else(
                |_| Vec::new(),
                |wanted| wanted.iter().map(rappel_rules::told::planned).collect(),
            ),
            reason: planning
                .wanted
                .as_ref()
                .err()
                .map(|fault| fault.reason.as_str()),
            read: &planning.read,
            turns,
        });
        Self {
            event: asked.event,
            at: asked.at,
            generation: &asked.generation,
            policies: policies.collect(),
        }
    }
}
