//! Policies in shadow, as JSON.

use std::collections::BTreeMap;

use rappel_core::ChannelKind;
use rappel_core::civil::Zone;
use rappel_core::decision::PolicyFault;
use rappel_core::ids::MessageId;
use rappel_core::message::Recipient;
use rappel_core::shadow::{Asked, Otherwise, Recorded};
use serde::Serialize;

use super::message::rfc3339;

/// How often a policy in shadow was asked, and what it would have changed.
#[derive(Debug, Serialize)]
#[allow(missing_docs, reason = "docs/json.md tells each")]
pub struct ShadowLine<'s> {
    pub clinic: &'s str,
    pub policy: &'s str,
    pub since: String,
    pub events: u64,
    pub messages: u64,
    pub faults: u64,
    pub fault: Option<&'s PolicyFault>,
    pub otherwise: &'s BTreeMap<String, u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub differences: Option<Vec<RecordedLine<'s>>>,
}

/// A message that would have been otherwise.
#[derive(Debug, Serialize)]
#[allow(missing_docs, reason = "docs/json.md tells each")]
pub struct RecordedLine<'s> {
    pub at: String,
    pub appointment: Option<&'s str>,
    pub patient: Option<&'s str>,
    pub message: Option<MessageId>,
    pub kind: &'s str,
    pub channel: ChannelKind,
    pub to: Recipient,
    pub line: u32,
    pub otherwise: &'s Otherwise,
}

impl<'s> ShadowLine<'s> {
    /// A policy of a clinic in `zone`.
    pub fn of(asked: &'s Asked, zone: Zone) -> Self {
        Self {
            clinic: asked.facility.as_str(),
            policy: &asked.policy,
            since: rfc3339(asked.since, zone),
            events: asked.events,
            messages: asked.messages,
            faults: asked.faults,
            fault: asked.fault.as_ref(),
            otherwise: &asked.otherwise,
            differences: None,
        }
    }

    /// The same with what it would have changed.
    #[must_use]
    pub fn with(self, recorded: &'s [Recorded], zone: Zone) -> Self {
        let lines = recorded.iter().map(|recorded| RecordedLine {
            at: rfc3339(recorded.at, zone),
            appointment: recorded.appointment.as_ref().map(|id| id.as_str()),
            patient: recorded.patient.as_ref().map(|id| id.as_str()),
            message: recorded.message,
            kind: recorded.kind.as_str(),
            channel: recorded.channel,
            to: recorded.recipient,
            line: recorded.origin.line,
            otherwise: &recorded.otherwise,
        });
        Self {
            differences: Some(lines.collect()),
            ..self
        }
    }
}
