//! Whatever workers, agendas and gateways do in whatever order: a final state is never left, a step
//! follows the table, and no two workers hold one message.

use std::collections::HashMap;

use chrono::TimeDelta;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRunner};
use rappel_core::civil::Instant;
use rappel_core::message::State;
use rappel_core::provider::{Receipt, ReceiptOf, ReceiptStatus};
use rappel_core::store::{Claimed, Transition};

use crate::bench::*;

const CASES: u32 = 40;
const MESSAGES: u128 = 4;
const WORKERS: usize = 3;

#[derive(Clone, Debug)]
enum Act {
    Claim {
        worker: usize,
        limit: u32,
    },
    TakeOver {
        worker: usize,
        all: bool,
    },
    Step {
        worker: usize,
        from: State,
        to: State,
        lease: bool,
    },
    Release {
        worker: usize,
    },
    Judged {
        worker: usize,
    },
    Move {
        message: u128,
    },
    Withdraw {
        message: u128,
    },
    Facts {
        message: u128,
    },
    Receipt {
        message: u128,
        status: ReceiptStatus,
    },
    Pass {
        minutes: i64,
    },
}

fn act() -> impl Strategy<Value = Act> {
    let worker = || 0..WORKERS;
    let message = || 1..=MESSAGES;
    let any_state = || proptest::sample::select(State::ALL.to_vec());
    let status = prop_oneof![
        Just(ReceiptStatus::Sent),
        Just(ReceiptStatus::Delivered),
        Just(ReceiptStatus::Failed)
    ];
    prop_oneof![
        6 => (worker(), 1..4_u32).prop_map(|(worker, limit)| Act::Claim { worker, limit }),
        1 => (worker(), any::<bool>()).prop_map(|(worker, all)| Act::TakeOver { worker, all }),
        4 => worker().prop_map(|worker| Act::Step { worker, from: State::Planned, to: State::Sending, lease: true }),
        4 => (worker(), any_state(), any::<bool>())
            .prop_map(|(worker, to, lease)| Act::Step { worker, from: State::Sending, to, lease }),
        3 => (worker(), any_state()).prop_map(|(worker, to)| Act::Step {
            worker,
            from: State::Planned,
            to,
            lease: false,
        }),
        2 => (worker(), any_state(), any_state(), any::<bool>())
            .prop_map(|(worker, from, to, lease)| Act::Step { worker, from, to, lease }),
        1 => worker().prop_map(|worker| Act::Release { worker }),
        1 => worker().prop_map(|worker| Act::Judged { worker }),
        1 => message().prop_map(|message| Act::Move { message }),
        1 => message().prop_map(|message| Act::Withdraw { message }),
        1 => message().prop_map(|message| Act::Facts { message }),
        2 => (message(), status).prop_map(|(message, status)| Act::Receipt { message, status }),
        3 => (1..4_i64).prop_map(|minutes| Act::Pass { minutes }),
    ]
}

/// What must hold, kept beside the store.
struct Model {
    bench: Bench,
    now: Instant,
    events: u32,
    /// What each worker believes to hold.
    hands: Vec<Vec<Claimed>>,
    /// Who holds what: the fence and the end of the lease.
    held: HashMap<u128, (i64, Instant)>,
    states: HashMap<u128, State>,
    attempts: HashMap<u128, u32>,
}

impl Model {
    fn took(&mut self, worker: usize, claims: Vec<Claimed>, whatever: bool) {
        for claim in claims {
            let number = claim.message.id.0.as_u128();
            if let Some((_, lease)) = self.held.get(&number)
                && !whatever
            {
                assert!(*lease <= self.now, "{number} is held by another");
            }
            let lease = self.now + TimeDelta::minutes(2);
            self.held.insert(number, (claim.fence, lease));
            self.hands[worker].push(claim);
        }
    }

    async fn play(&mut self, act: Act) {
        let lease = self.now + TimeDelta::minutes(2);
        let (store, facility) = (self.bench.store.clone(), self.bench.facility.clone());
        match act {
            Act::Claim { worker, limit } => {
                let lane = rappel_core::store::Lane { facility, ..lane() };
                let claims = store
                    .claim(&lane, self.now, day(), limit, lease)
                    .await
                    .unwrap();
                assert!(claims.len() <= limit as usize);
                self.took(worker, claims, false);
            }
            Act::TakeOver { worker, all } => {
                let claims = store
                    .claim_stuck(&facility, self.now, day(), lease, all)
                    .await
                    .unwrap();
                if all {
                    // Whoever took a waiting message before has lost it.
                    let states = &self.states;
                    self.held.retain(|number, _| !states[number].is_waiting());
                }
                self.took(worker, claims, all);
            }
            Act::Step {
                worker,
                from,
                to,
                lease: keeps,
            } => {
                for claim in self.hands[worker].clone() {
                    let number = claim.message.id.0.as_u128();
                    let begins = to == State::Sending && from != State::Sending;
                    let step = Transition {
                        handover: begins.then(|| std::sync::Arc::new(handover())),
                        lease: keeps.then_some(lease),
                        ..step(&claim, from, to)
                    };
                    if store.commit(&[step], self.now, day()).await.unwrap().made == [true] {
                        let (fence, _) = self.held[&number];
                        assert_eq!(
                            fence, claim.fence,
                            "{number} was moved by who doesn't hold it"
                        );
                        *self.attempts.entry(number).or_default() += u32::from(begins);
                        // Without a lease it is free to be taken; until then the proof is good.
                        let until = if keeps { lease } else { self.now };
                        self.held.insert(number, (fence, until));
                    }
                }
            }
            Act::Release { worker } => {
                let hand = std::mem::take(&mut self.hands[worker]);
                let held: Vec<_> = hand.iter().map(|c| (c.message.id, c.fence)).collect();
                store.release(&facility, &held).await.unwrap();
                for claim in hand {
                    let number = claim.message.id.0.as_u128();
                    if self.states[&number].is_waiting()
                        && let Some((fence, lease)) = self.held.get_mut(&number)
                        && *fence == claim.fence
                    {
                        *lease = self.now;
                    }
                }
            }
            Act::Judged { worker } => {
                let hand = &self.hands[worker];
                let held: Vec<_> = hand.iter().map(|c| (c.message.id, c.fence)).collect();
                store.judged(&facility, &held).await.unwrap();
            }
            Act::Move { message } => self.tell(message, vec![move_to(message, "09:01")]).await,
            Act::Withdraw { message } => self.tell(message, vec![withdraw(message)]).await,
            Act::Facts { message } => self.tell(message, Vec::new()).await,
            Act::Receipt { message, status } => {
                let receipt = Receipt {
                    of: ReceiptOf::Message(id(message)),
                    status,
                    reason: None,
                    seconds: None,
                };
                store
                    .receive(&facility, "gw", &[receipt], self.now)
                    .await
                    .unwrap();
            }
            Act::Pass { minutes } => self.now += TimeDelta::minutes(minutes),
        }
        self.look().await;
    }

    async fn tell(&mut self, message: u128, changes: Vec<rappel_core::store::Change>) {
        self.events += 1;
        let event = event(
            &format!("e-{}", self.events),
            "appointment.modified",
            visit(message, message),
        );
        self.bench.tell(event, changes).await;
        if self.states[&message].is_waiting() {
            self.held.remove(&message);
        }
    }

    /// Compares each message with what it was.
    async fn look(&mut self) {
        for message in self.bench.all().await {
            let number = message.id.0.as_u128();
            let before = self
                .states
                .insert(number, message.state)
                .unwrap_or(State::Planned);
            assert!(
                before == message.state || before.may_become(message.state),
                "{number}: {before} → {}",
                message.state
            );
            assert_eq!(
                message.attempts,
                self.attempts.get(&number).copied().unwrap_or(0),
                "{number}"
            );
        }
    }
}

pub(crate) async fn no_sequence_leaves_a_final_state_or_shares_a_message(bench: Bench) {
    let mut runner = TestRunner::new_with_rng(
        Config::default(),
        proptest::test_runner::TestRng::deterministic_rng(
            proptest::test_runner::RngAlgorithm::ChaCha,
        ),
    );
    let acts = proptest::collection::vec(act(), 30..60);
    let mut ends = HashMap::new();
    for case in 0..CASES {
        let acts = acts.new_tree(&mut runner).unwrap().current();
        let mut model = Model {
            bench: bench.of(&format!("case-{case}")),
            now: at("09:00"),
            events: 0,
            hands: vec![Vec::new(); WORKERS],
            held: HashMap::new(),
            states: HashMap::new(),
            attempts: HashMap::new(),
        };
        model.bench.plan((1..=MESSAGES).map(reminder)).await;
        model.look().await;
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
        for state in model.states.values() {
            *ends.entry(*state).or_insert(0) += 1;
        }
    }
    // The sequences say something only where they lead everywhere.
    for state in State::ALL {
        assert!(
            ends.contains_key(&state),
            "no sequence ended in {state}: {ends:?}"
        );
    }
}
