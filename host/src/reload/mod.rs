//! Hot reload: a change on disk is a hint; everything is read, compiled and tried, and only what is
//! whole takes the place of what serves.

mod changed;
mod watch;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rappel_core::diagnostic::Diagnostic;

use crate::clinic::{Clinic, Live, OpenGateway};
use crate::engine::{Folder, Generation};
use crate::folder::read_folder;

pub use changed::{changed, commit};
pub use watch::{Hints, Watch, watch};

/// What came of looking at a clinic's folder.
#[derive(Debug)]
pub enum Outcome {
    /// New rules serve.
    Reloaded {
        /// The generation that served.
        from: String,
        /// The generation that serves.
        to: String,
        /// The clinic's own files.
        files: Folder,
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
    /// Whether nothing is wrong with them, and the brake stopped them.
    pub braked: bool,
}

impl Refusal {
    /// What is wrong outside the files.
    pub(crate) fn other(reason: impl Into<String>) -> Self {
        Self {
            diagnostics: Vec::new(),
            others: vec![reason.into()],
            braked: false,
        }
    }

    /// The brake stopped them.
    pub(crate) fn braked(reason: String) -> Self {
        Self {
            braked: true,
            ..Self::other(reason)
        }
    }

    /// A bug that one clinic's files come upon must not end anything but their own service.
    pub(crate) fn inside() -> Self {
        Self::other("reading the folder failed inside Rappel; please report it")
    }

    fn of(diagnostics: Vec<Diagnostic>) -> Self {
        Self {
            diagnostics,
            others: Vec::new(),
            braked: false,
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

/// A clinic that was opened for serving.
pub struct Opened {
    /// The clinic.
    pub clinic: Clinic,
    /// Its own files, as they were read.
    pub files: Folder,
}

/// Opens a clinic for serving, with the adapters that ship.
///
/// # Errors
/// Everything that keeps it from serving.
pub fn open(folder: &Path, gateways: &dyn OpenGateway) -> Result<Opened, Refusal> {
    open_files(read_folder(folder).map_err(Refusal::of)?, folder, gateways)
}

/// The same with files that were read before; `folder` is where the clinic's relative paths begin.
///
/// # Errors
/// As [`open`].
pub fn open_files(
    files: Folder,
    folder: &Path,
    gateways: &dyn OpenGateway,
) -> Result<Opened, Refusal> {
    let clinic = Clinic::new(open_live(&files, folder, gateways)?);
    Ok(Opened { clinic, files })
}

/// The rules that files make, with the gateways that they name.
///
/// # Errors
/// As [`open`].
pub(crate) fn open_live(
    files: &Folder,
    folder: &Path,
    gateways: &dyn OpenGateway,
) -> Result<Live, Refusal> {
    let whole = files.clone().with_adapters(&gateways.stock_adapters());
    let rules = Arc::new(Generation::compile(&whole).map_err(Refusal::of)?);
    Live::open(rules, folder, gateways).map_err(|others| Refusal {
        diagnostics: Vec::new(),
        others,
        braked: false,
    })
}

/// Brings a clinic up to what its folder holds.
pub struct Reloader {
    folder: PathBuf,
    clinic: Arc<Clinic>,
    gateways: Arc<dyn OpenGateway>,
    /// Whether the folder was refused already when the clinic was opened.
    refused: bool,
}

impl Reloader {
    /// A reloader for a clinic that was opened from `folder`.
    pub fn new(folder: PathBuf, clinic: Arc<Clinic>, gateways: Arc<dyn OpenGateway>) -> Self {
        Self {
            folder,
            clinic,
            gateways,
            refused: false,
        }
    }

    /// The same for a clinic that was opened from older files, because those of the folder can't be
    /// served.
    #[must_use]
    pub fn of_older_files(mut self) -> Self {
        self.refused = true;
        self
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
        let files = match read_folder(&self.folder) {
            Ok(files) => files,
            Err(diagnostics) => return Outcome::Refused(Refusal::of(diagnostics)),
        };
        let folder = files.clone().with_adapters(&self.gateways.stock_adapters());
        let serving = self.clinic.live();
        if folder.id() == serving.rules.id() {
            return Outcome::Unchanged;
        }
        if let Some(reason) = self.clinic.stopped(&folder.id()) {
            return Outcome::Refused(Refusal::braked(reason));
        }
        let rules = match Generation::compile(&folder) {
            Ok(rules) => Arc::new(rules),
            Err(diagnostics) => return Outcome::Refused(Refusal::of(diagnostics)),
        };
        if rules.settings().id != self.clinic.facility {
            return Outcome::Refused(Refusal::other(format!(
                "clinic.toml: `id` was `{}` and is `{}`; the messages that stand belong to the old id, so stop the host to change it",
                self.clinic.facility,
                rules.settings().id
            )));
        }
        let (from, to) = (serving.rules.id().to_string(), rules.id().to_string());
        match Live::open(rules, &self.folder, &*self.gateways) {
            Ok(live) => {
                self.clinic.swap(live);
                Outcome::Reloaded { from, to, files }
            }
            Err(others) => Outcome::Refused(Refusal {
                diagnostics: Vec::new(),
                others,
                braked: false,
            }),
        }
    }
}
