//! Setting a fact: `patient.first_name = Ana`, `visit.patient.no_shows = 4`, `TRD3 = Ana`.
//!
//! There is one way: a fact has a path, the same that it has in an event's `data`, and a variable that
//! prints a fact as it is stands for that fact's path. `visit.` may stand before it, as in a policy, and
//! what names no record is the appointment's.

use std::fmt;

use rappel_core::facts::{Record, merge};
use rappel_core::{Civil, Language, Named};
use rappel_dsl::Variable;
use rappel_dsl::variables::Id;
use serde_json::{Map, Value};

use super::{KnownVisit, example};

/// Where a fact is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) record: Record,
    pub(crate) path: Vec<String>,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.record.name(), self.path.join("."))
    }
}

/// Every fact that there is, in the order of an event's `data`.
pub(crate) fn properties() -> Vec<Place> {
    fn walk(
        record: Record,
        before: &[String],
        object: &Map<String, Value>,
        found: &mut Vec<Place>,
    ) {
        for (name, value) in object {
            let mut path = before.to_vec();
            path.push(name.clone());
            match value {
                Value::Object(inner) => walk(record, &path, inner, found),
                _ => found.push(Place { record, path }),
            }
        }
    }
    let mut found = Vec::new();
    for (record, object) in example::records("FR").iter() {
        walk(record, &[], object, &mut found);
    }
    found
}

impl Place {
    /// The fact that a person means.
    ///
    /// # Errors
    /// A sentence that says what there is.
    pub(crate) fn find(name: &str) -> Result<Self, String> {
        let name = name.trim();
        if let Some(variable) = Variable::find(name) {
            return of_variable(variable);
        }
        let path = name.strip_prefix("visit.").unwrap_or(name);
        let whole = |path: &str| {
            properties()
                .into_iter()
                .find(|place| place.to_string() == path)
        };
        if let Some(place) = whole(path).or_else(|| whole(&format!("appointment.{path}"))) {
            return Ok(place);
        }
        let known: Vec<String> = properties().iter().map(ToString::to_string).collect();
        let last = |path: &str| path.rsplit('.').next().unwrap_or_default().to_string();
        let near = known
            .iter()
            .map(|known| {
                let distance = strsim::damerau_levenshtein(known, path);
                // `no_shows` for `patient.no_shows`.
                let short = strsim::damerau_levenshtein(&last(known), path);
                (distance.min(short), known)
            })
            .filter(|(distance, known)| *distance <= 1.max(last(known).len() / 4))
            .min();
        Err(match near {
            Some((_, near)) => format!("there is no fact `{name}`; did you mean `{near}`?"),
            None => format!(
                "there is no fact `{name}`; `:vars` lists the variables, `:facts` the facts"
            ),
        })
    }
}

impl Place {
    /// What the fact is called in a language, where a variable prints it as it is.
    pub(crate) fn label(&self, language: Language) -> &'static str {
        let prints = |variable: &Variable| of_variable(*variable).is_ok_and(|place| place == *self);
        Variable::all()
            .find(prints)
            .map_or("", |variable| variable.label(language))
    }
}

/// The fact that a variable prints as it is.
fn of_variable(variable: Variable) -> Result<Place, String> {
    let (record, name) = match variable.row().id {
        Id::Number(number) => match number {
            3 => (Record::Patient, "first_name"),
            4 => (Record::Patient, "last_name"),
            35 => (Record::Patient, "mobile"),
            36 => (Record::Patient, "address"),
            5 => (Record::Resource, "name"),
            6 => (Record::Resource, "address"),
            7 => (Record::Resource, "phone"),
            8 | 9 => (Record::Appointment, "start"),
            10 => (Record::Appointment, "end"),
            11 => (Record::Service, "name"),
            12 => (Record::Service, "price"),
            13 => (Record::Service, "duration"),
            14 => (Record::Appointment, "notes"),
            23 => (Record::Service, "prerequisites"),
            37 => (Record::Service, "group"),
            39 => (Record::Appointment, "insurance"),
            24 => (Record::Location, "notes"),
            27 => (Record::Location, "name"),
            28 => (Record::Location, "city"),
            29 => (Record::Location, "phone"),
            30 => (Record::Location, "address"),
            0 | 1 | 38 => {
                return Err(format!(
                    "`{variable}` is the clinic's own: it stands in clinic.toml"
                ));
            }
            _ => {
                return Err(format!(
                    "`{variable}` is made of the date: set `TRD8`, for instance `TRD8 = 2026-06-03`"
                ));
            }
        },
        Id::Named(Named::Online) => (Record::Appointment, "online"),
        Id::Named(Named::Language) => return Err("use `:lang en`".into()),
        Id::Named(Named::Channel) => return Err("use `:channel email`".into()),
        Id::Named(Named::Event | Named::ConfirmationRequested) => {
            return Err(format!(
                "`{variable}` follows from the kind of message and the policies: use `:kind`"
            ));
        }
        Id::Named(Named::Confirmed) => {
            return Err(
                "`CONFIRMED` follows from the appointment: `:set status = confirmed`".into(),
            );
        }
        Id::Named(Named::Unreliable | Named::FirstVisit) => {
            return Err(format!(
                "`{variable}` follows from the patient's record: set `patient.visits` and `patient.no_shows`"
            ));
        }
        Id::Named(_) => {
            return Err(format!(
                "`{variable}` is made when the message goes and can't be set"
            ));
        }
    };
    Ok(Place {
        record,
        path: vec![name.into()],
    })
}

impl KnownVisit {
    /// Sets a fact as a person types it; nothing makes it absent. Tells the fact that was set.
    ///
    /// # Errors
    /// A sentence that says which facts there are or how the fact is written.
    pub(crate) fn set(&mut self, name: &str, text: &str) -> Result<Place, String> {
        let place = Place::find(name)?;
        let text = text.trim();
        let text = match Variable::find(name).map(|variable| variable.row().id) {
            Some(Id::Number(number @ 8..=10)) if !text.is_empty() => self.moment(number, text)?,
            _ => text.to_string(),
        };
        let start = self.start();
        let mut first = None;
        for value in readings(&text) {
            match self.try_set(&place, value) {
                Ok(()) => {
                    self.keep_length(start);
                    return Ok(place);
                }
                Err(error) => first = first.or(Some(error)),
            }
        }
        Err(first.unwrap_or_else(|| format!("`{place}` can't be set")))
    }

    /// A day or a time of the day as the date and time that an appointment has.
    fn moment(&self, number: u8, text: &str) -> Result<String, String> {
        let variable = Variable::number(number.into()).ok_or("there is no such variable")?;
        let typed = rappel_dsl::Value::parse(variable.kind(), text)?;
        let appointment = self.visit().appointment.as_ref();
        let start = appointment
            .ok_or("the visit has no date yet: set `appointment.start`")?
            .start
            .0;
        let moment = match typed {
            rappel_dsl::Value::Date(day) => day.and_time(start.time()),
            rappel_dsl::Value::Time(time) => start.date().and_time(time),
            _ => start,
        };
        Ok(moment.format("%Y-%m-%dT%H:%M").to_string())
    }

    fn start(&self) -> Option<Civil> {
        Some(self.visit().appointment.as_ref()?.start)
    }

    /// Moves the appointment's end with its start, as an agenda does.
    fn keep_length(&mut self, before: Option<Civil>) {
        let (Some(before), Some(now)) = (before, self.start()) else {
            return;
        };
        let end = self
            .visit()
            .appointment
            .as_ref()
            .and_then(|appointment| appointment.end);
        if before != now
            && let Some(end) = end.and_then(|end| end.checked_add(now.since(before)))
        {
            let place = Place {
                record: Record::Appointment,
                path: vec!["end".into()],
            };
            // What could be read before can be read a while later.
            let _ = self.try_set(&place, end.0.format("%Y-%m-%dT%H:%M").to_string().into());
        }
    }

    fn try_set(&mut self, place: &Place, value: Value) -> Result<(), String> {
        let mut update = Map::new();
        let mut inner = &mut update;
        let Some((last, path)) = place.path.split_last() else {
            return Ok(());
        };
        for name in path {
            let object = inner
                .entry(name.clone())
                .or_insert_with(|| Value::Object(Map::new()));
            match object {
                Value::Object(object) => inner = object,
                _ => return Ok(()),
            }
        }
        inner.insert(last.clone(), value);
        let mut records = self.records.clone();
        let mut object = records.get(place.record).cloned().unwrap_or_default();
        if !object.contains_key("id") {
            object.insert("id".into(), format!("{}-1", place.record.name()).into());
        }
        merge(&mut object, &update);
        records.set(place.record, object);
        self.replace(records)
    }
}

/// What a typed text can be: a text, else a number or a yes or no; nothing is absent.
fn readings(text: &str) -> Vec<Value> {
    if text.is_empty() {
        return vec![Value::Null];
    }
    let quoted = serde_json::from_str::<Value>(text)
        .ok()
        .filter(Value::is_string);
    let text_value = quoted.unwrap_or_else(|| Value::String(text.into()));
    let other = match text {
        "yes" => Some(Value::Bool(true)),
        "no" => Some(Value::Bool(false)),
        _ => serde_json::from_str::<Value>(text)
            .ok()
            .filter(|value| value.is_number() || value.is_boolean()),
    };
    [Some(text_value), other].into_iter().flatten().collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn set(name: &str, text: &str) -> Result<Value, String> {
        let mut visit = KnownVisit::example("FR");
        let place = visit.set(name, text)?;
        Ok(visit.get(&place).cloned().unwrap_or_default())
    }

    #[test]
    fn a_fact_has_a_path_and_a_variable_stands_for_it() {
        for name in [
            "TRD3",
            "trd3",
            "3",
            "patient.first_name",
            "visit.patient.first_name",
        ] {
            assert_eq!(set(name, "Ana").unwrap(), "Ana", "{name}");
        }
        assert_eq!(set("visit.patient.no_shows", "4").unwrap(), 4);
        assert_eq!(set("online", "false").unwrap(), false);
        assert_eq!(set("ONLINE", "no").unwrap(), false);
        assert_eq!(set("patient.channels.sms", "no").unwrap(), false);
        assert_eq!(set("service.price", "12.50").unwrap(), "12.50");
    }

    #[test]
    fn a_text_that_looks_like_a_number_is_a_text_where_the_fact_is_one() {
        assert_eq!(set("TRD3", "4").unwrap(), "4");
        assert_eq!(set("TRD3", "\" 4 \"").unwrap(), " 4 ");
    }

    #[test]
    fn nothing_makes_a_fact_absent() {
        assert_eq!(set("TRD14", "").unwrap(), Value::Null);
        let error = set("start", "").unwrap_err();
        assert!(error.contains("missing field `start`"), "{error}");
    }

    #[test]
    fn a_day_and_a_time_move_the_appointment() {
        assert_eq!(set("TRD8", "2026-12-24").unwrap(), "2026-12-24T14:30");
        assert_eq!(set("TRD9", "09:05").unwrap(), "2026-06-03T09:05");
        assert_eq!(set("TRD10", "16:00").unwrap(), "2026-06-03T16:00");
        let mut visit = KnownVisit::example("FR");
        visit.set("TRD8", "2026-12-24").unwrap();
        let end = visit.visit().appointment.as_ref().unwrap().end.unwrap();
        assert_eq!(end.to_string(), "2026-12-24 15:00");
    }

    #[test]
    fn what_cant_be_set_says_what_to_do() {
        let told: Vec<String> = [
            ("TRD0", "x"),
            ("TRD31", "lundi"),
            ("CONFIRMED", "yes"),
            ("UNRELIABLE", "yes"),
            ("patient.noshows", "4"),
            ("patient.zzz", "4"),
            ("no_shows", "four"),
            ("patient.no_shows", "four"),
            ("TRD9", "noon"),
            ("status", "gone"),
        ]
        .into_iter()
        .map(|(name, text)| format!("{name} = {text}\n    {}", set(name, text).unwrap_err()))
        .collect();
        insta::assert_snapshot!("refused", told.join("\n"));
    }

    #[test]
    fn a_visit_without_a_record_gets_it() {
        let (mut visit, _) =
            KnownVisit::from_json(r#"{"appointment": {"id": "a", "start": "2026-06-03T14:30"}}"#)
                .unwrap();
        visit.set("TRD3", "Ana").unwrap();
        assert_eq!(
            visit
                .visit()
                .patient
                .as_ref()
                .unwrap()
                .first_name
                .as_deref(),
            Some("Ana")
        );
    }
}
