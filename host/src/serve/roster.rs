//! The roster: which clinics' folders there are, which of them are served, and why the others aren't.
//!
//! A folder that can't be served is looked at again and again, and served when it is mended; one that
//! comes later is found. A clinic whose files are broken when the host starts is served by the last
//! that were good, which the store keeps: a restart during a slip must not be an outage.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use rappel_core::alarm::Alarm;
use rappel_core::civil::Instant;
use rappel_core::ids::FacilityId;
use rappel_core::store::{Absent, GenerationRecord, KeptFolder, Result, Store};
use tokio::sync::{Notify, watch};

use super::catch_up::catch_up;
use super::follow::Follower;
use super::history::{Met, kept_of, note_history};
use super::{Setup, brake};
use crate::clinic::Clinic;
use crate::dispatch::{Desk, Dispatcher, Lanes};
use crate::engine::{Folder, Generation};
use crate::reload::{self, Opened, Outcome, Refusal, Reloader, Watch};

/// How often folders are looked for that came or were mended, where nobody says.
pub const RESCAN: Duration = Duration::from_secs(10);

/// A clinic that is served.
pub(super) struct Served {
    pub(super) clinic: Arc<Clinic>,
    pub(super) dispatcher: Arc<Dispatcher>,
    pub(super) folder: PathBuf,
    /// Held while the clinic is brought in line with the brake.
    pub(super) braking: tokio::sync::Mutex<()>,
    /// Until the host stops.
    lanes: Mutex<Option<Lanes>>,
    follower: Mutex<Option<Follower>>,
    pub(super) news: Arc<Notify>,
    _watch: Watch,
}

/// The clinics of a host.
pub(super) struct Roster {
    pub(super) setup: Setup,
    desk: Desk,
    roots: Vec<PathBuf>,
    served: RwLock<BTreeMap<FacilityId, Arc<Served>>>,
    /// Folders that can't be served, and what was said of them last.
    absent: Mutex<BTreeMap<PathBuf, String>>,
}

/// The clinics' folders that somebody means: a clinic's own, or one that holds clinics. `known` are
/// folders that were a clinic's: they are one's though their clinic.toml is missing now.
pub fn folders(roots: &[PathBuf], known: &BTreeSet<PathBuf>) -> Vec<PathBuf> {
    let is_clinic =
        |folder: &Path| folder.join("clinic.toml").is_file() || known.contains(&whole(folder));
    let mut found = Vec::new();
    for root in roots {
        if is_clinic(root) {
            found.push(root.clone());
            continue;
        }
        // What can't be read holds nothing that could be served.
        let entries = std::fs::read_dir(root).into_iter().flatten().flatten();
        let mut inside: Vec<PathBuf> = entries
            .map(|entry| entry.path())
            .filter(|path| path.is_dir() && is_clinic(path))
            .collect();
        inside.sort();
        found.extend(inside);
    }
    let mut seen = BTreeSet::new();
    found.retain(|folder| seen.insert(whole(folder)));
    found
}

/// A folder's name wherever the host is started.
fn whole(folder: &Path) -> PathBuf {
    std::path::absolute(folder).unwrap_or_else(|_| folder.to_path_buf())
}

fn name_of(folder: &Path) -> String {
    whole(folder).to_string_lossy().into_owned()
}

impl Roster {
    pub(super) fn new(setup: Setup, desk: Desk, roots: Vec<PathBuf>) -> Self {
        Self {
            setup,
            desk,
            roots,
            served: RwLock::default(),
            absent: Mutex::default(),
        }
    }

    pub(super) fn get(&self, facility: &FacilityId) -> Option<Arc<Served>> {
        self.all().get(facility).cloned()
    }

    /// The clinics that are served, by their ids.
    pub(super) fn all(&self) -> BTreeMap<FacilityId, Arc<Served>> {
        self.served
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Has a clinic's standing messages planned by the rules that serve.
    pub(super) fn follow(&self, facility: &FacilityId) {
        if let Some(served) = self.get(facility) {
            served.news.notify_one();
        }
    }

    pub(super) fn clinics(&self) -> Vec<Arc<Clinic>> {
        let all = self.all();
        all.values().map(|served| served.clinic.clone()).collect()
    }

    /// The folders that can't be served.
    pub(super) fn absent(&self) -> Vec<PathBuf> {
        let absent = self.absent.lock().unwrap_or_else(PoisonError::into_inner);
        absent.keys().cloned().collect()
    }

    /// The first look: what can't be served as it is goes on with the last files that were good.
    ///
    /// # Errors
    /// When the store fails.
    pub(super) async fn open(self: &Arc<Self>) -> Result<()> {
        self.setup.store.begin(self.setup.clock.now()).await?;
        let kept = self.setup.store.kept_folders().await?;
        let kept = kept
            .into_iter()
            .map(|kept| (PathBuf::from(&kept.folder), kept))
            .collect();
        self.look(&kept).await
    }

    /// Looks for folders that came or were mended, without end.
    pub(super) async fn keep_looking(self: Arc<Self>, mut stop: watch::Receiver<bool>) {
        loop {
            tokio::select! {
                _ = stop.wait_for(|stop| *stop) => return,
                () = tokio::time::sleep(self.setup.rescan) => {}
            }
            if let Err(error) = self.look(&BTreeMap::new()).await {
                tracing::error!(%error, "can't look for clinics that came or were mended");
            }
            for served in self.all().into_values() {
                self.heed_brake(&served).await;
            }
        }
    }

    /// Brings a clinic in line with the brake. A failure of the store is logged: the next look tries again.
    pub(super) async fn heed_brake(&self, served: &Served) {
        if let Err(error) = brake::heed(served, &self.setup.gateways).await {
            tracing::error!(facility = %served.clinic.facility, %error, "can't tell whether the brake stopped the rules");
        }
    }

    async fn look(self: &Arc<Self>, kept: &BTreeMap<PathBuf, KeptFolder>) -> Result<()> {
        let known = kept.keys().cloned().collect();
        let found = folders(&self.roots, &known);
        let served: BTreeSet<PathBuf> = self
            .all()
            .values()
            .map(|served| served.folder.clone())
            .collect();
        for folder in found.iter().filter(|folder| !served.contains(*folder)) {
            match self.admit(folder, kept.get(&whole(folder))).await? {
                Ok(()) => self.no_longer_absent(folder).await?,
                Err(refusal) => self.still_absent(folder, refusal.to_string()).await?,
            }
        }
        // What was taken away is nobody's any more.
        let there: BTreeSet<String> = found.iter().map(|folder| name_of(folder)).collect();
        for absent in self.setup.store.absent().await? {
            if !there.contains(&absent.folder) {
                self.no_longer_absent(Path::new(&absent.folder)).await?;
            }
        }
        Ok(())
    }

    /// Begins to serve a folder, or says why it can't be served.
    async fn admit(
        self: &Arc<Self>,
        folder: &Path,
        kept: Option<&KeptFolder>,
    ) -> Result<std::result::Result<(), Refusal>> {
        let gateways = self.setup.gateways.clone();
        let reading = folder.to_path_buf();
        let read = tokio::task::spawn_blocking(move || reload::open(&reading, &*gateways))
            .await
            .unwrap_or_else(|_| Err(Refusal::inside()));
        let read = match read {
            Ok(opened) => self.unless_stopped(opened).await?,
            refused => refused,
        };
        let (clinic, files, refused) = match (read, kept) {
            (Ok(opened), _) => (opened.clinic, Some(opened.files), None),
            (Err(refusal), Some(kept)) => {
                match reload::open_files(Folder::of(kept), folder, &*self.setup.gateways) {
                    Ok(opened) => (opened.clinic, None, Some(refusal.to_string())),
                    Err(_) => return Ok(Err(refusal)),
                }
            }
            (Err(refusal), None) => return Ok(Err(refusal)),
        };
        if let Some(other) = self.get(&clinic.facility) {
            return Ok(Err(Refusal::other(format!(
                "{} has the same id, `{}`; `id` in clinic.toml must be each clinic's own",
                other.folder.display(),
                clinic.facility
            ))));
        }
        let generation = clinic.live().rules.id().to_string();
        if refused.is_some() {
            tracing::error!(facility = %clinic.facility, folder = %folder.display(), %generation, "the files can't be served; the last good ones are served until they are mended");
        } else {
            tracing::info!(facility = %clinic.facility, folder = %folder.display(), %generation, "served");
        }
        self.serve(folder, Arc::new(clinic), files, refused).await?;
        Ok(Ok(()))
    }

    /// Files that the brake stopped are refused like others that can't be served.
    async fn unless_stopped(&self, opened: Opened) -> Result<std::result::Result<Opened, Refusal>> {
        let stopped = brake::stopped(&*self.setup.store, &opened.clinic.facility).await?;
        let reason = stopped.get(opened.clinic.live().rules.id()).cloned();
        opened.clinic.stop(stopped);
        Ok(match reason {
            Some(reason) => Err(Refusal::braked(reason)),
            None => Ok(opened),
        })
    }

    async fn serve(
        &self,
        folder: &Path,
        clinic: Arc<Clinic>,
        files: Option<Folder>,
        refused: Option<String>,
    ) -> Result<()> {
        let setup = &self.setup;
        let older = refused.is_some();
        clinic.stop(brake::stopped(&*setup.store, &clinic.facility).await?);
        let now = setup.clock.now();
        if !older {
            note_files(&*setup.store, &clinic, now, None).await;
        }
        let before = kept_of(&*setup.store, &clinic).await;
        let before_rules = before.as_ref().and_then(|kept| self.rules_of(kept));
        let met = Met {
            folder,
            files: files.as_ref(),
            before: before.as_ref(),
            refused: refused.as_deref(),
        };
        note_history(&*setup.store, &clinic, met, now).await;
        note(&*setup.store, &clinic, now, refused).await;
        if let Some(files) = files {
            let generation = clinic.live().rules.id().to_string();
            keep(&*setup.store, &clinic, folder, (&generation, &files)).await;
        }
        let dispatcher = Arc::new(Dispatcher::new(
            clinic.clone(),
            setup.store.clone(),
            setup.clock.clone(),
            self.desk.clone(),
        ));
        catch_up(&dispatcher).await;
        let mut reloader =
            Reloader::new(folder.to_path_buf(), clinic.clone(), setup.gateways.clone());
        if older {
            reloader = reloader.of_older_files();
        }
        let follower = Follower::start(dispatcher.clone(), before_rules);
        let news = follower.news();
        let watch = watch_folder(reloader, &dispatcher, news.clone());
        let lanes = dispatcher.start().await?;
        let served = Served {
            clinic: clinic.clone(),
            dispatcher,
            folder: folder.to_path_buf(),
            braking: tokio::sync::Mutex::default(),
            lanes: Mutex::new(Some(lanes)),
            follower: Mutex::new(Some(follower)),
            news,
            _watch: watch,
        };
        self.served
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(clinic.facility.clone(), Arc::new(served));
        Ok(())
    }

    /// The rules that kept files compile to; `None` where this version of Rappel refuses them.
    fn rules_of(&self, kept: &KeptFolder) -> Option<Arc<Generation>> {
        let files = Folder::of(kept).with_adapters(&self.setup.gateways.stock_adapters());
        Generation::compile(&files).ok().map(Arc::new)
    }

    async fn no_longer_absent(&self, folder: &Path) -> Result<()> {
        let name = name_of(folder);
        self.absent
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .retain(|absent, _| name_of(absent) != name);
        self.setup.store.forget_absent(&name).await
    }

    async fn still_absent(&self, folder: &Path, reason: String) -> Result<()> {
        let before = self
            .absent
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(folder.to_path_buf(), reason.clone());
        // It is told when it is new.
        if before.as_ref() == Some(&reason) {
            return Ok(());
        }
        tracing::error!(folder = %folder.display(), "a clinic can't be served; it is when this is mended:\n{reason}");
        let absent = Absent {
            folder: name_of(folder),
            since: self.setup.clock.now(),
            refused: reason,
        };
        self.setup.store.note_absent(&absent).await
    }

    /// Lets every clinic's lanes come to their end.
    pub(super) async fn stop(&self) {
        for served in self.all().into_values() {
            let lanes = served
                .lanes
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .take();
            if let Some(lanes) = lanes {
                lanes.stop().await;
            }
            let follower = served
                .follower
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .take();
            if let Some(follower) = follower {
                follower.stop().await;
            }
        }
        // With them the watches end.
        self.served
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }
}

/// Watches a folder; tells the log and the store what came of each look.
fn watch_folder(reloader: Reloader, dispatcher: &Arc<Dispatcher>, news: Arc<Notify>) -> Watch {
    let clinic = reloader.clinic().clone();
    let folder = reloader.folder().to_path_buf();
    let dispatcher = dispatcher.clone();
    let said = Mutex::new(String::new());
    let runtime = tokio::runtime::Handle::current();
    reload::watch(Arc::new(reloader), move |outcome| {
        let mut braked = false;
        let (refused, files) = match outcome {
            Outcome::Reloaded { from, to, files } => {
                tracing::info!(facility = %clinic.facility, %from, %to, "new rules serve");
                (None, Some((to.clone(), files.clone())))
            }
            Outcome::Unchanged => {
                tracing::info!(facility = %clinic.facility, "the folder holds what serves again");
                (None, None)
            }
            Outcome::Refused(refusal) => {
                braked = refusal.braked;
                (Some(refusal.to_string()), None)
            }
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
        let new = *said != refused.clone().unwrap_or_default();
        *said = refused.clone().unwrap_or_default();
        let (dispatcher, folder, news) = (dispatcher.clone(), folder.clone(), news.clone());
        runtime.spawn(async move {
            let (store, clinic) = (&*dispatcher.store, &dispatcher.clinic);
            let now = dispatcher.clock.now();
            if new {
                // What the brake stopped is in order, and told by the store.
                let wrong = refused.as_deref().filter(|_| !braked);
                note_files(store, clinic, now, wrong).await;
            }
            if new || files.is_some() {
                let before = kept_of(store, clinic).await;
                let met = Met {
                    folder: &folder,
                    files: files.as_ref().map(|(_, files)| files),
                    before: before.as_ref(),
                    refused: refused.as_deref(),
                };
                note_history(store, clinic, met, now).await;
            }
            note(store, clinic, now, refused).await;
            if let Some((generation, files)) = files {
                keep(store, clinic, &folder, (&generation, &files)).await;
                catch_up(&dispatcher).await;
                news.notify_one();
            }
        });
    })
}

/// Remembers which rules serve. A failure is logged: the rules serve all the same.
pub(super) async fn note(
    store: &dyn Store,
    clinic: &Clinic,
    now: Instant,
    refused: Option<String>,
) {
    let live = clinic.live();
    let record = GenerationRecord {
        facility: clinic.facility.clone(),
        id: live.rules.id().to_string(),
        since: now,
        zone: live.rules.settings().zone,
        refused,
        served: true,
    };
    if let Err(error) = store.note_generation(&record).await {
        tracing::error!(facility = %clinic.facility, %error, "can't remember which rules serve");
    }
}

/// Notes whether the folder's files are refused, for the administrator. A failure is logged: `rappel status`
/// tells it all the same.
async fn note_files(store: &dyn Store, clinic: &Clinic, now: Instant, refused: Option<&str>) {
    let alarm = match refused {
        Some(reason) => Alarm::files_refused(reason),
        None => Alarm::files_mended(),
    };
    if let Err(error) = store.note_alarm(&clinic.facility, &alarm, now, now).await {
        tracing::error!(facility = %clinic.facility, %error, "can't note whether the files are refused");
    }
}

/// Keeps the files that serve, for a start of the host at which they are broken.
pub(super) async fn keep(
    store: &dyn Store,
    clinic: &Clinic,
    folder: &Path,
    (generation, files): (&str, &Folder),
) {
    let kept = KeptFolder {
        facility: clinic.facility.clone(),
        generation: generation.into(),
        folder: name_of(folder),
        files: files
            .iter()
            .map(|(path, text)| (path.to_string(), text.to_string()))
            .collect(),
    };
    if let Err(error) = store.keep_folder(&kept).await {
        tracing::error!(facility = %clinic.facility, %error, "can't keep the files that serve");
    }
}
