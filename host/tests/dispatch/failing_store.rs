//! A store that fails for a while: nothing is lost, and nothing is sent that can't be remembered.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use rappel_core::message::State;
use rappel_core::store::{Store, StoreError};
use rappel_host::store::SqliteStore;

use crate::house::{House, Setup};

/// Makes a wrapper around a store that is asked before each call. `all` stands for the argument of
/// [`Store::claim_stuck`].
macro_rules! delegate {
    ($type:ty, |$self:ident, $call:ident| $asked:expr, all = $all:expr) => {
        #[async_trait::async_trait]
        impl rappel_core::store::Store for $type {
            async fn ingest(
                &self,
                facility: &rappel_core::ids::FacilityId,
                events: &[rappel_core::Event],
                now: rappel_core::Instant,
                planner: &dyn rappel_core::store::Planner,
            ) -> rappel_core::store::Result<Vec<rappel_core::store::Ingested>> {
                self.0.ingest(facility, events, now, planner).await
            }
            async fn replan(
                &self,
                facility: &rappel_core::ids::FacilityId,
                now: rappel_core::Instant,
                planner: &dyn rappel_core::store::Planner,
            ) -> rappel_core::store::Result<rappel_core::store::Replanned> {
                self.0.replan(facility, now, planner).await
            }
            async fn planned_otherwise(
                &self,
                facility: &rappel_core::ids::FacilityId,
                generation: &str,
                now: rappel_core::Civil,
            ) -> rappel_core::store::Result<Vec<rappel_core::ids::AppointmentId>> {
                self.0.planned_otherwise(facility, generation, now).await
            }
            async fn standing(
                &self,
                facility: &rappel_core::ids::FacilityId,
                appointments: &[rappel_core::ids::AppointmentId],
            ) -> rappel_core::store::Result<Vec<rappel_core::store::Standing>> {
                self.0.standing(facility, appointments).await
            }
            async fn plan_anew(
                &self,
                facility: &rappel_core::ids::FacilityId,
                appointments: &[rappel_core::ids::AppointmentId],
                now: rappel_core::Instant,
                planner: &dyn rappel_core::store::Planner,
            ) -> rappel_core::store::Result<rappel_core::store::PlannedAnew> {
                self.0.plan_anew(facility, appointments, now, planner).await
            }
            async fn note_change(
                &self,
                change: &rappel_core::store::ChangeRecord,
            ) -> rappel_core::store::Result<()> {
                self.0.note_change(change).await
            }
            async fn note_effect(
                &self,
                facility: &rappel_core::ids::FacilityId,
                generation: &str,
                effect: &rappel_core::store::EffectCounts,
            ) -> rappel_core::store::Result<()> {
                self.0.note_effect(facility, generation, effect).await
            }
            async fn effect_of(
                &self,
                facility: &rappel_core::ids::FacilityId,
                generation: &str,
            ) -> rappel_core::store::Result<Option<rappel_core::store::EffectCounts>> {
                self.0.effect_of(facility, generation).await
            }
            async fn changes(
                &self,
                facility: &rappel_core::ids::FacilityId,
                limit: u32,
            ) -> rappel_core::store::Result<Vec<rappel_core::store::ChangeRecord>> {
                self.0.changes(facility, limit).await
            }
            async fn shadows(
                &self,
                facility: Option<&rappel_core::ids::FacilityId>,
            ) -> rappel_core::store::Result<Vec<rappel_core::shadow::Asked>> {
                self.0.shadows(facility).await
            }
            async fn shadow(
                &self,
                facility: &rappel_core::ids::FacilityId,
                policy: &str,
                limit: u32,
            ) -> rappel_core::store::Result<Vec<rappel_core::shadow::Recorded>> {
                self.0.shadow(facility, policy, limit).await
            }
            async fn unplanned(
                &self,
                facility: Option<&rappel_core::ids::FacilityId>,
            ) -> rappel_core::store::Result<Vec<rappel_core::store::Unplanned>> {
                self.0.unplanned(facility).await
            }
            async fn claim(
                &self,
                lane: &rappel_core::store::Lane,
                now: rappel_core::Instant,
                day: (rappel_core::Instant, rappel_core::Instant),
                limit: u32,
                lease: rappel_core::Instant,
            ) -> rappel_core::store::Result<Vec<rappel_core::store::Claimed>> {
                let ($self, $call) = (self, "claim");
                let () = $asked?;
                self.0.claim(lane, now, day, limit, lease).await
            }
            async fn join(
                &self,
                lane: &rappel_core::store::Lane,
                claimed: &[rappel_core::ids::MessageId],
                now: rappel_core::Instant,
                day: (rappel_core::Instant, rappel_core::Instant),
                lease: rappel_core::Instant,
            ) -> rappel_core::store::Result<
                Vec<(rappel_core::ids::MessageId, rappel_core::store::Claimed)>,
            > {
                let ($self, $call) = (self, "join");
                let () = $asked?;
                self.0.join(lane, claimed, now, day, lease).await
            }
            async fn look_again(
                &self,
                facility: &rappel_core::ids::FacilityId,
                now: (rappel_core::Instant, rappel_core::Civil),
            ) -> rappel_core::store::Result<u64> {
                self.0.look_again(facility, now).await
            }
            async fn claim_stuck(
                &self,
                facility: &rappel_core::ids::FacilityId,
                now: rappel_core::Instant,
                day: (rappel_core::Instant, rappel_core::Instant),
                lease: rappel_core::Instant,
                all: bool,
            ) -> rappel_core::store::Result<Vec<rappel_core::store::Claimed>> {
                let ($self, $call) = (self, "claim_stuck");
                let () = $asked?;
                let all = all && $all;
                self.0.claim_stuck(facility, now, day, lease, all).await
            }
            async fn commit(
                &self,
                steps: &[rappel_core::store::Transition],
                now: rappel_core::Instant,
                day: (rappel_core::Instant, rappel_core::Instant),
            ) -> rappel_core::store::Result<rappel_core::store::Committed> {
                let ($self, $call) = (self, "commit");
                let () = $asked?;
                self.0.commit(steps, now, day).await
            }
            async fn judged(
                &self,
                facility: &rappel_core::ids::FacilityId,
                held: &[(rappel_core::ids::MessageId, i64)],
            ) -> rappel_core::store::Result<()> {
                let ($self, $call) = (self, "judged");
                let () = $asked?;
                self.0.judged(facility, held).await
            }
            async fn release(
                &self,
                facility: &rappel_core::ids::FacilityId,
                held: &[(rappel_core::ids::MessageId, i64)],
            ) -> rappel_core::store::Result<()> {
                let ($self, $call) = (self, "release");
                let () = $asked?;
                self.0.release(facility, held).await
            }
            async fn receive(
                &self,
                facility: &rappel_core::ids::FacilityId,
                gateway: &str,
                receipts: &[rappel_core::provider::Receipt],
                now: rappel_core::Instant,
            ) -> rappel_core::store::Result<Vec<Option<rappel_core::ids::MessageId>>> {
                self.0.receive(facility, gateway, receipts, now).await
            }
            async fn limit_credits(
                &self,
                facility: &rappel_core::ids::FacilityId,
                low: Option<rust_decimal::Decimal>,
                now: rappel_core::Instant,
            ) -> rappel_core::store::Result<Option<rappel_core::store::Crossing>> {
                self.0.limit_credits(facility, low, now).await
            }
            async fn add_credits(
                &self,
                facility: &rappel_core::ids::FacilityId,
                amount: rust_decimal::Decimal,
                note: Option<&str>,
                now: rappel_core::Instant,
            ) -> rappel_core::store::Result<Option<u64>> {
                self.0.add_credits(facility, amount, note, now).await
            }
            async fn offer_credits(
                &self,
                facility: &rappel_core::ids::FacilityId,
                now: rappel_core::Instant,
            ) -> rappel_core::store::Result<u64> {
                self.0.offer_credits(facility, now).await
            }
            async fn note_alarm(
                &self,
                facility: &rappel_core::ids::FacilityId,
                alarm: &rappel_core::alarm::Alarm,
                since: rappel_core::Instant,
                now: rappel_core::Instant,
            ) -> rappel_core::store::Result<()> {
                self.0.note_alarm(facility, alarm, since, now).await
            }
            async fn alarms(
                &self,
                facility: Option<&rappel_core::ids::FacilityId>,
                limit: u32,
            ) -> rappel_core::store::Result<
                Vec<(
                    rappel_core::ids::FacilityId,
                    rappel_core::alarm::AlarmRecord,
                )>,
            > {
                self.0.alarms(facility, limit).await
            }
            async fn plan_report(
                &self,
                facility: &rappel_core::ids::FacilityId,
                report: rappel_core::alarm::NewReport,
            ) -> rappel_core::store::Result<Option<rappel_core::alarm::PlannedReport>> {
                self.0.plan_report(facility, report).await
            }
            async fn spend_unknown(
                &self,
                facility: &rappel_core::ids::FacilityId,
                before: rappel_core::Instant,
                now: rappel_core::Instant,
            ) -> rappel_core::store::Result<u64> {
                self.0.spend_unknown(facility, before, now).await
            }
            async fn accounts(
                &self,
            ) -> rappel_core::store::Result<Vec<rappel_core::store::Account>> {
                self.0.accounts().await
            }
            async fn ledger(
                &self,
                facility: &rappel_core::ids::FacilityId,
                limit: u32,
            ) -> rappel_core::store::Result<Vec<rappel_core::store::Posted>> {
                self.0.ledger(facility, limit).await
            }
            async fn spent(
                &self,
                facility: &rappel_core::ids::FacilityId,
                between: (rappel_core::Instant, rappel_core::Instant),
            ) -> rappel_core::store::Result<
                std::collections::BTreeMap<rappel_core::ChannelKind, rust_decimal::Decimal>,
            > {
                self.0.spent(facility, between).await
            }

            async fn link(
                &self,
                token: &str,
            ) -> rappel_core::store::Result<Option<rappel_core::store::Link>> {
                self.0.link(token).await
            }

            async fn use_link(
                &self,
                facility: &rappel_core::ids::FacilityId,
                token: &str,
                now: rappel_core::Instant,
            ) -> rappel_core::store::Result<bool> {
                self.0.use_link(facility, token, now).await
            }

            async fn note_opened(
                &self,
                opened: &[(rappel_core::store::OpeningToken, rappel_core::Instant)],
            ) -> rappel_core::store::Result<u64> {
                self.0.note_opened(opened).await
            }

            async fn requests(
                &self,
                facility: &rappel_core::ids::FacilityId,
                of: rappel_core::store::RequestOf<'_>,
                now: rappel_core::Civil,
            ) -> rappel_core::store::Result<Vec<rappel_core::store::Request>> {
                self.0.requests(facility, of, now).await
            }

            async fn people_at(
                &self,
                facility: &rappel_core::ids::FacilityId,
                address: &str,
            ) -> rappel_core::store::Result<Vec<rappel_core::ids::PatientId>> {
                self.0.people_at(facility, address).await
            }

            async fn note_reply(
                &self,
                facility: &rappel_core::ids::FacilityId,
                reply: &rappel_core::store::ReplyRecord,
            ) -> rappel_core::store::Result<bool> {
                self.0.note_reply(facility, reply).await
            }

            async fn replies(
                &self,
                facility: &rappel_core::ids::FacilityId,
                since: rappel_core::Instant,
                limit: u32,
            ) -> rappel_core::store::Result<Vec<rappel_core::store::ReplyRecord>> {
                self.0.replies(facility, since, limit).await
            }

            async fn suppress(
                &self,
                facility: &rappel_core::ids::FacilityId,
                channel: rappel_core::ChannelKind,
                address: &str,
                suppressed: bool,
                source: &str,
                now: rappel_core::Instant,
            ) -> rappel_core::store::Result<()> {
                self.0
                    .suppress(facility, channel, address, suppressed, source, now)
                    .await
            }

            async fn consents(
                &self,
                facility: &rappel_core::ids::FacilityId,
                patient: &rappel_core::ids::PatientId,
            ) -> rappel_core::store::Result<Vec<rappel_core::store::ConsentChange>> {
                self.0.consents(facility, patient).await
            }

            async fn outgoing(
                &self,
                facility: &rappel_core::ids::FacilityId,
                now: rappel_core::Instant,
                limit: u32,
            ) -> rappel_core::store::Result<Vec<rappel_core::store::OutgoingEvent>> {
                self.0.outgoing(facility, now, limit).await
            }

            async fn outgoing_done(
                &self,
                facility: &rappel_core::ids::FacilityId,
                seq: i64,
                again: Option<rappel_core::Instant>,
            ) -> rappel_core::store::Result<()> {
                self.0.outgoing_done(facility, seq, again).await
            }

            async fn braked(
                &self,
                facility: Option<&rappel_core::ids::FacilityId>,
            ) -> rappel_core::store::Result<Vec<rappel_core::store::Braked>> {
                self.0.braked(facility).await
            }

            async fn approvals(
                &self,
                facility: &rappel_core::ids::FacilityId,
            ) -> rappel_core::store::Result<Vec<rappel_core::store::Approval>> {
                self.0.approvals(facility).await
            }

            async fn decide(
                &self,
                facility: &rappel_core::ids::FacilityId,
                approval: &str,
                approved: bool,
                now: (rappel_core::Instant, rappel_core::Civil),
            ) -> rappel_core::store::Result<Option<u32>> {
                self.0.decide(facility, approval, approved, now).await
            }

            async fn next_due(
                &self,
                lane: &rappel_core::store::Lane,
            ) -> rappel_core::store::Result<Option<rappel_core::Instant>> {
                let ($self, $call) = (self, "next_due");
                let () = $asked?;
                self.0.next_due(lane).await
            }
            async fn messages(
                &self,
                filter: &rappel_core::store::Filter,
            ) -> rappel_core::store::Result<Vec<rappel_core::store::Message>> {
                self.0.messages(filter).await
            }
            async fn story(
                &self,
                facility: &rappel_core::ids::FacilityId,
                id: rappel_core::ids::MessageId,
            ) -> rappel_core::store::Result<Vec<rappel_core::store::Entry>> {
                self.0.story(facility, id).await
            }
            async fn records(
                &self,
                facility: &rappel_core::ids::FacilityId,
                appointment: &rappel_core::ids::AppointmentId,
            ) -> rappel_core::store::Result<Option<rappel_core::facts::Records>> {
                self.0.records(facility, appointment).await
            }
            async fn appointments_of(
                &self,
                facility: &rappel_core::ids::FacilityId,
                whose: &rappel_core::store::Whose<'_>,
                limit: u32,
            ) -> rappel_core::store::Result<Vec<rappel_core::facts::Records>> {
                self.0.appointments_of(facility, whose, limit).await
            }
            async fn counts(&self) -> rappel_core::store::Result<Vec<rappel_core::store::Count>> {
                self.0.counts().await
            }
            async fn tally(
                &self,
                filter: &rappel_core::store::Filter,
                by: &[rappel_core::tally::By],
            ) -> rappel_core::store::Result<Vec<rappel_core::tally::Tally>> {
                self.0.tally(filter, by).await
            }
            async fn begin(&self, now: rappel_core::Instant) -> rappel_core::store::Result<()> {
                self.0.begin(now).await
            }
            async fn begun(&self) -> rappel_core::store::Result<Option<rappel_core::Instant>> {
                self.0.begun().await
            }
            async fn note_absent(
                &self,
                absent: &rappel_core::store::Absent,
            ) -> rappel_core::store::Result<()> {
                self.0.note_absent(absent).await
            }
            async fn forget_absent(&self, folder: &str) -> rappel_core::store::Result<()> {
                self.0.forget_absent(folder).await
            }
            async fn absent(&self) -> rappel_core::store::Result<Vec<rappel_core::store::Absent>> {
                self.0.absent().await
            }
            async fn keep_folder(
                &self,
                kept: &rappel_core::store::KeptFolder,
            ) -> rappel_core::store::Result<()> {
                self.0.keep_folder(kept).await
            }
            async fn kept_folders(
                &self,
            ) -> rappel_core::store::Result<Vec<rappel_core::store::KeptFolder>> {
                self.0.kept_folders().await
            }
            async fn note_generation(
                &self,
                record: &rappel_core::store::GenerationRecord,
            ) -> rappel_core::store::Result<()> {
                self.0.note_generation(record).await
            }
            async fn generations(
                &self,
            ) -> rappel_core::store::Result<Vec<rappel_core::store::GenerationRecord>> {
                self.0.generations().await
            }
            async fn link_key(&self) -> rappel_core::store::Result<[u8; 32]> {
                self.0.link_key().await
            }
            async fn redact(
                &self,
                facility: &rappel_core::ids::FacilityId,
                before: rappel_core::Instant,
            ) -> rappel_core::store::Result<u64> {
                self.0.redact(facility, before).await
            }
        }
    };
}
pub(crate) use delegate;

/// A store of which calls fail as often as a test says.
struct Failing(SqliteStore, Mutex<HashMap<&'static str, u32>>);

impl Failing {
    async fn new() -> Arc<Self> {
        let store = SqliteStore::in_memory().await.unwrap();
        Arc::new(Self(store, Mutex::default()))
    }

    /// The next calls of that name fail.
    fn fail(&self, call: &'static str, times: u32) {
        self.1.lock().unwrap().insert(call, times);
    }

    fn left(&self, call: &'static str) -> u32 {
        self.1.lock().unwrap().get(call).copied().unwrap_or(0)
    }

    fn asked(&self, call: &'static str) -> Result<(), StoreError> {
        match self.1.lock().unwrap().get_mut(call) {
            Some(times) if *times > 0 => {
                *times -= 1;
                Err(StoreError("the disk is full".into()))
            }
            _ => Ok(()),
        }
    }
}

delegate!(Failing, |store, call| store.asked(call), all = true);

async fn house(store: &Arc<Failing>, honours: bool) -> House {
    House::new(Setup {
        store: Some(store.clone() as Arc<dyn Store>),
        honours,
        limits: "{ concurrency = 4 }",
        ..Setup::default()
    })
    .await
}

/// Everything was sent once, at the first attempt.
async fn all_went_once(house: &House, messages: usize) {
    house.until_all(State::Sent).await;
    assert_eq!(house.gateway.count(), messages);
    assert!(house.gateway.accepted_once());
    for message in house.messages().await {
        assert_eq!(message.attempts, 1);
    }
}

#[tokio::test]
async fn what_can_not_be_marked_is_not_sent() {
    let store = Failing::new().await;
    let house = house(&store, false).await;
    let lanes = house.start().await;
    store.fail("commit", u32::MAX);
    house.remind(0..10).await;
    house.quiet().await;
    assert_eq!(house.gateway.count(), 0);
    store.fail("commit", 0);
    all_went_once(&house, 10).await;
    lanes.stop().await;
}

#[tokio::test]
async fn an_answer_that_can_not_be_kept_is_kept_later() {
    let store = Failing::new().await;
    let house = House::new(Setup {
        store: Some(store.clone() as Arc<dyn Store>),
        honours: false,
        waiting: true,
        ..Setup::default()
    })
    .await;
    let lanes = house.start().await;
    house.remind(0..10).await;
    house
        .until_gateway("all", |gateway| gateway.flying() == 10)
        .await;
    store.fail("commit", 2);
    house.gateway.open();
    house
        .until("the failure", |_| store.left("commit") == 0)
        .await;
    all_went_once(&house, 10).await;
    lanes.stop().await;
}

#[tokio::test]
async fn each_other_call_may_fail_too() {
    let store = Failing::new().await;
    let house = house(&store, false).await;
    let lanes = house.start().await;
    let mut sent = 0;
    for call in ["claim", "judged", "next_due", "claim_stuck"] {
        store.fail(call, 1);
        house.remind(sent..sent + 5).await;
        sent += 5;
        if call == "claim_stuck" {
            house.pass(10);
        }
        all_went_once(&house, sent as usize).await;
    }
    lanes.stop().await;
}

#[tokio::test]
async fn what_can_not_be_let_go_is_not_lost() {
    let store = Failing::new().await;
    let house = House::new(Setup {
        store: Some(store.clone() as Arc<dyn Store>),
        limits: "{ concurrency = 1 }",
        ..Setup::default()
    })
    .await;
    house.gateway.answer([crate::gateway::wait(60)]);
    let lanes = house.start().await;
    store.fail("release", 1);
    house.remind(0..10).await;
    house
        .until("the failure", |_| store.left("release") == 0)
        .await;
    house.pass(60);
    house.until_all(State::Sent).await;
    assert_eq!(house.gateway.count(), 11);
    lanes.stop().await;
}

#[tokio::test]
async fn a_host_stops_though_its_store_is_gone() {
    let store = Failing::new().await;
    let house = house(&store, true).await;
    let lanes = house.start().await;
    house.quiet().await;
    store.fail("commit", u32::MAX);
    store.fail("release", u32::MAX);
    house.remind(0..10).await;
    house.quiet().await;
    lanes.stop().await;
    assert_eq!(house.gateway.count(), 0);
}
