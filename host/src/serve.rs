//! The host at work: clinics with their lanes and watches over one store.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rappel_core::civil::{Civil, Instant};
use rappel_core::decision::PolicyFault;
use rappel_core::event::Event;
use rappel_core::ids::{FacilityId, MessageId};
use rappel_core::provider::{Inbound, Refusal};
use rappel_core::store::{Count, GenerationRecord, Ingested, Result, Store, StoreError, Unplanned};
use serde::Serialize;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::clinic::{Clinic, OpenGateway};
use crate::clock::Clock;
use crate::dispatch::{Desk, Dispatcher, Lanes};
use crate::engine::{EventPlanner, Links};
use crate::reload::{self, Outcome, Reloader, Watch};

/// How many events are applied in one transaction.
const EVENTS_AT_ONCE: usize = 100;

/// How often texts past their retention are removed.
const REDACT_EVERY: Duration = Duration::from_secs(3600);

/// What a host needs to know beside its clinics.
pub struct Setup {
    /// Where everything is kept.
    pub store: Arc<dyn Store>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// How gateways are opened.
    pub gateways: Arc<dyn OpenGateway>,
    /// The host's address as gateways reach it, without a slash at its end.
    pub public_url: Option<Arc<str>>,
}

/// A host that serves clinics.
pub struct Host {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    public_url: Option<Arc<str>>,
    clinics: BTreeMap<FacilityId, Served>,
    keeper: JoinHandle<()>,
    stop: watch::Sender<bool>,
}

struct Served {
    clinic: Arc<Clinic>,
    dispatcher: Arc<Dispatcher>,
    lanes: Lanes,
    _watch: Watch,
}

/// How the host does.
#[derive(Debug, Serialize)]
pub struct Status {
    /// What it is there.
    pub now: Instant,
    /// Which rules serve each clinic, and what is wrong with newer ones.
    pub generations: Vec<GenerationRecord>,
    /// How many messages are in each state.
    pub counts: Vec<Count>,
    /// The events that wait because a policy failed to plan.
    #[serde(skip)]
    pub unplanned: Vec<Unplanned>,
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
    /// Starts serving clinics that were opened from their folders.
    ///
    /// # Errors
    /// When the store fails, or two folders are of the same clinic.
    pub async fn start(setup: Setup, opened: Vec<(PathBuf, Clinic)>) -> Result<Self> {
        let links = Links::new(setup.store.link_key().await?);
        let desk = Desk {
            links,
            public_url: setup.public_url.clone(),
        };
        let mut clinics = BTreeMap::new();
        for (folder, clinic) in opened {
            let facility = clinic.facility.clone();
            if clinics.contains_key(&facility) {
                return Err(StoreError(format!(
                    "two folders have the id `{facility}`; `id` in clinic.toml must be each clinic's own"
                )));
            }
            let clinic = Arc::new(clinic);
            note(&*setup.store, &clinic, setup.clock.now(), None).await;
            let dispatcher = Arc::new(Dispatcher::new(
                clinic.clone(),
                setup.store.clone(),
                setup.clock.clone(),
                desk.clone(),
            ));
            let reloader = Reloader::new(folder, clinic.clone(), setup.gateways.clone());
            let watch = watch_folder(
                reloader,
                &dispatcher,
                setup.store.clone(),
                setup.clock.clone(),
            );
            catch_up(&dispatcher).await;
            let lanes = dispatcher.start().await?;
            clinics.insert(
                facility,
                Served {
                    clinic,
                    dispatcher,
                    lanes,
                    _watch: watch,
                },
            );
        }
        let stop = watch::Sender::new(false);
        let keeper = tokio::spawn(keep_retention(
            clinics
                .values()
                .map(|served: &Served| served.clinic.clone())
                .collect(),
            setup.store.clone(),
            setup.clock.clone(),
            stop.subscribe(),
        ));
        Ok(Self {
            store: setup.store,
            clock: setup.clock,
            public_url: setup.public_url,
            clinics,
            keeper,
            stop,
        })
    }

    /// The store.
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.store
    }

    /// The clock.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    /// The clinics that are served.
    pub fn facilities(&self) -> impl Iterator<Item = &FacilityId> {
        self.clinics.keys()
    }

    /// The clinic of that name, or the only one where none is named.
    ///
    /// # Errors
    /// A sentence that says which there are.
    pub fn clinic(
        &self,
        facility: Option<&FacilityId>,
    ) -> std::result::Result<&Arc<Clinic>, String> {
        self.served(facility).map(|served| &served.clinic)
    }

    fn served(&self, facility: Option<&FacilityId>) -> std::result::Result<&Served, String> {
        let known = || {
            let names: Vec<_> = self.clinics.keys().map(|id| format!("`{id}`")).collect();
            names.join(", ")
        };
        match facility {
            Some(facility) => self
                .clinics
                .get(facility)
                .ok_or_else(|| format!("there is no clinic `{facility}`; there are {}", known())),
            None if self.clinics.len() == 1 => self
                .clinics
                .values()
                .next()
                .ok_or_else(|| "no clinic is served".to_string()),
            None => Err(format!("say which clinic; there are {}", known())),
        }
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
                .store
                .ingest(&clinic.facility, batch, self.clock.now(), &planner)
                .await?;
            tell_faults(&clinic.facility, &faults_of(&told));
            outcomes.extend(told);
        }
        if let Some(served) = self.clinics.get(&clinic.facility) {
            served.dispatcher.wake();
        }
        Ok(outcomes)
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
        let served = self.clinics.get(facility).ok_or(ReceiptError::Unknown)?;
        let live = served.clinic.live();
        let reporter = live.reporter(gateway).ok_or(ReceiptError::Unknown)?;
        let url = format!("{}{path}", self.public_url.as_deref().unwrap_or_default());
        // Proofs are about the real time, whatever clock a demonstration runs on.
        reporter
            .proof
            .check(&url, headers, call, self.clock.now())?;
        let receipts = reporter
            .adapter
            .receipt(call)
            .map_err(|error| ReceiptError::Unreadable(error.to_string()))?;
        Ok(self
            .store
            .receive(facility, gateway, &receipts, self.clock.now())
            .await?)
    }

    /// How the host does.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn status(&self) -> Result<Status> {
        status(&*self.store, self.clock.now()).await
    }

    /// Takes nothing new, lets what is under way come to its answer, and ends.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        for served in self.clinics.into_values() {
            served.lanes.stop().await;
        }
        // It ends at its next look at the signal.
        let _ = self.keeper.await;
    }
}

/// How a host does that keeps its messages in `store`.
///
/// # Errors
/// When the store fails.
pub async fn status(store: &dyn Store, now: Instant) -> Result<Status> {
    Ok(Status {
        now,
        generations: store.generations().await?,
        counts: store.counts().await?,
        unplanned: store.unplanned(None).await?,
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
        while let Some(time) = event.time.filter(|time| *time > host.clock.now()) {
            host.clock
                .sleep((time - host.clock.now()).to_std().unwrap_or_default())
                .await;
        }
        for outcome in host.ingest(clinic, std::slice::from_ref(event)).await? {
            told(event, &outcome);
        }
    }
    Ok(())
}

/// Watches a folder; tells the log and the store what came of each look.
fn watch_folder(
    reloader: Reloader,
    dispatcher: &Arc<Dispatcher>,
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
) -> Watch {
    let clinic = reloader.clinic().clone();
    let dispatcher = dispatcher.clone();
    let said = Mutex::new(String::new());
    let runtime = tokio::runtime::Handle::current();
    reload::watch(Arc::new(reloader), move |outcome| {
        let refused = match outcome {
            Outcome::Reloaded { from, to } => {
                tracing::info!(facility = %clinic.facility, %from, %to, "new rules serve");
                let dispatcher = dispatcher.clone();
                runtime.spawn(async move { catch_up(&dispatcher).await });
                None
            }
            Outcome::Unchanged => {
                tracing::info!(facility = %clinic.facility, "the folder holds what serves again");
                None
            }
            Outcome::Refused(refusal) => Some(refusal.to_string()),
        };
        let mut said = said.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(reason) = &refused {
            // It is said at every look, loudly when it is new.
            if *said == *reason {
                tracing::warn!(facility = %clinic.facility, "the new rules are still refused; the old ones serve");
            } else {
                tracing::error!(facility = %clinic.facility, "the new rules are refused; the old ones serve:\n{reason}");
            }
        }
        *said = refused.clone().unwrap_or_default();
        let (store, clinic, now) = (store.clone(), clinic.clone(), clock.now());
        runtime.spawn(async move { note(&*store, &clinic, now, refused).await });
    })
}

/// The policies that failed while events were planned, and for how many events.
pub fn faults_of(outcomes: &[Ingested]) -> BTreeMap<PolicyFault, u64> {
    let mut faults = BTreeMap::new();
    for outcome in outcomes {
        let Ingested::Applied { faults: failed, .. } = outcome else {
            continue;
        };
        for fault in failed {
            *faults.entry(fault.clone()).or_default() += 1;
        }
    }
    faults
}

fn tell_faults(facility: &FacilityId, faults: &BTreeMap<PolicyFault, u64>) {
    for (PolicyFault { origin, reason }, events) in faults {
        tracing::error!(%facility, policy = %origin.policy, line = origin.line, events, %reason, "a policy failed to plan; what it wants is planned when it is mended");
    }
}

/// Does with the rules that serve now what earlier ones couldn't: plans the events that they failed on,
/// and looks again at messages that a fault keeps back.
/// A failure of the store is logged: the next reload or start of the host tries again.
async fn catch_up(dispatcher: &Dispatcher) {
    let clinic = &dispatcher.clinic;
    let planner = EventPlanner(clinic.live().rules.clone());
    let now = dispatcher.clock.now();
    match dispatcher
        .store
        .replan(&clinic.facility, now, &planner)
        .await
    {
        Ok(replanned) => {
            if replanned.planned > 0 {
                tracing::info!(facility = %clinic.facility, events = replanned.planned, "planned now what a policy had failed on");
            }
            tell_faults(&clinic.facility, &replanned.faults);
        }
        Err(error) => {
            tracing::error!(facility = %clinic.facility, %error, "can't plan again what a policy had failed on");
        }
    }
    let zone = clinic.live().rules.settings().zone;
    let now = (now, Civil::at(now, zone));
    if let Err(error) = dispatcher.store.look_again(&clinic.facility, now).await {
        tracing::error!(facility = %clinic.facility, %error, "can't look again at what a fault keeps back");
    }
    dispatcher.wake();
}

/// Remembers which rules serve. A failure is logged: the rules serve all the same.
async fn note(store: &dyn Store, clinic: &Clinic, now: Instant, refused: Option<String>) {
    let live = clinic.live();
    let record = GenerationRecord {
        facility: clinic.facility.clone(),
        id: live.rules.id().to_string(),
        since: now,
        zone: live.rules.settings().zone,
        refused,
    };
    if let Err(error) = store.note_generation(&record).await {
        tracing::error!(facility = %clinic.facility, %error, "can't remember which rules serve");
    }
}

/// Removes texts and addresses when their time is over.
async fn keep_retention(
    clinics: Vec<Arc<Clinic>>,
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    mut stop: watch::Receiver<bool>,
) {
    loop {
        for clinic in &clinics {
            let live = clinic.live();
            let settings = live.rules.settings();
            let today = Civil::at(clock.now(), settings.zone);
            let Some(before) = today.checked_add(-settings.retention.texts) else {
                continue;
            };
            match store
                .redact(&clinic.facility, before.instant(settings.zone))
                .await
            {
                Ok(0) => {}
                Ok(messages) => {
                    tracing::info!(facility = %clinic.facility, messages, "texts past their retention are removed");
                }
                Err(error) => {
                    tracing::error!(facility = %clinic.facility, %error, "can't remove texts past their retention");
                }
            }
        }
        tokio::select! {
            _ = stop.changed() => return,
            () = tokio::time::sleep(REDACT_EVERY) => {}
        }
    }
}
