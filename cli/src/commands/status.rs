//! `rappel status`: which rules serve, what is wrong with newer ones, what needed a person, how many messages
//! are in each state.

use clap::Args;
use comfy_table::Cell;
use rappel_core::State;
use rappel_core::alarm::AlarmRecord;
use rappel_core::civil::Instant;
use rappel_core::store::{Absent, Account, Count, CreditLevel, GenerationRecord};
use rappel_host::serve::{self, status};
use rappel_host::store::SqliteStore;
use rappel_host::summary::{StatusLine, alarms, faults};

use super::database::{Database, Summary};
use crate::failure::{Exit, Result};
use crate::output::message::{clock, count, short};
use crate::output::{TextOrJson, answer, answer_json, change, credits, shadow, style, table};

const EXAMPLES: &str = "\
Examples:
  rappel status
  rappel status --format json

Exit code 1: the files of a clinic can't serve as they are, so older rules go on or it isn't served;
or a policy failed to plan, and events wait for it to be mended; or the brake stopped new files, and
messages wait for `rappel approve`; or a clinic is out of credits, and messages wait for more.
Whether a host runs at all changes nothing about it.";

/// Show the rules that serve, what needed a person, the queue and the credits
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Status {
    #[command(flatten)]
    database: Database,

    /// How to answer
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: TextOrJson,
}

impl Status {
    pub(crate) async fn run(self) -> Result {
        let summary = self.database.read().await?;
        let status = status(&summary.store).await?;
        let running = SqliteStore::is_served(&summary.path);
        match self.format {
            TextOrJson::Json => answer_json(&StatusLine::of(&status, running))?,
            TextOrJson::Text => {
                let mut parts = vec![host(&summary, running, status.begun)];
                parts.extend(told(&summary, &status));
                let absent = status.absent.iter();
                parts.extend(absent.map(|absent| missing(&summary, absent)));
                answer(parts.join("\n\n"))?;
            }
        }
        let clinics = status.generations.iter();
        let in_order = clinics
            .clone()
            .all(|record| record.served && record.refused.is_none())
            && status.unplanned.is_empty()
            && status.absent.is_empty()
            && status.braked.iter().all(|braked| braked.rejected)
            && status
                .accounts
                .iter()
                .all(|account| account.level != CreditLevel::Out);
        Ok(if in_order { Exit::Done } else { Exit::Refused })
    }
}

fn told(summary: &Summary, status: &serve::Status) -> Vec<String> {
    let mut parts = Vec::new();
    for record in &status.generations {
        let since = clock(record.since, summary.zone(&record.facility));
        let (strong, error, end) = (style::STRONG, style::ERROR, style::END);
        let mut part = format!(
            "{strong}{}{end}: generation {} since {since}",
            record.facility, record.id
        );
        // That nothing was changed is no news.
        let effect = status.effects.get(&record.facility);
        if let Some(effect) = effect.filter(|effect| !effect.is_nothing()) {
            part.push_str(&format!(
                "\nstanding messages when it came: {}",
                change::effect(effect)
            ));
            if let Some(late) = change::late(effect) {
                part.push_str(&format!("; {late}"));
            }
        }
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
        let braked = status.braked.iter();
        for braked in braked.filter(|one| one.facility == record.facility && !one.rejected) {
            let reason = braked.to_string();
            // Where its files are still there, it is told why they don't serve.
            if record.refused.as_ref() != Some(&reason) {
                part.push_str(&format!("\n{error}{reason}{end}"));
            }
        }
        for (fault, events) in faults(&status.unplanned, &record.facility) {
            let events = count(events, "event");
            part.push_str(&format!(
                "\n{error}{fault}{end}\n  it failed on {events}; what it wants is planned when it is mended"
            ));
        }
        let shadows = status.shadows.iter();
        for asked in shadows.filter(|asked| asked.facility == record.facility) {
            part.push_str(&format!("\n{}", shadow::told(asked, record.zone)));
        }
        if let Some(account) = account_of(&status.accounts, record) {
            part.push_str(&format!("\n{}", credits::told(account)));
        }
        let alarms: Vec<_> = alarms(&status.alarms, &record.facility).collect();
        if !alarms.is_empty() {
            part.push_str("\n\n");
            part.push_str(&table::written(&needed(&alarms, record)));
        }
        let counts: Vec<_> = status
            .counts
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

/// What needed a person, a row each, with the e-mail that tells it.
fn needed(alarms: &[&AlarmRecord], record: &GenerationRecord) -> comfy_table::Table {
    let mut rows = table::plain(&["SINCE", "LAST", "TIMES", "TOLD BY", "WHAT NEEDED A PERSON"]);
    for AlarmRecord {
        alarm,
        first,
        last,
        count,
        told,
        ..
    } in alarms.iter().copied()
    {
        let parts = [
            alarm.kind.name().replace('_', " "),
            alarm.subject.clone(),
            alarm
                .channel
                .map(|c| c.name().to_string())
                .unwrap_or_default(),
        ];
        let mut what = parts.join(" ").trim_end().to_string();
        if !alarm.reason.is_empty() {
            what.push_str(&format!(": {}", alarm.reason));
        }
        let told = match told {
            Some(message) => short(&message.to_string()).to_string(),
            None => "not yet".into(),
        };
        rows.add_row([
            Cell::new(clock(*first, record.zone)),
            Cell::new(clock(*last, record.zone)),
            table::number(*count),
            Cell::new(told),
            Cell::new(what),
        ]);
    }
    rows
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
