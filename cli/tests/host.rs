//! The host from outside: a demonstration that ends by itself, and a host that is asked over HTTP and
//! told to stop.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use serde_json::{Value, json};

fn rappel(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rappel"));
    command.current_dir(folder).env_remove("RAPPEL_DATABASE");
    command
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    rappel(folder).args(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A clinic in a folder of its own.
fn clinic() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    assert!(
        run(folder.path(), &["init", "clinic", "--language", "en"])
            .status
            .success()
    );
    folder
}

fn event(id: &str, kind: &str, time: &str, data: Value) -> String {
    json!({"specversion": "1.0", "id": id, "source": "diary", "type": kind, "time": time, "data": data}).to_string()
}

fn booked(id: &str) -> String {
    // So far ahead that nothing but the answer to the booking is due.
    event(
        id,
        "appointment.created",
        "2026-06-01T10:00:00+01:00",
        json!({"appointment": {"id": "v-1", "start": "2027-06-01T14:30"},
               "resource": {"id": "r-1", "name": "Dr Camille Martin"},
               "patient": {"id": "p-1", "first_name": "Amy", "last_name": "Fox", "consent": true,
                           "mobile": "07700 900001", "email": "amy@example.org"}}),
    )
}

fn cancelled(id: &str) -> String {
    event(
        id,
        "appointment.cancelled",
        "2026-06-01T10:20:00+01:00",
        json!({"appointment": {"id": "v-1"}}),
    )
}

/// A demonstration of `agenda.jsonl` that takes some seconds. It ends by itself; should it not, the test
/// is to fail and not to hang.
const DEMONSTRATION: [&str; 8] = [
    "serve",
    "clinic",
    "--events",
    "agenda.jsonl",
    "--lapse",
    "1000",
    "--for",
    "60s",
];

/// Each message's kind, channel and state.
fn states(folder: &Path, database: &str) -> Vec<String> {
    let listed = run(
        folder,
        &["messages", "--database", database, "--format", "json"],
    );
    let mut states: Vec<String> = text(&listed.stdout)
        .lines()
        .map(|line| {
            let message: Value = serde_json::from_str(line).unwrap();
            format!(
                "{} {} {}",
                message["kind"].as_str().unwrap(),
                message["channel"].as_str().unwrap(),
                message["state"].as_str().unwrap()
            )
        })
        .collect();
    states.sort();
    states
}

#[test]
fn a_demonstration_shows_every_change_and_ends() {
    let folder = clinic();
    let folder = folder.path();
    fs::write(
        folder.join("agenda.jsonl"),
        format!("{}\n{}\n", booked("1"), cancelled("2")),
    )
    .unwrap();
    let shown = run(folder, &DEMONSTRATION);
    let shown = (
        text(&shown.stdout),
        text(&shown.stderr),
        shown.status.code(),
    );
    assert_eq!(shown.2, Some(0), "{shown:?}");
    assert!(
        shown
            .0
            .starts_with("DEMONSTRATION: 2 events on a clock that runs 1000 times fast."),
        "{shown:?}"
    );
    for line in [
        "  rappel explain ID --database rappel-demo.db\n",
        "── demonstration · clock × 1000 ·",
        "event     appointment.cancelled v-1:",
        "rappel explain ",
    ] {
        assert!(shown.0.contains(line), "{line}: {shown:?}");
    }
    let expected = [
        "cancelled email sent",
        "cancelled sms sent",
        "created email sent",
        "reminder email withdrawn",
        "reminder sms withdrawn",
    ];
    assert_eq!(states(folder, "rappel-demo.db"), expected);
    for change in [
        "planned   reminder",
        "withdrawn reminder",
        "sent      cancelled",
    ] {
        assert!(shown.0.contains(change), "{change}: {shown:?}");
    }
    // Each begins anew.
    assert!(run(folder, &DEMONSTRATION).status.success());
    assert_eq!(states(folder, "rappel-demo.db"), expected);
    // A database that somebody named is never emptied.
    let other = run(
        folder,
        &[&DEMONSTRATION[..], &["--database", "rappel-demo.db"]].concat(),
    );
    assert_eq!(other.status.code(), Some(1));
    assert!(
        text(&other.stderr).contains("rappel-demo.db holds messages"),
        "{}",
        text(&other.stderr)
    );
}

#[test]
fn a_messages_story_is_told_from_its_event_to_the_gateway() {
    let folder = clinic();
    let folder = folder.path();
    fs::write(
        folder.join("agenda.jsonl"),
        format!("{}\n{}\n", booked("1"), cancelled("2")),
    )
    .unwrap();
    run(folder, &DEMONSTRATION);
    let listed = run(
        folder,
        &[
            "messages",
            "--database",
            "rappel-demo.db",
            "--kind",
            "cancelled",
            "--channel",
            "sms",
            "--format",
            "json",
        ],
    );
    let message: Value = serde_json::from_slice(&listed.stdout).unwrap();
    let id = message["id"].as_str().unwrap();
    let told = run(
        folder,
        &[
            "explain",
            &id[..18],
            "--database",
            "rappel-demo.db",
            "--format",
            "json",
        ],
    );
    let told: Value = serde_json::from_slice(&told.stdout).unwrap();
    assert_eq!(told["message"], message);
    let steps: Vec<&str> = told["story"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| step["step"].as_str().unwrap())
        .collect();
    assert_eq!(steps, ["planned", "judged", "handed", "answered"]);
    let told = text(&run(folder, &["explain", id, "--database", "rappel-demo.db"]).stdout);
    assert!(
        told.starts_with("cancelled by SMS to patient p-1: sent\n"),
        "{told}"
    );
    // Where there is no other database, it is the one that is meant.
    let meant = run(folder, &["explain", id]);
    assert!(text(&meant.stderr).contains("this is the demonstration's rappel-demo.db"));
    assert_eq!(text(&meant.stdout), told);
    // The beginning that all have in common.
    let several = run(
        folder,
        &["explain", &id[..4], "--database", "rappel-demo.db"],
    );
    assert_eq!(several.status.code(), Some(1));
    assert!(
        text(&several.stderr).contains(id),
        "{}",
        text(&several.stderr)
    );
    let none = run(folder, &["explain", "ffff", "--database", "rappel-demo.db"]);
    assert_eq!(none.status.code(), Some(1));
    let asked = |arguments: &[&str]| {
        let told = run(
            folder,
            &[&["explain", "--format", "json"], arguments].concat(),
        );
        serde_json::from_slice::<Value>(&told.stdout).unwrap()
    };
    let appointment = message["appointment"].as_str().unwrap();
    let told = asked(&[appointment]);
    let ids: Vec<&Value> = told["messages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|m| &m["id"])
        .collect();
    assert!(ids.contains(&&message["id"]), "{told}");
    assert_eq!(told, asked(&["--appointment", appointment]));
    let policies = told["asked"]["policies"].as_array().unwrap();
    let reminder = policies
        .iter()
        .find(|policy| policy["policy"] == "reminder")
        .unwrap();
    // The appointment is cancelled: nothing is wanted, and were it booked there would be a reminder.
    assert_eq!(reminder["messages"], serde_json::json!([]));
    assert_eq!(
        reminder["turns"][0],
        serde_json::json!({"fact": "visit.status", "was": "cancelled", "would": "be", "value": "booked"})
    );
    let told = text(&run(folder, &["explain", appointment]).stdout);
    assert!(
        told.contains(
            "It would want one in time if visit.status were \"booked\" (it was \"cancelled\")."
        ),
        "{told}"
    );
}

/// A host that listens, and where.
struct Host {
    child: Child,
    address: String,
    log: BufReader<std::process::ChildStderr>,
}

impl Host {
    fn start(folder: &Path, arguments: &[&str]) -> Self {
        let mut child = rappel(folder)
            .args([
                "serve",
                "clinic",
                "--listen",
                "127.0.0.1:0",
                "--token-env",
                "A_TOKEN",
            ])
            .args(arguments)
            .env("A_TOKEN", "sesame")
            .stdin(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap());
        let mut seen = String::new();
        let address = loop {
            let mut line = String::new();
            assert!(log.read_line(&mut line).unwrap() > 0, "{seen}");
            seen.push_str(&line);
            if let Some((_, address)) = line.split_once("the API listens address=") {
                break address.trim().to_string();
            }
        };
        Self {
            child,
            address,
            log,
        }
    }

    /// The status and body of an answer.
    fn ask(&self, method: &str, path: &str, token: &str, body: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\nAuthorization: Bearer {token}\r\nContent-Type: application/x-ndjson\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
        (status, answer.split_once("\r\n\r\n").unwrap().1.to_string())
    }

    /// Tells it to end; its exit code and the rest of its log.
    fn end(mut self) -> (Option<i32>, String) {
        let killed = Command::new("kill")
            .args(["-TERM", &self.child.id().to_string()])
            .status()
            .unwrap();
        assert!(killed.success());
        let mut log = String::new();
        self.log.read_to_string(&mut log).unwrap();
        (self.child.wait().unwrap().code(), log)
    }
}

#[test]
fn a_host_takes_events_and_ends_in_order() {
    let folder = clinic();
    let folder = folder.path();
    let host = Host::start(folder, &[]);
    assert_eq!(host.ask("GET", "/messages", "wrong", "").0, 401);
    let (status, answer) = host.ask("POST", "/events", "sesame", &booked("1"));
    assert_eq!(status, 200, "{answer}");
    let (status, answer) = host.ask("GET", "/status", "sesame", "");
    assert_eq!(status, 200, "{answer}");
    let running = text(&run(folder, &["status"]).stdout);
    assert!(
        running.starts_with("a host serves rappel.db since 20"),
        "{running}"
    );
    // A second host of the same database would send what this one sends.
    let second = run(folder, &["serve", "clinic", "--listen", "127.0.0.1:0"]);
    assert_eq!(second.status.code(), Some(3));
    assert!(
        text(&second.stderr).contains("another `rappel serve` uses rappel.db"),
        "{}",
        text(&second.stderr)
    );
    the_api_answers_what_the_command_line_does(folder, &host);
    let (code, log) = host.end();
    assert_eq!(code, Some(0), "{log}");
    assert!(log.contains("told to end"), "{log}");
    let status = text(&run(folder, &["status"]).stdout);
    assert!(
        status.starts_with("no host serves rappel.db; the last one was started on 20")
            && status.contains("\nclinic: generation "),
        "{status}"
    );
    let listed: Vec<String> = states(folder, "rappel.db");
    assert!(
        listed.iter().any(|state| state.starts_with("reminder sms")),
        "{listed:?}"
    );
    // What the host writes down holds no patient's data.
    for word in ["Amy", "Fox", "900001", "amy@"] {
        assert!(!log.contains(word), "{log}");
    }
}

#[test]
fn events_are_taken_from_standard_input_as_they_come() {
    let folder = clinic();
    let folder = folder.path();
    let mut host = Host::start(folder, &["--events", "-"]);
    let mut stdin = host.child.stdin.take().unwrap();
    writeln!(stdin, "{}\nnot an event\n{}", booked("1"), booked("1")).unwrap();
    drop(stdin);
    let mut line = String::new();
    let mut seen = String::new();
    while !line.contains("standard input has ended") {
        line.clear();
        assert!(host.log.read_line(&mut line).unwrap() > 0, "{seen}");
        seen.push_str(&line);
    }
    assert!(seen.contains("an event can't be read"), "{seen}");
    assert_eq!(host.ask("GET", "/health", "", "").1, "ok");
    assert_eq!(host.end().0, Some(0));
    assert!(!states(folder, "rappel.db").is_empty());
}

#[test]
fn a_policy_that_fails_to_plan_is_told_until_it_is_mended() {
    let folder = clinic();
    let folder = folder.path();
    let policy = folder.join("clinic/rules/reminder.rhai");
    fs::create_dir_all(policy.parent().unwrap()).unwrap();
    fs::write(
        &policy,
        "//! Fails.\nfn plan(event, visit, settings) {\n    let none = 0;\n    [message(\"reminder\", \"sms\").at(visit.start - hours(24 / none))]\n}\n",
    )
    .unwrap();
    let host = Host::start(folder, &[]);
    let (_, answer) = host.ask("POST", "/events", "sesame", &booked("1"));
    let answer: Value = serde_json::from_str(&answer).unwrap();
    let fault = &answer["events"][0]["faults"][0];
    assert_eq!(
        (fault["policy"].as_str(), fault["line"].as_u64()),
        (Some("reminder"), Some(4)),
        "{answer}"
    );
    let status = run(folder, &["status"]);
    assert_eq!(status.status.code(), Some(1));
    let told = text(&status.stdout);
    assert!(
        told.contains("policy `reminder`, line 4: ") && told.contains("it failed on 1 event;"),
        "{told}"
    );
    let status = run(folder, &["status", "--format", "json"]);
    let status: Value = serde_json::from_slice(&status.stdout).unwrap();
    assert_eq!(status["clinics"][0]["faults"][0]["events"], 1, "{status}");
    let told = text(&run(folder, &["messages", "--appointment", "v-1"]).stderr);
    assert!(
        told.contains("messages are missing: policy `reminder`, line 4")
            && told.contains("it failed on appointment.created of v-1;"),
        "{told}"
    );
    let listed = text(&run(folder, &["messages", "--format", "json"]).stdout);
    let first: Value = serde_json::from_str(listed.lines().next().unwrap()).unwrap();
    let told = run(folder, &["explain", first["id"].as_str().unwrap()]);
    assert!(text(&told.stderr).contains("messages are missing"));
    fs::remove_file(&policy).unwrap();
    let mended = || run(folder, &["status"]).status.success();
    for _ in 0..200 {
        if mended() {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    assert!(mended());
    let (code, log) = host.end();
    assert_eq!(code, Some(0), "{log}");
    assert!(
        log.contains("ERROR a policy failed to plan")
            && log.contains("policy=reminder line=4 events=1"),
        "{log}"
    );
    for word in ["Amy", "Fox", "900001", "amy@"] {
        assert!(!log.contains(word), "{log}");
    }
}

#[test]
fn a_policy_that_fails_to_judge_is_logged() {
    let folder = clinic();
    let folder = folder.path();
    fs::create_dir_all(folder.join("clinic/rules")).unwrap();
    fs::write(
        folder.join("clinic/rules/own.rhai"),
        "//! Fails.\nfn check(message, visit, settings) {\n    let none = 0;\n    if 1 / none > 0 { return skip(\"never\"); }\n    allow()\n}\n",
    )
    .unwrap();
    let mut host = Host::start(folder, &[]);
    let booked = booked("1").replace("2026-06-01T10:00:00+01:00", "2027-05-30T10:00:00+01:00");
    assert_eq!(host.ask("POST", "/events", "sesame", &booked).0, 200);
    let mut seen = String::new();
    while !seen.contains("ERROR a policy failed to judge") {
        assert!(host.log.read_line(&mut seen).unwrap() > 0, "{seen}");
    }
    assert!(seen.contains("policy=own line=4 messages=1"), "{seen}");
    assert_eq!(host.end().0, Some(0));
}

/// How many messages are in a state, by what a host tells from outside.
fn in_state(folder: &Path, state: &str) -> usize {
    let states = states(folder, "rappel.db");
    let of = states.iter().filter(|line| line.ends_with(state));
    of.count()
}

fn until(what: &str, mut holds: impl FnMut() -> bool) {
    for _ in 0..100 {
        if holds() {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    panic!("{what} never came");
}

#[test]
fn what_a_clinics_credits_do_not_cover_waits_for_a_top_up() {
    let folder = clinic();
    let folder = folder.path();
    let settings = folder.join("clinic/clinic.toml");
    // The test runs at any hour.
    let more = "\n[credits]\nlimited = true\nlow = \"2\"\n";
    let written = fs::read_to_string(&settings).unwrap() + more;
    let written: Vec<String> = written
        .lines()
        .map(|line| match line.starts_with("allowed = ") {
            true => "allowed = \"24/7\"".to_string(),
            false => line.to_string(),
        })
        .collect();
    let written = written.join("\n");
    assert!(written.contains("24/7"));
    fs::write(&settings, written).unwrap();
    let host = Host::start(folder, &[]);
    let added = run(folder, &["credits", "add", "3", "--note", "to begin with"]);
    assert_eq!(text(&added.stdout), "clinic: 3 credits left\n", "{added:?}");
    // Five patients are told by SMS that their visits are cancelled.
    let mut events = String::new();
    for number in 0..5 {
        let data = json!({"appointment": {"id": format!("v-{number}"), "start": "2099-06-01T14:30"},
            "resource": {"id": "r-1", "name": "Dr Camille Martin"},
            "patient": {"id": format!("p-{number}"), "first_name": "Amy", "last_name": "Fox", "consent": true,
                "mobile": "07700 900001"}});
        for kind in ["appointment.created", "appointment.cancelled"] {
            let told = json!({"specversion": "1.0", "id": format!("{kind}-{number}"), "source": "diary",
                "type": kind, "data": data});
            events.push_str(&format!("{told}\n"));
        }
    }
    assert_eq!(host.ask("POST", "/events", "sesame", &events).0, 200);
    until("three to go and two to wait", || {
        in_state(folder, "cancelled sms sent") == 3 && in_state(folder, "cancelled sms held") == 2
    });
    let status = run(folder, &["status"]);
    assert_eq!(status.status.code(), Some(1));
    assert!(
        text(&status.stdout).contains(
            "\nout of credits: 0 credits left; 2 messages wait until `rappel credits add` adds some\n"
        ),
        "{status:?}"
    );
    let (_, answer) = host.ask("GET", "/status", "sesame", "");
    assert!(answer.contains(r#""level":"out","waiting":2"#), "{answer}");
    let answer: Value = serde_json::from_str(&answer).unwrap();
    let status = run(folder, &["status", "--format", "json"]);
    let status: Value = serde_json::from_slice(&status.stdout).unwrap();
    let credits = |status: &Value| status["clinics"][0]["credits"].clone();
    assert_eq!(credits(&answer), credits(&status));
    let held = text(&run(folder, &["messages", "--state", "held", "--format", "json"]).stdout);
    assert!(
        held.contains("out of credits: it costs 1, 0 left; it waits for more"),
        "{held}"
    );
    let mut repl = rappel(folder)
        .args(["repl", "clinic"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let typed = repl.stdin.take().unwrap();
    writeln!(&typed, ":kind cancelled\n:credits").unwrap();
    drop(typed);
    let told = text(&repl.wait_with_output().unwrap().stdout);
    assert!(
        told.contains(
            "clinic's cancelled by sms costs 1 credit on this visit: 1 segment at 1 credit.\n\
             clinic: out of credits: 0 credits left; 2 messages wait"
        ),
        "{told}"
    );
    let counted = ["messages", "--kind", "cancelled", "--channel", "sms"];
    let counted = [&counted[..], &["--count", "kind,state", "--format", "csv"]].concat();
    assert_eq!(
        text(&run(folder, &counted).stdout),
        "kind,state,messages,segments,credits,opened,answered\n\
         cancelled,held,2,0,0,0,0\ncancelled,sent,3,3,3,0,0\n"
    );
    let added = run(folder, &["credits", "add", "10", "--clinic", "clinic"]);
    assert_eq!(
        text(&added.stdout),
        "clinic: 10 credits left; 2 messages that waited may go, as far as the policies let them\n"
    );
    until("the others to go", || {
        in_state(folder, "cancelled sms sent") == 5
    });
    let told: Value =
        serde_json::from_slice(&run(folder, &["credits", "--format", "json"]).stdout).unwrap();
    let standing =
        json!({"balance": "8", "reserved": "0", "low": "2", "level": "enough", "waiting": 0});
    assert_eq!(told["credits"], standing);
    assert_eq!(told["spent"], json!({"sms": "5"}));
    assert_eq!(told["entries"].as_array().unwrap().len(), 7);
    for (arguments, code) in [
        (&["credits", "add", "-9"][..], 1),
        (&["credits", "add", "5", "--clinic", "other"], 1),
        (&["credits", "other"], 1),
        (&["credits", "clinic", "--entries", "2"], 0),
    ] {
        let ended = run(folder, arguments);
        assert_eq!(ended.status.code(), Some(code), "{arguments:?}: {ended:?}");
    }
    let (_, log) = host.end();
    assert_eq!(log.matches("out of credits").count(), 1, "{log}");
}

/// One contract: lists, stories and the status are the same by HTTP and on standard output.
fn the_api_answers_what_the_command_line_does(folder: &Path, host: &Host) {
    let api = |path: &str| -> Value {
        serde_json::from_str(&host.ask("GET", path, "sesame", "").1).unwrap()
    };
    let told =
        |arguments: &[&str]| run(folder, &[arguments, &["--format", "json"]].concat()).stdout;
    // What is due moves on by itself; reminders are far ahead.
    let lines: Vec<Value> = text(&told(&["messages", "--kind", "reminder"]))
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert!(!lines.is_empty());
    assert_eq!(
        api("/messages?kind=reminder")["messages"],
        Value::from(lines.clone())
    );
    let id = lines[0]["id"].as_str().unwrap();
    let story: Value = serde_json::from_slice(&told(&["explain", id])).unwrap();
    assert_eq!(api(&format!("/messages/{id}")), story);
    let status: Value = serde_json::from_slice(&told(&["status"])).unwrap();
    for part in ["version", "host", "absent"] {
        assert_eq!(api("/status")[part], status[part], "{part}");
    }
    assert_eq!(
        api("/status")["clinics"][0]["generation"],
        status["clinics"][0]["generation"]
    );
}
