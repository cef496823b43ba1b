//! `rappel status`: which rules serve, what is wrong with newer ones, how many messages are in each state.

use std::collections::BTreeMap;

use clap::Args;
use comfy_table::Cell;
use rappel_core::State;
use rappel_core::Store;
use rappel_core::civil::Instant;
use rappel_core::decision::PolicyFault;
use rappel_core::store::{Absent, Account, Count, CreditLevel, GenerationRecord, Unplanned};
use rappel_host::credits::CreditsLine;
use rappel_host::store::SqliteStore;
use serde::Serialize;

use super::database::{Database, Summary};
use crate::failure::{Exit, Result};
use crate::output::message::{clock, count, rfc3339};
use crate::output::{TextOrJson, answer, answer_json, credits, faults, style, table};

const EXAMPLES: &str = "\
Examples:
  rappel status
  rappel status --format json

Exit code 1: the files of a clinic can't serve as they are, so older rules go on or it isn't served;
or a policy failed to plan, and events wait for it to be mended; or a clinic is out of credits, and
messages wait for more. Whether a host runs at all changes nothing about it.";

/// Show which rules serve, what is wrong with newer ones, the queue and the credits
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
    served: bool,
    refused: Option<&'s str>,
    faults: Vec<FaultLine<'s>>,
    credits: Option<CreditsLine>,
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
        let mut accounts = summary.store.accounts().await?;
        accounts.retain(|account| account.limited);
        let absent = summary.store.absent().await?;
        let begun = summary.store.begun().await?;
        let running = SqliteStore::is_served(&summary.path);
        match self.format {
            TextOrJson::Json => {
                let clinics: Vec<_> = generations
                    .iter()
                    .map(|record| line(record, &counts, &unplanned, &accounts))
                    .collect();
                let since = begun.map(|begun| rfc3339(begun, summary.any_zone()));
                let absent: Vec<_> = absent
                    .iter()
                    .map(|absent| {
                        serde_json::json!({
                            "folder": absent.folder,
                            "since": rfc3339(absent.since, summary.any_zone()),
                            "refused": absent.refused,
                        })
                    })
                    .collect();
                answer_json(&serde_json::json!({
                    "host": {"running": running, "since": since},
                    "clinics": clinics,
                    "absent": absent,
                }))?;
            }
            TextOrJson::Text => {
                let mut parts = vec![host(&summary, running, begun)];
                parts.extend(told(&summary, &generations, &counts, &unplanned, &accounts));
                parts.extend(absent.iter().map(|absent| missing(&summary, absent)));
                answer(parts.join("\n\n"))?;
            }
        }
        let refused = generations
            .iter()
            .any(|record| record.refused.is_some() || !record.served);
        let out = accounts
            .iter()
            .any(|account| account.level == CreditLevel::Out);
        Ok(
            if refused || out || !unplanned.is_empty() || !absent.is_empty() {
                Exit::Refused
            } else {
                Exit::Done
            },
        )
    }
}

fn line<'s>(
    record: &'s GenerationRecord,
    counts: &[Count],
    unplanned: &'s [Unplanned],
    accounts: &[Account],
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
        served: record.served,
        refused: record.refused.as_deref(),
        faults: faults::of(unplanned, &record.facility)
            .into_iter()
            .map(|(fault, events)| FaultLine { fault, events })
            .collect(),
        credits: account_of(accounts, record).and_then(CreditsLine::of),
        messages,
    }
}

fn told(
    summary: &Summary,
    generations: &[GenerationRecord],
    counts: &[Count],
    unplanned: &[Unplanned],
    accounts: &[Account],
) -> Vec<String> {
    let mut parts = Vec::new();
    for record in generations {
        let since = clock(record.since, summary.zone(&record.facility));
        let (strong, error, end) = (style::STRONG, style::ERROR, style::END);
        let mut part = format!(
            "{strong}{}{end}: generation {} since {since}",
            record.facility, record.id
        );
        if !record.served {
            part.push_str(&format!(
                "\n{error}it is not served{end}: its folder wasn't there when the host was started, or can't be served"
            ));
        } else if let Some(refused) = &record.refused {
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
        if let Some(account) = account_of(accounts, record) {
            part.push_str(&format!("\n{}", credits::told(account)));
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
    parts
}

fn account_of<'a>(accounts: &'a [Account], record: &GenerationRecord) -> Option<&'a Account> {
    accounts
        .iter()
        .find(|account| account.facility == record.facility)
}

/// Whether anybody serves, and since when.
fn host(summary: &Summary, running: bool, begun: Option<Instant>) -> String {
    let path = summary.path.display();
    let begun = begun.map(|begun| clock(begun, summary.any_zone()));
    match (running, begun) {
        (true, Some(begun)) => format!("a host serves {path} since {begun}"),
        (true, None) => format!("a host is about to serve {path}"),
        (false, Some(begun)) => format!(
            "{}no host serves {path}{}; the last one was started on {begun}",
            style::ERROR,
            style::END
        ),
        (false, None) => format!("no clinic was served from {path} yet"),
    }
}

/// A folder that can't be served.
fn missing(summary: &Summary, absent: &Absent) -> String {
    let since = clock(absent.since, summary.any_zone());
    let (strong, error, end) = (style::STRONG, style::ERROR, style::END);
    let mut part = format!(
        "{strong}{}{end}: {error}not served since {since}{end}:",
        absent.folder
    );
    for line in absent.refused.lines() {
        part.push_str(&format!("\n  {line}"));
    }
    part
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
