//! Every case of the corpus is true, and every code of the language has one.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use rappel_core::diagnostic::codes;

use crate::case::Case;

pub(crate) fn files() -> Vec<PathBuf> {
    fn walk(folder: &Path, files: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, files);
            } else if path.extension().is_some_and(|extension| extension == "txt") {
                files.push(path);
            }
        }
    }
    let mut files = Vec::new();
    walk(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus"),
        &mut files,
    );
    files.sort();
    files
}

#[test]
#[allow(
    clippy::disallowed_methods,
    reason = "a test may be told to write its expectations"
)]
fn every_case_is_true() {
    let update = std::env::var_os("UPDATE_CORPUS").is_some();
    let files = files();
    assert!(files.len() > 50, "only {} cases were found", files.len());
    let wrong: Vec<String> = files
        .iter()
        .filter_map(|file| Case::read(file).check(update).err())
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_code_of_the_language_has_a_case() {
    let texts: String = files()
        .iter()
        .map(|file| std::fs::read_to_string(file).unwrap())
        .collect();
    // Two are about a folder, and no template has them; `reports` shows them.
    let of_a_folder = [codes::BAD_FILE_NAME.id, codes::UNUSED_PART.id];
    let of_the_language =
        |id: &&str| matches!(&id[1..3], "01" | "02" | "03") && !of_a_folder.contains(id);
    let missing: BTreeSet<&str> = codes::ALL
        .iter()
        .map(|code| code.id)
        .filter(of_the_language)
        .filter(|id| !texts.contains(&format!(" {id}: ")))
        .collect();
    assert!(missing.is_empty(), "no case for {missing:?}");
}
