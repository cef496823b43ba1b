//! A policy in shadow from outside: what `serve` asked it, and `shadow`, `status` and `explain` tell.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

fn run(folder: &Path, arguments: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_rappel"))
        .current_dir(folder)
        .env_remove("RAPPEL_DATABASE")
        .env("COLUMNS", "100")
        .args(arguments.split(' '))
        .output()
        .unwrap()
}

fn told(folder: &Path, arguments: &str) -> String {
    let output = run(folder, arguments);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let said = format!("{}{}", text(&output.stdout), text(&output.stderr));
    format!("$ rappel {arguments}\n{}", settled(&said))
}

/// What is said, without the ids and hashes of this run, and the times of its clock: those before the visits.
fn settled(text: &str) -> String {
    let mut settled = String::new();
    let mut rest = text;
    while let Some(from) = rest.find(|c: char| c.is_ascii_alphanumeric()) {
        settled.push_str(&rest[..from]);
        rest = &rest[from..];
        let of_word = |c: char| c.is_ascii_alphanumeric() || c == '-';
        let end = rest.find(|c| !of_word(c)).unwrap_or(rest.len());
        let word = &rest[..end];
        let hexadecimal = word.chars().all(|c| c.is_ascii_hexdigit() || c == '-');
        let days = ["2026-06-08", "2026-06-09", "2026-06-10"];
        let seconds = usize::from(rest.as_bytes().get(16) == Some(&b':')) * 3;
        let (mask, length) = match word {
            word if hexadecimal && word.starts_with("019") && word.contains('-') => ("[id]", end),
            word if hexadecimal && word.len() == 12 => ("[hash]", end),
            word if days.iter().any(|day| word.starts_with(day)) => {
                ("YYYY-MM-DD HH:MM", 16 + seconds)
            }
            word => (word, end),
        };
        settled.push_str(mask);
        rest = &rest[length..];
    }
    settled + rest
}

/// Would skip the SMS about what is booked less than three days ahead, and want no reminder by e-mail.
const POLICIES: [(&str, &str); 2] = [
    (
        "min_lead",
        r#"fn check(message, visit, settings) {
    if message.is_reminder && message.channel == "sms" && visit.booked_ahead < days(3) {
        return skip(`booked only ${visit.booked_ahead} before the visit`);
    }
    allow()
}
"#,
    ),
    (
        "reminder",
        r#"fn plan(event, visit, settings) {
    if event.about != "appointment" || !visit.is_open { return []; }
    message("reminder", "sms").at(visit.start - settings.reminder.notice)
}
"#,
    ),
];

#[test]
fn what_it_would_have_changed_is_told() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path();
    let begun = run(folder, "init clinic --language en");
    assert!(begun.status.success(), "{begun:?}");
    let agenda = r#"{"specversion":"1.0","id":"e-1","source":"diary","type":"appointment.created","time":"2026-06-08T10:00:00+01:00","data":{"appointment":{"id":"v-1","start":"2026-06-10T14:00","booked_at":"2026-06-08T10:00"},"patient":{"id":"p-1","first_name":"Amy","last_name":"Fox","consent":true,"mobile":"07700 900001","email":"amy@example.org"},"resource":{"id":"r-1","name":"Dr Grace Ogden"}}}
{"specversion":"1.0","id":"e-2","source":"diary","type":"appointment.created","time":"2026-06-08T10:05:00+01:00","data":{"appointment":{"id":"v-2","start":"2026-06-12T10:00","booked_at":"2026-06-08T10:05"},"patient":{"id":"p-2","first_name":"Ben","last_name":"Orr","consent":true,"mobile":"07700 900002","email":"ben@example.org"},"resource":{"id":"r-1","name":"Dr Grace Ogden"}}}
"#;
    fs::write(folder.join("agenda.jsonl"), agenda).unwrap();
    let serve = |until: &str| {
        let serve = "serve clinic --events agenda.jsonl --lapse 20000 --until";
        let output = run(folder, &format!("{serve} {until}"));
        assert!(output.status.success(), "{output:?}");
    };
    serve("2026-06-08T11:00");
    insta::assert_snapshot!("none", told(folder, "shadow"));
    fs::create_dir_all(folder.join("clinic/rules")).unwrap();
    for (name, text) in POLICIES {
        let file = folder.join(format!("clinic/rules/{name}.shadow.rhai"));
        fs::write(file, text).unwrap();
    }
    serve("2026-06-10T20:00");
    insta::assert_snapshot!("all", told(folder, "shadow"));
    let one = "shadow clinic --policy reminder.shadow --limit 1";
    insta::assert_snapshot!("one", told(folder, one));
    let json = "shadow clinic --policy min_lead.shadow --format json";
    insta::assert_snapshot!("json", told(folder, json));
    insta::assert_snapshot!("status", told(folder, "status"));
    insta::assert_snapshot!("unknown", told(folder, "shadow --policy reminder"));
    let simulated = "simulate clinic --events agenda.jsonl";
    insta::assert_snapshot!("simulated", told(folder, simulated));

    let backtest = "backtest clinic --shadow --events agenda.jsonl";
    insta::assert_snapshot!("backtest", told(folder, backtest));

    let reminders = run(
        folder,
        "messages --kind reminder --patient p-1 --format csv",
    )
    .stdout;
    let reminders = String::from_utf8(reminders).unwrap();
    let mut fields = reminders.split([',', '\n']);
    let id = fields.find(|field| field.starts_with("019")).unwrap();
    let of_shadow = |of: &str| {
        let explained = told(folder, &format!("explain {of}"));
        let told = |line: &&str| {
            ["in shadow", "obeyed"]
                .iter()
                .any(|word| line.contains(word))
        };
        explained
            .lines()
            .filter(told)
            .collect::<Vec<_>>()
            .join("\n")
    };
    insta::assert_snapshot!("explain", of_shadow(id));
    insta::assert_snapshot!("explain an appointment", of_shadow("v-1"));
}
