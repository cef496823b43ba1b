//! Recovery: messages whose worker stopped between the handing over and the answer.

use rappel_core::message::State;
use rappel_core::store::{Claimed, Result, Step, Store, Transition};

use super::steps::{Desk, Judged, Ready, SENDING_LEASE, settle, step};
use crate::clinic::{Clinic, Live, today};
use crate::clock::Clock;

/// Settles what was under way when a worker stopped: sends it again where the gateway takes a
/// reference once and it may still go, and calls it unknown otherwise. With `all`, whatever its
/// lease: at the start of the only host of a database nobody else is at work.
///
/// Tells how many messages it settled.
///
/// # Errors
/// When the store fails.
pub async fn recover(
    clinic: &Clinic,
    store: &dyn Store,
    clock: &dyn Clock,
    desk: &Desk,
    all: bool,
) -> Result<usize> {
    let mut settled = 0;
    loop {
        let live = clinic.live();
        let now = clock.now();
        let day = today(now, live.rules.settings());
        let stuck = store
            .claim_stuck(&clinic.facility, now, day, now + SENDING_LEASE, all)
            .await?;
        if stuck.is_empty() {
            return Ok(settled);
        }
        let mut steps = Vec::with_capacity(stuck.len());
        let mut again = Vec::new();
        for claim in stuck {
            match resend(claim, &live, desk, now) {
                Ok(message) => again.push(message),
                Err(step) => steps.push(*step),
            }
        }
        for mut message in again {
            // Each is marked before it leaves, so that the attempt counts whatever happens.
            message.begin.from = State::Sending;
            message.begin.reminders_today = None;
            if store
                .commit(std::slice::from_ref(&message.begin), now, day)
                .await?
                == [true]
            {
                let outcome = message.channel.send(&message.outgoing).await;
                steps.push(settle(&message, outcome, &live, clock.now()));
            }
        }
        settled += steps.len();
        store.commit(&steps, clock.now(), day).await?;
        // One that is to be asked again later keeps a lease, and would be taken again at once.
        if all {
            return Ok(settled);
        }
    }
}

/// The message to send again, or the step that gives it up.
fn resend(
    claim: Claimed,
    live: &Live,
    desk: &Desk,
    now: rappel_core::civil::Instant,
) -> std::result::Result<Ready, Box<Transition>> {
    let handed_to = claim.message.gateway.clone().unwrap_or_default();
    let honours = live
        .gateway_named(&handed_to)
        .is_some_and(|channel| channel.honours_reference());
    let (address, fence) = (claim.message.address.clone(), claim.fence);
    let unknown = unknown(&claim);
    if !honours {
        return Err(Box::new(unknown));
    }
    match desk.judge(claim, live, now) {
        // The same gateway and the same person: otherwise the reference protects nobody.
        Judged::Ready(mut ready)
            if ready.begin.handover.as_ref().is_some_and(|handover| {
                handover.gateway == handed_to && Some(&handover.address) == address.as_ref()
            }) =>
        {
            ready.begin.story.insert(
                0,
                Step::Recovered {
                    reason: "the host had stopped; sent again under the same reference".into(),
                },
            );
            debug_assert_eq!(ready.begin.fence, fence);
            Ok(*ready)
        }
        _ => Err(Box::new(unknown)),
    }
}

fn unknown(claim: &Claimed) -> Transition {
    const REASON: &str = "the host stopped between the handing over and the answer; it may have gone, so it is not sent again";
    Transition {
        to: State::Unknown,
        reason: Some(REASON.into()),
        story: vec![Step::Recovered {
            reason: REASON.into(),
        }],
        ..step(claim, State::Sending)
    }
}
