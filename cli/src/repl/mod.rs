//! The REPL: a text is rendered on the current visit, a command begins with `:`. A session is a function
//! from text to text; a terminal and a pipe are two ways to feed it.

mod commands;
mod complete;
mod highlight;
mod pipe;
mod session;
mod terminal;
#[cfg(test)]
mod tests;
mod text;

use std::io::IsTerminal;
use std::path::PathBuf;

use crate::clinic::{self, LoadedClinic};
use crate::failure::{Exit, Failure, Result};
use crate::visit::KnownVisit;
use session::{Disk, Session};

/// Runs a session until it ends. On a pipe it fails when a line of it did.
pub(crate) fn run(clinic: LoadedClinic, visit: Option<(String, KnownVisit)>) -> Result {
    let disk = Files {
        folder: clinic.folder.clone(),
    };
    let mut session = Session::new(clinic, Box::new(disk));
    if let Some((name, visit)) = visit {
        session.meet(name, visit);
    }
    if std::io::stdin().is_terminal() && std::io::stdout().is_terminal() {
        terminal::run(session).map(|()| Exit::Done)
    } else {
        pipe::run(session)
    }
}

/// The files that a session asks for.
struct Files {
    folder: PathBuf,
}

impl Disk for Files {
    fn load(&self) -> std::result::Result<LoadedClinic, Vec<rappel_core::Diagnostic>> {
        clinic::compile(&self.folder)
    }

    fn visit(&self, path: &str) -> std::result::Result<(KnownVisit, Vec<String>), String> {
        KnownVisit::read(&self.folder, path.as_ref()).map_err(
            |Failure { message, help, .. }| match help {
                Some(help) => format!("{message}\n{help}"),
                None => message,
            },
        )
    }

    fn visits(&self) -> Vec<String> {
        crate::visit::names(&self.folder)
    }
}
