//! Sessions as transcripts: each file of `tests/repl` is typed line by line, and what is answered is its
//! snapshot.

#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rappel_core::diagnostic::codes;
use rappel_core::ids::FacilityId;
use rappel_core::store::{Account, CreditLevel, StoreError};
use rappel_core::{Diagnostic, Store};
use rappel_host::engine::{EventPlanner, Folder, Generation};
use rappel_host::store::SqliteStore;

use super::session::{Disk, Reply, Session};
use super::{Files, complete, text};
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

    fn find(&self, _: &Arc<Generation>, _: &str) -> Result<Vec<KnownVisit>, String> {
        Ok(Vec::new())
    }

    fn not_found(&self) -> String {
        "no such visit is known".into()
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

/// An example clinic; compiling one takes its time.
fn example(name: &str) -> LoadedClinic {
    let folder = examples().join(name);
    crate::clinic::load(&folder).unwrap_or_else(|error| panic!("{}", error.message))
}

/// A session on it, with its files or a host's database.
fn session_on(clinic: &LoadedClinic, database: Option<PathBuf>) -> Session {
    let LoadedClinic {
        folder,
        files,
        rules,
    } = clinic;
    let (folder, files, rules) = (folder.clone(), files.clone(), rules.clone());
    let disk = Files {
        folder: folder.clone(),
        database,
    };
    let clinic = LoadedClinic {
        folder,
        files,
        rules,
    };
    Session::new(clinic, Box::new(disk))
}

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples")
}

/// What a session answers to each line.
fn transcript(mut session: Session, lines: &str) -> String {
    let mut transcript = without_lines(&raw_transcript(&mut session, lines));
    transcript.push_str(if session.has_failed() {
        "(a line failed)"
    } else {
        "(no line failed)"
    });
    transcript
}

fn raw_transcript(session: &mut Session, lines: &str) -> String {
    let mut transcript = String::new();
    for line in lines.lines() {
        transcript.push_str(format!("> {line}").trim_end());
        transcript.push('\n');
        match session.answer(line) {
            Reply::Say(answer) if answer.is_empty() => {}
            Reply::Say(answer) => {
                transcript.push_str(&anstream::adapter::strip_str(&answer).to_string());
                transcript.push('\n');
            }
            Reply::More => {}
            Reply::Quit => transcript.push_str("(the end)\n"),
        }
    }
    transcript
}

/// The transcripts of a folder.
fn recorded(folder: &str) -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let files = std::fs::read_dir(folder).unwrap();
    let files = files.map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = files.filter(|path| path.is_file()).collect();
    files.sort();
    assert!(files.len() > 3);
    let name = |file: &Path| file.file_stem().unwrap().to_string_lossy().into_owned();
    let read = |file: PathBuf| (name(&file), std::fs::read_to_string(&file).unwrap());
    files.into_iter().map(read).collect()
}

#[test]
fn sessions_answer_as_they_did() {
    for (name, lines) in recorded("tests/repl") {
        insta::assert_snapshot!(name, transcript(session(), &lines));
    }
}

#[test]
fn sessions_on_the_example_clinic_answer_as_they_did() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let _inside = runtime.enter();
    let clinic = example("lumiere");
    for (name, lines) in recorded("tests/repl/lumiere") {
        let session = session_on(&clinic, None);
        insta::assert_snapshot!(format!("lumiere_{name}"), transcript(session, &lines));
    }
}

#[test]
fn real_visits_are_found_in_a_database_that_is_only_read() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let _inside = runtime.enter();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rappel.db");
    let clinic = example("lumiere");
    let rules = &clinic.rules;
    let agenda = crate::events::read(&examples().join("lumiere/agenda.jsonl")).unwrap();
    runtime.block_on(async {
        let store = SqliteStore::open(&path).await.unwrap();
        let now = agenda.events.iter().filter_map(|event| event.time).max();
        let (facility, planner) = (&rules.settings().id, EventPlanner(rules.clone()));
        let done = store.ingest(facility, &agenda.events, now.unwrap(), &planner);
        done.await.unwrap();
    });
    let messages = || {
        let counted = async {
            let store = SqliteStore::open_read_only(&path).await.unwrap();
            let counts = store.counts().await.unwrap().into_iter();
            counts.map(|count| count.count).sum::<u64>()
        };
        runtime.block_on(counted)
    };
    let before = messages();
    let lines = ":visit elise\n:visit 3\n:visit +33 6 39 98 10 01\n:with family\n:visit a-124\n:visit nobody";
    let told = transcript(session_on(&clinic, Some(path.clone())), lines);
    insta::assert_snapshot!(
        "database",
        told.replace(&path.display().to_string(), "rappel.db")
    );
    assert!(before > 0);
    assert_eq!(before, messages());
}

#[test]
fn later_sessions_know_nothing_of_a_patients() {
    let mut session = session();
    let mut kept = |line: &str| {
        session.answer(line);
        session.kept.take()
    };
    for line in [
        "Bonjour Mme Dupont",
        ":visit ana.json",
        ":set TRD3 = Ana",
        ":unset patient.mobile",
        ":reply OUI, Ana",
        ":with Ana",
        ":vars Dupont",
        ":why Dupont",
        ":kind Dupont",
        ":help Dupont",
        ":now Dupont",
        ":dupont",
    ] {
        assert_eq!(kept(line), None, "{line}");
    }
    assert_eq!(kept(":reset for Dupont").as_deref(), Some(":reset"));
    assert_eq!(kept(":w  email").as_deref(), Some(":why email"));
    assert_eq!(kept(":vars prén").as_deref(), Some(":vars prén"));
}

/// A transcript of the page as it is answered now: `$ rappel repl examples/CLINIC`, then lines that begin
/// with `> ` and their answers.
fn answered_now(block: &str, clinics: &[LoadedClinic]) -> String {
    let (command, _) = block.split_once('\n').unwrap();
    let path = command.strip_prefix("$ rappel repl ").unwrap();
    let clinic = clinics.iter().find(|clinic| clinic.folder.ends_with(path));
    let lines = block.lines();
    let typed = lines.filter_map(|line| line.strip_prefix("> ").or((line == ">").then_some("")));
    let typed: Vec<&str> = typed.collect();
    let told = raw_transcript(&mut session_on(clinic.unwrap(), None), &typed.join("\n"));
    format!("{command}\n{told}")
}

#[test]
#[allow(clippy::disallowed_methods, reason = "a test asks whether to write")]
fn the_page_of_the_repl_is_true() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let _inside = runtime.enter();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/repl.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let clinics = ["lumiere", "harbour"].map(example);
    let mut now = String::new();
    for (number, part) in page.split("```").enumerate() {
        if number > 0 {
            now.push_str("```");
        }
        match part.strip_prefix("console\n") {
            Some(block) => now.push_str(&format!("console\n{}", answered_now(block, &clinics))),
            None => now.push_str(part),
        }
    }
    assert!(page.contains("```console\n$ rappel repl"));
    // The lines of policies may move.
    if without_lines(&page) == without_lines(&now) {
        return;
    }
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, now).unwrap();
        return;
    }
    assert_eq!(page, now, "UPDATE=1 writes docs/repl.md anew");
}

#[test]
fn the_length_is_told_while_a_text_is_typed() {
    let session = session();
    let hint = |line: &str| text::hint(&session, line).unwrap_or_default();
    assert_eq!(
        hint("Bonjour [TRD3]"),
        "  gsm7 17 units, 1 segment, 1 credit"
    );
    assert_eq!(hint("★"), "  ucs2 1 unit, 1 segment, 1 credit");
    assert_eq!(
        hint("\"\"\"\nBonjour\n"),
        "  gsm7 7 units, 1 segment, 1 credit"
    );
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
        ":visit l",
        ":with ",
        ":unset patient.f",
        ":why second_reminder e",
        ":facts patient.m",
        ":help ",
    ]
    .into_iter()
    .map(offered)
    .collect();
    insta::assert_snapshot!("completion", told.join("\n"));
}
