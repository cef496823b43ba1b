//! Policies in shadow: they are asked like the others, told, and reach no message.

#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::sync::Arc;

use rappel_core::diagnostic::codes;
use rappel_core::event::Event;
use rappel_core::shadow::Asked;
use rappel_core::store::{Message, Store};
use rappel_host::engine::{Folder, Generation};
use rappel_host::folder::read_folder;
use rappel_host::simulate::{Simulation, Window, simulate};
use serde_json::json;

/// A clinic that reminds by SMS two days before, of visits that were booked half a day ahead.
const CLINIC: &str = r#"
id = "cabinet"
name = "Cabinet"
zone = "UTC"
country = "FR"
[messages]
created = { sms = "on" }
reminder = { sms = "on" }
second_reminder = { sms = "on" }
[reminder]
notice = "2 days"
min_lead = "12 hours"
second_sms = "unreliable"
[hours]
allowed = "08:00-20:00"
[channels]
sms.gateway = "sms"
email.gateway = "sms"
[gateways.sms]
type = "console"
"#;

/// The clinic with policies of its own, by their names.
fn folder(policies: &[(&str, &str)]) -> Folder {
    let mut folder = Folder::default();
    folder.insert("clinic.toml", CLINIC);
    for kind in ["created", "reminder", "second_reminder"] {
        let file = format!("templates/{kind}.sms.trd");
        folder.insert(&file, "Bonjour [TRD3], le [TRD8] à [TRD9].\n");
    }
    for (name, text) in policies {
        folder.insert(&format!("rules/{name}.rhai"), *text);
    }
    folder
}

/// The same, compiled; messages may go by e-mail where a policy says so.
fn compile(policies: &[(&str, &str)]) -> Arc<Generation> {
    let mut folder = folder(policies);
    for kind in ["created", "reminder"] {
        let file = format!("templates/{kind}.email.trd");
        folder.insert(&file, "Subject: Le [TRD8]\n\nBonjour [TRD3], à [TRD9].\n");
    }
    Arc::new(Generation::compile(&folder).unwrap_or_else(|found| panic!("{found:#?}")))
}

fn event(id: &str, kind: &str, time: &str, start: &str) -> Event {
    let event = json!({
        "specversion": "1.0", "id": id, "source": "agenda", "type": kind, "time": format!("{time}:00Z"),
        "data": {"appointment": {"id": "a-1", "start": start},
                 "patient": {"id": "p-1", "first_name": "Ana", "mobile": "+33639980001", "email": "ana@example.org", "consent": true}}});
    Event::from_value(&event).unwrap()
}

/// A visit on 10 June at 14:30, booked on 1 June at 09:00.
fn booked() -> Event {
    event(
        "e-1",
        "appointment.created",
        "2026-06-01T09:00",
        "2026-06-10T14:30",
    )
}

async fn play(rules: Arc<Generation>, events: Vec<Event>) -> Simulation {
    let simulation = simulate(rules, events, Window::default(), &|_| {}).await;
    simulation.unwrap()
}

async fn asked(simulation: &Simulation) -> Vec<Asked> {
    simulation.store.shadows(None).await.unwrap()
}

/// What a policy in shadow would have changed, the earliest asked first.
async fn told(policies: &[(&str, &str)], events: Vec<Event>) -> Vec<String> {
    let simulation = play(compile(policies), events).await;
    let mut told = Vec::new();
    for asked in asked(&simulation).await {
        let all = simulation.store.shadow(&asked.facility, &asked.policy, 100);
        for one in all.await.unwrap().iter().rev() {
            let line = one.origin.line;
            told.push(format!(
                "{} {}:{line} would {}",
                one.kind, asked.policy, one.otherwise
            ));
        }
    }
    told
}

/// Everything of messages that a patient or the clinic could notice.
fn noticed(messages: &[Message]) -> Vec<String> {
    messages
        .iter()
        .map(|message| {
            let decided = message
                .origin
                .as_ref()
                .map(|origin| origin.policy.to_string());
            format!(
                "{} {} {} {} {:?} {:?} {decided:?} {:?}",
                message.id,
                message.kind,
                message.state,
                message.due,
                message.sent_at,
                message.reason,
                message.text
            )
        })
        .collect()
}

/// Wants everything, fails at times, and lets nothing go.
const WILD: &str = r#"
fn plan(event, visit, settings) {
    if event.about != "appointment" { throw "not that"; }
    [message("reminder", "email").now(), message("second_reminder", "sms").at(visit.start - hours(5))]
}
fn check(message, visit, settings) {
    if message.channel == "email" { throw "no e-mail"; }
    skip("never")
}
"#;

#[tokio::test]
async fn whatever_it_says_every_message_is_as_it_was() {
    for clinic in ["lumiere", "harbour"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../examples")
            .join(clinic);
        let folder = read_folder(&path).unwrap();
        let agenda = std::fs::read_to_string(path.join("agenda.jsonl")).unwrap();
        let events: Vec<Event> = agenda
            .lines()
            .map(|line| Event::from_json(line).unwrap())
            .collect();
        let without = Arc::new(Generation::compile(&folder).unwrap());
        let mut shadowed = folder.clone();
        for name in ["reminder", "consent", "hours", "own"] {
            shadowed.insert(&format!("rules/{name}.shadow.rhai"), WILD);
        }
        let with = Arc::new(Generation::compile(&shadowed).unwrap());
        assert_ne!(with.id(), without.id(), "it is a file like the others");
        let (with, without) = (
            play(with, events.clone()).await,
            play(without, events).await,
        );
        assert_eq!(
            noticed(&with.messages),
            noticed(&without.messages),
            "{clinic}"
        );
        assert_eq!(with.events, without.events, "{clinic}");
        assert_eq!(
            (with.faults.len(), without.faults.len()),
            (0, 0),
            "{clinic}"
        );
        let asked = asked(&with).await;
        assert_eq!(asked.len(), 4, "{clinic}");
        for asked in asked {
            assert!(
                asked.events > 10 && asked.messages > 10,
                "{clinic}: {asked:?}"
            );
            assert!(
                asked.faults > 0 && asked.otherwise["skip"] > 5,
                "{clinic}: {asked:?}"
            );
        }
    }
}

#[tokio::test]
async fn what_it_would_plan_is_told_beside_what_is_planned() {
    let earlier = "fn plan(event, visit, settings) {\n    message(\"reminder\", \"sms\").at(visit.start - days(3))\n}";
    assert_eq!(
        told(&[("reminder.shadow", earlier)], vec![booked()]).await,
        [
            "reminder reminder.shadow:2 would be planned for 2026-06-07 14:30 and not for 2026-06-08 14:30"
        ]
    );
    // Beside the stock policy `reminder`, whose message it is.
    assert_eq!(
        told(&[("zz.shadow", earlier)], vec![booked()]).await,
        [""; 0]
    );
    assert_eq!(
        told(&[("aa.shadow", earlier)], vec![booked()]).await,
        ["reminder aa.shadow:2 would be planned for 2026-06-07 14:30 and not for 2026-06-08 14:30"],
        "the first in the order of names has it"
    );
    let nothing = "fn plan(event, visit, settings) { [] }";
    assert_eq!(
        told(&[("reminder.shadow", nothing)], vec![booked()]).await,
        ["reminder reminder.shadow:0 would not be planned"]
    );
    let only_checks = "fn check(message, visit, settings) { allow() }";
    assert_eq!(
        told(&[("reminder.shadow", only_checks)], vec![booked()]).await,
        ["reminder reminder.shadow:0 would not be planned"],
        "it stands in the place of all of the policy"
    );
    let more = "fn plan(event, visit, settings) {\n    [message(\"reminder\", \"sms\").at(visit.start - settings.reminder.notice).asks_confirmation(true),\n     message(\"reminder\", \"email\").now()]\n}";
    let mut said = told(&[("reminder.shadow", more)], vec![booked()]).await;
    said.sort();
    assert_eq!(
        said,
        [
            "reminder reminder.shadow:2 would be planned with another end, or another question for a confirmation",
            "reminder reminder.shadow:3 would be planned at once",
        ]
    );
}

#[tokio::test]
async fn what_comes_too_late_either_way_is_not_told() {
    let moved = event(
        "e-2",
        "appointment.modified",
        "2026-06-08T15:00",
        "2026-06-10T14:30",
    );
    let earlier = "fn plan(event, visit, settings) {\n    if event.type == \"appointment.created\" { return []; }\n    message(\"reminder\", \"sms\").at(visit.start - days(3))\n}";
    // When the visit is changed both reminders are past.
    assert_eq!(
        told(&[("reminder.shadow", earlier)], vec![booked(), moved]).await,
        ["reminder reminder.shadow:0 would not be planned"]
    );
}

#[tokio::test]
async fn what_it_would_say_of_a_due_message_is_told_where_all_come_to_something_else() {
    let soon = || {
        event(
            "e-1",
            "appointment.created",
            "2026-06-10T06:00",
            "2026-06-10T14:30",
        )
    };
    let lenient = "fn check(message, visit, settings) { allow() }";
    // The stock policy would skip what is booked a few hours ahead; `hours` doesn't mind at 14:30.
    let reminder = "fn plan(event, visit, settings) {\n    message(\"reminder\", \"sms\").at(visit.start - hours(4))\n}";
    let own = ("reminder", reminder);
    assert_eq!(
        told(&[own, ("min_lead.shadow", lenient)], vec![soon()]).await,
        ["reminder min_lead.shadow:1 would go"]
    );
    assert_eq!(
        told(&[own, ("one_a_day.shadow", lenient)], vec![soon()]).await,
        [""; 0],
        "that one has nothing against it"
    );
    let strict = "fn check(message, visit, settings) {\n    if message.kind == \"reminder\" { return skip(\"not now\"); }\n    hold(message.now + hours(1), \"wait\")\n}";
    assert_eq!(
        told(&[own, ("zz.shadow", strict)], vec![soon()]).await,
        ["created zz.shadow:3 would be held until 2026-06-10 09:00: wait"],
        "the reminder is skipped anyway, and until 8 o'clock the other waits anyway"
    );
    let fails = "fn check(message, visit, settings) {\n    if visit.service.name.len() > 0 { skip(\"it has a name\") } else { allow() }\n}";
    let told = told(&[("zz.shadow", fails)], vec![booked()]).await;
    assert!(
        told[0].starts_with("created zz.shadow:2 would be held, because a policy fails: "),
        "{told:?}"
    );
}

/// A reminder that the shadow wants so early that it would be skipped is one that nobody gets.
#[tokio::test]
async fn a_reminder_that_would_come_too_late_would_not_be_planned() {
    let soon = event(
        "e-1",
        "appointment.created",
        "2026-06-07T14:30",
        "2026-06-10T14:30",
    );
    let earlier = "fn plan(event, visit, settings) {\n    message(\"reminder\", \"sms\").at(visit.start - days(5))\n}";
    assert_eq!(
        told(&[("reminder.shadow", earlier)], vec![soon.clone()]).await,
        ["reminder reminder.shadow:2 would not be planned"]
    );
    let later = "fn plan(event, visit, settings) {\n    message(\"reminder\", \"sms\").at(visit.start - hours(4))\n}";
    let own = ("reminder", earlier);
    assert_eq!(
        told(&[own, ("reminder.shadow", later)], vec![soon]).await,
        ["reminder reminder.shadow:2 would be planned for 2026-06-10 10:30"]
    );
}

/// Where a message goes another way the policies are asked again, and so are those in shadow.
#[tokio::test]
async fn what_goes_another_way_is_compared_by_how_it_ends() {
    let via = "fn check(message, visit, settings) {\n    if message.channel == \"sms\" { return via(\"email\", \"it costs nothing\"); }\n    allow()\n}";
    let no_email = "fn check(message, visit, settings) {\n    if message.channel == \"email\" { return skip(\"no e-mail\"); }\n    allow()\n}";
    // What only SMS may do, `[messages]` says.
    let channels = ("channels", "fn check(message, visit, settings) { allow() }");
    let told = async |policies: &[(&str, &str)]| told(policies, vec![booked()]).await;
    assert_eq!(
        told(&[channels, ("aa.shadow", via)]).await,
        [
            "created aa.shadow:2 would go by email: it costs nothing",
            "reminder aa.shadow:2 would go by email: it costs nothing",
        ]
    );
    assert_eq!(
        told(&[("aa.shadow", via)]).await,
        [
            "created aa.shadow:2 would be skipped: messages of the kind created are switched off for email",
            "reminder aa.shadow:2 would be skipped: messages of the kind reminder are switched off for email",
        ]
    );
    assert_eq!(
        told(&[channels, ("aa", via), ("bb.shadow", no_email)]).await,
        [
            "created bb.shadow:0 would be skipped: no e-mail",
            "reminder bb.shadow:0 would be skipped: no e-mail",
        ],
        "it says so where it is asked again"
    );
    assert_eq!(
        told(&[("aa", via), ("bb.shadow", no_email)]).await,
        [""; 0],
        "they are skipped anyway"
    );
}

#[test]
fn its_file_is_tried_like_the_others() {
    let policies = [("reminder.shadow", "fn plan(event, visit, settings) { [] }")];
    let warnings = |folder: &Folder| {
        let warnings = Generation::compile(folder).unwrap();
        let warnings = warnings.warnings().iter();
        warnings
            .map(|one| (one.code, one.file.clone()))
            .collect::<Vec<_>>()
    };
    let mut folder = folder(&policies);
    assert_eq!(
        warnings(&folder),
        [(codes::NO_CASES, "rules/reminder.shadow.rhai".into())]
    );
    let case =
        "[[case]]\nname = \"nothing is planned\"\nevent = \"appointment.created\"\nmessages = []\n";
    folder.insert("rules/reminder.shadow.cases.toml", case);
    assert_eq!(warnings(&folder), []);
    folder.insert(
        "rules/reminder.shadow.cases.toml",
        case.replace("[]", "[\"reminder by sms at 2026-06-01 14:30\"]"),
    );
    let found = Generation::compile(&folder).err().unwrap();
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].file, "rules/reminder.shadow.cases.toml");
    folder.insert(
        "rules/reminder.shadow.rhai",
        "fn plan(event, visit, settings) { visit.starts }",
    );
    assert!(Generation::compile(&folder).is_err());
}

/// What a backtest compares with: its files take the place of those of its name, wherever either stands.
#[test]
fn it_can_be_put_in_its_place() {
    let mut folder = folder(&[("reminder", "old"), ("own", "own")]);
    assert!(folder.with_shadows_obeyed().is_none(), "none is in shadow");
    folder.insert("rules/reminder.cases.toml", "old cases");
    folder.insert("rules/try/reminder.shadow.rhai", "new");
    folder.insert("rules/hours.shadow.rhai", "hours");
    folder.insert("rules/hours.shadow.cases.toml", "hours' cases");
    folder.insert("rules/notes.md", "notes");
    let obeyed = folder.with_shadows_obeyed().unwrap();
    let rules: Vec<(&str, &str)> = obeyed
        .iter()
        .filter(|(path, _)| path.starts_with("rules/"))
        .map(|(path, text)| (path, &**text))
        .collect();
    assert_eq!(
        rules,
        [
            ("rules/hours.cases.toml", "hours' cases"),
            ("rules/hours.rhai", "hours"),
            ("rules/notes.md", "notes"),
            ("rules/own.rhai", "own"),
            ("rules/reminder.rhai", "new"),
        ]
    );
    assert_eq!(obeyed.get("clinic.toml"), folder.get("clinic.toml"));
}

/// A kind that only a policy in shadow plans is planned by nobody.
#[test]
fn what_it_plans_is_planned_by_nobody() {
    let mut folder = folder(&[]);
    folder.insert(
        "clinic.toml",
        CLINIC.replace("[messages]", "[messages]\ncard = { sms = \"on\" }"),
    );
    folder.insert("templates/card.sms.trd", "Bonne fête [TRD3] !\n");
    let codes = |folder: &Folder| {
        let rules = Generation::compile(folder).unwrap();
        rules
            .warnings()
            .iter()
            .map(|one| one.code.to_string())
            .collect::<Vec<_>>()
    };
    let plans = "fn plan(event, visit, settings) { message(\"card\", \"sms\").at(visit.start) }";
    let case = "[[case]]\nname = \"a card\"\nvisit.start = \"2026-06-03 14:30\"\nevent = \"appointment.created\"\nmessages = [\"card by sms at 2026-06-03 14:30\"]\n";
    folder.insert("rules/card.shadow.rhai", plans);
    folder.insert("rules/card.shadow.cases.toml", case);
    let in_shadow = codes(&folder);
    assert_eq!(in_shadow.len(), 1, "{in_shadow:?}");
    folder.insert("rules/card.rhai", plans);
    folder.insert("rules/card.cases.toml", case);
    assert_eq!(codes(&folder), [""; 0]);
}
