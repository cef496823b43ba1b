//! The brake from outside: a policy of the French example clinic is changed so that it plans fifty messages for
//! each booking.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};

use serde_json::{Value, json};

fn rappel(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rappel"));
    command
        .current_dir(folder)
        .args(arguments)
        .env_remove("RAPPEL_DATABASE");
    command
}

/// The exit code and what is printed.
fn run(folder: &Path, arguments: &[&str]) -> (i32, String) {
    let output = rappel(folder, arguments).output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    (output.status.code().unwrap(), told)
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().flatten() {
        let to = to.join(entry.file_name());
        match entry.path() {
            folder if folder.is_dir() => copy(&folder, &to),
            file => {
                fs::copy(file, to).unwrap();
            }
        }
    }
}

/// The example clinic with fifty kinds of its own that nothing plans yet.
fn clinic() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/lumiere");
    let lumiere = folder.path().join("lumiere");
    copy(&example, &lumiere);
    let mut kinds = String::from("[messages]\n");
    for number in 1..=50 {
        kinds.push_str(&format!("extra_{number} = {{ sms = \"on\" }}\n"));
        let template = lumiere.join(format!("templates/extra_{number}.sms.trd"));
        fs::write(template, "Bonjour [TRD3], à bientôt.\n").unwrap();
    }
    let toml = lumiere.join("clinic.toml");
    let text = fs::read_to_string(&toml).unwrap();
    fs::write(toml, text.replacen("[messages]\n", &kinds, 1)).unwrap();
    folder
}

const WILD: &str = "//! Writes and writes.\nfn plan(event, visit, settings) {\n    let all = [];\n    for number in 1..51 { all += message(`extra_${number}`, \"sms\").at(visit.start - hours(number)); }\n    all\n}\n";

/// A host that is told events by its standard input.
struct Host {
    child: Child,
    events: ChildStdin,
}

impl Host {
    fn start(folder: &Path) -> Self {
        let mut child = rappel(
            folder,
            &[
                "serve",
                "lumiere",
                "--events",
                "-",
                "--listen",
                "127.0.0.1:0",
            ],
        )
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
        let events = child.stdin.take().unwrap();
        Self { child, events }
    }

    fn book(&mut self, numbers: std::ops::RangeInclusive<u32>) {
        for number in numbers {
            let event = json!({
                "specversion": "1.0", "id": format!("b-{number}"), "source": "agenda",
                "type": "appointment.created",
                "data": {
                    "appointment": {"id": format!("n-{number}"), "start": "2035-06-05T14:30"},
                    "patient": {"id": format!("q-{number}"), "first_name": "Ana", "last_name": "Roy",
                                "consent": true, "mobile": format!("+33639980{number:03}")}}});
            writeln!(self.events, "{event}").unwrap();
        }
        self.events.flush().unwrap();
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn until(what: &str, holds: impl Fn() -> bool) {
    for _ in 0..600 {
        if holds() {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    panic!("{what} never came");
}

fn status(folder: &Path) -> Value {
    let (_, told) = run(folder, &["status", "--format", "json"]);
    serde_json::from_str(&told).unwrap_or_default()
}

/// How many messages of the clinic's own kinds are in a state.
fn extra(folder: &Path, state: &str) -> usize {
    let (_, listed) = run(folder, &["messages", "--format", "json", "--state", state]);
    listed.matches("\"kind\":\"extra_").count()
}

/// How many appointments have a reminder that waits for its time.
fn reminded(folder: &Path) -> usize {
    let told = ["messages", "--format", "json", "--state", "planned"];
    let (_, listed) = run(folder, &[&told[..], &["--kind", "reminder"]].concat());
    let lines = listed.lines().map(|line| {
        let message: Value = serde_json::from_str(line).unwrap();
        message["appointment"].as_str().unwrap().to_string()
    });
    lines.collect::<std::collections::BTreeSet<_>>().len()
}

/// Names change with every version; what a person reads doesn't.
fn without_names(told: &str, status: &Value, approval: &str) -> String {
    let braked = &status["clinics"][0]["braked"][0];
    told.replace(braked["generation"].as_str().unwrap(), "NEW")
        .replace(approval, "APPROVAL")
}

#[test]
fn a_policy_that_plans_fifty_messages_a_booking_is_stopped_until_it_is_approved() {
    let folder = clinic();
    let folder = folder.path();
    let mut host = Host::start(folder);
    host.book(1..=20);
    until("the bookings", || reminded(folder) == 20);
    let good = status(folder)["clinics"][0]["generation"].clone();
    fs::write(folder.join("lumiere/rules/wild.rhai"), WILD).unwrap();
    until("the new files", || {
        status(folder)["clinics"][0]["generation"] != good
    });
    let wild = status(folder)["clinics"][0]["generation"].clone();
    host.book(21..=26);
    until("the brake", || {
        let status = status(folder);
        status["clinics"][0]["refused"].is_string() && status["clinics"][0]["generation"] == good
    });
    // Every patient is reminded as by the files before; the fifty of each wait.
    until("the reminders", || reminded(folder) == 26);
    let held = extra(folder, "held");
    assert!(held >= 250, "{held}");
    let told = status(folder);
    let braked = &told["clinics"][0]["braked"][0];
    assert_eq!(braked["generation"], wild);
    assert_eq!(braked["event"], "appointment.created");
    let approval = braked["approval"].as_str().unwrap().to_string();
    let (code, said) = run(folder, &["status"]);
    assert_eq!(code, 1);
    let refused = said.lines().find(|line| line.contains("the brake stopped"));
    let refused = without_names(refused.unwrap().trim(), &told, &approval);
    assert!(
        refused.starts_with("the brake stopped generation NEW: ")
            && refused.ends_with("its messages wait. `rappel approve APPROVAL` lets it serve and them go, `rappel approve APPROVAL --withdraw` withdraws them"),
        "{refused}"
    );
    assert!(said.contains(&format!("braked {approval}: ")), "{said}");
    let (_, listed) = run(folder, &["approve"]);
    assert!(
        listed.contains(&format!("generation {}", wild.as_str().unwrap())),
        "{listed}"
    );
    let (_, listed) = run(folder, &["approve", "--format", "json"]);
    let listed: Value = serde_json::from_str(&listed).unwrap();
    assert_eq!(listed["generation"], wild);
    assert_eq!(listed["resource"], Value::Null);
    assert_eq!(listed["messages"], held);

    let (code, answer) = run(folder, &["approve", &approval]);
    assert_eq!(code, 0);
    let answer = without_names(&answer, &told, &approval);
    assert_eq!(
        answer.trim(),
        format!(
            "{held} messages may go, as far as the policies let them; generation NEW serves within seconds, if the folder still holds it"
        )
    );
    assert_eq!(extra(folder, "planned"), held, "each in its time");
    until("the new files", || {
        let status = status(folder);
        status["clinics"][0]["generation"] == wild && status["clinics"][0]["refused"].is_null()
    });
    assert_eq!(run(folder, &["status"]).0, 0);
}
