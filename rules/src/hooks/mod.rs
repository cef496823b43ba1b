//! Asking policies: `plan` after an event, `check` when a message is due.

mod check;
mod plan;

use std::sync::{Arc, LazyLock};

use crate::facts;
use crate::functions;
use crate::sandbox::{Hook, Limits, Sandbox, Script};

pub use plan::PlanFault;
pub(crate) use {check::check, plan::plan};

/// The parameters of `plan`.
pub(crate) const PLAN: [&str; 3] = ["event", "visit", "settings"];
/// The parameters of `check`.
pub(crate) const CHECK: [&str; 3] = ["message", "visit", "settings"];

/// Where every policy of every clinic runs: it knows the forms of facts, and no facts.
pub(crate) static SANDBOX: LazyLock<Sandbox> = LazyLock::new(|| {
    let names = functions::all().map(|function| function.name);
    Sandbox::new(Limits::POLICY, names, |engine| {
        facts::register_all(engine);
        functions::register_all(engine);
    })
});

/// A policy, ready to be asked.
#[derive(Clone, Debug)]
pub(crate) struct Policy {
    /// Its name: that of its file.
    pub(crate) name: Arc<str>,
    plan: Option<Hook>,
    check: Option<Hook>,
}

impl Policy {
    /// The policy of a script whose hooks have their forms.
    pub(crate) fn new(name: &str, script: &Script) -> Self {
        Self {
            name: name.into(),
            plan: script.hook("plan", &PLAN),
            check: script.hook("check", &CHECK),
        }
    }
}
