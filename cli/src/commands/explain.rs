//! `rappel explain`: one message's whole story, or what a diagnostic's code means.

use clap::Args;
use rappel_core::Store;
use rappel_core::diagnostic::{Code, codes};
use rappel_core::facts::Record;
use rappel_core::store::{Filter, Message, ReplyRecord};
use rappel_host::summary::StoryLine;

use super::database::{Database, Summary};
use crate::failure::{Exit, Failure, Result};
use crate::output::message::clock;
use crate::output::{TextOrJson, answer, answer_json, diagnostics, faults, story};

const EXAMPLES: &str = "\
Examples:
  rappel explain 019e2b04-1a00-7c4d     The beginning of an id is enough
  rappel explain 019e2b04 --format json
  rappel explain E0201                  What a code means

JSON: {\"version\": 1, \"message\": {…}, \"story\": [{\"at\", \"step\", …}]}; docs/json.md tells the properties.";

/// How many messages are named when the beginning of an id fits several.
const CANDIDATES: u32 = 10;

/// Tell one message's whole story: event, plan, verdicts, sending, receipts
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Explain {
    /// A message's id or its beginning; or the code of a diagnostic
    #[arg(value_name = "ID|CODE")]
    id: String,

    #[command(flatten)]
    database: Database,

    /// How to answer
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: TextOrJson,
}

impl Explain {
    pub(crate) async fn run(self) -> Result {
        if let Some(code) = code(&self.id) {
            return code_meaning(code, self.format);
        }
        if !self.id.chars().all(|c| c.is_ascii_hexdigit() || c == '-') {
            return Err(Failure::usage(format!("`{}` is neither a message's id nor a code", self.id))
                .help("ids are written in `0`-`9`, `a`-`f` and `-`, codes like `E0201`; `rappel messages` lists messages"));
        }
        let summary = self.database.read().await?;
        let filter = Filter {
            id: Some(self.id.clone()),
            limit: Some(CANDIDATES + 1),
            ..Filter::default()
        };
        let found = summary.store.messages(&filter).await?;
        let message = match found.as_slice() {
            [message] => message,
            [] => {
                return Err(Failure::refused(format!("there is no message whose id begins with `{}`", self.id))
                    .help("`rappel messages` lists messages with their ids; `--database PATH` names another database"));
            }
            several => return Err(ambiguous(&self.id, several, &summary)),
        };
        let entries = summary.store.story(&message.facility, message.id).await?;
        let zone = summary.zone(&message.facility);
        match self.format {
            TextOrJson::Text => {
                let mut told = story::told(message, &entries, zone);
                if let Some(unread) = story::unread(&unclear(&summary, message).await?, zone) {
                    told.push_str(&unread);
                }
                answer(told)?;
            }
            TextOrJson::Json => answer_json(&StoryLine::of(message, &entries, zone))?,
        }
        if let Some(appointment) = &message.appointment {
            let unplanned = summary.store.unplanned(Some(&message.facility)).await?;
            let missing: Vec<_> = unplanned
                .into_iter()
                .filter(|event| {
                    event.kind.subject() == Record::Appointment
                        && event.subject == appointment.as_str()
                })
                .collect();
            faults::missing(&missing);
        }
        Ok(Exit::Done)
    }
}

/// The answers to a message that can't be read.
async fn unclear(summary: &Summary, message: &Message) -> Result<Vec<ReplyRecord>> {
    let (facility, since) = (&message.facility, message.created);
    let mut replies = summary.store.replies(facility, since, u32::MAX).await?;
    replies
        .retain(|reply| reply.message == Some(message.id) && reply.reading == ReplyRecord::UNCLEAR);
    Ok(replies)
}

fn ambiguous(id: &str, several: &[Message], summary: &Summary) -> Failure {
    let mut list = String::new();
    for message in several.iter().take(CANDIDATES as usize) {
        let due = clock(message.due, summary.zone(&message.facility));
        let (kind, channel, state) = (&message.kind, message.channel, message.state);
        list.push_str(&format!(
            "\n{}  {due}  {kind} by {channel}, {state}",
            message.id
        ));
    }
    if several.len() > CANDIDATES as usize {
        list.push_str("\n… and more");
    }
    Failure::refused(format!(
        "several messages have an id that begins with `{id}`"
    ))
    .help(format!("give more of the id of the one you mean:{list}"))
}

/// The code of that name.
fn code(name: &str) -> Option<Code> {
    codes::ALL
        .iter()
        .copied()
        .find(|code| code.id.eq_ignore_ascii_case(name))
}

fn code_meaning(code: Code, format: TextOrJson) -> Result {
    let severity = if code.severity() == rappel_core::Severity::Error {
        "an error: it can't go live"
    } else {
        "a warning: it goes live, and is probably not what was meant"
    };
    match format {
        TextOrJson::Text => answer(format_args!(
            "{} ({severity})\n{}.\n\n{}",
            code.id,
            code.title,
            code.page().text(diagnostics::sentence_width()).trim_end()
        ))?,
        TextOrJson::Json => {
            let page = code.page();
            // A page's file is wrapped.
            let line = |paragraph: &str| paragraph.replace('\n', " ");
            answer_json(&serde_json::json!({
                "code": code.id, "severity": code.severity(), "title": code.title,
                "meaning": line(page.meaning), "reason": line(page.reason), "remedy": line(page.remedy),
            }))?;
        }
    }
    Ok(Exit::Done)
}
