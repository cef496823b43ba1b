//! A clinic's policies: the stock ones and its own, compiled and tried together, asked together.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use rappel_core::decision::{Decision, Origin, Planned, PolicyFault};
use rappel_core::diagnostic::{Diagnostic, codes};
use rappel_core::event::EventFacts;
use rappel_core::facts::Visit;
use rappel_core::message::MessageFacts;
use rappel_core::settings::Settings;
use rappel_core::shadow::in_place_of;

use crate::cases::{self, CaseOutcome, Coverage};
use crate::hooks::{self, Planning, Policy};
use crate::load::{Loaded, Names, Own, PlannedKinds, load};
use crate::stock::{STOCK, Stock};

/// How policies' files end.
const POLICY: &str = ".rhai";
/// How the files of their cases end.
const CASES: &str = ".cases.toml";

/// The policy that a file is of, by its path, and how the file ends: `.rhai`, or `.cases.toml` for its cases.
pub fn policy_file(path: &str) -> Option<(&str, &'static str)> {
    let file = path.rsplit('/').next()?;
    [CASES, POLICY]
        .into_iter()
        .find_map(|ending| Some((file.strip_suffix(ending)?, ending)))
}

/// A policy as it is written.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct PolicySource<'s> {
    /// Its name: that of its file.
    pub(crate) name: &'s str,
    /// Its file, as diagnostics name it: `rules/reminder.rhai`.
    pub(crate) file: &'s str,
    /// Its text.
    pub(crate) text: &'s str,
    /// The file of its cases and their text.
    pub(crate) cases: Option<(&'s str, &'s str)>,
}

impl Stock {
    /// The policy as it is written.
    fn source(&self) -> PolicySource<'static> {
        PolicySource {
            name: self.name,
            file: self.file,
            text: self.text,
            cases: Some((self.cases_file, self.cases)),
        }
    }
}

/// Policies that can be asked. Nothing in it ever changes.
#[derive(Clone, Debug)]
pub struct PolicySet {
    policies: Vec<Policy>,
    /// Those that are asked and not obeyed.
    shadows: Vec<Policy>,
    outcomes: Vec<CaseOutcome>,
    warnings: Vec<Diagnostic>,
    kinds: PlannedKinds,
}

/// What all policies would want after an event with one in shadow in its place.
#[derive(Clone, Debug, PartialEq)]
pub struct InShadow {
    /// The one in shadow.
    pub policy: Arc<str>,
    /// What all would want, in the order of their names; or how it failed.
    pub all: Result<Vec<Planned>, PolicyFault>,
}

/// The stock policies with what came of their cases: the same for every clinic, so found out once.
static TRIED: LazyLock<Vec<Tried>> = LazyLock::new(|| {
    let names = Names::stock();
    let settings = cases::plain();
    STOCK
        .iter()
        .map(Stock::source)
        .map(|source| Tried {
            // What a stock policy plans is a stock kind, whatever its text says.
            kinds: PlannedKinds::default(),
            ..Tried::new(&source, &names, settings.as_ref())
        })
        .collect()
});

/// A policy that was loaded and tried.
#[derive(Clone, Debug)]
struct Tried {
    name: String,
    policy: Option<Policy>,
    found: Vec<Diagnostic>,
    outcomes: Vec<CaseOutcome>,
    kinds: PlannedKinds,
}

impl Tried {
    fn new(source: &PolicySource<'_>, names: &Names<'_>, settings: Option<&Arc<Settings>>) -> Self {
        let Loaded {
            policy,
            found,
            kinds,
        } = load(source, names);
        let outcomes = match (&policy, source.cases, settings) {
            (Some(policy), Some((file, text)), Some(settings)) => {
                cases::run(policy, file, text, settings)
            }
            // Cases of a policy that can't be asked can still be read.
            (_, Some((file, text)), _) => cases::slip(file, text, source.name),
            (_, None, _) => Vec::new(),
        };
        Self {
            name: source.name.to_string(),
            policy,
            found,
            outcomes,
            kinds,
        }
    }
}

impl PolicySet {
    /// Compiles the stock policies and the files of a clinic's `rules/`, by their paths, and runs every
    /// case. A policy of the clinic's replaces the stock one of the same name. They are asked in the
    /// order of their names. One whose name ends with [`SHADOW`](rappel_core::shadow::SHADOW) is no part of
    /// them: it is [asked](Self::plan_in_shadow) beside them.
    ///
    /// The stock policies' cases run with settings of their own, the clinic's with the clinic's.
    ///
    /// # Errors
    /// Every slip that could be found and every case that fails, each with its place; warnings too.
    pub fn compile<'f>(
        files: impl IntoIterator<Item = (&'f str, &'f str)>,
        settings: &Arc<Settings>,
    ) -> Result<Self, Vec<Diagnostic>> {
        let (tried, mut found) = try_all(files, Some(&settings.own), Some(settings));
        let mut set = Self {
            policies: Vec::with_capacity(tried.len()),
            shadows: Vec::new(),
            outcomes: Vec::new(),
            warnings: Vec::new(),
            kinds: PlannedKinds::default(),
        };
        for tried in tried {
            found.extend(tried.found);
            found.extend(
                tried
                    .outcomes
                    .iter()
                    .filter_map(|outcome| outcome.failure.clone()),
            );
            if in_place_of(&tried.name).is_some() {
                set.shadows.extend(tried.policy);
            } else {
                set.kinds.extend(&tried.kinds);
                set.policies.extend(tried.policy);
            }
            set.outcomes.extend(tried.outcomes);
        }
        if found.iter().any(Diagnostic::is_error) {
            return Err(found);
        }
        set.warnings = found;
        Ok(set)
    }

    /// Runs the cases of the stock policies and of the clinic's own; with what keeps policies from
    /// being tried at all.
    pub fn run_cases<'f>(
        files: impl IntoIterator<Item = (&'f str, &'f str)>,
        settings: &Arc<Settings>,
    ) -> (Vec<CaseOutcome>, Vec<Diagnostic>) {
        let (tried, mut found) = try_all(files, Some(&settings.own), Some(settings));
        let mut outcomes = Vec::new();
        for tried in tried {
            found.extend(tried.found);
            outcomes.extend(tried.outcomes);
        }
        (outcomes, found)
    }

    /// To which of their lines the cases of the stock policies and of the clinic's own come. A policy that
    /// can't be asked is left out.
    pub fn coverage<'f>(
        files: impl IntoIterator<Item = (&'f str, &'f str)>,
        settings: &Arc<Settings>,
    ) -> Vec<Coverage> {
        let (mut sources, _) = sources(files);
        let names = Names::of(settings, !sources.contains_key("channels"));
        let plain = cases::plain().unwrap_or_else(|| settings.clone());
        for stock in STOCK {
            sources.entry(stock.name).or_insert_with(|| stock.source());
        }
        let covered = sources.values().filter_map(|source| {
            let policy = load(source, &names).policy?;
            let is_stock = STOCK.iter().any(|stock| stock.file == source.file);
            let settings = if is_stock { &plain } else { settings };
            cases::coverage(&policy, source.text, source.cases, settings)
        });
        covered.collect()
    }

    /// What is wrong with a clinic's policies as long as its settings aren't known: everything but whether
    /// their cases hold. `own` are the values of `[own]`, where at least these are known.
    pub fn slips<'f>(
        files: impl IntoIterator<Item = (&'f str, &'f str)>,
        own: Option<&BTreeMap<String, toml::Value>>,
    ) -> Vec<Diagnostic> {
        let (tried, mut found) = try_all(files, own, None);
        for tried in tried {
            found.extend(tried.found);
            found.extend(tried.outcomes.into_iter().filter_map(|case| case.failure));
        }
        found
    }

    /// The cases that ran when it was compiled. All of them hold.
    pub fn cases(&self) -> &[CaseOutcome] {
        &self.outcomes
    }

    /// What the policies' author should know, though they can be asked.
    pub fn warnings(&self) -> &[Diagnostic] {
        &self.warnings
    }

    /// The kinds of message that they plan.
    pub fn kinds(&self) -> &PlannedKinds {
        &self.kinds
    }

    /// The messages that policies want after an event, and the policies that failed.
    pub fn plan(
        &self,
        event: &EventFacts,
        visit: &Visit,
        settings: &Arc<Settings>,
    ) -> (Vec<Planned>, Vec<PolicyFault>) {
        hooks::plan(&self.policies, event, visit, settings)
    }

    /// How each policy that plans comes to what it wants after an event; those in shadow after the others.
    pub fn plannings(
        &self,
        event: &EventFacts,
        visit: &Visit,
        settings: &Arc<Settings>,
    ) -> Vec<Planning> {
        hooks::plannings(
            self.policies.iter().chain(&self.shadows),
            event,
            visit,
            settings,
        )
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

    /// For each policy in shadow what all would want after an event with it in its place, where `wanted` is
    /// what they want as they are.
    pub fn plan_in_shadow(
        &self,
        event: &EventFacts,
        visit: &Visit,
        settings: &Arc<Settings>,
        wanted: &[Planned],
    ) -> Vec<InShadow> {
        let plans =
            |policy: &&Policy| policy.plans() || self.replaced(policy).is_some_and(Policy::plans);
        let planned = self.shadows.iter().filter(plans).map(|policy| {
            let (theirs, mut faults) = hooks::plan([policy], event, visit, settings);
            let all = match faults.pop() {
                Some(fault) => Err(fault),
                None => Ok(in_its_place(policy, wanted, theirs, |planned| {
                    &planned.origin
                })),
            };
            InShadow {
                policy: policy.name.clone(),
                all,
            }
        });
        planned.collect()
    }

    /// The policies in shadow that say something of due messages, or take away what another says.
    pub fn checks_in_shadow(&self) -> impl Iterator<Item = &Arc<str>> {
        let checks =
            |policy: &&Policy| policy.checks() || self.replaced(policy).is_some_and(Policy::checks);
        let shadows = self.shadows.iter().filter(checks);
        shadows.map(|policy| &policy.name)
    }

    /// What all say of a message that is due with a policy in shadow in its place, where `decision` is what
    /// they say as they are.
    pub fn check_in_shadow(
        &self,
        shadow: &str,
        message: &MessageFacts,
        visit: &Visit,
        settings: &Arc<Settings>,
        decision: &Decision,
    ) -> Decision {
        let Some(policy) = self.shadows.iter().find(|policy| *policy.name == *shadow) else {
            return decision.clone();
        };
        let asked = hooks::check([policy], message, visit, settings).answers;
        Decision {
            answers: in_its_place(policy, &decision.answers, asked, |answer| &answer.origin),
        }
    }

    /// The policy in whose place one in shadow is.
    fn replaced(&self, shadow: &Policy) -> Option<&Policy> {
        let name = in_place_of(&shadow.name)?;
        self.policies.iter().find(|policy| *policy.name == *name)
    }

    /// The policies' names, in the order in which they are asked.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.policies.iter().map(|policy| &*policy.name)
    }
}

/// What all say with a policy in shadow in its place, in the order of the policies' names.
fn in_its_place<T: Clone>(
    shadow: &Policy,
    said: &[T],
    by_shadow: Vec<T>,
    origin: impl Fn(&T) -> &Origin,
) -> Vec<T> {
    let name = in_place_of(&shadow.name).unwrap_or_default();
    let mut all: Vec<T> = said
        .iter()
        .filter(|one| *origin(one).policy != *name)
        .cloned()
        .collect();
    let place = all.partition_point(|one| *origin(one).policy < *name);
    all.splice(place..place, by_shadow);
    all
}

/// Loads and tries every policy, in the order of their names.
fn try_all<'f>(
    files: impl IntoIterator<Item = (&'f str, &'f str)>,
    own: Option<&Own>,
    settings: Option<&Arc<Settings>>,
) -> (Vec<Tried>, Vec<Diagnostic>) {
    let (theirs, mut found) = sources(files);
    let replaced = |tried: &&Tried| !theirs.contains_key(tried.name.as_str());
    let mut all: Vec<Tried> = TRIED.iter().filter(replaced).cloned().collect();
    let names = match settings {
        // What a clinic puts in the place of the stock policy may look at anything.
        Some(settings) => Names::of(settings, !theirs.contains_key("channels")),
        None => Names::in_doubt(own),
    };
    for source in theirs.values() {
        let tried = Tried::new(source, &names, settings);
        if tried.policy.is_some()
            && tried.outcomes.is_empty()
            && source.cases.is_none_or(|_| settings.is_some())
        {
            let message = "nothing tries this policy: it has no cases";
            let help = format!(
                "write some into {}{CASES}",
                source.file.trim_end_matches(POLICY)
            );
            found.push(Diagnostic::new(codes::NO_CASES, source.file, message).help(help));
        }
        all.push(tried);
    }
    all.sort_by(|one, other| one.name.cmp(&other.name));
    (all, found)
}

/// The clinic's policies with their cases, by name.
fn sources<'f>(
    files: impl IntoIterator<Item = (&'f str, &'f str)>,
) -> (BTreeMap<&'f str, PolicySource<'f>>, Vec<Diagnostic>) {
    let mut sources: BTreeMap<&str, PolicySource<'_>> = BTreeMap::new();
    for (file, text) in files {
        let Some((name, ending)) = policy_file(file) else {
            continue;
        };
        let source = sources.entry(name).or_default();
        match ending {
            CASES => source.cases = Some((file, text)),
            _ => (source.name, source.file, source.text) = (name, file, text),
        }
    }
    let mut found = Vec::new();
    sources.retain(|name, source| {
        if let ("", Some((file, _))) = (source.file, source.cases) {
            let message =
                format!("these cases try nothing: there is no {name}{POLICY} beside them");
            found.push(Diagnostic::new(codes::NO_POLICY, file, message));
        }
        !source.file.is_empty()
    });
    (sources, found)
}
