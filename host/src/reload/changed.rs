//! What a change of a clinic's files is made of: which files, whose they are, which commit is checked out.

use std::collections::BTreeSet;
use std::path::Path;

use rappel_core::store::{ChangedFile, KeptFolder};

use crate::engine::Folder;

/// The files of a clinic's folder that are other than those that served before.
pub fn changed(before: Option<&KeptFolder>, after: &Folder, folder: &Path) -> Vec<ChangedFile> {
    let text_before = |path: &str| before.and_then(|kept| kept.files.get(path));
    let old = before.into_iter().flat_map(|kept| kept.files.keys());
    let paths: BTreeSet<&str> = after
        .iter()
        .map(|(path, _)| path)
        .chain(old.map(String::as_str))
        .collect();
    paths
        .into_iter()
        .filter_map(|path| {
            let before = text_before(path).map(|text| hash(text));
            let after = after.get(path).map(|text| hash(text));
            (before != after).then(|| ChangedFile {
                path: path.to_string(),
                owner: owner(&folder.join(path)),
                before,
                after,
            })
        })
        .collect()
}

/// The first 12 hexadecimal digits of a text's hash.
fn hash(text: &str) -> String {
    blake3::hash(text.as_bytes()).to_hex()[..12].to_string()
}

/// Whose file it is, by name where the system has one.
#[cfg(unix)]
fn owner(file: &Path) -> Option<String> {
    use std::os::unix::fs::MetadataExt;
    let user = std::fs::metadata(file).ok()?.uid().to_string();
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let name = users.lines().find_map(|line| {
        let mut parts = line.split(':');
        let name = parts.next()?;
        (parts.nth(1)? == user).then(|| name.to_string())
    });
    Some(name.unwrap_or(user))
}

#[cfg(not(unix))]
fn owner(_file: &Path) -> Option<String> {
    None
}

/// The commit that is checked out where the folder is, in a git checkout or a folder of one: its first 12
/// digits. Who made it, git tells; changes that aren't committed have none of their own.
pub fn commit(folder: &Path) -> Option<String> {
    let folder = std::path::absolute(folder).ok()?;
    let git = folder.ancestors().map(|folder| folder.join(".git"));
    let git = git.into_iter().find(|git| git.is_dir())?;
    let head = std::fs::read_to_string(git.join("HEAD")).ok()?;
    let id = match head.trim().strip_prefix("ref: ") {
        Some(branch) => of_branch(&git, branch)?,
        None => head,
    };
    let id = id.trim().get(..12)?;
    id.chars()
        .all(|digit| digit.is_ascii_hexdigit())
        .then(|| id.to_string())
}

/// Git keeps a branch in a file of its own, or packed with others.
fn of_branch(git: &Path, branch: &str) -> Option<String> {
    if let Ok(id) = std::fs::read_to_string(git.join(branch)) {
        return Some(id);
    }
    let packed = std::fs::read_to_string(git.join("packed-refs")).ok()?;
    packed.lines().find_map(|line| {
        let (id, name) = line.split_once(' ')?;
        (name == branch).then(|| id.to_string())
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn files_that_came_went_and_changed_are_told() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("new.trd"), "c").unwrap();
        let kept = KeptFolder {
            facility: "f".into(),
            folder: String::new(),
            generation: "before".into(),
            files: [("gone.trd", "a"), ("other.trd", "b"), ("same.trd", "s")]
                .map(|(path, text)| (path.to_string(), text.to_string()))
                .into(),
        };
        let mut after = Folder::default();
        for (path, text) in [("new.trd", "c"), ("other.trd", "B"), ("same.trd", "s")] {
            after.insert(path, text);
        }
        let told: Vec<_> = changed(Some(&kept), &after, folder.path())
            .into_iter()
            .map(|file| {
                let owned = file.owner.is_some();
                (
                    file.path,
                    file.before.is_some(),
                    file.after.is_some(),
                    owned,
                )
            })
            .collect();
        assert_eq!(
            told,
            [
                ("gone.trd".to_string(), true, false, false),
                ("new.trd".to_string(), false, true, cfg!(unix)),
                ("other.trd".to_string(), true, true, false),
            ]
        );
        assert_eq!(changed(None, &after, folder.path()).len(), 3);
    }

    #[test]
    fn the_commit_of_a_checkout_is_told() {
        let root = tempfile::tempdir().unwrap();
        let clinic = root.path().join("clinics/f");
        let git = root.path().join(".git");
        let first = "0123456789abcdef0123456789abcdef01234567\n";
        let second = "fedcba9876543210fedcba9876543210fedcba98";
        std::fs::create_dir_all(&clinic).unwrap();
        std::fs::create_dir_all(git.join("refs/heads")).unwrap();
        assert_eq!(commit(&clinic), None, "nothing is committed");
        std::fs::write(git.join("HEAD"), "ref: refs/heads/main\n").unwrap();
        std::fs::write(
            git.join("packed-refs"),
            format!("# pack-refs\n{second} refs/heads/main\n"),
        )
        .unwrap();
        assert_eq!(commit(&clinic).unwrap(), "fedcba987654");
        std::fs::write(git.join("refs/heads/main"), first).unwrap();
        assert_eq!(commit(&clinic).unwrap(), "0123456789ab");
        std::fs::write(git.join("HEAD"), "a branch that is no branch's name").unwrap();
        assert_eq!(commit(&clinic), None);
    }
}
