//! Lanes: a clinic's messages on one channel, dispatched without end.
//!
//! A lane has three stages that overlap: a batch is claimed and judged while the one before it is
//! handed over, and what was answered in the meantime is committed together with the next beginnings, so
//! that one trip to the disk serves a whole batch and nobody waits for it.

use std::collections::{BTreeMap, VecDeque};
use std::mem;
use std::sync::Arc;
use std::time::Duration;

use rappel_core::channel::{ChannelKind, Outcome};
use rappel_core::civil::Instant;
use rappel_core::decision::PolicyFault;
use rappel_core::message::State;
use rappel_core::settings::Limits;
use rappel_core::store::{Committed, Lane, Result, StoreError, Transition};
use tokio::sync::watch;
use tokio::task::{JoinError, JoinSet};

use super::appetite::Appetite;
use super::credits;
use super::dispatcher::Dispatcher;
use super::steps::{FRESH, Judged, Ready, SENDING_LEASE, postpone, settle, take_back};
use super::together;
use crate::clinic::{Live, today};
use crate::clock::Standstill;

/// The most messages that are marked as sending ahead of those that are under way.
const AHEAD: usize = 256;

/// How long a lane rests when nothing is due: the longest that it overlooks a change of the clock.
const REST: Duration = Duration::from_secs(1);

/// How often a stopping lane tries to keep its last answers while the store fails.
const LAST_TRIES: u32 = 3;

/// A claimed and judged batch.
struct Batch {
    ready: Vec<Ready>,
    /// The steps of those that don't go.
    staying: Vec<Transition>,
    claimed: usize,
    limit: usize,
    at: Instant,
}

/// A trip to the disk.
struct Trip {
    /// What was answered, and then what begins.
    steps: Vec<Transition>,
    /// How many of them are answers.
    settled: usize,
    beginning: Vec<Ready>,
    result: Result<Committed>,
}

/// What a task gives, unless it panicked.
type Joined<T> = std::result::Result<T, JoinError>;

/// A panic in what a lane does meanwhile. Whose it was stays taken; recovery finds it when its lease ends.
fn failed_inside(error: JoinError) -> StoreError {
    StoreError(format!(
        "the lane failed inside Rappel; please report it: {error}"
    ))
}

/// A lane at work.
pub(super) struct Runner {
    host: Arc<Dispatcher>,
    lane: Lane,
    stop: watch::Receiver<bool>,
    news: watch::Receiver<()>,
    /// The batch that is claimed and judged meanwhile, if one is.
    fetching: JoinSet<Result<Batch>>,
    /// The trip that is made meanwhile, if one is.
    committing: JoinSet<Trip>,
    /// Keeps a demonstration's clock from running on while something is under way.
    still: Option<Standstill>,
    /// From when on there may be something to claim; `None` where nobody has looked.
    look_at: Option<Instant>,
    /// When nothing could be claimed, by the clock and really: what was due by then is held elsewhere.
    came_back_empty: Option<(Instant, tokio::time::Instant)>,
    /// How much is claimed at a time.
    appetite: Appetite,
    /// Judged messages that wait for a place, the urgent ones first.
    ready: VecDeque<Ready>,
    /// Messages that are marked as sending and wait for a place.
    begun: VecDeque<Ready>,
    /// Messages that are under way.
    flying: JoinSet<(Ready, Outcome)>,
    /// Steps that are not committed yet: answers, and those of messages that don't go.
    settled: Vec<Transition>,
    /// How many answers came while the last commit was under way, or half of what it was before.
    pace: usize,
    /// How many of `settled` are answers since the last commit.
    answers: usize,
}

impl Runner {
    pub(super) fn new(
        host: Arc<Dispatcher>,
        channel: ChannelKind,
        stop: watch::Receiver<bool>,
    ) -> Self {
        Self {
            lane: Lane {
                facility: host.clinic.facility.clone(),
                channel,
            },
            news: host.news.subscribe(),
            host,
            stop,
            fetching: JoinSet::new(),
            committing: JoinSet::new(),
            still: None,
            look_at: Some(Instant::MIN_UTC),
            came_back_empty: None,
            appetite: Appetite::new(tokio::time::Instant::now()),
            ready: VecDeque::new(),
            begun: VecDeque::new(),
            flying: JoinSet::new(),
            settled: Vec::new(),
            pace: 0,
            answers: 0,
        }
    }

    pub(super) async fn run(mut self) {
        let mut last_tries = 0;
        loop {
            if self.news.has_changed().unwrap_or(false) {
                self.news.borrow_and_update();
                self.look_now();
            }
            match self.turn().await {
                Ok(true) => {}
                Ok(false) => return,
                Err(error) => {
                    tracing::error!(facility = %self.lane.facility, channel = %self.lane.channel, %error, "the lane rests");
                    last_tries += u32::from(*self.stop.borrow());
                    if last_tries > LAST_TRIES {
                        return;
                    }
                    tokio::time::sleep(REST).await;
                }
            }
        }
    }

    /// One turn: collect, fetch, launch, commit, wait. Tells whether there is another.
    async fn turn(&mut self) -> Result<bool> {
        let stopping = *self.stop.borrow();
        let halt = if stopping {
            Some("the host was stopped")
        } else if !self.host.clock.is_steady() {
            Some("the machine's clock jumped")
        } else {
            None
        };
        self.collect()?;
        self.fetch(halt.is_some());
        self.launch(halt);
        self.commit(halt).await?;
        let idle = self.flying.is_empty()
            && self.settled.is_empty()
            && self.fetching.is_empty()
            && self.committing.is_empty()
            && self.begun.is_empty();
        if idle {
            self.still = None;
        } else if self.still.is_none() {
            self.still = self.host.clock.stand_still();
        }
        if stopping && idle {
            return Ok(false);
        }
        self.wait(stopping, halt.is_some()).await?;
        Ok(true)
    }

    /// Takes what has come: answers, and what was done meanwhile.
    fn collect(&mut self) -> Result<()> {
        if let Some(trip) = self.committing.try_join_next() {
            self.committed(trip)?;
        }
        if let Some(batch) = self.fetching.try_join_next() {
            self.fetched(batch)?;
        }
        let live = self.host.clinic.live();
        while let Some(done) = self.flying.try_join_next() {
            self.take(done, &live);
        }
        Ok(())
    }

    fn take(&mut self, done: Joined<(Ready, Outcome)>, live: &Live) {
        // A channel that panicked leaves its message under way; recovery finds it when its lease ends.
        let Ok((message, outcome)) = done else {
            tracing::error!(facility = %self.lane.facility, channel = %self.lane.channel, "a channel failed inside Rappel; please report it");
            return;
        };
        let now = self.host.clock.now();
        let gates = &self.host.gates;
        match &outcome {
            Outcome::Busy {
                retry_after: Some(wait),
                ..
            } => gates.asked_to_wait(&message.gateway, *wait, now),
            Outcome::Unreachable { reason } => {
                if let Some(seconds) = gates.not_reached(&message.gateway, reason, now) {
                    tracing::warn!(facility = %self.lane.facility, gateway = %message.gateway, %reason, seconds, "the gateway is left alone");
                }
            }
            Outcome::Accepted { .. } => gates.reached(&message.gateway),
            Outcome::Refused { .. } | Outcome::Busy { .. } | Outcome::Unanswered { .. } => {}
        }
        self.settled.extend(settle(&message, outcome, live, now));
        self.answers += 1;
    }

    /// Has the next batch claimed and judged while this one is handed over.
    fn fetch(&mut self, halted: bool) {
        let now = self.host.clock.now();
        for message in self.host.take_again(self.lane.channel) {
            self.enqueue(message);
        }
        let limit = self.batch_size();
        let idle = self.look_at.is_none_or(|from| from > now);
        if halted
            || idle
            || !self.fetching.is_empty()
            || self.ready.len() > limit / 2
            || self.own_pause(now).is_some()
        {
            return;
        }
        let (host, lane) = (self.host.clone(), self.lane.clone());
        self.fetching
            .spawn(async move { fetch(&host, &lane, limit).await });
    }

    fn fetched(&mut self, batch: Joined<Result<Batch>>) -> Result<()> {
        let batch = batch.map_err(failed_inside)??;
        let full = batch.claimed == batch.limit;
        self.appetite.next(full, tokio::time::Instant::now());
        self.settled.extend(batch.staying);
        for message in batch.ready {
            self.enqueue(message);
        }
        if batch.claimed == 0 {
            self.look_at = None;
            self.came_back_empty = Some((batch.at, tokio::time::Instant::now()));
        }
        Ok(())
    }

    /// Puts a judged message in its place: who isn't told of a cancellation comes in vain.
    fn enqueue(&mut self, message: Ready) {
        let urgent = |ready: &Ready| ready.claim.message.kind.is_urgent();
        if urgent(&message) {
            let place = self.ready.partition_point(urgent);
            self.ready.insert(place, message);
        } else {
            self.ready.push_back(message);
        }
    }

    /// How many messages to claim at a time.
    fn batch_size(&self) -> usize {
        let live = self.host.clinic.live();
        match live.gateway(self.lane.channel) {
            Some((_, limits, _)) => self.appetite.batch(limits),
            None => self.appetite.batch(&Limits::default()),
        }
    }

    /// Until when the gateway that carries this channel is left alone, if it is.
    fn own_pause(&self, now: Instant) -> Option<Instant> {
        let live = self.host.clinic.live();
        let (gateway, ..) = live.gateway(self.lane.channel)?;
        self.host.gates.paused(gateway, now)
    }

    /// Has what was answered committed, together with the next beginnings.
    /// `halt` says why nothing may leave now.
    async fn commit(&mut self, halt: Option<&str>) -> Result<()> {
        let now = self.host.clock.now();
        let live = self.host.clinic.live();
        if !self.committing.is_empty() {
            return Ok(());
        }
        self.let_go(halt.is_some(), now, &live).await?;
        self.pace = self.answers.max(self.pace / 2);
        self.answers = 0;
        let mut beginning = if halt.is_some() {
            Vec::new()
        } else {
            self.next(now)
        };
        if self.settled.is_empty() && beginning.is_empty() {
            return Ok(());
        }
        let day = today(now, live.rules.settings());
        let mut steps = mem::take(&mut self.settled);
        let settled = steps.len();
        for begin in beginning.iter_mut().flat_map(Ready::begins) {
            begin.lease = Some(self.host.clock.after(SENDING_LEASE));
            // The story is long, and is needed again only if this fails.
            let story = mem::take(&mut begin.story);
            steps.push(Transition {
                story,
                ..begin.clone()
            });
        }
        let store = self.host.store.clone();
        self.committing.spawn(async move {
            let result = store.commit(&steps, now, day).await;
            Trip {
                steps,
                settled,
                beginning,
                result,
            }
        });
        Ok(())
    }

    fn committed(&mut self, trip: Joined<Trip>) -> Result<()> {
        let mut trip = trip.map_err(failed_inside)?;
        let committed = match trip.result {
            Ok(committed) => committed,
            Err(error) => {
                // All of it is tried again.
                let begins = trip.steps.split_off(trip.settled);
                trip.steps.append(&mut self.settled);
                self.settled = trip.steps;
                let places = trip.beginning.iter_mut().flat_map(Ready::begins);
                for (place, begin) in places.zip(begins) {
                    *place = begin;
                }
                for message in trip.beginning.into_iter().rev() {
                    self.ready.push_front(message);
                }
                return Err(error);
            }
        };
        credits::tell(&committed.crossings);
        tell_failed(&self.lane, &trip.steps, &committed.made);
        let mut made = committed.made.into_iter().skip(trip.settled);
        for message in trip.beginning {
            if message.has_begun(&mut made) {
                self.begun.push_back(message);
            }
        }
        Ok(())
    }

    /// The messages that begin next: as many as there are places and as their gateways' rates let
    /// through. Those of other gateways don't wait for a slow one.
    fn next(&mut self, now: Instant) -> Vec<Ready> {
        let mut next = Vec::new();
        let mut full: Vec<Arc<str>> = Vec::new();
        let under_way = self.flying.len() + self.begun.len();
        let mut place = 0;
        while let Some(message) = self.ready.get(place) {
            // Where a crash costs nothing, because the gateway takes a reference once, as many are
            // marked ahead as leave during a commit; where each must be marked right before it leaves,
            // or is counted by a rate, none.
            let ahead = if message.channel.honours_reference() && message.limits.rate.is_none() {
                (self.pace.saturating_sub(1) * 2).min(AHEAD)
            } else {
                0
            };
            let room = under_way + next.len() < message.limits.concurrency as usize + ahead;
            let (gateway, rate) = (&message.gateway, message.limits.rate);
            if room && !full.contains(gateway) && self.host.gates.admit(gateway, rate, 1, now) == 1
            {
                next.extend(self.ready.remove(place));
                continue;
            }
            if !full.contains(gateway) {
                full.push(gateway.clone());
            }
            place += 1;
        }
        next
    }

    /// Lets go of judged messages that shall not go now: another may take them when they may.
    async fn let_go(&mut self, halted: bool, now: Instant, live: &Live) -> Result<()> {
        let own = live.gateway(self.lane.channel).map(|(name, ..)| name);
        let gates = &self.host.gates;
        let stays = |message: &Ready| {
            !halted && !message.is_stale(now) && gates.paused(&message.gateway, now).is_none()
        };
        if self.ready.iter().all(stays) {
            return Ok(());
        }
        let mut free = Vec::new();
        let mut carried = Vec::new();
        for message in mem::take(&mut self.ready) {
            match gates.paused(&message.gateway, now) {
                _ if stays(&message) => self.ready.push_back(message),
                // The lane goes on, and would take the message again at once.
                Some(until)
                    if !halted && !message.is_resend() && own != Some(&*message.gateway) =>
                {
                    self.settled.push(postpone(&message, until, live));
                    carried.extend(message.held().skip(1));
                }
                _ => free.push(message),
            }
        }
        if free.is_empty() && carried.is_empty() {
            return Ok(());
        }
        let held: Vec<_> = free.iter().flat_map(Ready::held).chain(carried).collect();
        if let Err(error) = self.host.store.release(&self.lane.facility, &held).await {
            self.ready.extend(free);
            return Err(error);
        }
        self.look_now();
        Ok(())
    }

    /// Hands over what was marked as sending, as far as there are places, and takes back what shall not
    /// leave now.
    fn launch(&mut self, halt: Option<&str>) {
        let now = self.host.clock.now();
        while let Some(message) = self.begun.front() {
            let back = if let Some(halt) = halt {
                Some(halt)
            } else if self.host.gates.paused(&message.gateway, now).is_some() {
                Some("its gateway is left alone for now")
            } else if message.is_stale(now) {
                Some("it waited too long for a place")
            } else if self.flying.len() >= message.limits.concurrency as usize {
                return;
            } else {
                None
            };
            let Some(message) = self.begun.pop_front() else {
                return;
            };
            if let Some(reason) = back {
                let reason = format!("not handed over: {reason}");
                self.settled.extend(take_back(&message, now, &reason));
            } else {
                self.flying.spawn(async move {
                    let outcome = message.channel.send(&message.outgoing).await;
                    (message, outcome)
                });
            }
        }
    }

    /// Waits until there is something to do.
    async fn wait(&mut self, stopping: bool, halted: bool) -> Result<()> {
        let rest = self.rest(halted).await?;
        let live = self.host.clinic.live();
        tokio::select! {
            // What was committed leaves before more answers are heard.
            biased;
            Some(trip) = self.committing.join_next() => self.committed(trip)?,
            Some(batch) = self.fetching.join_next() => self.fetched(batch)?,
            Some(done) = self.flying.join_next() => self.take(done, &live),
            // `changed` has marked them as seen.
            _ = self.news.changed() => self.look_now(),
            _ = self.stop.changed(), if !stopping => {}
            () = rest => {}
        }
        Ok(())
    }

    /// How long there is nothing to do but to wait for answers.
    async fn rest(&mut self, halted: bool) -> Result<impl Future<Output = ()> + use<>> {
        let clock = self.host.clock.clone();
        let now = clock.now();
        let span = if halted {
            REST
        } else if let Some(until) = self.own_pause(now) {
            (until - now).to_std().unwrap_or_default()
        } else if let Some(first) = self.ready.front() {
            // A place comes with an answer; a token with time.
            let full = self.flying.len() >= first.limits.concurrency as usize;
            let wait = self.host.gates.wait(&first.gateway).filter(|_| !full);
            wait.unwrap_or(REST)
        } else if !(self.fetching.is_empty() && self.committing.is_empty()) {
            REST
        } else {
            let from = self.look().await?;
            (from - now).to_std().unwrap_or_default()
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

    /// There may be something to claim, whatever was found before.
    fn look_now(&mut self) {
        self.look_at = Some(Instant::MIN_UTC);
        self.came_back_empty = None;
    }

    /// From when on there may be something to claim.
    async fn look(&mut self) -> Result<Instant> {
        let due = self.host.store.next_due(&self.lane).await?;
        let from = match (due, self.came_back_empty) {
            (None, _) => Instant::MAX_UTC,
            // It was due then and could not be claimed: somebody holds it for now.
            (Some(due), Some((at, looked))) if due <= at && looked.elapsed() < REST => {
                Instant::MAX_UTC
            }
            (Some(due), _) => due,
        };
        self.look_at = Some(from);
        Ok(from)
    }
}

/// Says which policies failed, once for a batch, and what else keeps messages back that no policy does.
fn tell_faults(lane: &Lane, staying: &[Transition]) {
    let mut failed: BTreeMap<PolicyFault, u64> = BTreeMap::new();
    for step in staying {
        for fault in step.faults() {
            *failed.entry(fault).or_default() += 1;
        }
        if step.to == State::Held && step.origin.is_none() {
            tracing::warn!(facility = %step.facility, message = %step.id, reason = step.reason, "kept back");
        }
    }
    for (PolicyFault { origin, reason }, messages) in failed {
        tracing::error!(facility = %lane.facility, channel = %lane.channel, policy = %origin.policy, line = origin.line, messages, %reason, "a policy failed to judge; what nobody else stops is held until it is mended");
    }
}

/// Says how many messages failed. Why is the summary's to say: it may be about one person.
fn tell_failed(lane: &Lane, steps: &[Transition], made: &[bool]) {
    let failed = |(step, made): &(&Transition, &bool)| **made && step.to == State::Failed;
    let messages = steps.iter().zip(made).filter(failed).count();
    if messages > 0 {
        tracing::warn!(facility = %lane.facility, channel = %lane.channel, messages, "can't be delivered; `rappel messages --state failed` lists them");
    }
}

/// Claims and judges a batch.
async fn fetch(host: &Dispatcher, lane: &Lane, limit: usize) -> Result<Batch> {
    let live = host.clinic.live();
    let now = host.clock.now();
    let day = today(now, live.rules.settings());
    let most = u32::try_from(limit).unwrap_or(u32::MAX);
    let lease = host.clock.after(SENDING_LEASE);
    let claims = if host.clock.is_steady() {
        host.store.claim(lane, now, day, most, lease).await?
    } else {
        Vec::new()
    };
    let mut batch = Batch {
        ready: Vec::with_capacity(claims.len()),
        staying: Vec::new(),
        claimed: claims.len(),
        limit,
        at: now,
    };
    let fresh_until = host.clock.after(FRESH);
    let families = together::gather(&*host.store, lane, claims, &live, now, lease).await;
    let mut free = Vec::new();
    for family in families {
        let (judged, early) = host.desk.judge_all(family, &live, now, fresh_until);
        free.extend(early);
        for judged in judged {
            match judged {
                Judged::Ready(message) => batch.ready.push(*message),
                Judged::Stays(step) => batch.staying.push(*step),
            }
        }
    }
    together::let_go(&*host.store, lane, &free).await;
    tell_faults(lane, &batch.staying);
    let held: Vec<_> = batch.ready.iter().flat_map(Ready::held).collect();
    if let Err(error) = host.store.judged(&lane.facility, &held).await {
        // They were judged all the same; the worst that can come of it is that each is taken alone.
        tracing::error!(facility = %lane.facility, channel = %lane.channel, %error, "can't say what was judged");
    }
    Ok(batch)
}
