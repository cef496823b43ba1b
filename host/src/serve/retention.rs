//! What is over: texts and addresses are removed in their time, and credits for what nobody will report any
//! more are spent.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use rappel_core::civil::{Civil, Instant};
use rappel_core::ids::FacilityId;
use rappel_core::store::Store;
use tokio::sync::watch;

use super::roster::Roster;

/// How often texts past their retention are removed.
const REDACT_EVERY: Duration = Duration::from_secs(3600);

/// How long the credits for an unknown message wait for a receipt: networks keep an SMS for two or three
/// days, and report its end within another.
const RECEIPT_WINDOW: TimeDelta = TimeDelta::days(7);

/// Removes texts and addresses when their time is over, and spends what no receipt settles.
pub(super) async fn keep(roster: Arc<Roster>, mut stop: watch::Receiver<bool>) {
    let (store, clock) = (&roster.setup.store, &roster.setup.clock);
    loop {
        // By a clock that isn't believed, what has years to come may be over.
        let clinics = if clock.is_steady() {
            roster.clinics()
        } else {
            Vec::new()
        };
        for clinic in clinics {
            let live = clinic.live();
            let settings = live.rules.settings();
            let now = clock.now();
            spend_unknown(&**store, &clinic.facility, now).await;
            let today = Civil::at(now, settings.zone);
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
            _ = stop.wait_for(|stop| *stop) => return,
            () = tokio::time::sleep(REDACT_EVERY) => {}
        }
    }
}

async fn spend_unknown(store: &dyn Store, facility: &FacilityId, now: Instant) {
    let before = now - RECEIPT_WINDOW;
    match store.spend_unknown(facility, before, now).await {
        Ok(0) => {}
        Ok(messages) => {
            tracing::info!(%facility, messages, "no receipt came for a week: what was reserved for them is spent");
        }
        Err(error) => {
            tracing::error!(%facility, %error, "can't spend what no receipt settles");
        }
    }
}
