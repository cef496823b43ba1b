//! A message: its story, and what would let it go.

use rappel_core::Store;
use rappel_core::store::{Message, ReplyRecord};
use rappel_host::summary::{StoryLine, WhyLine};
use rappel_host::why::why_not;

use super::super::database::Summary;
use crate::failure::{Exit, Failure, Result};
use crate::output::message::clock;
use crate::output::{TextOrJson, answer, answer_json, story, why};

/// How many messages are named when the beginning of an id fits several.
pub(super) const CANDIDATES: u32 = 10;

pub(super) async fn told(message: &Message, summary: &Summary, format: TextOrJson) -> Result {
    let entries = summary.store.story(&message.facility, message.id).await?;
    let zone = summary.zone(&message.facility);
    let why = match super::rules(summary, &message.facility).await? {
        Some(rules) => why_not(&summary.store, &rules, message, &entries).await?,
        None => None,
    };
    match format {
        TextOrJson::Text => {
            let mut told = story::told(message, &entries, zone);
            if let Some(why) = &why {
                told.push_str(&why::of_message(message, why));
            }
            if let Some(unread) = story::unread(&unclear(summary, message).await?, zone) {
                told.push_str(&unread);
            }
            answer(told)?;
        }
        TextOrJson::Json => answer_json(&StoryLine {
            why: why.as_ref().map(WhyLine::of),
            ..StoryLine::of(message, &entries, zone)
        })?,
    }
    if let Some(appointment) = &message.appointment {
        super::tell_missing(summary, &message.facility, appointment).await?;
    }
    Ok(Exit::Done)
}

/// The answers to a message that can't be read.
async fn unclear(summary: &Summary, message: &Message) -> Result<Vec<ReplyRecord>> {
    let (facility, since) = (&message.facility, message.created);
    let mut replies = summary.store.replies(facility, since, u32::MAX).await?;
    replies
        .retain(|reply| reply.message == Some(message.id) && reply.reading == ReplyRecord::UNCLEAR);
    Ok(replies)
}

pub(super) fn ambiguous(id: &str, several: &[Message], summary: &Summary) -> Failure {
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
