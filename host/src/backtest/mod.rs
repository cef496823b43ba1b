//! Backtests: what the rules of a clinic make of a long history, and what other rules would have made of it.
//!
//! Each rule set has a thread with a [`Book`] of its own, which is told the same events; what comes of them is
//! counted and let go, so that a million appointments take no more memory than those that are alive at once.
//! The same events give the same answer in every run.

mod book;
mod compare;
mod figures;
mod order;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use rappel_core::event::Event;
use rappel_core::ids::PatientId;
use rappel_core::store::Ingested;

use crate::engine::Generation;
use compare::{Comparison, Side};
use order::{InOrder, Timed};

pub use book::{Book, Closed, Subject};
pub use compare::{Difference, Differing};
pub use figures::{Burst, Figures, Why};
pub use order::LOOK_AHEAD;

/// How many events go to the threads at a time.
const BATCH: usize = 500;

/// How many batches are under way: one is handled and the next is ready.
const UNDER_WAY: usize = 2;

/// The stack of a thread that runs policies: one that nests as deep as the sandbox lets it needs more than the
/// 2 MiB that threads have otherwise.
const STACK: usize = 16 << 20;

/// Hears what a backtest finds while it runs.
pub trait Listener {
    /// What became of the events of these lines.
    fn told(&mut self, lines: &[usize], outcomes: &[Ingested]);

    /// A message isn't the same on both sides.
    fn differs(&mut self, difference: &Difference<'_>);
}

/// Why a backtest can't go on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BacktestError {
    /// An event stands too far behind its place.
    #[error("its time is before that of an event more than {LOOK_AHEAD} lines above it")]
    OutOfOrder {
        /// The event's line.
        line: usize,
    },
    /// The system gives no threads.
    #[error("no threads can be started: {0}")]
    NoThreads(String),
    /// A bug.
    #[error("the rules' thread stopped inside Rappel; please report it")]
    Stopped,
}

/// What came of a history.
#[derive(Clone, Debug)]
pub struct Report {
    /// By the clinic's rules.
    pub this: Figures,
    /// By the other rules.
    pub compared: Option<Compared>,
}

/// What the other rules make of it.
#[derive(Clone, Debug)]
pub struct Compared {
    /// By the other rules.
    pub other: Figures,
    /// How many messages differ.
    pub differing: Differing,
    /// The patients who get more or fewer messages, with how many they get by this and by the other rules: those
    /// for whom it differs most come first.
    pub patients: Vec<(PatientId, u64, u64)>,
}

impl Compared {
    /// How many patients get more messages by the other rules, and how many fewer.
    pub fn more_and_fewer(&self) -> (u64, u64) {
        let more = self.patients.iter().filter(|(_, this, other)| other > this);
        let more = more.count() as u64;
        (more, self.patients.len() as u64 - more)
    }

    /// How many patients get so many messages more by the other rules, or fewer where that is negative.
    pub fn patients_by_difference(&self) -> BTreeMap<i64, u64> {
        let mut by = BTreeMap::new();
        for (_, this, other) in &self.patients {
            let difference = i64::try_from(this.abs_diff(*other)).unwrap_or(i64::MAX);
            let signed = if other > this {
                difference
            } else {
                -difference
            };
            *by.entry(signed).or_default() += 1;
        }
        by
    }
}

/// What a thread did with a batch.
struct Done {
    outcomes: Vec<Ingested>,
    closed: Vec<Closed>,
}

/// A rule set's thread.
struct Worker {
    orders: SyncSender<Arc<Vec<Timed>>>,
    done: Receiver<Done>,
    thread: JoinHandle<(Figures, Vec<Closed>)>,
}

impl Worker {
    fn start(mut book: Book) -> Result<Self, BacktestError> {
        let (orders, ordered) = sync_channel::<Arc<Vec<Timed>>>(UNDER_WAY);
        let (tell, done) = sync_channel(UNDER_WAY);
        let work = move || {
            for batch in ordered {
                let outcomes = batch.iter().map(|timed| {
                    book.run_until(timed.time);
                    book.tell(&timed.event)
                });
                let done = Done {
                    outcomes: outcomes.collect(),
                    closed: book.take_closed(),
                };
                // Where nobody hears it, nobody asks for the rest.
                if tell.send(done).is_err() {
                    break;
                }
            }
            book.end()
        };
        let thread = std::thread::Builder::new()
            .stack_size(STACK)
            .spawn(work)
            .map_err(|error| BacktestError::NoThreads(error.to_string()))?;
        Ok(Self {
            orders,
            done,
            thread,
        })
    }
}

/// A history that is played by one or two rule sets.
pub struct Backtest {
    order: InOrder,
    batch: Vec<Timed>,
    /// The lines of the batches that are under way.
    under_way: VecDeque<Vec<usize>>,
    workers: Vec<(Side, Worker)>,
    comparison: Comparison,
}

impl Backtest {
    /// Starts the threads. Both rule sets' messages are measured by the allowed hours of `rules`.
    ///
    /// # Errors
    /// When the system gives no threads.
    pub fn new(
        rules: Arc<Generation>,
        other: Option<Arc<Generation>>,
    ) -> Result<Self, BacktestError> {
        let figures = Figures::measured_by(rules.settings());
        let sides = [(Side::This, Some(rules)), (Side::Other, other)];
        let sides = sides
            .into_iter()
            .filter_map(|(side, rules)| Some((side, rules?)));
        let workers = sides.map(|(side, rules)| {
            let worker = Worker::start(Book::new(rules, figures.clone()))?;
            Ok((side, worker))
        });
        Ok(Self {
            order: InOrder::default(),
            batch: Vec::new(),
            under_way: VecDeque::new(),
            workers: workers.collect::<Result<_, BacktestError>>()?,
            comparison: Comparison::default(),
        })
    }

    /// Tells the event of a line.
    ///
    /// # Errors
    /// When it stands too far behind its place, or a thread stopped.
    pub fn tell(
        &mut self,
        line: usize,
        event: Event,
        listener: &mut dyn Listener,
    ) -> Result<(), BacktestError> {
        let next = self.order.put(line, event);
        if let Some(timed) = next.map_err(|line| BacktestError::OutOfOrder { line })? {
            self.add(timed, listener)?;
        }
        Ok(())
    }

    /// Lets the clock run until nothing is due any more.
    ///
    /// # Errors
    /// As [`Backtest::tell`].
    pub fn end(mut self, listener: &mut dyn Listener) -> Result<Report, BacktestError> {
        let late = |line| BacktestError::OutOfOrder { line };
        while let Some(timed) = self.order.rest().map_err(late)? {
            self.add(timed, listener)?;
        }
        self.send()?;
        while !self.under_way.is_empty() {
            self.hear(listener)?;
        }
        let mut ended = Vec::new();
        let threads = self.workers.into_iter().map(|(side, worker)| {
            drop(worker.orders);
            (side, worker.thread)
        });
        // Both run to their ends before either is waited for.
        for (side, thread) in threads.collect::<Vec<_>>() {
            ended.push((side, thread.join().map_err(|_| BacktestError::Stopped)?));
        }
        let mut figures = Vec::new();
        for (side, (of, closed)) in ended {
            figures.push(of);
            for closed in closed {
                self.comparison
                    .take(side, closed, &mut |difference| listener.differs(difference));
            }
        }
        let mut figures = figures.into_iter();
        let this = figures.next().ok_or(BacktestError::Stopped)?;
        let Some(other) = figures.next() else {
            return Ok(Report {
                this,
                compared: None,
            });
        };
        let differing = self
            .comparison
            .end(&mut |difference| listener.differs(difference));
        Ok(Report {
            compared: Some(Compared {
                patients: patients(&this, &other),
                other,
                differing,
            }),
            this,
        })
    }

    fn add(&mut self, timed: Timed, listener: &mut dyn Listener) -> Result<(), BacktestError> {
        self.batch.push(timed);
        if self.batch.len() < BATCH {
            return Ok(());
        }
        self.send()?;
        if self.under_way.len() >= UNDER_WAY {
            self.hear(listener)?;
        }
        Ok(())
    }

    /// Sends a batch to every thread.
    fn send(&mut self) -> Result<(), BacktestError> {
        let batch = Arc::new(std::mem::take(&mut self.batch));
        self.under_way
            .push_back(batch.iter().map(|timed| timed.line).collect());
        for (_, worker) in &self.workers {
            let sent = worker.orders.send(batch.clone());
            sent.map_err(|_| BacktestError::Stopped)?;
        }
        Ok(())
    }

    /// Takes what came of the earliest batch that is under way: that of one side after the other, so that it is the
    /// same whichever is ready first.
    fn hear(&mut self, listener: &mut dyn Listener) -> Result<(), BacktestError> {
        let lines = self.under_way.pop_front().unwrap_or_default();
        let compares = self.workers.len() > 1;
        for (side, worker) in &self.workers {
            let done = worker.done.recv().map_err(|_| BacktestError::Stopped)?;
            if *side == Side::This {
                listener.told(&lines, &done.outcomes);
            }
            for closed in done.closed.into_iter().filter(|_| compares) {
                self.comparison.take(*side, closed, &mut |difference| {
                    listener.differs(difference)
                });
            }
        }
        Ok(())
    }
}

/// The patients who get more or fewer messages by other rules.
fn patients(this: &Figures, other: &Figures) -> Vec<(PatientId, u64, u64)> {
    let count = |figures: &Figures, patient: &PatientId| {
        figures.patients.get(patient).copied().unwrap_or(0)
    };
    let mut patients: Vec<_> = this
        .patients
        .keys()
        .chain(
            other
                .patients
                .keys()
                .filter(|patient| !this.patients.contains_key(*patient)),
        )
        .map(|patient| (patient.clone(), count(this, patient), count(other, patient)))
        .filter(|(_, this, other)| this != other)
        .collect();
    patients.sort_by(|(a, a_this, a_other), (b, b_this, b_other)| {
        let most = b_this.abs_diff(*b_other).cmp(&a_this.abs_diff(*a_other));
        most.then_with(|| a.cmp(b))
    });
    patients
}
