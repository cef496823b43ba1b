//! A clinic's folder, loaded: its rules and what serving it needs.

mod gateways;
mod secrets;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rappel_core::store::KeptFolder;
use rappel_core::{Diagnostic, Severity};
use rappel_host::engine::{Folder, Generation};
use rappel_host::folder::read_folder;

use crate::failure::{Failure, Result};
use crate::output::diagnostics;
use crate::output::message::count;

pub(crate) use gateways::{Gateways, diagnostics as gateway_diagnostics};
pub(crate) use secrets::token;

/// A clinic as its folder is now.
#[derive(Clone)]
pub(crate) struct LoadedClinic {
    /// Where it is.
    pub(crate) folder: PathBuf,
    /// Its files, as they were read.
    pub(crate) files: Folder,
    /// What they compile to.
    pub(crate) rules: Arc<Generation>,
}

/// The folder that a person means: `clinic`, or `clinic/clinic.toml`.
pub(crate) fn folder(path: &Path) -> PathBuf {
    match path.file_name() {
        Some(name) if name == "clinic.toml" => match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent.to_path_buf(),
            _ => PathBuf::from("."),
        },
        _ => path.to_path_buf(),
    }
}

/// Compiles a clinic's folder and runs its cases.
///
/// # Errors
/// Everything that is wrong with it, warnings included.
pub(crate) fn compile(path: &Path) -> std::result::Result<LoadedClinic, Vec<Diagnostic>> {
    let files = read(path)?;
    compile_files(path, files)
}

/// The files of a clinic, with the adapters that ship.
///
/// # Errors
/// When it is no clinic's folder.
pub(crate) fn read(path: &Path) -> std::result::Result<Folder, Vec<Diagnostic>> {
    Ok(read_folder(&folder(path))?.with_adapters(&gateways::stock_adapters()))
}

/// Compiles files as if they were a clinic's folder, and runs their cases.
///
/// # Errors
/// Everything that is wrong with them, warnings included.
pub(crate) fn compile_files(
    path: &Path,
    files: Folder,
) -> std::result::Result<LoadedClinic, Vec<Diagnostic>> {
    let folder = folder(path);
    let rules = Arc::new(Generation::compile(&files)?);
    Ok(LoadedClinic {
        folder,
        files,
        rules,
    })
}

/// The rules by which a clinic was served; `None` where this version of Rappel refuses them.
pub(crate) fn of_kept(kept: &KeptFolder) -> Option<Arc<Generation>> {
    let files = Folder::of(kept).with_adapters(&gateways::stock_adapters());
    Generation::compile(&files).ok().map(Arc::new)
}

/// Loads a clinic that has to be in order. What is wrong with it is told.
pub(crate) fn load(path: &Path) -> Result<LoadedClinic> {
    in_order(path, compile(path))
}

/// The same for files as if they were a clinic's folder.
pub(crate) fn load_files(path: &Path, files: Folder) -> Result<LoadedClinic> {
    in_order(path, compile_files(path, files))
}

fn in_order(
    path: &Path,
    compiled: std::result::Result<LoadedClinic, Vec<Diagnostic>>,
) -> Result<LoadedClinic> {
    compiled.map_err(|found| {
        let errors: Vec<Diagnostic> = found
            .into_iter()
            .filter(|one| one.severity == Severity::Error)
            .collect();
        diagnostics::report(&errors);
        Failure::refused(format!(
            "the clinic {} can't be used: it has {}",
            path.display(),
            count(errors.len() as u64, "error")
        ))
        .help(format!(
            "mend what is told above; `rappel check {}` looks again",
            path.display()
        ))
    })
}
