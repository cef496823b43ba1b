//! From SSML to a sound that a person can listen to, with espeak-ng where it is installed.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rappel_core::Language;

use crate::failure::{Failure, Result};

/// The program that speaks, as it is found on the PATH.
const VOICE: &str = "espeak-ng";

/// Speaks SSML into a WAV file, which is there whole or not at all.
///
/// # Errors
/// When the file can't be written or espeak-ng is missing or fails.
pub(crate) fn speak(ssml: &str, language: Language, path: &Path) -> Result<()> {
    let unwritable = |error: io::Error| Failure::file(path, "written", &error);
    // Beside the file, because a file can't be renamed across disks.
    let part = Part::begin(path).map_err(unwritable)?;
    let spoken = run(ssml, language, &part.0).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => {
            Failure::environment(format!("{VOICE}, which speaks calls, is not on the PATH"))
                .help("install espeak-ng, on Debian with `apt-get install espeak-ng`")
        }
        _ => Failure::environment(format!("{VOICE} can't be run: {error}")),
    })?;
    if let Some(complaint) = spoken {
        return Err(Failure::environment(format!(
            "{VOICE} can't speak this: {complaint}"
        )));
    }
    part.finish(path).map_err(unwritable)
}

/// Runs espeak-ng; answers what it complained of, if it made no sound.
fn run(ssml: &str, language: Language, into: &Path) -> io::Result<Option<String>> {
    let mut child = Command::new(VOICE)
        .args(["-m", "-v", language.code(), "--stdin", "-w"])
        .arg(into)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        // Not as an argument: every user of the machine sees those. Where it ends without reading, its
        // complaint says more than a broken pipe.
        match stdin.write_all(ssml.as_bytes()) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => return Err(error),
            _ => {}
        }
    }
    let output = child.wait_with_output()?;
    // A full disk doesn't keep it from ending well.
    if output.status.success() && is_sound(into).unwrap_or(false) {
        return Ok(None);
    }
    let complaint = String::from_utf8_lossy(&output.stderr);
    let complaint = complaint.lines().find(|line| !line.trim().is_empty());
    Ok(Some(complaint.map_or_else(
        || format!("it ended with {} and no sound", output.status),
        str::to_string,
    )))
}

/// Whether a file begins as a WAV file does that has more than its header of 44 bytes.
fn is_sound(path: &Path) -> io::Result<bool> {
    let mut begin = Vec::with_capacity(45);
    File::open(path)?.take(45).read_to_end(&mut begin)?;
    Ok(begin.len() == 45 && begin.starts_with(b"RIFF") && begin.get(8..12) == Some(b"WAVE"))
}

/// A file in the making; it goes when this is dropped.
struct Part(PathBuf);

impl Part {
    fn begin(path: &Path) -> io::Result<Self> {
        let name = path.file_name().ok_or(io::ErrorKind::IsADirectory)?;
        let mut hidden = OsString::from(".");
        hidden.push(name);
        hidden.push(format!(".{}.part", std::process::id()));
        let part = path.with_file_name(hidden);
        File::create_new(&part)?;
        Ok(Self(part))
    }

    fn finish(self, path: &Path) -> io::Result<()> {
        fs::rename(&self.0, path)
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        // Renamed or never written, it is gone already.
        let _ = fs::remove_file(&self.0);
    }
}
