//! Policies in shadow: what each would have changed. Nothing here reaches a message.

use rappel_core::civil::Civil;
use rappel_core::decision::{Decision, Due, Planned, Verdict};
use rappel_core::event::EventFacts;
use rappel_core::facts::Visit;
use rappel_core::message::MessageFacts;
use rappel_core::shadow::{self, Difference, Otherwise};
use rappel_rules::InShadow;

use super::generation::Generation;
use super::plan::{Occasion, key_of_planned, may_not_come_in_time};

/// What policies in shadow would have said of a due message.
pub(super) fn in_shadow(
    rules: &Generation,
    message: &MessageFacts,
    visit: &Visit,
    decision: &Decision,
) -> Vec<shadow::Judged> {
    let judged = rules.check_in_shadow(message, visit, decision);
    let told = judged.into_iter().map(|(mut answer, with_it)| {
        answer.read.clear();
        let (is, would) = (verdict(decision), verdict(&with_it));
        shadow::Judged {
            answer,
            otherwise: (!leads_to_the_same(is, would)).then(|| would.clone().into()),
        }
    });
    told.collect()
}

fn verdict(decision: &Decision) -> &Verdict {
    decision
        .deciding()
        .map_or(&Verdict::Allow, |answer| &answer.verdict)
}

/// Whether two verdicts lead to the same, whatever their reasons.
fn leads_to_the_same(one: &Verdict, other: &Verdict) -> bool {
    match (one, other) {
        (Verdict::Hold { until: one, .. }, Verdict::Hold { until: other, .. }) => one == other,
        (Verdict::Via { channel: one, .. }, Verdict::Via { channel: other, .. }) => one == other,
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
        Self(rules.plan_in_shadow(event, visit, wanted))
    }

    /// The same without what isn't planned on such an occasion.
    pub(super) fn retain(mut self, is_planned: impl Fn(&Planned) -> bool) -> Self {
        for wanted in self.0.iter_mut().filter_map(|one| one.all.as_mut().ok()) {
            wanted.retain(&is_planned);
        }
        self
    }

    /// What would be planned otherwise than `wanted`. Of what comes too late nothing is told.
    pub(super) fn differ(self, wanted: &[Planned], occasion: Occasion) -> Vec<shadow::Planned> {
        let told = self.0.into_iter().map(|one| shadow::Planned {
            policy: one.policy,
            differences: one.all.map(|all| differences(wanted, &all, occasion)),
        });
        told.collect()
    }
}

fn differences(is: &[Planned], would: &[Planned], occasion: Occasion) -> Vec<Difference> {
    let counts = |planned: &&Planned| !may_not_come_in_time(planned, occasion);
    let other = once(would).filter(counts).filter_map(|planned| {
        let otherwise = match once(is).find(|other| is_same(planned, other)) {
            Some(other) => altered(other, planned, occasion)?,
            None => Otherwise::Plan { due: time(planned) },
        };
        Some(difference(
            planned,
            planned.origin.line,
            otherwise,
            occasion,
        ))
    });
    let left = once(is)
        .filter(counts)
        .filter(|planned| !would.iter().any(|other| is_same(planned, other)))
        .map(|planned| difference(planned, 0, Otherwise::Leave, occasion));
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
        .filter(move |(place, planned)| is_first(*place, planned))
        .map(|(_, planned)| planned)
}

fn is_same(one: &Planned, other: &Planned) -> bool {
    key_of_planned(one) == key_of_planned(other) && one.lists == other.lists
}

fn altered(is: &Planned, would: &Planned, occasion: Occasion) -> Option<Otherwise> {
    if may_not_come_in_time(is, occasion) {
        return None;
    }
    if is.due != would.due {
        return Some(Otherwise::Move {
            from: time(is),
            due: time(would),
        });
    }
    let other =
        (is.expires, is.confirmation_requested) != (would.expires, would.confirmation_requested);
    other.then_some(Otherwise::Alter)
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
