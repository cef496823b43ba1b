//! `plan(event, visit, settings)`: which messages should exist after an event.

use std::sync::Arc;

use rappel_core::decision::{Origin, Planned, PolicyFault};
use rappel_core::event::EventFacts;
use rappel_core::facts::Visit;
use rappel_core::settings::Settings;
use rhai::Dynamic;

use super::{PLAN, Policy, SANDBOX};
use crate::facts::{Facts, View};
use crate::functions::Draft;
use crate::sandbox::{Arguments, Fault, Hook};

/// Asks every policy that has a `plan`.
pub(crate) fn plan<'p>(
    policies: impl IntoIterator<Item = &'p Policy>,
    event: &EventFacts,
    visit: &Visit,
    settings: &Arc<Settings>,
) -> (Vec<Planned>, Vec<PolicyFault>) {
    let facts = Arc::new(Facts {
        event: Some(event.clone()),
        message: None,
        visit: visit.clone(),
        settings: settings.clone(),
    });
    let mut arguments = Arguments::new(|| {
        let [first, visit, settings] = PLAN;
        [
            (first, View::Event.open(&facts)),
            (visit, View::Visit.open(&facts)),
            (settings, View::Settings.open(&facts)),
        ]
    });
    let (mut wanted, mut faults) = (Vec::new(), Vec::new());
    for policy in policies {
        let Some(hook) = &policy.plan else { continue };
        let messages = SANDBOX
            .run(hook, &mut arguments)
            .and_then(|value| drafts(value, hook))
            .and_then(|drafts| planned(drafts, policy));
        match messages {
            Ok(messages) => wanted.extend(messages),
            Err(Fault { line, reason }) => faults.push(PolicyFault {
                origin: Origin {
                    policy: policy.name.clone(),
                    line,
                },
                reason,
            }),
        }
    }
    (wanted, faults)
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
