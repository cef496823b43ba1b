//! Recovery: messages whose worker stopped between the handing over and the answer.

use rappel_core::civil::Instant;
use rappel_core::message::State;
use rappel_core::store::{Claimed, Result, Step, Transition};

use super::dispatcher::Dispatcher;
use super::steps::{FRESH, Judged, Ready, SENDING_LEASE, step};
use super::together::Together;
use crate::clinic::{Live, today};

impl Dispatcher {
    /// Finds what was under way when a worker stopped: what may be sent again is left to the lanes,
    /// so that it keeps to the gateway's rate like everything else; the rest becomes unknown. With
    /// `all`, whatever its lease: at the start of the only host of a database nobody else is at work.
    ///
    /// Tells how many messages it found.
    ///
    /// # Errors
    /// When the store fails.
    pub(super) async fn recover(&self, mut all: bool) -> Result<usize> {
        let facility = &self.clinic.facility;
        let mut found = 0;
        loop {
            let live = self.clinic.live();
            let now = self.clock.now();
            let day = today(now, live.rules.settings());
            let lease = self.clock.after(SENDING_LEASE);
            let stuck = self
                .store
                .claim_stuck(facility, now, day, lease, all)
                .await?;
            if stuck.is_empty() {
                return Ok(found);
            }
            found += stuck.len();
            let held: Vec<_> = stuck
                .iter()
                .map(|claim| (claim.message.id, claim.fence))
                .collect();
            let mut lost = Vec::new();
            let mut again = Vec::new();
            for family in Together::handed_over(stuck) {
                match self.resend(family, &live, now) {
                    Ok(message) => again.push(message),
                    Err(steps) => lost.extend(steps),
                }
            }
            self.store.judged(facility, &held).await?;
            self.store.commit(&lost, now, day).await?;
            self.send_again(again);
            // Nobody's lease holds after the first look; the rest is found as leases that are over.
            all = false;
        }
    }

    /// The message to send again with what it carried, or the steps that give them up.
    fn resend(
        &self,
        family: Together,
        live: &Live,
        now: Instant,
    ) -> std::result::Result<Ready, Vec<Transition>> {
        let given_up: Vec<Transition> = family.claims().iter().map(unknown).collect();
        let Some(first) = family.claims().first().map(|claim| &claim.message) else {
            return Err(given_up);
        };
        let handed_to = first.gateway.clone().unwrap_or_default();
        let (address, attempts) = (first.address.clone(), first.attempts);
        // What was carried has no reference of its own.
        let carries = first.shared.is_none_or(|shared| shared.carrier == first.id);
        let honours = live
            .gateway_named(&handed_to)
            .is_some_and(|channel| channel.honours_reference());
        if !carries || !honours {
            return Err(given_up);
        }
        let together = family.claims().len();
        let fresh_until = self.clock.after(FRESH);
        let (mut judged, _) = self.desk.judge_all(family, live, now, fresh_until);
        match (judged.pop(), judged.is_empty()) {
            // The same messages, the same gateway and the same person: otherwise the reference protects
            // nobody. And not without end: what stops the host at each attempt must not stop it for ever.
            (Some(Judged::Ready(mut ready)), true)
                if attempts < ready.limits.attempts
                    && ready.held().count() == together
                    && ready.begin.handover.as_ref().is_some_and(|handover| {
                        handover.gateway == handed_to && Some(&handover.address) == address.as_ref()
                    }) =>
            {
                for begin in ready.begins() {
                    // It isn't judged for the day's other reminders: it may be one of them.
                    begin.reminders_today = None;
                    begin.story.insert(
                        0,
                        Step::Recovered {
                            reason: "no answer had come; sent again under the same reference"
                                .into(),
                        },
                    );
                }
                Ok(*ready)
            }
            _ => Err(given_up),
        }
    }
}

fn unknown(claim: &Claimed) -> Transition {
    const REASON: &str = "no answer came before the host stopped or gave up waiting; it may have gone, so it is not sent again";
    Transition {
        to: State::Unknown,
        reason: Some(REASON.into()),
        story: vec![Step::Recovered {
            reason: REASON.into(),
        }],
        ..step(claim, State::Sending)
    }
}
