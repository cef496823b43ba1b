//! `check(message, visit, settings)`: whether a due message may go now.

use std::sync::Arc;

use rappel_core::decision::{Answer, Decision, Origin, Verdict};
use rappel_core::facts::Visit;
use rappel_core::message::MessageFacts;
use rappel_core::settings::Settings;
use rhai::Dynamic;

use super::{CHECK, Policy, SANDBOX};
use crate::facts::{Facts, Reads, View};
use crate::functions::Given;
use crate::sandbox::{Arguments, Fault, Hook};

/// Asks every policy that has a `check`.
pub(crate) fn check<'p>(
    policies: impl IntoIterator<Item = &'p Policy>,
    message: &MessageFacts,
    visit: &Visit,
    settings: &Arc<Settings>,
) -> Decision {
    let facts = Arc::new(Facts {
        event: None,
        message: Some(message.clone()),
        visit: visit.clone(),
        settings: settings.clone(),
        reads: Reads::default(),
    });
    let mut arguments = Arguments::new(|| {
        let [first, visit, settings] = CHECK;
        [
            (first, View::Message.open(&facts)),
            (visit, View::Visit.open(&facts)),
            (settings, View::Settings.open(&facts)),
        ]
    });
    let asked = policies
        .into_iter()
        .filter_map(|policy| Some((policy, policy.check.as_ref()?)));
    let answers = asked.map(|(policy, hook)| {
        let answer = SANDBOX
            .run(hook, &mut arguments)
            .and_then(|value| given(value, hook));
        let (line, verdict) = match answer {
            Ok(given) => (given.line, given.verdict),
            Err(Fault { line, reason }) => (line, Verdict::Fault { reason }),
        };
        Answer {
            origin: Origin {
                policy: policy.name.clone(),
                line,
            },
            read: facts.take_reads(),
            verdict,
        }
    });
    Decision {
        answers: answers.collect(),
    }
}

fn given(value: Dynamic, hook: &Hook) -> Result<Given, Fault> {
    value.try_cast().ok_or_else(|| Fault {
        line: hook.line(),
        reason: "`check` gave no answer; it must end with allow(), skip(…), hold(…) or via(…)"
            .into(),
    })
}
