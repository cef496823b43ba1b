//! Credits: reserved, spent, given back, held for want of them, and a ledger that adds up.

use std::sync::Arc;

use rappel_core::channel::ChannelKind;
use rappel_core::message::State;
use rappel_core::provider::{Receipt, ReceiptOf, ReceiptStatus};
use rappel_core::store::{
    Account, Claimed, Committed, CreditLevel, Handover, NewMessage, Posting, Step, Transition,
};
use rust_decimal::Decimal;

use crate::bench::*;

pub(crate) fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

/// The step that hands a message over, whose cost credits have to cover.
pub(crate) fn paid(claim: &Claimed, cost: &str) -> Transition {
    Transition {
        handover: Some(Arc::new(Handover {
            credits: decimal(cost),
            limited: true,
            ..handover()
        })),
        from: claim.message.state,
        ..begin(claim)
    }
}

impl Bench {
    pub(crate) async fn add_credits(&self, amount: &str) -> Option<u64> {
        self.store
            .add_credits(&self.facility, decimal(amount), None, at("08:30"))
            .await
            .unwrap()
    }

    async fn limit(&self, low: &str) -> Option<CreditLevel> {
        let low = Some(decimal(low));
        let crossing = self
            .store
            .limit_credits(&self.facility, low, at("08:00"))
            .await
            .unwrap();
        crossing.map(|crossing| crossing.level)
    }

    pub(crate) async fn account(&self) -> Account {
        let mut accounts = self.store.accounts().await.unwrap();
        accounts.retain(|account| account.facility == self.facility);
        accounts.remove(0)
    }

    /// What is left, and what is reserved.
    async fn credits(&self) -> (String, String) {
        let account = self.account().await;
        let text = |amount: Decimal| amount.normalize().to_string();
        (text(account.balance), text(account.reserved))
    }

    async fn steps(&self, now: &str, steps: &[Transition]) -> Committed {
        self.store.commit(steps, at(now), day()).await.unwrap()
    }

    /// Hands messages over that cost one credit each; tells which went.
    async fn pay(&self, now: &str) -> Vec<(u128, bool)> {
        let claims = self.claim(now, 100).await;
        let steps: Vec<_> = claims.iter().map(|claim| paid(claim, "1")).collect();
        let made = self.steps(now, &steps).await.made;
        numbers(&claims).into_iter().zip(made).collect()
    }

    async fn offer(&self, now: &str) -> u64 {
        let offered = self.store.offer_credits(&self.facility, at(now)).await;
        offered.unwrap()
    }
}

fn pair(balance: &str, reserved: &str) -> (String, String) {
    (balance.into(), reserved.into())
}

pub(crate) async fn a_cost_is_reserved_and_spent_when_the_gateway_took_the_message(bench: Bench) {
    bench.add_credits("10").await;
    bench.plan([reminder(1)]).await;
    let claim = bench.take(1).await;
    assert!(bench.step(paid(&claim, "2.5")).await);
    assert_eq!(bench.credits().await, pair("7.5", "2.5"));
    assert!(bench.step(step(&claim, State::Sending, State::Sent)).await);
    assert_eq!(bench.credits().await, pair("7.5", "0"));
    assert_eq!(
        bench
            .receive(ReceiptOf::Message(id(1)), ReceiptStatus::Failed)
            .await,
        Some(id(1))
    );
    assert_eq!(bench.credits().await, pair("7.5", "0"), "it was taken");
    assert_eq!(bench.message(1).await.credits, decimal("2.5"));
}

pub(crate) async fn what_no_gateway_took_is_given_back(bench: Bench) {
    bench.add_credits("10").await;
    let ends = [State::Planned, State::Failed, State::Expired];
    bench.plan((1..=3).map(reminder)).await;
    for (number, end) in (1..).zip(ends) {
        let claim = bench.take(number).await;
        assert!(bench.step(paid(&claim, "2")).await);
        assert_eq!(bench.credits().await, pair("8", "2"));
        let answer = Transition {
            due: Some((at("09:30"), civil("09:30"))),
            ..step(&claim, State::Sending, end)
        };
        assert!(bench.step(answer).await);
        assert_eq!(bench.credits().await, pair("10", "0"), "{end}");
        assert_eq!(bench.message(number).await.credits, Decimal::ZERO, "{end}");
    }
    // What is tried again is reserved again.
    let again = bench.claim("09:30", 10).await;
    assert_eq!(
        bench.steps("09:30", &[paid(&again[0], "3")]).await.made,
        [true]
    );
    assert_eq!(bench.credits().await, pair("7", "3"));
}

pub(crate) async fn what_may_have_gone_stays_reserved_until_a_receipt(bench: Bench) {
    bench.add_credits("10").await;
    bench.plan([reminder(1)]).await;
    let claim = bench.take(1).await;
    assert!(bench.step(paid(&claim, "1")).await);
    let again = Transition {
        from: State::Sending,
        ..paid(&claim, "1")
    };
    assert!(bench.step(again).await);
    assert_eq!(
        bench.credits().await,
        pair("9", "1"),
        "sent again, paid once"
    );
    assert!(
        bench
            .step(step(&claim, State::Sending, State::Unknown))
            .await
    );
    assert_eq!(bench.credits().await, pair("9", "1"));
    bench
        .receive(ReceiptOf::Message(id(1)), ReceiptStatus::Sent)
        .await;
    assert_eq!(bench.credits().await, pair("9", "0"));
}

pub(crate) async fn what_no_receipt_settles_is_spent_in_its_time(bench: Bench) {
    bench.add_credits("10").await;
    bench.plan((1..=3).map(reminder)).await;
    for number in 1..=3 {
        let claim = bench.take(number).await;
        assert!(bench.step(paid(&claim, "1")).await);
        if number < 3 {
            let unknown = step(&claim, State::Sending, State::Unknown);
            assert_eq!(
                bench.commit(&format!("1{number}:00"), &[unknown]).await,
                [true]
            );
        }
    }
    let spend = async |before: &str| {
        bench
            .store
            .spend_unknown(&bench.facility, at(before), at("8 12:00"))
            .await
            .unwrap()
    };
    assert_eq!(spend("11:00").await, 0);
    assert_eq!(spend("12:00").await, 1, "the first was unknown before");
    assert_eq!(bench.credits().await, pair("7", "2"));
    assert_eq!(spend("9 00:00").await, 1, "the third is under way");
    assert_eq!(bench.credits().await, pair("7", "1"));
    assert_eq!(spend("9 00:00").await, 0, "it is done once");
    // A receipt that comes after all changes nothing about it.
    bench
        .receive(ReceiptOf::Message(id(1)), ReceiptStatus::Failed)
        .await;
    assert_eq!(bench.credits().await, pair("7", "1"));
    let other = "g".into();
    let others = bench
        .store
        .spend_unknown(&other, at("9 00:00"), at("9 00:00"))
        .await;
    assert_eq!(others.unwrap(), 0);
}

pub(crate) async fn what_is_not_covered_is_held_and_goes_after_a_top_up(bench: Bench) {
    assert_eq!(bench.add_credits("3").await, Some(0));
    bench.plan((1..=5).map(reminder)).await;
    let went = bench.pay("09:00").await;
    assert_eq!(went.iter().filter(|(_, went)| *went).count(), 3);
    assert_eq!(bench.credits().await, pair("0", "3"));
    let held: Vec<u128> = went.iter().filter(|(_, w)| !w).map(|(n, _)| *n).collect();
    for number in &held {
        let message = bench.message(*number).await;
        assert_eq!(message.state, State::Held);
        assert_eq!(message.origin, None);
        assert_eq!(message.due, at("09:00"), "it keeps its place");
        assert_eq!((message.attempts, message.text), (0, None));
        assert_eq!(
            message.reason.as_deref(),
            Some("out of credits: it costs 1, 0 left; it waits for more")
        );
        let unpaid = Step::Unpaid {
            cost: decimal("1"),
            left: decimal("0"),
        };
        assert_eq!(bench.story(*number).await.pop(), Some(unpaid));
    }
    let account = bench.account().await;
    assert_eq!((account.waiting, account.level), (2, CreditLevel::Out));
    // Nobody takes them meanwhile, and nothing is due.
    assert_eq!(bench.claim("10:00", 10).await.len(), 0);
    assert_eq!(bench.store.next_due(&lane()).await.unwrap(), None);
    assert_eq!(
        bench.add_credits("1").await,
        Some(1),
        "as far as it reaches"
    );
    assert_eq!(
        bench.store.next_due(&lane()).await.unwrap(),
        Some(at("09:00"))
    );
    assert_eq!(bench.pay("10:00").await, [(held[0], true)]);
    assert_eq!(bench.add_credits("10").await, Some(1));
    assert_eq!(bench.pay("10:01").await, [(held[1], true)]);
    assert_eq!(bench.credits().await, pair("9", "5"));
    assert_eq!(bench.account().await.waiting, 0);
}

pub(crate) async fn urgent_ones_go_first_when_credits_come_back(bench: Bench) {
    let urgent = NewMessage {
        kind: kind("cancelled"),
        notice: true,
        ..reminder_at(3, "08:59")
    };
    bench
        .plan([reminder_at(1, "08:40"), reminder_at(2, "08:30"), urgent])
        .await;
    assert!(bench.pay("09:00").await.iter().all(|(_, went)| !went));
    for next in [3, 2, 1] {
        assert_eq!(bench.add_credits("1").await, Some(1));
        assert_eq!(bench.pay("09:10").await, [(next, true)]);
    }
}

pub(crate) async fn what_waits_for_credits_moves_is_withdrawn_and_comes_too_late(bench: Bench) {
    bench.plan((1..=4).map(reminder)).await;
    assert_eq!(bench.pay("09:00").await.len(), 4);
    let changed = |number| {
        event(
            &format!("c-{number}"),
            "appointment.modified",
            visit(number, number),
        )
    };
    bench.tell(changed(1), vec![move_to(1, "11:00")]).await;
    bench.tell(changed(2), vec![withdraw(2)]).await;
    bench.erase(3).await;
    assert_eq!(bench.account().await.waiting, 1);
    assert_eq!(bench.message(1).await.reason, None);
    assert_eq!(bench.state(2).await, State::Withdrawn);
    assert_eq!(bench.offer("09:10").await, 0);
    // Its time ends on the third: whoever judges it then sees that it is over.
    assert_eq!(bench.offer("3 14:30").await, 1);
    assert_eq!(numbers(&bench.claim("3 14:30", 10).await), [4, 1]);
}

pub(crate) async fn other_rules_look_again_at_what_waits_for_credits(bench: Bench) {
    bench.plan([reminder(1)]).await;
    assert_eq!(bench.pay("09:00").await, [(1, false)]);
    let now = (at("09:10"), civil("09:10"));
    let looked = bench.store.look_again(&bench.facility, now).await.unwrap();
    assert_eq!(looked, 1);
    let claim = bench.claim("09:10", 10).await.remove(0);
    let unlimited = Transition {
        from: State::Held,
        ..begin(&claim)
    };
    assert!(bench.step(unlimited).await);
}

pub(crate) async fn credits_that_were_given_back_are_offered(bench: Bench) {
    bench.add_credits("1").await;
    bench.plan([reminder(1), reminder(2)]).await;
    let claims = bench.claim("09:00", 10).await;
    let steps: Vec<_> = claims.iter().map(|claim| paid(claim, "1")).collect();
    assert_eq!(bench.steps("09:00", &steps).await.made, [true, false]);
    assert_eq!(bench.offer("09:01").await, 0);
    assert!(
        bench
            .step(step(&claims[0], State::Sending, State::Failed))
            .await
    );
    assert_eq!(bench.offer("09:01").await, 1);
    let waited = claims[1].message.id.0.as_u128();
    assert_eq!(bench.pay("09:01").await, [(waited, true)]);
}

pub(crate) async fn a_crossing_is_told_once_until_there_is_a_top_up(bench: Bench) {
    assert_eq!(bench.limit("2").await, Some(CreditLevel::Low));
    assert_eq!(bench.limit("2").await, None, "it was told");
    bench.add_credits("4").await;
    bench.plan((1..=9).map(reminder)).await;
    let mut told = Vec::new();
    for _ in 0..6 {
        let claim = bench.claim("09:00", 1).await.remove(0);
        let crossings = bench.steps("09:00", &[paid(&claim, "1")]).await.crossings;
        let levels = crossings.iter().map(|c| (c.level, c.balance));
        told.push(levels.collect::<Vec<_>>());
    }
    let low = (CreditLevel::Low, decimal("2"));
    let out = (CreditLevel::Out, decimal("0"));
    assert_eq!(told, [vec![], vec![low], vec![], vec![], vec![out], vec![]]);
    bench.add_credits("1").await;
    let claim = bench.claim("09:00", 2).await;
    let steps: Vec<_> = claim.iter().map(|claim| paid(claim, "1")).collect();
    let crossings = bench.steps("09:00", &steps).await.crossings;
    assert_eq!(crossings.len(), 1);
    assert_eq!(crossings[0].level, CreditLevel::Out);
    assert_eq!(crossings[0].facility, bench.facility);
}

pub(crate) async fn a_call_is_paid_by_its_length(bench: Bench) {
    bench.add_credits("10").await;
    let call = |number| NewMessage {
        channel: ChannelKind::Voice,
        ..reminder(number)
    };
    bench.plan((1..=4).map(call)).await;
    let claims = bench.claim_on(ChannelKind::Voice, "09:00", 10).await;
    for claim in &claims {
        let mut begin = paid(claim, "2");
        // The third is not counted against anything, and costs what it costs.
        let limited = claim.message.id != id(3);
        let by_minute = Handover {
            credits: decimal("2"),
            minute: Some(decimal("2")),
            limited,
            ..handover()
        };
        begin.handover = Some(Arc::new(by_minute));
        assert!(bench.step(begin).await);
        assert!(bench.step(step(claim, State::Sending, State::Sent)).await);
    }
    assert_eq!(bench.credits().await, pair("4", "0"));
    let lasted = |number, status, seconds| Receipt {
        of: ReceiptOf::Message(id(number)),
        status,
        reason: None,
        seconds,
    };
    let receipts = [
        lasted(1, ReceiptStatus::Delivered, Some(61)),
        lasted(2, ReceiptStatus::Failed, Some(0)),
        lasted(3, ReceiptStatus::Delivered, Some(130)),
        lasted(4, ReceiptStatus::Delivered, None),
        // Told twice, paid once.
        lasted(1, ReceiptStatus::Delivered, Some(61)),
    ];
    bench
        .store
        .receive(&bench.facility, "gw", &receipts, at("10:00"))
        .await
        .unwrap();
    assert_eq!(
        bench.credits().await,
        pair("4", "0"),
        "two more and two fewer"
    );
    let cost = async |number| bench.message(number).await.credits.normalize().to_string();
    assert_eq!(cost(1).await, "4");
    assert_eq!(cost(2).await, "0");
    assert_eq!(cost(3).await, "6");
    assert_eq!(cost(4).await, "2");
    let while_ = (at("00:00"), at("2 00:00"));
    let spent = bench.store.spent(&bench.facility, while_).await.unwrap();
    assert_eq!(spent.get(&ChannelKind::Voice), Some(&decimal("12")));
    assert_eq!(spent.len(), 1);
}

pub(crate) async fn without_a_limit_nothing_is_counted_and_costs_are_told(bench: Bench) {
    bench.plan([reminder(1)]).await;
    bench.sent(1).await;
    assert_eq!(bench.store.accounts().await.unwrap(), []);
    assert_eq!(bench.store.ledger(&bench.facility, 10).await.unwrap(), []);
    let spent = bench.store.spent(&bench.facility, day()).await.unwrap();
    assert_eq!(spent.get(&ChannelKind::Sms), Some(&decimal("1")));
    // A limit that is lifted leaves the account to see.
    bench.limit("5").await;
    let none = bench
        .store
        .limit_credits(&bench.facility, None, at("08:00"))
        .await;
    assert_eq!(none.unwrap(), None);
    assert!(!bench.account().await.limited);
}

pub(crate) async fn nothing_is_reserved_for_a_step_that_is_not_made(bench: Bench) {
    bench.add_credits("1").await;
    bench.plan([reminder(1), reminder(2)]).await;
    let claims = bench.claim("09:00", 10).await;
    let mut stale = paid(&claims[0], "1");
    stale.fence -= 1;
    let held = Transition {
        from: State::Held,
        ..paid(&claims[0], "1")
    };
    let steps = [stale, held, paid(&claims[1], "1")];
    assert_eq!(
        bench.steps("09:00", &steps).await.made,
        [false, false, true]
    );
    assert_eq!(bench.credits().await, pair("0", "1"));
    assert_eq!(bench.account().await.waiting, 0);
}

pub(crate) async fn nothing_is_reserved_for_an_address_that_wants_nothing(bench: Bench) {
    bench.add_credits("1").await;
    bench.plan((1..=3).map(reminder)).await;
    let claims = bench.claim("09:00", 10).await;
    let mut steps: Vec<_> = claims.iter().map(|claim| paid(claim, "1")).collect();
    let mut unwanted = handover();
    unwanted.limited = true;
    unwanted.address = "+33639980009".into();
    steps[0].handover = Some(Arc::new(unwanted));
    bench
        .store
        .suppress(
            &bench.facility,
            ChannelKind::Sms,
            "+33639980009",
            true,
            "gw/7",
            at("08:30"),
        )
        .await
        .unwrap();
    let committed = bench.steps("09:00", &steps).await;
    assert_eq!(committed.made, [false, true, false]);
    assert_eq!(bench.state(1).await, State::Skipped);
    assert_eq!(bench.state(2).await, State::Sending);
    assert_eq!(bench.state(3).await, State::Held);
    assert_eq!(bench.credits().await, pair("0", "1"));
    assert_eq!(bench.account().await.waiting, 1);
}

pub(crate) async fn no_workers_together_overdraw_an_account(bench: Bench) {
    bench.add_credits("30").await;
    bench.plan((1..=80).map(reminder)).await;
    let mut workers = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let claims = bench.claim("09:00", 10).await;
        let bench = bench.clone();
        workers.spawn(async move {
            let mut went = 0;
            for claim in claims {
                went += u32::from(bench.step(paid(&claim, "1")).await);
            }
            went
        });
    }
    assert_eq!(workers.join_all().await.iter().sum::<u32>(), 30);
    assert_eq!(bench.credits().await, pair("0", "30"));
    assert_eq!(bench.account().await.waiting, 50);
}

pub(crate) async fn each_clinic_has_its_own(bench: Bench) {
    let other = bench.of("g");
    bench.add_credits("1").await;
    other.add_credits("5").await;
    bench.plan((1..=2).map(reminder)).await;
    other.plan((3..=4).map(reminder)).await;
    let mut claims = bench.claim("09:00", 10).await;
    claims.extend(other.claim("09:00", 10).await);
    let steps: Vec<_> = claims.iter().map(|claim| paid(claim, "1")).collect();
    let committed = bench.steps("09:00", &steps).await;
    assert_eq!(committed.made, [true, false, true, true]);
    assert_eq!(other.credits().await, pair("3", "2"));
    assert_eq!(other.add_credits("1").await, Some(0), "nobody else's goes");
    assert_eq!(bench.credits().await, pair("0", "1"));
}

pub(crate) async fn the_ledger_tells_the_latest_first_and_outlives_a_patient(bench: Bench) {
    let note = Some("invoice 2026-17");
    bench
        .store
        .add_credits(&bench.facility, decimal("3"), note, at("08:00"))
        .await
        .unwrap();
    bench.plan((1..=2).map(reminder)).await;
    assert_eq!(bench.pay("09:00").await.len(), 2);
    assert_eq!(bench.add_credits("-0.5").await, Some(0), "a slip is mended");
    assert_eq!(bench.add_credits("-0.6").await, None, "there are fewer");
    // A patient who is erased, at eight, while their message is under way: it may have gone.
    bench.erase(1).await;
    assert_eq!(bench.credits().await, pair("0.5", "1"));
    let ledger = bench.store.ledger(&bench.facility, 10).await.unwrap();
    let told: Vec<_> = ledger
        .iter()
        .map(|entry| {
            (
                entry.posting,
                entry.amount.to_string(),
                entry.note.as_deref(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            (Posting::Reserved, "1".into(), None),
            (Posting::Added, "-0.5".into(), None),
            (Posting::Added, "3".into(), note),
            (Posting::Spent, "1".into(), None),
        ]
    );
    assert_eq!(ledger[0].message, Some(id(2)));
    assert_eq!(ledger[0].channel, Some(ChannelKind::Sms));
    assert_eq!(
        bench.store.ledger(&bench.facility, 2).await.unwrap().len(),
        2
    );
}
