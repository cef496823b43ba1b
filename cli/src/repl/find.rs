//! Real visits: from the host's database, or where there is none from the clinic's own files.

use std::path::Path;
use std::sync::Arc;

use rappel_core::facts::Record;
use rappel_core::ids::AppointmentId;
use rappel_core::store::StoreError;
use rappel_core::{EventKind, Store};
use rappel_host::engine::{EventPlanner, Generation};
use rappel_host::find::Sought;
use rappel_host::store::SqliteStore;

use crate::events;
use crate::visit::{self, KnownVisit};

/// How many visits are found at most: what a person can choose from.
pub(super) const MOST: u32 = 20;

/// The events of an example clinic, in its folder.
const AGENDA: &str = "agenda.jsonl";

/// The visits that somebody names by an appointment's id, a telephone number or a patient's name, the
/// latest first.
pub(super) async fn find(
    rules: &Arc<Generation>,
    folder: &Path,
    database: Option<&Path>,
    named: &str,
) -> Result<Vec<KnownVisit>, String> {
    let country = rules.settings().country.as_str();
    let sought = Sought::read(named, country);
    match database {
        Some(path) => {
            let store = SqliteStore::open_read_only(path).await;
            let store = store.map_err(|error| error.to_string())?;
            let found = in_store(&store, rules, named, sought.as_ref()).await;
            found.map_err(|error| error.to_string())
        }
        None => {
            let mut found = match agenda(rules, folder).await? {
                Some(store) => in_store(&store, rules, named, sought.as_ref())
                    .await
                    .map_err(|error| error.to_string())?,
                None => Vec::new(),
            };
            for name in visit::names(folder) {
                let Ok((own, _)) = KnownVisit::read(folder, name.as_ref()) else {
                    continue;
                };
                let patient = own.records().get(Record::Patient);
                let fits = |sought: &Sought| patient.is_some_and(|one| sought.fits(one, country));
                let is_meant = own.id() == named || sought.as_ref().is_some_and(fits);
                // The agenda knows it better.
                if is_meant && found.iter().all(|known| known.id() != own.id()) {
                    found.push(own);
                }
            }
            Ok(found)
        }
    }
}

async fn in_store(
    store: &SqliteStore,
    rules: &Generation,
    named: &str,
    sought: Option<&Sought>,
) -> Result<Vec<KnownVisit>, StoreError> {
    let settings = rules.settings();
    let id = AppointmentId::new(named);
    if let Some(records) = store.records(&settings.id, &id).await? {
        return Ok(KnownVisit::of(records).into_iter().collect());
    }
    let Some(sought) = sought else {
        return Ok(Vec::new());
    };
    let fits = |patient: &_| sought.fits(patient, &settings.country);
    // One more, so that it is known whether there are more.
    let found = store.appointments_of(&settings.id, &fits, MOST + 1).await?;
    Ok(found.into_iter().filter_map(KnownVisit::of).collect())
}

/// What a clinic's own agenda comes to, as it was before its visits took place: that is what messages are
/// tried on.
async fn agenda(rules: &Arc<Generation>, folder: &Path) -> Result<Option<SqliteStore>, String> {
    let path = folder.join(AGENDA);
    if !path.exists() {
        return Ok(None);
    }
    let mut told = events::read(&path)
        .map_err(|failure| failure.message)?
        .events;
    told.retain(|event| {
        !matches!(
            event.kind,
            EventKind::AppointmentAttended | EventKind::AppointmentMissed
        )
    });
    let now = told.iter().filter_map(|event| event.time).max();
    let play = async {
        let store = SqliteStore::in_memory().await?;
        let (facility, planner) = (&rules.settings().id, EventPlanner(rules.clone()));
        store
            .ingest(facility, &told, now.unwrap_or_default(), &planner)
            .await?;
        Ok(store)
    };
    play.await
        .map(Some)
        .map_err(|error: StoreError| error.to_string())
}
