//! What a change of rules does to standing messages: told before, and done the same.

#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use rappel_core::civil::{Civil, Instant};
use rappel_core::event::Event;
use rappel_core::ids::FacilityId;
use rappel_core::message::State;
use rappel_core::store::{EffectCounts, Filter, Message, PlannedAnew, Standing, Store, Transition};
use rappel_host::engine::{Effect, EventPlanner, Folder, Generation, Touch, effect};
use rappel_host::store::SqliteStore;
use serde_json::{Value, json};

const CLINIC: &str = r#"id = "x"
name = "X"
zone = "Europe/Paris"
country = "FR"
language = "en"
channels.sms.gateway = "out"
channels.email.gateway = "out"
gateways.out.type = "console"
hours.allowed = "24/7"
"#;

/// A clinic with these settings and a reminder that says this.
fn clinic_with(settings: &str, says: &str, rule: Option<&str>) -> Arc<Generation> {
    let mut folder = Folder::default();
    folder.insert("clinic.toml", format!("{CLINIC}{settings}"));
    for kind in ["reminder", "created", "recall"] {
        folder.insert(&format!("templates/{kind}.sms.trd"), format!("{says}\n"));
        let email = format!("Subject: Your visit\n\n{says}\n");
        folder.insert(&format!("templates/{kind}.email.trd"), email);
    }
    if let Some(rule) = rule {
        folder.insert("rules/own.rhai", rule);
    }
    Arc::new(Generation::compile(&folder).unwrap_or_else(|found| panic!("{found:?}")))
}

const SAYS: &str = "Hello [TRD3], see you on [TRD8] at [TRD9].";

fn clinic(settings: &str) -> Arc<Generation> {
    clinic_with(settings, SAYS, None)
}

/// Reminds by SMS a day before.
const DAY: &str = "messages.reminder = { sms = \"on\" }\nreminder.notice = \"24 hours\"\n";

fn at(text: &str) -> Instant {
    text.parse::<Civil>()
        .unwrap()
        .instant(chrono_tz::Europe::Paris)
}

/// A clinic's outbox with an appointment on 3 June at 14:30, booked on 1 June at 10:00.
struct House {
    store: SqliteStore,
    facility: FacilityId,
}

impl House {
    async fn booked(rules: &Arc<Generation>) -> Self {
        let house = Self {
            store: SqliteStore::in_memory().await.unwrap(),
            facility: "x".into(),
        };
        house
            .tell(
                rules,
                "appointment.created",
                json!({"appointment": {"id": "a-1", "start": "2026-06-03T14:30"},
                       "patient": {"id": "p-1", "first_name": "Ana", "consent": true,
                                   "mobile": "+33639980001", "email": "ana@example.org"}}),
            )
            .await;
        house
    }

    async fn tell(&self, rules: &Arc<Generation>, kind: &str, data: Value) {
        let event = Event::from_value(
            &json!({"specversion": "1.0", "id": kind, "source": "agenda",
            "type": kind, "time": "2026-06-01T08:00:00Z", "data": data}),
        )
        .unwrap();
        let planner = EventPlanner(rules.clone());
        let now = at("2026-06-01T10:00");
        self.store
            .ingest(&self.facility, &[event], now, &planner)
            .await
            .unwrap();
    }

    async fn standing(&self, rules: &Generation, now: Instant) -> Vec<Standing> {
        let today = Civil::at(now, chrono_tz::Europe::Paris);
        let ids = self
            .store
            .planned_otherwise(&self.facility, rules.id(), today)
            .await
            .unwrap();
        self.store.standing(&self.facility, &ids).await.unwrap()
    }

    /// What other rules would do, and did.
    async fn change(
        &self,
        old: &Arc<Generation>,
        new: &Arc<Generation>,
        now: &str,
    ) -> (Effect, PlannedAnew) {
        let now = at(now);
        let standing = self.standing(new, now).await;
        let told = effect(Some(old), new, &standing, now);
        let ids: Vec<_> = standing.iter().map(|one| one.appointment.clone()).collect();
        let planner = EventPlanner(new.clone());
        let did = self.store.plan_anew(&self.facility, &ids, now, &planner);
        (told, did.await.unwrap())
    }

    async fn messages(&self) -> Vec<Message> {
        let filter = Filter::default();
        let mut messages = self.store.messages(&filter).await.unwrap();
        messages.reverse();
        messages
    }

    async fn states(&self) -> Vec<String> {
        let messages = self.messages().await;
        messages
            .iter()
            .map(|m| format!("{} {} {} {}", m.kind, m.channel, m.state, m.due_civil))
            .collect()
    }

    /// The message that waits went.
    async fn send(&self, kind: &str) {
        let messages = self.messages().await;
        let message = messages.iter().find(|m| m.kind.as_str() == kind).unwrap();
        let (now, day) = (message.due, (message.due, message.due));
        let lane = rappel_core::store::Lane {
            facility: self.facility.clone(),
            channel: message.channel,
        };
        let lease = now + chrono::TimeDelta::minutes(1);
        let claims = self.store.claim(&lane, now, day, 9, lease).await.unwrap();
        let claim = claims.iter().find(|c| c.message.id == message.id).unwrap();
        let step = |from, to| Transition {
            facility: self.facility.clone(),
            id: message.id,
            fence: claim.fence,
            from,
            to,
            reason: None,
            origin: None,
            due: None,
            lease: Some(lease),
            generation: None,
            handover: None,
            gateway_id: None,
            forgive_attempt: false,
            reminders_today: None,
            fault: false,
            story: Vec::new(),
        };
        for (from, to) in [
            (State::Planned, State::Sending),
            (State::Sending, State::Sent),
        ] {
            let made = self
                .store
                .commit(&[step(from, to)], now, day)
                .await
                .unwrap();
            assert_eq!(made.made, [true]);
        }
    }
}

fn counts(told: &Effect) -> [u64; 6] {
    let EffectCounts {
        moved,
        withdrawn,
        added,
        reworded,
        late,
        held,
    } = told.counts();
    [moved, withdrawn, added, reworded, late, held]
}

/// What is told is what is done.
fn agree(told: &Effect, did: &PlannedAnew) {
    let counts = told.counts();
    assert_eq!(
        (counts.moved, counts.withdrawn, counts.added),
        (did.moved, did.withdrawn, did.added)
    );
}

#[tokio::test]
async fn each_change_does_what_it_says() {
    let on = "messages.reminder = { sms = \"on\" }\nmessages.created = { sms = \"on\" }\n";
    let recall = "messages.recall = { sms = \"on\" }\nrecall.after = \"6 months\"\n";
    // Settings before and after, when they change: moved, withdrawn, added, reworded, late, held; what
    // stands then.
    for (before, after, now, expected, stands) in [
        (
            DAY.to_string(),
            DAY.replace("24", "36"),
            "2026-06-01T12:00",
            [1, 0, 0, 0, 0, 0],
            vec!["reminder sms planned 2026-06-02 02:30"],
        ),
        (
            DAY.into(),
            DAY.replace("sms = \"on\"", "sms = \"off\""),
            "2026-06-01T12:00",
            [0, 1, 0, 0, 0, 0],
            vec!["reminder sms withdrawn 2026-06-02 14:30"],
        ),
        (
            DAY.into(),
            DAY.replace("sms = \"on\"", "sms = \"on\", email = \"on\""),
            "2026-06-01T12:00",
            [0, 0, 1, 0, 0, 0],
            vec![
                "reminder sms planned 2026-06-02 14:30",
                "reminder email planned 2026-06-02 14:30",
            ],
        ),
        // Its new time is past: nobody loses a reminder, and nobody gets one late.
        (
            DAY.into(),
            DAY.replace("24", "72")
                .replace("sms = \"on\"", "sms = \"on\", email = \"on\""),
            "2026-06-01T12:00",
            [0, 0, 0, 0, 2, 0],
            vec!["reminder sms planned 2026-06-02 14:30"],
        ),
        // What answers an event is never told anew.
        (
            DAY.into(),
            format!("{DAY}messages.created = {{ sms = \"on\" }}\n"),
            "2026-06-01T10:01",
            [0, 0, 0, 0, 0, 0],
            vec!["reminder sms planned 2026-06-02 14:30"],
        ),
        // Nor taken back.
        (
            on.into(),
            on.replace("created = { sms = \"on\" }", "created = { sms = \"off\" }"),
            "2026-06-01T10:01",
            [0, 0, 0, 0, 0, 0],
            vec![
                "created sms planned 2026-06-01 10:00",
                "reminder sms planned 2026-06-01 14:30",
            ],
        ),
        // What stands behind the visit moves when the visit is long over.
        (
            recall.into(),
            recall.replace("6 months", "1 year"),
            "2026-07-01T10:00",
            [1, 0, 0, 0, 0, 0],
            vec!["recall sms planned 2027-06-03 14:30"],
        ),
        // A visit that is over is nobody's to plan for.
        (
            String::new(),
            recall.into(),
            "2026-07-01T10:00",
            [0, 0, 0, 0, 0, 0],
            vec![],
        ),
    ] {
        let (old, new) = (clinic(&before), clinic(&after));
        let house = House::booked(&old).await;
        let (told, did) = house.change(&old, &new, now).await;
        assert_eq!(counts(&told), expected, "{before} → {after}");
        agree(&told, &did);
        assert_eq!(house.states().await, stands, "{before} → {after}");
        // Again it changes nothing.
        let (told, did) = house.change(&old, &new, now).await;
        assert_eq!((counts(&told), did.is_nothing()), ([0; 6], true), "{after}");
    }
}

#[tokio::test]
async fn what_would_be_said_otherwise_is_told_and_stays_planned() {
    let old = clinic(DAY);
    let new = clinic_with(DAY, "Good day [TRD3], see you on [TRD8] at [TRD9].", None);
    let house = House::booked(&old).await;
    let (told, did) = house.change(&old, &new, "2026-06-01T12:00").await;
    assert_eq!(
        (counts(&told), did.is_nothing()),
        ([0, 0, 0, 1, 0, 0], true)
    );
    let Touch::Reworded { before, after } = &told.touched[0].touch else {
        panic!("{:?}", told.touched);
    };
    let said = |words: &rappel_host::engine::Words| words.as_ref().unwrap().text.clone();
    assert!(said(before).starts_with("Hello Ana"));
    assert!(said(after).starts_with("Good day Ana"));
    // Nothing of a patient's stands in what is logged of it.
    assert!(!format!("{told:?}").contains("Ana"));
}

#[tokio::test]
async fn a_text_that_asks_for_a_confirmation_from_now_on_is_reworded() {
    let says = "Hello [TRD3][IF CONFIRMATION_REQUESTED], please answer[/IF].";
    let asks = format!("{DAY}reminder.confirmation = true\n");
    let old = clinic_with(DAY, says, None);
    let new = clinic_with(&asks, says, None);
    let house = House::booked(&old).await;
    let (told, _) = house.change(&old, &new, "2026-06-01T12:00").await;
    assert_eq!(counts(&told), [0, 0, 0, 1, 0, 0]);
    assert!(house.messages().await[0].confirmation_requested);
}

#[tokio::test]
async fn what_went_is_not_told_again() {
    let old = clinic(DAY);
    let house = House::booked(&old).await;
    house.send("reminder").await;
    // Later, and by another channel.
    let later = DAY.replace("24", "12");
    for settings in [&later, &later.replace("sms = \"on\"", "email = \"on\"")] {
        let new = clinic(settings);
        let (told, did) = house.change(&old, &new, "2026-06-02T15:00").await;
        assert_eq!(
            (counts(&told), did.is_nothing()),
            ([0; 6], true),
            "{settings}"
        );
    }
    assert_eq!(house.states().await, ["reminder sms sent 2026-06-02 14:30"]);
}

#[tokio::test]
async fn rules_that_are_put_back_bring_back_what_they_wanted() {
    let old = clinic(DAY);
    let off = clinic(&DAY.replace("sms = \"on\"", "sms = \"off\""));
    let house = House::booked(&old).await;
    for _ in 0..2 {
        house.change(&old, &off, "2026-06-01T12:00").await;
        house.change(&off, &old, "2026-06-01T12:10").await;
    }
    let waiting = "reminder sms planned 2026-06-02 14:30";
    let states = house.states().await;
    let of = |state: &str| states.iter().filter(|s| *s == state).count();
    assert_eq!((states.len(), of(waiting)), (3, 1), "{states:?}");
}

#[tokio::test]
async fn a_policy_that_fails_holds_what_may_be_its_own_until_it_is_mended() {
    let fails = "//! Fails.\nfn plan(event, visit, settings) {\n    let none = 0;\n    [message(\"reminder\", \"sms\").at(visit.start - hours(24 / none))]\n}\n";
    let off = DAY.replace("sms = \"on\"", "sms = \"off\"");
    let (old, new) = (clinic(DAY), clinic_with(&off, SAYS, Some(fails)));
    let house = House::booked(&old).await;
    let (told, did) = house.change(&old, &new, "2026-06-01T12:00").await;
    assert_eq!((counts(&told)[5], did.faults.len()), (1, 1));
    assert_eq!(house.messages().await[0].state, State::Held);
    // It is mended when the reminder was due for an hour: it goes at once.
    house.change(&new, &old, "2026-06-02T15:30").await;
    assert_eq!(
        house.states().await,
        ["reminder sms planned 2026-06-02 14:30"]
    );
}

#[tokio::test]
async fn the_last_event_is_the_one_that_is_told_again() {
    // Wants a reminder for what was moved, and for nothing else.
    let rule = "//! Own.\nfn plan(event, visit, settings) {\n    if event.type != \"appointment.modified\" || !event.changed(\"start\") { return []; }\n    [message(\"reminder\", \"sms\").at(visit.start - hours(2))]\n}\n";
    let old = clinic("messages.reminder = { sms = \"off\" }\n");
    let new = clinic_with("messages.reminder = { sms = \"off\" }\n", SAYS, Some(rule));
    let house = House::booked(&old).await;
    let moved = json!({"appointment": {"id": "a-1", "start": "2026-06-03T16:00"}});
    house.tell(&old, "appointment.modified", moved).await;
    let (told, _) = house.change(&old, &new, "2026-06-01T12:00").await;
    assert_eq!(counts(&told), [0, 0, 1, 0, 0, 0]);
    assert_eq!(
        house.states().await,
        ["reminder sms planned 2026-06-03 14:00"]
    );
}

#[tokio::test]
async fn an_answer_to_an_event_is_not_taken_back() {
    // Tells of a cancellation by an answer that isn't urgent, and reminds of booking anew.
    let rule = "//! Own.\nfn plan(event, visit, settings) {\n    if event.type != \"appointment.cancelled\" { return []; }\n    [message(\"created\", \"sms\").now(), message(\"reminder\", \"sms\").at(visit.start - hours(2))]\n}\n";
    let off = "messages.reminder = { sms = \"off\" }\n";
    let old = clinic_with(off, SAYS, Some(rule));
    let new = clinic_with(off, SAYS, Some(&rule.replace("hours(2)", "hours(4)")));
    let house = House::booked(&old).await;
    let cancelled = json!({"appointment": {"id": "a-1"}});
    house.tell(&old, "appointment.cancelled", cancelled).await;
    let (told, _) = house.change(&old, &new, "2026-06-01T12:00").await;
    assert_eq!(counts(&told), [1, 0, 0, 0, 0, 0]);
    assert_eq!(
        house.states().await,
        [
            "created sms planned 2026-06-01 10:00",
            "reminder sms planned 2026-06-03 10:30"
        ]
    );
}
