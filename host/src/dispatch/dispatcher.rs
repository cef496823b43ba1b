//! The dispatcher: what the lanes of a clinic share, their start and their end.

use std::collections::HashMap;
use std::mem;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rappel_core::channel::ChannelKind;
use rappel_core::store::{Result, Store};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::gate::Gates;
use super::lane::Runner;
use super::steps::{Desk, Ready};
use crate::clinic::Clinic;
use crate::clock::Clock;

/// How often somebody looks for messages whose worker is gone, or that wait for credits, and for what needs
/// a person.
const LOOK_FOR_STUCK: Duration = Duration::from_secs(5);

/// Dispatches the messages of one clinic.
pub struct Dispatcher {
    /// Whose messages.
    pub clinic: Arc<Clinic>,
    /// Where they are.
    pub store: Arc<dyn Store>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// What else judging needs.
    pub desk: Desk,
    /// What each gateway takes now.
    pub(super) gates: Gates,
    /// Told when messages or rules changed.
    pub(super) news: watch::Sender<()>,
    /// Messages to send once more under the same reference, until their lane takes them.
    again: Mutex<HashMap<ChannelKind, Vec<Ready>>>,
}

/// The running lanes of a clinic.
pub struct Lanes {
    tasks: JoinSet<()>,
    stop: watch::Sender<bool>,
}

impl Lanes {
    /// Takes nothing new, lets what is under way come to its answer, and lets go of the rest.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        while self.tasks.join_next().await.is_some() {}
    }
}

impl Dispatcher {
    /// A dispatcher that is not running yet.
    pub fn new(
        clinic: Arc<Clinic>,
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        desk: Desk,
    ) -> Self {
        Self {
            clinic,
            store,
            clock,
            desk,
            gates: Gates::default(),
            news: watch::Sender::new(()),
            again: Mutex::default(),
        }
    }

    /// Says that messages or rules changed, so that no lane rests on.
    pub fn wake(&self) {
        self.news.send_replace(());
    }

    /// Settles what an earlier run left behind, then runs a lane for each channel.
    ///
    /// # Errors
    /// When the store fails at the start. Later failures are logged and tried again.
    pub async fn start(self: &Arc<Self>) -> Result<Lanes> {
        let left = self.recover(true).await?;
        if left > 0 {
            tracing::warn!(facility = %self.clinic.facility, messages = left, "found under way what the host had stopped over");
        }
        let stop = watch::Sender::new(false);
        let mut tasks = JoinSet::new();
        for channel in ChannelKind::ALL {
            let runner = Runner::new(self.clone(), channel, stop.subscribe());
            tasks.spawn(runner.run());
        }
        tasks.spawn(self.clone().keep_recovering(stop.subscribe()));
        Ok(Lanes { tasks, stop })
    }

    /// Looks for messages that wait under way for another attempt, those of a host that died, those that
    /// wait for credits, and what needs a person.
    async fn keep_recovering(self: Arc<Self>, mut stop: watch::Receiver<bool>) {
        while !*stop.borrow() {
            // A clock that jumped forward makes leases of sends seem over that are under way.
            if self.clock.is_steady()
                && let Err(error) = self.recover(false).await
            {
                tracing::error!(facility = %self.clinic.facility, %error, "can't settle what is under way");
            }
            self.offer_credits(self.clock.now()).await;
            self.look_for_alarms().await;
            tokio::select! {
                _ = stop.changed() => return,
                () = self.clock.sleep(LOOK_FOR_STUCK) => {}
            }
            // A clock that runs fast must not make this spin.
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Leaves messages for their lanes to send once more.
    pub(super) fn send_again(&self, messages: Vec<Ready>) {
        if messages.is_empty() {
            return;
        }
        let mut again = self.again.lock().unwrap_or_else(PoisonError::into_inner);
        for message in messages {
            let channel = message.claim.message.channel;
            again.entry(channel).or_default().push(message);
        }
        drop(again);
        self.wake();
    }

    /// What a lane is to send once more.
    pub(super) fn take_again(&self, channel: ChannelKind) -> Vec<Ready> {
        let mut again = self.again.lock().unwrap_or_else(PoisonError::into_inner);
        again.get_mut(&channel).map(mem::take).unwrap_or_default()
    }
}
