//! Simulation: a virtual clock over the real engine, the real outbox and channels that take
//! everything. What it shows is what the host would do.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use rappel_core::channel::{Channel, ChannelKind, Outcome, Outgoing};
use rappel_core::civil::Instant;
use rappel_core::event::Event;
use rappel_core::store::{Filter, Ingested, Lane, Message, Result, Store};
use rust_decimal::Decimal;

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
    let clock = VirtualClock::new(begins);
    let store = SqliteStore::in_memory().await?;
    let gateways = rules
        .settings()
        .gateways
        .keys()
        .map(|name| (name.clone(), Arc::new(Paper) as Arc<dyn Channel>))
        .collect::<BTreeMap<_, _>>();
    let clinic = Clinic::new(Live::with(rules.clone(), gateways));
    let desk = Desk {
        links: Links::preview(),
        public_url: None,
    };
    if rules.settings().credits.limited {
        // What would be sent is asked, and at what cost; not for how long there are credits.
        store
            .add_credits(&clinic.facility, Decimal::from(u64::MAX), None, begins)
            .await?;
    }
    let planner = EventPlanner(rules);
    let mut faults = Faults::new();
    let mut outcomes: Vec<Option<Ingested>> = events.iter().map(|_| None).collect();
    for (number, (time, index)) in order.into_iter().enumerate() {
        let time = window.until.map_or(time, |until| time.min(until));
        run_until(&clinic, &store, &clock, &desk, time, &mut faults).await?;
        clock.advance_to(time);
        let event = events.get(index..=index).unwrap_or_default();
        let told = store
            .ingest(&clinic.facility, event, clock.now(), &planner)
            .await?;
        if let (Some(place), Some(told)) = (outcomes.get_mut(index), told.into_iter().next()) {
            *place = Some(told);
        }
        played(number + 1);
    }
    let end = window.until.unwrap_or(Instant::MAX_UTC);
    run_until(&clinic, &store, &clock, &desk, end, &mut faults).await?;
    let filter = Filter {
        from: window.from,
        limit: Some(u32::MAX),
        ..Filter::default()
    };
    let mut messages = store.messages(&filter).await?;
    messages.reverse();
    Ok(Simulation {
        messages,
        events: outcomes.into_iter().flatten().collect(),
        faults,
        store,
    })
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

/// Lets the clock run to a time, handling each message when it is due.
async fn run_until(
    clinic: &Clinic,
    store: &dyn Store,
    clock: &VirtualClock,
    desk: &Desk,
    end: Instant,
    faults: &mut Faults,
) -> Result<()> {
    while let Some(due) = next_due(clinic, store).await?.filter(|due| *due <= end) {
        clock.advance_to(due);
        let drained = drain(clinic, store, clock, desk).await?;
        for (fault, messages) in drained.faults {
            faults.entry(fault).or_default().extend(messages);
        }
    }
    Ok(())
}

async fn next_due(clinic: &Clinic, store: &dyn Store) -> Result<Option<Instant>> {
    let mut next = None;
    for channel in ChannelKind::ALL {
        let lane = Lane {
            facility: clinic.facility.clone(),
            channel,
        };
        if let Some(due) = store.next_due(&lane).await? {
            next = Some(next.map_or(due, |next: Instant| next.min(due)));
        }
    }
    Ok(next)
}
