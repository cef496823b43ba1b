//! What programs are told of messages and of the host: one contract for the command line and the API.
//! `docs/json.md` is its text. Properties are added to it, never removed, renamed or given another
//! meaning.

mod backtest;
mod change;
mod credits;
mod message;
mod reason;
mod shadow;
mod status;
mod why;

use std::collections::BTreeMap;

use rappel_core::civil::Zone;
use rappel_core::ids::FacilityId;
use rappel_core::store::GenerationRecord;

pub use backtest::{BacktestLine, DifferenceLine, EventsLine};
pub use change::ChangeLine;
pub use credits::CreditsLine;
pub use message::{MessageLine, StepLine, StoryLine, rfc3339};
pub use reason::without_figures;
pub use shadow::{RecordedLine, ShadowLine};
pub use status::{
    AbsentLine, AlarmLine, ClinicLine, FaultLine, HostLine, StatusLine, alarms, faults,
};
pub use why::{AppointmentLine, AskedLine, PolicyLine, WhyLine};

/// The version of the contract. Another number is another contract.
pub const VERSION: u32 = 1;

/// The zones of clinics, in which their times are told.
#[derive(Clone, Debug, Default)]
pub struct Zones(BTreeMap<FacilityId, Zone>);

impl Zones {
    /// Those of the clinics that were ever served.
    pub fn of(generations: &[GenerationRecord]) -> Self {
        let zones = generations.iter();
        Self(
            zones
                .map(|record| (record.facility.clone(), record.zone))
                .collect(),
        )
    }

    /// The zone of a clinic.
    pub fn get(&self, facility: &FacilityId) -> Zone {
        // Every clinic that has a message was served.
        self.0.get(facility).copied().unwrap_or(Zone::UTC)
    }

    /// A zone for what is no clinic's.
    pub fn any(&self) -> Zone {
        self.0.values().next().copied().unwrap_or(Zone::UTC)
    }

    /// Each clinic with its zone.
    pub fn iter(&self) -> impl Iterator<Item = (&FacilityId, Zone)> {
        self.0.iter().map(|(facility, zone)| (facility, *zone))
    }
}
