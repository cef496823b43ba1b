//! How the host does, as JSON.

use std::collections::BTreeMap;

use rappel_core::ChannelKind;
use rappel_core::alarm::{AlarmKind, AlarmRecord};
use rappel_core::civil::Zone;
use rappel_core::decision::PolicyFault;
use rappel_core::ids::{FacilityId, MessageId};
use rappel_core::store::{Braked, EffectCounts, GenerationRecord, Unplanned};
use serde::Serialize;

use super::message::rfc3339;
use super::{CreditsLine, ShadowLine, VERSION, Zones};
use crate::serve::Status;

/// How a host does, and its clinics.
#[derive(Debug, Serialize)]
#[allow(missing_docs, reason = "docs/json.md tells each")]
pub struct StatusLine<'s> {
    pub version: u32,
    pub host: HostLine,
    pub clinics: Vec<ClinicLine<'s>>,
    pub absent: Vec<AbsentLine<'s>>,
}

/// Whether a host runs.
#[derive(Debug, Serialize)]
#[allow(missing_docs, reason = "docs/json.md tells each")]
pub struct HostLine {
    pub running: bool,
    pub since: Option<String>,
}

/// A clinic.
#[derive(Debug, Serialize)]
#[allow(missing_docs, reason = "docs/json.md tells each")]
pub struct ClinicLine<'s> {
    pub clinic: &'s str,
    pub generation: &'s str,
    pub since: String,
    pub served: bool,
    pub effect: Option<EffectCounts>,
    pub refused: Option<&'s str>,
    pub faults: Vec<FaultLine<'s>>,
    pub braked: Vec<BrakedLine<'s>>,
    pub shadow: Vec<ShadowLine<'s>>,
    pub credits: Option<CreditsLine>,
    pub alarms: Vec<AlarmLine<'s>>,
    pub messages: BTreeMap<&'static str, BTreeMap<&'static str, u64>>,
}

/// A policy that failed to plan, and how many events wait for it to be mended.
#[derive(Debug, Serialize)]
#[allow(missing_docs, reason = "docs/json.md tells each")]
pub struct FaultLine<'s> {
    #[serde(flatten)]
    pub fault: &'s PolicyFault,
    pub events: u64,
}

/// A generation that the brake stopped.
#[derive(Debug, Serialize)]
#[allow(missing_docs, reason = "docs/json.md tells each")]
pub struct BrakedLine<'s> {
    pub generation: &'s str,
    pub approval: Option<&'s str>,
    pub event: &'static str,
    pub events: u64,
    pub planned: u64,
    pub usual: u64,
    pub at: String,
}

impl<'s> BrakedLine<'s> {
    fn of(braked: &'s Braked, zone: Zone) -> Self {
        Self {
            generation: &braked.generation,
            approval: (!braked.rejected).then_some(&*braked.approval),
            event: braked.event.name(),
            events: braked.events,
            planned: braked.planned,
            usual: braked.usual,
            at: rfc3339(braked.at, zone),
        }
    }
}

/// What needed a person.
#[derive(Debug, Serialize)]
#[allow(missing_docs, reason = "docs/json.md tells each")]
pub struct AlarmLine<'s> {
    pub kind: AlarmKind,
    pub subject: Option<&'s str>,
    pub channel: Option<ChannelKind>,
    pub reason: Option<&'s str>,
    pub first: String,
    pub last: String,
    pub count: u64,
    pub message: Option<MessageId>,
    pub told: Option<MessageId>,
}

impl<'s> AlarmLine<'s> {
    fn of(record: &'s AlarmRecord, zone: Zone) -> Self {
        let alarm = &record.alarm;
        let some = |text: &'s str| (!text.is_empty()).then_some(text);
        Self {
            kind: alarm.kind,
            subject: some(&alarm.subject),
            channel: alarm.channel,
            reason: some(&alarm.reason),
            first: rfc3339(record.first, zone),
            last: rfc3339(record.last, zone),
            count: record.count,
            message: record.message,
            told: record.told,
        }
    }
}

/// A folder that can't be served.
#[derive(Debug, Serialize)]
#[allow(missing_docs, reason = "docs/json.md tells each")]
pub struct AbsentLine<'s> {
    pub folder: &'s str,
    pub since: String,
    pub refused: &'s str,
}

impl<'s> StatusLine<'s> {
    /// How a host does. `running` says whether one is at work now.
    pub fn of(status: &'s Status, running: bool) -> Self {
        let zone = Zones::of(&status.generations).any();
        Self {
            version: VERSION,
            host: HostLine {
                running,
                since: status.begun.map(|begun| rfc3339(begun, zone)),
            },
            clinics: status
                .generations
                .iter()
                .map(|record| clinic(record, status))
                .collect(),
            absent: status
                .absent
                .iter()
                .map(|absent| AbsentLine {
                    folder: &absent.folder,
                    since: rfc3339(absent.since, zone),
                    refused: &absent.refused,
                })
                .collect(),
        }
    }
}

fn clinic<'s>(record: &'s GenerationRecord, status: &'s Status) -> ClinicLine<'s> {
    let mut messages: BTreeMap<_, BTreeMap<_, _>> = BTreeMap::new();
    let counts = status.counts.iter();
    for count in counts.filter(|count| count.facility == record.facility) {
        messages
            .entry(count.channel.name())
            .or_default()
            .insert(count.state.name(), count.count);
    }
    let mut accounts = status.accounts.iter();
    ClinicLine {
        clinic: record.facility.as_str(),
        generation: &record.id,
        since: rfc3339(record.since, record.zone),
        served: record.served,
        effect: status.effects.get(&record.facility).copied(),
        refused: record.refused.as_deref(),
        faults: faults(&status.unplanned, &record.facility)
            .into_iter()
            .map(|(fault, events)| FaultLine { fault, events })
            .collect(),
        braked: status
            .braked
            .iter()
            .filter(|braked| braked.facility == record.facility)
            .map(|braked| BrakedLine::of(braked, record.zone))
            .collect(),
        shadow: status
            .shadows
            .iter()
            .filter(|asked| asked.facility == record.facility)
            .map(|asked| ShadowLine::of(asked, record.zone))
            .collect(),
        credits: accounts
            .find(|account| account.facility == record.facility)
            .and_then(CreditsLine::of),
        alarms: alarms(&status.alarms, &record.facility)
            .map(|alarm| AlarmLine::of(alarm, record.zone))
            .collect(),
        messages,
    }
}

/// A clinic's alarms among those of all.
pub fn alarms<'a>(
    alarms: &'a [(FacilityId, AlarmRecord)],
    facility: &FacilityId,
) -> impl Iterator<Item = &'a AlarmRecord> {
    let of_clinic = alarms.iter().filter(move |(of, _)| of == facility);
    of_clinic.map(|(_, record)| record)
}

/// The policies of a clinic that failed to plan, with how many events wait for each to be mended.
pub fn faults<'u>(
    unplanned: &'u [Unplanned],
    facility: &FacilityId,
) -> BTreeMap<&'u PolicyFault, u64> {
    let mut faults = BTreeMap::new();
    for event in unplanned.iter().filter(|event| event.facility == *facility) {
        for fault in &event.faults {
            *faults.entry(fault).or_default() += 1;
        }
    }
    faults
}
