//! How long policies take, beside a bare `call_fn` of Rhai's.
//!
//! `cargo bench -p rappel-rules --bench policies` prints one table. All contenders take turns within
//! one run, so that what else the machine does falls on all of them; the figure of each is the median
//! of its rounds.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

#[path = "../../dsl/benches/reminder/measure.rs"]
mod measure;

use std::hint::black_box;
use std::sync::Arc;

use rappel_core::channel::ChannelKind;
use rappel_core::event::{EventFacts, EventKind};
use rappel_core::facts::{Records, Visit};
use rappel_core::kind::Kind;
use rappel_core::message::MessageFacts;
use rappel_core::settings::Settings;
use rappel_rules::PolicySet;
use rhai::{CallFnOptions, Engine, NativeCallContext, Scope};

use measure::{Contender, compare};

const CLINIC: &str = r#"
id = "clinic"
name = "Clinic"
zone = "Europe/Paris"
country = "FR"
channels.sms.gateway = "out"
channels.email.gateway = "out"
gateways.out.type = "console"
messages.reminder = { sms = "on", email = "online" }
messages.second_reminder = { sms = "on" }
reminder = { confirmation = true, second_sms = "unreliable", one_a_day = true }
consent.opt_in = true
"#;

/// `one_a_day` as it ships: three properties and an answer.
const SIMPLE: &str = include_str!("../stock/one_a_day.rhai");

fn main() {
    let settings = Arc::new(Settings::read(CLINIC).unwrap().0);
    let visit = visit();
    let stock = PolicySet::compile([], &settings).unwrap();
    let answers = stock.check(&message(), &visit, &settings);
    assert!(answers.deciding().is_none(), "{answers:?}");

    // The stock policies that are asked, each replaced by one that isn't.
    let silent = "fn plan(event, visit, settings) { [] }";
    let replaced: Vec<_> = stock
        .names()
        .map(|name| {
            (
                format!("rules/{name}.rhai"),
                if name == "one_a_day" { SIMPLE } else { silent },
            )
        })
        .collect();
    let replaced = replaced.iter().map(|(file, text)| (file.as_str(), *text));
    let simple = PolicySet::compile(replaced, &settings).unwrap();
    assert_eq!(simple.check(&message(), &visit, &settings).answers.len(), 1);

    let (message, event) = (message(), event());
    let bare = Bare::new();
    compare(
        &format!(
            "ask policies about a message ({} of them have a `check`)",
            answers.answers.len()
        ),
        "call_fn of one simple policy",
        vec![
            Contender::new("call_fn of one simple policy", || bare.call()),
            Contender::new("one simple policy", || {
                black_box(simple.check(black_box(&message), &visit, &settings));
            }),
            Contender::new("all stock policies", || {
                black_box(stock.check(black_box(&message), &visit, &settings));
            }),
        ],
    );
    compare(
        "plan after an event",
        "all stock policies",
        vec![Contender::new("all stock policies", || {
            black_box(stock.plan(black_box(&event), &visit, &settings));
        })],
    );
    let cases = include_str!("../stock/hours.cases.toml");
    let own = [
        ("rules/own.rhai", include_str!("../stock/hours.rhai")),
        ("rules/own.cases.toml", cases),
    ];
    compare(
        "compile a clinic's policies",
        "none of its own",
        vec![
            Contender::new("none of its own", || {
                black_box(PolicySet::compile([], &settings).unwrap());
            }),
            Contender::new("one of its own, with nine cases", || {
                black_box(PolicySet::compile(black_box(own), &settings).unwrap());
            }),
        ],
    );
}

fn visit() -> Visit {
    let data = serde_json::json!({
        "appointment": {"id": "a-1", "start": "2026-06-03T14:30", "booked_at": "2026-05-20T10:00", "online": true},
        "patient": {"id": "p-1", "first_name": "Jeannette", "visits": 10, "no_shows": 4, "consent": true},
        "resource": {"id": "r-1", "name": "Dr Camille Martin"},
        "service": {"id": "s-1", "name": "Analyse de sang"},
        "location": {"id": "l-1", "name": "Laboratoire Nord"},
    });
    Records::from_data(data.as_object().unwrap())
        .unwrap()
        .to_visit()
        .unwrap()
        .0
}

fn message() -> MessageFacts {
    let now = "2026-06-01T14:30".parse().unwrap();
    MessageFacts {
        event: Some(EventKind::AppointmentCreated),
        expires: Some("2026-06-03T14:30".parse().unwrap()),
        confirmation_requested: true,
        ..MessageFacts::due(Kind::REMINDER, ChannelKind::Sms, now)
    }
}

fn event() -> EventFacts {
    let now = "2026-05-20T10:00".parse().unwrap();
    EventFacts::new(EventKind::AppointmentCreated, now)
}

/// The same function on Rhai as it comes: values with getters behind an `Arc`, called by name.
struct Bare {
    engine: Engine,
    ast: rhai::AST,
    facts: Arc<MessageFacts>,
}

#[derive(Clone)]
struct Message(Arc<MessageFacts>);
#[derive(Clone)]
struct Anything(#[allow(dead_code, reason = "as large as what a policy gets")] Arc<MessageFacts>);
#[derive(Clone)]
struct Reminder(#[allow(dead_code, reason = "as large as what a policy gets")] Arc<MessageFacts>);
#[derive(Clone)]
struct Answer(
    #[allow(dead_code, reason = "what a policy answers")] Option<String>,
    #[allow(dead_code, reason = "its line")] usize,
);

impl Bare {
    fn new() -> Self {
        let mut engine = Engine::new();
        engine
            .register_get("reminders_today", |message: &mut Message| {
                i64::from(message.0.reminders_today)
            })
            .register_get("is_reminder", |message: &mut Message| {
                message.0.kind.is_reminder()
            })
            .register_get("reminder", |settings: &mut Anything| {
                Reminder(settings.0.clone())
            })
            .register_get("one_a_day", |_: &mut Reminder| true)
            .register_fn("allow", |context: NativeCallContext<'_>| {
                Answer(None, context.call_position().line().unwrap_or(0))
            })
            .register_fn("skip", |context: NativeCallContext<'_>, why: &str| {
                Answer(
                    Some(why.into()),
                    context.call_position().line().unwrap_or(0),
                )
            });
        let ast = engine.compile(SIMPLE).unwrap();
        Self {
            engine,
            ast,
            facts: Arc::new(message()),
        }
    }

    fn call(&self) {
        let facts = || self.facts.clone();
        let args = (Message(facts()), Anything(facts()), Anything(facts()));
        let options = CallFnOptions::new().eval_ast(false);
        let answer = self.engine.call_fn_with_options::<Answer>(
            options,
            &mut Scope::new(),
            &self.ast,
            "check",
            args,
        );
        black_box(answer.unwrap());
    }
}
