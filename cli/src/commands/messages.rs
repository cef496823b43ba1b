//! `rappel messages`: the message summary.

use clap::Args;
use rappel_core::facts::Record;
use rappel_core::ids::{AppointmentId, FacilityId, PatientId};
use rappel_core::store::{Filter, Unplanned};
use rappel_core::{ChannelKind, Kind, State, Store};
use rappel_host::summary::MessageLine;

use super::database::Database;
use crate::args::Time;
use crate::failure::{Exit, Result};
use crate::output::{Answer, ListFormat, csv, faults, remark, style, table};

const EXAMPLES: &str = "\
Examples:
  rappel messages --state held
  rappel messages --patient p-1 --from 2026-06-01
  rappel messages --kind reminder --format csv > reminders.csv

JSON: an object a line; docs/json.md tells its properties.";

/// How many messages a table has where nobody says: JSON and CSV have all.
const TABLE_ROWS: u32 = 100;

/// List messages: state, reason, policy, segments, credits
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Messages {
    #[command(flatten)]
    database: Database,

    /// Only of this clinic
    #[arg(long, value_name = "ID")]
    clinic: Option<String>,

    /// Only in this state: planned, held, sending, sent, unknown, delivered, skipped, withdrawn, expired, failed
    #[arg(long)]
    state: Option<State>,

    /// Only of this kind: reminder, cancelled, …
    #[arg(long, value_parser = Kind::parse)]
    kind: Option<Kind>,

    /// Only by this channel: sms, email, voice
    #[arg(long)]
    channel: Option<ChannelKind>,

    /// Only about this patient
    #[arg(long, value_name = "ID")]
    patient: Option<String>,

    /// Only about this appointment
    #[arg(long, value_name = "ID")]
    appointment: Option<String>,

    /// Due at or after this time
    #[arg(long, value_name = "TIME")]
    from: Option<Time>,

    /// Due before this time
    #[arg(long, value_name = "TIME")]
    until: Option<Time>,

    /// At most so many, the latest due first [default: 100 in a table, all otherwise]
    #[arg(long, value_name = "N")]
    limit: Option<u32>,

    /// How to answer
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    format: ListFormat,
}

impl Messages {
    pub(crate) async fn run(self) -> Result {
        let summary = self.database.read().await?;
        let facility = self.clinic.as_deref().map(FacilityId::new);
        let zone = match (facility.as_ref(), self.from, self.until) {
            (None, None, None) => None,
            (facility, _, _) => Some(summary.zone_of_arguments(facility)?),
        };
        let instant = |time: Option<Time>| Some(time?.instant(zone?));
        let limit = self.limit.unwrap_or(match self.format {
            ListFormat::Table => TABLE_ROWS,
            ListFormat::Json | ListFormat::Csv => u32::MAX - 1,
        });
        let filter = Filter {
            facility: facility.clone(),
            state: self.state,
            kind: self.kind,
            channel: self.channel,
            patient: self.patient.as_deref().map(PatientId::new),
            appointment: self.appointment.as_deref().map(AppointmentId::new),
            from: instant(self.from),
            until: instant(self.until),
            id: None,
            // One more tells whether there are more.
            limit: Some(limit.saturating_add(1)),
        };
        let mut messages = summary.store.messages(&filter).await?;
        let more = messages.len() > limit as usize;
        messages.truncate(limit as usize);
        let missing: Vec<_> = summary
            .store
            .unplanned(filter.facility.as_ref())
            .await?
            .into_iter()
            .filter(|event| concerns(event, &filter))
            .collect();
        let mut answer = Answer::new();
        let lines = messages
            .iter()
            .map(|message| (message, summary.zone(&message.facility)));
        match self.format {
            ListFormat::Table if messages.is_empty() => remark("there are no such messages"),
            ListFormat::Table => answer.line(table::written(&table::messages(lines)))?,
            ListFormat::Json => {
                for (message, zone) in lines {
                    answer.json(&MessageLine::of(message, zone))?;
                }
            }
            ListFormat::Csv => csv::write(
                &mut answer,
                lines.map(|(message, zone)| MessageLine::of(message, zone)),
            )?,
        }
        answer.end()?;
        faults::missing(&missing);
        if more && self.limit.is_none() {
            let (faint, end) = (style::FAINT, style::END);
            remark(format_args!(
                "{faint}the latest {limit}; `--limit N` shows more{end}"
            ));
        }
        Ok(Exit::Done)
    }
}

/// Whether the messages of an event that isn't planned may be among those that are asked for.
fn concerns(event: &Unplanned, filter: &Filter) -> bool {
    let is = |record: Record, id: Option<&str>| {
        id.is_none_or(|id| event.kind.subject() == record && event.subject == id)
    };
    is(
        Record::Appointment,
        filter.appointment.as_ref().map(|id| id.as_str()),
    ) && is(
        Record::Patient,
        filter.patient.as_ref().map(|id| id.as_str()),
    )
}
