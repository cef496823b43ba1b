//! Recovery: messages whose worker stopped between the handing over and the answer.

use rappel_core::civil::Instant;
use rappel_core::message::State;
use rappel_core::store::{Claimed, Result, Step, Transition};

use super::dispatcher::Dispatcher;
use super::steps::{FRESH, Judged, Ready, SENDING_LEASE, step};
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
            for claim in stuck {
                match self.resend(claim, &live, now) {
                    Ok(message) => again.push(message),
                    Err(step) => lost.push(*step),
                }
            }
            self.store.judged(facility, &held).await?;
            self.store.commit(&lost, now, day).await?;
            self.send_again(again);
            // Nobody's lease holds after the first look; the rest is found as leases that are over.
            all = false;
        }
    }

    /// The message to send again, or the step that gives it up.
    fn resend(
        &self,
        claim: Claimed,
        live: &Live,
        now: Instant,
    ) -> std::result::Result<Ready, Box<Transition>> {
        let unknown = unknown(&claim);
        let handed_to = claim.message.gateway.clone().unwrap_or_default();
        let address = claim.message.address.clone();
        let attempts = claim.message.attempts;
        if !live
            .gateway_named(&handed_to)
            .is_some_and(|channel| channel.honours_reference())
        {
            return Err(Box::new(unknown));
        }
        match self.desk.judge(claim, live, now, self.clock.after(FRESH)) {
            // The same gateway and the same person: otherwise the reference protects nobody. And not
            // without end: what stops the host at each attempt must not stop it for ever.
            Judged::Ready(mut ready)
                if attempts < ready.limits.attempts
                    && ready.begin.handover.as_ref().is_some_and(|handover| {
                        handover.gateway == handed_to && Some(&handover.address) == address.as_ref()
                    }) =>
            {
                // It isn't judged for the day's other reminders: it may be one of them.
                ready.begin.reminders_today = None;
                ready.begin.story.insert(
                    0,
                    Step::Recovered {
                        reason: "no answer had come; sent again under the same reference".into(),
                    },
                );
                Ok(*ready)
            }
            _ => Err(Box::new(unknown)),
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
