//! Mends what a folder's diagnostics say how to: `rappel check --fix`.

use std::collections::BTreeMap;
use std::sync::Arc;

use rappel_core::diagnostic::{Diagnostic, Fix, mended};
use rappel_core::settings::Settings;

use super::Generation;
use super::generation::Folder;

/// The most rounds: what is mended may let another slip be seen.
const MOST_ROUNDS: usize = 16;

/// A line of a file that was mended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The file, by its path in the folder.
    pub file: String,
    /// The line's number, from 1.
    pub line: usize,
    /// The line as it was.
    pub before: String,
    /// The line as it is.
    pub after: String,
}

/// The folder with everything mended that can mean one thing, and the lines that differ. A folder that was
/// mended stays as it is when it is mended again.
pub fn mend(folder: &Folder) -> (Folder, Vec<Change>) {
    let mut whole = folder.clone();
    for _ in 0..MOST_ROUNDS {
        let found = match Generation::compile(&whole) {
            Ok(clinic) => clinic.warnings().to_vec(),
            Err(found) => found,
        };
        if !step(&mut whole, &found) {
            break;
        }
    }
    let changes = whole.iter().flat_map(|(file, after)| {
        let before = folder.get(file).unwrap_or(after);
        changes(file, before, after)
    });
    let changes = changes.collect();
    (whole, changes)
}

/// Mends each file once; whether anything changed.
fn step(folder: &mut Folder, found: &[Diagnostic]) -> bool {
    let mut fixes: BTreeMap<&str, Vec<&Fix>> = BTreeMap::new();
    for one in found.iter().filter(|one| !folder.is_unreadable(&one.file)) {
        fixes.entry(&one.file).or_default().extend(&one.fixes);
    }
    let mut changed = false;
    for (file, fixes) in fixes {
        if let Some(text) = folder.get(file).and_then(|text| mended(text, fixes)) {
            folder.insert(file, text);
            changed = true;
        }
    }
    changed
}

/// The lines that differ. No mend adds a line or takes one away.
fn changes(file: &str, before: &Arc<str>, after: &Arc<str>) -> Vec<Change> {
    if before == after {
        return Vec::new();
    }
    let (before, after) = (shown(file, before), shown(file, after));
    let lines = before.lines().zip(after.lines()).enumerate();
    lines
        .filter(|(_, (before, after))| before != after)
        .map(|(index, (before, after))| Change {
            file: file.into(),
            line: index + 1,
            before: before.into(),
            after: after.into(),
        })
        .collect()
}

/// A text as people may see it: a secret that has no business in the settings is in no report.
fn shown(file: &str, text: &Arc<str>) -> Arc<str> {
    match file {
        "clinic.toml" => Settings::inspect(text).text,
        _ => text.clone(),
    }
}
