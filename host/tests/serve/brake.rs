//! The brake at work: rules that plan far more than usual serve no longer, and what becomes of messages.

use rappel_core::civil::{Civil, Zone};
use rappel_core::event::Event;
use rappel_core::message::State;
use rappel_host::engine::EventPlanner;
use rappel_host::serve::Host;
use serde_json::json;

use crate::town::Town;

/// Twenty messages for each booking, beside the stock policies' own two. It leaves the first bookings alone:
/// what it would add to them could stop it before anything is booked.
const WILD: &str = "//! Writes and writes.\nfn plan(event, visit, settings) {\n    if visit.start < time(\"2026-06-03 15:00\") { return []; }\n    let all = [];\n    for day in 1..21 { all += message(`extra_${day}`, \"sms\").at(visit.start - hours(day)); }\n    all\n}\n";

async fn town() -> Town {
    let town = Town::new().await;
    town.write_clinic("cabinet");
    let toml = std::fs::read_to_string(town.folder("cabinet").join("clinic.toml")).unwrap();
    let kinds: String = (1..21)
        .map(|day| format!("extra_{day} = {{ sms = \"on\" }}\n"))
        .collect();
    let toml = toml.replace("[reminder]", &format!("{kinds}[reminder]"));
    town.write(
        "cabinet",
        "clinic.toml",
        &format!("{toml}\n[brake]\nmultiple = 5\nleast = 30\n"),
    );
    for day in 1..21 {
        let file = format!("templates/extra_{day}.sms.trd");
        town.write("cabinet", &file, "Encore [TRD3].\n");
    }
    town
}

/// The booking of a visit on 3 June, the first ones early.
fn booking(number: u32) -> Event {
    let start = match number {
        ..=20 => "2026-06-03T14:30",
        _ => "2026-06-03T15:30",
    };
    let event = json!({
        "specversion": "1.0", "id": format!("e-{number}"), "source": "agenda",
        "type": "appointment.created",
        "data": {"appointment": {"id": format!("a-{number}"), "start": start},
                 "patient": {"id": format!("p-{number}"), "first_name": "Ana", "consent": true,
                             "mobile": format!("+33639980{number:03}")}}});
    Event::from_value(&event).unwrap()
}

async fn book(host: &Host, numbers: std::ops::RangeInclusive<u32>) {
    let clinic = host.clinics().remove(0);
    for number in numbers {
        host.ingest(&clinic, &[booking(number)]).await.unwrap();
    }
}

fn serving(host: &Host) -> String {
    host.clinics()[0].live().rules.id().to_string()
}

/// How many messages of the wild policy, and how many reminders, are in a state.
async fn count(town: &Town, state: State) -> (usize, usize) {
    let messages = town.messages().await;
    let of = |kind: &str| {
        let all = messages.iter();
        all.filter(|message| message.state == state && message.kind.as_str().starts_with(kind))
            .count()
    };
    (of("extra"), of("reminder"))
}

async fn until_serving(host: &Host, generation: impl Fn(&str) -> bool) {
    for _ in 0..4_000 {
        if generation(&serving(host)) {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    panic!("{} serves", serving(host));
}

/// Until every standing message follows a generation.
async fn until_followed(town: &Town, generation: &str) {
    let now = Civil::at("2026-06-01T09:00:00Z".parse().unwrap(), Zone::UTC);
    let facility = "cabinet".into();
    town.until("every message", async |town| {
        let otherwise = town.store.planned_otherwise(&facility, generation, now);
        otherwise.await.unwrap().is_empty()
    })
    .await;
}

async fn decide(town: &Town, approved: bool) -> u32 {
    let facility = "cabinet".into();
    let approval = town.store.approvals(&facility).await.unwrap().remove(0);
    let now = "2026-06-01T09:00:00Z".parse().unwrap();
    let now = (now, Civil::at(now, Zone::UTC));
    let decided = town.store.decide(&facility, &approval.id, approved, now);
    decided.await.unwrap().unwrap()
}

/// A host with good rules, that were changed to wild ones and are back; the names of both.
async fn stopped(town: &Town) -> (Host, String, String) {
    let host = town.start("cabinet").await;
    let good = serving(&host);
    book(&host, 1..=20).await;
    town.write("cabinet", "rules/wild.rhai", WILD);
    until_serving(&host, |generation| generation != good).await;
    let wild = serving(&host);
    book(&host, 21..=22).await;
    assert_eq!(serving(&host), good, "it is stopped before it is answered");
    (host, good, wild)
}

#[tokio::test]
async fn rules_that_plan_too_much_are_replaced_by_those_before() {
    let town = town().await;
    let (host, good, wild) = stopped(&town).await;
    // What the good rules want too goes on: the answers to the bookings, and the reminders.
    town.until("the answers", async |town| {
        let states = town.states().await;
        states
            .iter()
            .filter(|state| *state == "created sent")
            .count()
            == 22
    })
    .await;
    assert_eq!(count(&town, State::Planned).await, (0, 22));
    assert_eq!(count(&town, State::Held).await, (40, 0));
    book(&host, 23..=23).await;
    assert_eq!(count(&town, State::Planned).await, (0, 23));
    let status = host.status().await.unwrap();
    assert_eq!(status.generations[0].id, good);
    let refused = status.generations[0].refused.clone().unwrap();
    assert!(
        refused.starts_with(&format!(
            "the brake stopped generation {wild}: 44 messages planned in a day for 2 × appointment.created, where 4 are usual;"
        )),
        "{refused}"
    );
    assert_eq!(status.unplanned, []);
    let kinds: Vec<_> = status
        .alarms
        .iter()
        .map(|(_, record)| record.alarm.kind.name())
        .collect();
    assert_eq!(kinds, ["braked"], "nothing is wrong with the files");
    host.stop().await;
    // A restart brings the same files back as little as the next look.
    let host = town.start("cabinet").await;
    assert_eq!(serving(&host), good);
    assert!(
        host.status().await.unwrap().generations[0]
            .refused
            .is_some()
    );
    host.stop().await;
}

#[tokio::test]
async fn approved_rules_serve_again_and_their_messages_go() {
    let town = town().await;
    let (host, good, wild) = stopped(&town).await;
    until_followed(&town, &good).await;
    assert_eq!(decide(&town, true).await, 40);
    until_serving(&host, |generation| generation == wild).await;
    until_followed(&town, &wild).await;
    assert_eq!(count(&town, State::Held).await, (0, 0));
    book(&host, 23..=24).await;
    assert_eq!(serving(&host), wild);
    assert_eq!(count(&town, State::Planned).await, (80, 24));
    assert_eq!(count(&town, State::Withdrawn).await, (0, 0));
    town.until("the end of the refusal", async |_| {
        host.status().await.unwrap().generations[0]
            .refused
            .is_none()
    })
    .await;
    host.stop().await;
}

#[tokio::test]
async fn withdrawn_rules_serve_only_when_they_are_changed() {
    let town = town().await;
    let (host, good, _) = stopped(&town).await;
    assert_eq!(decide(&town, false).await, 40);
    assert_eq!(count(&town, State::Withdrawn).await, (40, 0));
    town.until("what is said of it", async |_| {
        let status = host.status().await.unwrap();
        let refused = status.generations[0].refused.clone().unwrap_or_default();
        refused.ends_with("it was withdrawn, so change the files")
    })
    .await;
    assert_eq!(serving(&host), good);
    town.write("cabinet", "rules/wild.rhai", &WILD.replace("21", "2"));
    until_serving(&host, |generation| generation != good).await;
    until_followed(&town, &serving(&host)).await;
    book(&host, 23..=24).await;
    assert_eq!(count(&town, State::Planned).await, (4, 24));
    host.stop().await;
}

#[tokio::test]
async fn a_host_that_was_killed_before_it_changed_over_starts_with_the_rules_before() {
    let town = town().await;
    let host = town.start("cabinet").await;
    let good = serving(&host);
    book(&host, 1..=20).await;
    town.write("cabinet", "rules/wild.rhai", WILD);
    until_serving(&host, |generation| generation != good).await;
    let rules = host.clinics()[0].live().rules.clone();
    // The files that serve are kept before anything is planned again.
    town.until("the keeping", async |town| {
        let kept = town.store.kept_folders().await.unwrap();
        kept[0].generation == rules.id()
    })
    .await;
    host.stop().await;
    let events: Vec<Event> = (21..=22).map(booking).collect();
    let now = "2026-06-01T09:00:00Z".parse().unwrap();
    let planner = EventPlanner(rules);
    let facility = "cabinet".into();
    town.store
        .ingest(&facility, &events, now, &planner)
        .await
        .unwrap();
    assert_eq!(count(&town, State::Held).await, (40, 2));
    let host = town.start("cabinet").await;
    assert_eq!(serving(&host), good);
    assert_eq!(count(&town, State::Held).await, (40, 0));
    assert_eq!(count(&town, State::Planned).await, (0, 22));
    host.stop().await;
}
