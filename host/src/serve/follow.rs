//! Standing messages follow the rules: after a change every open appointment is planned anew, in the
//! background, a batch in a transaction. The store knows by which rules each was planned, so that a host
//! that stops goes on where it was.

use std::sync::Arc;
use std::time::Duration;

use rappel_core::civil::Civil;
use rappel_core::ids::AppointmentId;
use rappel_core::store::{EffectCounts, PlannedAnew, Result};
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;

use super::tell_faults;
use crate::dispatch::Dispatcher;
use crate::engine::{EventPlanner, Generation, effect};

/// How many appointments are planned anew in one transaction: events wait no longer than for these.
const AT_ONCE: usize = 50;

/// How long to wait before a clock that isn't believed is looked at again, or a store that failed.
const PAUSE: Duration = Duration::from_secs(5);

/// A clinic's messages follow its rules until this stops.
pub(super) struct Follower {
    news: Arc<Notify>,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Follower {
    /// Brings standing messages to the rules that serve, now and whenever they change. `before` are the
    /// rules that served before, where they are known.
    pub(super) fn start(dispatcher: Arc<Dispatcher>, before: Option<Arc<Generation>>) -> Self {
        let news = Arc::new(Notify::new());
        let stop = watch::Sender::new(false);
        let following = Following {
            dispatcher,
            stop: stop.subscribe(),
        };
        let task = tokio::spawn(following.keep_following(before, news.clone()));
        Self { news, stop, task }
    }

    /// What tells it that other rules serve.
    pub(super) fn news(&self) -> Arc<Notify> {
        self.news.clone()
    }

    /// Ends after the batch that is under way.
    pub(super) async fn stop(self) {
        self.stop.send_replace(true);
        // A task that panicked has ended too.
        let _ = self.task.await;
    }
}

struct Following {
    dispatcher: Arc<Dispatcher>,
    stop: watch::Receiver<bool>,
}

impl Following {
    async fn keep_following(mut self, mut before: Option<Arc<Generation>>, news: Arc<Notify>) {
        loop {
            let rules = self.rules();
            let facility = &self.dispatcher.clinic.facility;
            let again = match self.follow(before.as_ref(), &rules).await {
                Ok(done) => {
                    if done {
                        before = Some(rules);
                    }
                    !done
                }
                Err(error) => {
                    tracing::error!(%facility, %error, "can't plan standing messages by the rules that serve; it is tried again");
                    true
                }
            };
            let pause = async {
                match again {
                    true => tokio::time::sleep(PAUSE).await,
                    false => std::future::pending().await,
                }
            };
            tokio::select! {
                _ = self.stop.wait_for(|stop| *stop) => return,
                () = news.notified() => {}
                () = pause => {}
            }
        }
    }

    fn rules(&self) -> Arc<Generation> {
        self.dispatcher.clinic.live().rules.clone()
    }

    /// Whether these rules are no longer to be followed.
    fn is_over(&self, rules: &Generation) -> bool {
        *self.stop.borrow() || self.rules().id() != rules.id()
    }

    /// Works out what the rules do to standing messages, tells it, and does it; `false` where it didn't come
    /// to its end.
    async fn follow(
        &self,
        before: Option<&Arc<Generation>>,
        rules: &Arc<Generation>,
    ) -> Result<bool> {
        let Dispatcher {
            store,
            clock,
            clinic,
            ..
        } = &*self.dispatcher;
        let facility = &clinic.facility;
        // By a clock that isn't believed, what is to come may seem past.
        if !clock.is_steady() {
            return Ok(false);
        }
        let today = Civil::at(clock.now(), rules.settings().zone);
        let standing = store.planned_otherwise(facility, rules.id(), today).await?;
        if store.effect_of(facility, rules.id()).await?.is_none() {
            let before = before.filter(|before| before.id() != rules.id());
            let Some(counts) = self.effect(before, rules, &standing).await? else {
                return Ok(false);
            };
            store.note_effect(facility, rules.id(), &counts).await?;
            if !counts.is_nothing() {
                let EffectCounts {
                    moved,
                    withdrawn,
                    added,
                    reworded,
                    late,
                    held,
                } = counts;
                tracing::info!(%facility, generation = %rules.id(), moved, withdrawn, added, reworded, late, held, "standing messages follow the new rules");
            }
        }
        let planner = EventPlanner(rules.clone());
        let mut told = PlannedAnew::default();
        for batch in standing.chunks(AT_ONCE) {
            if self.is_over(rules) {
                return Ok(false);
            }
            let done = store
                .plan_anew(facility, batch, clock.now(), &planner)
                .await?;
            if !done.is_nothing() {
                self.dispatcher.wake();
            }
            told.take(done);
            tokio::task::yield_now().await;
        }
        tell_faults(facility, &told.faults);
        Ok(true)
    }

    /// What the rules do to appointments as they stand; `None` where others serve meanwhile.
    async fn effect(
        &self,
        before: Option<&Arc<Generation>>,
        rules: &Arc<Generation>,
        standing: &[AppointmentId],
    ) -> Result<Option<EffectCounts>> {
        let Dispatcher {
            store,
            clock,
            clinic,
            ..
        } = &*self.dispatcher;
        let mut counts = EffectCounts::default();
        for batch in standing.chunks(AT_ONCE) {
            if self.is_over(rules) {
                return Ok(None);
            }
            let standing = store.standing(&clinic.facility, batch).await?;
            let before = before.map(|before| &**before);
            counts += effect(before, rules, &standing, clock.now()).counts();
            tokio::task::yield_now().await;
        }
        Ok(Some(counts))
    }
}
