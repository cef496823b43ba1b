//! `rappel test`: the policies' cases, and to which lines they come.

mod coverage;
mod watch;

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;
use comfy_table::Cell;
use rappel_core::{Diagnostic, Settings};
use rappel_host::folder::read_folder;
use rappel_rules::{CaseOutcome, Coverage, PolicySet};
use serde::Serialize;

use crate::clinic;
use crate::failure::{Exit, Failure, Result};
use crate::output::message::count;
use crate::output::{Answer, TextOrJson, diagnostics, style, table};

const EXAMPLES: &str = "\
Examples:
  rappel test clinic
  rappel test clinic reminder          Only the policy `reminder`
  rappel test clinic --coverage        And which lines no case comes to
  rappel test clinic --watch           Again at each change of the folder, until Ctrl-C
  rappel test clinic --format json

The cases of a clinic's policy stand beside it in rules/NAME.cases.toml. Those of the stock policies
run too, with settings of their own.

A line is come to when a case comes to all that begins on it: statements, the answers of a
`switch`, what a closure does.

JSON: an object a line, {\"policy\", \"case\", \"holds\", \"message\"}; message says what differs. With
`--coverage` an object for each policy follows, {\"policy\", \"lines\", \"reached\", \"missed\"}.

Exit code 1: a case fails, or a policy has an error.";

/// Run the policies' cases
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Test {
    /// The clinic's folder
    clinic: PathBuf,

    /// Only the policy of this name
    policy: Option<String>,

    /// Tell which lines of the policies no case comes to
    #[arg(long)]
    coverage: bool,

    /// Run them again whenever the folder changes
    #[arg(long)]
    watch: bool,

    /// How to answer
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: TextOrJson,
}

/// What a run showed.
struct Ran {
    outcomes: Vec<CaseOutcome>,
    /// What keeps policies from being tried.
    found: Vec<Diagnostic>,
    coverage: Vec<Coverage>,
}

/// The JSON contract.
#[derive(Serialize)]
struct CaseLine<'c> {
    policy: &'c str,
    case: &'c str,
    holds: bool,
    message: Option<&'c str>,
}

impl Test {
    pub(crate) async fn run(self) -> Result {
        if self.watch {
            return self.watch().await;
        }
        self.once()
    }

    fn once(&self) -> Result {
        let ran = self.ran()?;
        match self.format {
            TextOrJson::Json => lines(&ran)?,
            TextOrJson::Text => told(&ran)?,
        }
        let found = ran.found.into_iter();
        let errors: Vec<Diagnostic> = found.filter(Diagnostic::is_error).collect();
        if !errors.is_empty() {
            diagnostics::report(&errors);
        }
        let fails = ran.outcomes.iter().any(|outcome| outcome.failure.is_some());
        Ok(if fails || !errors.is_empty() {
            Exit::Refused
        } else {
            Exit::Done
        })
    }

    /// Runs the cases.
    fn ran(&self) -> Result<Ran> {
        let unusable = |found: Vec<Diagnostic>| {
            let errors: Vec<Diagnostic> = found.into_iter().filter(Diagnostic::is_error).collect();
            diagnostics::report(&errors);
            Failure::refused(format!(
                "the clinic {} can't be used",
                self.clinic.display()
            ))
        };
        let files = read_folder(&clinic::folder(&self.clinic)).map_err(unusable)?;
        if !files.unreadable().is_empty() {
            return Err(unusable(files.unreadable().to_vec()));
        }
        let settings = files.get("clinic.toml").map_or("", |text| text);
        let (settings, _) = Settings::read(settings).map_err(unusable)?;
        let rules = files.iter().filter(|(path, _)| path.starts_with("rules/"));
        let rules: Vec<_> = rules.map(|(path, text)| (path, &**text)).collect();
        let settings = settings.into();
        let (mut outcomes, mut found) = PolicySet::run_cases(rules.iter().copied(), &settings);
        let mut coverage = Vec::new();
        if self.coverage {
            coverage = PolicySet::coverage(rules, &settings);
        }
        if let Some(policy) = &self.policy {
            let policies: Vec<String> =
                by_policy(&outcomes).into_keys().map(String::from).collect();
            outcomes.retain(|outcome| outcome.policy == *policy);
            coverage.retain(|coverage| coverage.policy == *policy);
            let file = format!("rules/{policy}.");
            found.retain(|diagnostic| diagnostic.file.starts_with(&file));
            if outcomes.is_empty() && found.is_empty() {
                return Err(
                    Failure::refused(format!("there is no policy `{policy}` with cases"))
                        .help(format!("there are {}", policies.join(", "))),
                );
            }
        }
        Ok(Ran {
            outcomes,
            found,
            coverage,
        })
    }
}

fn by_policy(outcomes: &[CaseOutcome]) -> BTreeMap<&str, Vec<&CaseOutcome>> {
    let mut policies: BTreeMap<&str, Vec<&CaseOutcome>> = BTreeMap::new();
    for outcome in outcomes {
        policies.entry(&outcome.policy).or_default().push(outcome);
    }
    policies
}

fn lines(ran: &Ran) -> Result<()> {
    let mut answer = Answer::new();
    for outcome in &ran.outcomes {
        answer.json(&CaseLine {
            policy: &outcome.policy,
            case: &outcome.name,
            holds: outcome.failure.is_none(),
            message: outcome
                .failure
                .as_ref()
                .map(|failure| failure.message.as_str()),
        })?;
    }
    for coverage in &ran.coverage {
        answer.json(&coverage::Line::of(coverage))?;
    }
    answer.end()
}

fn told(ran: &Ran) -> Result<()> {
    let outcomes = &ran.outcomes;
    let mut answer = Answer::new();
    let mut rows = table::plain(&["POLICY", "CASES", ""]);
    for (policy, cases) in by_policy(outcomes) {
        let failing = cases.iter().filter(|case| case.failure.is_some()).count() as u64;
        rows.add_row([
            Cell::new(policy),
            table::number(cases.len() as u64),
            match failing {
                0 => Cell::new("hold").fg(comfy_table::Color::Green),
                failing => Cell::new(format!("{failing} fail")).fg(comfy_table::Color::Red),
            },
        ]);
    }
    if !rows.is_empty() {
        answer.line(format_args!("{}\n", table::written(&rows)))?;
    }
    let failures: Vec<Diagnostic> = outcomes
        .iter()
        .filter_map(|outcome| outcome.failure.clone())
        .collect();
    if !failures.is_empty() {
        answer.line(format_args!("{}\n", diagnostics::reports(&failures)))?;
    }
    if let Some(lines) = coverage::told(&ran.coverage) {
        answer.line(format_args!("{lines}\n"))?;
    }
    let (total, failing) = (count(outcomes.len() as u64, "case"), failures.len());
    let (good, error, end) = (style::GOOD, style::ERROR, style::END);
    match failing {
        0 => answer.line(format_args!("{total}, {good}all hold{end}"))?,
        failing => answer.line(format_args!("{total}, {error}{failing} fail{end}"))?,
    }
    answer.end()
}
