//! `rappel simulate`: what a clinic would send for an agenda, on a virtual clock.

use std::path::PathBuf;

use clap::Args;
use rappel_core::Store;
use rappel_core::store::Message;
use rappel_core::tally::{By, Tallies};
use rappel_host::serve::faults_of;
use rappel_host::simulate::{Window, simulate};
use rappel_host::summary::MessageLine;

use crate::args::Time;
use crate::clinic;
use crate::events;
use crate::failure::{Exit, Result};
use crate::output::list::List;
use crate::output::{Answer, ListFormat, counts, faults, progress, remark, shadow, summary, table};

/// How many messages that a policy in shadow would have changed are listed.
const SHADOW: u32 = 50;

const EXAMPLES: &str = "\
Examples:
  rappel simulate clinic --events agenda.jsonl
  rappel simulate clinic --events agenda.jsonl --until 2026-06-03T09:00
  rappel simulate clinic --events agenda.jsonl --count kind,state
  rappel import agenda.csv --map map.toml | rappel simulate clinic --events - --format csv

The clock begins at the first event and ends when nothing is due any more. Nothing leaves: every
gateway takes every message. Everything else is decided as the host decides it.

JSON: an object a line, the earliest due first; docs/json.md tells its properties. The summary is on
standard error then.

Exit code 1: an event can't be read or applied, or a policy failed; the rest is simulated all the
same.";

/// Show what would be sent for an agenda: every message, when, why, at what cost
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Simulate {
    /// The clinic's folder
    clinic: PathBuf,

    /// CloudEvents, one a line; `-` is standard input
    #[arg(long, value_name = "FILE")]
    events: PathBuf,

    /// Leave out messages due before this time; events before it still count
    #[arg(long, value_name = "TIME")]
    from: Option<Time>,

    /// Stop the clock at this time
    #[arg(long, value_name = "TIME")]
    until: Option<Time>,

    /// Count the messages instead of listing them, by any of day, kind, channel, state in any order
    #[arg(long, value_name = "BY", value_delimiter = ',')]
    count: Vec<By>,

    /// How to answer
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    format: ListFormat,
}

impl Simulate {
    pub(crate) async fn run(self) -> Result {
        let clinic = clinic::load(&self.clinic)?;
        let zone = clinic.rules.settings().zone;
        let mut read = events::read(&self.events)?;
        let window = Window {
            from: self.from.map(|time| time.instant(zone)),
            until: self.until.map(|time| time.instant(zone)),
        };
        let playing = std::mem::take(&mut read.events);
        let bar = progress::bar(playing.len() as u64, "events");
        let mut simulation = simulate(clinic.rules, playing, window, &|played| {
            bar.set_position(played as u64)
        })
        .await?;
        bar.finish_and_clear();
        // Of those due at the same moment, what belongs together stands together.
        simulation.messages.sort_by(|one, other| {
            let place = |m: &Message| (m.due, m.appointment.clone(), m.kind.clone(), m.channel);
            place(one).cmp(&place(other))
        });

        let messages = &simulation.messages;
        let mut events = summary::Events::default();
        events.add(&simulation.events, read.slips.len());
        let shadows = simulation.store.shadows(None).await?;
        let told = format!("{events}\n{}", summary::messages(messages));
        match self.format {
            format if !self.count.is_empty() => {
                let mut tallies = Tallies::new(&self.count);
                messages.iter().for_each(|message| tallies.add(message));
                counts::write(&self.count, &tallies.into_tallies(), format)?;
            }
            ListFormat::Table => {
                let mut answer = Answer::new();
                if !messages.is_empty() {
                    answer.line(format_args!(
                        "{}\n",
                        table::written(&table::simulated(messages, zone))
                    ))?;
                }
                answer.line(&told)?;
                for asked in &shadows {
                    let store = &simulation.store;
                    let recorded = store.shadow(&asked.facility, &asked.policy, SHADOW).await?;
                    let told = shadow::whole(asked, &recorded, zone);
                    answer.line(format_args!("\n{told}"))?;
                }
                answer.end()?;
            }
            format => {
                let mut list = List::new(format == ListFormat::Json);
                for message in messages {
                    list.add(&MessageLine::of(message, zone))?;
                }
                list.end()?;
            }
        }
        if !self.count.is_empty() {
            remark(events);
        } else if self.format != ListFormat::Table {
            remark(told);
        }
        if !self.count.is_empty() || self.format != ListFormat::Table {
            for asked in &shadows {
                remark(shadow::told(asked, zone));
            }
        }
        let slips = read.complain(&self.events, &simulation.events);
        let faults = faults_of(&simulation.events);
        faults::failed_to_plan(&faults, "what it wants is missing above");
        let unjudged = simulation.faults.iter();
        let unjudged = unjudged.map(|(fault, messages)| (fault.clone(), messages.len() as u64));
        faults::failed_to_judge(&unjudged.collect());
        let failed = !faults.is_empty() || !simulation.faults.is_empty();
        Ok(if failed || slips {
            Exit::Refused
        } else {
            Exit::Done
        })
    }
}
