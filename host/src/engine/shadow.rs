//! Policies in shadow: what each would have changed. Nothing here reaches a message.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use rappel_core::channel::ChannelKind;
use rappel_core::civil::Civil;
use rappel_core::decision::{Answer, Decision, Due, Origin, Planned, Verdict};
use rappel_core::event::EventFacts;
use rappel_core::facts::Visit;
use rappel_core::message::{MessageFacts, State};
use rappel_core::shadow::{self, Difference, Otherwise};
use rappel_core::store::{Claimed, Message};
use rappel_rules::InShadow;

use super::generation::Generation;
use super::judge::{Outcome, obey};
use super::plan::{Occasion, expires, key_of, key_of_planned, may_not_come_in_time};

/// What policies in shadow would have said of a due message, where `decision` is what the policies say of it
/// and `fate` what comes of that.
pub(super) fn in_shadow(
    rules: &Generation,
    claim: &Claimed,
    facts: &MessageFacts,
    decision: &Decision,
    fate: &Result<ChannelKind, Outcome>,
) -> Vec<shadow::Judged> {
    let mut policies = rules.checks_in_shadow().peekable();
    if policies.peek().is_none() {
        return Vec::new();
    }
    apart(|| {
        let is = otherwise(fate, facts, decision);
        let judged = policies.map(|policy| {
            let with_it = rules.check_in_shadow(policy, facts, &claim.visit, decision);
            let ask = |facts: &MessageFacts| {
                let decision = rules.check(facts, &claim.visit);
                rules.check_in_shadow(policy, facts, &claim.visit, &decision)
            };
            let (_, fate) = obey(&with_it, claim, facts, ask);
            let would = otherwise(&fate, facts, &with_it);
            let own = with_it
                .answers
                .into_iter()
                .find(|answer| answer.origin.policy == *policy);
            shadow::Judged {
                // One that has no `check` takes away what the one in whose place it is says.
                answer: own.unwrap_or_else(|| allows(policy)),
                otherwise: would.filter(|would| !is.as_ref().is_some_and(|is| is_alike(is, would))),
            }
        });
        judged.collect()
    })
}

/// Asks policies in shadow so that nothing that happens to them, a bug of Rappel's included, reaches a message.
fn apart<T: Default>(ask: impl FnOnce() -> T) -> T {
    catch_unwind(AssertUnwindSafe(ask)).unwrap_or_default()
}

fn allows(policy: &Arc<str>) -> Answer {
    Answer {
        origin: Origin {
            policy: policy.clone(),
            line: 0,
        },
        verdict: Verdict::Allow,
        read: Vec::new(),
    }
}

/// What comes of a message, in the words of what would be otherwise.
fn otherwise(
    fate: &Result<ChannelKind, Outcome>,
    facts: &MessageFacts,
    decision: &Decision,
) -> Option<Otherwise> {
    match fate {
        Ok(channel) if *channel == facts.channel => Some(Otherwise::Go),
        Ok(channel) => Some(Otherwise::Via {
            channel: *channel,
            reason: decision.deciding()?.verdict.reason()?.to_string(),
        }),
        Err(Outcome::Go(_)) => None,
        Err(Outcome::Stay {
            state,
            reason,
            due,
            fault,
            ..
        }) => {
            let reason = reason.clone();
            match (state, *fault, due) {
                (State::Held, true, _) => Some(Otherwise::Fault { reason }),
                (State::Held, false, Some(until)) => Some(Otherwise::Hold {
                    until: *until,
                    reason,
                }),
                (State::Expired, ..) => Some(Otherwise::Expire { reason }),
                _ => Some(Otherwise::Skip { reason }),
            }
        }
    }
}

/// Whether two lead to the same, whatever their reasons.
fn is_alike(one: &Otherwise, other: &Otherwise) -> bool {
    match (one, other) {
        (Otherwise::Hold { until: one, .. }, Otherwise::Hold { until: other, .. }) => one == other,
        (Otherwise::Via { channel: one, .. }, Otherwise::Via { channel: other, .. }) => {
            one == other
        }
        (one, other) => std::mem::discriminant(one) == std::mem::discriminant(other),
    }
}

/// What all policies want after an event with each in shadow in its place.
pub(super) struct Shadows(Vec<InShadow>);

impl Shadows {
    /// Asks them; `wanted` is what the policies want as they are.
    pub(super) fn plan(
        rules: &Generation,
        event: &EventFacts,
        visit: &Visit,
        wanted: &[Planned],
    ) -> Self {
        Self(apart(|| rules.plan_in_shadow(event, visit, wanted)))
    }

    /// The same without what isn't planned on such an occasion.
    pub(super) fn retain(mut self, is_planned: impl Fn(&Planned) -> bool) -> Self {
        for wanted in self.0.iter_mut().filter_map(|one| one.all.as_mut().ok()) {
            wanted.retain(&is_planned);
        }
        self
    }

    /// What would be planned otherwise than `wanted`, where these messages stand. Of what comes too late either
    /// way, and of the lists of a day, nothing is told.
    pub(super) fn differ(
        self,
        wanted: &[Planned],
        standing: &[Message],
        occasion: Occasion,
    ) -> Vec<shadow::Planned> {
        let told = self.0.into_iter().map(|one| shadow::Planned {
            policy: one.policy,
            differences: one
                .all
                .map(|all| differences(wanted, &all, standing, occasion)),
        });
        told.collect()
    }
}

fn differences(
    is: &[Planned],
    would: &[Planned],
    standing: &[Message],
    occasion: Occasion,
) -> Vec<Difference> {
    // What stands for the visit as it is would have been planned when its time was to come.
    let stands = |planned: &Planned| {
        standing.iter().any(|message| {
            key_of(message) == key_of_planned(planned)
                && message.visit_start == occasion.visit_start
        })
    };
    let in_time = |planned: &&Planned| !may_not_come_in_time(planned, occasion);
    let other = once(would).filter(in_time).filter_map(|planned| {
        let otherwise = match once(is).find(|other| is_same(planned, other)) {
            Some(other) if in_time(&other) => altered(other, planned, occasion)?,
            Some(_) if stands(planned) => return None,
            _ => Otherwise::Plan { due: time(planned) },
        };
        let line = planned.origin.line;
        Some(difference(planned, line, otherwise, occasion))
    });
    let left = once(is).filter(in_time).filter_map(|planned| {
        let line = match once(would).find(|other| is_same(planned, other)) {
            // It would come too late.
            Some(other) if !in_time(&other) && !stands(planned) => other.origin.line,
            Some(_) => return None,
            None => 0,
        };
        Some(difference(planned, line, Otherwise::Leave, occasion))
    });
    other.chain(left).collect()
}

/// Of several policies that want the same message, the first has it.
fn once(wanted: &[Planned]) -> impl Iterator<Item = &Planned> {
    let is_first = |place: usize, planned: &Planned| {
        !wanted
            .iter()
            .take(place)
            .any(|other| is_same(planned, other))
    };
    wanted
        .iter()
        .enumerate()
        .filter(move |(place, planned)| planned.lists.is_none() && is_first(*place, planned))
        .map(|(_, planned)| planned)
}

fn is_same(one: &Planned, other: &Planned) -> bool {
    key_of_planned(one) == key_of_planned(other)
}

fn altered(is: &Planned, would: &Planned, occasion: Occasion) -> Option<Otherwise> {
    if is.due != would.due {
        return Some(Otherwise::Move {
            from: time(is),
            due: time(would),
        });
    }
    let of = |planned: &Planned| (expires(planned, occasion), planned.confirmation_requested);
    (of(is) != of(would)).then_some(Otherwise::Alter)
}

fn time(planned: &Planned) -> Option<Civil> {
    match planned.due {
        Due::Now => None,
        Due::At(due) => Some(due),
    }
}

fn difference(
    planned: &Planned,
    line: u32,
    otherwise: Otherwise,
    occasion: Occasion,
) -> Difference {
    Difference {
        kind: planned.kind.clone(),
        channel: planned.channel,
        recipient: planned.recipient,
        line,
        due: time(planned).map_or(occasion.time, |due| due.instant(occasion.zone)),
        otherwise,
    }
}
