//! Sessions as transcripts: each file of `tests/repl` is typed line by line, and what is answered is its
//! snapshot.

#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::sync::Arc;

use rappel_core::Diagnostic;
use rappel_core::diagnostic::codes;
use rappel_core::ids::FacilityId;
use rappel_core::store::{Account, CreditLevel, StoreError};
use rappel_host::engine::{Folder, Generation};

use super::session::{Disk, Reply, Session};
use super::{complete, text};
use crate::clinic::LoadedClinic;
use crate::commands::init::Skeleton;
use crate::visit::KnownVisit;

/// The clinic that `rappel init` writes.
fn clinic() -> LoadedClinic {
    let mut files = Folder::default();
    for (file, text) in Skeleton::Fr.written("cabinet", "Cabinet médical") {
        if file == "clinic.toml" {
            files.insert(file, format!("{text}\n[credits]\nlimited = true\n"));
        } else if file.starts_with("templates/") {
            files.insert(file, text);
        }
    }
    let rules = Arc::new(Generation::compile(&files).unwrap_or_else(|found| panic!("{found:#?}")));
    LoadedClinic {
        folder: "cabinet".into(),
        files,
        rules,
    }
}

/// A disk whose clinic has become wrong, and that has one visit.
struct Broken;

impl Disk for Broken {
    fn load(&self) -> Result<LoadedClinic, Vec<Diagnostic>> {
        Err(vec![
            Diagnostic::new(
                codes::UNKNOWN_VARIABLE,
                "templates/reminder.sms.trd",
                "there is no variable 99",
            )
            .at("Bonjour [TRD99]", 9..14),
        ])
    }

    fn visit(&self, path: &str) -> Result<(KnownVisit, Vec<String>), String> {
        match path {
            "ana.json" => KnownVisit::from_json(
                r#"{"appointment": {"id": "a-7", "start": "2026-07-14T08:15"}, "patient": {"id": "p-7", "first_name": "Ana", "moble": "x"}}"#,
            ),
            _ => Err(format!("{path} can't be read: no such file or directory")),
        }
    }

    fn account(&self, clinic: &FacilityId) -> Result<Option<Account>, StoreError> {
        Ok(Some(Account {
            facility: clinic.clone(),
            limited: true,
            balance: 97.into(),
            reserved: 3.into(),
            low: 100.into(),
            level: CreditLevel::Low,
            waiting: 0,
        }))
    }

    fn visits(&self) -> Vec<String> {
        vec!["ana.json".into()]
    }
}

fn session() -> Session {
    Session::new(clinic(), Box::new(Broken))
}

/// `consent:13` as `consent:N`: on which line a stock policy answers is no business of a transcript.
fn without_lines(answer: &str) -> String {
    let mut out = String::with_capacity(answer.len());
    let mut rest = answer;
    while let Some(colon) = rest.find(':') {
        let (before, after) = rest.split_at(colon + 1);
        out.push_str(before);
        let name = before.trim_end_matches(':');
        let digits = after.bytes().take_while(u8::is_ascii_digit).count();
        rest = after;
        // `reminder.sms.trd:1:10` is a place in a template.
        let is_place = after[digits..].starts_with(':');
        if digits > 0 && !is_place && name.ends_with(|c: char| c.is_ascii_lowercase()) {
            out.push('N');
            rest = &after[digits..];
        }
    }
    out + rest
}

/// What a session answers to each line.
fn transcript(lines: &str) -> String {
    let mut session = session();
    let mut transcript = String::new();
    for line in lines.lines() {
        transcript.push_str(&format!("> {line}\n"));
        match session.answer(line) {
            Reply::Say(answer) if answer.is_empty() => {}
            Reply::Say(answer) => {
                transcript.push_str(&without_lines(
                    &anstream::adapter::strip_str(&answer).to_string(),
                ));
                transcript.push('\n');
            }
            Reply::More => {}
            Reply::Quit => transcript.push_str("(the end)\n"),
        }
    }
    transcript.push_str(if session.has_failed() {
        "(a line failed)"
    } else {
        "(no line failed)"
    });
    transcript
}

#[test]
fn sessions_answer_as_they_did() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/repl");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    assert!(files.len() > 3);
    for file in files {
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        insta::assert_snapshot!(name, transcript(&std::fs::read_to_string(&file).unwrap()));
    }
}

#[test]
fn the_length_is_told_while_a_text_is_typed() {
    let session = session();
    let hint = |line: &str| text::hint(&session, line).unwrap_or_default();
    assert_eq!(hint("Bonjour [TRD3]"), "  gsm7 17 units, 1 segment");
    assert_eq!(hint("★"), "  ucs2 1 unit, 1 segment");
    assert_eq!(hint("[TRD99]"), "  there is no variable 99");
    assert_eq!(hint(":vars"), "");
    assert_eq!(hint("  "), "");
}

#[test]
fn completion_offers_what_can_stand_there() {
    let session = session();
    // The cursor is at the end; what is offered follows.
    let offered = |line: &str| {
        let (start, candidates) = complete::candidates(&session, line, line.len());
        let words: Vec<_> = candidates
            .iter()
            .take(6)
            .map(|candidate| candidate.shown.as_str())
            .collect();
        let more = candidates.len().saturating_sub(6);
        format!(
            "{line}\n    from {start}: {}{}",
            words.join(" | "),
            if more > 0 {
                format!(" and {more} more")
            } else {
                String::new()
            }
        )
    };
    let told: Vec<String> = [
        "Bonjour [",
        "Bonjour [trd3",
        "[pré",
        "[TRD3|",
        "[TRD3|upper|tr",
        "[TRD9|",
        "[INCLURE ",
        "[SI TRD23 ET TRD1",
        "[[TRD",
        "[TRD3]",
        "plain",
        ":",
        ":ch",
        ":kind ca",
        ":channel ",
        ":lang e",
        ":set patient.channels.",
        ":plan appointment.c",
        ":visit ",
        ":help ",
    ]
    .into_iter()
    .map(offered)
    .collect();
    insta::assert_snapshot!("completion", told.join("\n"));
}
