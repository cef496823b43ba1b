//! The REPL: a text is rendered on the current visit, a command begins with `:`. A session is a function
//! from text to text; a terminal and a pipe are two ways to feed it.

mod commands;
mod complete;
mod find;
mod highlight;
mod history;
mod lines;
mod pipe;
mod session;
mod terminal;
#[cfg(test)]
mod tests;
mod text;

use std::io::IsTerminal;
use std::path::PathBuf;
use std::sync::Arc;

use rappel_core::Store;
use rappel_core::ids::FacilityId;
use rappel_core::store::{Account, StoreError};
use rappel_host::engine::Generation;
use rappel_host::store::SqliteStore;
use tokio::runtime::Handle;

use crate::clinic::{self, LoadedClinic};
use crate::failure::{Exit, Failure, Result};
use crate::visit::KnownVisit;
use history::History;
use session::{Disk, Session};

pub(crate) use history::usual as usual_history;

/// Runs a session until it ends. On a pipe it fails when a line of it did.
pub(crate) fn run(
    clinic: LoadedClinic,
    visit: Option<(String, KnownVisit)>,
    database: Option<PathBuf>,
    history: Option<PathBuf>,
) -> Result {
    let disk = Files {
        folder: clinic.folder.clone(),
        database,
    };
    let mut session = Session::new(clinic, Box::new(disk));
    if let Some((name, visit)) = visit {
        session.meet(name, visit);
    }
    if std::io::stdin().is_terminal() && std::io::stdout().is_terminal() {
        let history = history.map(|path| History::read(&path));
        terminal::run(session, history).map(|()| Exit::Done)
    } else {
        pipe::run(session)
    }
}

/// The files that a session asks for.
struct Files {
    folder: PathBuf,
    /// The host's database, where there is one.
    database: Option<PathBuf>,
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

    fn account(&self, clinic: &FacilityId) -> std::result::Result<Option<Account>, StoreError> {
        let Some(path) = &self.database else {
            return Ok(None);
        };
        let read = async {
            let store = SqliteStore::open_read_only(path).await?;
            store.accounts().await
        };
        let accounts = wait(read)?;
        Ok(accounts
            .into_iter()
            .find(|account| account.facility == *clinic))
    }

    fn visits(&self) -> Vec<String> {
        crate::visit::names(&self.folder)
    }

    fn find(
        &self,
        rules: &Arc<Generation>,
        named: &str,
    ) -> std::result::Result<Vec<KnownVisit>, String> {
        wait(find::find(
            rules,
            &self.folder,
            self.database.as_deref(),
            named,
        ))
    }

    fn not_found(&self) -> String {
        let place = match &self.database {
            Some(path) => format!("in {}", path.display()),
            None => "in the clinic's agenda.jsonl and visits/; `--database PATH` names a host's database".into(),
        };
        format!(
            "no such visit is known {place}. Give an appointment's id, a patient's name or telephone number, or a file"
        )
    }
}

/// Does what takes time. A session waits for its user most of the time, on a thread of its own.
fn wait<T>(work: impl Future<Output = T>) -> T {
    tokio::task::block_in_place(|| Handle::current().block_on(work))
}
