//! What was typed in sessions before. Only commands that can hold nothing of a patient's are kept.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// How many commands are kept.
const KEPT: usize = 200;

/// A file of commands, one a line, that its owner alone may read.
pub(super) struct History {
    path: PathBuf,
    lines: Vec<String>,
}

impl History {
    /// Reads a file; one that isn't there is empty.
    pub(super) fn read(path: &Path) -> Self {
        let text = fs::read_to_string(path).unwrap_or_default();
        let lines = text.lines().map(str::to_string).collect();
        Self {
            path: path.to_path_buf(),
            lines,
        }
    }

    /// The commands, the latest last.
    pub(super) fn lines(&self) -> &[String] {
        &self.lines
    }

    /// Keeps a command, and no more than the latest.
    ///
    /// # Errors
    /// When the file can't be written.
    pub(super) fn keep(&mut self, line: String) -> io::Result<()> {
        // What stands at the place of a file, as `/dev/null` does, isn't ours.
        if self.path.exists() && !self.path.is_file() {
            return Ok(());
        }
        self.lines.retain(|known| *known != line);
        self.lines.push(line);
        let over = self.lines.len().saturating_sub(KEPT);
        self.lines.drain(..over);
        if let Some(folder) = self.path.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut file = private(&self.path)?;
        self.lines
            .iter()
            .try_for_each(|line| writeln!(file, "{line}"))
    }
}

/// Opens a file anew for its owner alone, whatever it was before.
fn private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
        let file = options.mode(0o600).open(path)?;
        file.set_permissions(fs::Permissions::from_mode(0o600))?;
        Ok(file)
    }
    #[cfg(not(unix))]
    options.open(path)
}

/// Where it is, unless somebody says otherwise.
pub(crate) fn usual() -> Option<PathBuf> {
    Some(std::env::home_dir()?.join(".local/state/rappel/repl_history"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_commands_are_kept_for_their_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state/history");
        let mut history = History::read(&path);
        for number in 0..KEPT + 2 {
            history.keep(format!(":{number}")).unwrap();
        }
        history.keep(":7".into()).unwrap();
        let again = History::read(&path);
        assert_eq!(again.lines().len(), KEPT);
        assert_eq!(again.lines().first().unwrap(), ":2");
        assert_eq!(again.lines().last().unwrap(), ":7");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(&path).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }
}
