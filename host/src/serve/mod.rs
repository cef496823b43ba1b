//! The host at work: clinics with their lanes and watches over one store.

mod brake;
mod catch_up;
mod follow;
mod history;
mod opened;
mod retention;
mod roster;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rappel_core::alarm::AlarmRecord;
use rappel_core::civil::Instant;
use rappel_core::event::Event;
use rappel_core::ids::{FacilityId, MessageId};
use rappel_core::provider::{Inbound, Refusal};
use rappel_core::shadow::Asked;
use rappel_core::store::{
    Absent, Account, Braked, Count, EffectCounts, GenerationRecord, Ingested, Result, Store,
    StoreError, Unplanned,
};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use crate::answers;
use crate::clinic::{Clinic, OpenGateway};
use crate::clock::Clock;
use crate::dispatch::Desk;
use crate::engine::{EventPlanner, Links};
pub(crate) use catch_up::tell_faults;
use roster::Roster;

pub use catch_up::faults_of;
pub use roster::{RESCAN, folders};

/// How many events are applied in one transaction.
const EVENTS_AT_ONCE: usize = 100;

/// How many of a clinic's alarms its status tells.
const LATE_ALARMS: u32 = 10;

/// What a host needs to know beside its clinics.
pub struct Setup {
    /// Where everything is kept.
    pub store: Arc<dyn Store>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// How gateways are opened.
    pub gateways: Arc<dyn OpenGateway>,
    /// The host's address as gateways and patients reach it, without a slash at its end.
    pub public_url: Option<Arc<str>>,
    /// How often folders are looked for that came or were mended; [`RESCAN`] is often enough.
    pub rescan: Duration,
}

/// A host that serves clinics.
pub struct Host {
    roster: Arc<Roster>,
    tasks: JoinSet<()>,
    stop: watch::Sender<bool>,
    opened: mpsc::Sender<opened::Opened>,
}

/// Why a clinic can't be had.
#[derive(Debug)]
pub struct NoClinic {
    /// A sentence that says which there are.
    pub message: String,
    /// Whether it may be one whose folder can't be served now.
    pub later: bool,
}

/// How the host does.
#[derive(Debug)]
pub struct Status {
    /// When the host of the store was started last.
    pub begun: Option<Instant>,
    /// Which rules serve each clinic, and what is wrong with newer ones.
    pub generations: Vec<GenerationRecord>,
    /// What the change to those rules did to standing messages, where there was one.
    pub effects: BTreeMap<FacilityId, EffectCounts>,
    /// Folders that can't be served.
    pub absent: Vec<Absent>,
    /// How many messages are in each state.
    pub counts: Vec<Count>,
    /// The credits of each clinic whose credits are limited.
    pub accounts: Vec<Account>,
    /// The events that wait because a policy failed to plan.
    pub unplanned: Vec<Unplanned>,
    /// The generations that the brake stopped, the latest first.
    pub braked: Vec<Braked>,
    /// The policies in shadow that were asked.
    pub shadows: Vec<Asked>,
    /// What needed a person lately, the latest first.
    pub alarms: Vec<(FacilityId, AlarmRecord)>,
}

/// Why a call about receipts came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum ReceiptError {
    /// There is no such clinic or gateway, or it reports nothing.
    #[error("no gateway of that name reports here")]
    Unknown,
    /// The call doesn't prove that it is the gateway's.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The adapter can't read the call.
    #[error("{0}")]
    Unreadable(String),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Host {
    /// Starts serving clinics: `folders` are theirs, or hold theirs. What can't be served is told by
    /// [`Host::absent`] and served when it is mended.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn start(setup: Setup, folders: Vec<PathBuf>) -> Result<Self> {
        let desk = Desk {
            links: Links::new(setup.store.link_key().await?),
            public_url: setup.public_url.clone(),
        };
        let roster = Arc::new(Roster::new(setup, desk, folders));
        roster.open().await?;
        let stop = watch::Sender::new(false);
        let mut tasks = JoinSet::new();
        tasks.spawn(roster.clone().keep_looking(stop.subscribe()));
        tasks.spawn(retention::keep(roster.clone(), stop.subscribe()));
        let (opened, queue) = opened::queue();
        let store = roster.setup.store.clone();
        tasks.spawn(opened::keep_noting(store, queue, stop.subscribe()));
        tasks.spawn(answers::keep_telling(
            {
                let roster = roster.clone();
                move || roster.clinics()
            },
            roster.setup.store.clone(),
            roster.setup.clock.clone(),
            stop.subscribe(),
        ));
        Ok(Self {
            roster,
            tasks,
            stop,
            opened,
        })
    }

    /// The store.
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.roster.setup.store
    }

    /// The clock.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.roster.setup.clock
    }

    /// The host's address as gateways and patients reach it.
    pub fn public_url(&self) -> Option<&str> {
        self.roster.setup.public_url.as_deref()
    }

    /// The clinics that are served.
    pub fn clinics(&self) -> Vec<Arc<Clinic>> {
        self.roster.clinics()
    }

    /// The folders that can't be served. The log says why, and the store.
    pub fn absent(&self) -> Vec<PathBuf> {
        self.roster.absent()
    }

    /// The clinic of that name, or the only one where none is named.
    ///
    /// # Errors
    /// When there is none of that name, or it isn't named and there are several.
    pub fn clinic(
        &self,
        facility: Option<&FacilityId>,
    ) -> std::result::Result<Arc<Clinic>, NoClinic> {
        let mut all = self.roster.all();
        let later = !self.roster.absent().is_empty();
        let there = match all.len() {
            0 => "none is served now".to_string(),
            _ => {
                let names: Vec<_> = all.keys().map(|id| format!("`{id}`")).collect();
                format!("there are {}", names.join(", "))
            }
        };
        let message = match facility {
            Some(facility) => match all.remove(facility) {
                Some(served) => return Ok(served.clinic.clone()),
                None => format!("no clinic `{facility}` is served; {there}"),
            },
            // Where another can't be served now, nobody knows which one is meant.
            None if all.len() == 1 && !later => match all.pop_first() {
                Some((_, served)) => return Ok(served.clinic.clone()),
                None => there,
            },
            None => format!("say which clinic; {there}"),
        };
        Err(NoClinic { message, later })
    }

    /// Applies events; when it returns, they and their messages are on the disk.
    ///
    /// # Errors
    /// When the store fails; then nothing of the batch that failed is kept, and sending everything
    /// again is safe.
    pub async fn ingest(&self, clinic: &Clinic, events: &[Event]) -> Result<Vec<Ingested>> {
        let mut outcomes = Vec::with_capacity(events.len());
        for batch in events.chunks(EVENTS_AT_ONCE) {
            let planner = EventPlanner(clinic.live().rules.clone());
            let told = self
                .store()
                .ingest(&clinic.facility, batch, self.clock().now(), &planner)
                .await?;
            tell_faults(&clinic.facility, &faults_of(&told));
            let waits = told.iter().any(|one| {
                matches!(
                    one,
                    Ingested::Applied {
                        approval: Some(_),
                        ..
                    }
                )
            });
            if waits && let Some(served) = self.roster.get(&clinic.facility) {
                self.roster.heed_brake(&served).await;
            }
            outcomes.extend(told);
            if clinic.live().rules.id() != planner.0.id() {
                self.roster.follow(&clinic.facility);
            }
        }
        self.wake(&clinic.facility);
        Ok(outcomes)
    }

    /// Has a clinic's lanes look for what is due.
    pub(crate) fn wake(&self, facility: &FacilityId) {
        if let Some(served) = self.roster.get(facility) {
            served.dispatcher.wake();
        }
    }

    /// Applies what a gateway reports. `path` is what was called, with its query.
    ///
    /// # Errors
    /// When the call is not the gateway's, can't be read, or the store fails.
    pub async fn receipts(
        &self,
        facility: &FacilityId,
        gateway: &str,
        path: &str,
        headers: &[(String, String)],
        call: &Inbound,
    ) -> std::result::Result<Vec<Option<MessageId>>, ReceiptError> {
        let served = self.roster.get(facility).ok_or(ReceiptError::Unknown)?;
        let live = served.clinic.live();
        let reporter = live.reporter(gateway).ok_or(ReceiptError::Unknown)?;
        let url = format!(
            "{}{path}",
            self.roster.setup.public_url.as_deref().unwrap_or_default()
        );
        // Proofs are about the real time, whatever clock a demonstration runs on.
        reporter
            .proof
            .check(&url, headers, call, self.clock().now())?;
        let receipts = reporter
            .adapter
            .receipt(call)
            .map_err(|error| ReceiptError::Unreadable(error.to_string()))?;
        Ok(self
            .store()
            .receive(facility, gateway, &receipts, self.clock().now())
            .await?)
    }

    /// How the host does.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn status(&self) -> Result<Status> {
        status(&**self.store()).await
    }

    /// Takes nothing new, lets what is under way come to its answer, and ends.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        // They end at their next look at the signal.
        while self.tasks.join_next().await.is_some() {}
        self.roster.stop().await;
    }
}

/// How a host does that keeps its messages in `store`.
///
/// # Errors
/// When the store fails.
pub async fn status(store: &dyn Store) -> Result<Status> {
    let mut accounts = store.accounts().await?;
    accounts.retain(|account| account.limited);
    let generations = store.generations().await?;
    let mut alarms = Vec::new();
    let mut effects = BTreeMap::new();
    for record in &generations {
        alarms.extend(store.alarms(Some(&record.facility), LATE_ALARMS).await?);
        if let Some(effect) = store.effect_of(&record.facility, &record.id).await? {
            effects.insert(record.facility.clone(), effect);
        }
    }
    Ok(Status {
        begun: store.begun().await?,
        generations,
        effects,
        alarms,
        absent: store.absent().await?,
        counts: store.counts().await?,
        accounts,
        unplanned: store.unplanned(None).await?,
        braked: store.braked(None).await?,
        shadows: store.shadows(None).await?,
    })
}

/// Plays events when the clock reaches their times, for demonstrations on a clock that runs fast.
/// Tells each event's outcome.
///
/// # Errors
/// When the store fails.
pub async fn play(
    host: &Host,
    clinic: &Clinic,
    events: &[Event],
    mut told: impl FnMut(&Event, &Ingested),
) -> Result<()> {
    for event in events {
        while let Some(time) = event.time.filter(|time| *time > host.clock().now()) {
            host.clock()
                .sleep((time - host.clock().now()).to_std().unwrap_or_default())
                .await;
        }
        let still = host.clock().stand_still();
        for outcome in host.ingest(clinic, std::slice::from_ref(event)).await? {
            told(event, &outcome);
        }
        drop(still);
    }
    Ok(())
}
