//! `rappel check --fix` on the example clinics: slips are put into their files, and what is mended is what was
//! there before.

#![allow(clippy::unwrap_used, missing_docs)]

use std::path::Path;

use rappel_dsl::{Sheet, Template, Variable};
use rappel_host::engine::{Folder, Generation, mend};
use rappel_host::folder::read_folder;

fn example(name: &str) -> Folder {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../examples")
        .join(name);
    read_folder(&path).unwrap()
}

fn with(folder: &Folder, changes: &[(&str, &str, &str)]) -> Folder {
    let mut changed = folder.clone();
    for (file, before, after) in changes {
        let text = changed.get(file).unwrap();
        assert!(text.contains(before), "{file} has no {before}");
        let text = text.replace(before, after);
        changed.insert(file, text);
    }
    changed
}

fn texts(folder: &Folder) -> Vec<(String, String)> {
    let text = |(file, text): (&str, &std::sync::Arc<str>)| (file.to_string(), text.to_string());
    folder.iter().map(text).collect()
}

/// What every template says on two patients: one of whom all is known, and one of whom only what has to be.
fn said(folder: &Folder) -> Vec<String> {
    let clinic = match Generation::compile(folder) {
        Ok(clinic) => clinic,
        Err(found) => panic!("{found:#?}"),
    };
    let mut least = Sheet::examples();
    for variable in Variable::all().filter(|variable| variable.may_be_absent()) {
        least.set(variable, None);
    }
    let say = |template: &Template, sheet: &Sheet<'_>| match template.render(sheet) {
        Ok(content) => content.text,
        Err(stopped) => stopped.to_string(),
    };
    let templates = clinic.templates().iter();
    let said = templates
        .flat_map(|(_, _, _, template)| [say(template, &Sheet::examples()), say(template, &least)]);
    said.collect()
}

#[test]
fn what_is_in_order_is_left_alone() {
    for name in ["lumiere", "harbour"] {
        let folder = example(name);
        let (mended, changes) = mend(&folder);
        assert_eq!(changes, [], "{name}");
        assert_eq!(mended.id(), folder.id(), "{name}");
    }
}

#[test]
fn slips_that_can_mean_one_thing_become_what_was_there_and_stay_it() {
    let whole = example("lumiere");
    let slips = with(
        &whole,
        &[
            ("templates/reminder.sms.trd", "|truncate", "|truncat"),
            ("templates/created.voice.trd", "|digits", "|digit"),
            (
                "templates/reminder.email.trd",
                "[SI CONFIRMED]",
                "[SI CONFIRMD]",
            ),
            (
                "templates/recall.email.trd",
                "[SI PASSWORD_URL]",
                "[SI PASWORD_URL]",
            ),
            (
                "templates/created.email.trd",
                "[INCLURE signature]",
                "[INCLURE signatur]",
            ),
            ("templates/approved.sms.trd", "[TRD3],", "[TRD3,"),
            ("templates/unavailable.sms.trd", "[/SI]", "[FIN SI]"),
            ("clinic.toml", "min_lead =", "min_laed ="),
            ("clinic.toml", "\"unreliable\"", "\"unrelable\""),
        ],
    );
    assert!(Generation::compile(&slips).is_err());
    let (mended, changes) = mend(&slips);
    assert_eq!(texts(&mended), texts(&whole));
    assert_eq!(changes.len(), 9);
    let (again, changes) = mend(&mended);
    assert_eq!(changes, []);
    assert_eq!(again.id(), mended.id());
    assert_eq!(said(&mended), said(&whole));
}

#[test]
fn a_word_processors_characters_are_the_only_thing_that_changes() {
    let unicode = (
        "clinic.toml",
        "[channels.sms]\n",
        "[channels.sms]\nmode = \"unicode\"\n",
    );
    let whole = with(&example("lumiere"), &[unicode]);
    let files: Vec<String> = texts(&whole).into_iter().map(|(file, _)| file).collect();
    let mut typed = whole.clone();
    for file in files.iter().filter(|file| file.starts_with("templates/")) {
        let text = typed
            .get(file)
            .unwrap()
            .replace('\'', "’")
            .replace(" :", "\u{a0}:");
        typed.insert(file, text);
    }
    let (mended, changes) = mend(&typed);
    let touched: Vec<&str> = changes.iter().map(|change| change.file.as_str()).collect();
    assert!(
        !touched.is_empty() && touched.iter().all(|file| file.contains(".sms.")),
        "{touched:?}"
    );
    // Another character of the text keeps its form: an accent is part of the word.
    let (said_before, said_after) = (said(&typed), said(&mended));
    assert_ne!(said_before, said_after);
    let plain = |said: &String| said.replace('’', "'").replace('\u{a0}', " ");
    assert_eq!(
        said_before.iter().map(plain).collect::<Vec<_>>(),
        said_after.iter().map(plain).collect::<Vec<_>>()
    );
    assert_eq!(mend(&mended).1, []);
}

#[test]
fn what_may_mean_two_things_is_left() {
    let whole = example("lumiere");
    for slip in [
        // A tag, or the name of a room.
        ("templates/reminder.sms.trd", "[TRD3]", "[TR3]"),
        ("templates/reminder.sms.trd", "[TRD3]", "[TRD99]"),
        ("templates/reminder.sms.trd", "[TRD3]", "[TRD3x]"),
        // The rest of the line may be a filter.
        (
            "templates/reminder.sms.trd",
            "[TRD24|truncate 100]",
            "[TRD24 truncate 100",
        ),
        ("templates/reminder.sms.trd", "|truncate", "|trunk"),
        // A section that goes on to the end may end anywhere.
        ("templates/thanks.email.trd", "[/SI]", ""),
        ("clinic.toml", "[reminder]", "[rappels]"),
        ("rules/preparation.rhai", "visit.start", "visit.strat"),
    ] {
        let slips = with(&whole, &[slip]);
        let (mended, changes) = mend(&slips);
        assert_eq!(changes, [], "{slip:?}");
        assert_eq!(mended.id(), slips.id());
    }
}

#[test]
fn a_secret_that_stands_in_the_settings_is_not_shown() {
    let text =
        "\n[gateways.mail]\ntype = \"smtp\"\nhost = \"mail.example\"\npasword = \"hunter2\"\n";
    let mut folder = example("harbour");
    let settings = folder.get("clinic.toml").unwrap().to_string() + text;
    folder.insert("clinic.toml", settings);
    let (mended, changes) = mend(&folder);
    assert!(
        mended
            .get("clinic.toml")
            .unwrap()
            .contains("\npassword = \"hunter2\"")
    );
    let [change] = changes.as_slice() else {
        panic!("{changes:?}");
    };
    assert!(change.after.starts_with("password = "), "{change:?}");
    assert!(!format!("{change:?}").contains("hunter2"));
}
