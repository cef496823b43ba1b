//! A host that is killed again and again while standing messages follow other rules brings each of them to
//! the rules that serve, once.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use rappel_tests::rappel::{Host, messages};
use serde_json::{Value, json};

/// How often the rules change and the host is killed after.
const KILLS: usize = 12;

/// How many appointments stand.
const APPOINTMENTS: usize = 500;

/// How many events come at a time.
const BATCH: usize = 250;

/// How long before the visit the reminder is due, by turns; a second one comes and goes with every other change.
fn clinic(folder: &Path, change: usize) {
    let notice = ["48 hours", "24 hours"][change % 2];
    let second = ["none", "none", "all", "all"][change % 4];
    let text = format!(
        r#"
        id = "changes"
        name = "Centre médical"
        zone = "UTC"
        country = "FR"
        messages.reminder = {{ sms = "on" }}
        messages.second_reminder = {{ sms = "on" }}
        reminder = {{ notice = "{notice}", second_sms = "{second}", second_notice = "3 hours" }}
        hours.allowed = "24/7"
        channels.sms.gateway = "sms"
        gateways.sms.type = "console"
        "#
    );
    std::fs::create_dir_all(folder.join("templates")).unwrap();
    for kind in ["reminder", "second_reminder"] {
        let file = folder.join(format!("templates/{kind}.sms.trd"));
        std::fs::write(file, "Bonjour [TRD3], le [TRD8] à [TRD9].\n").unwrap();
    }
    std::fs::write(folder.join("clinic.toml"), text).unwrap();
}

fn bookings(first: usize) -> Value {
    let batch = (first..first + BATCH).map(|number| {
        json!({"specversion": "1.0", "id": format!("e-{number}"), "source": "agenda",
            "type": "appointment.created",
            "data": {
                "appointment": {"id": format!("a-{number}"), "start": "2099-06-10T14:30"},
                "patient": {"id": format!("p-{number}"), "first_name": "Ana",
                    "mobile": format!("06399{:05}", 80_000 + number), "consent": true}}})
    });
    Value::Array(batch.collect())
}

/// The messages that wait for each appointment: kind and day of each.
fn standing(database: &Path) -> BTreeMap<String, Vec<String>> {
    let mut standing: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for message in messages(database) {
        let text = |name: &str| message[name].as_str().unwrap().to_string();
        let waits = standing.entry(text("appointment")).or_default();
        match &*text("state") {
            "planned" => waits.push(format!("{} {}", text("kind"), &text("due")[8..10])),
            "withdrawn" => {}
            state => panic!("{state}"),
        }
        waits.sort();
    }
    standing
}

/// How many appointments have which messages.
fn counts(database: &Path) -> BTreeMap<Vec<String>, usize> {
    let mut counts = BTreeMap::new();
    for waits in standing(database).into_values() {
        *counts.entry(waits).or_default() += 1;
    }
    counts
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_rules_that_is_cut_off_again_and_again_is_followed_to_its_end() {
    let folder = tempfile::tempdir().unwrap();
    let (place, database, log) = (
        folder.path().join("clinic"),
        folder.path().join("rappel.db"),
        folder.path().join("log"),
    );
    clinic(&place, 0);
    let said = || std::fs::read_to_string(&log).unwrap_or_default();
    let start = || Host::start(&place, &database, &log, &[], &[]).unwrap();
    let ready = |host: &mut Host| {
        host.wait_until_ready(Duration::from_secs(30))
            .unwrap_or_else(|error| panic!("{error}\n{}", said()));
    };
    let mut host = start();
    ready(&mut host);
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::new();
    for first in (0..APPOINTMENTS).step_by(BATCH) {
        let address = format!("{}/events", host.url());
        let answer = client.post(address).json(&bookings(first)).send().await;
        assert!(answer.unwrap().status().is_success());
    }
    let all = |waits: &[&str]| {
        let waits: Vec<String> = waits.iter().map(ToString::to_string).collect();
        BTreeMap::from([(waits, APPOINTMENTS)])
    };
    assert_eq!(counts(&database), all(&["reminder 08"]));
    let mut random: u64 = 0x9E37_79B9_7F4A_7C15;
    let mut before = counts(&database);
    let mut halfway = 0;
    for change in 1..=KILLS {
        host.kill();
        clinic(&place, change);
        host = start();
        if change % 3 == 0 {
            // At any moment: before it is ready, while it works out what changes, while it does it.
            random = random
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            tokio::time::sleep(Duration::from_millis(random >> 33 & 2047)).await;
        } else {
            // As soon as a message has changed.
            ready(&mut host);
            for _ in 0..1_000 {
                if counts(&database) != before {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        }
        host.kill();
        // Each appointment stands by the rules of one change or another, and by no two.
        let now = counts(&database);
        let whole = |waits: &Vec<String>| {
            let [first, more @ ..] = waits.as_slice() else {
                return false;
            };
            ["reminder 08", "reminder 09"].contains(&first.as_str())
                && (more.is_empty() || *more == ["second_reminder 10"])
        };
        assert!(now.keys().all(whole), "{now:?}");
        halfway += usize::from(now.len() > 1);
        before = now;
        host = start();
    }
    ready(&mut host);
    // The last change leads back to where it began.
    let mut now = counts(&database);
    for _ in 0..600 {
        if now == all(&["reminder 08"]) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
        now = counts(&database);
    }
    assert_eq!(now, all(&["reminder 08"]), "{}", said());
    assert!(
        halfway >= KILLS / 4,
        "only {halfway} of {KILLS} kills found messages of two rules: there was nothing to cut off"
    );
    println!("{KILLS} changes, {halfway} of them cut off halfway");
}
