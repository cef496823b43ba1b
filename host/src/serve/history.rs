//! The history of a clinic's rules: each change and each refusal is noted when the host meets it.

use std::path::Path;

use rappel_core::civil::Instant;
use rappel_core::store::{ChangeRecord, KeptFolder, Result, Store};

use crate::clinic::Clinic;
use crate::engine::Folder;
use crate::folder::read_folder;
use crate::reload::{changed, commit};

/// What the host met in a clinic's folder.
pub(super) struct Met<'m> {
    pub(super) folder: &'m Path,
    /// Its files, where they serve.
    pub(super) files: Option<&'m Folder>,
    /// The files that served before.
    pub(super) before: Option<&'m KeptFolder>,
    /// Why they can't serve.
    pub(super) refused: Option<&'m str>,
}

/// The files by which a clinic was served last. A failure is logged: then nobody knows.
pub(super) async fn kept_of(store: &dyn Store, clinic: &Clinic) -> Option<KeptFolder> {
    match store.kept_folders().await {
        Ok(all) => all
            .into_iter()
            .find(|kept| kept.facility == clinic.facility),
        Err(error) => {
            tracing::error!(facility = %clinic.facility, %error, "can't read the files that served before");
            None
        }
    }
}

/// Adds what was met to the history, before it is noted elsewhere: what is known already, as at a start of
/// the host, is no change. A failure is logged: the rules serve all the same.
pub(super) async fn note_history(store: &dyn Store, clinic: &Clinic, met: Met<'_>, now: Instant) {
    if let Err(error) = note(store, clinic, met, now).await {
        tracing::error!(facility = %clinic.facility, %error, "can't add to the history of the rules");
    }
}

async fn note(store: &dyn Store, clinic: &Clinic, met: Met<'_>, now: Instant) -> Result<()> {
    let serving = clinic.live().rules.id().to_string();
    let generations = store.generations().await?;
    let last = generations
        .into_iter()
        .find(|record| record.facility == clinic.facility);
    let is_known = last.as_ref().is_some_and(|last| match met.refused {
        Some(reason) => last.refused.as_deref() == Some(reason),
        None => last.id == serving,
    });
    if is_known {
        return Ok(());
    }
    let files = match met.files {
        Some(files) => changed(met.before, files, met.folder),
        // What can't be read as a whole can't be compared.
        None => read_folder(met.folder)
            .map(|files| changed(met.before, &files, met.folder))
            .unwrap_or_default(),
    };
    store
        .note_change(&ChangeRecord {
            facility: clinic.facility.clone(),
            at: now,
            from: last.map(|last| last.id),
            to: met.refused.is_none().then_some(serving),
            refused: met.refused.map(str::to_string),
            files,
            commit: commit(met.folder),
            effect: None,
        })
        .await
}
