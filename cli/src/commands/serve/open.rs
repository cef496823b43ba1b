//! Opening what a host needs: the log, the clinics, a database that is empty.

use std::fs::File;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use rappel_core::store::Filter;
use rappel_core::{Diagnostic, Store};
use rappel_host::clinic::Clinic;
use rappel_host::reload::{self, Refusal};
use rappel_host::store::SqliteStore;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::clinic::{self, Gateways};
use crate::failure::{Failure, Result};
use crate::output::{diagnostics, remark, style};

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

/// Opens every clinic of these folders. With several, one that can't be opened keeps no other from
/// being served.
pub(super) fn clinics(paths: &[PathBuf]) -> Result<Vec<(PathBuf, Clinic)>> {
    let folders = folders(paths)?;
    let mut opened = Vec::new();
    for folder in &folders {
        match reload::open(folder, &Gateways::Real) {
            Ok(clinic) => opened.push((folder.clone(), clinic)),
            Err(refusal) => complain(folder, &refusal),
        }
    }
    if opened.is_empty() {
        return Err(Failure::refused("no clinic can be served")
            .help("mend what is told above; `rappel check CLINIC --secrets` looks again"));
    }
    if opened.len() < folders.len() {
        tracing::error!(
            missing = folders.len() - opened.len(),
            "some clinics are not served; mend what is told above and start the host anew"
        );
    }
    Ok(opened)
}

fn complain(folder: &Path, refusal: &Refusal) {
    let (error, end) = (style::ERROR, style::END);
    let errors: Vec<Diagnostic> = refusal
        .diagnostics
        .iter()
        .filter(|one| one.is_error())
        .cloned()
        .collect();
    if !errors.is_empty() {
        remark(diagnostics::reports(&errors));
    }
    remark(format_args!(
        "{error}{} can't be served{end}",
        folder.display()
    ));
    for other in &refusal.others {
        remark(format_args!("  {other}"));
    }
}

/// The clinics' folders that a person means: a clinic's own, or one of several.
fn folders(paths: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let is_clinic = |folder: &Path| folder.join("clinic.toml").is_file();
    let mut found = Vec::new();
    for path in paths {
        let folder = clinic::folder(path);
        if is_clinic(&folder) {
            found.push(folder);
            continue;
        }
        let entries =
            std::fs::read_dir(&folder).map_err(|error| Failure::file(&folder, "read", &error))?;
        let mut inside: Vec<PathBuf> = entries
            .flatten()
            .map(|entry| entry.path())
            .filter(|path| is_clinic(path))
            .collect();
        if inside.is_empty() {
            return Err(
                Failure::refused(format!("there is no clinic in {}", folder.display()))
                    .help("a clinic's folder holds clinic.toml; `rappel init DIR` writes one"),
            );
        }
        inside.sort();
        found.extend(inside);
    }
    found.dedup();
    Ok(found)
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
        let used = File::open(beside(".lock"))
            .is_ok_and(|lock| matches!(lock.try_lock(), Err(std::fs::TryLockError::WouldBlock)));
        if used {
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
