//! `plan(event, visit, settings)`: which messages should exist after an event.

use std::sync::Arc;

use rappel_core::decision::{Origin, Planned, PolicyFault, Read};
use rappel_core::event::EventFacts;
use rappel_core::facts::Visit;
use rappel_core::settings::Settings;
use rhai::Dynamic;

use super::{PLAN, Policy, SANDBOX};
use crate::facts::{Facts, Reads, View};
use crate::functions::Draft;
use crate::sandbox::{Arguments, Fault, Hook, follow};

/// How a policy came to what it wants after an event.
#[derive(Clone, Debug, PartialEq)]
pub struct Planning {
    /// Which policy, and the line that it came to last.
    pub origin: Origin,
    /// What it wants, or why it failed.
    pub wanted: Result<Vec<Planned>, PolicyFault>,
    /// The facts it looked at.
    pub read: Vec<Read>,
}

/// Asks every policy that has a `plan`.
pub(crate) fn plan<'p>(
    policies: impl IntoIterator<Item = &'p Policy>,
    event: &EventFacts,
    visit: &Visit,
    settings: &Arc<Settings>,
) -> (Vec<Planned>, Vec<PolicyFault>) {
    let (mut wanted, mut faults) = (Vec::new(), Vec::new());
    for (_, messages) in asked(policies, &facts(event, visit, settings)) {
        match messages {
            Ok(messages) => wanted.extend(messages),
            Err(fault) => faults.push(fault),
        }
    }
    (wanted, faults)
}

/// The same, and how each came to it. That takes longer: a copy of each policy is read.
pub(crate) fn plannings<'p>(
    policies: impl IntoIterator<Item = &'p Policy>,
    event: &EventFacts,
    visit: &Visit,
    settings: &Arc<Settings>,
) -> Vec<Planning> {
    let facts = facts(event, visit, settings);
    let policies = policies.into_iter().filter(|policy| policy.plan.is_some());
    let planning = |policy: &Policy| {
        let traced = policy.traced();
        let (asking, places) = traced.as_ref().map_or((policy, &[][..]), |traced| {
            (&traced.policy, &*traced.places)
        });
        let (wanted, left) = follow(|| asked([asking], &facts).next());
        let last = left.last().and_then(|number| places.get(*number));
        Some(Planning {
            origin: Origin {
                policy: policy.name.clone(),
                line: last.map_or(0, |place| place.line),
            },
            wanted: wanted?.1,
            read: facts.take_reads(),
        })
    };
    policies.filter_map(planning).collect()
}

fn facts(event: &EventFacts, visit: &Visit, settings: &Arc<Settings>) -> Arc<Facts> {
    Arc::new(Facts {
        event: Some(event.clone()),
        message: None,
        visit: visit.clone(),
        settings: settings.clone(),
        reads: Reads::default(),
    })
}

/// Asks one policy after the other.
fn asked<'p>(
    policies: impl IntoIterator<Item = &'p Policy>,
    facts: &Arc<Facts>,
) -> impl Iterator<Item = (&'p Policy, Result<Vec<Planned>, PolicyFault>)> {
    let mut arguments = Arguments::new(|| {
        let [first, visit, settings] = PLAN;
        [
            (first, View::Event.open(facts)),
            (visit, View::Visit.open(facts)),
            (settings, View::Settings.open(facts)),
        ]
    });
    policies.into_iter().filter_map(move |policy| {
        let hook = policy.plan.as_ref()?;
        let messages = SANDBOX
            .run(hook, &mut arguments)
            .and_then(|value| drafts(value, hook))
            .and_then(|drafts| planned(drafts, policy));
        let wanted = messages.map_err(|Fault { line, reason }| PolicyFault {
            origin: Origin {
                policy: policy.name.clone(),
                line,
            },
            reason,
        });
        Some((policy, wanted))
    })
}

fn drafts(value: Dynamic, hook: &Hook) -> Result<Vec<Draft>, Fault> {
    let no_list = || Fault {
        line: hook.line(),
        reason: "`plan` gave no list of messages; end it with one, `[]` where there are none"
            .into(),
    };
    let value = match value.try_cast_result::<Draft>() {
        Ok(draft) => return Ok(vec![draft]),
        Err(value) => value,
    };
    let list = value.into_array().map_err(|_| no_list())?;
    list.into_iter()
        .map(|entry| entry.try_cast().ok_or_else(no_list))
        .collect()
}

fn planned(drafts: Vec<Draft>, policy: &Policy) -> Result<Vec<Planned>, Fault> {
    let whole = |draft: Draft| {
        let line = draft.line;
        draft.planned(&policy.name).ok_or_else(|| Fault {
            line,
            reason: "the message has no time: add .at(…) or .now()".into(),
        })
    };
    drafts.into_iter().map(whole).collect()
}
