//! From a policy's text to a policy that can be asked, or every slip that can be found in it.
//!
//! read (the sandbox) → hooks have their forms → every property, function and word that the hooks
//! come to is known.

mod hooks;
mod infer;
mod kinds;

use std::collections::BTreeMap;
use std::sync::Arc;

use rappel_core::Settings;
use rappel_core::diagnostic::{Code, Diagnostic, codes};
use rappel_core::kind::STOCK_KINDS;
use rhai::Position;

pub use kinds::PlannedKinds;

use crate::hooks::{Policy, SANDBOX};
use crate::sandbox::{Slip, SlipKind, place};
use crate::set::PolicySource;

/// The values of `[own]`, whose names a policy may use.
pub(crate) type Own = BTreeMap<String, toml::Value>;

/// What a policy may name of its clinic's settings.
#[derive(Debug, Default)]
pub(crate) struct Names<'s> {
    /// The values of `[own]`; where they aren't known, their names are taken as they are.
    own: Option<Own>,
    /// The kinds of message: the stock ones and those with a row in `[messages]`.
    kinds: Vec<&'s str>,
    /// Those that go by a channel, where the stock policy `channels` sees to it.
    on: Option<Vec<&'s str>>,
}

impl<'s> Names<'s> {
    /// Those of every clinic.
    pub(crate) fn stock() -> Self {
        Self {
            own: Some(Own::new()),
            kinds: STOCK_KINDS.iter().map(|kind| kind.name).collect(),
            on: None,
        }
    }

    /// Those of a clinic. `switched` is whether `[messages]` decides what goes.
    pub(crate) fn of(settings: &'s Settings, switched: bool) -> Self {
        let mut names = Self::stock();
        names.own = Some(settings.own.clone());
        let on = settings.messages.iter().filter(|(_, cells)| cells.any());
        names.on = switched.then(|| on.map(|(kind, _)| kind.as_str()).collect());
        let rows = settings.messages.keys();
        names.kinds.extend(rows.map(|kind| kind.as_str()));
        names
    }

    /// Those of a clinic whose settings can't be used: no name of a kind is doubted.
    pub(crate) fn in_doubt(own: Option<&Own>) -> Self {
        Self {
            own: own.cloned(),
            kinds: Vec::new(),
            on: None,
        }
    }
}

/// What was read of a policy.
pub(crate) struct Loaded {
    /// The policy, unless it has an error.
    pub(crate) policy: Option<Policy>,
    /// What is wrong or doubtful in it.
    pub(crate) found: Vec<Diagnostic>,
    /// The kinds of message that it plans.
    pub(crate) kinds: PlannedKinds,
}

/// Reads a policy. Warnings come with it.
pub(crate) fn load(source: &PolicySource<'_>, names: &Names<'_>) -> Loaded {
    let text: Arc<str> = source.text.into();
    let told = |slip: Slip| {
        let code = match slip.kind {
            SlipKind::Form => codes::BAD_POLICY,
            SlipKind::Refused => codes::POLICY_REFUSED,
            SlipKind::UnknownFunction => codes::POLICY_UNKNOWN_FUNCTION,
        };
        slip.diagnostic(code, source.file, &text)
    };
    let (script, slips) = match SANDBOX.read(source.text) {
        Ok(read) => read,
        Err(slips) => {
            return Loaded {
                policy: None,
                found: slips.into_iter().map(told).collect(),
                kinds: PlannedKinds::default(),
            };
        }
    };
    let kinds = PlannedKinds::of(&script);
    let mut found = hooks::check(&script);
    if found.is_empty() {
        found = infer::check(&script, names);
        found.extend(kinds.switched_off(&script, names));
    }
    // A call of what isn't there is told once.
    found.retain(|found| {
        let same = |slip: &Slip| slip.position == found.position;
        found.position.is_none() || !slips.iter().any(same)
    });
    let found = found
        .into_iter()
        .map(|found| found.diagnostic(source.file, &text));
    let mut found: Vec<Diagnostic> = slips.into_iter().map(told).chain(found).collect();
    found.sort_by_key(|one| one.span.as_ref().map_or(0, |span| span.start));
    let whole = !found.iter().any(Diagnostic::is_error);
    Loaded {
        policy: whole.then(|| Policy::new(source.name, &text, &script)),
        found,
        kinds,
    }
}

/// Something that was found in a policy.
#[derive(Debug, PartialEq, Eq)]
struct Found {
    code: Code,
    position: Position,
    message: String,
    help: Option<String>,
}

impl Found {
    fn new(code: Code, position: Position, message: impl Into<String>) -> Self {
        Self {
            code,
            position,
            message: message.into(),
            help: None,
        }
    }

    fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    fn diagnostic(self, file: &str, text: &Arc<str>) -> Diagnostic {
        let mut diagnostic = Diagnostic::new(self.code, file, self.message);
        if !self.position.is_none() {
            diagnostic = diagnostic.at(text.clone(), place(text, self.position));
        }
        diagnostic.help = self.help;
        diagnostic
    }
}
