//! `rappel check --fix`: writes what can be mended by itself, and says what it changed.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use rappel_host::engine::{Change, Folder, mend};

use crate::clinic;
use crate::failure::{Failure, Result};
use crate::output::message::count;
use crate::output::style;

/// What was mended, or would be.
pub(super) struct Mended {
    /// The files as they are afterwards.
    pub(super) files: Folder,
    changes: Vec<Change>,
}

impl Mended {
    /// Mends files as they were read.
    pub(super) fn of(files: &Folder) -> Self {
        let (files, changes) = mend(files);
        Self { files, changes }
    }

    /// Writes the files that differ, each of them whole or not at all. A file that somebody changed since it was
    /// read is theirs.
    pub(super) fn write(&self, clinic: &Path, before: &Folder) -> Result<()> {
        let folder = clinic::folder(clinic);
        let differs = |file: &str| before.get(file) != self.files.get(file);
        for (file, text) in self.files.iter().filter(|(file, _)| differs(file)) {
            let path = folder.join(file);
            let unchanged = fs::read(&path)
                .map_err(|error| Failure::file(&path, "read", &error))?
                .eq(before.get(file).map_or(&[][..], |text| text.as_bytes()));
            if !unchanged {
                let message = format!(
                    "{} was changed meanwhile, and is left as it is",
                    path.display()
                );
                return Err(Failure::refused(message).help("run the command again"));
            }
            replace(&path, text).map_err(|error| Failure::file(&path, "written", &error))?;
        }
        Ok(())
    }

    /// Each line that differs, and how many there are.
    pub(super) fn told(&self, dry: bool) -> String {
        let (strong, error, good, end) = (style::STRONG, style::ERROR, style::GOOD, style::END);
        let mut told = String::new();
        for change in &self.changes {
            let Change {
                file,
                line,
                before,
                after,
            } = change;
            told.push_str(&format!(
                "{strong}{file}:{line}{end}\n{error}- {before}{end}\n{good}+ {after}{end}\n\n"
            ));
        }
        let lines = count(self.changes.len() as u64, "line");
        let sum = match (self.changes.is_empty(), dry) {
            (true, _) => "nothing can be mended without asking you".to_string(),
            (false, true) => format!("{lines} would be mended; nothing is written"),
            (false, false) => format!("{lines} mended"),
        };
        told.push_str(&sum);
        told
    }
}

/// Puts a text in a file's place: a reader sees the one or the other. A link stays a link.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    let path = fs::canonicalize(path)?;
    let beside = beside(&path);
    let written = write_beside(&beside, &path, text).and_then(|()| fs::rename(&beside, &path));
    if written.is_err() {
        // What is left of it is of no use; the reason that is told is the first.
        let _ = fs::remove_file(&beside);
    }
    written
}

fn write_beside(beside: &Path, path: &Path, text: &str) -> io::Result<()> {
    let mut file: File = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(beside)?;
    file.set_permissions(fs::metadata(path)?.permissions())?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// A name that a host which serves the folder doesn't read.
fn beside(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.{}.tmp", std::process::id()))
}
