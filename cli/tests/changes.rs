//! A change of a clinic's rules from outside: what `diff` says before, and `history` after.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

fn run(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_rappel"))
        .current_dir(folder)
        .env_remove("RAPPEL_DATABASE")
        .args(arguments)
        .output()
        .unwrap()
}

fn told(folder: &Path, arguments: &[&str]) -> String {
    let output = run(folder, arguments);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let said = format!("{}{}", text(&output.stdout), text(&output.stderr));
    format!("$ rappel {}\n{}", arguments.join(" "), settled(&said))
}

fn change(folder: &Path, file: &str, from: &str, to: &str) {
    let file = folder.join(file);
    let text = fs::read_to_string(&file).unwrap();
    assert!(text.contains(from), "{text}");
    fs::write(file, text.replace(from, to)).unwrap();
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

/// What is said, without what is another in every run: ids, hashes, links and whose files they are.
fn settled(text: &str) -> String {
    let owner = Command::new("id").arg("-un").output().unwrap().stdout;
    let owner = String::from_utf8(owner).unwrap();
    let owner = owner.trim();
    let inside = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let hexadecimal = |word: &str| word.chars().all(|c| c.is_ascii_hexdigit() || c == '-');
    let mut settled = String::new();
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(|c| !inside(c)).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        settled.push_str(match word {
            word if word.starts_with("019") && word.contains('-') && hexadecimal(word) => "[id]",
            word if word.len() == 12 && hexadecimal(word) => "[hash]",
            word if word.len() == 26 && settled.ends_with('/') => "[token]",
            word if word == owner => "[owner]",
            word => word,
        });
        let next = after.find(inside).unwrap_or(after.len());
        settled.push_str(&after[..next]);
        rest = &after[next..];
    }
    settled
}

#[test]
fn a_change_is_told_before_and_after() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path();
    let lumiere = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/lumiere");
    copy(&lumiere, &folder.join("lumiere"));
    let demonstrate = |until: &str| {
        let output = run(
            folder,
            &[
                "serve",
                "lumiere",
                "--events",
                "lumiere/agenda.jsonl",
                "--lapse",
                "20000",
                "--until",
                until,
                "--for",
                "60s",
            ],
        );
        assert!(output.status.success(), "{output:?}");
    };
    demonstrate("2026-06-05T02:00");
    copy(&folder.join("lumiere"), &folder.join("copy"));
    let diff = ["diff", "copy", "--at", "2026-06-05T02:00"];
    insta::assert_snapshot!("no change", told(folder, &diff));
    change(
        &folder.join("copy"),
        "clinic.toml",
        "notice = \"48 hours\"",
        "notice = \"36 hours\"",
    );
    change(
        &folder.join("copy"),
        "clinic.toml",
        "survey = { email = \"on\" }",
        "survey = { email = \"off\" }",
    );
    change(
        &folder.join("copy"),
        "templates/reminder.sms.trd",
        "Bonjour",
        "Bonsoir",
    );
    insta::assert_snapshot!("diff", told(folder, &diff));
    let texts = [&diff[..], &["--texts", "--examples", "1"]].concat();
    insta::assert_snapshot!("diff with texts", told(folder, &texts));
    let json = [&texts[..], &["--format", "json"]].concat();
    insta::assert_snapshot!("diff as JSON", told(folder, &json));
    change(
        &folder.join("copy"),
        "clinic.toml",
        "zone = \"Europe/Paris\"",
        "zone = \"Europe/Pari\"",
    );
    let refused = run(folder, &diff);
    assert_eq!(refused.status.code(), Some(1));
    let other = "id = \"lumiere\"";
    copy(&folder.join("lumiere"), &folder.join("other"));
    change(
        &folder.join("other"),
        "clinic.toml",
        other,
        "id = \"nobody\"",
    );
    insta::assert_snapshot!("unknown", told(folder, &["diff", "other"]));
    insta::assert_snapshot!("history", told(folder, &["history"]));
}

#[test]
fn a_change_while_no_host_ran_is_followed_and_told() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path();
    assert!(
        run(folder, &["init", "clinic", "--language", "en"])
            .status
            .success()
    );
    let booked = r#"{"specversion":"1.0","id":"e-1","source":"diary","type":"appointment.created","time":"2026-06-01T10:00:00+01:00","data":{"appointment":{"id":"v-1","start":"2099-06-01T14:30"},"patient":{"id":"p-1","first_name":"Amy","last_name":"Fox","consent":true,"mobile":"07700 900001","email":"amy@example.org"}}}"#;
    fs::write(folder.join("events.jsonl"), booked).unwrap();
    let serve = |events: &[&str]| {
        let arguments = ["serve", "clinic", "--listen", "127.0.0.1:0", "--for", "3s"];
        let output = run(folder, &[&arguments[..], events].concat());
        assert!(output.status.success(), "{output:?}");
    };
    serve(&["--events", "events.jsonl"]);
    change(folder, "clinic/clinic.toml", "notice = \"", "notice = \"1");
    fs::write(
        folder.join("clinic/templates/recall.sms.trd"),
        "Hello [TRD3].\n",
    )
    .unwrap();
    serve(&[]);
    let without_times = |text: String| {
        let year = |at: usize| text[at..].starts_with("20") && !text[at..].starts_with("2099");
        let mut told = String::new();
        let mut at = 0;
        for (found, _) in text.match_indices("20") {
            if found >= at && year(found) && text[found..].get(4..5) == Some("-") {
                told.push_str(&text[at..found]);
                told.push_str("[time]");
                at = found + "2026-06-01 10:00".len();
            }
        }
        told + &text[at..]
    };
    let status = without_times(told(folder, &["status"]));
    insta::assert_snapshot!("status", status);
    insta::assert_snapshot!(
        "history of a change",
        without_times(told(folder, &["history", "--limit", "1"]))
    );
}
