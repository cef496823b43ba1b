//! Texts and addresses are removed when their time is over.

use std::sync::Arc;
use std::time::Duration;

use rappel_core::civil::Civil;
use tokio::sync::watch;

use super::roster::Roster;

/// How often texts past their retention are removed.
const REDACT_EVERY: Duration = Duration::from_secs(3600);

/// Removes texts and addresses when their time is over.
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
            _ = stop.wait_for(|stop| *stop) => return,
            () = tokio::time::sleep(REDACT_EVERY) => {}
        }
    }
}
