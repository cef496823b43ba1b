//! What is told of a folder in which several things are wrong: all of it, at once.

#![allow(clippy::unwrap_used, missing_docs)]

use std::fs;

use rappel_host::engine::Generation;
use rappel_host::folder::read_folder;

const CLINIC: &str = r#"id = "slips"
name = "Slips"
zone = "Europe/London"
country = "GB"
[messages]
reminder = { sms = "on" }
[channels.sms]
gateway = "out"
[gateways.out]
type = "file"
[own]
hour = 18
"#;

const TEMPLATE: &str = "Hello [TRD3], see you at [TRD99]. [TRD23|uper]\n";

const POLICY: &str = "fn check(message, visit, settings) {\n    if visit.start < settings.own.hous { return skip(\"x\"); }\n    alow()\n}\n";

/// What is said of a folder with these files, a line for each.
fn told(files: &[(&str, &[u8])]) -> String {
    let folder = tempfile::tempdir().unwrap();
    for (file, bytes) in files {
        let path = folder.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    let found = match Generation::compile(&read_folder(folder.path()).unwrap()) {
        Ok(generation) => generation.warnings().to_vec(),
        Err(found) => found,
    };
    let lines = found.iter().map(|found| {
        let help = found.help.as_deref().unwrap_or_default();
        format!("{found}\n    {help}\n")
    });
    lines.collect()
}

fn whole(clinic: &str) -> String {
    told(&[
        ("clinic.toml", clinic.as_bytes()),
        ("templates/reminder.sms.trd", TEMPLATE.as_bytes()),
        ("rules/late.rhai", POLICY.as_bytes()),
        ("rules/late.cases.toml", b"[[case]]\nnmae = \"x\"\n"),
    ])
}

#[test]
fn a_slip_of_the_settings_hides_nothing() {
    let clinic = CLINIC
        .replace("London", "Londn")
        .replace("\"on\"", "\"on\", email = true")
        .replace("country", "language = \"english\"\ncountry");
    insta::assert_snapshot!("settings", whole(&clinic));
    // `[own]` may be what the file lost.
    insta::assert_snapshot!("no toml", whole(&CLINIC.replace("[own]", "[own")));
}

#[test]
fn nothing_is_told_that_only_follows() {
    let clinic = CLINIC
        .replace("[channels.sms]", "[channels.sms]\nmax_characters = \"10\"")
        .replace("type = \"file\"", "type = \"htpp\"");
    let text = "Hello [TRD3], a text of many more than ten characters.\n";
    insta::assert_snapshot!(told(&[
        ("clinic.toml", clinic.as_bytes()),
        ("templates/reminder.sms.trd", text.as_bytes()),
        ("rules/late.rhai", b"fn check(message, visit, settings) {\n    if settings.own.hour == 18 { return skip(\"x\"); }\n    allow()\n}\n"),
        ("rules/late.cases.toml", b"[[case]]\nname = \"x\"\nanswer = \"skip: x\"\n"),
    ]));
}

#[test]
fn a_file_that_is_not_utf8_hides_nothing() {
    insta::assert_snapshot!(told(&[
        ("clinic.toml", CLINIC.as_bytes()),
        (
            "templates/reminder.sms.trd",
            b"Bonjour [TRD3],\nrendez-vous \xe0 [TRD9] [PART \xe9]"
        ),
        ("templates/cancelled.sms.trd", TEMPLATE.as_bytes()),
        ("rules/late.rhai", POLICY.as_bytes()),
        (
            "rules/odd.rhai",
            b"fn check(message, visit, settings) { skip(\"\xe9\") }"
        ),
        (
            "rules/odd.cases.toml",
            b"[[case]]\nname = \"x\"\nanswer = \"allow\"\n"
        ),
    ]));
}
