//! The tutorials are true: each command of theirs is run, in their order, and answers what they say.
//!
//! A block of `sh` is run by a shell in a folder of the tutorial's own, where `rappel` is the command of this
//! build; a block of `text` behind it is what it answers, where `…` stands for anything within a line and a
//! line of `…` for any lines. A block whose language has a file's name behind it is that file, written anew.
//! With `UPDATE=1` the answers that differ are written anew.

#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

/// A piece of a tutorial.
enum Piece {
    Prose(String),
    File { path: String, text: String },
    Command(String),
    Answer(String),
}

fn pieces(tutorial: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut lines = tutorial.lines();
    let mut prose = String::new();
    while let Some(line) = lines.next() {
        let Some(info) = line.strip_prefix("```") else {
            prose.push_str(&format!("{line}\n"));
            continue;
        };
        pieces.push(Piece::Prose(std::mem::take(&mut prose)));
        let text: String = lines
            .by_ref()
            .take_while(|line| *line != "```")
            .map(|line| format!("{line}\n"))
            .collect();
        pieces.push(match info.split_once(' ') {
            Some(_) => Piece::File {
                path: info.into(),
                text,
            },
            None if info == "sh" => Piece::Command(text),
            None => Piece::Answer(text),
        });
    }
    pieces.push(Piece::Prose(prose));
    pieces
}

/// What a shell answers: what it writes, wherever to, as it comes.
fn run(command: &str, folder: &Path) -> String {
    let binary = Path::new(env!("CARGO_BIN_EXE_rappel")).parent().unwrap();
    let path = format!("{}:{}", binary.display(), std::env::var("PATH").unwrap());
    let done = Command::new("bash")
        .args(["-c", &format!("exec 2>&1\n{command}")])
        .current_dir(folder)
        .env("PATH", path)
        .env("COLUMNS", "100")
        .env_remove("RAPPEL_DATABASE")
        .output()
        .unwrap();
    String::from_utf8(done.stdout).unwrap()
}

/// Whether an answer is what a tutorial says.
fn is(expected: &str, actual: &str) -> bool {
    fn line(expected: &str, actual: &str) -> bool {
        let mut parts = expected.trim_end().split('…');
        let first = parts.next().unwrap_or_default();
        let Some(mut rest) = actual.trim_end().strip_prefix(first) else {
            return false;
        };
        let parts: Vec<&str> = parts.collect();
        let Some((last, between)) = parts.split_last() else {
            return rest.is_empty();
        };
        for part in between {
            let Some((_, behind)) = rest.split_once(part) else {
                return false;
            };
            rest = behind;
        }
        rest.ends_with(last)
    }
    fn lines(expected: &[&str], actual: &[&str]) -> bool {
        match (expected, actual) {
            ([], []) => true,
            (["…", rest @ ..], _) => {
                (0..=actual.len()).any(|skipped| lines(rest, &actual[skipped..]))
            }
            ([first, rest @ ..], [found, others @ ..]) => line(first, found) && lines(rest, others),
            _ => false,
        }
    }
    let expected: Vec<&str> = expected.trim_end().lines().collect();
    let actual: Vec<&str> = actual.trim_end().lines().collect();
    lines(&expected, &actual)
}

/// Runs a tutorial; gives it as it would have to be.
fn told(name: &str) -> (String, String) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../docs/tutorials")
        .join(name);
    let tutorial = std::fs::read_to_string(&path).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut told = String::new();
    let mut answer = String::new();
    for piece in pieces(&tutorial) {
        match piece {
            Piece::Prose(text) => told.push_str(&text),
            Piece::File { path, text } => {
                let (_, file) = path.split_once(' ').unwrap();
                let file = folder.path().join(file);
                std::fs::create_dir_all(file.parent().unwrap()).unwrap();
                std::fs::write(file, &text).unwrap();
                write!(told, "```{path}\n{text}```\n").unwrap();
            }
            Piece::Command(command) => {
                answer = run(&command, folder.path());
                write!(told, "```sh\n{command}```\n").unwrap();
            }
            Piece::Answer(expected) => {
                let answer = match is(&expected, &answer) {
                    true => expected,
                    false => format!("{}\n", answer.trim_end()),
                };
                write!(told, "```text\n{answer}```\n").unwrap();
            }
        }
    }
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(path, &told).unwrap();
    }
    (tutorial, told)
}

macro_rules! tutorials {
    ($($test:ident: $file:literal;)+) => {$(
        #[test]
        fn $test() {
            let (said, told) = told($file);
            assert!(said == told, "docs/tutorials/{} says\n\n{said}\n\nand would have to say\n\n{told}", $file);
        }
    )+};
}

tutorials! {
    an_integrator_connects_a_clinic: "integrator.md";
    a_power_user_writes_a_policy: "power-user.md";
    support_staff_try_a_template: "support.md";
}

#[test]
fn an_answer_may_leave_out_what_differs_each_time() {
    assert!(is("a … b", "a 12 b"));
    assert!(is("a\n…\nc", "a\nb\nb\nc"));
    assert!(is("… 019e…", "x 019e-1"));
    assert!(!is("a … b", "a 12 c"));
    assert!(!is("a\n…\nd", "a\nb\nc"));
    assert!(!is("a", "a\nb"));
}
