//! The pages of the codes: each one's example has that code and no other, and `docs/errors.md` is made of
//! them. With `UPDATE=1` it is written anew.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use rappel_core::diagnostic::{Code, codes};
use rappel_core::{Diagnostic, Severity};
use rappel_host::engine::{Folder, Generation};
use rappel_host::import::{ImportError, Map, convert};

/// The least clinic that can send: an example's `clinic.toml` stands behind it, its other files beside it.
const CLINIC: &str = "\
id = \"example\"
name = \"Example\"
zone = \"Europe/Paris\"
country = \"FR\"
channels.sms.gateway = \"out\"
channels.email.gateway = \"out\"
gateways.out.type = \"console\"
";

/// What an example may have besides, because it says nothing of what its clinic decided: which messages are
/// switched on, and what they may tell.
const UNDECIDED: [Code; 3] = [
    codes::SWITCHED_OFF_TEMPLATE,
    codes::SWITCHED_OFF_PLAN,
    codes::HEALTH_DATA,
];

const CHAPTERS: [(&str, &str); 9] = [
    ("01", "The form of a template"),
    ("02", "The meaning of a template"),
    ("03", "A template on its channel"),
    ("04", "Policies"),
    ("05", "Cases of policies"),
    ("06", "Adapters"),
    ("07", "Settings"),
    ("08", "The clinic's folder"),
    ("09", "Maps of imports"),
];

/// Everything that is told of a code's example.
fn found(code: Code) -> Vec<Diagnostic> {
    let files = code.page().files;
    let text = |path: &str| {
        files
            .iter()
            .find(|file| file.path == path)
            .map(|file| file.text())
    };
    if let Some(map) = text("map.toml") {
        return imported(&map, &text("agenda.csv").unwrap_or_default());
    }
    let mut folder = Folder::default();
    let own = text("clinic.toml").unwrap_or_default();
    folder.insert("clinic.toml", format!("{CLINIC}{own}"));
    for file in files.iter().filter(|file| file.path != "clinic.toml") {
        folder.insert(file.path, file.text());
    }
    let mut found = match Generation::compile(&folder) {
        Ok(clinic) => clinic.warnings().to_vec(),
        Err(found) => found,
    };
    found.retain(|one| one.code == code || !UNDECIDED.contains(&one.code));
    found
}

fn imported(map: &str, file: &str) -> Vec<Diagnostic> {
    let map = match Map::read("map.toml", map) {
        Ok(map) => map,
        Err(found) => return found,
    };
    match convert(std::io::Cursor::new(file), &map) {
        Err(ImportError::Columns(found)) => found,
        _ => Vec::new(),
    }
}

fn reports(found: &[Diagnostic]) -> String {
    let reports: Vec<_> = found
        .iter()
        .map(|diagnostic| diagnostic.report(90, false).trim_end().to_string())
        .collect();
    reports.join("\n")
}

#[test]
fn every_example_has_its_code_and_no_other() {
    let mut wrong = String::new();
    for code in codes::ALL {
        let found = found(*code);
        let told: BTreeSet<&str> = found.iter().map(|diagnostic| diagnostic.code.id).collect();
        if told != BTreeSet::from([code.id]) {
            let _ = writeln!(wrong, "{code} has {told:?}\n{}", reports(&found));
        }
        for diagnostic in &found {
            assert_eq!(diagnostic.severity, code.severity(), "{code}");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

fn page(out: &mut String, code: Code) {
    let page = code.page();
    let severity = match code.severity() {
        Severity::Error => "Error",
        Severity::Warning => "Warning",
    };
    let _ = write!(
        out,
        "### {}: {}\n\n{severity}. {}\n\n**Why it matters.** {}\n\n**What to do.** {}\n",
        code.id, code.title, page.meaning, page.reason, page.remedy
    );
    for file in &page.files {
        let repeated = match file.times {
            1 => String::new(),
            times => format!(", {times} times"),
        };
        let _ = write!(
            out,
            "\n`{}`{repeated}\n\n```text\n{}```\n",
            file.path, file.written
        );
    }
    let _ = write!(
        out,
        "\n`rappel` says\n\n```text\n{}\n```\n\n",
        reports(&found(code))
    );
}

#[test]
#[allow(clippy::disallowed_methods, reason = "a test asks whether to write")]
fn the_reference_is_made_of_the_pages() {
    let mut fresh = String::from(
        "# Errors and warnings\n\n\
         What `rappel check` says of a clinic's files, by its code; `rappel explain CODE` prints the same in a terminal.\n\
         An error keeps a folder from going live, a warning doesn't. Each example is the least that has its code, and is\n\
         tried by a test. Where it has a `clinic.toml`, those lines are added to a clinic's own.\n\n\
         `rappel check --fix` mends what can mean one thing only. Warnings that a clinic has decided about are named in its\n\
         settings: `check.allow = [\"W0852\"]`.\n\n\
         This page is made of `core/src/diagnostic/pages/`, a file for each code.\n\n",
    );
    let mut told = 0;
    for (chapter, title) in CHAPTERS {
        let _ = write!(fresh, "## {title}\n\n");
        for code in codes::ALL.iter().filter(|code| &code.id[1..3] == chapter) {
            page(&mut fresh, *code);
            told += 1;
        }
    }
    assert_eq!(told, codes::ALL.len(), "a code has no chapter");
    let fresh = format!("{}\n", fresh.trim_end());
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/errors.md");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &fresh).unwrap();
    } else {
        assert!(
            std::fs::read_to_string(&path).unwrap_or_default() == fresh,
            "docs/errors.md is stale: run this test with UPDATE=1"
        );
    }
}
