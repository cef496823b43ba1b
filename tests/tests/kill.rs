//! A host that is killed again and again under load loses nothing and doubles nothing.
//!
//! Events are posted without end while the host is killed with SIGKILL at random moments and started
//! again. Afterwards the gateway's own ledger is compared with the outbox.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use rappel_tests::peers::{Behaviour, Gateway};
use rappel_tests::rappel::{Host, binary};
use serde_json::{Value, json};

const SECRETS: &[(&str, &str)] = &[("GATEWAY_TOKEN", "of-the-test")];

/// Kills against a gateway that takes a repeated reference once.
const KILLS: usize = 200;

/// Kills against a gateway that doesn't.
const KILLS_PLAIN: usize = 60;

/// Kills while families are told in one message.
const KILLS_FAMILIES: usize = 60;

/// How many events come at a time.
const BATCH: usize = 20;

/// How many appointments a family has.
const FAMILY: usize = 4;

/// What a clinic says, and the events that it is told.
struct Load {
    /// More of its `clinic.toml`.
    settings: &'static str,
    template: (&'static str, &'static str),
    /// A batch from a number on.
    events: fn(usize) -> Value,
    /// When the first messages are on their way: from then on the host is killed.
    begins: Duration,
}

/// An answer to each booking.
const BOOKINGS: Load = Load {
    settings: "messages.created = { sms = \"on\" }\n",
    template: (
        "created.sms.trd",
        "Bonjour [TRD3], votre rendez-vous du [TRD8] à [TRD9] est pris.\n",
    ),
    events: bookings,
    begins: Duration::ZERO,
};

/// Reminders that fall due soon after they are planned, four to each telephone.
const FAMILIES: Load = Load {
    settings: "messages.reminder = { sms = \"on\" }\nreminder = { notice = \"48 hours\", together = true }\n",
    template: (
        "reminder.sms.trd",
        "[IF FAMILY]Bonjour : [FAMILY].[ELSE]Bonjour [TRD3].[/IF]\n",
    ),
    events: families,
    begins: DUE,
};

/// When a reminder is due after it was planned: later than a host takes to start.
const DUE: Duration = Duration::from_secs(10);

fn clinic(folder: &Path, gateway: &Gateway, adapter: &str, load: &Load) {
    std::fs::create_dir_all(folder.join("templates")).unwrap();
    std::fs::write(
        folder.join("clinic.toml"),
        format!(
            r#"
            id = "kill"
            name = "Centre médical"
            zone = "UTC"
            country = "FR"
            {}
            [hours]
            allowed = "24/7"
            [channels.sms]
            gateway = "sms"
            [gateways.sms]
            type = "http"
            adapter = "{adapter}"
            allow_private = true
            options = {{ url = "{}/send" }}
            secrets = {{ token = {{ env = "GATEWAY_TOKEN" }} }}
            "#,
            load.settings,
            gateway.url()
        ),
    )
    .unwrap();
    let (file, text) = load.template;
    std::fs::write(folder.join("templates").join(file), text).unwrap();
}

/// An adapter like the stock `json` one, for a gateway that sends whatever it gets.
fn plain_adapter(folder: &Path) {
    let plugin = folder.join("plugins/plain");
    std::fs::create_dir_all(&plugin).unwrap();
    let stock = Path::new(env!("CARGO_MANIFEST_DIR")).join("../plugins/adapters/json");
    let manifest = std::fs::read_to_string(stock.join("plugin.toml")).unwrap();
    let plain = manifest
        .replace("name = \"json\"", "name = \"plain\"")
        .replace("honours_reference = true", "honours_reference = false");
    assert_ne!(manifest, plain);
    std::fs::write(plugin.join("plugin.toml"), plain).unwrap();
    std::fs::copy(stock.join("adapter.rhai"), plugin.join("adapter.rhai")).unwrap();
}

#[allow(
    clippy::disallowed_methods,
    reason = "the agenda stands outside Rappel and has a clock of its own"
)]
fn families(first: usize) -> Value {
    // The first reminder of each family is due soon, those of the others go with it.
    let notice = chrono::TimeDelta::hours(48);
    let in_two_days = chrono::Utc::now() + DUE + notice;
    let batch = (first..first + BATCH).map(|number| {
        let start = in_two_days + chrono::TimeDelta::seconds(60 * (number % FAMILY) as i64);
        json!({"specversion": "1.0", "id": format!("e-{number}"), "source": "agenda",
            "type": "appointment.created",
            "data": {
                "appointment": {"id": format!("a-{number}"), "start": start.format("%Y-%m-%dT%H:%M:%S").to_string()},
                "patient": {"id": format!("p-{number}"), "first_name": format!("N{number}"),
                    "mobile": format!("06399{:05}", 80_000 + number / FAMILY), "consent": true}}})
    });
    Value::Array(batch.collect())
}

fn bookings(first: usize) -> Value {
    // Far enough that the visit is to come whenever the test runs.
    let batch = (first..first + BATCH).map(|number| {
        json!({"specversion": "1.0", "id": format!("e-{number}"), "source": "agenda",
            "type": "appointment.created",
            "data": {
                "appointment": {"id": format!("a-{number}"), "start": "2099-06-03T14:30"},
                "patient": {"id": format!("p-{number}"), "first_name": "Ana",
                    "mobile": format!("06399{:05}", 80_000 + number % 10_000), "consent": true}}})
    });
    Value::Array(batch.collect())
}

/// Posts events until told to stop; tells how many were acknowledged. A batch that wasn't is posted
/// again, as an agenda would.
async fn post(
    events: fn(usize) -> Value,
    url: Arc<std::sync::Mutex<String>>,
    stop: Arc<AtomicBool>,
    acknowledged: Arc<AtomicUsize>,
) {
    install_tls();
    let client = reqwest::Client::builder()
        .timeout(Duration::from_secs(5))
        .build()
        .unwrap();
    let mut first = 0;
    // A batch whose answer was lost is posted until it is acknowledged: it may be there or not.
    let mut in_doubt = false;
    while in_doubt || !stop.load(Ordering::Relaxed) {
        let address = format!("{}/events", url.lock().unwrap());
        let answer = client.post(address).json(&events(first)).send().await;
        match answer {
            Ok(answer) if answer.status().is_success() => {
                first += BATCH;
                in_doubt = false;
                acknowledged.store(first, Ordering::Relaxed);
            }
            Ok(answer) => panic!("refused: {}", answer.text().await.unwrap()),
            Err(_) => {
                in_doubt = true;
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
    }
}

/// reqwest is built without a TLS of its own choice; a second installation is harmless.
fn install_tls() {
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// What became of a message.
struct Message {
    /// Its state; why, where it failed.
    state: String,
    /// The message that it went in, where that is another.
    carrier: Option<String>,
}

/// Every message of the outbox, by its id.
fn outbox(database: &Path) -> BTreeMap<String, Message> {
    let output = std::process::Command::new(binary())
        .args([
            "messages",
            "--format",
            "json",
            "--limit",
            "1000000",
            "--database",
        ])
        .arg(database)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(|line| {
            let message: Value = serde_json::from_str(line).unwrap();
            let state = match message["reason"].as_str() {
                Some(reason) if message["state"] == "failed" => format!("failed: {reason}"),
                _ => message["state"].as_str().unwrap().to_string(),
            };
            let carrier = message["carrier"].as_str().map(str::to_string);
            let id = message["id"].as_str().unwrap().to_string();
            (id, Message { state, carrier })
        })
        .collect()
}

async fn run(
    load: Load,
    adapter: &str,
    behaviour: Behaviour,
    kills: usize,
) -> (Gateway, BTreeMap<String, Message>, usize) {
    let folder = tempfile::tempdir().unwrap();
    let (place, database, log) = (
        folder.path().join("clinic"),
        folder.path().join("rappel.db"),
        folder.path().join("log"),
    );
    let gateway = Gateway::start(behaviour).unwrap();
    clinic(&place, &gateway, adapter, &load);
    if adapter == "plain" {
        plain_adapter(&place);
    }
    let said = || std::fs::read_to_string(&log).unwrap_or_default();
    let start = || Host::start(&place, &database, &log, &[], SECRETS).unwrap();
    let mut host = start();
    host.wait_until_ready(Duration::from_secs(30))
        .unwrap_or_else(|error| panic!("{error}\n{}", said()));
    let url = Arc::new(std::sync::Mutex::new(host.url()));
    let (stop, acknowledged) = (
        Arc::new(AtomicBool::new(false)),
        Arc::new(AtomicUsize::new(0)),
    );
    let poster = tokio::spawn(post(
        load.events,
        url.clone(),
        stop.clone(),
        acknowledged.clone(),
    ));
    tokio::time::sleep(load.begins).await;
    let mut random: u64 = 0x9E37_79B9_7F4A_7C15;
    for kill in 0..kills {
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        // Now and then before it is ready, to kill its recovery too.
        if kill % 10 != 9 {
            host.wait_until_ready(Duration::from_secs(30))
                .unwrap_or_else(|error| panic!("{error}\n{}", said()));
        }
        tokio::time::sleep(Duration::from_millis(random >> 33 & 127)).await;
        host.kill();
        host = start();
        *url.lock().unwrap() = host.url();
    }
    stop.store(true, Ordering::Relaxed);
    host.wait_until_ready(Duration::from_secs(30))
        .unwrap_or_else(|error| panic!("{error}\n{}", said()));
    poster.await.unwrap();
    let acknowledged = acknowledged.load(Ordering::Relaxed);
    // Everything comes to an end by itself: at the latest when the leases of dead hosts have run out.
    let mut messages = BTreeMap::new();
    for _ in 0..1_800 {
        assert!(database.exists(), "the host made no database:\n{}", said());
        messages = outbox(&database);
        let open = messages
            .values()
            .filter(|message| matches!(&*message.state, "planned" | "held" | "sending"));
        if messages.len() >= acknowledged && open.count() == 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    (gateway, messages, acknowledged)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_that_takes_a_reference_once_gets_every_message_once() {
    let behaviour = Behaviour::default().delayed(Duration::from_millis(2));
    let (gateway, messages, acknowledged) = run(BOOKINGS, "json", behaviour, KILLS).await;
    let ledger = gateway.ledger();
    let taken = ledger.times_taken();
    assert!(
        acknowledged >= KILLS,
        "only {acknowledged} events came through: there was no load"
    );
    assert_eq!(messages.len(), acknowledged, "one message for each event");
    assert_eq!(ledger.taken_twice(), Vec::<&str>::new(), "taken twice");
    for (id, message) in &messages {
        assert_eq!(message.state, "sent", "{id}");
        assert!(
            taken.contains_key(id.as_str()),
            "{id} is sent and was never taken"
        );
    }
    assert_eq!(
        taken.len(),
        messages.len(),
        "the gateway took what nobody planned"
    );
    println!(
        "{KILLS} kills, {} messages, {} requests",
        messages.len(),
        ledger.entries.len()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_that_sends_whatever_it_gets_never_gets_a_message_twice() {
    let behaviour = Behaviour::default()
        .ignoring_references()
        .delayed(Duration::from_millis(2));
    let (gateway, messages, acknowledged) = run(BOOKINGS, "plain", behaviour, KILLS_PLAIN).await;
    let ledger = gateway.ledger();
    let taken = ledger.times_taken();
    assert_eq!(messages.len(), acknowledged, "one message for each event");
    assert_eq!(ledger.taken_twice(), Vec::<&str>::new(), "taken twice");
    for (id, message) in &messages {
        match &*message.state {
            "sent" => assert!(
                taken.contains_key(id.as_str()),
                "{id} is sent and was never taken"
            ),
            // It may have gone or not: that is what the state says.
            "unknown" => {}
            other => panic!("{id} is {other}"),
        }
    }
    let unknown = messages
        .values()
        .filter(|message| message.state == "unknown")
        .count();
    println!(
        "{KILLS_PLAIN} kills, {} messages, {unknown} unknown",
        messages.len()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_family_that_is_told_in_one_message_is_told_once() {
    let behaviour = Behaviour::default().delayed(Duration::from_millis(2));
    let (gateway, messages, acknowledged) = run(FAMILIES, "json", behaviour, KILLS_FAMILIES).await;
    let ledger = gateway.ledger();
    assert_eq!(messages.len(), acknowledged, "one message for each event");
    assert_eq!(ledger.taken_twice(), Vec::<&str>::new(), "taken twice");
    for (id, message) in &messages {
        assert_eq!(message.state, "sent", "{id}");
    }
    let taken: Vec<&str> = ledger.times_taken().into_keys().collect();
    let alone: Vec<&str> = messages
        .iter()
        .filter(|(_, message)| message.carrier.is_none())
        .map(|(id, _)| id.as_str())
        .collect();
    assert_eq!(
        taken, alone,
        "what isn't carried was taken, and nothing else"
    );
    for (id, message) in &messages {
        if let Some(carrier) = &message.carrier {
            assert!(alone.contains(&carrier.as_str()), "{id} went in {carrier}");
        }
    }
    // However the gateway was asked, each appointment is told of by what it took.
    let mut told: BTreeMap<usize, usize> = BTreeMap::new();
    for entry in ledger.taken() {
        let body: Value = serde_json::from_slice(&entry.body).unwrap();
        let text = body["text"].as_str().unwrap();
        for word in text.split(|c: char| !c.is_alphanumeric()) {
            if let Some(number) = word.strip_prefix('N').and_then(|n| n.parse().ok()) {
                *told.entry(number).or_default() += 1;
            }
        }
    }
    let wrong: Vec<_> = (0..acknowledged)
        .filter(|number| told.get(number) != Some(&1))
        .collect();
    assert!(wrong.is_empty(), "not told once: {wrong:?}");
    let carried = messages.len() - alone.len();
    assert!(
        carried > messages.len() / 2,
        "only {carried} of {} were carried",
        messages.len()
    );
    println!(
        "{KILLS_FAMILIES} kills, {} messages, {carried} carried, {} requests for {}",
        messages.len(),
        ledger.entries.len(),
        alone.len()
    );
}
