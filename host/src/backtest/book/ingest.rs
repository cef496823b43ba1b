//! Events in: what each makes of the facts and of the messages that stand.

use rappel_core::civil::Instant;
use rappel_core::decision::PolicyFault;
use rappel_core::event::{Event, EventError, EventKind};
use rappel_core::facts::{Record, Records};
use rappel_core::ids::{AppointmentId, PatientId};
use rappel_core::message::State;
use rappel_core::store::{Change, Ingested, Message, NewMessage, Plan, Planner, Reach};
use serde_json::Value;

use super::Book;
use super::outbox::Subject;
use crate::engine::time_of;

/// How many messages were added, moved and withdrawn.
type Made = [u32; 3];

fn applied(made: Made, warnings: Vec<String>, faults: Vec<PolicyFault>) -> Ingested {
    let [added, moved, withdrawn] = made;
    Ingested::Applied {
        added,
        moved,
        withdrawn,
        approval: None,
        warnings,
        faults,
    }
}

impl Book {
    /// Applies an event now.
    pub fn tell(&mut self, event: &Event) -> Ingested {
        if self.seen.has(event) {
            return Ingested::Repeated;
        }
        let appointment = event
            .records
            .id(Record::Appointment)
            .map(AppointmentId::from);
        let appointment = appointment.as_ref();
        let (known, told) = self
            .facts
            .known(&event.records, event.kind.subject(), appointment);
        let erasing = event.kind == EventKind::PatientErased;
        let identities = if erasing || !self.erased.is_empty() {
            self.identities(event, &known)
        } else {
            Vec::new()
        };
        let time = time_of(event, self.now);
        if !erasing && self.is_erased(event, &identities, time) {
            self.seen.note(event, self.now);
            return applied(Made::default(), Vec::new(), Vec::new());
        }
        // An alert is about now, whatever was told of the resource since.
        let late = !event.kind.is_alert() && told.is_some_and(|told| time < told);
        let plan = match self.plan(event, &known, late, appointment) {
            Ok(plan) => plan,
            Err(error) => {
                return Ingested::Rejected {
                    path: error.path,
                    message: error.message,
                };
            }
        };
        self.seen.note(event, self.now);
        if plan.erase {
            self.erase(event, identities, time);
        } else {
            self.keep(event, &plan, &known, appointment, time);
        }
        let mut made = self.make(event, &plan, appointment, false);
        let mut faults = plan.faults;
        if let Some(reach) = self.planner.reach(event, self.now) {
            self.alert(event, reach, time, &mut made, &mut faults);
        }
        for fault in &faults {
            self.figures.failed_to_plan(fault);
        }
        applied(made, plan.warnings, faults)
    }

    fn plan(
        &self,
        event: &Event,
        known: &Records,
        late: bool,
        appointment: Option<&AppointmentId>,
    ) -> Result<Plan, EventError> {
        let standing = match subject(event, known, appointment) {
            Subject::Clinic => &[],
            subject => self.outbox.about(&subject),
        };
        let standing: Vec<Message> = standing
            .iter()
            .map(|queued| queued.message.clone())
            .collect();
        self.planner.plan(event, known, late, &standing, self.now)
    }

    /// Plans the event for every appointment that it reaches.
    fn alert(
        &mut self,
        event: &Event,
        reach: Reach,
        time: Instant,
        made: &mut Made,
        faults: &mut Vec<PolicyFault>,
    ) {
        let resource = event.records.id(event.kind.subject()).unwrap_or_default();
        let reached = self.facts.of_resource(resource, reach.from, reach.until);
        let appointments: Vec<AppointmentId> = reached.cloned().collect();
        let asks = appointments.len() > reach.approve_over as usize;
        for id in &appointments {
            let id = Some(id);
            let (known, _) = self.facts.known(&event.records, event.kind.subject(), id);
            // What was applied can be read; an appointment that can't be is left as it is.
            let Ok(plan) = self.plan(event, &known, false, id) else {
                continue;
            };
            self.keep(event, &plan, &known, id, time);
            let more = self.make(event, &plan, id, asks);
            for (made, more) in made.iter_mut().zip(more) {
                *made += more;
            }
            faults.extend(plan.faults);
        }
        faults.sort();
        faults.dedup();
    }

    /// Keeps the records. Of those that the event tells of, `time` is when it was.
    fn keep(
        &mut self,
        event: &Event,
        plan: &Plan,
        known: &Records,
        appointment: Option<&AppointmentId>,
        time: Instant,
    ) {
        for (record, object) in plan.records.iter() {
            let Some(id) = object.get("id").and_then(Value::as_str) else {
                continue;
            };
            // An event that has no more than an id of a record refers to it and tells nothing of it. An alert
            // cancels the appointments that it reaches: it tells of them.
            let tells = event.records.get(record).is_some_and(|told| told.len() > 1);
            let reached = record == Record::Appointment && event.kind.is_alert();
            let told = if record == event.kind.subject() || tells || reached {
                time
            } else if known.get(record) == Some(object) {
                continue;
            } else {
                Instant::UNIX_EPOCH
            };
            if record != Record::Appointment {
                self.facts.keep(record, id, object, told);
                continue;
            }
            let id = AppointmentId::from(id);
            if self
                .facts
                .keep_appointment(&id, &plan.records, plan.visit_start, told)
            {
                self.forget_later(Subject::Appointment(id));
            }
        }
        if let (Some(id), Some(patient)) = (appointment, plan.records.id(Record::Patient)) {
            self.hand_to(id, &PatientId::from(patient));
        }
    }

    /// Waiting messages follow their appointment to another patient.
    fn hand_to(&mut self, appointment: &AppointmentId, patient: &PatientId) {
        let subject = Subject::Appointment(appointment.clone());
        let waiting = self.outbox.about(&subject).iter();
        let others: Vec<_> = waiting
            .map(|queued| &queued.message)
            .filter(|message| message.patient.as_ref().is_some_and(|of| of != patient))
            .map(|message| message.id)
            .collect();
        for id in others {
            self.outbox.change(&subject, id, |queued| {
                queued.message.patient = Some(patient.clone());
            });
        }
    }

    /// Makes a plan's changes. What is added waits for an approval where it `asks` for one.
    fn make(
        &mut self,
        event: &Event,
        plan: &Plan,
        appointment: Option<&AppointmentId>,
        asks: bool,
    ) -> Made {
        let mut made = Made::default();
        let [added, moved, withdrawn] = &mut made;
        let subject = subject(event, &plan.records, appointment);
        let now = self.now;
        for change in &plan.changes {
            match change {
                Change::Add(new) => {
                    *added += u32::from(self.add(event, new, plan, &subject, asks));
                }
                Change::Move {
                    id,
                    due,
                    due_civil,
                    expires,
                    confirmation_requested,
                    origin,
                } => {
                    let done = self.outbox.change(&subject, *id, |queued| {
                        queued.planned_by = origin.clone();
                        let message = &mut queued.message;
                        message.state = State::Planned;
                        message.reason = None;
                        message.origin = Some(origin.clone());
                        message.unplanned = false;
                        (message.due, message.due_civil) = (*due, *due_civil);
                        message.expires = *expires;
                        message.confirmation_requested = *confirmation_requested;
                        message.visit_start = plan.visit_start;
                        message.updated = now;
                    });
                    *moved += u32::from(done.is_some());
                }
                Change::Withdraw { id, reason } => {
                    let done = self.outbox.change(&subject, *id, |queued| {
                        let message = &mut queued.message;
                        message.state = State::Withdrawn;
                        message.reason = Some(reason.clone());
                        message.origin = None;
                        message.unplanned = false;
                        message.updated = now;
                    });
                    if let Some(message) = done {
                        *withdrawn += 1;
                        self.figures.ended(message, self.zone);
                    }
                }
                Change::Keep { id, fault, until } => {
                    self.outbox.change(&subject, *id, |queued| {
                        let message = &mut queued.message;
                        if message.unplanned {
                            return;
                        }
                        message.state = State::Held;
                        message.reason = Some(format!("planning it anew failed: {}", fault.reason));
                        message.origin = Some(fault.origin.clone());
                        message.unplanned = true;
                        if let Some((until, civil)) = until {
                            (message.due, message.due_civil) = (*until, *civil);
                        }
                        message.updated = now;
                    });
                }
            }
        }
        made
    }

    /// Adds a message; tells whether it wasn't there: a day's list may be.
    fn add(
        &mut self,
        event: &Event,
        new: &NewMessage,
        plan: &Plan,
        subject: &Subject,
        asks: bool,
    ) -> bool {
        let mut message = Message::new(
            self.rules.settings().id.clone(),
            new.id,
            (new.kind.clone(), new.channel),
            (new.due, new.due_civil),
        );
        let subject = match new.lists {
            Some(day) => {
                let resource = plan.records.id(Record::Resource).unwrap_or_default();
                message.resource = Some(resource.into());
                message.day = Some(day);
                Subject::Day(resource.into(), day)
            }
            None => {
                if let Subject::Appointment(id) = subject {
                    message.appointment = Some(id.clone());
                }
                message.patient = plan.records.id(Record::Patient).map(PatientId::from);
                subject.clone()
            }
        };
        message.recipient = new.recipient;
        message.ordinal = new.ordinal;
        message.notice = new.notice;
        message.state = new.state;
        message.reason = new.reason.clone();
        message.origin = new.reason.is_none().then(|| new.origin.clone());
        message.expires = new.expires;
        message.confirmation_requested = new.confirmation_requested;
        message.event = Some(event.kind);
        message.visit_start = plan.visit_start;
        message.delay = new.delay;
        message.created = self.now;
        message.updated = self.now;
        if asks && new.state == State::Planned {
            // Nobody approves in a backtest: it comes too late in its time, like anything that waits.
            message.state = State::Held;
            message.reason = Some("waits for an approval".into());
            message.origin = None;
            message.due = new.expires.unwrap_or(new.due);
        }
        let about = self.outbox.about(&subject);
        let same = |other: &Message| {
            (&other.kind, other.channel, other.recipient)
                == (&message.kind, message.channel, message.recipient)
        };
        if new.lists.is_some() && about.iter().any(|queued| same(&queued.message)) {
            return false;
        }
        let first = about.is_empty();
        if !message.state.is_waiting() {
            self.figures.ended(&message, self.zone);
        }
        self.outbox
            .add(subject.clone(), new.origin.clone(), message);
        if first && new.lists.is_some() {
            self.forget_later(subject);
        }
        true
    }

    /// What the patient of the event is known by: what is known of them, and what the event tells.
    fn identities(&self, event: &Event, known: &Records) -> Vec<String> {
        let patients = [known, &event.records]
            .into_iter()
            .filter_map(|records| records.get(Record::Patient));
        let mut identities: Vec<String> = patients
            .flat_map(|patient| self.planner.identities(patient))
            .collect();
        identities.extend(event.records.id(Record::Appointment).map(appointment_of));
        identities
    }

    /// Whether the event is about somebody who was erased. One who registers anew and agrees to be written to is
    /// somebody again.
    fn is_erased(&mut self, event: &Event, identities: &[String], time: Instant) -> bool {
        let since = identities
            .iter()
            .filter_map(|identity| self.erased.get(identity));
        let Some(since) = since.max().copied() else {
            return false;
        };
        let patient = event.records.get(Record::Patient);
        let consents =
            patient.and_then(|patient| patient.get("consent")) == Some(&Value::Bool(true));
        if event.kind != EventKind::PatientRegistered || !consents || time <= since {
            return true;
        }
        for identity in identities {
            self.erased.remove(identity);
        }
        false
    }

    /// Removes what is known of a patient. What was sent to them before was sent, and counts.
    fn erase(&mut self, event: &Event, mut identities: Vec<String>, time: Instant) {
        let patient = PatientId::from(event.records.id(Record::Patient).unwrap_or_default());
        let appointments: Vec<AppointmentId> = self.facts.of_patient(&patient).cloned().collect();
        let mut subjects = vec![Subject::Patient(patient.clone())];
        for id in appointments {
            identities.push(appointment_of(id.as_str()));
            subjects.push(Subject::Appointment(id));
        }
        for subject in &subjects {
            self.close(subject);
        }
        for closed in self
            .closed
            .iter_mut()
            .filter(|closed| subjects.contains(&closed.subject))
        {
            closed
                .messages
                .retain(|message| !message.state.is_waiting());
        }
        self.facts.forget_patient(patient.as_str());
        self.sent.remove(&Some(patient));
        self.erased
            .extend(identities.into_iter().map(|identity| (identity, time)));
    }
}

fn appointment_of(id: &str) -> String {
    format!("appointment {id}")
}

/// What an event's messages are about: the appointment, or else the patient. An alert's own are the clinic's.
fn subject(event: &Event, records: &Records, appointment: Option<&AppointmentId>) -> Subject {
    if let Some(id) = appointment {
        return Subject::Appointment(id.clone());
    }
    let told = event.records.id(Record::Patient);
    match told.or(records.id(Record::Patient)) {
        Some(patient) => Subject::Patient(patient.into()),
        None => Subject::Clinic,
    }
}
