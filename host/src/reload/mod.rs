//! Hot reload: a change on disk is a hint; everything is read, compiled and tried, and only what is
//! whole takes the place of what serves.

mod watch;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rappel_core::diagnostic::Diagnostic;

use crate::clinic::{Clinic, Live, OpenGateway};
use crate::engine::{Folder, Generation};
use crate::folder::read_folder;

pub use watch::{Watch, watch};

/// What came of looking at a clinic's folder.
#[derive(Debug)]
pub enum Outcome {
    /// New rules serve.
    Reloaded {
        /// The generation that served.
        from: String,
        /// The generation that serves.
        to: String,
    },
    /// The folder holds what serves.
    Unchanged,
    /// The folder holds something that can't serve; the old rules go on.
    Refused(Refusal),
}

/// Why new rules can't serve.
#[derive(Debug)]
pub struct Refusal {
    /// What is wrong with the files.
    pub diagnostics: Vec<Diagnostic>,
    /// What is wrong outside them: a gateway that can't be opened.
    pub others: Vec<String>,
}

impl Refusal {
    fn of(diagnostics: Vec<Diagnostic>) -> Self {
        Self {
            diagnostics,
            others: Vec::new(),
        }
    }
}

impl fmt::Display for Refusal {
    /// A line for each thing that is wrong.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let errors = self
            .diagnostics
            .iter()
            .filter(|diagnostic| diagnostic.is_error());
        let lines = errors
            .map(ToString::to_string)
            .chain(self.others.iter().cloned());
        for (number, line) in lines.enumerate() {
            if number > 0 {
                f.write_str("\n")?;
            }
            f.write_str(&line)?;
        }
        Ok(())
    }
}

/// Compiles a folder as it is now, with the adapters that ship.
///
/// # Errors
/// Everything that is wrong with it.
pub fn load(folder: &Path, adapters: &Folder) -> Result<Generation, Vec<Diagnostic>> {
    Generation::compile(&read_folder(folder)?.with_adapters(adapters))
}

/// Opens a clinic for serving.
///
/// # Errors
/// Everything that keeps it from serving.
pub fn open(folder: &Path, gateways: &dyn OpenGateway) -> Result<Clinic, Refusal> {
    let rules = Arc::new(load(folder, &gateways.stock_adapters()).map_err(Refusal::of)?);
    let live = Live::open(rules, folder, gateways).map_err(|others| Refusal {
        diagnostics: Vec::new(),
        others,
    })?;
    Ok(Clinic::new(live))
}

/// Brings a clinic up to what its folder holds.
pub struct Reloader {
    folder: PathBuf,
    clinic: Arc<Clinic>,
    gateways: Arc<dyn OpenGateway>,
}

impl Reloader {
    /// A reloader for a clinic that was opened from `folder`.
    pub fn new(folder: PathBuf, clinic: Arc<Clinic>, gateways: Arc<dyn OpenGateway>) -> Self {
        Self {
            folder,
            clinic,
            gateways,
        }
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The clinic.
    pub fn clinic(&self) -> &Arc<Clinic> {
        &self.clinic
    }

    /// Reads, compiles, tries and swaps. Compares with what serves and not with what was read last,
    /// so that a folder that was refused is refused until it is mended.
    pub fn reload(&self) -> Outcome {
        let folder = match read_folder(&self.folder) {
            Ok(folder) => folder.with_adapters(&self.gateways.stock_adapters()),
            Err(diagnostics) => return Outcome::Refused(Refusal::of(diagnostics)),
        };
        let serving = self.clinic.live();
        if folder.id() == serving.rules.id() {
            return Outcome::Unchanged;
        }
        let rules = match Generation::compile(&folder) {
            Ok(rules) => Arc::new(rules),
            Err(diagnostics) => return Outcome::Refused(Refusal::of(diagnostics)),
        };
        if rules.settings().id != self.clinic.facility {
            let others = vec![format!(
                "clinic.toml: `id` was `{}` and is `{}`; the messages that stand belong to the old id, so stop the host to change it",
                self.clinic.facility,
                rules.settings().id
            )];
            return Outcome::Refused(Refusal {
                diagnostics: Vec::new(),
                others,
            });
        }
        let (from, to) = (serving.rules.id().to_string(), rules.id().to_string());
        match Live::open(rules, &self.folder, &*self.gateways) {
            Ok(live) => {
                self.clinic.swap(live);
                Outcome::Reloaded { from, to }
            }
            Err(others) => Outcome::Refused(Refusal {
                diagnostics: Vec::new(),
                others,
            }),
        }
    }
}
