//! A day's appointments as practitioners read them.

use rappel_core::facts::Visit;

/// The appointments, one a line: `14:30 Jeannette Dupont, Analyse de sang`.
pub fn list_of(visits: &[Visit]) -> String {
    let lines: Vec<String> = visits.iter().filter_map(line).collect();
    lines.join("\n")
}

fn line(visit: &Visit) -> Option<String> {
    let start = visit.appointment.as_ref()?.start;
    let mut line = start.0.format("%H:%M").to_string();
    if let Some(patient) = &visit.patient {
        for name in [&patient.first_name, &patient.last_name]
            .into_iter()
            .flatten()
        {
            line.push(' ');
            line.push_str(name.trim());
        }
    }
    if let Some(service) = visit
        .service
        .as_ref()
        .and_then(|service| service.name.as_ref())
    {
        line.push_str(", ");
        line.push_str(service.trim());
    }
    Some(line)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use rappel_core::facts::Records;
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_known_of_each_is_told() {
        let visit = |data: serde_json::Value| {
            let records = Records::from_data(data.as_object().unwrap()).unwrap();
            records.to_visit().unwrap().0
        };
        let whole = visit(json!({
            "appointment": {"id": "a", "start": "2026-06-03T09:05"},
            "patient": {"id": "p", "first_name": "Jeannette", "last_name": "Dupont"},
            "service": {"id": "s", "name": "Analyse de sang"},
        }));
        let bare = visit(json!({"appointment": {"id": "b", "start": "2026-06-03T14:30"}}));
        assert_eq!(
            list_of(&[whole, bare]),
            "09:05 Jeannette Dupont, Analyse de sang\n14:30"
        );
    }
}
