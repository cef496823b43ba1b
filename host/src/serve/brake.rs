//! The brake in the host: a generation that the store stopped serves no longer, and one that was approved may
//! serve again. What it planned is held by the store before anybody gets here, so being late costs nothing.

use std::collections::BTreeMap;
use std::sync::Arc;

use rappel_core::ids::FacilityId;
use rappel_core::store::{Result, Store};

use super::catch_up::catch_up;
use super::roster::{Served, keep, note};
use crate::clinic::OpenGateway;
use crate::engine::Folder;
use crate::reload;

/// The generations of a clinic that may not serve, and why.
pub(super) async fn stopped(
    store: &dyn Store,
    facility: &FacilityId,
) -> Result<BTreeMap<String, String>> {
    let braked = store.braked(Some(facility)).await?;
    let reasons = braked.into_iter().map(|braked| {
        let reason = braked.to_string();
        (braked.generation, reason)
    });
    Ok(reasons.collect())
}

/// Brings a clinic in line with what the brake stopped and what people decided: where the rules that serve
/// were stopped, the ones before serve again and plan what those had planned.
///
/// # Errors
/// When the store fails; the next look tries again.
pub(super) async fn heed(served: &Served, gateways: &Arc<dyn OpenGateway>) -> Result<()> {
    let _one_at_a_time = served.braking.lock().await;
    let (clinic, dispatcher) = (&served.clinic, &served.dispatcher);
    let store = &*dispatcher.store;
    let stopped = stopped(store, &clinic.facility).await?;
    let any = !stopped.is_empty();
    clinic.stop(stopped);
    if let Some(reason) = clinic.stopped(clinic.live().rules.id()) {
        return roll_back(served, gateways, reason).await;
    }
    // Whatever stopped rules were still planning when they were replaced.
    if any {
        let waiting = store.unplanned(Some(&clinic.facility)).await?;
        if waiting.iter().any(|event| event.faults.is_empty()) {
            catch_up(dispatcher).await;
        }
    }
    Ok(())
}

async fn roll_back(served: &Served, gateways: &Arc<dyn OpenGateway>, reason: String) -> Result<()> {
    let (clinic, dispatcher) = (&served.clinic, &served.dispatcher);
    let store = &*dispatcher.store;
    let facility = &clinic.facility;
    let kept = store.kept_folders().await?;
    let Some(kept) = kept.iter().find(|kept| kept.facility == *facility) else {
        tracing::error!(%facility, "{reason}; there are no files before them, so what they plan is held");
        return Ok(());
    };
    let files = Folder::of(kept);
    let (opening, folder, gateways) = (files.clone(), served.folder.clone(), gateways.clone());
    let live =
        tokio::task::spawn_blocking(move || reload::open_live(&opening, &folder, &*gateways)).await;
    let live = match live.unwrap_or_else(|_| Err(reload::Refusal::inside())) {
        Ok(live) => live,
        Err(refusal) => {
            tracing::error!(%facility, "{reason}; the files before them can't be served either, so what they plan is held:\n{refusal}");
            return Ok(());
        }
    };
    clinic.swap(live);
    let generation = clinic.live().rules.id().to_string();
    tracing::error!(%facility, %generation, "{reason}; the rules before serve again");
    let now = dispatcher.clock.now();
    note(store, clinic, now, Some(reason)).await;
    keep(store, clinic, &served.folder, (&generation, &files)).await;
    catch_up(dispatcher).await;
    // What the stopped rules moved or withdrew follows those before again.
    served.news.notify_one();
    Ok(())
}
