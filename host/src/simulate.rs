//! Simulation: a virtual clock over the real engine, the real outbox and channels that take
//! everything. What it shows is what the host would do.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use rappel_core::channel::{Channel, ChannelKind, Outcome, Outgoing};
use rappel_core::civil::Instant;
use rappel_core::event::Event;
use rappel_core::provider::Reply;
use rappel_core::store::{Filter, Ingested, Lane, Message, ReplyRecord, Result, Store};
use rust_decimal::Decimal;

use crate::answers::Answers;
use crate::clinic::{Clinic, Live};
use crate::clock::{Clock, VirtualClock};
use crate::dispatch::{Desk, Faults, drain};
use crate::engine::{EventPlanner, Generation, Links};
use crate::store::SqliteStore;

/// A channel that takes every message and keeps none.
struct Paper;

#[async_trait]
impl Channel for Paper {
    fn honours_reference(&self) -> bool {
        true
    }

    async fn send(&self, _message: &Outgoing) -> Outcome {
        Outcome::Accepted { gateway_id: None }
    }
}

/// What a simulation showed.
#[derive(Debug)]
pub struct Simulation {
    /// Every message, by the time it was due.
    pub messages: Vec<Message>,
    /// What became of each event, in their order.
    pub events: Vec<Ingested>,
    /// The policies that failed to judge, and the messages that they failed on.
    pub faults: Faults,
    /// The store, for stories.
    pub store: SqliteStore,
}

/// The time that a simulation shows.
#[derive(Clone, Copy, Debug, Default)]
pub struct Window {
    /// Messages due before are left out; events before still count.
    pub from: Option<Instant>,
    /// The clock stops here.
    pub until: Option<Instant>,
}

/// Plays events on a virtual clock. They are played in the order of their times; one without a time
/// follows the one before it. `played` is told how many events were.
///
/// # Errors
/// When the store in memory fails.
pub async fn simulate(
    rules: Arc<Generation>,
    events: Vec<Event>,
    window: Window,
    played: &(dyn Fn(usize) + Sync),
) -> Result<Simulation> {
    let order = in_order(&events);
    let begins = order.first().map(|(time, _)| *time).unwrap_or_default();
    let mut simulator = Simulator::new(rules, begins).await?;
    let mut outcomes: Vec<Option<Ingested>> = events.iter().map(|_| None).collect();
    for (number, (time, index)) in order.into_iter().enumerate() {
        let time = window.until.map_or(time, |until| time.min(until));
        simulator.run_until(time).await?;
        if let (Some(event), Some(place)) = (events.get(index), outcomes.get_mut(index)) {
            *place = simulator.tell(event).await?;
        }
        played(number + 1);
    }
    let end = window.until.unwrap_or(Instant::MAX_UTC);
    while simulator.run_next(end).await? {}
    let filter = Filter {
        from: window.from,
        limit: Some(u32::MAX),
        ..Filter::default()
    };
    let mut messages = simulator.store.messages(&filter).await?;
    messages.reverse();
    Ok(Simulation {
        messages,
        events: outcomes.into_iter().flatten().collect(),
        faults: simulator.faults,
        store: simulator.store,
    })
}

/// A clinic on a virtual clock: it is told events and answers, and the clock runs when it is let.
pub struct Simulator {
    clinic: Clinic,
    store: SqliteStore,
    clock: VirtualClock,
    desk: Desk,
    planner: EventPlanner,
    faults: Faults,
}

impl Simulator {
    /// A clinic without a past, whose clock shows `begins`.
    ///
    /// # Errors
    /// When the store in memory fails.
    pub async fn new(rules: Arc<Generation>, begins: Instant) -> Result<Self> {
        let store = SqliteStore::in_memory().await?;
        let gateways = rules
            .settings()
            .gateways
            .keys()
            .map(|name| (name.clone(), Arc::new(Paper) as Arc<dyn Channel>))
            .collect::<BTreeMap<_, _>>();
        let clinic = Clinic::new(Live::with(rules.clone(), gateways));
        if rules.settings().credits.limited {
            // What would be sent is asked, and at what cost; not for how long there are credits.
            store
                .add_credits(&clinic.facility, Decimal::from(u64::MAX), None, begins)
                .await?;
        }
        Ok(Self {
            clinic,
            store,
            clock: VirtualClock::new(begins),
            desk: Desk {
                links: Links::preview(),
                public_url: None,
            },
            planner: EventPlanner(rules),
            faults: Faults::new(),
        })
    }

    /// What the clock shows.
    pub fn now(&self) -> Instant {
        self.clock.now()
    }

    /// What became of everything so far.
    pub fn store(&self) -> &SqliteStore {
        &self.store
    }

    /// The policies that failed to judge, and the messages that they failed on.
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// Applies an event now.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn tell(&self, event: &Event) -> Result<Option<Ingested>> {
        let told = self
            .store
            .ingest(
                &self.clinic.facility,
                std::slice::from_ref(event),
                self.clock.now(),
                &self.planner,
            )
            .await?;
        Ok(told.into_iter().next())
    }

    /// Takes an SMS that a patient writes now, as a gateway would tell of it.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn reply(&self, from: &str, text: &str) -> Result<ReplyRecord> {
        let answers = Answers {
            store: &self.store,
            clinic: &self.clinic,
            now: self.clock.now(),
        };
        let reply = Reply {
            from: Some(from.to_string()),
            message: None,
            text: text.to_string(),
            key: None,
            gateway_id: None,
        };
        answers.take("simulated", &reply).await
    }

    /// Lets the clock run to a time, handling each message when it is due.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn run_until(&mut self, end: Instant) -> Result<()> {
        while self.run_next(end).await? {}
        self.clock.advance_to(end);
        Ok(())
    }

    /// Lets the clock run to when something is due, if that is by `end`, and handles it. Tells whether
    /// there was something.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn run_next(&mut self, end: Instant) -> Result<bool> {
        let Some(due) = self.next_due().await?.filter(|due| *due <= end) else {
            return Ok(false);
        };
        self.clock.advance_to(due);
        let drained = drain(&self.clinic, &self.store, &self.clock, &self.desk).await?;
        for (fault, messages) in drained.faults {
            self.faults.entry(fault).or_default().extend(messages);
        }
        Ok(true)
    }

    async fn next_due(&self) -> Result<Option<Instant>> {
        let mut next = None;
        for channel in ChannelKind::ALL {
            let lane = Lane {
                facility: self.clinic.facility.clone(),
                channel,
            };
            if let Some(due) = self.store.next_due(&lane).await? {
                next = Some(next.map_or(due, |next: Instant| next.min(due)));
            }
        }
        Ok(next)
    }
}

/// The events' times and places, in order.
fn in_order(events: &[Event]) -> Vec<(Instant, usize)> {
    let mut last = events
        .iter()
        .find_map(|event| event.time)
        .unwrap_or_default();
    let mut order: Vec<_> = events
        .iter()
        .enumerate()
        .map(|(index, event)| {
            last = event.time.unwrap_or(last);
            (last, index)
        })
        .collect();
    order.sort();
    order
}
