//! Every variable in a rendered message of each channel, from the facts of a visit.

use rappel_core::facts::Visit;
use rappel_core::kind::STOCK_KINDS;
use rappel_core::{ChannelKind, EventKind, Kind, Language, Named, Settings};
use rappel_dsl::{Facts, NoPart, Options, Variable, compile};
use serde_json::{from_value, json};

/// A visit of which everything is known.
fn visit() -> Visit {
    Visit {
        appointment: from_value(json!({"id": "a-1", "start": "2026-06-03T14:30", "end": "2026-06-03T15:00",
            "booked_at": "2026-05-20T10:05", "status": "confirmed", "online": true,
            "notes": "Venez avec votre ordonnance", "insurance": "MGEN"}))
        .unwrap(),
        patient: from_value(json!({"id": "p-1", "first_name": "Jeannette", "last_name": "Dupont",
            "mobile": "+33639980001", "email": "jeannette@example.org", "address": "3 rue des Lilas, 75011 Paris",
            "consent": true, "visits": 10, "no_shows": 4}))
        .unwrap(),
        resource: from_value(json!({"id": "r-1", "name": "Dr Camille Martin", "phone": "01 99 00 12 01", "mobile": "+33639980002",
            "email": "c.martin@example.org", "address": "12 rue de la Paix, 75002 Paris"}))
        .unwrap(),
        service: from_value(json!({"id": "s-1", "name": "Prise de sang", "group": "Biologie", "price": "18.50",
            "duration": 10, "prerequisites": "Restez à jeun 12 heures", "prerequisites_to_patient": true}))
        .unwrap(),
        location: from_value(json!({"id": "l-1", "name": "Lumière Bastille", "city": "Paris",
            "phone": "01 99 00 12 11", "address": "8 allée du Phare", "notes": "Accueil au 1er étage"}))
        .unwrap(),
    }
}

fn settings() -> Settings {
    let text = r#"
        id = "lumiere"
        name = "Centre Lumière"
        phone = "01 99 00 12 00"
        website = "https://lumiere.example.org"
        zone = "Europe/Paris"
        country = "FR"
        language = "fr"
        currency = "€"
    "#;
    Settings::read(text).unwrap().0
}

/// A kind of message whose templates may use the variable.
fn kind(variable: Variable) -> Kind {
    let kinds = STOCK_KINDS
        .iter()
        .map(|stock| Kind::parse(stock.name).unwrap());
    kinds
        .into_iter()
        .find(|kind| variable.offered_by(kind))
        .unwrap()
}

#[test]
fn each_is_told_by_each_channel() {
    let (settings, visit) = (settings(), visit());
    let links: Vec<(Named, String)> = [
        Named::ConfirmUrl,
        Named::CancelUrl,
        Named::RescheduleUrl,
        Named::PasswordUrl,
        Named::UnsubscribeUrl,
    ]
    .map(|name| {
        (
            name,
            format!("https://rdv.example/{}", name.name().to_lowercase()),
        )
    })
    .to_vec();
    let mut told = String::new();
    for variable in Variable::all().filter(|variable| variable.prints()) {
        told.push_str(&format!("{}\n", variable));
        for channel in ChannelKind::ALL {
            let source = match channel {
                ChannelKind::Email => format!("Subject: s\n\n[{}]\n", variable),
                _ => format!("[{}]\n", variable),
            };
            let options = Options::new(kind(variable), channel, Language::Fr);
            let template = compile("x.trd", &source, &options, &|_| Err(NoPart::default()))
                .template
                .unwrap();
            let facts = Facts {
                event: Some(EventKind::AppointmentCreated),
                confirmation_requested: true,
                links: &links,
                delay: Some(25),
                new_start: chrono::NaiveTime::from_hms_opt(14, 55, 0),
                day: chrono::NaiveDate::from_ymd_opt(2026, 6, 3),
                appointments: Some("14:30 Jeannette Dupont"),
                family: Some("1) 14:30 Jeannette; 2) 15:00 Léa"),
                report: Some("One thing."),
                ..Facts::of(&settings, &visit, channel)
            };
            let content = template
                .render(&facts)
                .unwrap_or_else(|stopped| panic!("{variable} by {channel}: {stopped}"));
            let text = content.ssml.as_ref().unwrap_or(&content.text);
            told.push_str(&format!(
                "  {channel:<6} {}\n",
                text.trim().replace('\n', " / ")
            ));
        }
    }
    insta::assert_snapshot!(told);
}
