//! Durable dispatch against a bare loop of the same HTTP client, in one run, with 64 in flight.
//!
//! The gateway answers on loopback. Dispatch does all that it does for a patient: claim, policies,
//! template, the commit before and the commit after each message, on a SQLite file with full sync.
//! Prints messages a second and their ratio, and the process's memory.
//!
//! `cargo bench -p rappel-host --bench dispatch [-- MESSAGES [PLANNED]]`: so many messages are sent, with
//! so many more planned for later.

#![allow(clippy::print_stdout, reason = "a benchmark prints what it measures")]

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rappel_core::channel::Channel;
use rappel_core::event::Event;
use rappel_core::provider::{Proof, Provider};
use rappel_core::settings::Gateway as GatewaySettings;
use rappel_core::store::Store;
use rappel_host::clinic::{Clinic, Live, OpenGateway};
use rappel_host::clock::LapseClock;
use rappel_host::dispatch::{Desk, Dispatcher};
use rappel_host::engine::{EventPlanner, Folder, Generation, Links};
use rappel_host::store::SqliteStore;
use rappel_tests::peers::{Behaviour, Gateway};

const IN_FLIGHT: usize = 64;

struct Open;

impl OpenGateway for Open {
    fn stock_adapters(&self) -> Folder {
        let mut folder = Folder::default();
        for adapter in rappel_plugins::stock_adapters() {
            folder.insert(
                &format!("plugins/{}/plugin.toml", adapter.name),
                adapter.manifest,
            );
            folder.insert(
                &format!("plugins/{}/adapter.rhai", adapter.name),
                adapter.script,
            );
        }
        folder
    }

    fn open(
        &self,
        _name: &str,
        gateway: &GatewaySettings,
        adapter: Option<Arc<dyn Provider>>,
        folder: &Path,
    ) -> Result<Arc<dyn Channel>, String> {
        rappel_plugins::open(gateway, folder, adapter, &|_| Ok("of-the-bench".into()))
    }

    fn proof(
        &self,
        _gateway: &GatewaySettings,
        _adapter: &dyn Provider,
    ) -> Result<Option<Arc<dyn Proof>>, String> {
        Ok(None)
    }
}

fn main() {
    let mut arguments = std::env::args()
        .skip(1)
        .filter_map(|argument| argument.parse::<usize>().ok());
    let messages = arguments.next().unwrap_or(20_000);
    let planned = arguments.next().unwrap_or(0);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .thread_stack_size(16 << 20)
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        tokio::spawn(run(messages, planned))
            .await
            .expect("the bench runs");
    });
}

async fn run(messages: usize, planned: usize) {
    let gateway = Gateway::start(Behaviour::default()).expect("a gateway");
    let url = gateway.url();
    let bare = bare(&url, messages).await;
    println!("bare loop:        {bare:>9.0} messages/s, {IN_FLIGHT} in flight");
    let folder = tempfile::tempdir().expect("a folder");
    let store = Arc::new(
        SqliteStore::open(&folder.path().join("bench.db"))
            .await
            .expect("a store"),
    );
    let rules = Arc::new(
        Generation::compile(&clinic(&url).with_adapters(&Open.stock_adapters()))
            .map_err(|found| {
                found
                    .iter()
                    .map(ToString::to_string)
                    .collect::<Vec<_>>()
                    .join("\n")
            })
            .expect("the clinic compiles"),
    );
    let booked = "2026-06-01T08:00:00Z".parse().expect("a time");
    let planner = EventPlanner(rules.clone());
    let facility = rules.settings().id.clone();
    let started = Instant::now();
    let mut number = 0;
    while number < messages + planned {
        let events: Vec<Event> = (number..(number + 500).min(messages + planned))
            .map(|number| event(number, number < messages))
            .collect();
        number += events.len();
        store
            .ingest(&facility, &events, booked, &planner)
            .await
            .expect("events are taken");
    }
    println!(
        "ingest and plan:  {:>9.0} events/s",
        number as f64 / started.elapsed().as_secs_f64()
    );
    // The machine's pace from a time of the bench's own: lanes sleep, and a clock that jumps over
    // each sleep would run away from the messages.
    let due = "2026-06-03T08:00:00Z".parse().expect("a time");
    let clock = Arc::new(LapseClock::new(due, 1));
    let live = Live::open(rules, folder.path(), &Open).expect("the gateway opens");
    let dispatcher = Arc::new(Dispatcher::new(
        Arc::new(Clinic::new(live)),
        store.clone(),
        clock,
        Desk {
            links: Links::preview(),
            public_url: None,
        },
    ));
    let before = gateway.requests();
    let started = Instant::now();
    let lanes = dispatcher.start().await.expect("the lanes start");
    while gateway.requests() - before < messages {
        tokio::time::sleep(Duration::from_millis(2)).await;
        if started.elapsed() > Duration::from_secs(300) {
            println!(
                "gave up: {} of {messages} sent; {:?}",
                gateway.requests() - before,
                store.counts().await
            );
            return;
        }
    }
    let rappel = messages as f64 / started.elapsed().as_secs_f64();
    lanes.stop().await;
    println!("durable dispatch: {rappel:>9.0} messages/s");
    println!("ratio:            {:>9.2} of the bare loop", rappel / bare);
    println!(
        "resident memory:  {:>9} MB, gateway and its ledger included",
        resident_megabytes()
    );
}

/// The bare loop: the same client, the same server, nothing kept.
async fn bare(url: &str, messages: usize) -> f64 {
    rappel_plugins::install_tls();
    let client = reqwest::Client::builder()
        .no_proxy()
        .build()
        .expect("a client");
    let started = Instant::now();
    let next = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let workers = (0..IN_FLIGHT).map(|_| {
        let (client, next, url) = (client.clone(), next.clone(), format!("{url}/send"));
        tokio::spawn(async move {
            loop {
                let number = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                if number >= messages {
                    return;
                }
                let body = serde_json::json!({"reference": format!("bare-{number}"), "to": "+33639980000",
                    "text": "Bonjour, nous vous rappelons votre rendez-vous de demain à 14:30."});
                let answer = client.post(&url).json(&body).send().await.expect("an answer");
                answer.bytes().await.expect("a body");
            }
        })
    });
    for worker in workers.collect::<Vec<_>>() {
        worker.await.expect("a worker");
    }
    messages as f64 / started.elapsed().as_secs_f64()
}

/// The example clinic's own reminder and every stock policy, with an HTTP gateway.
fn clinic(url: &str) -> Folder {
    let port = url
        .rsplit(':')
        .next()
        .expect("a port")
        .trim_end_matches('/');
    let mut folder = Folder::default();
    folder.insert(
        "clinic.toml",
        format!(
            r#"
            id = "bench"
            name = "Centre médical Lumière"
            zone = "Europe/Paris"
            country = "FR"
            phone = "01 99 00 12 34"
            [sender]
            sms = "LUMIERE"
            [messages]
            reminder = {{ sms = "on" }}
            [reminder]
            notice = "48 hours"
            one_a_day = true
            [channels.sms]
            gateway = "sms"
            [gateways.sms]
            type = "http"
            adapter = "json"
            allow_private = true
            options = {{ url = "http://127.0.0.1:{port}/send" }}
            secrets = {{ token = {{ env = "TOKEN" }} }}
            limits = {{ concurrency = {IN_FLIGHT} }}
            "#
        ),
    );
    let templates = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/lumiere/templates");
    for file in ["reminder.sms.trd", "signature.trd"] {
        if let Ok(text) = std::fs::read_to_string(templates.join(file)) {
            folder.insert(&format!("templates/{file}"), text);
        }
    }
    folder
}

/// A patient of their own with a visit on 5 June, or in a year.
fn event(number: usize, soon: bool) -> Event {
    let start = if soon {
        "2026-06-05T09:00"
    } else {
        "2027-06-04T09:00"
    };
    Event::from_value(&serde_json::json!({
        "specversion": "1.0", "id": format!("e-{number}"), "source": "bench", "type": "appointment.created",
        "time": "2026-06-01T08:00:00Z",
        "data": {
            "appointment": {"id": format!("a-{number}"), "start": start, "end": start, "booked_at": "2026-05-20T10:00"},
            "patient": {"id": format!("p-{number}"), "first_name": "Jeannette", "last_name": "Dupont",
                "mobile": format!("+3363998{:04}", number % 10_000), "email": "jeannette@example.org", "language": "fr",
                "visits": 10, "no_shows": 4, "consent": true, "channels": {"sms": true}},
            "resource": {"id": "r-1", "name": "Dr Camille Martin"},
            "service": {"id": "s-1", "name": "Analyse de sang", "group": "Biologie", "price": "45.00", "duration": 30,
                "prerequisites": "Restez à jeun pendant 12 heures", "prerequisites_to_patient": true},
            "location": {"id": "l-1", "name": "Laboratoire Nord", "city": "Paris", "phone": "01 99 00 12 35",
                "address": "12 rue de la Paix, 75002 Paris", "notes": "Présentez-vous à l'accueil"}
        }
    }))
    .expect("an event")
}

fn resident_megabytes() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS:"))
        .unwrap_or_default();
    line.split_whitespace()
        .nth(1)
        .and_then(|kilobytes| kilobytes.parse::<usize>().ok())
        .unwrap_or(0)
        / 1024
}
