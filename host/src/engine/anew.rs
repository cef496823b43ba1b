//! Planning anew: what other rules make of the messages that stand.

use rappel_core::decision::{Due, Planned};
use rappel_core::message::State;
use rappel_core::store::{Change, Message};

use super::plan::{Occasion, key_of, key_of_planned, may_not_come_in_time};

/// Why a message goes that the new rules don't plan.
const NOT_WANTED: &str = "the rules changed, and no policy wants it any more";

/// Whether a wanted message may be planned by a change of rules: what answers an event was answered.
pub(super) fn is_no_answer(planned: &Planned) -> bool {
    planned.due != Due::Now
}

/// Takes out of an event's changes what a change of rules alone must not do, and tells how many messages
/// are left as they are because their new time is past: one that stands keeps its old time, because new
/// rules must take a reminder from nobody who was to get one, and none is added.
pub(super) fn keep_to_what_rules_may_change(
    changes: &mut Vec<Change>,
    wanted: &[Planned],
    standing: &[Message],
    occasion: Occasion,
) -> u64 {
    let late: Vec<_> = wanted
        .iter()
        .filter(|planned| may_not_come_in_time(planned, occasion))
        .map(key_of_planned)
        .collect();
    let mut left = 0;
    changes.retain_mut(|change| {
        let key = match change {
            Change::Add(new) => (&new.kind, new.channel, new.recipient),
            Change::Move { id, .. } | Change::Withdraw { id, .. } | Change::Keep { id, .. } => {
                let Some(message) = standing.iter().find(|message| message.id == *id) else {
                    return false;
                };
                // A person decides what becomes of it, or an event that it answers.
                if message.notice || message.approval.is_some() {
                    return false;
                }
                key_of(message)
            }
        };
        if late.contains(&key) {
            left += 1;
            return false;
        }
        if let Change::Add(new) = change
            && standing.iter().any(|message| {
                (&message.kind, message.recipient) == (&new.kind, new.recipient)
                    && message.visit_start == occasion.visit_start
                    && has_gone(message.state)
            })
        {
            // It was told by another channel.
            return false;
        }
        if let Change::Withdraw { reason, .. } = change {
            *reason = NOT_WANTED.into();
        }
        true
    });
    left
}

fn has_gone(state: State) -> bool {
    matches!(
        state,
        State::Sending | State::Sent | State::Delivered | State::Unknown
    )
}
