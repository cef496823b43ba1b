//! Policies as their authors see them: the guide, the slips that are told, the cases, the order.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rappel_core::channel::ChannelKind;
use rappel_core::decision::Verdict;
use rappel_core::diagnostic::{Diagnostic, codes};
use rappel_core::event::{EventFacts, EventKind};
use rappel_core::facts::{Records, Visit};
use rappel_core::kind::Kind;
use rappel_core::message::MessageFacts;
use rappel_core::settings::Settings;
use rappel_rules::{PolicySet, reference, told};

const CLINIC: &str = r#"
id = "clinic"
name = "Clinic"
zone = "Europe/Paris"
country = "FR"
channels.sms.gateway = "out"
channels.email.gateway = "out"
gateways.out.type = "console"
messages.reminder = { sms = "on" }
own = { evening = 18, quiet = ["monday", "sunday"], survey_after = 3, survey = true }
"#;

fn settings() -> Arc<Settings> {
    Arc::new(Settings::read(CLINIC).unwrap().0)
}

fn compile(files: &[(&str, &str)]) -> Result<PolicySet, Vec<Diagnostic>> {
    PolicySet::compile(files.iter().copied(), &settings())
}

fn visit() -> Visit {
    let data = serde_json::json!({
        "appointment": {"id": "a-1", "start": "2026-06-03T14:30", "booked_at": "2026-05-20T10:00"},
        "patient": {"id": "p-1", "first_name": "Jeannette"},
    });
    let records = Records::from_data(data.as_object().unwrap()).unwrap();
    records.to_visit().unwrap().0
}

fn message() -> MessageFacts {
    let now = "2026-06-01T14:30".parse().unwrap();
    MessageFacts {
        expires: Some("2026-06-03T14:30".parse().unwrap()),
        ..MessageFacts::due(Kind::REMINDER, ChannelKind::Sms, now)
    }
}

fn event() -> EventFacts {
    let now = "2026-05-20T10:00".parse().unwrap();
    EventFacts::new(EventKind::AppointmentCreated, now)
}

/// What one policy of the clinic's own says of a reminder.
fn answer(body: &str) -> (Verdict, u32) {
    let text = format!("fn check(message, visit, settings) {{\n{body}\n}}");
    let set = compile(&[("rules/zz.rhai", &text)]).unwrap();
    let decision = set.check(&message(), &visit(), &settings());
    let answer = decision.answers.last().unwrap();
    assert_eq!(&*answer.origin.policy, "zz");
    (answer.verdict.clone(), answer.origin.line)
}

fn corpus(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests")
        .join(folder);
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    files
}

/// Each file of `tests/slips` is a policy with one slip, or the cases of a policy with one.
#[test]
fn slips_are_told_with_their_place_and_remedy() {
    let policy = "fn check(message, visit, settings) {\n    allow()\n}\n";
    let mut told = BTreeSet::new();
    for path in corpus("slips") {
        let name = path.file_name().unwrap().to_str().unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        let (file, other) = match name.strip_suffix(".cases.toml") {
            Some(_) => ("rules/own.cases.toml", ("rules/own.rhai", policy)),
            // Cases keep the warning away that there are none.
            None => (
                "rules/own.rhai",
                (
                    "rules/own.cases.toml",
                    "[[case]]\nname = \"it is allowed\"\nanswer = \"allow\"\n",
                ),
            ),
        };
        let files = if name.starts_with("alone") {
            vec![(file, &*text)]
        } else {
            vec![(file, &*text), other]
        };
        let found = match compile(&files) {
            Ok(set) => set.warnings().to_vec(),
            Err(found) => found,
        };
        assert!(!found.is_empty(), "{name} has no slip");
        told.extend(found.iter().map(|found| found.code.id));
        let report: Vec<_> = found.iter().map(|found| found.report(90, false)).collect();
        insta::with_settings!({ snapshot_path => "snapshots/slips", prepend_module_to_snapshot => false }, {
            insta::assert_snapshot!(name.split('.').next().unwrap(), report.join("\n"));
        });
    }
    let ranges = ["E04", "W04", "E05", "W05"];
    let all = codes::ALL.iter().map(|code| code.id);
    let untold: Vec<_> = all
        .filter(|id| ranges.iter().any(|range| id.starts_with(range)) && !told.contains(id))
        .collect();
    assert!(untold.is_empty(), "no file shows {untold:?}");
}

#[test]
fn stock_policies_hold_their_cases_and_say_what_they_do() {
    let (outcomes, found) = PolicySet::run_cases([], &settings());
    assert!(found.is_empty(), "{found:?}");
    assert!(outcomes.len() > 60);
    for outcome in &outcomes {
        let failure = outcome
            .failure
            .as_ref()
            .map(|failure| failure.report(90, false));
        assert!(failure.is_none(), "{}", failure.unwrap_or_default());
    }
    for path in corpus("../stock")
        .iter()
        .filter(|path| path.extension().is_some_and(|e| e == "rhai"))
    {
        let text = std::fs::read_to_string(path).unwrap();
        assert!(text.starts_with("//! "), "{path:?}");
        let name = path.file_stem().unwrap().to_str().unwrap();
        assert!(
            outcomes.iter().any(|outcome| outcome.policy == name),
            "{name} has no cases"
        );
    }
}

#[test]
fn policies_are_asked_in_the_order_of_their_names_and_one_may_be_replaced() {
    let own = "fn check(message, visit, settings) {\n    hold(message.now + hours(1), \"ours\")\n}";
    let set = compile(&[("rules/consent.rhai", own), ("rules/aa.rhai", own)]).unwrap();
    let names: Vec<_> = set.names().collect();
    let mut sorted = names.clone();
    sorted.sort();
    assert_eq!(names, sorted);
    assert_eq!(names.first(), Some(&"aa"));
    assert_eq!(names.iter().filter(|name| **name == "consent").count(), 1);
    let decision = set.check(&message(), &visit(), &settings());
    let held: Vec<_> = decision
        .answers
        .iter()
        .filter(|a| a.verdict != Verdict::Allow)
        .collect();
    let told: Vec<_> = held
        .iter()
        .map(|a| (&*a.origin.policy, a.origin.line))
        .collect();
    assert_eq!(told, [("aa", 2), ("consent", 2)]);
}

#[test]
fn an_answer_has_the_line_on_which_it_was_given() {
    assert_eq!(
        answer("if visit.confirmed {\n    skip(\"yes\")\n} else {\n    allow()\n}"),
        (Verdict::Allow, 5)
    );
    let skip = |reason: &str| Verdict::Skip {
        reason: reason.into(),
    };
    assert_eq!(
        answer("if true {\n    return skip(\"early\");\n}\nallow()"),
        (skip("early"), 3)
    );
    assert_eq!(answer("let why = `told`;\n\nskip(why)"), (skip("told"), 4));
}

#[test]
fn a_policy_that_fails_keeps_the_message_back_and_the_others_answer() {
    let fault = |body: &str| match answer(body) {
        (Verdict::Fault { reason }, line) => format!("{line}: {reason}"),
        other => panic!("{body}: {other:?}"),
    };
    insta::assert_snapshot!(
        [
            fault("loop {}"),
            fault("let list = [];\nloop {\n    list.push(1);\n}"),
            fault("let n = 0;\n1 / n;\nallow()"),
            fault("let l = [1];\nl[5];\nallow()"),
            fault("throw visit.patient.first_name;\nallow()"),
            fault("let m = #{};\nm.x;\nallow()"),
            fault("hold(visit.end, \"why\")"),
            fault("skip(\"  \")"),
            fault("via(visit.patient.first_name, \"why\")"),
            fault("if months(1) > days(30) { allow() } else { allow() }"),
            fault(
                "let time = visit.start;\nfor i in 0..90 {\n    time += months(1200);\n}\nallow()"
            ),
        ]
        .join("\n")
    );
    let set = compile(&[(
        "rules/broken.rhai",
        "fn check(message, visit, settings) { loop {} }",
    )])
    .unwrap();
    let decision = set.check(&message(), &visit(), &settings());
    let faults = decision
        .answers
        .iter()
        .filter(|a| matches!(a.verdict, Verdict::Fault { .. }));
    assert_eq!(faults.count(), 1);
    let silent = ["alerts", "passwords", "reminder", "resources"];
    assert_eq!(
        decision.answers.len(),
        set.names().count() - silent.len(),
        "{silent:?} have no check"
    );
    assert_eq!(&*decision.deciding().unwrap().origin.policy, "broken");
}

#[test]
fn a_policy_that_fails_to_plan_is_told_and_the_others_plan() {
    let plan = |body: &str| format!("fn plan(event, visit, settings) {{\n{body}\n}}");
    let (no_time, endless) = (plan("[message(\"survey\", \"sms\")]"), plan("loop {}"));
    let set = compile(&[("rules/aa.rhai", &no_time), ("rules/zz.rhai", &endless)]).unwrap();
    let (wanted, faults) = set.plan(&event(), &visit(), &settings());
    let wanted: Vec<_> = wanted.iter().map(told::planned).collect();
    assert_eq!(wanted, ["reminder by sms at 2026-06-01 14:30"]);
    let faults: Vec<_> = faults.iter().map(ToString::to_string).collect();
    assert_eq!(
        faults,
        [
            "policy `aa`, line 2: the message has no time: add .at(…) or .now()",
            "policy `zz`, line 2: it was stopped after 5000 steps; is there a loop that never ends?",
        ]
    );
}

#[test]
fn an_event_about_a_patient_alone_has_no_appointment_and_says_so() {
    let text =
        "fn plan(event, visit, settings) {\n    [message(\"survey\", \"sms\").at(visit.start)]\n}";
    let set = compile(&[("rules/own.rhai", text)]).unwrap();
    let event = EventFacts {
        kind: EventKind::PatientUpdated,
        ..event()
    };
    let visit = Visit {
        appointment: None,
        ..visit()
    };
    let (wanted, faults) = set.plan(&event, &visit, &settings());
    assert!(wanted.is_empty());
    assert_eq!(
        faults[0].to_string(),
        "policy `own`, line 2: there is no appointment: the event is about a patient alone; look at `event.about` first"
    );
}

#[test]
fn nothing_is_kept_between_calls() {
    let text = "fn check(message, visit, settings) {\n    let seen = [1].map(|x| visit.start + hours(x));\n    if seen.len() == 1 { allow() } else { skip(\"it was here before\") }\n}";
    let set = compile(&[("rules/zz.rhai", text)]).unwrap();
    for _ in 0..3 {
        let decision = set.check(&message(), &visit(), &settings());
        assert!(decision.deciding().is_none(), "{decision:?}");
    }
}

fn guide() -> (PathBuf, String) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/policies.md");
    let text = std::fs::read_to_string(&path).unwrap();
    (path, text)
}

/// With `UPDATE=1` the reference is written anew.
#[test]
#[allow(clippy::disallowed_methods, reason = "a test asks whether to write")]
fn the_guides_reference_is_what_there_is() {
    const MARKS: (&str, &str) = ("<!-- reference -->\n", "<!-- end of the reference -->");
    let (path, guide) = guide();
    let (before, rest) = guide.split_once(MARKS.0).unwrap();
    let (_, after) = rest.split_once(MARKS.1).unwrap();
    let fresh = format!(
        "{before}{}\n{}\n{}{after}",
        MARKS.0,
        reference().trim(),
        MARKS.1
    );
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &fresh).unwrap();
    } else {
        assert!(
            guide == fresh,
            "docs/policies.md is stale: run this test with UPDATE=1"
        );
    }
}

#[test]
fn the_guides_policy_holds_its_cases() {
    let (_, guide) = guide();
    let block = |language: &str| {
        let (_, rest) = guide.split_once(&format!("```{language}\n")).unwrap();
        rest.split_once("```").unwrap().0.to_string()
    };
    let (policy, cases) = (block("rhai"), block("toml"));
    let set = compile(&[
        ("rules/after_visit.rhai", &policy),
        ("rules/after_visit.cases.toml", &cases),
    ]);
    let set = set.unwrap_or_else(|found| panic!("{}", found[0].report(90, false)));
    let ran = set
        .cases()
        .iter()
        .filter(|case| case.policy == "after_visit");
    assert_eq!(ran.count(), 3);
}

#[test]
fn the_guide_tells_the_limits_and_the_stock_policies() {
    use rappel_rules::sandbox::Limits;
    let (_, guide) = guide();
    let limits = Limits::POLICY;
    for figure in [
        format!("{},{:03} steps", limits.steps / 1000, limits.steps % 1000),
        format!("call functions {} deep", limits.calls),
        format!("nest {} deep", limits.depth),
        format!("maps of {} entries", limits.list.min(limits.map)),
        format!("texts of {},{:03}", limits.text / 1000, limits.text % 1000),
        format!("{} variables", limits.variables),
        format!(
            "{} KiB and {} functions",
            limits.source / 1024,
            limits.functions
        ),
    ] {
        assert!(guide.replace('\n', " ").contains(&figure), "{figure}");
    }
    for name in compile(&[]).unwrap().names() {
        assert!(
            guide.contains(&format!("../rules/stock/{name}.rhai")),
            "{name}"
        );
    }
}
