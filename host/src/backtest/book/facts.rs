//! What a book knows of appointments, patients, resources, services and locations.
//!
//! Facts are kept as the JSON that they came as: it takes a third of the room that the same takes as a
//! tree of values, and most of them wait for months to be read once.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use rappel_core::civil::{Civil, Instant};
use rappel_core::facts::{Record, Records, Status, Visit};
use rappel_core::ids::{AppointmentId, PatientId};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// What an appointment refers to.
const REFERRED: [Record; 4] = [
    Record::Patient,
    Record::Resource,
    Record::Service,
    Record::Location,
];

/// A record that was told.
struct Kept {
    /// The time of the newest event that was applied to it.
    told: Instant,
    data: Box<str>,
}

/// An appointment, and what it refers to.
pub(super) struct Appointment {
    kept: Kept,
    referred: [Option<Arc<str>>; 4],
    pub(super) start: Option<Civil>,
    /// Whether it is still to come as far as the agenda says.
    open: bool,
}

impl Appointment {
    pub(super) fn patient(&self) -> Option<PatientId> {
        let [patient, ..] = &self.referred;
        patient.clone().map(PatientId::new)
    }

    /// Whether it is still to come as far as the agenda says.
    pub(super) fn is_open(&self) -> bool {
        self.open
    }

    fn resource(&self) -> Option<&Arc<str>> {
        let [_, resource, ..] = &self.referred;
        resource.as_ref()
    }
}

/// What is known.
#[derive(Default)]
pub(super) struct Facts {
    records: HashMap<Record, HashMap<Arc<str>, Kept>>,
    appointments: HashMap<AppointmentId, Appointment>,
    of_patient: HashMap<PatientId, BTreeSet<AppointmentId>>,
    of_resource: HashMap<Arc<str>, BTreeSet<(Civil, AppointmentId)>>,
    /// Patients by what they share with their family.
    by_mobile: HashMap<Box<str>, BTreeSet<PatientId>>,
    by_email: HashMap<Box<str>, BTreeSet<PatientId>>,
}

/// The end of a mobile number without what people write between its digits, as the store looks for it.
fn end_of_mobile(mobile: Option<&str>) -> Option<Box<str>> {
    let digits = mobile?.chars().filter(|c| !" .-/()".contains(*c));
    let digits: Vec<char> = digits.collect();
    let end = digits.get(digits.len().saturating_sub(8)..)?;
    (!end.is_empty()).then(|| end.iter().collect())
}

fn mailbox(email: Option<&str>) -> Option<Box<str>> {
    let mailbox = email?.trim().to_ascii_lowercase();
    (!mailbox.is_empty()).then(|| mailbox.into())
}

impl Facts {
    pub(super) fn appointment(&self, id: &AppointmentId) -> Option<&Appointment> {
        self.appointments.get(id)
    }

    /// The records known for what an event refers to, and the time of the newest event about its subject.
    /// What the event doesn't refer to is what the appointment referred to before.
    pub(super) fn known(
        &self,
        told: &Records,
        subject: Record,
        appointment: Option<&AppointmentId>,
    ) -> (Records, Option<Instant>) {
        let mut known = Records::default();
        let appointment = appointment.and_then(|id| self.appointments.get(id));
        let of_appointment = appointment.map(|appointment| appointment.kept.told);
        let mut of_subject = None;
        if let Some(appointment) = appointment {
            known.set(Record::Appointment, read(&appointment.kept.data));
        }
        for (place, record) in REFERRED.into_iter().enumerate() {
            let before = appointment.and_then(|of| of.referred.get(place)?.as_deref());
            let Some(kept) = told
                .id(record)
                .or(before)
                .and_then(|id| self.record(record, id))
            else {
                continue;
            };
            known.set(record, read(&kept.data));
            if record == subject {
                of_subject = Some(kept.told);
            }
        }
        (known, of_subject.or(of_appointment))
    }

    fn record(&self, record: Record, id: &str) -> Option<&Kept> {
        self.records.get(&record)?.get(id)
    }

    /// Patients whose mobile number ends alike.
    pub(super) fn with_mobile(&self, mobile: Option<&str>) -> Option<&BTreeSet<PatientId>> {
        self.by_mobile.get(&end_of_mobile(mobile)?)
    }

    /// Patients with the same mailbox.
    pub(super) fn with_email(&self, email: Option<&str>) -> Option<&BTreeSet<PatientId>> {
        self.by_email.get(&mailbox(email)?)
    }

    /// Keeps or forgets by what a patient is found.
    fn index(&mut self, id: &str, patient: &Map<String, Value>, known: bool) {
        let text = |name: &str| patient.get(name).and_then(Value::as_str);
        for (of, key) in [
            (&mut self.by_mobile, end_of_mobile(text("mobile"))),
            (&mut self.by_email, mailbox(text("email"))),
        ] {
            let Some(key) = key else { continue };
            if known {
                of.entry(key).or_default().insert(PatientId::new(id));
            } else if let Some(people) = of.get_mut(&key) {
                people.remove(&PatientId::new(id));
                if people.is_empty() {
                    of.remove(&key);
                }
            }
        }
    }

    /// Keeps a record of anything but an appointment.
    pub(super) fn keep(
        &mut self,
        record: Record,
        id: &str,
        object: &Map<String, Value>,
        told: Instant,
    ) {
        if record == Record::Patient {
            if let Some(before) = self.record(record, id).map(|kept| read(&kept.data)) {
                self.index(id, &before, false);
            }
            self.index(id, object, true);
        }
        let data = written(object);
        let of = self.records.entry(record).or_default();
        match of.get_mut(id) {
            Some(kept) => {
                kept.told = kept.told.max(told);
                kept.data = data;
            }
            None => {
                of.insert(id.into(), Kept { told, data });
            }
        }
    }

    /// Keeps an appointment; tells whether it was not known.
    pub(super) fn keep_appointment(
        &mut self,
        id: &AppointmentId,
        records: &Records,
        start: Option<Civil>,
        told: Instant,
    ) -> bool {
        let Some(object) = records.get(Record::Appointment) else {
            return false;
        };
        let before = self.forget(id);
        let told = before
            .as_ref()
            .map_or(told, |before| before.kept.told.max(told));
        let appointment = Appointment {
            kept: Kept {
                told,
                data: written(object),
            },
            referred: REFERRED.map(|record| records.id(record).map(Into::into)),
            start,
            open: is_open(object),
        };
        if let Some(patient) = appointment.patient() {
            self.of_patient
                .entry(patient)
                .or_default()
                .insert(id.clone());
        }
        if let (Some(resource), Some(start)) = (appointment.resource(), start) {
            let of = self.of_resource.entry(resource.clone()).or_default();
            of.insert((start, id.clone()));
        }
        self.appointments.insert(id.clone(), appointment);
        before.is_none()
    }

    /// Takes an appointment out.
    pub(super) fn forget(&mut self, id: &AppointmentId) -> Option<Appointment> {
        let appointment = self.appointments.remove(id)?;
        if let Some(patient) = appointment.patient()
            && let Some(of) = self.of_patient.get_mut(&patient)
        {
            of.remove(id);
            if of.is_empty() {
                self.of_patient.remove(&patient);
            }
        }
        if let (Some(resource), Some(start)) = (appointment.resource(), appointment.start)
            && let Some(of) = self.of_resource.get_mut(resource)
        {
            of.remove(&(start, id.clone()));
        }
        Some(appointment)
    }

    /// Takes out what is known of a patient beside their appointments.
    pub(super) fn forget_patient(&mut self, id: &str) {
        let patients = self.records.get_mut(&Record::Patient);
        if let Some(kept) = patients.and_then(|patients| patients.remove(id)) {
            self.index(id, &read(&kept.data), false);
        }
    }

    /// The appointments of a patient.
    pub(super) fn of_patient(&self, patient: &PatientId) -> impl Iterator<Item = &AppointmentId> {
        self.of_patient.get(patient).into_iter().flatten()
    }

    /// When the patient's next open appointment after one begins.
    pub(super) fn next_visit(&self, after: &Appointment) -> Option<Civil> {
        let patient = after.patient()?;
        let open = self
            .of_patient(&patient)
            .filter_map(|id| self.appointments.get(id))
            .filter(|appointment| appointment.open);
        let starts = open.filter_map(|appointment| appointment.start);
        starts.filter(|start| Some(*start) > after.start).min()
    }

    /// The open appointments of a resource that begin in a while, in their order.
    pub(super) fn of_resource(
        &self,
        resource: &str,
        from: Civil,
        until: Civil,
    ) -> impl Iterator<Item = &AppointmentId> {
        let first = AppointmentId::new("");
        let all = self.of_resource.get(resource).into_iter();
        all.flat_map(move |of| of.range((from, first.clone())..))
            .take_while(move |(start, _)| *start < until)
            .map(|(_, id)| id)
            .filter(|id| self.appointments.get(*id).is_some_and(|of| of.open))
    }

    /// What is known of a visit. The patient and the resource may be others than the appointment's: those
    /// of a message that is about no appointment.
    pub(super) fn visit(
        &self,
        appointment: Option<&Appointment>,
        patient: Option<&str>,
        resource: Option<&str>,
    ) -> Visit {
        let of = |place: usize| appointment.and_then(|of| of.referred.get(place)?.as_deref());
        Visit {
            appointment: appointment.and_then(|appointment| typed(&appointment.kept)),
            patient: self.typed(Record::Patient, patient.or(of(0))),
            resource: self.typed(Record::Resource, resource.or(of(1))),
            service: self.typed(Record::Service, of(2)),
            location: self.typed(Record::Location, of(3)),
        }
    }

    fn typed<T: DeserializeOwned>(&self, record: Record, id: Option<&str>) -> Option<Arc<T>> {
        typed(self.record(record, id?)?)
    }
}

/// Facts as they are typed. What the planner applied can be read.
fn typed<T: DeserializeOwned>(kept: &Kept) -> Option<Arc<T>> {
    serde_json::from_str(&kept.data).ok().map(Arc::new)
}

fn read(data: &str) -> Map<String, Value> {
    serde_json::from_str(data).unwrap_or_default()
}

fn written(object: &Map<String, Value>) -> Box<str> {
    serde_json::to_string(object).unwrap_or_default().into()
}

/// Whether the agenda says that an appointment is still to come; one without a status is booked.
fn is_open(appointment: &Map<String, Value>) -> bool {
    let status = appointment.get("status").filter(|status| !status.is_null());
    status.is_none_or(|status| {
        serde_json::from_value(status.clone()).is_ok_and(|status: Status| status.is_open())
    })
}
