//! Watching a folder: directories, not files, because editors rename and deployments swap links.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::{mpsc, watch as signal};
use tokio::time::{Instant, timeout_at};

use super::{Outcome, Reloader};

/// How long a folder must be quiet before it is read: an editor writes in several steps.
const QUIET: Duration = Duration::from_millis(100);

/// The longest that a folder that is never quiet is left unread.
const LONGEST: Duration = Duration::from_millis(400);

/// How often the folder is read without a hint: network drives and bind mounts tell nothing.
const RESCAN: Duration = Duration::from_secs(10);

/// A folder that is being watched. It ends when this is dropped.
pub struct Watch {
    _stop: signal::Sender<()>,
}

/// Watches a clinic's folder and tells `told` every outcome but [`Outcome::Unchanged`], and the first
/// [`Outcome::Unchanged`] after a refusal: the folder was put back as it was.
///
/// # Errors
/// When the system can't watch; a rescan every ten seconds still happens.
pub fn watch(
    reloader: Arc<Reloader>,
    told: impl Fn(&Outcome) + Send + Sync + 'static,
) -> Result<Watch, notify::Error> {
    let (hint, hints) = mpsc::channel(1);
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        if event.is_ok_and(|event| !event.kind.is_access()) {
            // A full channel means that a hint is waiting already.
            let _ = hint.try_send(());
        }
    })?;
    let watched = watch_directories(&mut watcher, reloader.folder());
    let (stop, stopped) = signal::channel(());
    tokio::spawn(run(reloader, told, hints, watcher, stopped));
    watched.map(|()| Watch { _stop: stop })
}

/// The folder itself, its parent (the folder may be a link that is swapped) and what links in it lead
/// to.
fn watch_directories(watcher: &mut RecommendedWatcher, folder: &Path) -> Result<(), notify::Error> {
    if let Some(parent) = folder
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty())
    {
        watcher.watch(parent, RecursiveMode::NonRecursive)?;
    }
    watcher.watch(folder, RecursiveMode::NonRecursive)?;
    for directory in ["templates", "rules", "plugins"].map(|name| folder.join(name)) {
        if let Ok(real) = directory.canonicalize() {
            watcher.watch(&real, RecursiveMode::Recursive)?;
        }
    }
    Ok(())
}

async fn run(
    reloader: Arc<Reloader>,
    told: impl Fn(&Outcome),
    mut hints: mpsc::Receiver<()>,
    mut watcher: RecommendedWatcher,
    mut stopped: signal::Receiver<()>,
) {
    let mut refused = false;
    // The first look is at once: a change between the loading of the clinic and the start of the
    // watch has told nobody.
    loop {
        let reading = reloader.clone();
        let outcome = tokio::task::spawn_blocking(move || reading.reload()).await;
        let Ok(outcome) = outcome else { return };
        let mended = refused && matches!(outcome, Outcome::Unchanged);
        refused = matches!(outcome, Outcome::Refused(_));
        if mended || !matches!(outcome, Outcome::Unchanged) {
            told(&outcome);
        }
        // Directories may have come, gone or been swapped; watching again is cheap. One that
        // can't be watched is still rescanned.
        let _ = watch_directories(&mut watcher, reloader.folder());
        tokio::select! {
            _ = stopped.changed() => return,
            hint = hints.recv() => {
                if hint.is_none() {
                    return;
                }
                quiet(&mut hints).await;
            }
            () = tokio::time::sleep(RESCAN) => {}
        }
    }
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
