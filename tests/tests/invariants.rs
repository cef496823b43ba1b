//! The architecture's invariants, each checked: who depends on whom, and what the pure rooms must not
//! know. ARCHITECTURE.md says why.

#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_path_buf()
}

/// Each package's dependencies for running, by the packages' names.
fn dependencies() -> BTreeMap<String, BTreeSet<String>> {
    let output = Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--format-version",
            "1",
            "--no-deps",
            "--offline",
        ])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    packages
        .iter()
        .map(|package| {
            let dependencies = package["dependencies"].as_array().unwrap();
            let names = dependencies
                .iter()
                .filter(|dependency| dependency["kind"].is_null())
                .map(|dependency| dependency["name"].as_str().unwrap().to_string())
                .collect();
            (package["name"].as_str().unwrap().to_string(), names)
        })
        .collect()
}

#[test]
fn rooms_know_only_the_rooms_below_them() {
    let allowed = BTreeMap::from([
        ("rappel-core", vec![]),
        ("rappel-grammar", vec![]),
        ("rappel-dsl", vec!["rappel-core", "rappel-grammar"]),
        ("rappel-rules", vec!["rappel-core"]),
        ("rappel-plugins", vec!["rappel-core"]),
        (
            "rappel-host",
            vec!["rappel-core", "rappel-dsl", "rappel-rules"],
        ),
        (
            "rappel-cli",
            vec![
                "rappel-core",
                "rappel-dsl",
                "rappel-host",
                "rappel-plugins",
                "rappel-rules",
            ],
        ),
        ("rappel-tests", vec![]),
    ]);
    let dependencies = dependencies();
    assert_eq!(
        dependencies
            .keys()
            .map(String::as_str)
            .collect::<BTreeSet<_>>(),
        allowed.keys().copied().collect::<BTreeSet<_>>(),
        "every package has a row here"
    );
    for (package, names) in &dependencies {
        let rooms = names.iter().filter(|name| name.starts_with("rappel-"));
        for room in rooms {
            assert!(
                allowed[package.as_str()].contains(&room.as_str()),
                "{package} must not know {room}"
            );
        }
    }
}

#[test]
fn only_one_room_talks_to_each_part_of_the_world() {
    let dependencies = dependencies();
    let who_has = |name: &str| -> Vec<&str> {
        dependencies
            .iter()
            .filter(|(package, names)| *package != "rappel-tests" && names.contains(name))
            .map(|(package, _)| package.as_str())
            .collect()
    };
    assert_eq!(who_has("lettre"), ["rappel-plugins"]);
    assert_eq!(who_has("reqwest"), ["rappel-plugins"]);
    assert_eq!(who_has("sqlx"), ["rappel-host"]);
    assert_eq!(who_has("notify"), ["rappel-host"]);
    assert_eq!(who_has("rhai"), ["rappel-rules"]);
    for pure in [
        "rappel-core",
        "rappel-grammar",
        "rappel-dsl",
        "rappel-rules",
    ] {
        for worldly in [
            "tokio", "axum", "sqlx", "lettre", "reqwest", "notify", "tempfile",
        ] {
            assert!(
                !dependencies[pure].contains(worldly),
                "{pure} must not know {worldly}"
            );
        }
    }
}

/// The lines of a room's sources outside its tests.
fn lines(folder: &str) -> Vec<(PathBuf, usize, String)> {
    let mut lines = Vec::new();
    let mut waiting = vec![root().join(folder)];
    while let Some(path) = waiting.pop() {
        if path.is_dir() {
            waiting.extend(
                std::fs::read_dir(&path)
                    .unwrap()
                    .map(|entry| entry.unwrap().path()),
            );
        } else if path.extension().is_some_and(|extension| extension == "rs")
            && path.file_name().is_none_or(|name| name != "tests.rs")
        {
            let text = std::fs::read_to_string(&path).unwrap();
            for (number, line) in text.lines().enumerate() {
                if matches!(line.trim(), "#[cfg(test)]" | "#![cfg(test)]") {
                    break;
                }
                lines.push((path.clone(), number + 1, line.to_string()));
            }
        }
    }
    assert!(lines.len() > 100, "{folder} has no sources");
    lines
}

#[test]
fn pure_rooms_know_no_clock_environment_file_or_network() {
    const WORLDLY: [&str; 10] = [
        "Utc::now",
        "Local::now",
        "SystemTime",
        "Instant::now",
        "std::env",
        "std::fs",
        "std::net",
        "std::process",
        "std::thread",
        "tokio::",
    ];
    for room in [
        "core/src",
        "grammar/src",
        "dsl/src",
        "rules/src",
        "host/src/engine",
    ] {
        for (path, number, line) in lines(room) {
            let code = line.split("//").next().unwrap();
            for word in WORLDLY {
                assert!(!code.contains(word), "{}:{number}: {word}", path.display());
            }
        }
    }
}

#[test]
fn sql_is_spoken_in_the_store_alone() {
    for (path, number, line) in lines("host/src") {
        if !path.starts_with(root().join("host/src/store")) {
            assert!(!line.contains("sqlx"), "{}:{number}", path.display());
        }
    }
}

#[test]
fn no_room_is_unsafe() {
    let manifest = std::fs::read_to_string(root().join("Cargo.toml")).unwrap();
    assert!(manifest.contains("unsafe_code = \"forbid\""));
    for package in [
        "core", "grammar", "dsl", "rules", "plugins", "host", "cli", "tests",
    ] {
        let manifest = std::fs::read_to_string(root().join(package).join("Cargo.toml")).unwrap();
        assert!(
            manifest.contains("[lints]\nworkspace = true"),
            "{package} must take the workspace's lints"
        );
    }
}
