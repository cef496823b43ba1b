//! Policies that failed: they are told, and what they couldn't say is asked again when other rules serve. So is
//! what the brake stopped.

use std::collections::BTreeMap;

use rappel_core::civil::Civil;
use rappel_core::decision::PolicyFault;
use rappel_core::ids::FacilityId;
use rappel_core::store::Ingested;

use crate::dispatch::{Dispatcher, credits};
use crate::engine::EventPlanner;

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

pub(crate) fn tell_faults(facility: &FacilityId, faults: &BTreeMap<PolicyFault, u64>) {
    for (PolicyFault { origin, reason }, events) in faults {
        tracing::error!(%facility, policy = %origin.policy, line = origin.line, events, %reason, "a policy failed to plan; what it wants is planned when it is mended");
    }
}

/// Does with the rules that serve now what earlier ones couldn't: plans the events that they failed on,
/// and looks again at messages that a fault or a want of credits keeps back.
/// A failure of the store is logged: the next reload or start of the host tries again.
pub(super) async fn catch_up(dispatcher: &Dispatcher) {
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
                tracing::info!(facility = %clinic.facility, events = replanned.planned, "planned again what a policy had failed on or the brake had stopped");
            }
            tell_faults(&clinic.facility, &replanned.faults);
        }
        Err(error) => {
            tracing::error!(facility = %clinic.facility, %error, "can't plan again what a policy had failed on or the brake had stopped");
        }
    }
    let live = clinic.live();
    let settings = live.rules.settings();
    if !settings.tracking.opens.is_empty() && dispatcher.desk.public_url.is_none() {
        // No warning: a demonstration, whose log begins with these, needs no such address.
        tracing::info!(facility = %clinic.facility, "`tracking.opens` has no effect: nobody knows where mail programs reach this host; start it with `--public-url https://…`");
    }
    let limit = settings.credits.limited.then_some(settings.credits.low);
    match dispatcher
        .store
        .limit_credits(&clinic.facility, limit, now)
        .await
    {
        Ok(crossing) => credits::tell(crossing.as_slice()),
        Err(error) => {
            tracing::error!(facility = %clinic.facility, %error, "can't remember whether credits are limited");
        }
    }
    let zone = settings.zone;
    let now = (now, Civil::at(now, zone));
    if let Err(error) = dispatcher.store.look_again(&clinic.facility, now).await {
        tracing::error!(facility = %clinic.facility, %error, "can't look again at what is kept back");
    }
    dispatcher.wake();
}
