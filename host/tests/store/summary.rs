//! What is read back: lists, stories, counts, generations.

use rappel_core::channel::ChannelKind;
use rappel_core::facts::Record;
use rappel_core::ids::{AppointmentId, PatientId};
use rappel_core::message::State;
use rappel_core::store::{Absent, Count, Filter, GenerationRecord, KeptFolder, NewMessage};

use serde_json::{Map, Value, json};

use crate::bench::*;

async fn found(bench: &Bench, filter: Filter) -> Vec<u128> {
    let found = bench.list(filter).await;
    let mut found: Vec<u128> = found.iter().map(|m| m.id.0.as_u128()).collect();
    found.sort_unstable();
    found
}

pub(crate) async fn each_filter_holds(bench: Bench) {
    let email = NewMessage {
        channel: ChannelKind::Email,
        ..reminder_at(2, "09:10")
    };
    let created = NewMessage {
        kind: kind("created"),
        ..reminder_at(3, "09:20")
    };
    bench
        .plan([
            reminder_at(1, "08:00"),
            email,
            created,
            reminder_at(4, "09:30"),
        ])
        .await;
    bench.of("g").plan([reminder_at(5, "09:40")]).await;
    bench.sent(1).await;
    let all = Filter::default;
    assert_eq!(found(&bench, all()).await, [1, 2, 3, 4, 5]);
    let facility = Some(bench.facility.clone());
    assert_eq!(
        found(
            &bench,
            Filter {
                facility: facility.clone(),
                ..all()
            }
        )
        .await,
        [1, 2, 3, 4]
    );
    let state = Some(State::Sent);
    assert_eq!(found(&bench, Filter { state, ..all() }).await, [1]);
    let kind = Some(kind("created"));
    assert_eq!(found(&bench, Filter { kind, ..all() }).await, [3]);
    let channel = Some(ChannelKind::Email);
    assert_eq!(found(&bench, Filter { channel, ..all() }).await, [2]);
    let patient = Some(PatientId::new("p-3"));
    assert_eq!(found(&bench, Filter { patient, ..all() }).await, [3]);
    let appointment = Some(AppointmentId::new("a-4"));
    assert_eq!(
        found(
            &bench,
            Filter {
                appointment,
                ..all()
            }
        )
        .await,
        [4]
    );
    let from = Some(at("09:20"));
    assert_eq!(found(&bench, Filter { from, ..all() }).await, [3, 4, 5]);
    let until = Some(at("09:20"));
    assert_eq!(found(&bench, Filter { until, ..all() }).await, [1, 2]);
    let both = Filter {
        facility,
        from: Some(at("09:10")),
        until: Some(at("09:31")),
        channel: Some(ChannelKind::Sms),
        ..all()
    };
    assert_eq!(found(&bench, both).await, [3, 4]);
}

pub(crate) async fn the_latest_due_come_first_and_no_more_than_asked_for(bench: Bench) {
    bench
        .plan((0..150).map(|number| reminder_at(number, &format!("09:{:02}", number % 50))))
        .await;
    let listed = bench.list(Filter::default()).await;
    assert_eq!(listed.len(), 100, "where nobody says");
    let order: Vec<_> = listed.iter().map(|m| (m.due, m.id)).collect();
    assert!(order.is_sorted_by(|a, b| a > b));
    assert_eq!(listed[0].id, id(149));
    let limit = Some(3);
    let listed = bench
        .list(Filter {
            limit,
            ..Filter::default()
        })
        .await;
    assert_eq!(listed.len(), 3);
}

pub(crate) async fn ids_are_found_by_how_they_begin(bench: Bench) {
    bench.plan([reminder(0xAB), reminder(0xAC)]).await;
    let begins = async |id: &str| {
        let id = Some(id.to_string());
        found(
            &bench,
            Filter {
                id,
                ..Filter::default()
            },
        )
        .await
    };
    assert_eq!(begins("00000000-0000").await, [0xAB, 0xAC]);
    assert_eq!(begins(&id(0xAB).to_string()).await, [0xAB]);
    assert_eq!(begins(&id(0xAB).to_string().to_uppercase()).await, [0xAB]);
    assert_eq!(begins("1").await, [0; 0]);
    for no_id in ["%", "_", "reminder", "0%b", "' OR 1=1"] {
        assert_eq!(begins(no_id).await, [0; 0], "{no_id}");
    }
}

pub(crate) async fn what_is_not_there_is_not_found(bench: Bench) {
    assert_eq!(bench.all().await.len(), 0);
    assert_eq!(bench.story(1).await, []);
    assert_eq!(bench.known("a-1").await, None);
    assert_eq!(bench.store.counts().await.unwrap(), []);
    assert!(bench.store.generations().await.unwrap().is_empty());
    assert_eq!(
        bench
            .store
            .redact(&bench.facility, at("12:00"))
            .await
            .unwrap(),
        0
    );
}

pub(crate) async fn messages_are_counted_by_state(bench: Bench) {
    let email = NewMessage {
        channel: ChannelKind::Email,
        ..reminder(4)
    };
    bench
        .plan([reminder(1), reminder(2), reminder(3), email])
        .await;
    bench.sent(1).await;
    bench.of("g").plan([reminder(1)]).await;
    let count = |facility: &str, channel, state, count| Count {
        facility: facility.into(),
        channel,
        state,
        count,
    };
    let mut counts = bench.store.counts().await.unwrap();
    counts.sort_by_key(|c| (c.facility.clone(), c.channel, c.state));
    assert_eq!(
        counts,
        [
            count("f", ChannelKind::Sms, State::Planned, 2),
            count("f", ChannelKind::Sms, State::Sent, 1),
            count("f", ChannelKind::Email, State::Planned, 1),
            count("g", ChannelKind::Sms, State::Planned, 1),
        ]
    );
}

pub(crate) async fn a_generation_is_remembered_since_it_serves(bench: Bench) {
    let note = async |facility: &str, id: &str, since: &str, refused: Option<&str>| {
        let record = GenerationRecord {
            facility: facility.into(),
            id: id.into(),
            since: at(since),
            zone: "Europe/Paris".parse().unwrap(),
            refused: refused.map(str::to_string),
            served: true,
        };
        bench.store.note_generation(&record).await.unwrap();
        let mut all = bench.store.generations().await.unwrap();
        let first = all.remove(0);
        assert_eq!(first.zone.name(), "Europe/Paris");
        (first.id, first.since, first.refused)
    };
    assert_eq!(
        note("f", "g-1", "08:00", None).await,
        ("g-1".into(), at("08:00"), None)
    );
    assert_eq!(
        note("f", "g-1", "09:00", Some("clinic.toml: no")).await,
        ("g-1".into(), at("08:00"), Some("clinic.toml: no".into())),
        "a refusal changes nothing about what serves"
    );
    assert_eq!(
        note("f", "g-1", "09:30", None).await,
        ("g-1".into(), at("08:00"), None),
        "it is mended"
    );
    assert_eq!(
        note("f", "g-2", "10:00", None).await,
        ("g-2".into(), at("10:00"), None)
    );
    note("h", "g-7", "10:00", None).await;
    assert_eq!(bench.store.generations().await.unwrap().len(), 2);
}

pub(crate) async fn the_link_key_stays_the_same(bench: Bench) {
    let key = bench.store.link_key().await.unwrap();
    assert_eq!(bench.store.link_key().await.unwrap(), key);
    assert_ne!(key, [0; 32]);
}

pub(crate) async fn a_host_that_begins_serves_nothing_yet(bench: Bench) {
    assert_eq!(bench.store.begun().await.unwrap(), None);
    let served = GenerationRecord {
        facility: "f".into(),
        id: "g-1".into(),
        since: at("08:00"),
        zone: "Europe/Paris".parse().unwrap(),
        refused: None,
        served: true,
    };
    bench.store.note_generation(&served).await.unwrap();
    for begun in ["09:00", "10:00"] {
        bench.store.begin(at(begun)).await.unwrap();
        assert_eq!(bench.store.begun().await.unwrap(), Some(at(begun)));
        assert!(!bench.store.generations().await.unwrap()[0].served);
    }
    bench.store.note_generation(&served).await.unwrap();
    assert!(bench.store.generations().await.unwrap()[0].served);
}

pub(crate) async fn folders_that_can_not_be_served_are_remembered(bench: Bench) {
    let absent = |since: &str, refused: &str| Absent {
        folder: "/clinics/f".into(),
        since: at(since),
        refused: refused.into(),
    };
    let first = absent("08:00", "clinic.toml: no");
    bench.store.note_absent(&first).await.unwrap();
    bench
        .store
        .note_absent(&absent("09:00", "clinic.toml: neither"))
        .await
        .unwrap();
    assert_eq!(
        bench.store.absent().await.unwrap(),
        [absent("08:00", "clinic.toml: neither")]
    );
    bench.store.forget_absent("/clinics/g").await.unwrap();
    bench.store.forget_absent("/clinics/f").await.unwrap();
    assert_eq!(bench.store.absent().await.unwrap(), []);
}

pub(crate) async fn the_files_that_served_last_are_kept(bench: Bench) {
    let kept = |facility: &str, folder: &str, text: &str| KeptFolder {
        facility: facility.into(),
        folder: folder.into(),
        generation: text.into(),
        files: [("clinic.toml".to_string(), text.to_string())].into(),
    };
    for kept in [
        kept("f", "/clinics/f", "first"),
        kept("g", "/clinics/g", "other"),
        kept("f", "/clinics/f", "second"),
    ] {
        bench.store.keep_folder(&kept).await.unwrap();
    }
    let mut all = bench.store.kept_folders().await.unwrap();
    all.sort_by_key(|kept| kept.facility.clone());
    let expected = [
        kept("f", "/clinics/f", "second"),
        kept("g", "/clinics/g", "other"),
    ];
    assert_eq!(all, expected);
    // The folder becomes another clinic's.
    let other = kept("h", "/clinics/f", "third");
    bench.store.keep_folder(&other).await.unwrap();
    let all = bench.store.kept_folders().await.unwrap();
    assert_eq!(all.len(), 2);
    assert!(all.contains(&other));
}

pub(crate) async fn appointments_are_found_by_whose_they_are(bench: Bench) {
    let booked = |appointment: u128, patient: u128, start: &str| {
        let mut data = visit(appointment, patient);
        data["appointment"]["start"] = start.into();
        data["service"] = json!({"id": "s-1", "name": "Check-up"});
        event(&format!("e-{appointment}"), "appointment.created", data)
    };
    let events = [
        booked(1, 1, "2026-06-03T14:30"),
        booked(2, 2, "2026-06-04T09:00"),
        booked(3, 1, "2026-06-05T09:00"),
    ];
    for event in events {
        bench.tell(event, vec![]).await;
    }
    let first = |patient: &Map<String, Value>| patient["id"] == "p-1";
    let found = |facility: &'static str, limit| {
        let store = bench.store.clone();
        async move {
            let facility = facility.into();
            let found = store.appointments_of(&facility, &first, limit);
            let found = found.await.unwrap().into_iter();
            let ids = found.map(|records| {
                let service = &records.get(Record::Service).unwrap()["name"];
                assert_eq!(service, "Check-up");
                records.id(Record::Appointment).unwrap().to_string()
            });
            ids.collect::<Vec<_>>()
        }
    };
    assert_eq!(found("f", 10).await, ["a-3", "a-1"]);
    assert_eq!(found("f", 1).await, ["a-3"]);
    assert_eq!(found("g", 10).await, Vec::<String>::new());
}
