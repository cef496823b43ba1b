//! A backtest as JSON.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use rappel_core::civil::{Civil, Zone};
use rappel_core::decision::PolicyFault;
use rappel_core::store::Message;
use rappel_core::{ChannelKind, State};
use rust_decimal::Decimal;
use serde::Serialize;

use super::{VERSION, rfc3339};
use crate::backtest::{Compared, Difference, Differing, Figures, Report, Subject};

/// A backtest. Part of the JSON contract: `docs/json.md` tells each property.
#[derive(Debug, Serialize)]
#[allow(missing_docs, reason = "docs/json.md tells each")]
pub struct BacktestLine<'r> {
    pub version: u32,
    pub events: EventsLine,
    pub this: FiguresLine<'r>,
    pub other: Option<FiguresLine<'r>>,
    pub differences: Option<DifferingLine>,
    pub patients: Option<PatientsLine>,
}

/// How many events there were.
#[derive(Clone, Copy, Debug, Default, Serialize)]
#[allow(missing_docs, reason = "docs/json.md tells each")]
pub struct EventsLine {
    pub applied: u64,
    pub repeated: u64,
    pub rejected: u64,
    pub unreadable: u64,
}

#[derive(Debug, Serialize)]
#[allow(missing_docs, reason = "docs/json.md tells each")]
pub struct FiguresLine<'r> {
    pub messages: u64,
    pub sent: u64,
    pub segments: u64,
    pub credits: Decimal,
    pub patients: u64,
    pub outside_hours: u64,
    pub groups: Vec<GroupLine<'r>>,
    pub reasons: Vec<ReasonLine<'r>>,
    pub bursts: Vec<BurstLine>,
    pub days: Vec<DayLine>,
    pub hours: [u64; 24],
    pub faults: Vec<FailedLine<'r>>,
}

#[derive(Debug, Serialize)]
#[allow(missing_docs, reason = "docs/json.md tells each")]
pub struct GroupLine<'r> {
    pub kind: &'r str,
    pub channel: ChannelKind,
    pub state: State,
    pub messages: u64,
    pub segments: u64,
    pub credits: Decimal,
}

#[derive(Debug, Serialize)]
#[allow(missing_docs, reason = "docs/json.md tells each")]
pub struct ReasonLine<'r> {
    pub state: State,
    pub reason: &'r str,
    pub policy: Option<&'r str>,
    pub messages: u64,
}

#[derive(Debug, Serialize)]
#[allow(missing_docs, reason = "docs/json.md tells each")]
pub struct BurstLine {
    pub channel: ChannelKind,
    pub messages: u64,
    pub at: Civil,
}

#[derive(Debug, Serialize)]
#[allow(missing_docs, reason = "docs/json.md tells each")]
pub struct DayLine {
    pub day: NaiveDate,
    pub messages: u64,
    pub segments: u64,
    pub credits: Decimal,
}

#[derive(Debug, Serialize)]
#[allow(missing_docs, reason = "docs/json.md tells each")]
pub struct FailedLine<'r> {
    #[serde(flatten)]
    pub fault: &'r PolicyFault,
    pub events: u64,
    pub messages: u64,
}

#[derive(Debug, Serialize)]
#[allow(missing_docs, reason = "docs/json.md tells each")]
pub struct DifferingLine {
    pub only_this: u64,
    pub only_other: u64,
    pub changed: u64,
}

#[derive(Debug, Serialize)]
#[allow(missing_docs, reason = "docs/json.md tells each")]
pub struct PatientsLine {
    pub more: u64,
    pub fewer: u64,
    pub by: Vec<PatientsByLine>,
}

#[derive(Debug, Serialize)]
#[allow(missing_docs, reason = "docs/json.md tells each")]
pub struct PatientsByLine {
    pub difference: i64,
    pub patients: u64,
}

impl<'r> BacktestLine<'r> {
    /// The line of a report.
    pub fn of(report: &'r Report, events: EventsLine) -> Self {
        let compared = report.compared.as_ref();
        Self {
            version: VERSION,
            events,
            this: FiguresLine::of(&report.this),
            other: compared.map(|compared| FiguresLine::of(&compared.other)),
            differences: compared.map(|compared| {
                let Differing {
                    only_this,
                    only_other,
                    changed,
                } = compared.differing;
                DifferingLine {
                    only_this,
                    only_other,
                    changed,
                }
            }),
            patients: compared.map(PatientsLine::of),
        }
    }
}

impl PatientsLine {
    fn of(compared: &Compared) -> Self {
        let (more, fewer) = compared.more_and_fewer();
        let by = compared.patients_by_difference().into_iter();
        Self {
            more,
            fewer,
            by: by
                .map(|(difference, patients)| PatientsByLine {
                    difference,
                    patients,
                })
                .collect(),
        }
    }
}

impl<'r> FiguresLine<'r> {
    fn of(figures: &'r Figures) -> Self {
        let sent = figures.sent();
        let groups = figures.groups.iter();
        let reasons = figures.reasons.iter();
        let days = figures.days.iter();
        let mut faults: BTreeMap<&PolicyFault, [u64; 2]> = BTreeMap::new();
        for (place, of) in [&figures.unplanned, &figures.unjudged]
            .into_iter()
            .enumerate()
        {
            for (fault, times) in of {
                if let Some(count) = faults.entry(fault).or_default().get_mut(place) {
                    *count = *times;
                }
            }
        }
        Self {
            messages: figures.messages(),
            sent: sent.messages,
            segments: sent.segments,
            credits: sent.credits.normalize(),
            patients: figures.patients.len() as u64,
            outside_hours: figures.outside_hours.values().sum(),
            groups: groups
                .map(|((kind, channel, state), sums)| GroupLine {
                    kind: kind.as_str(),
                    channel: *channel,
                    state: *state,
                    messages: sums.messages,
                    segments: sums.segments,
                    credits: sums.credits.normalize(),
                })
                .collect(),
            reasons: reasons
                .map(|(why, messages)| ReasonLine {
                    state: why.state,
                    reason: &why.reason,
                    policy: why.policy.as_deref(),
                    messages: *messages,
                })
                .collect(),
            bursts: figures
                .bursts()
                .map(|(channel, burst)| BurstLine {
                    channel,
                    messages: burst.messages,
                    at: burst.at,
                })
                .collect(),
            days: days
                .map(|(day, sums)| DayLine {
                    day: *day,
                    messages: sums.messages,
                    segments: sums.segments,
                    credits: sums.credits.normalize(),
                })
                .collect(),
            hours: figures.hours,
            faults: faults
                .into_iter()
                .map(|(fault, [events, messages])| FailedLine {
                    fault,
                    events,
                    messages,
                })
                .collect(),
        }
    }
}

/// A message that isn't the same on both sides, as JSON and as a row. Part of the JSON contract: `docs/json.md`
/// tells each property. It has the agenda's ids, and nothing of what a message says or to whom.
#[derive(Debug, Serialize)]
#[allow(missing_docs, reason = "docs/json.md tells each")]
pub struct DifferenceLine<'d> {
    pub appointment: Option<&'d str>,
    pub patient: Option<&'d str>,
    pub resource: Option<&'d str>,
    pub day: Option<NaiveDate>,
    pub kind: &'d str,
    pub channel: ChannelKind,
    pub recipient: &'static str,
    pub ordinal: u32,
    pub this_state: Option<State>,
    pub this_due: Option<String>,
    pub this_reason: Option<&'d str>,
    pub this_segments: Option<u32>,
    pub this_credits: Option<Decimal>,
    pub other_state: Option<State>,
    pub other_due: Option<String>,
    pub other_reason: Option<&'d str>,
    pub other_segments: Option<u32>,
    pub other_credits: Option<Decimal>,
}

impl<'d> DifferenceLine<'d> {
    /// The line of a difference in a clinic in `zone`; `None` where there is no message on either side.
    pub fn of(difference: &Difference<'d>, zone: Zone) -> Option<Self> {
        let Difference {
            subject,
            this,
            other,
        } = *difference;
        let message = this.or(other)?;
        let (appointment, resource, day) = match subject {
            Subject::Appointment(id) => (Some(id.as_str()), None, None),
            Subject::Day(resource, day) => (None, Some(&**resource), Some(*day)),
            Subject::Patient(_) | Subject::Clinic => (None, None, None),
        };
        let due = |message: &Message| rfc3339(message.due, zone);
        Some(Self {
            appointment,
            patient: message.patient.as_ref().map(|id| id.as_str()),
            resource,
            day,
            kind: message.kind.as_str(),
            channel: message.channel,
            recipient: message.recipient.name(),
            ordinal: message.ordinal,
            this_state: this.map(|message| message.state),
            this_due: this.map(due),
            this_reason: this.and_then(|message| message.reason.as_deref()),
            this_segments: this.map(|message| message.segments),
            this_credits: this.map(|message| message.credits.normalize()),
            other_state: other.map(|message| message.state),
            other_due: other.map(due),
            other_reason: other.and_then(|message| message.reason.as_deref()),
            other_segments: other.map(|message| message.segments),
            other_credits: other.map(|message| message.credits.normalize()),
        })
    }
}
