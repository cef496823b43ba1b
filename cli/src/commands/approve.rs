//! `rappel approve`: broadcasts, and new files that the brake stopped, wait for a person.

use clap::Args;
use rappel_core::Store;
use rappel_core::civil::Civil;
use rappel_core::ids::FacilityId;
use rappel_core::store::Approval;
use rappel_host::clock::{Clock, SystemClock};
use rappel_host::summary::rfc3339;
use serde::Serialize;

use super::database::{Database, Summary};
use crate::failure::{Exit, Failure, Result};
use crate::output::message::{clock, count};
use crate::output::{Answer, TextOrJson, answer, table};

const EXAMPLES: &str = "\
Examples:
  rappel approve                      What waits
  rappel approve 3fa2c1               Let it go
  rappel approve 3fa2c1 --withdraw    Don't

An alert that concerns more appointments than `alerts.approve_over` of clinic.toml waits here, so that a
slip in the agenda can't write to everybody. It is too late for it when the visits begin. The host may be
running: it goes within seconds.

New files that plan far more messages than usual are stopped, and wait here too ([brake] of clinic.toml).
Approved, they serve again if the folder still holds them; withdrawn, they don't until they are changed.

JSON: an object a line, {\"clinic\", \"approval\", \"event\", \"resource\", \"generation\", \"messages\",
\"asked\"}.

Exit code 1: nothing of that name waits.";

/// Let go what waits for a person: a broadcast, or new files that the brake stopped
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Approve {
    /// The name of what waits; all that waits is listed without one
    approval: Option<String>,

    /// Withdraw its messages instead
    #[arg(long, requires = "approval")]
    withdraw: bool,

    #[command(flatten)]
    database: Database,

    /// How to answer
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: TextOrJson,
}

/// The JSON contract.
#[derive(Serialize)]
struct Line<'a> {
    clinic: &'a str,
    approval: &'a str,
    event: &'a str,
    resource: Option<&'a str>,
    generation: Option<&'a str>,
    messages: u32,
    asked: String,
}

impl Approve {
    pub(crate) async fn run(self) -> Result {
        match &self.approval {
            None => self.list().await,
            Some(approval) => self.decide(approval).await,
        }
    }

    async fn list(&self) -> Result {
        let summary = self.database.read().await?;
        let waiting = waiting(&summary).await?;
        match self.format {
            TextOrJson::Json => {
                let mut answer = Answer::new();
                for (facility, one) in &waiting {
                    answer.json(&Line {
                        clinic: facility.as_str(),
                        approval: &one.id,
                        event: one.event.name(),
                        resource: (!one.resource.is_empty()).then_some(&*one.resource),
                        generation: one.generation.as_deref(),
                        messages: one.messages,
                        asked: rfc3339(one.asked, summary.zone(facility)),
                    })?;
                }
                answer.end()?;
            }
            TextOrJson::Text if waiting.is_empty() => answer("nothing waits for an approval")?,
            TextOrJson::Text => {
                let mut rows =
                    table::plain(&["APPROVAL", "CLINIC", "EVENT", "OF", "MESSAGES", "SINCE"]);
                for (facility, one) in &waiting {
                    rows.add_row([
                        one.id.as_str().into(),
                        facility.as_str().into(),
                        one.event.name().into(),
                        match &one.generation {
                            Some(generation) => format!("generation {generation}").into(),
                            None => one.resource.as_str().into(),
                        },
                        table::number(one.messages.into()),
                        clock(one.asked, summary.zone(facility)).into(),
                    ]);
                }
                answer(table::written(&rows))?;
            }
        }
        Ok(Exit::Done)
    }

    async fn decide(&self, approval: &str) -> Result {
        let summary = self.database.write().await?;
        let waiting = waiting(&summary).await?;
        let known = waiting.iter().find(|(_, one)| one.id == approval);
        let Some((facility, one)) = known else {
            return Err(
                Failure::refused(format!("nothing waits for the approval `{approval}`"))
                    .help("`rappel approve` lists what waits"),
            );
        };
        let now = SystemClock::default().now();
        let civil = Civil::at(now, summary.zone(facility));
        let decided = summary
            .store
            .decide(facility, approval, !self.withdraw, (now, civil))
            .await?
            .unwrap_or(0);
        let messages = count(decided.into(), "message");
        answer(match (self.withdraw, &one.generation) {
            (true, None) => format!("{messages} withdrawn"),
            (true, Some(generation)) => format!(
                "{messages} withdrawn; generation {generation} doesn't serve until its files are changed"
            ),
            (false, None) => format!("{messages} may go, as far as the policies let them"),
            (false, Some(generation)) => format!(
                "{messages} may go, as far as the policies let them; generation {generation} serves within seconds, if the folder still holds it"
            ),
        })?;
        Ok(Exit::Done)
    }
}

async fn waiting(summary: &Summary) -> Result<Vec<(FacilityId, Approval)>> {
    let mut waiting = Vec::new();
    for record in summary.store.generations().await? {
        for approval in summary.store.approvals(&record.facility).await? {
            waiting.push((record.facility.clone(), approval));
        }
    }
    Ok(waiting)
}
