//! Reading a clinic's folder: the only place of the host that knows what it is on a disk.

use std::path::{Path, PathBuf};

use rappel_core::diagnostic::{Diagnostic, codes};

use crate::engine::Folder;

/// The largest file that is read. A template may have 64 KiB; settings and policies are smaller.
const MAX_FILE_BYTES: u64 = 1024 * 1024;

/// The most files that a clinic may have: more is another folder.
const MAX_FILES: usize = 2_000;

/// Reads what a clinic consists of: `clinic.toml`, `templates/`, `rules/` and `plugins/`. Whatever else
/// is in the folder is the clinic's own business. A file that can't be read is noted in the folder, and
/// told with what is wrong with the others when it is compiled.
///
/// # Errors
/// When it isn't a clinic's folder, or can't be read as a whole.
pub fn read_folder(path: &Path) -> Result<Folder, Vec<Diagnostic>> {
    let mut folder = Folder::default();
    let mut errors = Vec::new();
    if !path.join("clinic.toml").is_file() {
        return Err(vec![
            Diagnostic::new(
                codes::BAD_FILE,
                path.join("clinic.toml").display().to_string(),
                "there is no clinic.toml, so this is not a clinic's folder",
            )
            .help("name the folder that holds clinic.toml, or make one with `rappel init DIR`"),
        ]);
    }
    let mut waiting: Vec<PathBuf> = ["clinic.toml", "templates", "rules", "plugins"]
        .map(PathBuf::from)
        .into();
    while let Some(relative) = waiting.pop() {
        let whole = path.join(&relative);
        if whole.is_dir() {
            match std::fs::read_dir(&whole) {
                Ok(entries) => waiting.extend(
                    entries
                        .flatten()
                        .map(|entry| relative.join(entry.file_name()))
                        .filter(|entry| !is_passing(entry)),
                ),
                Err(error) => errors.push(unreadable(&relative, &error.to_string())),
            }
        } else if whole.exists() {
            if folder.len() >= MAX_FILES {
                errors.push(unreadable(
                    &relative,
                    &format!("there are more than {MAX_FILES} files"),
                ));
                break;
            }
            match read_file(&whole) {
                Ok(bytes) => insert(&mut folder, &relative, bytes),
                Err(error) => folder.insert_unreadable("", unreadable(&relative, &error)),
            }
        }
    }
    if errors.is_empty() {
        Ok(folder)
    } else {
        Err(errors)
    }
}

/// Puts a file in. Where it is not UTF-8, what follows from its other characters is still checked.
fn insert(folder: &mut Folder, relative: &Path, bytes: Vec<u8>) {
    match String::from_utf8(bytes) {
        Ok(text) => folder.insert(&inside(relative), text),
        Err(error) => {
            let valid = error.utf8_error().valid_up_to();
            let text = String::from_utf8_lossy(error.as_bytes());
            let why = Diagnostic::new(
                codes::BAD_FILE,
                inside(relative),
                "the file is not UTF-8 text; this character can't be read",
            )
            // The replacement character is where the first byte is that means nothing.
            .at(
                &*text,
                valid..valid + char::REPLACEMENT_CHARACTER.len_utf8(),
            )
            .help("save the file as UTF-8, not as Windows-1252 or Latin-1");
            folder.insert_unreadable(&text, why);
        }
    }
}

fn read_file(path: &Path) -> Result<Vec<u8>, String> {
    let size = std::fs::metadata(path)
        .map_err(|error| error.to_string())?
        .len();
    if size > MAX_FILE_BYTES {
        return Err(format!(
            "it has {size} bytes; at most {MAX_FILE_BYTES} are read"
        ));
    }
    std::fs::read(path).map_err(|error| error.to_string())
}

/// A path inside the clinic's folder, as everything else names it.
fn inside(relative: &Path) -> String {
    relative.to_string_lossy().replace('\\', "/")
}

/// What editors leave lying about while they write.
fn is_passing(path: &Path) -> bool {
    let name = path
        .file_name()
        .map(|name| name.to_string_lossy())
        .unwrap_or_default();
    name.starts_with('.')
        || name.ends_with('~')
        || name.starts_with('#')
        || [".tmp", ".swp", ".swx", ".bak", ".orig"]
            .iter()
            .any(|end| name.ends_with(end))
}

fn unreadable(path: &Path, reason: &str) -> Diagnostic {
    Diagnostic::new(
        codes::BAD_FILE,
        inside(path),
        format!("the file can't be read: {reason}"),
    )
    .help("take it out of the folder, or make it readable for the host")
}
