//! What the commands share that work beside a running host.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;
use rappel_core::Store;
use rappel_core::civil::Zone;
use rappel_core::ids::FacilityId;
use rappel_host::store::SqliteStore;

use crate::failure::{Failure, Result};

/// Where messages are kept where nobody says.
pub(crate) const DEFAULT: &str = "rappel.db";

/// Which database.
#[derive(Debug, Args)]
pub(crate) struct Database {
    /// The database of the host; it may be running
    #[arg(long, value_name = "PATH", env = "RAPPEL_DATABASE", hide_env_values = true, default_value = DEFAULT)]
    database: PathBuf,
}

/// A database that is open for reading, with the zones of its clinics.
pub(crate) struct Summary {
    /// Where it is.
    pub(crate) path: PathBuf,
    pub(crate) store: SqliteStore,
    zones: BTreeMap<FacilityId, Zone>,
}

impl Database {
    /// Opens it for reading.
    pub(crate) async fn read(&self) -> Result<Summary> {
        self.summary(SqliteStore::open_read_only(&self.database).await?)
            .await
    }

    /// Opens it for what a person decides.
    pub(crate) async fn write(&self) -> Result<Summary> {
        self.summary(SqliteStore::open_beside(&self.database).await?)
            .await
    }

    async fn summary(&self, store: SqliteStore) -> Result<Summary> {
        let zones = store
            .generations()
            .await?
            .into_iter()
            .map(|record| (record.facility, record.zone))
            .collect();
        Ok(Summary {
            path: self.database.clone(),
            store,
            zones,
        })
    }
}

impl Summary {
    /// The zone of a clinic.
    pub(crate) fn zone(&self, facility: &FacilityId) -> Zone {
        // Every clinic that was ever served has its zone in the database.
        self.zones.get(facility).copied().unwrap_or(Zone::UTC)
    }

    /// A zone for what is no clinic's.
    pub(crate) fn any_zone(&self) -> Zone {
        self.zones.values().next().copied().unwrap_or(Zone::UTC)
    }

    /// The clinics that were ever served.
    pub(crate) fn clinics(&self) -> Vec<FacilityId> {
        self.zones.keys().cloned().collect()
    }

    /// Their names in a sentence.
    pub(crate) fn names(&self) -> String {
        let names: Vec<_> = self.zones.keys().map(|id| format!("`{id}`")).collect();
        if names.is_empty() {
            return "none yet".into();
        }
        names.join(", ")
    }

    /// The zone of a clinic that somebody named.
    pub(crate) fn zone_of(&self, facility: &FacilityId) -> Result<Zone> {
        self.zones.get(facility).copied().ok_or_else(|| {
            Failure::refused(format!("the database has no clinic `{facility}`"))
                .help(format!("it has {}", self.names()))
        })
    }

    /// The zone in which times on the command line are read.
    pub(crate) fn zone_of_arguments(&self, facility: Option<&FacilityId>) -> Result<Zone> {
        if let Some(facility) = facility {
            return self.zone_of(facility);
        }
        let mut zones: Vec<Zone> = self.zones.values().copied().collect();
        zones.dedup();
        match zones.as_slice() {
            [] => Ok(Zone::UTC),
            [zone] => Ok(*zone),
            _ => Err(
                Failure::usage("the clinics of this database are in several time zones")
                    .help("name one with `--clinic ID`, or write the time with its offset"),
            ),
        }
    }
}
