//! `rappel messages`: the message summary.

use clap::Args;
use rappel_core::facts::Record;
use rappel_core::ids::{AppointmentId, FacilityId, PatientId};
use rappel_core::store::{Filter, Message, Unplanned};
use rappel_core::tally::By;
use rappel_core::{ChannelKind, Kind, State, Store};
use rappel_host::summary::MessageLine;

use super::database::{Database, Summary};
use crate::args::Time;
use crate::failure::{Exit, Result};
use crate::output::list::List;
use crate::output::{ListFormat, answer, counts, faults, remark, style, table};

const EXAMPLES: &str = "\
Examples:
  rappel messages --state held
  rappel messages --patient p-1 --from 2026-06-01
  rappel messages --kind reminder --format csv > reminders.csv
  rappel messages --from 2026-06-01 --until 2026-07-01 --count day,kind,channel,state

JSON and CSV list all messages as they are read, clinic by clinic, the latest due first. JSON: an
object a line; docs/json.md tells its properties.

Opened may be automatic: mail programs fetch images by themselves.";

/// How many messages a table has where nobody says: JSON and CSV have all.
const TABLE_ROWS: u32 = 100;

/// How many messages are read at a time.
const PAGE: u32 = 1_000;

/// List or count messages: state, reason, policy, segments, credits, opens, answers
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

    /// Count them instead of listing them, by any of clinic, day, kind, channel, state in any order
    #[arg(
        long,
        value_name = "BY",
        value_delimiter = ',',
        conflicts_with = "limit"
    )]
    count: Vec<By>,

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
        let filter = Filter {
            facility,
            state: self.state,
            kind: self.kind,
            channel: self.channel,
            patient: self.patient.as_deref().map(PatientId::new),
            appointment: self.appointment.as_deref().map(AppointmentId::new),
            from: instant(self.from),
            until: instant(self.until),
            ..Filter::default()
        };
        match self.format {
            format if !self.count.is_empty() => {
                let tallies = summary.store.tally(&filter, &self.count).await?;
                counts::write(&self.count, &tallies, format)?;
            }
            ListFormat::Table => show(&summary, &filter, self.limit).await?,
            format => export(&summary, &filter, self.limit, format).await?,
        }
        let unplanned = summary.store.unplanned(filter.facility.as_ref()).await?;
        let missing: Vec<_> = unplanned
            .into_iter()
            .filter(|event| concerns(event, &filter))
            .collect();
        faults::missing(&missing);
        Ok(Exit::Done)
    }
}

/// The latest messages as a table.
async fn show(summary: &Summary, filter: &Filter, limit: Option<u32>) -> Result<()> {
    let rows = limit.unwrap_or(TABLE_ROWS);
    let filter = Filter {
        // One more tells whether there are more.
        limit: Some(rows.saturating_add(1)),
        ..filter.clone()
    };
    let mut messages = summary.store.messages(&filter).await?;
    let more = messages.len() > rows as usize;
    messages.truncate(rows as usize);
    if messages.is_empty() {
        remark("there are no such messages");
        return Ok(());
    }
    let lines = messages.iter();
    let lines = lines.map(|message| (message, summary.zone(&message.facility)));
    answer(table::written(&table::messages(lines)))?;
    let (faint, end) = (style::FAINT, style::END);
    if messages.iter().any(|message| message.opened.is_some()) {
        remark(format_args!("{faint}{}{end}", counts::AUTOMATIC));
    }
    if more && limit.is_none() {
        remark(format_args!(
            "{faint}the latest {rows}; `--limit N` shows more{end}"
        ));
    }
    Ok(())
}

/// Messages for programs, written as they are read.
async fn export(
    summary: &Summary,
    filter: &Filter,
    limit: Option<u32>,
    format: ListFormat,
) -> Result<()> {
    let mut list = List::new(format == ListFormat::Json);
    let mut write =
        |message: &Message| list.add(&MessageLine::of(message, summary.zone(&message.facility)));
    let clinics = match &filter.facility {
        Some(facility) => vec![facility.clone()],
        None => summary.clinics(),
    };
    match limit {
        // The latest of several clinics together can't be read clinic by clinic.
        Some(limit) if clinics.len() > 1 => {
            let filter = Filter {
                limit: Some(limit),
                ..filter.clone()
            };
            let messages = summary.store.messages(&filter).await?;
            messages.iter().try_for_each(write)?;
        }
        _ => {
            for clinic in clinics {
                let of = Filter {
                    facility: Some(clinic),
                    ..filter.clone()
                };
                each(summary, of, limit, &mut write).await?;
            }
        }
    }
    list.end()
}

/// Reads a clinic's messages page by page.
async fn each(
    summary: &Summary,
    mut filter: Filter,
    limit: Option<u32>,
    write: &mut impl FnMut(&Message) -> Result<()>,
) -> Result<()> {
    let mut left = limit.unwrap_or(u32::MAX);
    while left > 0 {
        let page = left.min(PAGE);
        filter.limit = Some(page);
        let messages = summary.store.messages(&filter).await?;
        messages.iter().try_for_each(&mut *write)?;
        match messages.last() {
            Some(last) if messages.len() == page as usize => {
                filter.after = Some((last.due, last.id));
            }
            _ => return Ok(()),
        }
        // Without a limit there is no end but the last message's.
        if limit.is_some() {
            left -= page;
        }
    }
    Ok(())
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
