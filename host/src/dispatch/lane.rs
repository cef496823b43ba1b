//! Lanes: a clinic's messages on one channel, dispatched without end.
//!
//! A lane has three stages that overlap: a batch is claimed and judged while the one before it is
//! handed over, and answers are committed together with the next beginnings, so that one trip to the
//! disk serves a whole batch.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::TimeDelta;
use rappel_core::channel::{ChannelKind, Outcome};
use rappel_core::civil::Instant;
use rappel_core::ids::MessageId;
use rappel_core::message::State;
use rappel_core::store::{Lane, Result, Store, Transition};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

use super::bucket::Bucket;
use super::recover::recover;
use super::steps::{Desk, Judged, Ready, SENDING_LEASE, settle};
use crate::clinic::{Clinic, today};
use crate::clock::Clock;

/// How many messages are claimed at a time.
const BATCH: usize = 500;

/// How many messages are marked as sending ahead of those that are under way, where the gateway takes
/// a reference once and a crash therefore costs nothing. Elsewhere none is.
const AHEAD: usize = 256;

/// How long a lane rests when nothing is due: the longest that it overlooks a change of the clock.
const REST: Duration = Duration::from_secs(1);

/// The longest that an unreachable gateway is left alone, in seconds.
const LONGEST_PAUSE_SECONDS: i64 = 60;

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
    buckets: Mutex<HashMap<String, Bucket>>,
    news: watch::Sender<()>,
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
            buckets: Mutex::default(),
            news: watch::Sender::new(()),
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
        let left = recover(&self.clinic, &*self.store, &*self.clock, &self.desk, true).await?;
        if left > 0 {
            tracing::warn!(facility = %self.clinic.facility, messages = left, "settled what was under way when the host stopped");
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

    /// Messages that wait under way for another attempt, and those of a host that died.
    async fn keep_recovering(self: Arc<Self>, mut stop: watch::Receiver<bool>) {
        while !*stop.borrow() {
            if let Err(error) =
                recover(&self.clinic, &*self.store, &*self.clock, &self.desk, false).await
            {
                tracing::error!(facility = %self.clinic.facility, %error, "can't settle what is under way");
            }
            tokio::select! {
                _ = stop.changed() => return,
                () = self.clock.sleep(Duration::from_secs(5)) => {}
                // A clock that runs fast must not make this spin.
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// How many of `wanted` messages the gateway's rate lets through now.
    fn admit(
        &self,
        gateway: &str,
        rate: Option<rappel_core::settings::Rate>,
        wanted: usize,
    ) -> usize {
        let Some(rate) = rate else { return wanted };
        let now = self.clock.now();
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = buckets
            .entry(gateway.to_string())
            .or_insert_with(|| Bucket::new(rate, now));
        if bucket.rate() != rate {
            *bucket = Bucket::new(rate, now);
        }
        bucket.take(wanted, now)
    }

    fn give_back(&self, gateway: &str, unused: usize) {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bucket) = buckets.get_mut(gateway) {
            bucket.give_back(unused);
        }
    }

    fn rate_wait(&self, gateway: &str) -> Duration {
        let buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        buckets.get(gateway).map_or(REST, Bucket::wait)
    }
}

/// A claimed and judged batch.
struct Batch {
    ready: Vec<Ready>,
    claimed: usize,
}

struct Runner {
    host: Arc<Dispatcher>,
    lane: Lane,
    stop: watch::Receiver<bool>,
    news: watch::Receiver<()>,
    /// A batch that is being claimed and judged.
    fetching: Option<JoinHandle<Result<Batch>>>,
    /// Judged messages that wait for a place.
    ready: VecDeque<Ready>,
    /// Messages that are marked as sending and wait for a place.
    begun: VecDeque<Ready>,
    /// Messages that are under way.
    flying: JoinSet<(Ready, Outcome)>,
    /// Answers that are not committed yet.
    settled: Vec<Transition>,
    /// Until when the gateway is left alone.
    paused: Option<Instant>,
    /// How often in a row the gateway was not reached.
    trouble: u32,
}

impl Runner {
    fn new(host: Arc<Dispatcher>, channel: ChannelKind, stop: watch::Receiver<bool>) -> Self {
        Self {
            lane: Lane {
                facility: host.clinic.facility.clone(),
                channel,
            },
            news: host.news.subscribe(),
            host,
            stop,
            fetching: None,
            ready: VecDeque::new(),
            begun: VecDeque::new(),
            flying: JoinSet::new(),
            settled: Vec::new(),
            paused: None,
            trouble: 0,
        }
    }

    async fn run(mut self) {
        loop {
            self.news.borrow_and_update();
            match self.turn().await {
                Ok(true) => {}
                Ok(false) => return,
                Err(error) => {
                    tracing::error!(facility = %self.lane.facility, channel = %self.lane.channel, %error, "the lane rests");
                    tokio::time::sleep(REST).await;
                }
            }
        }
    }

    /// One turn: collect, fetch, commit, launch, wait. Tells whether there is another.
    async fn turn(&mut self) -> Result<bool> {
        let stopping = *self.stop.borrow();
        self.collect();
        self.fetch(stopping).await?;
        self.commit(stopping).await?;
        self.launch();
        if stopping && self.flying.is_empty() && self.begun.is_empty() && self.settled.is_empty() {
            self.let_go().await?;
            return Ok(false);
        }
        self.wait(stopping).await?;
        Ok(true)
    }

    /// Takes the answers that have come.
    fn collect(&mut self) {
        let live = self.host.clinic.live();
        while let Some(done) = self.flying.try_join_next() {
            self.take(done, &live);
        }
    }

    fn take(
        &mut self,
        done: std::result::Result<(Ready, Outcome), tokio::task::JoinError>,
        live: &crate::clinic::Live,
    ) {
        // A channel that panicked leaves its message under way; recovery finds it when its lease ends.
        let Ok((message, outcome)) = done else {
            tracing::error!(facility = %self.lane.facility, channel = %self.lane.channel, "a channel failed inside Rappel; please report it");
            return;
        };
        let now = self.host.clock.now();
        match &outcome {
            Outcome::Busy {
                retry_after: Some(wait),
                ..
            } => {
                let wait = TimeDelta::from_std(*wait)
                    .unwrap_or(TimeDelta::hours(1))
                    .min(TimeDelta::hours(1));
                self.paused = self.paused.max(Some(now + wait));
            }
            Outcome::Unreachable { reason } => {
                self.trouble = self.trouble.saturating_add(1);
                let seconds = (1_i64 << self.trouble.min(6)).min(LONGEST_PAUSE_SECONDS);
                self.paused = self.paused.max(Some(now + TimeDelta::seconds(seconds)));
                tracing::warn!(facility = %self.lane.facility, channel = %self.lane.channel, %reason, seconds, "the gateway is left alone");
            }
            Outcome::Accepted { .. } => self.trouble = 0,
            Outcome::Refused { .. } | Outcome::Busy { .. } | Outcome::Unanswered { .. } => {}
        }
        self.settled.push(settle(&message, outcome, live, now));
    }

    /// Has the next batch claimed and judged while this one is handed over.
    async fn fetch(&mut self, stopping: bool) -> Result<()> {
        if self.fetching.as_ref().is_some_and(JoinHandle::is_finished)
            && let Some(fetched) = self.fetching.take()
            && let Ok(batch) = fetched.await
        {
            let batch = batch?;
            self.ready.extend(batch.ready);
            // A full batch says that there is more.
            if batch.claimed == 0 {
                return Ok(());
            }
        }
        if stopping || self.is_paused() || self.fetching.is_some() || self.ready.len() >= BATCH / 2
        {
            return Ok(());
        }
        let limit = self.batch_size();
        let (host, lane) = (self.host.clone(), self.lane.clone());
        self.fetching = Some(tokio::spawn(
            async move { fetch(&host, &lane, limit).await },
        ));
        Ok(())
    }

    /// What a slow gateway takes within a few seconds: the rest stays free for changes and others.
    fn batch_size(&self) -> usize {
        let live = self.host.clinic.live();
        match live.gateway(self.lane.channel) {
            Some((_, limits, _)) => limits.rate.map_or(BATCH, |rate| {
                ((rate.per_second * 2.0) as usize).clamp(limits.concurrency as usize, BATCH)
            }),
            None => BATCH,
        }
    }

    fn is_paused(&mut self) -> bool {
        let now = self.host.clock.now();
        self.paused = self.paused.filter(|until| *until > now);
        self.paused.is_some()
    }

    /// Commits the answers together with the next beginnings.
    async fn commit(&mut self, stopping: bool) -> Result<()> {
        let paused = self.is_paused();
        if paused && !self.ready.is_empty() {
            // Others may take them when the gateway is back.
            self.let_go().await?;
        }
        let mut beginning: Vec<Ready> = Vec::new();
        let mut admitted = None;
        if !stopping
            && !paused
            && let Some(first) = self.ready.front()
        {
            let gateway = first
                .begin
                .handover
                .as_ref()
                .map(|h| h.gateway.clone())
                .unwrap_or_default();
            let ahead = if first.channel.honours_reference() {
                AHEAD
            } else {
                0
            };
            let places = (first.limits.concurrency as usize + ahead)
                .saturating_sub(self.flying.len() + self.begun.len())
                .min(self.ready.len());
            let count = self.host.admit(&gateway, first.limits.rate, places);
            beginning.extend(self.ready.drain(..count));
            admitted = Some(gateway);
        }
        if self.settled.is_empty() && beginning.is_empty() {
            return Ok(());
        }
        let now = self.host.clock.now();
        let day = today(now, self.host.clinic.live().rules.settings());
        let mut steps = std::mem::take(&mut self.settled);
        let answers = steps.len();
        for message in &mut beginning {
            message.begin.lease = Some(self.host.clock.after(SENDING_LEASE));
            steps.push(message.begin.clone());
        }
        let made = match self.host.store.commit(&steps, now, day).await {
            Ok(made) => made,
            Err(error) => {
                // The answers are tried again; what didn't begin is taken again when its lease ends.
                steps.truncate(answers);
                self.settled = steps;
                return Err(error);
            }
        };
        let begun = made.iter().skip(answers);
        let mut unused = 0;
        for (message, begun) in beginning.into_iter().zip(begun) {
            if *begun {
                self.begun.push_back(message);
            } else {
                unused += 1;
            }
        }
        if let Some(gateway) = admitted.filter(|_| unused > 0) {
            self.host.give_back(&gateway, unused);
        }
        Ok(())
    }

    fn launch(&mut self) {
        while let Some(next) = self.begun.front()
            && self.flying.len() < next.limits.concurrency as usize
        {
            let Some(message) = self.begun.pop_front() else {
                return;
            };
            self.flying.spawn(async move {
                let outcome = message.channel.send(&message.outgoing).await;
                (message, outcome)
            });
        }
    }

    /// Lets go of what was judged and not begun.
    async fn let_go(&mut self) -> Result<()> {
        if let Some(fetching) = self.fetching.take()
            && let Ok(Ok(batch)) = fetching.await
        {
            self.ready.extend(batch.ready);
        }
        let held: Vec<(MessageId, i64)> = self
            .ready
            .drain(..)
            .map(|message| (message.begin.id, message.begin.fence))
            .collect();
        if held.is_empty() {
            Ok(())
        } else {
            self.host.store.release(&self.lane.facility, &held).await
        }
    }

    /// Waits until there is something to do.
    async fn wait(&mut self, stopping: bool) -> Result<()> {
        let rest = self.rest(stopping).await?;
        let live = self.host.clinic.live();
        let fetched = async {
            match &mut self.fetching {
                // Its result stays in the handle until `fetch` takes it.
                Some(fetching) => {
                    while !fetching.is_finished() {
                        tokio::time::sleep(Duration::from_micros(200)).await;
                    }
                }
                None => std::future::pending().await,
            }
        };
        let done = tokio::select! {
            Some(done) = self.flying.join_next(), if !self.flying.is_empty() => Some(done),
            () = fetched => None,
            _ = self.news.changed() => None,
            _ = self.stop.changed(), if !stopping => None,
            () = rest => None,
        };
        if let Some(done) = done {
            self.take(done, &live);
        }
        Ok(())
    }

    /// How long there is nothing to do but to wait for answers.
    async fn rest(&mut self, stopping: bool) -> Result<impl Future<Output = ()> + use<>> {
        let clock = self.host.clock.clone();
        let now = clock.now();
        let span = if stopping {
            REST
        } else if self.is_paused() {
            let until = self.paused.unwrap_or(now);
            (until - now).to_std().unwrap_or_default()
        } else if let Some(first) = self.ready.front() {
            // A place or a token is missing; a place comes with an answer.
            let gateway = first
                .begin
                .handover
                .as_ref()
                .map(|h| h.gateway.as_str())
                .unwrap_or_default();
            self.host.rate_wait(gateway)
        } else if self.fetching.is_some() {
            REST
        } else {
            let due = self.host.store.next_due(&self.lane).await?;
            due.map_or(Duration::MAX, |due| {
                (due - now).to_std().unwrap_or_default()
            })
        };
        Ok(async move {
            // Whatever the clock says, a look now and then costs little and misses nothing.
            tokio::select! {
                () = clock.sleep(span.min(Duration::from_secs(86_400))) => {}
                () = tokio::time::sleep(REST) => {}
            }
            // Nor may a clock that runs fast make the lane spin.
            tokio::time::sleep(Duration::from_millis(1)).await;
        })
    }
}

/// Claims and judges a batch; commits what doesn't go.
async fn fetch(host: &Dispatcher, lane: &Lane, limit: usize) -> Result<Batch> {
    let live = host.clinic.live();
    let now = host.clock.now();
    let day = today(now, live.rules.settings());
    let limit = u32::try_from(limit).unwrap_or(u32::MAX);
    let claims = host
        .store
        .claim(lane, now, day, limit, host.clock.after(SENDING_LEASE))
        .await?;
    let claimed = claims.len();
    let mut ready = Vec::with_capacity(claimed);
    let mut staying = Vec::new();
    for claim in claims {
        match host.desk.judge(claim, &live, now) {
            Judged::Ready(message) => ready.push(*message),
            Judged::Stays(step) => staying.push(*step),
        }
    }
    if !staying.is_empty() {
        for step in staying
            .iter()
            .filter(|step| step.to == State::Held && step.origin.is_none())
        {
            tracing::warn!(facility = %step.facility, message = %step.id, reason = step.reason, "kept back");
        }
        host.store.commit(&staying, now, day).await?;
    }
    Ok(Batch { ready, claimed })
}
