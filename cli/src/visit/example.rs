//! The built-in visit: every fact that a variable prints has the variable's own example.

use rappel_core::contact::{FICTION, Phone};
use rappel_core::facts::Records;
use rappel_dsl::Variable;
use serde_json::{Value, json};

/// What an example of the variables' table says.
fn of(number: u32) -> &'static str {
    Variable::number(number)
        .map(|variable| variable.row().example)
        .unwrap_or_default()
}

/// The visit's records. The mobile number is one that can be dialled in the clinic's country, and
/// reaches nobody.
pub(super) fn records(country: &str) -> Records {
    let (date, start, end) = (of(8), of(9), of(10));
    let data = json!({
        "appointment": {
            "id": "a-1", "status": "booked",
            "start": format!("{date}T{start}"), "end": format!("{date}T{end}"),
            "booked_at": "2026-05-20T10:00", "online": true,
            "notes": of(14), "insurance": of(39), "recall": "6 months",
        },
        "patient": {
            "id": "p-1", "first_name": of(3), "last_name": of(4), "mobile": mobile(country),
            "email": "jeannette@example.org", "address": of(36), "language": Value::Null,
            "visits": 10, "no_shows": 1, "consent": true,
            "channels": {"sms": true, "email": true, "voice": true},
        },
        "resource": {
            "id": "r-1", "name": of(5), "address": of(6), "phone": of(7),
            "email": "martin@example.org", "mobile": mobile(country), "communication": true,
        },
        "service": {
            "id": "s-1", "name": of(11), "group": of(37), "price": of(12),
            "duration": of(13).parse::<u32>().unwrap_or_default(),
            "prerequisites": of(23), "prerequisites_to_patient": true,
            "communication": true, "recall": "6 months",
        },
        "location": {
            "id": "l-1", "name": of(27), "city": of(28), "phone": of(29), "address": of(30), "notes": of(24),
        },
    });
    data.as_object()
        .and_then(|data| Records::from_data(data).ok())
        .unwrap_or_default()
}

fn mobile(country: &str) -> String {
    let example = of(35);
    if Phone::parse(example, country).is_ok_and(|phone| phone.can_receive_sms()) {
        return example.into();
    }
    let range = FICTION
        .iter()
        .find(|range| range.country == country)
        .or(FICTION.first());
    range
        .map(|range| format!("{}{:0>digits$}", range.mobile, 1, digits = range.digits))
        .unwrap_or_default()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use rappel_core::{ChannelKind, Language, Settings};
    use rappel_dsl::variables::Id;
    use rappel_dsl::{Facts, Values};

    #[test]
    fn every_variable_of_the_visit_has_its_example() {
        let (settings, _) = Settings::read(
            "id = \"x\"\nname = \"Centre médical Lumière\"\nphone = \"01 42 00 00 00\"\nwebsite = \"https://lumiere.example\"\n\
             zone = \"Europe/Paris\"\ncountry = \"FR\"\n",
        )
        .unwrap();
        let (visit, unread) = records("FR").to_visit().unwrap();
        assert_eq!(unread, Vec::<String>::new());
        let facts = Facts::of(&settings, &visit, ChannelKind::Sms);
        for variable in
            Variable::all().filter(|variable| matches!(variable.row().id, Id::Number(_)))
        {
            let value = facts.value(variable, Language::Fr);
            assert!(
                value == variable.example(),
                "{variable}: {}",
                variable.row().example
            );
        }
    }

    #[test]
    fn the_mobile_number_is_one_of_the_country() {
        for country in ["FR", "GB", "IT", "US"] {
            assert!(
                Phone::parse(&mobile(country), country)
                    .unwrap()
                    .can_receive_sms(),
                "{country}"
            );
        }
    }
}
