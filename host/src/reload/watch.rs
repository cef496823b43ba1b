//! Watching a folder: directories, not files, because editors rename and deployments swap links.

use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use notify::{Event, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::{mpsc, watch as signal};
use tokio::time::{Instant, timeout_at};

use super::{Outcome, Refusal, Reloader};

/// How long a folder must be quiet before it is read: an editor writes in several steps.
const QUIET: Duration = Duration::from_millis(100);

/// The longest that a folder that is never quiet is left unread.
const LONGEST: Duration = Duration::from_millis(400);

/// How often the folder is read without a hint: network drives and bind mounts tell nothing.
const RESCAN: Duration = Duration::from_secs(10);

/// What a clinic consists of, at the top of its folder.
const PARTS: [&str; 4] = ["clinic.toml", "templates", "rules", "plugins"];

/// A folder that is being watched. It ends when this is dropped.
pub struct Watch {
    _stop: signal::Sender<()>,
}

/// Hints that a clinic's folder may have changed. Where the system can't watch, there is one every ten
/// seconds all the same.
pub struct Hints {
    folder: PathBuf,
    hints: mpsc::Receiver<()>,
    watcher: Option<RecommendedWatcher>,
    places: Arc<Mutex<Places>>,
}

impl Hints {
    /// Hints of a folder, from the first [look](Hints::look) on.
    pub fn of(folder: &Path) -> Self {
        let (hint, hints) = mpsc::channel(1);
        let places = Arc::new(Mutex::new(Places::of(folder)));
        let watcher = {
            let places = places.clone();
            notify::recommended_watcher(move |event: notify::Result<Event>| {
                let places = places.lock().unwrap_or_else(PoisonError::into_inner);
                if event.is_ok_and(|event| places.concern(&event)) {
                    // A full channel means that a hint is waiting already.
                    let _ = hint.try_send(());
                }
            })
        };
        let watcher = watcher
            .inspect_err(|error| {
                tracing::warn!(folder = %folder.display(), %error, "the folder can't be watched; it is read every {} seconds", RESCAN.as_secs());
            })
            .ok();
        Self {
            folder: folder.to_path_buf(),
            hints,
            watcher,
            places,
        }
    }

    /// The folder is about to be read: what happens from now on is a hint for the next time. Directories
    /// may have come, gone or been swapped since the last; watching again is cheap.
    pub fn look(&mut self) {
        if let Some(watcher) = &mut self.watcher {
            *self.places.lock().unwrap_or_else(PoisonError::into_inner) = Places::of(&self.folder);
            watch_directories(watcher, &self.folder);
        }
    }

    /// Waits for a hint, and until the folder is quiet.
    pub async fn next(&mut self) {
        tokio::select! {
            Some(()) = self.hints.recv() => quiet(&mut self.hints).await,
            () = tokio::time::sleep(RESCAN) => {}
        }
    }
}

/// Watches a clinic's folder and tells `told` every outcome but [`Outcome::Unchanged`], and the first
/// [`Outcome::Unchanged`] after a refusal: the folder was put back as it was. A refusal is told again
/// at each look until it is mended.
///
/// Where the system can't watch, the folder is read every ten seconds all the same.
pub fn watch(reloader: Arc<Reloader>, told: impl Fn(&Outcome) + Send + Sync + 'static) -> Watch {
    let hints = Hints::of(reloader.folder());
    let (stop, stopped) = signal::channel(());
    tokio::spawn(run(reloader, told, hints, stopped));
    Watch { _stop: stop }
}

/// Where a clinic's files are.
#[derive(Debug)]
struct Places {
    folder: PathBuf,
    /// What the folder, and the folders in it, really are where they are links.
    real: Vec<PathBuf>,
}

impl Places {
    fn of(folder: &Path) -> Self {
        let real = |path: PathBuf| path.canonicalize().ok();
        Self {
            // As the watcher names it in its events.
            folder: std::path::absolute(folder).unwrap_or_else(|_| folder.to_path_buf()),
            real: PARTS
                .into_iter()
                .filter_map(|part| real(folder.join(part)))
                .collect(),
        }
    }

    /// Whether something happened to a clinic's files. The database beside them, or among them, is
    /// written all the time.
    fn concern(&self, event: &Event) -> bool {
        !event.kind.is_access()
            && (event.need_rescan()
                || event.paths.is_empty()
                || event.paths.iter().any(|path| self.hold(path)))
    }

    fn hold(&self, path: &Path) -> bool {
        if self.real.iter().any(|real| path.starts_with(real)) {
            return true;
        }
        let Ok(inside) = path.strip_prefix(&self.folder) else {
            return false;
        };
        match inside.components().next() {
            // The folder itself: a link to it was swapped.
            None => true,
            Some(Component::Normal(name)) => {
                let part = PARTS.iter().any(|part| name == *part);
                // Config maps are swapped by a link named `..data`; others may name theirs otherwise.
                part || name.to_string_lossy().starts_with("..")
                    || self.folder.join(name).is_symlink()
            }
            Some(_) => false,
        }
    }
}

/// Watches the folder itself, its parent (the folder may be a link that is swapped) and what links in
/// it lead to. What can't be watched is still rescanned.
fn watch_directories(watcher: &mut RecommendedWatcher, folder: &Path) {
    if let Some(parent) = folder
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty())
    {
        let _ = watcher.watch(parent, RecursiveMode::NonRecursive);
    }
    let _ = watcher.watch(folder, RecursiveMode::NonRecursive);
    for part in PARTS.map(|part| folder.join(part)) {
        if let Ok(real) = part.canonicalize()
            && real.is_dir()
        {
            let _ = watcher.watch(&real, RecursiveMode::Recursive);
        }
    }
}

async fn run(
    reloader: Arc<Reloader>,
    told: impl Fn(&Outcome),
    mut hints: Hints,
    mut stopped: signal::Receiver<()>,
) {
    let mut refused = reloader.refused;
    loop {
        hints.look();
        let outcome = look(&reloader).await;
        // Nobody is served by what was found after the end.
        if stopped.has_changed().is_err() {
            return;
        }
        let mended = refused && matches!(outcome, Outcome::Unchanged);
        refused = matches!(outcome, Outcome::Refused(_));
        if mended || !matches!(outcome, Outcome::Unchanged) {
            told(&outcome);
        }
        tokio::select! {
            _ = stopped.changed() => return,
            () = hints.next() => {}
            () = reloader.clinic.decided() => {}
        }
    }
}

async fn look(reloader: &Arc<Reloader>) -> Outcome {
    let reading = reloader.clone();
    tokio::task::spawn_blocking(move || reading.reload())
        .await
        .unwrap_or_else(|_| Outcome::Refused(Refusal::inside()))
}

/// Waits until the hints stop coming, but not for ever.
async fn quiet(hints: &mut mpsc::Receiver<()>) {
    let end = Instant::now() + LONGEST;
    loop {
        let until = (Instant::now() + QUIET).min(end);
        match timeout_at(until, hints.recv()).await {
            Ok(Some(())) if Instant::now() < end => {}
            _ => return,
        }
    }
}

#[cfg(all(test, unix))]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use notify::EventKind;
    use notify::event::{AccessKind, CreateKind};

    #[test]
    fn only_what_happens_to_a_clinics_files_is_a_hint() {
        let folder = tempfile::tempdir().unwrap();
        let at = |path: &str| folder.path().join(path);
        std::fs::create_dir_all(at("clinic/rules")).unwrap();
        std::fs::create_dir_all(at("shared/templates")).unwrap();
        std::os::unix::fs::symlink(at("shared/templates"), at("clinic/templates")).unwrap();
        std::os::unix::fs::symlink("rules", at("clinic/current")).unwrap();
        let places = Places::of(&at("clinic"));
        let hint = |path: &str| {
            let event = Event::new(EventKind::Create(CreateKind::File)).add_path(at(path));
            places.concern(&event)
        };
        for path in [
            "clinic",
            "clinic/clinic.toml",
            "clinic/templates",
            "clinic/rules/own.rhai",
            "clinic/plugins",
            "clinic/..data",
            "clinic/current",
            "shared/templates/reminder.sms.trd",
        ] {
            assert!(hint(path), "{path}");
        }
        for path in [
            "rappel.db-wal",
            "clinic.db",
            "clinic/rappel.db-wal",
            "clinic/out/1.txt",
            "clinic/notes.txt",
            "shared/other",
        ] {
            assert!(!hint(path), "{path}");
        }
        let mut reading = Event::new(EventKind::Access(AccessKind::Read));
        reading.paths.push(at("clinic/clinic.toml"));
        assert!(!places.concern(&reading));
        assert!(places.concern(&Event::new(EventKind::Other)), "of nowhere");
    }
}
