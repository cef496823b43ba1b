//! Whatever workers, gateways and people do in whatever order: top-ups are what is left, reserved and
//! spent together, nothing is overdrawn, and each message's credits stand as its state says.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::TimeDelta;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use rappel_core::civil::Instant;
use rappel_core::message::State;
use rappel_core::provider::{Receipt, ReceiptOf, ReceiptStatus};
use rappel_core::store::{Claimed, Handover, Posting, Transition};
use rust_decimal::Decimal;

use crate::bench::*;

const CASES: u32 = 40;
const MESSAGES: u128 = 6;

#[derive(Clone, Debug)]
enum Act {
    /// Takes what is due and hands it over at a cost in quarters of a credit.
    Begin {
        limit: u32,
        quarters: u32,
        minute: bool,
    },
    /// The gateway answers for the oldest that is under way.
    Answer {
        to: State,
    },
    Receipt {
        message: u128,
        status: ReceiptStatus,
        seconds: Option<u32>,
    },
    Add {
        quarters: i64,
    },
    Offer,
    Look,
    Withdraw {
        message: u128,
    },
    Pass {
        minutes: i64,
    },
}

fn act() -> impl Strategy<Value = Act> {
    let status = prop_oneof![
        Just(ReceiptStatus::Sent),
        Just(ReceiptStatus::Delivered),
        Just(ReceiptStatus::Failed)
    ];
    // A call is never longer than what was reserved for it.
    let seconds = prop_oneof![Just(None), (0..=60_u32).prop_map(Some)];
    prop_oneof![
        6 => (1..4_u32, 0..9_u32, any::<bool>())
            .prop_map(|(limit, quarters, minute)| Act::Begin { limit, quarters, minute }),
        6 => proptest::sample::select(State::ALL.to_vec()).prop_map(|to| Act::Answer { to }),
        3 => (1..=MESSAGES, status, seconds)
            .prop_map(|(message, status, seconds)| Act::Receipt { message, status, seconds }),
        3 => (-6..12_i64).prop_map(|quarters| Act::Add { quarters }),
        2 => Just(Act::Offer),
        1 => Just(Act::Look),
        1 => (1..=MESSAGES).prop_map(|message| Act::Withdraw { message }),
        2 => (1..4_i64).prop_map(|minutes| Act::Pass { minutes }),
    ]
}

struct Model {
    bench: Bench,
    now: Instant,
    under_way: Vec<Claimed>,
    events: u32,
    /// How often a step was refused for want of credits, and how often credits let one go later.
    held: u32,
    freed: u64,
}

impl Model {
    async fn play(&mut self, act: Act) {
        let (store, facility) = (self.bench.store.clone(), self.bench.facility.clone());
        match act {
            Act::Begin {
                limit,
                quarters,
                minute,
            } => {
                let lane = rappel_core::store::Lane { facility, ..lane() };
                let lease = self.now + TimeDelta::minutes(2);
                let claims = store.claim(&lane, self.now, day(), limit, lease).await;
                let claims = claims.unwrap();
                let credits = Decimal::new(i64::from(quarters) * 25, 2);
                let steps: Vec<_> = claims
                    .iter()
                    .map(|claim| Transition {
                        handover: Some(Arc::new(Handover {
                            credits,
                            minute: minute.then_some(credits),
                            limited: true,
                            ..handover()
                        })),
                        lease: Some(lease),
                        ..step(claim, claim.message.state, State::Sending)
                    })
                    .collect();
                let made = store.commit(&steps, self.now, day()).await.unwrap().made;
                for (claim, made) in claims.into_iter().zip(made) {
                    match made {
                        true => self.under_way.push(claim),
                        false => self.held += 1,
                    }
                }
            }
            Act::Answer { to } => {
                if self.under_way.is_empty() {
                    return;
                }
                let claim = self.under_way.remove(0);
                let answer = step(&claim, State::Sending, to);
                let made = store.commit(&[answer], self.now, day()).await.unwrap().made;
                if to == State::Sending && made == [true] {
                    self.under_way.push(claim);
                }
            }
            Act::Receipt {
                message,
                status,
                seconds,
            } => {
                let receipt = Receipt {
                    of: ReceiptOf::Message(id(message)),
                    status,
                    reason: None,
                    seconds,
                };
                let told = store.receive(&facility, "gw", &[receipt], self.now).await;
                told.unwrap();
            }
            Act::Add { quarters } => {
                let amount = Decimal::new(quarters * 25, 2);
                let added = store.add_credits(&facility, amount, None, self.now).await;
                self.freed += added.unwrap().unwrap_or(0);
            }
            Act::Offer => self.freed += store.offer_credits(&facility, self.now).await.unwrap(),
            Act::Look => {
                let now = (self.now, rappel_core::Civil(self.now.naive_utc()));
                store.look_again(&facility, now).await.unwrap();
            }
            Act::Withdraw { message } => {
                self.events += 1;
                let event = event(
                    &format!("e-{}", self.events),
                    "appointment.modified",
                    visit(message, message),
                );
                self.bench.tell(event, vec![withdraw(message)]).await;
            }
            Act::Pass { minutes } => self.now += TimeDelta::minutes(minutes),
        }
        self.look().await;
    }

    async fn look(&self) {
        let ledger = self
            .bench
            .store
            .ledger(&self.bench.facility, u32::MAX)
            .await;
        let ledger = ledger.unwrap();
        let sum = |posting| {
            let of = ledger.iter().filter(|entry| entry.posting == posting);
            of.map(|entry| entry.amount).sum::<Decimal>()
        };
        let mut accounts = self.bench.store.accounts().await.unwrap();
        accounts.retain(|account| account.facility == self.bench.facility);
        let Some(account) = accounts.pop() else {
            assert!(ledger.is_empty());
            return;
        };
        let left = sum(Posting::Added) - sum(Posting::Spent) - sum(Posting::Reserved);
        assert_eq!(account.balance, left);
        assert_eq!(account.reserved, sum(Posting::Reserved));
        assert!(account.balance >= Decimal::ZERO, "overdrawn: {account:?}");
        let postings: HashMap<_, _> = ledger
            .iter()
            .filter_map(|entry| Some((entry.message?, (entry.posting, entry.amount))))
            .collect();
        let mut waiting = 0;
        for message in self.bench.all().await {
            let charge = postings.get(&message.id).copied();
            let expected = match message.state {
                State::Sending | State::Unknown => Some(Posting::Reserved),
                State::Sent | State::Delivered => Some(Posting::Spent),
                State::Failed if !message.credits.is_zero() => Some(Posting::Spent),
                _ => None,
            };
            match (expected, charge) {
                // What costs nothing now may have cost something before.
                (Some(_), Some((Posting::Returned, _))) if message.credits.is_zero() => {}
                (Some(expected), Some((posting, amount))) => {
                    assert_eq!((posting, amount), (expected, message.credits));
                }
                // What costs nothing needs no credits.
                (Some(_), None) => assert!(message.credits.is_zero(), "{message:?}"),
                (None, Some((posting, amount))) => {
                    let nothing = posting == Posting::Spent && amount.is_zero();
                    assert!(posting == Posting::Returned || nothing, "{message:?}");
                }
                (None, None) => {}
            }
            waiting += u64::from(
                message.state == State::Held
                    && message
                        .reason
                        .as_deref()
                        .is_some_and(|r| r.starts_with("out of credits")),
            );
        }
        assert!(account.waiting <= waiting);
    }
}

pub(crate) async fn the_ledger_adds_up_whatever_happens(bench: Bench) {
    let mut runner = TestRunner::new_with_rng(
        Config::default(),
        TestRng::deterministic_rng(RngAlgorithm::ChaCha),
    );
    let acts = proptest::collection::vec(act(), 30..60);
    let (mut held, mut freed) = (0, 0);
    for case in 0..CASES {
        let acts = acts.new_tree(&mut runner).unwrap().current();
        let mut model = Model {
            bench: bench.of(&format!("case-{case}")),
            now: at("09:00"),
            under_way: Vec::new(),
            events: 0,
            held: 0,
            freed: 0,
        };
        model.bench.plan((1..=MESSAGES).map(reminder)).await;
        for (number, act) in acts.iter().enumerate() {
            let playing = tokio::spawn({
                let act = act.clone();
                async move {
                    model.play(act).await;
                    model
                }
            });
            model = match playing.await {
                Ok(model) => model,
                Err(failed) => panic!("case {case} after {:#?}: {failed}", &acts[..=number]),
            };
        }
        held += model.held;
        freed += model.freed;
    }
    // The sequences say something only where credits run out and come back.
    assert!(held > 50 && freed > 20, "{held} held, {freed} freed");
}
