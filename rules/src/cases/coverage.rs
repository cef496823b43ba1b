//! Coverage: to which lines of a policy its cases come.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rappel_core::settings::Settings;

use crate::hooks::{Policy, TracedPolicy};
use crate::sandbox::{Place, follow};

/// To which lines of a policy its cases come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coverage {
    /// The policy.
    pub policy: String,
    /// How many lines something begins on: a statement, an answer of a `switch`, what a closure does.
    pub lines: usize,
    /// How many of them are come to, with all that begins on them.
    pub reached: usize,
    /// What isn't come to, in the order of the file.
    pub missed: Vec<Missed>,
}

/// A place that no case comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missed {
    /// Where it begins.
    pub place: Place,
    /// The line from there on.
    pub text: String,
}

/// Runs a policy's cases, and tells to what they come; `None` for a policy that is too large to be traced.
pub(crate) fn coverage(
    policy: &Policy,
    text: &str,
    cases: Option<(&str, &str)>,
    settings: &Arc<Settings>,
) -> Option<Coverage> {
    let TracedPolicy {
        policy: traced,
        places,
    } = policy.traced()?;
    let run = |(file, cases)| super::run(&traced, file, cases, settings);
    let ((), left) = follow(|| {
        let _outcomes = cases.map(run);
    });
    let left: BTreeSet<usize> = left.into_iter().collect();
    let mut lines: BTreeMap<u32, bool> = BTreeMap::new();
    let mut missed = Vec::new();
    for (number, place) in places.into_iter().enumerate() {
        let reached = left.contains(&number);
        *lines.entry(place.line).or_insert(true) &= reached;
        if !reached {
            missed.push(Missed {
                place,
                text: from(text, place),
            });
        }
    }
    Some(Coverage {
        policy: policy.name.to_string(),
        lines: lines.len(),
        reached: lines.values().filter(|reached| **reached).count(),
        missed,
    })
}

/// The rest of a line.
fn from(text: &str, place: Place) -> String {
    let line = text.lines().nth(place.line.saturating_sub(1) as usize);
    let rest = line.unwrap_or_default().chars();
    let rest: String = rest.skip(place.column.saturating_sub(1) as usize).collect();
    rest.trim_end().to_string()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use crate::PolicySet;

    #[test]
    fn the_stock_policies_cases_come_to_every_line() {
        let settings = crate::cases::plain().unwrap();
        let coverage = PolicySet::coverage([], &settings);
        assert!(coverage.len() > 10);
        let missed: Vec<String> = coverage
            .iter()
            .flat_map(|policy| {
                let missed = policy.missed.iter();
                missed.map(|missed| {
                    format!("{}:{} {}", policy.policy, missed.place.line, missed.text)
                })
            })
            .collect();
        assert!(missed.is_empty(), "no case comes to\n{}", missed.join("\n"));
    }

    #[test]
    fn what_no_case_comes_to_is_told() {
        let settings = crate::cases::plain().unwrap();
        let policy = "fn check(message, visit, settings) {\n    if visit.online { return skip(\"one\"); }\n    switch message.kind {\n        \"reminder\" => allow(),\n        _ => skip(\"two\"),\n    }\n}\nfn plan(event, visit, settings) {\n    [\"sms\"].map(|channel| message(\"reminder\", channel).now())\n}\n";
        let cases = "[[case]]\nname = \"it goes\"\nanswer = \"allow\"\n";
        let files = [("rules/own.rhai", policy), ("rules/own.cases.toml", cases)];
        let coverage = PolicySet::coverage(files, &settings);
        let own = coverage.iter().find(|one| one.policy == "own").unwrap();
        assert_eq!((own.lines, own.reached), (5, 2));
        let missed: Vec<(u32, &str)> = own
            .missed
            .iter()
            .map(|missed| (missed.place.line, &*missed.text))
            .collect();
        assert_eq!(
            missed,
            [
                (2, "return skip(\"one\"); }"),
                (5, "skip(\"two\"),"),
                (
                    9,
                    "[\"sms\"].map(|channel| message(\"reminder\", channel).now())"
                ),
                (9, "message(\"reminder\", channel).now())"),
            ]
        );
    }
}
