//! `rappel diff`: what a clinic's files would do to the messages that stand, before they serve.

mod text;

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;
use rappel_core::Store;
use rappel_core::channel::ChannelKind;
use rappel_core::civil::{Civil, Instant};
use rappel_core::store::{ChangedFile, EffectCounts, KeptFolder};
use rappel_host::clock::{Clock, SystemClock};
use rappel_host::engine::{Effect, Generation, Touch, Touched, Words, effect};
use rappel_host::folder::read_folder;
use rappel_host::reload::changed;
use serde::Serialize;

use super::database::{Database, Summary};
use crate::args::Time;
use crate::clinic::{self, LoadedClinic};
use crate::failure::{Exit, Failure, Result};
use crate::output::{TextOrJson, answer, answer_json};

/// How many appointments are looked at at once: no more are held in memory.
const AT_ONCE: usize = 100;

const EXAMPLES: &str = "\
Examples:
  rappel diff clinic                        What saving would do
  rappel diff clinic --examples 20 --texts  More messages, and what is said otherwise
  rappel diff clinic --format json

It works out what the host does when these files take the place of those that serve: each open
appointment is planned by both. Nothing is changed. A host reloads the folder that it serves as soon
as a file is saved, so ask about a copy of it.

JSON: {\"version\", \"clinic\", \"from\", \"to\", \"files\", \"effect\", \"totals\", \"examples\"}; docs/json.md
tells them.

Exit code 1: the files can't serve, or the database has no such clinic. A difference is 0.";

/// Show what a clinic's files would do to the messages that stand, before they serve
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Diff {
    /// The clinic's folder
    clinic: PathBuf,

    #[command(flatten)]
    database: Database,

    /// How many messages are shown of each kind of change
    #[arg(long, value_name = "N", default_value_t = 3)]
    examples: usize,

    /// Show what reworded messages say, before and after. These are texts to patients
    #[arg(long)]
    texts: bool,

    /// As if it were this time, for a database of the past or of a demonstration
    #[arg(long, value_name = "TIME")]
    at: Option<Time>,

    /// How to answer
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: TextOrJson,
}

/// What would be done, as it is told.
#[derive(Serialize)]
struct Told<'t> {
    version: u32,
    clinic: &'t str,
    from: &'t str,
    to: &'t str,
    files: Vec<ChangedFile>,
    effect: EffectCounts,
    totals: Vec<Total>,
    examples: Vec<Example>,
}

/// How many messages of a kind and channel are changed in one way.
#[derive(Serialize)]
struct Total {
    change: &'static str,
    kind: String,
    channel: ChannelKind,
    messages: u64,
}

/// A message that is changed.
#[derive(Serialize)]
struct Example {
    change: &'static str,
    appointment: String,
    message: Option<String>,
    kind: String,
    channel: ChannelKind,
    recipient: &'static str,
    from: Option<Civil>,
    to: Option<Civil>,
    reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    texts: Option<Texts>,
}

/// What a message says by the rules before and after; `null` where it can't be written.
#[derive(Serialize)]
struct Texts {
    before: Option<String>,
    after: Option<String>,
}

impl Diff {
    pub(crate) async fn run(self) -> Result {
        let loaded = clinic::load(&self.clinic)?;
        let summary = self.database.read().await?;
        let facility = &loaded.rules.settings().id;
        summary.zone_of(facility)?;
        let kept = summary.store.kept_folders().await?;
        let kept = kept.iter().find(|kept| kept.facility == *facility);
        let (Some(kept), Some(serving)) = (kept, kept.and_then(clinic::of_kept)) else {
            return Err(Failure::refused(format!(
                "the database has no rules of `{facility}` that can be compared with"
            ))
            .help("`rappel serve` keeps them when it serves a clinic"));
        };
        let now = match self.at {
            Some(time) => time.instant(loaded.rules.settings().zone),
            None => SystemClock::default().now(),
        };
        let effect = worked_out(&summary, &serving, &loaded, now).await?;
        let told = Told {
            version: rappel_host::summary::VERSION,
            clinic: facility.as_str(),
            from: serving.id(),
            to: loaded.rules.id(),
            files: files(kept, &loaded)?,
            effect: effect.counts(),
            totals: totals(&effect),
            examples: self.examples(&effect),
        };
        match self.format {
            TextOrJson::Json => answer_json(&told)?,
            TextOrJson::Text => answer(text::told(&told, &effect.faults, self.texts))?,
        }
        Ok(Exit::Done)
    }

    /// The first messages of each kind of change.
    fn examples(&self, effect: &Effect) -> Vec<Example> {
        let mut shown: BTreeMap<&str, usize> = BTreeMap::new();
        let mut few: Vec<&Touched> = effect
            .touched
            .iter()
            .filter(|touched| {
                let shown = shown.entry(name(&touched.touch)).or_default();
                *shown += 1;
                *shown <= self.examples
            })
            .collect();
        few.sort_by_key(|touched| order(&touched.touch));
        few.into_iter()
            .map(|touched| example(touched, self.texts))
            .collect()
    }
}

/// What the folder would do to what stands.
async fn worked_out(
    summary: &Summary,
    serving: &Generation,
    loaded: &LoadedClinic,
    now: Instant,
) -> Result<Effect> {
    let settings = loaded.rules.settings();
    let today = Civil::at(now, settings.zone);
    let store = &summary.store;
    let concerned = store
        .planned_otherwise(&settings.id, loaded.rules.id(), today)
        .await?;
    let mut all = Effect::default();
    for batch in concerned.chunks(AT_ONCE) {
        let standing = store.standing(&settings.id, batch).await?;
        all.take(effect(Some(serving), &loaded.rules, &standing, now));
    }
    Ok(all)
}

/// The clinic's own files that are other than those that serve.
fn files(kept: &KeptFolder, loaded: &LoadedClinic) -> Result<Vec<ChangedFile>> {
    let own = read_folder(&loaded.folder).map_err(|_| {
        Failure::environment(format!(
            "{} changed while it was read",
            loaded.folder.display()
        ))
        .help("try again")
    })?;
    Ok(changed(Some(kept), &own, &loaded.folder))
}

fn totals(effect: &Effect) -> Vec<Total> {
    let mut counts: BTreeMap<_, u64> = BTreeMap::new();
    for touched in &effect.touched {
        let key = (
            order(&touched.touch),
            name(&touched.touch),
            touched.kind.as_str(),
            touched.channel,
        );
        *counts.entry(key).or_default() += 1;
    }
    counts
        .into_iter()
        .map(|((_, change, kind, channel), messages)| Total {
            change,
            kind: kind.to_string(),
            channel,
            messages,
        })
        .collect()
}

fn example(touched: &Touched, texts: bool) -> Example {
    let (from, to, reason) = match &touched.touch {
        Touch::Moved { from, to } => (Some(*from), Some(*to), None),
        Touch::Withdrawn { due } => (Some(*due), None, None),
        Touch::Added { due } => (None, Some(*due), None),
        Touch::Reworded { .. } => (None, None, None),
        Touch::Held { fault } => (None, None, Some(fault.to_string())),
    };
    let texts = match &touched.touch {
        Touch::Reworded { before, after } if texts => Some(Texts {
            before: said(before),
            after: said(after),
        }),
        _ => None,
    };
    Example {
        change: name(&touched.touch),
        appointment: touched.appointment.to_string(),
        message: touched.message.map(|id| id.to_string()),
        kind: touched.kind.to_string(),
        channel: touched.channel,
        recipient: touched.recipient.name(),
        from,
        to,
        reason,
        texts,
    }
}

/// A message's words, the subject of an e-mail first.
fn said(words: &Words) -> Option<String> {
    let words = words.as_ref()?;
    let subject = words.subject.as_ref();
    let subject = subject.map(|subject| format!("{subject}\n\n"));
    Some(format!(
        "{}{}",
        subject.unwrap_or_default(),
        words.text.trim_end()
    ))
}

fn name(touch: &Touch) -> &'static str {
    match touch {
        Touch::Moved { .. } => "moved",
        Touch::Withdrawn { .. } => "withdrawn",
        Touch::Added { .. } => "added",
        Touch::Reworded { .. } => "reworded",
        Touch::Held { .. } => "held",
    }
}

/// The order in which changes are told.
fn order(touch: &Touch) -> u8 {
    match touch {
        Touch::Moved { .. } => 0,
        Touch::Withdrawn { .. } => 1,
        Touch::Added { .. } => 2,
        Touch::Reworded { .. } => 3,
        Touch::Held { .. } => 4,
    }
}
