//! A visit to try messages on: read from a file, or made of the variables' examples, its facts set one
//! by one.

mod example;
mod set;

use std::path::Path;

use rappel_core::Visit;
use rappel_core::facts::{Record, Records};
use rappel_dsl::Variable;
use serde_json::{Map, Value};

use crate::failure::{Failure, Result};
use crate::output::{remark, style};

pub(crate) use set::{Place, properties};

/// Where a clinic keeps visits to try its messages on.
const VISITS: &str = "visits";

/// The names of the visits in a clinic's `visits/`.
pub(crate) fn names(clinic: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(clinic.join(VISITS)) else {
        return Vec::new();
    };
    let paths = entries.flatten().map(|entry| entry.path());
    let mut names: Vec<String> = paths
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "json")
        })
        .filter_map(|path| Some(path.file_stem()?.to_string_lossy().into_owned()))
        .collect();
    names.sort();
    names
}

/// A visit as JSON records, and typed.
#[derive(Clone, Debug)]
pub(crate) struct KnownVisit {
    records: Records,
    visit: Visit,
}

impl KnownVisit {
    /// The visit that the variables' examples tell of, in a country.
    pub(crate) fn example(country: &str) -> Self {
        // The examples are read by a test, so nothing of them is unread or wrong.
        let records = example::records(country);
        let visit = records
            .to_visit()
            .map(|(visit, _)| visit)
            .unwrap_or_default();
        Self { records, visit }
    }

    /// The same visit with nothing but what has to be there.
    pub(crate) fn least(country: &str) -> Self {
        let mut visit = Self::example(country);
        // Without a number to write to nothing could be tried.
        let optional = Variable::all()
            .filter(|variable| variable.may_be_absent() && variable.row().name != "patient_mobile");
        for place in optional.filter_map(|variable| Place::find(&variable.to_string()).ok()) {
            // A fact that can't be taken away has to be there after all.
            let _ = visit.set(&place.to_string(), "");
        }
        visit
    }

    /// The visit that these records tell of; `None` where they are too few for one, as an event's may be.
    pub(crate) fn of(records: Records) -> Option<Self> {
        let (visit, _) = records.to_visit().ok()?;
        visit.appointment.as_ref()?;
        Some(Self { records, visit })
    }

    /// Reads the JSON of a visit: the `data` of an event, or a whole event. Tells the properties that
    /// nothing reads.
    ///
    /// # Errors
    /// A sentence that names the property and no value.
    pub(crate) fn from_json(text: &str) -> std::result::Result<(Self, Vec<String>), String> {
        let value: Value =
            serde_json::from_str(text).map_err(|error| format!("it is not JSON: {error}"))?;
        let whole = value
            .as_object()
            .ok_or("expected a JSON object, as the `data` of an event is")?;
        let data = match whole.get("data") {
            Some(Value::Object(data)) => data,
            _ => whole,
        };
        let records = Records::from_data(data).map_err(|error| error.to_string())?;
        if records.iter().next().is_none() {
            return Err(
                "it has none of `appointment`, `patient`, `resource`, `service` and `location`"
                    .into(),
            );
        }
        let (visit, mut unread) = records.to_visit().map_err(|error| error.to_string())?;
        let known = |name: &String| Record::ALL.iter().any(|record| record.name() == name);
        unread.extend(
            data.keys()
                .filter(|name| !known(name))
                .map(|name| format!("data.{name}")),
        );
        Ok((Self { records, visit }, unread))
    }

    /// Reads the JSON file of a visit: a path, or the name of one in the clinic's `visits/`.
    pub(crate) fn read(clinic: &Path, name: &Path) -> Result<(Self, Vec<String>)> {
        let own = clinic.join(VISITS).join(name).with_extension("json");
        let path = if !name.exists() && own.exists() {
            &own
        } else {
            name
        };
        let text =
            std::fs::read_to_string(path).map_err(|error| Failure::file(path, "read", &error))?;
        Self::from_json(&text).map_err(|error| {
            Failure::refused(format!("the visit {} can't be used: {error}", path.display()))
                .help("a visit is the `data` of an event: {\"appointment\": {\"id\", \"start\", …}, \"patient\": {…}, …}")
        })
    }

    /// Reads a visit as [`KnownVisit::read`] does; what nothing reads in it is told.
    pub(crate) fn meet(clinic: &Path, name: &Path) -> Result<Self> {
        let (visit, unread) = Self::read(clinic, name)?;
        for property in unread {
            let (warning, end) = (style::WARNING, style::END);
            let name = name.display();
            remark(format_args!(
                "{warning}warning{end}: {name}: nothing reads `{property}`"
            ));
        }
        Ok(visit)
    }

    /// The typed facts.
    pub(crate) fn visit(&self) -> &Visit {
        &self.visit
    }

    /// The facts as an event carries them.
    pub(crate) fn records(&self) -> &Records {
        &self.records
    }

    /// The appointment's id; nothing where it has none.
    pub(crate) fn id(&self) -> &str {
        self.records.id(Record::Appointment).unwrap_or_default()
    }

    /// The patient's name.
    pub(crate) fn patient(&self) -> String {
        let patient = self.visit.patient.as_ref();
        let names =
            patient.map(|patient| [patient.first_name.as_deref(), patient.last_name.as_deref()]);
        let names: Vec<&str> = names.into_iter().flatten().flatten().collect();
        names.join(" ")
    }

    /// What a real visit is called: `a-101 (Jeannette Dupont, 2026-06-09 08:20)`.
    pub(crate) fn called(&self) -> String {
        let appointment = self.visit.appointment.as_ref();
        let start = appointment.map(|appointment| appointment.start.to_string());
        let about: Vec<String> = [Some(self.patient()), start]
            .into_iter()
            .flatten()
            .collect();
        format!("{} ({})", self.id(), about.join(", "))
    }

    /// Takes other records, if they can be read.
    ///
    /// # Errors
    /// A sentence that names the property and no value.
    fn replace(&mut self, records: Records) -> std::result::Result<(), String> {
        let (visit, unread) = records.to_visit().map_err(|error| {
            let error = error.to_string();
            error.strip_prefix("data.").unwrap_or(&error).to_string()
        })?;
        if let Some(unread) = unread.first() {
            return Err(format!(
                "{}: nothing reads this property",
                unread.trim_start_matches("data.")
            ));
        }
        self.records = records;
        self.visit = visit;
        Ok(())
    }

    /// The value of a fact, as JSON.
    pub(crate) fn get(&self, place: &Place) -> Option<&Value> {
        let mut object: &Map<String, Value> = self.records.get(place.record)?;
        let (last, path) = place.path.split_last()?;
        for name in path {
            object = object.get(name)?.as_object()?;
        }
        object.get(last)
    }
}
