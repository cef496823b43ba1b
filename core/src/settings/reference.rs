//! `docs/settings.md`: its tables are what the schema says, and each of its examples can be read.

#![cfg(test)]
#![allow(clippy::unwrap_used)]

use std::fmt::Write;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::Settings;
use super::sift::{join, one_line};
use super::wanted::{Shape, Table, Wanted, as_toml, written};

/// What examples refer to: gateways by the names that they use, and a sender for e-mails.
const AROUND: &str = r#"
id = "x"
name = "X"
zone = "Europe/Paris"
country = "FR"
sender.email = "rdv@example.org"
gateways.out.type = "console"
gateways.name.type = "console"
"#;

/// A table of the page, and where its examples are read.
struct Section {
    title: String,
    meaning: &'static str,
    table: Table,
    /// The table's keys; `NAME` is one that the clinic names.
    path: Vec<String>,
    /// What the table must have besides.
    begin: toml::Table,
    /// How all of it is written on one line.
    line: Option<Value>,
}

/// Every table that there can be, an outer one before its inner ones.
fn sections() -> Vec<Section> {
    fn look(wanted: &Wanted, path: &[String], sections: &mut Vec<Section>) {
        let begin = Section {
            title: format!("`[{}]`", path.join(".")),
            meaning: wanted.meaning().unwrap_or_default(),
            table: Table::default(),
            path: path.to_vec(),
            begin: toml::Table::new(),
            line: wanted.examples().first().cloned(),
        };
        match wanted.shape() {
            Shape::Table(table) => add(Section { table, ..begin }, sections),
            Shape::Tagged { tag, variants } => {
                for (name, variant) in variants {
                    let Shape::Table(mut table) = variant.shape() else {
                        continue;
                    };
                    table.keys.retain(|(key, _)| *key != tag);
                    let mut least: toml::Table = match as_toml(&variant.example()) {
                        Some(toml::Value::Table(least)) => least,
                        _ => toml::Table::new(),
                    };
                    least.insert(tag.into(), name.into());
                    let section = Section {
                        title: format!("`[{}]` with `{tag} = \"{name}\"`", path.join(".")),
                        meaning: variant.meaning().unwrap_or_default(),
                        table,
                        path: path.to_vec(),
                        begin: least,
                        line: None,
                    };
                    add(section, sections);
                }
            }
            _ => {}
        }
    }
    fn add(section: Section, sections: &mut Vec<Section>) {
        let inside = |key: &str| [section.path.clone(), vec![key.to_string()]].concat();
        let mut inner = Vec::new();
        for (key, wanted) in &section.table.keys {
            if is_section(wanted) {
                look(wanted, &inside(key), &mut inner);
            }
        }
        if let Some(others) = section
            .table
            .others
            .as_ref()
            .filter(|others| is_section(others))
        {
            look(others, &inside("NAME"), &mut inner);
        }
        sections.push(section);
        // The same limits stand in every kind of gateway.
        for section in inner {
            if !sections.iter().any(|known| known.title == section.title) {
                sections.push(section);
            }
        }
    }
    let mut sections = Vec::new();
    look(&Wanted::root(), &[], &mut sections);
    sections
}

/// Whether a value is a table with keys of its own: one that has only a row here is written on one line.
fn is_section(wanted: &Wanted) -> bool {
    match wanted.shape() {
        Shape::Table(table) => {
            !table.keys.is_empty() || table.others.is_some_and(|others| is_section(&others))
        }
        Shape::Tagged { .. } => true,
        _ => false,
    }
}

/// What can stand at a key.
fn values(wanted: &Wanted) -> String {
    match wanted.shape() {
        Shape::Words(words) => {
            let words = words.iter().map(|word| match word.meaning {
                Some(meaning) => format!("`\"{}\"`: {}", word.name, one_line(meaning)),
                None => format!("`\"{}\"`", word.name),
            });
            words.collect::<Vec<_>>().join("<br>")
        }
        Shape::List(item) => {
            let what = item.shape().what();
            format!("a list: each entry is {what}")
        }
        Shape::Forms(_) => {
            let examples = wanted.examples().iter();
            let examples = examples.map(|example| format!("`{}`", written(example)));
            examples.collect::<Vec<_>>().join(" or ")
        }
        Shape::Table(Table {
            others: Some(others),
            ..
        }) => {
            format!("a table: each value is {}", values(&others))
        }
        shape => shape.what(),
    }
}

fn reference() -> String {
    let mut out = String::new();
    for section in sections() {
        let title = match section.path.as_slice() {
            [] => "The top of the file",
            _ => &section.title,
        };
        let keys = section.table.keys.iter();
        let keys = keys.filter(|(_, wanted)| !is_section(wanted));
        if keys.clone().count() == 0 && section.line.is_none() && section.table.others.is_none() {
            continue;
        }
        writeln!(out, "### {title}\n\n{}\n", one_line(section.meaning)).unwrap();
        if let Some(line) = &section.line {
            let name = section.path.last().unwrap();
            writeln!(out, "On one line: `{name} = {}`.\n", written(line)).unwrap();
        }
        if keys.clone().count() == 0 {
            continue;
        }
        out.push_str("| key | is | where it isn't written | means | for instance |\n| --- | --- | --- | --- | --- |\n");
        for (key, wanted) in keys {
            let default = match wanted.default() {
                _ if section.table.required.contains(key) => "it has to be".into(),
                Some(default) => format!("`{}`", written(default)),
                None => String::new(),
            };
            let meaning = one_line(wanted.meaning().unwrap_or_default());
            let cells = [
                format!("`{key}`"),
                values(wanted),
                default,
                meaning,
                format!("`{key} = {}`", written(&wanted.example())),
            ];
            let cells = cells.map(|cell| cell.replace('|', "\\|"));
            writeln!(out, "| {} |", cells.join(" | ")).unwrap();
        }
        out.push('\n');
    }
    out
}

fn page() -> (PathBuf, String) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/settings.md");
    let text = std::fs::read_to_string(&path).unwrap();
    (path, text)
}

/// With `UPDATE=1` the reference is written anew.
#[test]
#[allow(clippy::disallowed_methods, reason = "a test asks whether to write")]
fn the_reference_is_what_the_schema_says() {
    const MARKS: (&str, &str) = ("<!-- reference -->\n", "<!-- end of the reference -->");
    let (path, page) = page();
    let (before, rest) = page.split_once(MARKS.0).unwrap();
    let (_, after) = rest.split_once(MARKS.1).unwrap();
    let fresh = format!(
        "{before}{}\n{}\n\n{}{after}",
        MARKS.0,
        reference().trim(),
        MARKS.1
    );
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &fresh).unwrap();
    } else {
        assert!(
            page == fresh,
            "docs/settings.md is stale: run this test with UPDATE=1"
        );
    }
}

#[test]
fn every_key_has_a_meaning() {
    for section in sections() {
        for (key, wanted) in &section.table.keys {
            let channels = ["sms", "email", "voice"].contains(key);
            let told = wanted.meaning().is_some_and(|meaning| !meaning.is_empty());
            assert!(
                told || channels,
                "{} `{key}` has no documentation",
                section.title
            );
        }
    }
}

/// A key whose example is made up from its type may need one of its own: `#[schemars(example = …)]`.
#[test]
fn every_example_can_be_read() {
    for section in sections() {
        let keys = section
            .table
            .keys
            .iter()
            .filter(|(_, wanted)| !is_section(wanted));
        for (key, wanted) in keys {
            let mut text: toml::Table = AROUND.parse().unwrap();
            let mut table = &mut text;
            for part in &section.path {
                let name = part.replace("NAME", "name");
                let inner = table
                    .entry(name)
                    .or_insert_with(|| toml::Table::new().into());
                table = inner.as_table_mut().unwrap();
            }
            table.extend(section.begin.clone());
            table.insert((*key).into(), as_toml(&wanted.example()).unwrap());
            let found = Settings::inspect(&text.to_string()).found;
            // A clinic that writes by a channel needs a gateway for it, and what is tracked goes by e-mail:
            // that is another example's business.
            let other = |message: &str| {
                message.contains("has no gateway") || message.contains("goes by no e-mail")
            };
            let slips: Vec<_> = found.iter().filter(|slip| !other(&slip.message)).collect();
            assert!(
                slips.is_empty(),
                "{}: {slips:#?}",
                join(&section.path.join("."), key)
            );
        }
    }
}

#[test]
fn the_pages_clinics_can_be_read() {
    let (_, page) = page();
    let blocks: Vec<&str> = page
        .split("```toml\n")
        .skip(1)
        .map(|rest| rest.split("```").next().unwrap())
        .collect();
    assert!(!blocks.is_empty());
    for block in blocks {
        let found = Settings::inspect(block).found;
        assert!(found.is_empty(), "{block}\n{found:#?}");
    }
}
