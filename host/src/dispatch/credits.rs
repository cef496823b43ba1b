//! Credits that ran low or out: they are told once, until there is a top-up.

use rappel_core::civil::Instant;
use rappel_core::store::{CreditLevel, Crossing};

use super::dispatcher::Dispatcher;

/// Tells that credits ran low or out. Whoever else is to know of it is told here.
pub(crate) fn tell(crossings: &[Crossing]) {
    for crossing in crossings {
        let facility = &crossing.facility;
        let (balance, low) = (crossing.balance.normalize(), crossing.low.normalize());
        match crossing.level {
            CreditLevel::Enough => {}
            CreditLevel::Low => {
                tracing::warn!(%facility, %balance, %low, "credits are low; `rappel credits add` adds some");
            }
            CreditLevel::Out => {
                tracing::error!(%facility, %balance, "out of credits: messages are held until `rappel credits add` adds some");
            }
        }
    }
}

impl Dispatcher {
    /// Lets go what waits for credits, where some were given back. A failure of the store is logged: the
    /// next look tries again.
    pub(super) async fn offer_credits(&self, now: Instant) {
        let facility = &self.clinic.facility;
        if !self.clinic.live().rules.settings().credits.limited {
            return;
        }
        match self.store.offer_credits(facility, now).await {
            Ok(0) => {}
            Ok(_) => self.wake(),
            Err(error) => {
                tracing::error!(%facility, %error, "can't look at what waits for credits");
            }
        }
    }
}
