//! Opening what a host needs: the log, the folders, a database that is empty.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use rappel_core::Store;
use rappel_core::store::Filter;
use rappel_host::store::SqliteStore;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::clinic;
use crate::failure::{Failure, Result};

/// Writes the log to standard error.
pub(super) fn log(filter: &str) -> Result<()> {
    let filter: Targets = filter.parse().map_err(|_| {
        Failure::usage(format!("`{filter}` can't be understood as what to log"))
            .help("write error, warn, info or debug, or a list such as `info,rappel_host=debug`")
    })?;
    let layer = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(
            std::io::stderr().is_terminal()
                && anstream::ColorChoice::global() != anstream::ColorChoice::Never,
        )
        .with_target(false);
    // Whoever installed another first (a test) gets the log there.
    let _ = tracing_subscriber::registry()
        .with(filter)
        .with(layer)
        .try_init();
    Ok(())
}

/// The folders that a person means. Each must be there; what is in them the host sees itself.
pub(super) fn folders(paths: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let folders = paths.iter().map(|path| clinic::folder(path));
    folders
        .map(|folder| match std::fs::read_dir(&folder) {
            Ok(_) => Ok(folder),
            Err(error) => Err(Failure::file(&folder, "read", &error)),
        })
        .collect()
}

/// Why a host that has nothing to serve ends.
pub(super) fn nothing_to_serve(folders: &[PathBuf], absent: &[PathBuf]) -> Failure {
    if absent.is_empty() {
        let names: Vec<_> = folders
            .iter()
            .map(|folder| folder.display().to_string())
            .collect();
        return Failure::refused(format!("there is no clinic in {}", names.join(", ")))
            .help("a clinic's folder holds clinic.toml; `rappel init DIR` writes one");
    }
    Failure::refused("no clinic can be served")
        .help("mend what is told above; `rappel check CLINIC --secrets` looks again")
}

/// Sees that a demonstration begins with an empty database. `ours` is one that only demonstrations use.
pub(super) async fn anew(path: &Path, ours: bool) -> Result<()> {
    let beside = |ending: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(ending);
        PathBuf::from(name)
    };
    if !path.exists() {
        return Ok(());
    }
    if ours {
        if SqliteStore::is_served(path) {
            return Err(Failure::environment(format!(
                "another demonstration uses {}",
                path.display()
            ))
            .help("wait for its end, or name another database with `--database`"));
        }
        for ending in ["", "-wal", "-shm"] {
            let file = beside(ending);
            match std::fs::remove_file(&file) {
                Ok(()) => {}
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(error) => return Err(Failure::file(&file, "removed", &error)),
            }
        }
        return Ok(());
    }
    let there = SqliteStore::open_read_only(path).await?;
    if there
        .messages(&Filter {
            limit: Some(1),
            ..Filter::default()
        })
        .await?
        .is_empty()
    {
        return Ok(());
    }
    Err(Failure::refused(format!(
        "{} holds messages, and a demonstration begins with none",
        path.display()
    ))
    .help("name a database that isn't there yet, or leave `--database` out"))
}
