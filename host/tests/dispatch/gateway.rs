//! A gateway that answers as a test says, keeps a ledger, and can be made to wait.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use rappel_core::channel::{Channel, Outcome, Outgoing};
use rappel_core::civil::Instant;
use rappel_host::clock::Clock;
use tokio::sync::Semaphore;

use crate::clock::HandClock;

/// A message that came to the gateway.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    /// The message's number.
    pub(crate) number: u128,
    /// What the clock showed.
    pub(crate) at: Instant,
    /// Where it was to go.
    pub(crate) to: String,
    /// What it said.
    pub(crate) text: String,
}

#[derive(Default)]
struct Inner {
    ledger: Vec<Sent>,
    /// Answers for the next messages, whoever they are.
    next: VecDeque<Option<Outcome>>,
    /// What is answered when nothing else is.
    always: Option<Outcome>,
    flying: usize,
    most: usize,
    /// How often each was accepted.
    accepted: HashMap<u128, usize>,
}

/// A gateway of a test.
pub(crate) struct Gateway {
    clock: Arc<HandClock>,
    honours: bool,
    inner: Mutex<Inner>,
    /// Who is let through; closed where everybody is.
    doors: Semaphore,
}

pub(crate) fn accepted() -> Outcome {
    Outcome::Accepted { gateway_id: None }
}

pub(crate) fn refused() -> Outcome {
    Outcome::Refused {
        reason: "no such number".into(),
    }
}

pub(crate) fn busy() -> Outcome {
    Outcome::Busy {
        reason: "overloaded".into(),
        retry_after: None,
    }
}

pub(crate) fn wait(seconds: u64) -> Outcome {
    Outcome::Busy {
        reason: "too many requests".into(),
        retry_after: Some(Duration::from_secs(seconds)),
    }
}

pub(crate) fn unreachable() -> Outcome {
    Outcome::Unreachable {
        reason: "connection refused".into(),
    }
}

pub(crate) fn unanswered() -> Outcome {
    Outcome::Unanswered {
        reason: "the connection broke".into(),
    }
}

impl Gateway {
    /// A gateway that takes everything at once.
    pub(crate) fn new(clock: Arc<HandClock>, honours: bool) -> Self {
        let doors = Semaphore::new(0);
        doors.close();
        Self {
            clock,
            honours,
            inner: Mutex::default(),
            doors,
        }
    }

    /// A gateway that takes nothing until it is let through.
    pub(crate) fn waiting(clock: Arc<HandClock>, honours: bool) -> Self {
        Self {
            doors: Semaphore::new(0),
            ..Self::new(clock, honours)
        }
    }

    fn inner(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().unwrap()
    }

    /// Answers the next messages so.
    pub(crate) fn answer(&self, outcomes: impl IntoIterator<Item = Outcome>) {
        self.inner().next.extend(outcomes.into_iter().map(Some));
    }

    /// Panics at the next message.
    pub(crate) fn panic_once(&self) {
        self.inner().next.push_back(None);
    }

    /// Answers every message so from now on; `None` is to take it.
    pub(crate) fn always(&self, outcome: Option<Outcome>) {
        self.inner().always = outcome;
    }

    /// Lets so many messages come to their answer.
    pub(crate) fn let_through(&self, messages: usize) {
        self.doors.add_permits(messages);
    }

    /// Lets everything come to its answer from now on.
    pub(crate) fn open(&self) {
        self.doors.close();
    }

    /// All that came.
    pub(crate) fn ledger(&self) -> Vec<Sent> {
        self.inner().ledger.clone()
    }

    /// The numbers of all that came.
    pub(crate) fn numbers(&self) -> Vec<u128> {
        self.inner().ledger.iter().map(|sent| sent.number).collect()
    }

    /// How many came.
    pub(crate) fn count(&self) -> usize {
        self.inner().ledger.len()
    }

    /// How many wait for their answer.
    pub(crate) fn flying(&self) -> usize {
        self.inner().flying
    }

    /// The most that waited at once.
    pub(crate) fn most_flying(&self) -> usize {
        self.inner().most
    }

    /// Whether every message that was accepted was accepted once.
    pub(crate) fn accepted_once(&self) -> bool {
        self.inner().accepted.values().all(|times| *times == 1)
    }
}

#[async_trait]
impl Channel for Gateway {
    fn honours_reference(&self) -> bool {
        self.honours
    }

    async fn send(&self, message: &Outgoing) -> Outcome {
        let number = message.id.0.as_u128();
        let outcome = {
            let mut inner = self.inner();
            inner.ledger.push(Sent {
                number,
                at: self.clock.now(),
                to: message.to.as_str().to_string(),
                text: message.content.text.clone(),
            });
            inner.flying += 1;
            inner.most = inner.most.max(inner.flying);
            let always = inner.always.clone().unwrap_or_else(accepted);
            inner.next.pop_front().unwrap_or(Some(always))
        };
        if let Ok(permit) = self.doors.acquire().await {
            permit.forget();
        }
        let mut inner = self.inner();
        inner.flying -= 1;
        match &outcome {
            Some(Outcome::Accepted { .. }) => *inner.accepted.entry(number).or_default() += 1,
            Some(_) => {}
            None => {
                drop(inner);
                panic!("the test told the channel to fail");
            }
        }
        outcome.unwrap()
    }
}
