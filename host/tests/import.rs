//! Imports: maps and files as people write them, from text to text.

#![allow(clippy::unwrap_used)]

use std::fmt::Write as _;
use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use rappel_core::{Diagnostic, Event};
use rappel_host::import::{ImportError, Map, Progress, convert};

/// What every case's map begins with.
const HEAD: &str = "source = \"agenda\"\nzone = \"Europe/Paris\"\ncountry = \"FR\"\n";

fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The files of a folder of the corpus, with their names.
fn corpus(folder: &str) -> Vec<(String, String)> {
    let mut paths: Vec<_> = fs::read_dir(here("tests/import").join(folder))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    assert!(!paths.is_empty());
    let name = |path: &PathBuf| path.file_stem().unwrap().to_str().unwrap().to_string();
    paths
        .iter()
        .map(|path| (name(path), fs::read_to_string(path).unwrap()))
        .collect()
}

fn snapshot(folder: &str, name: &str, input: &str, output: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(format!("import/snapshots/{folder}"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    if !input.is_empty() {
        settings.set_description(input);
    }
    settings.bind(|| insta::assert_snapshot!(name, output));
}

fn reports(found: &[Diagnostic]) -> String {
    found.iter().map(|slip| slip.report(90, false)).collect()
}

/// The refusals, the events and the summary of a file, as text.
fn run(map: &str, file: impl AsRef<[u8]>) -> String {
    let map = match Map::read("map.toml", map) {
        Ok(map) => map,
        Err(found) => return reports(&found),
    };
    let mut conversion = match convert(Cursor::new(file.as_ref()), &map) {
        Ok(conversion) => conversion,
        Err(ImportError::Columns(found)) => return reports(&found),
        Err(error) => return format!("{error}\n"),
    };
    let mut output = String::new();
    for row in &mut conversion {
        match row {
            Ok(event) => writeln!(output, "{event}").unwrap(),
            Err(error) => writeln!(output, "{error}").unwrap(),
        }
    }
    let summary = conversion.summary();
    assert_eq!(
        summary.read,
        summary.converted + summary.refused + summary.without_events,
        "{output}"
    );
    writeln!(output, "{}", serde_json::to_string(summary).unwrap()).unwrap();
    output
}

#[test]
fn files_become_events() {
    for (name, case) in corpus("cases") {
        let (map, file) = case.split_once("---\n").unwrap();
        snapshot("cases", &name, &case, &run(&format!("{HEAD}{map}"), file));
    }
}

#[test]
fn slips_in_a_map_are_told_all_at_once() {
    for (name, map) in corpus("slips") {
        let found = Map::read(&format!("{name}.toml"), &map).unwrap_err();
        snapshot("slips", &name, "", &reports(&found));
    }
}

/// The least map, whose columns are `Id`, `Name` and `Since`.
fn least(file: &str) -> String {
    format!(
        "{HEAD}{file}[patient]\nid = \"{{Id}}\"\nlast_name = \"{{Name}}\"\n\
         [[events]]\ntype = \"patient.registered\"\ntime = {{ from = \"{{Since}}\", format = \"%F %R\" }}\n"
    )
}

#[test]
fn a_file_that_does_not_fit_its_map_is_told_before_any_row() {
    let mut output = String::new();
    for file in [
        "",
        "\"Id,Name,Since\n1,Dupont,2026-06-03 08:00\n",
        "Id,Nane,since\n1,Dupont,2026-06-03 08:00\n",
        "Id,Date,Hour\n1,2026-06-03,08:00\n",
        "Id,Name,Name,Since\n1,Dupont,Durand,2026-06-03 08:00\n",
        "Id;Name;Since\n1;Dupont;2026-06-03 08:00\n",
    ] {
        writeln!(output, "{file}=>\n{}", run(&least(""), file)).unwrap();
    }
    snapshot("", "files that do not fit", "", &output);
}

#[test]
fn spreadsheets_of_western_europe_are_read() {
    let file =
        b"Id;Name;Since\r\n1;H\xe9l\xe8ne C\x9cur;2026-06-03 08:00\r\n2;\x81;2026-06-03 08:00\r\n";
    let map = least("[file]\ndelimiter = \";\"\nencoding = \"windows-1252\"\n");
    let output = run(&map, file);
    assert!(output.contains("\"Hélène Cœur\""), "{output}");
    assert!(
        output.contains("line 3, column `Name`: a byte that means nothing in windows-1252"),
        "{output}"
    );
    let output = run(&least("[file]\ndelimiter = \";\"\n"), file);
    assert!(
        output.contains("line 2, column `Name`: not UTF-8; a file from a spreadsheet may need `encoding = \"windows-1252\"`"),
        "{output}"
    );
}

#[test]
fn a_value_without_end_and_an_event_too_long_are_refused() {
    let long = |name: &str| {
        run(
            &least(""),
            format!("Id,Name,Since\n1,\"{name}\",2026-06-03 08:00\n"),
        )
    };
    assert!(long(&"x".repeat(10_000)).contains("patient.registered\":1"));
    let output = long(&"x".repeat(10_001));
    assert!(
        output.contains("line 2, column `Name`: longer than 10000 bytes"),
        "{output}"
    );
    let map = least("").replace(
        "last_name = \"{Name}\"",
        &format!("last_name = \"{}\"", "{Name}".repeat(30)),
    );
    let output = run(
        &map,
        format!("Id,Name,Since\n1,{},2026-06-03 08:00\n", "x".repeat(9_000)),
    );
    assert!(
        output.contains("line 2: `patient.registered` would be longer than 256 KiB"),
        "{output}"
    );
}

#[test]
fn refusals_hold_nothing_of_the_row() {
    for (name, case) in corpus("cases") {
        let (map, file) = case.split_once("---\n").unwrap();
        let map = Map::read("map.toml", &format!("{HEAD}{map}")).unwrap();
        let told: String = convert(Cursor::new(file), &map)
            .unwrap()
            .filter_map(Result::err)
            .map(|error| format!("{error}\n"))
            .collect();
        for secret in ["Dupont", "Nord", "hier", "peut", "perhaps", "free", "31/02"] {
            assert!(!told.contains(secret), "{name}: {told}");
        }
    }
}

#[test]
fn the_map_of_the_no_show_data_set_makes_whole_visits() {
    let text = fs::read_to_string(here("../examples/import/no-show.toml")).unwrap();
    let file = fs::read_to_string(here("tests/import/no-show.csv")).unwrap();
    snapshot(
        "",
        "the map of the no-show data set",
        "",
        &run(&text, &file),
    );

    let map = Map::read("no-show.toml", &text).unwrap();
    let mut visits = 0;
    for line in convert(Cursor::new(&file), &map).unwrap().flatten() {
        let event = Event::from_json(&line).unwrap();
        if let Ok((visit, unread)) = event.records.to_visit()
            && let Some(patient) = visit.patient
        {
            assert_eq!(unread, [""; 0]);
            let mobile = patient.mobile.as_deref().unwrap();
            assert!(
                rappel_core::Phone::parse(mobile, "FR")
                    .unwrap()
                    .can_receive_sms()
            );
            let appointment = visit.appointment.unwrap();
            assert!(appointment.booked_at.unwrap() <= appointment.start);
            visits += 1;
        }
    }
    assert_eq!(visits, 7);
}

#[test]
fn the_documentation_example_is_what_happens() {
    let docs = fs::read_to_string(here("../docs/import.md")).unwrap();
    let block = |language: &str| {
        let (_, rest) = docs.split_once(&format!("```{language}\n")).unwrap();
        rest.split_once("```").unwrap().0.to_string()
    };
    let output = run(&block("toml"), block("csv"));
    let (told, summary) = output.trim_end().rsplit_once('\n').unwrap();
    assert_eq!(format!("{told}\n"), [block("text"), block("json")].concat());
    assert!(
        summary.starts_with("{\"read\":3,\"converted\":2,\"refused\":1,"),
        "{summary}"
    );
}

#[test]
fn progress_is_told() {
    let map = Map::read("map.toml", &least("")).unwrap();
    let file = "Id,Name,Since\n1,A,2026-06-03 08:00\n2,B,2026-06-03 08:00\n";
    let mut conversion = convert(Cursor::new(file), &map).unwrap();
    assert_eq!(conversion.progress(), Progress::Reading { bytes: 14 });
    let mut seen = Vec::new();
    while conversion.next().is_some() {
        seen.push(conversion.progress());
    }
    let writing = |written| Progress::Writing { written, of: 2 };
    assert_eq!(seen, [writing(1), writing(2)]);
    assert_eq!(conversion.progress(), writing(2));
}

proptest! {
    #[test]
    fn any_file_is_told_whole_and_alike_each_time(file in "Id,Name,Since\n([0-4a\",\r\n]|,2026-0[1-9]-0[1-9] 08:00\n){0,60}") {
        let output = run(&least(""), &file);
        prop_assert_eq!(&output, &run(&least(""), &file));
        let times: Vec<_> = output
            .lines()
            .filter_map(|line| Event::from_json(line).ok())
            .map(|event| event.time.unwrap())
            .collect();
        prop_assert!(times.is_sorted(), "{}", output);
    }

    #[test]
    fn any_map_is_a_map_or_told(text in "(\\[patient\\]\n|\\[\\[events\\]\\]\n|id|time|from|spread|pick|by| = |\"\\{A\\}\"|\\{|\\}|\\[|\\]|,|\n|1|%|\"){0,40}") {
        if let Err(found) = Map::read("map.toml", &format!("{HEAD}{text}")) {
            prop_assert!(!found.is_empty());
            reports(&found);
        }
    }
}
