//! What would turn a decision: every claim is tried, and one unit less, by other means than it was found.

#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use proptest::prelude::*;
use rappel_core::civil::{Civil, Instant, Span};
use rappel_core::facts::Records;
use rappel_core::ids::{FacilityId, MessageId};
use rappel_core::kind::Kind;
use rappel_core::store::{Claimed, Message};
use rappel_core::{ChannelKind, EventKind};
use rappel_host::engine::{Folder, Generation, Occasion, Outcome, Situation, Turn, Would};
use serde_json::{Value, json};

const CLINIC: &str = r#"id = "x"
name = "X"
zone = "Europe/Paris"
country = "FR"
language = "en"
channels.sms.gateway = "out"
channels.email.gateway = "out"
gateways.out.type = "console"
messages.reminder = { sms = "on", email = "online" }
messages.second_reminder = { sms = "on" }
reminder = { min_lead = "12 hours", second_sms = "unreliable", one_a_day = true }
consent = { opt_in = true, necessary = ["cancelled"] }
silent_groups = ["Oncology"]
"#;

fn clinic(more: &str) -> Arc<Generation> {
    let mut folder = Folder::default();
    folder.insert("clinic.toml", format!("{CLINIC}{more}"));
    for file in ["reminder.sms", "second_reminder.sms", "reminder.email"] {
        let subject = if file.ends_with("email") {
            "Subject: Your visit\n\n"
        } else {
            ""
        };
        let text = format!("{subject}Hello [TRD3], see you on [TRD8].\n");
        folder.insert(&format!("templates/{file}.trd"), text);
    }
    Arc::new(Generation::compile(&folder).unwrap_or_else(|found| panic!("{found:?}")))
}

fn at(text: &str) -> Instant {
    text.parse::<Civil>()
        .unwrap()
        .instant(chrono_tz::Europe::Paris)
}

/// A visit on 3 June 2026 at 14:30 that everything is in order with.
fn visit() -> Value {
    json!({
        "appointment": {"id": "a", "start": "2026-06-03T14:30", "booked_at": "2026-05-20T10:00", "online": true},
        "patient": {"id": "p", "first_name": "Ana", "mobile": "+33600000001", "email": "ana@example.org",
                    "consent": true, "visits": 10, "no_shows": 4, "channels": {"sms": true}},
        "resource": {"id": "r", "communication": true},
        "service": {"id": "s", "communication": true},
    })
}

fn situation(
    rules: &Arc<Generation>,
    visit: &Value,
    kind: &str,
    channel: ChannelKind,
) -> Situation {
    let due: Civil = "2026-06-02T14:30".parse().unwrap();
    let message = Message {
        visit_start: Some("2026-06-03T14:30".parse().unwrap()),
        ..Message::new(
            FacilityId::new("x"),
            MessageId(uuid::Uuid::nil()),
            (Kind::parse(kind).unwrap(), channel),
            (due.instant(chrono_tz::Europe::Paris), due),
        )
    };
    Situation {
        rules: rules.clone(),
        records: Records::from_data(visit.as_object().unwrap()).unwrap(),
        claim: Some(Claimed {
            message,
            fence: 0,
            visit: Default::default(),
            reminders_today: 0,
            next_visit: None,
            sent_before: 0,
            listed: Vec::new(),
            alarms: Vec::new(),
            other_channels: Vec::new(),
        }),
    }
}

const NOW: &str = "2026-06-02T14:30";

fn goes(situation: &Situation) -> bool {
    let judgement = situation.judge(at(NOW)).unwrap();
    matches!(judgement.outcome, Outcome::Go(_))
}

fn told(turns: &[Turn]) -> Vec<String> {
    let line = |turn: &Turn| format!("{} was {}: {:?}", turn.fact, turn.was, turn.would);
    turns.iter().map(line).collect()
}

/// The case, the message, what is other than in order, the settings, what is claimed.
type Case = (&'static str, &'static str, ChannelKind, &'static str, Value);

#[test]
fn the_nearest_change_of_one_fact() {
    use ChannelKind::{Email, Sms};
    let cases: Vec<Case> = vec![
        (
            "booked late",
            "reminder",
            Sms,
            "",
            json!({"appointment": {"booked_at": "2026-06-03T10:30"}}),
        ),
        (
            "never asked for consent",
            "reminder",
            Sms,
            "",
            json!({"patient": {"consent": null}}),
        ),
        (
            "refused the channel",
            "reminder",
            Sms,
            "",
            json!({"patient": {"channels": {"sms": false}}}),
        ),
        (
            "cancelled",
            "reminder",
            Sms,
            "",
            json!({"appointment": {"status": "cancelled"}}),
        ),
        (
            "booked at the desk",
            "reminder",
            Email,
            "",
            json!({"appointment": {"online": false}}),
        ),
        (
            "reliable",
            "second_reminder",
            Sms,
            "",
            json!({"patient": {"no_shows": 2}}),
        ),
        (
            "no mobile number",
            "reminder",
            Sms,
            "",
            json!({"patient": {"mobile": null}}),
        ),
        (
            "no first name",
            "reminder",
            Sms,
            "",
            json!({"patient": {"first_name": null}}),
        ),
        (
            "a silent group",
            "reminder",
            Sms,
            "",
            json!({"service": {"group": "Oncology"}}),
        ),
        (
            "switched off",
            "reminder",
            Sms,
            "communication = false",
            json!({}),
        ),
        (
            "at night",
            "reminder",
            Sms,
            "hours = { allowed = \"Mo-Su 16:00-20:00\", outside = \"drop\" }",
            json!({}),
        ),
        (
            "two things at once",
            "reminder",
            Sms,
            "",
            json!({"patient": {"consent": null, "mobile": null}}),
        ),
        ("in order", "reminder", Sms, "", json!({})),
    ];
    let mut lines = Vec::new();
    for (name, kind, channel, more, other) in cases {
        let mut known = visit();
        for (record, object) in other.as_object().unwrap() {
            let record = known[record].as_object_mut().unwrap();
            rappel_core::facts::merge(record, object.as_object().unwrap());
        }
        let rules = clinic(more);
        let turns = situation(&rules, &known, kind, channel).would_go(at(NOW));
        lines.push(format!("{name}:\n  {}", told(&turns).join("\n  ")));
    }
    insta::assert_snapshot!("turns", lines.join("\n"));
}

#[test]
fn a_policy_that_wants_nothing_says_what_it_would_want_something_for() {
    let rules = clinic("");
    let mut known = visit();
    known["appointment"]["status"] = "cancelled".into();
    let mut asked = situation(&rules, &known, "reminder", ChannelKind::Sms);
    asked.claim = None;
    let now: Civil = "2026-05-20T10:00".parse().unwrap();
    let event = rappel_core::event::EventFacts::new(EventKind::AppointmentCancelled, now);
    let occasion = Occasion {
        event: EventKind::AppointmentCancelled,
        time: at("2026-05-20T10:00"),
        known: at("2026-05-20T10:00"),
        now: at("2026-05-20T10:00"),
        zone: chrono_tz::Europe::Paris,
        visit_start: None,
        status: None,
        delay: None,
    };
    let lines: Vec<String> = asked
        .plannings(&event)
        .iter()
        .map(|planning| {
            let read: Vec<_> = planning
                .read
                .iter()
                .map(|read| format!("{} = {}", read.fact, read.value))
                .collect();
            format!(
                "{}:{} {}\n  {}\n  {}",
                planning.origin.policy,
                planning.origin.line,
                planning.wanted.as_ref().unwrap().len(),
                read.join(", "),
                told(&asked.would_plan(planning, &event, occasion, &|_| true)).join("; ")
            )
        })
        .collect();
    insta::assert_snapshot!("plannings", lines.join("\n"));
}

/// The same situation with a claim made true, or a unit short of it.
fn with(
    rules: &Arc<Generation>,
    known: &Value,
    turn: &Turn,
    short: i64,
) -> Option<(Arc<Generation>, Value)> {
    let mut known = known.clone();
    let mut settings = String::new();
    let number = |text: &String| text.parse::<i64>().ok();
    match (turn.fact.as_str(), &turn.would) {
        ("visit.booked_ahead", Would::BeAtLeast(value)) => {
            let ahead: Span = value.parse().unwrap();
            let start: Civil = "2026-06-03T14:30".parse().unwrap();
            let booked = start.checked_add(-(ahead - Span::minutes(short))).unwrap();
            known["appointment"]["booked_at"] = booked.to_string().into();
        }
        ("settings.reminder.min_lead", Would::BeAtMost(value)) => {
            let lead: Span = value.parse().unwrap();
            let minutes = lead.whole_seconds() / 60 + short;
            settings = format!("reminder.min_lead = \"{minutes} minutes\"");
        }
        ("visit.patient.no_shows", Would::BeAtLeast(value)) => {
            known["patient"]["no_shows"] = (number(value)? - short).into();
        }
        ("visit.patient.visits", Would::BeAtMost(value)) => {
            known["patient"]["visits"] = (number(value)? + short).into();
        }
        ("settings.unreliable.missed_percent", Would::BeAtMost(value)) => {
            settings = format!("unreliable.missed_percent = {}", number(value)? + short);
        }
        ("settings.unreliable.least_visits", Would::BeAtMost(value)) => {
            settings = format!("unreliable.least_visits = {}", number(value)? + short);
        }
        _ => return None,
    }
    let rules = rules.with(&settings.parse().unwrap()).unwrap();
    Some((Arc::new(rules), known))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10))]

    /// Whatever is claimed of a threshold holds, and a unit less doesn't.
    #[test]
    fn a_threshold_is_one(ahead in 1_i64..3_000, lead in 0_i64..3_000, visits in 0_u32..40, missed in 0_u32..40, second: bool) {
        let rules = clinic("");
        let lead = format!("reminder.min_lead = \"{lead} minutes\"");
        let rules = Arc::new(rules.with(&lead.parse().unwrap()).unwrap());
        let start: Civil = "2026-06-03T14:30".parse().unwrap();
        let mut known = visit();
        known["appointment"]["booked_at"] = start.checked_add(-Span::minutes(ahead)).unwrap().to_string().into();
        known["patient"]["visits"] = visits.into();
        known["patient"]["no_shows"] = missed.into();
        let kind = if second { "second_reminder" } else { "reminder" };
        let asked = situation(&rules, &known, kind, ChannelKind::Sms);
        let turns = asked.would_go(at(NOW));
        prop_assert!(turns.is_empty() || !goes(&asked));
        for turn in &turns {
            let Some((rules, there)) = with(&rules, &known, turn, 0) else { continue };
            prop_assert!(goes(&situation(&rules, &there, kind, ChannelKind::Sms)), "{turn:?}");
            let (rules, short) = with(&asked.rules, &known, turn, 1).unwrap();
            prop_assert!(!goes(&situation(&rules, &short, kind, ChannelKind::Sms)), "{turn:?}");
        }
    }
}
