//! A policy's cases: facts, and what it must make of them. They run whenever the policy is loaded.

mod coverage;
mod given;
mod read;

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use rappel_core::decision::Planned;
use rappel_core::diagnostic::Diagnostic;
use rappel_core::settings::Settings;

use self::read::{Case, Cases, Expected};
use crate::hooks::{self, Policy};
use crate::told;

pub(crate) use coverage::coverage;
pub use coverage::{Coverage, Missed};

/// What came of one case.
#[derive(Clone, Debug)]
pub struct CaseOutcome {
    /// The policy that was tried.
    pub policy: String,
    /// What the case claims.
    pub name: String,
    /// Why it fails, if it does.
    pub failure: Option<Diagnostic>,
}

/// The settings that stock policies' cases begin with: what a clinic has that declares nothing, with
/// a gateway for every channel so that any kind of message can be switched on.
static PLAIN: LazyLock<Option<Arc<Settings>>> = LazyLock::new(|| {
    let text = r#"
id = "case"
name = "Case"
zone = "Europe/Paris"
country = "FR"
channels.sms.gateway = "case"
channels.email.gateway = "case"
channels.voice.gateway = "case"
gateways.case.type = "console"
"#;
    Settings::read(text)
        .ok()
        .map(|(settings, _)| Arc::new(settings))
});

/// The settings that stock policies' cases begin with.
pub(crate) fn plain() -> Option<Arc<Settings>> {
    PLAIN.clone()
}

/// Runs a policy's cases. `file` is how diagnostics name their file.
pub(crate) fn run(
    policy: &Policy,
    file: &str,
    text: &str,
    settings: &Arc<Settings>,
) -> Vec<CaseOutcome> {
    let outcome = |name: &str, failure| CaseOutcome {
        policy: policy.name.to_string(),
        name: name.to_string(),
        failure,
    };
    let cases = match Cases::read(file, text) {
        Ok(cases) => cases,
        Err(slip) => return vec![outcome("", Some(*slip))],
    };
    // Many cases of a file have the same settings.
    let mut known: HashMap<String, Result<Arc<Settings>, String>> = HashMap::new();
    let ran = cases.cases.iter().map(|case| {
        let settings = known.entry(case.settings.to_string()).or_insert_with(|| {
            if case.settings.is_empty() {
                return Ok(settings.clone());
            }
            let changed = settings.with(&case.settings).map(Arc::new);
            changed.map_err(|slips| {
                slips
                    .first()
                    .map_or_else(String::new, |slip| match &slip.help {
                        Some(help) => format!("{}; {help}", slip.message),
                        None => slip.message.clone(),
                    })
            })
        });
        let failure = match settings
            .as_ref()
            .map_err(|slip| format!("settings: {slip}"))
        {
            Ok(settings) => try_case(policy, case, settings),
            Err(slip) => Err(slip),
        };
        let failure = match failure {
            Ok(None) => None,
            Ok(Some(difference)) => {
                Some(cases.failure(case, format!("case `{}`: {difference}", case.name)))
            }
            Err(slip) => Some(*cases.slip(&case.name, case.place.clone(), &slip)),
        };
        outcome(&case.name, failure)
    });
    ran.collect()
}

/// Reads a policy's cases without running them; the outcome is why they can't be read, if they can't.
pub(crate) fn slip(file: &str, text: &str, policy: &str) -> Vec<CaseOutcome> {
    let slip = Cases::read(file, text).err().map(|slip| CaseOutcome {
        policy: policy.to_string(),
        name: String::new(),
        failure: Some(*slip),
    });
    slip.into_iter().collect()
}

/// Runs a case; answers how what came differs from what was expected.
///
/// # Errors
/// A sentence when the case gives facts that there can't be.
fn try_case(
    policy: &Policy,
    case: &Case,
    settings: &Arc<Settings>,
) -> Result<Option<String>, String> {
    match &case.expected {
        Expected::Messages(event, expected) => {
            let event = given::event(event)?;
            let about = event.kind.subject() != rappel_core::facts::Record::Patient;
            let visit = given::visit(&case.visit, about)?;
            let (wanted, faults) = hooks::plan([policy], &event, &visit, settings);
            if let Some(fault) = faults.first() {
                return Ok(Some(format!(
                    "`plan` fails: line {}: {}",
                    fault.origin.line, fault.reason
                )));
            }
            Ok(messages(expected, &wanted))
        }
        Expected::Answer(message, expected) => {
            let visit = given::visit(&case.visit, true)?;
            let message = given::message(message, &visit)?;
            let decision = hooks::check([policy], &message, &visit, settings);
            let Some(answer) = decision.answers.first() else {
                return Err("the policy has no `check`".into());
            };
            let actual = told::verdict(&answer.verdict);
            let same = expected.trim() == actual;
            Ok((!same).then(|| {
                format!("`check` answers something else\n  expected: {}\n  actual:   {actual} (line {})", expected.trim(), answer.origin.line)
            }))
        }
    }
}

/// How the messages that `plan` wants differ from those that a case expects, in any order.
fn messages(expected: &[String], wanted: &[Planned]) -> Option<String> {
    let mut expected: Vec<_> = expected
        .iter()
        .map(|message| message.trim().to_string())
        .collect();
    let mut actual: Vec<_> = wanted.iter().map(told::planned).collect();
    expected.sort();
    actual.sort();
    if expected == actual {
        return None;
    }
    let list = |messages: &[String]| match messages {
        [] => "none".to_string(),
        messages => messages.join("\n            "),
    };
    Some(format!(
        "`plan` wants other messages\n  expected: {}\n  actual:   {}",
        list(&expected),
        list(&actual)
    ))
}
