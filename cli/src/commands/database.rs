//! What the commands share that work beside a running host.

use std::path::PathBuf;

use clap::Args;
use rappel_core::Store;
use rappel_core::civil::Zone;
use rappel_core::ids::FacilityId;
use rappel_host::store::SqliteStore;
use rappel_host::summary::Zones;

use crate::failure::{Failure, Result};
use crate::output::{remark, style};

/// Where messages are kept where nobody says.
pub(crate) const DEFAULT: &str = "rappel.db";

/// The database of demonstrations.
pub(crate) const DEMO: &str = "rappel-demo.db";

/// Which database.
#[derive(Debug, Args)]
pub(crate) struct Database {
    /// The database of the host; it may be running [default: rappel.db, or where there is none a
    /// demonstration's rappel-demo.db]
    #[arg(
        long,
        value_name = "PATH",
        env = "RAPPEL_DATABASE",
        hide_env_values = true
    )]
    database: Option<PathBuf>,
}

/// A database that is open for reading, with the zones of its clinics.
pub(crate) struct Summary {
    /// Where it is.
    pub(crate) path: PathBuf,
    pub(crate) store: SqliteStore,
    zones: Zones,
}

impl Database {
    fn path(&self) -> PathBuf {
        if let Some(path) = &self.database {
            return path.clone();
        }
        let (usual, demo) = (PathBuf::from(DEFAULT), PathBuf::from(DEMO));
        if usual.exists() || !demo.exists() {
            return usual;
        }
        let (faint, end) = (style::FAINT, style::END);
        remark(format_args!(
            "{faint}there is no {DEFAULT} here; this is the demonstration's {DEMO}{end}"
        ));
        demo
    }

    /// Where it is, if it is there.
    pub(crate) fn existing(&self) -> Option<PathBuf> {
        let there = match &self.database {
            Some(path) => vec![path.clone()],
            None => vec![DEFAULT.into(), DEMO.into()],
        };
        there.into_iter().find(|path| path.exists())
    }

    /// Opens it for reading.
    pub(crate) async fn read(&self) -> Result<Summary> {
        let path = self.path();
        let store = SqliteStore::open_read_only(&path).await?;
        Summary::of(path, store).await
    }

    /// Opens it for what a person decides.
    pub(crate) async fn write(&self) -> Result<Summary> {
        let path = self.path();
        let store = SqliteStore::open_beside(&path).await?;
        Summary::of(path, store).await
    }
}

impl Summary {
    async fn of(path: PathBuf, store: SqliteStore) -> Result<Self> {
        let zones = Zones::of(&store.generations().await?);
        Ok(Self { path, store, zones })
    }

    /// The zone of a clinic.
    pub(crate) fn zone(&self, facility: &FacilityId) -> Zone {
        self.zones.get(facility)
    }

    /// A zone for what is no clinic's.
    pub(crate) fn any_zone(&self) -> Zone {
        self.zones.any()
    }

    /// The clinics that were ever served.
    pub(crate) fn clinics(&self) -> Vec<FacilityId> {
        self.zones.iter().map(|(id, _)| id.clone()).collect()
    }

    /// Their names in a sentence.
    pub(crate) fn names(&self) -> String {
        let zones = self.zones.iter();
        let names: Vec<_> = zones.map(|(id, _)| format!("`{id}`")).collect();
        if names.is_empty() {
            return "none yet".into();
        }
        names.join(", ")
    }

    /// The zone of a clinic that somebody named.
    pub(crate) fn zone_of(&self, facility: &FacilityId) -> Result<Zone> {
        let mut zones = self.zones.iter();
        zones
            .find(|(id, _)| *id == facility)
            .map(|(_, zone)| zone)
            .ok_or_else(|| {
                Failure::refused(format!("the database has no clinic `{facility}`"))
                    .help(format!("it has {}", self.names()))
            })
    }

    /// The zone in which times on the command line are read.
    pub(crate) fn zone_of_arguments(&self, facility: Option<&FacilityId>) -> Result<Zone> {
        if let Some(facility) = facility {
            return self.zone_of(facility);
        }
        let mut zones: Vec<Zone> = self.zones.iter().map(|(_, zone)| zone).collect();
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
