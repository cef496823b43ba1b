//! `rappel backtest` writes files: a page, and the messages that differ.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// Compares the English example with its variant, in the repository.
fn backtest(events: &Path, more: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rappel"));
    command.current_dir(ROOT);
    command.args([
        "backtest",
        "examples/harbour",
        "--with",
        "examples/harbour-twice",
        "--events",
    ]);
    command.arg(events).args(more).output().unwrap()
}

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn agenda() -> String {
    fs::read_to_string(Path::new(ROOT).join("examples/harbour/agenda.jsonl")).unwrap()
}

/// Names, numbers and addresses of the patients in the agenda.
fn personal() -> Vec<String> {
    let mut personal = Vec::new();
    for line in agenda().lines() {
        let event: serde_json::Value = serde_json::from_str(line).unwrap();
        for property in ["first_name", "last_name", "mobile", "email"] {
            let text = event["data"]["patient"][property].as_str();
            personal.extend(text.map(str::to_string));
        }
    }
    assert!(personal.len() > 20);
    personal
}

#[test]
fn the_differences_are_a_row_each_and_name_nobody() {
    let folder = tempfile::tempdir().unwrap();
    for file in ["differences.csv", "differences.jsonl"] {
        let path = folder.path().join(file);
        let agenda = Path::new("examples/harbour/agenda.jsonl");
        let output = backtest(agenda, &["--differences", path.to_str().unwrap()]);
        assert!(output.status.success(), "{}", told(&output));
        let text = fs::read_to_string(&path).unwrap();
        for secret in personal() {
            assert!(!text.contains(&secret), "{secret} in {file}");
        }
        insta::assert_snapshot!(file, text);
    }
}

#[test]
fn the_page_needs_no_network_and_names_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("page.html");
    let agenda = Path::new("examples/harbour/agenda.jsonl");
    let output = backtest(agenda, &["--page", path.to_str().unwrap()]);
    assert!(output.status.success(), "{}", told(&output));
    let page = fs::read_to_string(&path).unwrap();
    for loads in ["http", "src=", "href", "url(", "@import", "<script"] {
        assert!(!page.contains(loads), "{loads}");
    }
    for secret in personal() {
        assert!(!page.contains(&secret), "{secret}");
    }
    insta::assert_snapshot!("page", page);
}

#[test]
fn a_history_out_of_order_is_refused_and_leaves_no_half_file() {
    let folder = tempfile::tempdir().unwrap();
    let events = folder.path().join("events.jsonl");
    let line = |id: usize, time: &str| {
        format!(
            r#"{{"specversion":"1.0","id":"e-{id}","source":"agenda","type":"patient.updated","time":"{time}","data":{{"patient":{{"id":"p"}}}}}}"#
        )
    };
    let mut lines: Vec<String> = (0..10_600)
        .map(|id| line(id, "2026-06-02T09:00:00Z"))
        .collect();
    lines.push(line(10_600, "2026-06-01T09:00:00Z"));
    fs::write(&events, lines.join("\n")).unwrap();
    let differences = folder.path().join("differences.csv");
    let output = backtest(&events, &["--differences", differences.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    let told = told(&output);
    assert!(
        told.contains(
            "events.jsonl:10601: its time is before that of an event more than 10000 lines above it"
        ),
        "{told}"
    );
    assert!(told.contains("sort the file by time"), "{told}");
    assert!(!differences.exists());
}
