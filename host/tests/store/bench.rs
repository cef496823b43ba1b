//! What the tests work with: a store, a planner made by hand, and short ways to say what happens.
//!
//! Everything happens on 1 June 2026, and the clinic's wall clock shows UTC.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::TimeDelta;
use rappel_core::channel::{ChannelKind, SmsEncoding};
use rappel_core::civil::{Civil, Instant};
use rappel_core::decision::Origin;
use rappel_core::event::{Event, EventError};
use rappel_core::facts::{Records, merge};
use rappel_core::ids::{FacilityId, MessageId};
use rappel_core::kind::Kind;
use rappel_core::message::{Recipient, State};
use rappel_core::provider::{Receipt, ReceiptOf, ReceiptStatus};
use rappel_core::store::{
    Change, Claimed, Filter, Handover, Ingested, Lane, LastEvent, Message, NewMessage, Plan,
    Planner, Step, Store, Transition, Unplanned,
};
use rappel_host::store::SqliteStore;
use serde_json::{Map, Value, json};
use tempfile::TempDir;

/// A store with a clinic in it.
#[derive(Clone)]
pub(crate) struct Bench {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) facility: FacilityId,
    _folder: Option<Arc<TempDir>>,
}

/// The time of day, on 1 June unless it says `DAY HH:MM`.
pub(crate) fn at(time: &str) -> Instant {
    civil(time).0.and_utc()
}

/// The same on the wall clock.
pub(crate) fn civil(time: &str) -> Civil {
    let text = match time.split_once(' ') {
        Some((day, time)) => format!("2026-06-{day:0>2}T{time}"),
        None => format!("2026-06-01T{time}"),
    };
    text.parse().unwrap()
}

/// The day on which everything happens.
pub(crate) fn day() -> (Instant, Instant) {
    (at("00:00"), at("2 00:00"))
}

pub(crate) fn id(number: u128) -> MessageId {
    MessageId(uuid::Uuid::from_u128(number))
}

pub(crate) fn kind(name: &str) -> Kind {
    Kind::parse(name).unwrap()
}

pub(crate) fn origin(policy: &str, line: u32) -> Origin {
    Origin {
        policy: policy.into(),
        line,
    }
}

/// An event that arrives at 08:00. `data` are its records.
pub(crate) fn event(id: &str, kind: &str, data: Value) -> Event {
    event_at(id, kind, None, data)
}

/// An event with the time at which it happened.
pub(crate) fn event_at(id: &str, kind: &str, time: Option<&str>, data: Value) -> Event {
    let mut envelope =
        json!({"specversion": "1.0", "id": id, "source": "agenda", "type": kind, "data": data});
    if let Some(time) = time {
        envelope["time"] = json!(at(time).to_rfc3339());
    }
    Event::from_value(&envelope).unwrap()
}

/// The booking of visit `a-N` by patient `p-N`.
pub(crate) fn booking(number: u128) -> Event {
    event(
        &format!("book-{number}"),
        "appointment.created",
        visit(number, number),
    )
}

/// The facts of visit `a-N` by patient `p-N`.
pub(crate) fn visit(appointment: u128, patient: u128) -> Value {
    json!({
        "appointment": {"id": format!("a-{appointment}"), "start": "2026-06-03T14:30"},
        "patient": {"id": format!("p-{patient}"), "mobile": "+33639980001", "consent": true},
    })
}

/// A reminder by SMS for the patient, due at 09:00.
pub(crate) fn reminder(number: u128) -> NewMessage {
    NewMessage {
        id: id(number),
        kind: Kind::REMINDER,
        channel: ChannelKind::Sms,
        recipient: Recipient::Patient,
        ordinal: 1,
        notice: false,
        state: State::Planned,
        reason: None,
        origin: origin("reminder", 3),
        due: at("09:00"),
        due_civil: civil("09:00"),
        expires: Some(at("3 14:30")),
        confirmation_requested: false,
        lists: None,
        delay: None,
    }
}

/// The same, due at another time.
pub(crate) fn reminder_at(number: u128, due: &str) -> NewMessage {
    NewMessage {
        due: at(due),
        due_civil: civil(due),
        ..reminder(number)
    }
}

pub(crate) fn add(new: NewMessage) -> Change {
    Change::Add(Box::new(new))
}

pub(crate) fn move_to(number: u128, due: &str) -> Change {
    Change::Move {
        id: id(number),
        due: at(due),
        due_civil: civil(due),
        expires: Some(at("5 10:00")),
        confirmation_requested: true,
        origin: origin("reminder", 7),
    }
}

pub(crate) fn withdraw(number: u128) -> Change {
    Change::Withdraw {
        id: id(number),
        reason: "the appointment was cancelled".into(),
    }
}

pub(crate) fn lane() -> Lane {
    lane_of(ChannelKind::Sms)
}

pub(crate) fn lane_of(channel: ChannelKind) -> Lane {
    Lane {
        facility: FacilityId::new("f"),
        channel,
    }
}

/// What is known with what the event tells put over it.
pub(crate) fn told(event: &Event, known: &Records) -> Records {
    let mut records = known.clone();
    for (record, object) in event.records.iter() {
        let mut whole = records.get(record).cloned().unwrap_or_default();
        merge(&mut whole, object);
        records.set(record, whole);
    }
    records
}

/// A planner made of a function.
pub(crate) struct Hand<F>(pub F);

/// What the planner of a test wants where an event is planned again.
pub(crate) type Again = dyn Fn(&Unplanned, &Records, &[Message]) -> Plan + Send + Sync;

/// Plans again, and nothing else.
pub(crate) struct Anew(pub Box<Again>);

impl Planner for Anew {
    fn plan(
        &self,
        _: &Event,
        _: &Records,
        _: bool,
        _: &[Message],
        _: Instant,
    ) -> Result<Plan, EventError> {
        unreachable!("no event comes")
    }

    fn identities(&self, _: &Map<String, Value>) -> Vec<String> {
        Vec::new()
    }

    fn replan(
        &self,
        event: &Unplanned,
        known: &Records,
        standing: &[Message],
        _now: Instant,
    ) -> Result<Plan, EventError> {
        Ok((self.0)(event, known, standing))
    }

    fn plan_anew(
        &self,
        _: &LastEvent,
        _: &Records,
        _: &[Message],
        _: Instant,
    ) -> Result<Plan, EventError> {
        unreachable!("the rules stay as they are")
    }
}

impl<F> Planner for Hand<F>
where
    F: Fn(&Event, &Records, bool, &[Message]) -> Result<Plan, EventError> + Send + Sync,
{
    fn plan(
        &self,
        event: &Event,
        known: &Records,
        late: bool,
        standing: &[Message],
        _now: Instant,
    ) -> Result<Plan, EventError> {
        (self.0)(event, known, late, standing)
    }

    fn identities(&self, patient: &Map<String, Value>) -> Vec<String> {
        ["id", "mobile"]
            .into_iter()
            .filter_map(|name| Some(format!("{name} {}", patient.get(name)?.as_str()?)))
            .collect()
    }

    fn replan(
        &self,
        _: &Unplanned,
        _: &Records,
        _: &[Message],
        _: Instant,
    ) -> Result<Plan, EventError> {
        unreachable!("nothing waits to be planned again")
    }

    fn plan_anew(
        &self,
        _: &LastEvent,
        _: &Records,
        _: &[Message],
        _: Instant,
    ) -> Result<Plan, EventError> {
        unreachable!("the rules stay as they are")
    }
}

/// A plan that keeps what is told and makes these changes.
pub(crate) fn plan(event: &Event, known: &Records, changes: Vec<Change>) -> Plan {
    Plan {
        records: told(event, known),
        generation: "g-1".into(),
        visit_start: Some(civil("3 14:30")),
        changes,
        ..Plan::default()
    }
}

impl Bench {
    fn new(store: Arc<dyn Store>, folder: Option<TempDir>) -> Self {
        Self {
            store,
            facility: FacilityId::new("f"),
            _folder: folder.map(Arc::new),
        }
    }

    pub(crate) async fn sqlite_file() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(&folder.path().join("rappel.db"))
            .await
            .unwrap();
        Self::new(Arc::new(store), Some(folder))
    }

    /// A clinic in a store that somebody else opened.
    pub(crate) fn over(store: Arc<dyn Store>) -> Self {
        Self::new(store, None)
    }

    pub(crate) async fn sqlite_memory() -> Self {
        Self::new(Arc::new(SqliteStore::in_memory().await.unwrap()), None)
    }

    /// The same store as another clinic sees it.
    pub(crate) fn of(&self, facility: &str) -> Self {
        Self {
            facility: FacilityId::new(facility),
            ..self.clone()
        }
    }

    pub(crate) fn lane(&self, channel: ChannelKind) -> Lane {
        Lane {
            facility: self.facility.clone(),
            channel,
        }
    }

    /// Tells an event at 08:00 that leads to these changes.
    pub(crate) async fn tell(&self, event: Event, changes: Vec<Change>) -> Ingested {
        let hand = Hand(move |event: &Event, known: &Records, _, _: &[Message]| {
            Ok(plan(event, known, changes.clone()))
        });
        self.ingest(&[event], &hand).await.remove(0)
    }

    /// Tells events at 08:00.
    pub(crate) async fn ingest(&self, events: &[Event], planner: &dyn Planner) -> Vec<Ingested> {
        self.store
            .ingest(&self.facility, events, at("08:00"), planner)
            .await
            .unwrap()
    }

    /// Tells that a patient must be forgotten.
    pub(crate) async fn erase(&self, patient: u128) {
        let event = event(
            &format!("erase-{patient}"),
            "patient.erased",
            json!({"patient": {"id": format!("p-{patient}")}}),
        );
        let hand = Hand(|_: &Event, _: &Records, _, _: &[Message]| {
            Ok(Plan {
                erase: true,
                ..Plan::default()
            })
        });
        self.ingest(&[event], &hand).await;
    }

    /// Books a visit for each message: `a-N` of `p-N` for the message `N`.
    pub(crate) async fn plan(&self, messages: impl IntoIterator<Item = NewMessage>) {
        let messages: Vec<NewMessage> = messages.into_iter().collect();
        let events: Vec<Event> = messages
            .iter()
            .map(|message| booking(message.id.0.as_u128()))
            .collect();
        let by_event: HashMap<String, NewMessage> = events
            .iter()
            .map(|event| event.id.clone())
            .zip(messages)
            .collect();
        let hand = Hand(move |event: &Event, known: &Records, _, _: &[Message]| {
            Ok(plan(event, known, vec![add(by_event[&event.id].clone())]))
        });
        for outcome in self.ingest(&events, &hand).await {
            assert!(matches!(outcome, Ingested::Applied { .. }), "{outcome:?}");
        }
    }

    /// Takes SMS at a time, for two minutes.
    pub(crate) async fn claim(&self, now: &str, limit: u32) -> Vec<Claimed> {
        self.claim_on(ChannelKind::Sms, now, limit).await
    }

    pub(crate) async fn claim_on(
        &self,
        channel: ChannelKind,
        now: &str,
        limit: u32,
    ) -> Vec<Claimed> {
        let lease = at(now) + TimeDelta::minutes(2);
        self.store
            .claim(&self.lane(channel), at(now), day(), limit, lease)
            .await
            .unwrap()
    }

    /// Takes one SMS at 09:00 that must be this one.
    pub(crate) async fn take(&self, number: u128) -> Claimed {
        let mut taken = self.claim("09:00", 1).await;
        assert_eq!(numbers(&taken), [number]);
        taken.remove(0)
    }

    /// Takes what is under way whose lease is over, for two minutes.
    pub(crate) async fn claim_stuck(&self, now: &str, all: bool) -> Vec<Claimed> {
        let lease = at(now) + TimeDelta::minutes(2);
        self.store
            .claim_stuck(&self.facility, at(now), day(), lease, all)
            .await
            .unwrap()
    }

    pub(crate) async fn commit(&self, now: &str, steps: &[Transition]) -> Vec<bool> {
        self.store.commit(steps, at(now), day()).await.unwrap().made
    }

    /// Makes one step at 09:00; tells whether it was made.
    pub(crate) async fn step(&self, step: Transition) -> bool {
        self.commit("09:00", &[step]).await == [true]
    }

    /// Takes the message `number` and hands it over at 09:00.
    pub(crate) async fn send(&self, number: u128) -> Claimed {
        let claim = self.take(number).await;
        assert!(self.step(begin(&claim)).await);
        claim
    }

    /// The same, and the gateway takes it under the name `gw-N`.
    pub(crate) async fn sent(&self, number: u128) -> Claimed {
        let claim = self.send(number).await;
        let answer = Transition {
            gateway_id: Some(format!("gw-{number}")),
            ..step(&claim, State::Sending, State::Sent)
        };
        assert!(self.step(answer).await);
        claim
    }

    /// A receipt of the gateway `gw` at 10:00; tells whether it moved a message.
    pub(crate) async fn receive(&self, of: ReceiptOf, status: ReceiptStatus) -> Option<MessageId> {
        self.receive_from("gw", of, status).await
    }

    pub(crate) async fn receive_from(
        &self,
        gateway: &str,
        of: ReceiptOf,
        status: ReceiptStatus,
    ) -> Option<MessageId> {
        let receipt = Receipt {
            of,
            status,
            reason: (status == ReceiptStatus::Failed).then(|| "absent subscriber".into()),
            seconds: None,
        };
        self.store
            .receive(&self.facility, gateway, &[receipt], at("10:00"))
            .await
            .unwrap()
            .remove(0)
    }

    pub(crate) async fn all(&self) -> Vec<Message> {
        self.list(Filter {
            facility: Some(self.facility.clone()),
            limit: Some(u32::MAX),
            ..Filter::default()
        })
        .await
    }

    pub(crate) async fn list(&self, filter: Filter) -> Vec<Message> {
        self.store.messages(&filter).await.unwrap()
    }

    pub(crate) async fn message(&self, number: u128) -> Message {
        let mut found = self.all().await;
        found.retain(|message| message.id == id(number));
        assert_eq!(found.len(), 1, "message {number}");
        found.remove(0)
    }

    pub(crate) async fn state(&self, number: u128) -> State {
        self.message(number).await.state
    }

    pub(crate) async fn story(&self, number: u128) -> Vec<Step> {
        let entries = self.store.story(&self.facility, id(number)).await.unwrap();
        entries.into_iter().map(|entry| entry.step).collect()
    }

    /// Everything known of an appointment.
    pub(crate) async fn known(&self, appointment: &str) -> Option<Value> {
        let appointment = rappel_core::ids::AppointmentId::new(appointment);
        let records = self
            .store
            .records(&self.facility, &appointment)
            .await
            .unwrap()?;
        Some(as_data(&records))
    }
}

/// Records as an event's `data`.
pub(crate) fn as_data(records: &Records) -> Value {
    let data: Map<String, Value> = records
        .iter()
        .map(|(record, object)| (record.name().to_string(), Value::Object(object.clone())))
        .collect();
    Value::Object(data)
}

/// The numbers of the messages taken, in the order in which they came.
pub(crate) fn numbers(claims: &[Claimed]) -> Vec<u128> {
    claims
        .iter()
        .map(|claim| claim.message.id.0.as_u128())
        .collect()
}

/// A step of a message that is held.
pub(crate) fn step(claim: &Claimed, from: State, to: State) -> Transition {
    Transition {
        facility: claim.message.facility.clone(),
        id: claim.message.id,
        fence: claim.fence,
        from,
        to,
        reason: None,
        origin: None,
        due: None,
        lease: None,
        generation: None,
        handover: None,
        gateway_id: None,
        forgive_attempt: false,
        reminders_today: None,
        fault: false,
        story: Vec::new(),
    }
}

pub(crate) fn handover() -> Handover {
    Handover {
        gateway: "gw".into(),
        via: None,
        address: "+33639980001".into(),
        subject: None,
        text: "Bonjour".into(),
        encoding: Some(SmsEncoding::Gsm7),
        segments: 1,
        credits: "1".parse().unwrap(),
        minute: None,
        limited: false,
        shared: None,
        channel: ChannelKind::Sms,
        links: Vec::new(),
        opening: None,
    }
}

/// The step that hands a planned message over to the gateway `gw`, for two minutes.
pub(crate) fn begin(claim: &Claimed) -> Transition {
    Transition {
        handover: Some(Arc::new(handover())),
        lease: Some(at("09:02")),
        ..step(claim, State::Planned, State::Sending)
    }
}
