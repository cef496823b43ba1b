//! `rappel render … --listen`: a call that can be heard. Needs espeak-ng, which `tests/run` installs.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

const CLINIC: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clinics/quay");

/// Renders a call in `folder` with what is found on `path` only, if it is given.
fn render(folder: &Path, wav: &str, path: Option<&Path>) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rappel"));
    command.current_dir(folder);
    command.args(["render", CLINIC, "reminder", "voice", "--format", "json"]);
    command.args(["--text", "Hello [TRD3], see you at [TRD9].\n\nThank you."]);
    command.args(["--listen", wav]);
    if let Some(path) = path {
        command.env("PATH", path);
    }
    command.output().unwrap()
}

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The names in a folder.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect()
}

#[test]
fn a_call_is_spoken_into_a_file() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("call.wav"), "an older one").unwrap();
    let output = render(folder.path(), "call.wav", None);
    assert!(output.status.success(), "{}", told(&output));
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(answer["ssml"].as_str().unwrap().contains("14:30"));
    assert_eq!(told(&output), "spoken into call.wav\n");
    assert_eq!(names(folder.path()), ["call.wav"]);

    let wav = fs::read(folder.path().join("call.wav")).unwrap();
    assert_eq!((&wav[..4], &wav[8..16]), (&b"RIFF"[..], &b"WAVEfmt "[..]));
    let bytes_a_second = u32::from_le_bytes(wav[28..32].try_into().unwrap());
    let sound = &wav[44..];
    assert!(
        sound.len() > bytes_a_second as usize,
        "{} bytes are less than a second",
        sound.len()
    );
    let loud = sound
        .chunks_exact(2)
        .filter(|sample| i16::from_le_bytes([sample[0], sample[1]]).unsigned_abs() > 1_000)
        .count();
    assert!(loud > 1_000, "it is silent");
}

#[test]
fn without_espeak_it_says_what_to_install() {
    let folder = tempfile::tempdir().unwrap();
    let nothing = tempfile::tempdir().unwrap();
    let output = render(folder.path(), "call.wav", Some(nothing.path()));
    assert_eq!(output.status.code(), Some(3));
    assert_eq!(
        told(&output),
        "error: espeak-ng, which speaks calls, is not on the PATH\n  help: install espeak-ng, on Debian with `apt-get install espeak-ng`\n"
    );
    assert!(output.stdout.is_empty() && names(folder.path()).is_empty());
}

#[test]
fn a_file_that_cannot_be_written_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let output = render(folder.path(), "nowhere/call.wav", None);
    assert_eq!(output.status.code(), Some(3));
    let told = told(&output);
    assert!(told.contains("nowhere/call.wav can't be written"), "{told}");
}

#[cfg(unix)]
#[test]
fn what_could_not_be_spoken_leaves_the_older_file() {
    use std::os::unix::fs::PermissionsExt;

    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("call.wav"), "an older one").unwrap();
    for (program, part) in [
        (
            "echo >&2; echo 'Error: no voices' >&2; exit 1",
            "Error: no voices",
        ),
        ("exit 0", "and no sound"),
    ] {
        let path = tempfile::tempdir().unwrap();
        let voice = path.path().join("espeak-ng");
        fs::write(&voice, format!("#!/bin/sh\n{program}\n")).unwrap();
        fs::set_permissions(&voice, fs::Permissions::from_mode(0o755)).unwrap();
        let output = render(folder.path(), "call.wav", Some(path.path()));
        assert_eq!(output.status.code(), Some(3));
        let told = told(&output);
        assert!(told.contains(part), "{told}");
        assert_eq!(names(folder.path()), ["call.wav"]);
        let kept = fs::read_to_string(folder.path().join("call.wav")).unwrap();
        assert_eq!(kept, "an older one");
    }
}
