//! A clinic with its store, its gateway and its dispatcher.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use rappel_core::channel::{Channel, ChannelKind};
use rappel_core::civil::{Civil, Instant};
use rappel_core::decision::Origin;
use rappel_core::event::{Event, EventError};
use rappel_core::facts::{Records, merge};
use rappel_core::ids::{FacilityId, MessageId};
use rappel_core::kind::Kind;
use rappel_core::message::{Recipient, State};
use rappel_core::store::{
    Change, Filter, Ingested, LastEvent, Message, NewMessage, Plan, Planner, Step, Store, Unplanned,
};
use rappel_host::clinic::{Clinic, Live};
use rappel_host::clock::Clock;
use rappel_host::dispatch::{Desk, Dispatcher, Lanes};
use rappel_host::engine::{Folder, Generation, Links};
use rappel_host::store::SqliteStore;
use serde_json::{Map, Value, json};

use crate::clock::HandClock;
use crate::gateway::Gateway;

/// What is particular about a clinic of a test.
pub(crate) struct Setup {
    pub(crate) facility: &'static str,
    /// `[gateways.sms.limits]`.
    pub(crate) limits: &'static str,
    /// Whether the gateway takes a repeated reference once.
    pub(crate) honours: bool,
    /// Whether the gateway waits until it is let through.
    pub(crate) waiting: bool,
    /// A policy of the clinic's own.
    pub(crate) policy: Option<&'static str>,
    /// More tables of `clinic.toml`.
    pub(crate) more: &'static str,
    /// Whether the switch of all communication is off, and no hour of the week allowed but one.
    pub(crate) silent: bool,
    /// The store; one in memory where there is none.
    pub(crate) store: Option<Arc<dyn Store>>,
    /// The clock; one of its own where there is none.
    pub(crate) clock: Option<Arc<HandClock>>,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            facility: "f",
            limits: "{}",
            honours: true,
            waiting: false,
            policy: None,
            more: "",
            silent: false,
            store: None,
            clock: None,
        }
    }
}

/// A clinic with all that it needs.
pub(crate) struct House {
    pub(crate) facility: FacilityId,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<HandClock>,
    /// Carries SMS and calls.
    pub(crate) gateway: Arc<Gateway>,
    /// Carries e-mails.
    pub(crate) mail: Arc<Gateway>,
    pub(crate) clinic: Arc<Clinic>,
    pub(crate) dispatcher: Arc<Dispatcher>,
}

/// A clinic whose stock policies keep nothing back.
pub(crate) fn rules(facility: &str, limits: &str, policy: Option<&str>) -> Arc<Generation> {
    rules_with(facility, limits, policy, "", false)
}

/// The same with more tables of `clinic.toml`.
fn rules_with(
    facility: &str,
    limits: &str,
    policy: Option<&str>,
    more: &str,
    silent: bool,
) -> Arc<Generation> {
    let hours = if silent { "Sa 09:00-10:00" } else { "24/7" };
    let communication = !silent;
    let mut folder = Folder::default();
    folder.insert(
        "clinic.toml",
        format!(
            r#"
            id = "{facility}"
            name = "Cabinet"
            zone = "UTC"
            country = "FR"
            communication = {communication}
            [sender]
            email = "cabinet@example.org"
            [messages]
            reminder = {{ sms = "on", email = "on", voice = "on" }}
            cancelled = {{ sms = "on" }}
            [hours]
            allowed = "{hours}"
            [channels.sms]
            gateway = "sms"
            [channels.voice]
            gateway = "sms"
            credits = "2"
            [channels.email]
            gateway = "mail"
            [gateways.sms]
            type = "console"
            limits = {limits}
            [gateways.mail]
            type = "console"
            {more}
            "#
        ),
    );
    for (file, text) in [
        (
            "reminder.sms",
            "[IF FAMILY]A demain :\n[FAMILY]\n[ELSE]A demain [TRD3].[/IF]\n",
        ),
        ("reminder.voice", "A demain [TRD3].\n"),
        (
            "reminder.email",
            "Subject: Rappel\n\n[IF FAMILY]\n[FAMILY]\n[ELSE]\nA demain [TRD3].\n[/IF]\n",
        ),
        ("cancelled.sms", "Annulé, [TRD3].\n"),
    ] {
        folder.insert(&format!("templates/{file}.trd"), text);
    }
    if let Some(policy) = policy {
        folder.insert("rules/own.rhai", policy);
    }
    let told = |found: Vec<rappel_core::Diagnostic>| {
        let lines: Vec<_> = found.iter().map(ToString::to_string).collect();
        lines.join("\n")
    };
    match Generation::compile(&folder) {
        Ok(rules) => Arc::new(rules),
        Err(found) => panic!("{}", told(found)),
    }
}

pub(crate) fn id(number: u128) -> MessageId {
    MessageId(uuid::Uuid::from_u128(number))
}

/// A planner that keeps what is told and adds what it is given.
struct Hand(Vec<Change>);

impl Planner for Hand {
    fn plan(
        &self,
        event: &Event,
        known: &Records,
        _late: bool,
        _standing: &[Message],
        _now: Instant,
    ) -> Result<Plan, EventError> {
        let mut records = known.clone();
        for (record, object) in event.records.iter() {
            let mut whole = records.get(record).cloned().unwrap_or_default();
            merge(&mut whole, object);
            records.set(record, whole);
        }
        Ok(Plan {
            records,
            generation: "by hand".into(),
            visit_start: Some("2026-07-01T09:00".parse().unwrap()),
            changes: self.0.clone(),
            ..Plan::default()
        })
    }

    fn identities(&self, _: &Map<String, Value>) -> Vec<String> {
        Vec::new()
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

impl House {
    pub(crate) async fn new(setup: Setup) -> Self {
        let clock = setup.clock.unwrap_or_else(|| Arc::new(HandClock::new()));
        let store = match setup.store {
            Some(store) => store,
            None => Arc::new(SqliteStore::in_memory().await.unwrap()),
        };
        let gateway = Arc::new(if setup.waiting {
            Gateway::waiting(clock.clone(), setup.honours)
        } else {
            Gateway::new(clock.clone(), setup.honours)
        });
        let mail = Arc::new(Gateway::new(clock.clone(), setup.honours));
        let rules = rules_with(
            setup.facility,
            setup.limits,
            setup.policy,
            setup.more,
            setup.silent,
        );
        let clinic = Arc::new(Clinic::new(live(rules, &gateway, &mail)));
        let dispatcher = Arc::new(Dispatcher::new(
            clinic.clone(),
            store.clone(),
            clock.clone(),
            Desk {
                links: Links::preview(),
                public_url: None,
            },
        ));
        Self {
            facility: FacilityId::new(setup.facility),
            store,
            clock,
            gateway,
            mail,
            clinic,
            dispatcher,
        }
    }

    pub(crate) async fn start(&self) -> Lanes {
        self.dispatcher.start().await.unwrap()
    }

    /// A reminder by SMS that is due now and may go until the visit in a month.
    pub(crate) fn reminder(&self, number: u128) -> NewMessage {
        let now = self.clock.now();
        NewMessage {
            id: id(number),
            kind: Kind::REMINDER,
            channel: ChannelKind::Sms,
            recipient: Recipient::Patient,
            ordinal: 1,
            notice: false,
            state: State::Planned,
            reason: None,
            origin: Origin {
                policy: "reminder".into(),
                line: 1,
            },
            due: now,
            due_civil: Civil(now.naive_utc()),
            expires: Some("2026-07-01T09:00:00Z".parse().unwrap()),
            confirmation_requested: false,
            lists: None,
            delay: None,
        }
    }

    /// Tells an event about the visit `a-N` of the patient `p-N`.
    pub(crate) async fn tell(&self, number: u128, kind: &str, more: Value, changes: Vec<Change>) {
        static EVENTS: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
        let event = EVENTS.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let mut data = json!({
            "appointment": {"id": format!("a-{number}"), "start": "2026-07-01T09:00", "booked_at": "2026-05-01T09:00"},
            "patient": {"id": format!("p-{number}"), "first_name": format!("P{number}"),
                "mobile": "+33639980001", "email": "p@example.org", "consent": true},
        });
        let (data_object, more) = (data.as_object_mut().unwrap(), more);
        merge(data_object, more.as_object().unwrap());
        let event = Event::from_value(&json!({
            "specversion": "1.0", "id": format!("e-{event}"), "source": "test", "type": kind, "data": data
        }))
        .unwrap();
        let told = self
            .store
            .ingest(&self.facility, &[event], self.clock.now(), &Hand(changes))
            .await
            .unwrap();
        assert!(matches!(told[0], Ingested::Applied { .. }), "{told:?}");
        self.dispatcher.wake();
    }

    /// Books a visit for each message.
    pub(crate) async fn plan(&self, messages: impl IntoIterator<Item = NewMessage>) {
        for message in messages {
            let number = message.id.0.as_u128();
            let changes = vec![Change::Add(Box::new(message))];
            self.tell(number, "appointment.created", json!({}), changes)
                .await;
        }
    }

    /// Plans reminders that are due now.
    pub(crate) async fn remind(&self, numbers: impl IntoIterator<Item = u128>) {
        let messages: Vec<_> = numbers.into_iter().map(|n| self.reminder(n)).collect();
        self.plan(messages).await;
    }

    /// Sets the clock forward.
    pub(crate) fn pass(&self, seconds: i64) {
        self.pass_millis(seconds * 1_000);
    }

    pub(crate) fn pass_millis(&self, millis: i64) {
        self.clock.pass(TimeDelta::milliseconds(millis));
        self.dispatcher.wake();
    }

    pub(crate) async fn messages(&self) -> Vec<Message> {
        let filter = Filter {
            facility: Some(self.facility.clone()),
            limit: Some(u32::MAX),
            ..Filter::default()
        };
        self.store.messages(&filter).await.unwrap()
    }

    pub(crate) async fn message(&self, number: u128) -> Message {
        let mut found = self.messages().await;
        found.retain(|message| message.id == id(number));
        found.remove(0)
    }

    pub(crate) async fn state(&self, number: u128) -> State {
        self.message(number).await.state
    }

    pub(crate) async fn in_state(&self, state: State) -> usize {
        let all = self.messages().await;
        all.iter().filter(|message| message.state == state).count()
    }

    pub(crate) async fn story(&self, number: u128) -> Vec<Step> {
        let entries = self.store.story(&self.facility, id(number)).await.unwrap();
        entries.into_iter().map(|entry| entry.step).collect()
    }

    /// Waits until something holds of the messages.
    pub(crate) async fn until(&self, what: &str, holds: impl Fn(&[Message]) -> bool) {
        for _ in 0..5_000 {
            if holds(&self.messages().await) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        let states: Vec<_> = self
            .messages()
            .await
            .into_iter()
            .map(|m| (m.id.0.as_u128(), m.state, m.attempts, m.reason))
            .collect();
        panic!(
            "{what} never came; {} came to the gateway; {states:?}",
            self.gateway.count()
        );
    }

    /// Waits until all messages are in a state.
    pub(crate) async fn until_all(&self, state: State) {
        self.until(state.name(), |messages| {
            messages.iter().all(|message| message.state == state)
        })
        .await;
    }

    /// Waits until something holds of the gateway.
    pub(crate) async fn until_gateway(&self, what: &str, holds: impl Fn(&Gateway) -> bool) {
        self.until(what, |_| holds(&self.gateway)).await;
    }

    /// Gives the lanes time to do what they should not.
    pub(crate) async fn quiet(&self) {
        for _ in 0..10 {
            self.dispatcher.wake();
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

/// Rules with the gateways of a test.
pub(crate) fn live(rules: Arc<Generation>, gateway: &Arc<Gateway>, mail: &Arc<Gateway>) -> Live {
    let gateways = BTreeMap::from([
        ("sms".to_string(), gateway.clone() as Arc<dyn Channel>),
        ("mail".to_string(), mail.clone() as Arc<dyn Channel>),
    ]);
    Live::with(rules, gateways)
}
