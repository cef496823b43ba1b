//! A clinic's policies: the stock ones and its own, compiled together and asked together.

use std::collections::BTreeMap;
use std::sync::Arc;

use rappel_core::decision::{Decision, Planned};
use rappel_core::diagnostic::{Diagnostic, codes};
use rappel_core::event::EventFacts;
use rappel_core::facts::Visit;
use rappel_core::message::MessageFacts;
use rappel_core::settings::Settings;

use crate::hooks::{self, CHECK, PLAN, PlanFault, Policy, SANDBOX};
use crate::sandbox::{Script, SlipKind};
use crate::stock::STOCK;

/// A policy as it is written.
#[derive(Clone, Copy, Debug)]
pub struct PolicySource<'s> {
    /// Its name: that of its file. A clinic's policy replaces the stock one of the same name.
    pub name: &'s str,
    /// Its file, as diagnostics name it: `rules/reminder.rhai`.
    pub file: &'s str,
    /// Its text.
    pub text: &'s str,
}

/// Policies that can be asked. Immutable.
#[derive(Debug)]
pub struct PolicySet {
    policies: Vec<Policy>,
}

impl PolicySet {
    /// Compiles the stock policies and a clinic's own. They are asked in the order of their names.
    ///
    /// # Errors
    /// Every slip that could be found, each with its place.
    pub fn compile<'s>(
        own: impl IntoIterator<Item = PolicySource<'s>>,
    ) -> Result<Self, Vec<Diagnostic>> {
        let stock = STOCK.iter().map(|stock| PolicySource {
            name: stock.name,
            file: stock.file,
            text: stock.text,
        });
        let sources: BTreeMap<&str, PolicySource<'_>> = stock
            .chain(own)
            .map(|source| (source.name, source))
            .collect();
        let mut policies = Vec::with_capacity(sources.len());
        let mut found = Vec::new();
        for source in sources.values() {
            match compile(source) {
                Ok(policy) => policies.push(policy),
                Err(slips) => found.extend(slips),
            }
        }
        if found.is_empty() {
            Ok(Self { policies })
        } else {
            Err(found)
        }
    }

    /// The messages that policies want after an event, and the policies that failed.
    pub fn plan(
        &self,
        event: &EventFacts,
        visit: &Visit,
        settings: &Arc<Settings>,
    ) -> (Vec<Planned>, Vec<PlanFault>) {
        hooks::plan(&self.policies, event, visit, settings)
    }

    /// What every policy says of a message that is due.
    pub fn check(
        &self,
        message: &MessageFacts,
        visit: &Visit,
        settings: &Arc<Settings>,
    ) -> Decision {
        hooks::check(&self.policies, message, visit, settings)
    }

    /// The policies' names, in the order in which they are asked.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.policies.iter().map(|policy| &*policy.name)
    }
}

fn compile(source: &PolicySource<'_>) -> Result<Policy, Vec<Diagnostic>> {
    let text: Arc<str> = source.text.into();
    let script = SANDBOX.compile(source.text).map_err(|slips| {
        let told = |slip: crate::sandbox::Slip| {
            let code = match slip.kind {
                SlipKind::Form => codes::BAD_POLICY,
                SlipKind::Refused => codes::POLICY_REFUSED,
                SlipKind::UnknownFunction => codes::POLICY_UNKNOWN_FUNCTION,
            };
            slip.diagnostic(code, source.file, &text)
        };
        slips.into_iter().map(told).collect::<Vec<_>>()
    })?;
    if asks_nothing(&script) {
        let message = "a policy has `fn plan(event, visit, settings)` or `fn check(message, visit, settings)`; this one is never asked";
        let help = "write one of them, with exactly these parameters";
        return Err(vec![
            Diagnostic::new(codes::POLICY_WITHOUT_HOOK, source.file, message).help(help),
        ]);
    }
    Ok(Policy::new(source.name, &script))
}

fn asks_nothing(script: &Script) -> bool {
    !script.has("plan", PLAN.len()) && !script.has("check", CHECK.len())
}
