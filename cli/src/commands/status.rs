//! `rappel status`: which rules serve, what is wrong with newer ones, how many messages are in each state.

use std::collections::BTreeMap;

use clap::Args;
use comfy_table::Cell;
use rappel_core::State;
use rappel_core::Store;
use rappel_core::decision::PolicyFault;
use rappel_core::store::{Count, GenerationRecord, Unplanned};
use serde::Serialize;

use super::database::{Database, Summary};
use crate::failure::{Exit, Result};
use crate::output::message::{clock, count, rfc3339};
use crate::output::{TextOrJson, answer, answer_json, faults, style, table};

const EXAMPLES: &str = "\
Examples:
  rappel status
  rappel status --format json

Exit code 1: the files of a clinic can't serve as they are, so older rules go on; or a policy failed
to plan, and events wait for it to be mended.";

/// Show which rules serve, what is wrong with newer ones, and the queue
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Status {
    #[command(flatten)]
    database: Database,

    /// How to answer
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: TextOrJson,
}

/// The JSON contract.
#[derive(Serialize)]
struct ClinicLine<'s> {
    clinic: &'s str,
    generation: &'s str,
    since: String,
    refused: Option<&'s str>,
    faults: Vec<FaultLine<'s>>,
    messages: BTreeMap<&'static str, BTreeMap<&'static str, u64>>,
}

/// A policy that failed to plan, and how many events wait for it to be mended.
#[derive(Serialize)]
struct FaultLine<'s> {
    #[serde(flatten)]
    fault: &'s PolicyFault,
    events: u64,
}

impl Status {
    pub(crate) async fn run(self) -> Result {
        let summary = self.database.read().await?;
        let generations = summary.store.generations().await?;
        let counts = summary.store.counts().await?;
        let unplanned = summary.store.unplanned(None).await?;
        match self.format {
            TextOrJson::Json => {
                let clinics: Vec<_> = generations
                    .iter()
                    .map(|record| line(record, &counts, &unplanned))
                    .collect();
                answer_json(&serde_json::json!({ "clinics": clinics }))?;
            }
            TextOrJson::Text => answer(told(&summary, &generations, &counts, &unplanned))?,
        }
        let refused = generations.iter().any(|record| record.refused.is_some());
        Ok(if refused || !unplanned.is_empty() {
            Exit::Refused
        } else {
            Exit::Done
        })
    }
}

fn line<'s>(
    record: &'s GenerationRecord,
    counts: &[Count],
    unplanned: &'s [Unplanned],
) -> ClinicLine<'s> {
    let mut messages: BTreeMap<_, BTreeMap<_, _>> = BTreeMap::new();
    for count in counts
        .iter()
        .filter(|count| count.facility == record.facility)
    {
        messages
            .entry(count.channel.name())
            .or_default()
            .insert(count.state.name(), count.count);
    }
    ClinicLine {
        clinic: record.facility.as_str(),
        generation: &record.id,
        since: rfc3339(record.since, record.zone),
        refused: record.refused.as_deref(),
        faults: faults::of(unplanned, &record.facility)
            .into_iter()
            .map(|(fault, events)| FaultLine { fault, events })
            .collect(),
        messages,
    }
}

fn told(
    summary: &Summary,
    generations: &[GenerationRecord],
    counts: &[Count],
    unplanned: &[Unplanned],
) -> String {
    if generations.is_empty() {
        return "no clinic was served from this database yet".into();
    }
    let mut parts = Vec::new();
    for record in generations {
        let since = clock(record.since, summary.zone(&record.facility));
        let (strong, error, end) = (style::STRONG, style::ERROR, style::END);
        let mut part = format!(
            "{strong}{}{end}: generation {} since {since}",
            record.facility, record.id
        );
        if let Some(refused) = &record.refused {
            part.push_str(&format!(
                "\n{error}newer files are refused, so these rules go on{end}:"
            ));
            for line in refused.lines() {
                part.push_str(&format!("\n  {line}"));
            }
        }
        for (fault, events) in faults::of(unplanned, &record.facility) {
            let events = count(events, "event");
            part.push_str(&format!(
                "\n{error}{fault}{end}\n  it failed on {events}; what it wants is planned when it is mended"
            ));
        }
        let counts: Vec<_> = counts
            .iter()
            .filter(|count| count.facility == record.facility)
            .collect();
        if !counts.is_empty() {
            part.push_str("\n\n");
            part.push_str(&table::written(&states(&counts)));
        }
        parts.push(part);
    }
    parts.join("\n\n")
}

/// The states that there are, a row each, by channel.
fn states(counts: &[&Count]) -> comfy_table::Table {
    let mut table = table::plain(&["", "sms", "email", "voice"]);
    for state in State::ALL {
        let of = |channel| {
            counts
                .iter()
                .filter(|c| c.state == state && c.channel == channel)
                .map(|c| c.count)
                .sum::<u64>()
        };
        let row = rappel_core::ChannelKind::ALL.map(of);
        if row.iter().sum::<u64>() > 0 {
            let cells = row.map(table::number);
            table.add_row(
                std::iter::once(table::state(state))
                    .chain(cells)
                    .collect::<Vec<Cell>>(),
            );
        }
    }
    table
}
