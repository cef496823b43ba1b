//! `rappel credits`: what a clinic has to spend, where it went, and adding more.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate, NaiveTime};
use clap::{Args, Subcommand};
use rappel_core::Store;
use rappel_core::civil::{Civil, Instant, Zone};
use rappel_core::ids::FacilityId;
use rappel_core::store::{Account, Posted, Posting};
use rappel_host::clock::{Clock, SystemClock};
use rappel_host::summary::{CreditsLine, rfc3339};
use rust_decimal::Decimal;
use serde::Serialize;

use super::database::{Database, Summary};
use crate::failure::{Exit, Failure, Result};
use crate::output::message::{clock, count, short};
use crate::output::{Answer, TextOrJson, answer, credits, remark, style, table};

const EXAMPLES: &str = "\
Examples:
  rappel credits                                What each clinic has left, and where it went
  rappel credits lumiere --entries 50
  rappel credits add 500 --note \"invoice 2026-17\"

A message's cost is reserved when it is handed over, and spent when a gateway took it. What the
credits don't cover is held. They count where clinic.toml says `limited = true` in `[credits]`.

JSON: an object a line, {\"clinic\", \"credits\": {\"balance\", \"reserved\", \"low\", \"level\", \"waiting\"},
\"month\", \"spent\", \"entries\"}; docs/json.md tells them.";

const ADD_EXAMPLES: &str = "\
Examples:
  rappel credits add 500
  rappel credits add 500 --clinic lumiere --note \"invoice 2026-17\"
  rappel credits add -50 --note \"typed 550 for 500\"

The host may be running: what waits for credits goes within seconds, the urgent ones first.

Exit code 1: there is no such clinic, or it has fewer credits than would be taken back.";

/// Show a clinic's credits: what is left, what was spent; or add some
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, args_conflicts_with_subcommands = true)]
pub(crate) struct Credits {
    #[command(subcommand)]
    change: Option<Change>,

    /// The clinic's `id`; all of the database without one
    clinic: Option<String>,

    /// How many entries of the ledger, the latest first
    #[arg(long, value_name = "N", default_value_t = 10)]
    entries: u32,

    #[command(flatten)]
    database: Database,

    /// How to answer
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: TextOrJson,
}

#[derive(Debug, Subcommand)]
enum Change {
    Add(Add),
}

/// Add credits; what waits for them goes
#[derive(Debug, Args)]
#[command(after_help = ADD_EXAMPLES)]
struct Add {
    /// How many; with a minus, some are taken back
    #[arg(allow_negative_numbers = true, value_parser = amount)]
    amount: Decimal,

    /// The clinic's `id`, where the database has several
    #[arg(long, value_name = "ID")]
    clinic: Option<String>,

    /// What the ledger says of it
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,

    #[command(flatten)]
    database: Database,
}

fn amount(text: &str) -> std::result::Result<Decimal, String> {
    match text.parse::<Decimal>() {
        Ok(amount) if amount.is_zero() => Err("adding nothing changes nothing".into()),
        Ok(amount) => Ok(amount),
        Err(_) => Err("write how many as a number, with a point: `500`, `12.5`".into()),
    }
}

/// The JSON contract.
#[derive(Serialize)]
struct Line<'a> {
    clinic: &'a str,
    credits: Option<CreditsLine>,
    month: String,
    spent: BTreeMap<&'static str, Decimal>,
    entries: Vec<Entry<'a>>,
}

#[derive(Serialize)]
struct Entry<'a> {
    at: String,
    posting: Posting,
    amount: Decimal,
    channel: Option<&'static str>,
    message: Option<String>,
    note: Option<&'a str>,
}

/// What is known of a clinic's credits.
struct Known {
    facility: FacilityId,
    zone: Zone,
    account: Option<Account>,
    month: NaiveDate,
    spent: BTreeMap<&'static str, Decimal>,
    ledger: Vec<Posted>,
}

impl Credits {
    pub(crate) async fn run(self) -> Result {
        if let Some(Change::Add(add)) = self.change {
            return add.run().await;
        }
        let summary = self.database.read().await?;
        let mut facilities = summary.clinics();
        if let Some(clinic) = &self.clinic {
            let clinic = FacilityId::new(clinic.as_str());
            summary.zone_of(&clinic)?;
            facilities.retain(|facility| *facility == clinic);
        }
        let mut all = Vec::new();
        for facility in facilities {
            all.push(known(&summary, facility, self.entries).await?);
        }
        let mut answer = Answer::new();
        match self.format {
            TextOrJson::Json => {
                for known in &all {
                    answer.json(&line(known))?;
                }
            }
            TextOrJson::Text if all.is_empty() => {
                answer.line("no clinic was served from this database yet")?;
            }
            TextOrJson::Text => {
                let told: Vec<String> = all.iter().map(told).collect();
                answer.line(told.join("\n\n"))?;
            }
        }
        answer.end()?;
        Ok(Exit::Done)
    }
}

impl Add {
    async fn run(self) -> Result {
        let summary = self.database.write().await?;
        let facility =
            match (&self.clinic, summary.clinics().as_slice()) {
                (Some(clinic), _) => FacilityId::new(clinic.as_str()),
                (None, [only]) => only.clone(),
                (None, _) => {
                    return Err(Failure::usage("the database has not just one clinic").help(
                        format!("name one with `--clinic ID`; it has {}", summary.names()),
                    ));
                }
            };
        summary.zone_of(&facility)?;
        let added = summary
            .store
            .add_credits(
                &facility,
                self.amount,
                self.note.as_deref(),
                SystemClock::default().now(),
            )
            .await?;
        let account = account_of(&summary, &facility).await?;
        let balance = account
            .as_ref()
            .map_or(Decimal::ZERO, |account| account.balance);
        let Some(freed) = added else {
            return Err(Failure::refused(format!(
                "`{facility}` has {} left, so nothing was changed",
                credits::amount(balance)
            ))
            .help("take back no more than is left"));
        };
        let mut told = format!("{facility}: {} left", credits::amount(balance));
        if freed > 0 {
            told.push_str(&format!(
                "; {} that waited may go, as far as the policies let them",
                count(freed, "message")
            ));
        }
        answer(told)?;
        if !account.is_some_and(|account| account.limited) {
            remark(
                "they are not counted yet: clinic.toml says so with `limited = true` in `[credits]`",
            );
        }
        Ok(Exit::Done)
    }
}

async fn account_of(summary: &Summary, facility: &FacilityId) -> Result<Option<Account>> {
    let accounts = summary.store.accounts().await?;
    Ok(accounts
        .into_iter()
        .find(|account| account.facility == *facility))
}

async fn known(summary: &Summary, facility: FacilityId, entries: u32) -> Result<Known> {
    let zone = summary.zone(&facility);
    let today = Civil::at(SystemClock::default().now(), zone).date();
    let month = today.with_day(1).unwrap_or(today);
    let next = month
        .checked_add_months(chrono::Months::new(1))
        .unwrap_or(month);
    let midnight =
        |date: NaiveDate| -> Instant { Civil(date.and_time(NaiveTime::MIN)).instant(zone) };
    let spent = summary
        .store
        .spent(&facility, (midnight(month), midnight(next)))
        .await?;
    Ok(Known {
        account: account_of(summary, &facility).await?,
        zone,
        month,
        spent: spent
            .into_iter()
            .map(|(channel, amount)| (channel.name(), amount.normalize()))
            .collect(),
        ledger: summary.store.ledger(&facility, entries).await?,
        facility,
    })
}

fn line(known: &Known) -> Line<'_> {
    Line {
        clinic: known.facility.as_str(),
        credits: known.account.as_ref().and_then(CreditsLine::of),
        month: known.month.format("%Y-%m").to_string(),
        spent: known.spent.clone(),
        entries: known
            .ledger
            .iter()
            .map(|entry| Entry {
                at: rfc3339(entry.at, known.zone),
                posting: entry.posting,
                amount: entry.amount.normalize(),
                channel: entry.channel.map(|channel| channel.name()),
                message: entry.message.map(|id| id.to_string()),
                note: entry.note.as_deref(),
            })
            .collect(),
    }
}

fn told(known: &Known) -> String {
    let (strong, end) = (style::STRONG, style::END);
    let account = known.account.as_ref().filter(|account| account.limited);
    let standing = account.map_or_else(|| "credits aren't limited".into(), credits::told);
    let mut told = format!("{strong}{}{end}: {standing}", known.facility);
    let month = known.month.format("%Y-%m");
    if known.spent.is_empty() {
        told.push_str(&format!("\nnothing spent in {month}"));
    } else {
        let by_channel: Vec<String> = known
            .spent
            .iter()
            .map(|(channel, amount)| format!("{channel} {amount}"))
            .collect();
        told.push_str(&format!("\nspent in {month}: {}", by_channel.join(", ")));
    }
    if known.ledger.is_empty() {
        return told;
    }
    let mut rows = table::plain(&["WHEN", "WHAT", "CREDITS", "CHANNEL", "MESSAGE OR NOTE"]);
    for entry in &known.ledger {
        let what = match entry.posting {
            Posting::Added if entry.amount.is_sign_negative() => "taken back",
            Posting::Added => "added",
            Posting::Reserved => "reserved",
            Posting::Spent => "spent",
            Posting::Returned => "given back",
        };
        let message = entry.message.map(|id| short(&id.to_string()).to_string());
        rows.add_row([
            clock(entry.at, known.zone).into(),
            what.into(),
            table::right(entry.amount.normalize()),
            entry.channel.map_or("", |channel| channel.name()).into(),
            comfy_table::Cell::new(message.or(entry.note.clone()).unwrap_or_default()),
        ]);
    }
    format!("{told}\n\n{}", table::written(&rows))
}
