//! Draining: everything that is due goes, one batch after the other, until nothing is due. This is
//! dispatch for simulations and for one-off runs; `lane` does the same without end.

use std::collections::{BTreeMap, BTreeSet};

use rappel_core::channel::ChannelKind;
use rappel_core::decision::PolicyFault;
use rappel_core::ids::MessageId;
use rappel_core::store::{Lane, Result, Store, Transition};

use super::credits;
use super::steps::{Desk, Judged, Ready, SENDING_LEASE, settle};
use super::together;
use crate::clinic::{Clinic, today};
use crate::clock::Clock;

/// How many messages are taken at a time.
pub(crate) const BATCH: u32 = 500;

/// What came of draining.
#[derive(Debug, Default)]
pub struct Drained {
    /// How many messages were handled.
    pub handled: u64,
    /// The policies that failed, and on which messages.
    pub faults: Faults,
}

/// The policies that failed to judge, and the messages that they failed on.
pub type Faults = BTreeMap<PolicyFault, BTreeSet<MessageId>>;

/// Handles all that is due now.
///
/// # Errors
/// When the store fails.
pub async fn drain(
    clinic: &Clinic,
    store: &dyn Store,
    clock: &dyn Clock,
    desk: &Desk,
) -> Result<Drained> {
    let mut drained = Drained::default();
    for channel in ChannelKind::ALL {
        let lane = Lane {
            facility: clinic.facility.clone(),
            channel,
        };
        loop {
            let live = clinic.live();
            let now = clock.now();
            let day = today(now, live.rules.settings());
            let claims = store
                .claim(&lane, now, day, BATCH, now + SENDING_LEASE)
                .await?;
            if claims.is_empty() {
                break;
            }
            drained.handled += claims.len() as u64;
            let mut staying: Vec<Transition> = Vec::new();
            let mut ready = Vec::new();
            let lease = now + SENDING_LEASE;
            let mut free = Vec::new();
            for family in together::gather(store, &lane, claims, &live, now, lease).await {
                let (judged, early) = desk.judge_all(family, &live, now, now);
                free.extend(early);
                for judged in judged {
                    match judged {
                        Judged::Ready(message) => ready.push(*message),
                        Judged::Stays(step) => staying.push(*step),
                    }
                }
            }
            together::let_go(store, &lane, &free).await;
            for step in &staying {
                for fault in step.faults() {
                    drained.faults.entry(fault).or_default().insert(step.id);
                }
            }
            store.commit(&staying, now, day).await?;
            let begins = ready.iter_mut().flat_map(Ready::begins);
            let begins: Vec<_> = begins.map(|begin| begin.clone()).collect();
            let begun = store.commit(&begins, now, day).await?;
            credits::tell(&begun.crossings);
            let mut settled = Vec::with_capacity(ready.len());
            let mut made = begun.made.into_iter();
            for message in ready {
                if message.has_begun(&mut made) {
                    let outcome = message.channel.send(&message.outgoing).await;
                    settled.extend(settle(&message, outcome, &live, now));
                }
            }
            store.commit(&settled, now, day).await?;
        }
    }
    Ok(drained)
}
