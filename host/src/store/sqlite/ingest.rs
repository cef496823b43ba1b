//! Events in: each one's facts and messages stand together or not at all.

use rappel_core::civil::{Civil, Instant};
use rappel_core::decision::PolicyFault;
use rappel_core::event::{Event, EventKind};
use rappel_core::facts::{Record, Records};
use rappel_core::ids::{FacilityId, MessageId, PatientId};
use rappel_core::message::State;
use rappel_core::store::{
    Change, Ingested, Message, NewMessage, OWN_SOURCE, Plan, Planner, Reach, Result, Step,
    StoreError,
};
use serde_json::{Value, json};
use sqlx::{QueryBuilder, Row, SqliteConnection};

use super::approval::approval_id;
use super::brake::Volume;
use super::erased::{self, Hasher};
use super::{SqliteStore, claim, failed, millis, rows};

impl SqliteStore {
    pub(super) async fn ingest_events(
        &self,
        facility: &FacilityId,
        events: &[Event],
        now: Instant,
        planner: &dyn Planner,
    ) -> Result<Vec<Ingested>> {
        let hasher = self.hasher().await?;
        let mut transaction = self.write().await?;
        let mut outcomes = Vec::with_capacity(events.len());
        let mut volume = Volume::default();
        for event in events {
            let appointment = event.records.id(Record::Appointment);
            let mut one = Ingest {
                db: &mut transaction,
                facility: facility.as_str(),
                event,
                appointment: appointment.map(str::to_string),
                approval: None,
                by_rules: false,
                volume: &mut volume,
                now,
                hasher,
            };
            outcomes.push(one.run(planner).await?);
        }
        let stopped = volume
            .settle(&mut transaction, facility, planner.brake(), now)
            .await?;
        if let Some(waits) = stopped {
            for outcome in &mut outcomes {
                if let Ingested::Applied { approval, .. } = outcome {
                    approval.get_or_insert_with(|| waits.clone());
                }
            }
        }
        transaction.commit().await.map_err(failed)?;
        Ok(outcomes)
    }
}

/// An event that is being applied, or planned again.
pub(super) struct Ingest<'a> {
    pub(super) db: &'a mut SqliteConnection,
    pub(super) facility: &'a str,
    pub(super) event: &'a Event,
    /// The appointment that is planned for, where there is one.
    pub(super) appointment: Option<String>,
    /// The approval that new messages wait for.
    pub(super) approval: Option<&'a str>,
    /// Whether the rules changed, and nothing happened.
    pub(super) by_rules: bool,
    /// What is planned in this transaction.
    pub(super) volume: &'a mut Volume,
    pub(super) now: Instant,
    pub(super) hasher: Hasher,
}

/// How many messages were added, moved and withdrawn.
type Made = (u32, u32, u32);

/// What an alert led to.
#[derive(Default)]
struct Reached {
    made: Made,
    faults: Vec<PolicyFault>,
    approval: Option<String>,
}

fn sum(one: Made, other: Made) -> Made {
    (one.0 + other.0, one.1 + other.1, one.2 + other.2)
}

impl Ingest<'_> {
    async fn run(&mut self, planner: &dyn Planner) -> Result<Ingested> {
        if self.repeated().await? {
            return Ok(Ingested::Repeated);
        }
        let (known, told) = self.known().await?;
        let erasing = self.event.kind == EventKind::PatientErased;
        let identities = if erasing || self.anybody_is_erased().await? {
            self.identities(&known, planner)
        } else {
            Vec::new()
        };
        if !erasing && self.is_erased(&identities).await? {
            self.note().await?;
            return Ok(Ingested::Applied {
                added: 0,
                moved: 0,
                withdrawn: 0,
                warnings: vec![erased::WARNING.into()],
                faults: Vec::new(),
                approval: None,
            });
        }
        let time = self.time();
        // An alert is about now, whatever was told of the resource since.
        let late = !self.event.kind.is_alert() && told.is_some_and(|told| time < told);
        let standing = self.standing().await?;
        let plan = match planner.plan(self.event, &known, late, &standing, self.now) {
            Ok(plan) => plan,
            Err(error) => {
                return Ok(Ingested::Rejected {
                    path: error.path,
                    message: error.message,
                });
            }
        };
        self.note().await?;
        if plan.erase {
            self.erase(identities).await?;
        } else {
            self.keep(&plan, &known, &standing, (time, late)).await?;
            self.note_consent(&known, &plan.records).await?;
        }
        if self.event.source == OWN_SOURCE && planner.tells_agenda() {
            self.note_outgoing().await?;
        }
        self.changed(&plan, &known).await?;
        let mut made = self.make(&plan, &standing).await?;
        let mut faults = plan.faults.clone();
        let mut approval = None;
        if let Some(reach) = planner.reach(self.event, self.now) {
            let reached = self.alert(reach, time, planner).await?;
            made = sum(made, reached.made);
            approval = reached.approval;
            faults.extend(reached.faults);
        } else if !plan.faults.is_empty() {
            self.note_unplanned(&plan, time).await?;
        }
        let (added, moved, withdrawn) = made;
        Ok(Ingested::Applied {
            added,
            moved,
            withdrawn,
            warnings: plan.warnings,
            faults,
            approval,
        })
    }

    /// Plans the event for every appointment that it reaches.
    async fn alert(&mut self, reach: Reach, time: i64, planner: &dyn Planner) -> Result<Reached> {
        let resource = self.subject().to_string();
        let appointments: Vec<String> = sqlx::query_scalar(
            "SELECT id FROM appointment WHERE facility = ?1 AND resource = ?2
               AND start >= ?3 AND start < ?4 AND open ORDER BY start, id",
        )
        .bind(self.facility)
        .bind(&resource)
        .bind(reach.from.to_string())
        .bind(reach.until.to_string())
        .fetch_all(&mut *self.db)
        .await
        .map_err(failed)?;
        let asks = appointments.len() > reach.approve_over as usize;
        let approval = asks.then(|| approval_id(&self.event.source, &self.event.id));
        let mut reached = Reached::default();
        for appointment in appointments {
            let mut one = Ingest {
                db: self.db,
                facility: self.facility,
                event: self.event,
                appointment: Some(appointment),
                approval: approval.as_deref(),
                by_rules: false,
                volume: self.volume,
                now: self.now,
                hasher: self.hasher,
            };
            let (known, _) = one.known().await?;
            let standing = one.standing().await?;
            // What was applied can be read; an appointment that can't be is left as it is.
            let Ok(plan) = planner.plan(self.event, &known, false, &standing, self.now) else {
                continue;
            };
            one.keep(&plan, &known, &standing, (time, false)).await?;
            one.changed(&plan, &known).await?;
            reached.made = sum(reached.made, one.make(&plan, &standing).await?);
            if !plan.faults.is_empty() {
                one.note_unplanned(&plan, time).await?;
                reached.faults.extend(plan.faults);
            }
        }
        if let Some(approval) = approval {
            self.ask(&approval, &resource, reached.made.0).await?;
            reached.approval = Some(approval);
        }
        reached.faults.sort();
        reached.faults.dedup();
        Ok(reached)
    }

    /// Makes a plan's changes; tells how many messages were added, moved and withdrawn.
    pub(super) async fn make(&mut self, plan: &Plan, standing: &[Message]) -> Result<Made> {
        let mut counts = (0, 0, 0);
        let mut planned = 0;
        for change in &plan.changes {
            match change {
                Change::Add(new) => {
                    let added = self.add(new, plan).await?;
                    counts.0 += u32::from(added);
                    if !added {
                        counts.1 += u32::from(self.reschedule_list(new, plan).await?);
                    }
                    let goes = added && new.state == State::Planned && new.lists.is_none();
                    planned += u64::from(goes);
                }
                Change::Move { id, due_civil, .. } => {
                    let before = standing.iter().find(|message| message.id == *id);
                    let from = before.map_or(*due_civil, |message| message.due_civil);
                    let braked = before.is_some_and(Message::is_braked);
                    let moved = self.reschedule(change, plan, (from, braked)).await?;
                    counts.1 += u32::from(moved);
                }
                Change::Withdraw { id, reason } => {
                    counts.2 += u32::from(self.withdraw(*id, reason, plan).await?);
                }
                Change::Keep { id, fault, until } => {
                    self.keep_back(*id, fault, *until, plan).await?;
                }
            }
        }
        if self.by_rules {
            let there = standing.len() as u64;
            self.volume.count_anew(self.event.kind, planned, there);
        } else {
            self.volume.count(self.event.kind, planned);
        }
        self.note_shadow(plan).await?;
        Ok(counts)
    }

    pub(super) fn subject(&self) -> &str {
        self.event
            .records
            .id(self.event.kind.subject())
            .unwrap_or_default()
    }

    fn appointment(&self) -> &str {
        self.appointment.as_deref().unwrap_or_default()
    }

    async fn repeated(&mut self) -> Result<bool> {
        let row =
            sqlx::query("SELECT 1 FROM event WHERE facility = ?1 AND source = ?2 AND id = ?3")
                .bind(self.facility)
                .bind(&self.event.source)
                .bind(&self.event.id)
                .fetch_optional(&mut *self.db)
                .await
                .map_err(failed)?;
        Ok(row.is_some())
    }

    /// Whether the event tells of a record, and doesn't only refer to it by its id.
    fn tells_of(&self, record: Record) -> bool {
        let object = self.event.records.get(record);
        object.is_some_and(|object| object.len() > 1)
    }

    async fn note(&mut self) -> Result<()> {
        sqlx::query(
            "INSERT INTO event (facility, source, id, type, time, received)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )
        .bind(self.facility)
        .bind(&self.event.source)
        .bind(&self.event.id)
        .bind(self.event.kind.name())
        .bind(self.event.time.map(millis))
        .bind(millis(self.now))
        .execute(&mut *self.db)
        .await
        .map_err(failed)?;
        Ok(())
    }

    /// The records known for what the event refers to, and the time of the newest event about its
    /// subject. What the event doesn't refer to is what the appointment referred to before.
    pub(super) async fn known(&mut self) -> Result<(Records, Option<i64>)> {
        let row = sqlx::query(
            "SELECT a.data, p.data, r.data, s.data, l.data, a.told, p.told, r.told, s.told, l.told
             FROM (SELECT 1) LEFT JOIN appointment a ON a.facility = ?1 AND a.id = ?2
             LEFT JOIN record p ON p.facility = ?1 AND p.kind = 'patient' AND p.id = coalesce(?3, a.patient)
             LEFT JOIN record r ON r.facility = ?1 AND r.kind = 'resource' AND r.id = coalesce(?4, a.resource)
             LEFT JOIN record s ON s.facility = ?1 AND s.kind = 'service' AND s.id = coalesce(?5, a.service)
             LEFT JOIN record l ON l.facility = ?1 AND l.kind = 'location' AND l.id = coalesce(?6, a.location)",
        )
        .bind(self.facility)
        .bind(self.appointment())
        .bind(self.event.records.id(Record::Patient))
        .bind(self.event.records.id(Record::Resource))
        .bind(self.event.records.id(Record::Service))
        .bind(self.event.records.id(Record::Location))
        .fetch_one(&mut *self.db)
        .await
        .map_err(failed)?;
        let mut known = Records::default();
        let (mut of_subject, mut of_appointment) = (None, None);
        for (index, record) in Record::ALL.into_iter().enumerate() {
            if let Some(data) = row.try_get::<Option<&str>, _>(index).map_err(failed)? {
                known.set(record, rows::object(data)?);
            }
            let told: Option<i64> = row.try_get(Record::ALL.len() + index).map_err(failed)?;
            if record == self.event.kind.subject() {
                of_subject = told;
            }
            if record == Record::Appointment {
                of_appointment = told;
            }
        }
        Ok((known, of_subject.or(of_appointment)))
    }

    /// Every message about the event's subject, the oldest first.
    pub(super) async fn standing(&mut self) -> Result<Vec<Message>> {
        const BY_APPOINTMENT: &str = concat!(
            "SELECT ",
            rows::message_columns!(),
            " FROM message m WHERE m.facility = ?1 AND m.appointment = ?2 ORDER BY m.ordinal"
        );
        const BY_PATIENT: &str = concat!(
            "SELECT ",
            rows::message_columns!(),
            " FROM message m WHERE m.facility = ?1 AND m.appointment = '' AND m.patient = ?2 ORDER BY m.ordinal"
        );
        let (query, subject) = match (&self.appointment, self.event.kind.subject()) {
            (Some(appointment), _) => (BY_APPOINTMENT, appointment.as_str()),
            (None, Record::Patient) => (BY_PATIENT, self.subject()),
            // A resource has no messages of its own but lists, which stand by themselves.
            (None, _) => return Ok(Vec::new()),
        };
        let rows = sqlx::query(query)
            .bind(self.facility)
            .bind(subject)
            .fetch_all(&mut *self.db)
            .await
            .map_err(failed)?;
        rows.iter().map(rows::message).collect()
    }

    /// Keeps the records. Of those that the event tells of, `time` is when it was.
    async fn keep(
        &mut self,
        plan: &Plan,
        known: &Records,
        standing: &[Message],
        (time, late): (i64, bool),
    ) -> Result<()> {
        let mut records = Vec::new();
        for (record, object) in plan.records.iter() {
            let Some(id) = object.get("id").and_then(Value::as_str) else {
                continue;
            };
            // An alert cancels the appointments that it reaches: it tells of them.
            let reached = record == Record::Appointment && self.event.kind.is_alert();
            let told = if record == self.event.kind.subject() || self.tells_of(record) || reached {
                time
            } else if known.get(record) == Some(object) {
                continue;
            } else {
                0
            };
            let data = Value::Object(object.clone()).to_string();
            if record == Record::Appointment {
                let last = match late {
                    true => None,
                    false => self.last_event(plan, time)?,
                };
                self.keep_appointment(id, plan, standing, (told, last), &data)
                    .await?;
            } else {
                records.push(json!([record.name(), id, told, data]));
            }
        }
        if records.is_empty() {
            return Ok(());
        }
        sqlx::query(
            "INSERT INTO record (facility, kind, id, told, data)
             SELECT ?1, j.value ->> 0, j.value ->> 1, j.value ->> 2, j.value ->> 3
             FROM jsonb_each(?2) j WHERE true
             ON CONFLICT (facility, kind, id) DO UPDATE SET
               told = max(told, excluded.told), data = excluded.data",
        )
        .bind(self.facility)
        .bind(Value::Array(records).to_string())
        .execute(&mut *self.db)
        .await
        .map_err(failed)?;
        Ok(())
    }

    async fn keep_appointment(
        &mut self,
        id: &str,
        plan: &Plan,
        standing: &[Message],
        (told, last): (i64, Option<String>),
        data: &str,
    ) -> Result<()> {
        let generation = last.as_ref().map(|_| &plan.generation);
        sqlx::query(
            "INSERT INTO appointment (facility, id, patient, resource, service, location, told, data, event, generation)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
             ON CONFLICT (facility, id) DO UPDATE SET patient = excluded.patient,
               resource = excluded.resource, service = excluded.service,
               location = excluded.location, told = max(told, excluded.told), data = excluded.data,
               event = coalesce(excluded.event, event), generation = coalesce(excluded.generation, generation)",
        )
        .bind(self.facility)
        .bind(id)
        .bind(plan.records.id(Record::Patient))
        .bind(plan.records.id(Record::Resource))
        .bind(plan.records.id(Record::Service))
        .bind(plan.records.id(Record::Location))
        .bind(told)
        .bind(data)
        .bind(last)
        .bind(generation)
        .execute(&mut *self.db)
        .await
        .map_err(failed)?;
        // An appointment that another patient has now is no longer the first one's business.
        let patient = plan.records.id(Record::Patient);
        let other = |message: &Message| message.patient.as_ref().map(PatientId::as_str) != patient;
        if patient.is_none() || !standing.iter().any(other) {
            return Ok(());
        }
        sqlx::query(
            "UPDATE message SET patient = ?3 WHERE facility = ?1 AND appointment = ?2
               AND patient <> ?3 AND state IN ('planned', 'held')",
        )
        .bind(self.facility)
        .bind(id)
        .bind(patient)
        .execute(&mut *self.db)
        .await
        .map_err(failed)?;
        Ok(())
    }

    /// Facts changed: a worker that judged a message by the old ones must not send it.
    async fn changed(&mut self, plan: &Plan, known: &Records) -> Result<()> {
        let mut about = vec![("m.appointment", self.appointment())];
        // What an event tells again as it was known changes nothing for other appointments.
        for (record, column) in [
            (Record::Patient, "m.patient"),
            (Record::Resource, "a.resource"),
            (Record::Service, "a.service"),
            (Record::Location, "a.location"),
        ] {
            let changed = plan.erase
                || (known.get(record).is_some() && known.get(record) != plan.records.get(record));
            if let (true, Some(id)) = (changed, self.event.records.id(record)) {
                about.push((column, id));
            }
        }
        let mut query = QueryBuilder::new(
            "UPDATE message SET fence = fence + 1, lease = 0
             WHERE (facility, id) IN (SELECT m.facility, m.id FROM message m
               LEFT JOIN appointment a ON a.facility = m.facility AND a.id = m.appointment
               WHERE m.lease > 0 AND m.state IN ('planned', 'held') AND m.facility = ",
        );
        query.push_bind(self.facility).push(" AND (1 = 0");
        for (column, id) in about.into_iter().filter(|(_, id)| !id.is_empty()) {
            query.push(format!(" OR {column} = ")).push_bind(id);
        }
        let free: Vec<i64> = query
            .push(")) RETURNING number")
            .build_query_scalar()
            .fetch_all(&mut *self.db)
            .await
            .map_err(failed)?;
        claim::clear(self.db, &free).await
    }

    /// Adds a message; tells whether it wasn't there: a day's list may be.
    async fn add(&mut self, new: &NewMessage, plan: &Plan) -> Result<bool> {
        let resource = plan.records.id(Record::Resource).unwrap_or_default();
        let (appointment, patient, resource, day) = match new.lists {
            Some(day) => ("", "", resource, day.to_string()),
            None => {
                let patient = plan.records.id(Record::Patient).unwrap_or_default();
                (self.appointment(), patient, "", String::new())
            }
        };
        // What waits for an approval comes too late in its time, like anything else.
        let waits = self.approval.filter(|_| new.state == State::Planned);
        let (state, reason, due) = match waits {
            Some(approval) => (
                State::Held,
                Some(format!(
                    "waits for an approval: `rappel approve {approval}`"
                )),
                new.expires.unwrap_or(new.due),
            ),
            None => (new.state, new.reason.clone(), new.due),
        };
        let done = sqlx::query(
            "INSERT INTO message (facility, id, appointment, patient, kind, channel, recipient, ordinal,
               notice, urgent, reminder, state, reason, policy, line, due, due_civil, expires,
               confirmation_requested, event, visit_start, generation, created, updated, resource, day,
               delay, approval)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18,
               ?19, ?20, ?21, ?22, ?23, ?23, ?24, ?25, ?26, ?27)
             ON CONFLICT (facility, appointment, patient, kind, channel, recipient, ordinal, resource, day)
               DO NOTHING",
        )
        .bind(self.facility)
        .bind(new.id.to_string())
        .bind(appointment)
        .bind(patient)
        .bind(new.kind.as_str())
        .bind(new.channel.name())
        .bind(new.recipient.name())
        .bind(new.ordinal)
        .bind(new.notice)
        .bind(new.kind.is_urgent())
        .bind(new.kind.is_reminder())
        .bind(state.name())
        .bind(&reason)
        .bind(&*new.origin.policy)
        .bind(new.origin.line)
        .bind(millis(due))
        .bind(new.due_civil.to_string())
        .bind(new.expires.map(millis))
        .bind(new.confirmation_requested)
        .bind(self.event.kind.name())
        .bind(plan.visit_start.map(|start| start.to_string()))
        .bind(&plan.generation)
        .bind(millis(self.now))
        .bind(resource)
        .bind(day)
        .bind(new.delay)
        .bind(waits)
        .execute(&mut *self.db)
        .await
        .map_err(failed)?;
        if done.rows_affected() == 0 {
            return match new.lists {
                Some(_) => Ok(false),
                None => Err(StoreError(
                    "the planner added a message that is there".into(),
                )),
            };
        }
        self.tell(new.id, &self.added(new, plan)).await?;
        if let Some(approval) = waits {
            let step = Step::Awaits {
                approval: approval.to_string(),
            };
            self.tell(new.id, &step).await?;
        }
        Ok(true)
    }

    /// Gives the list of a day, which is there, the time that it is wanted at now: as a rule it has it.
    async fn reschedule_list(&mut self, new: &NewMessage, plan: &Plan) -> Result<bool> {
        let Some(day) = new.lists else {
            return Ok(false);
        };
        let other: Option<(String, String)> = sqlx::query_as(
            "SELECT id, due_civil FROM message
             WHERE facility = ?1 AND appointment = '' AND patient = '' AND kind = ?2 AND channel = ?3
               AND recipient = ?4 AND ordinal = ?5 AND resource = ?6 AND day = ?7
               AND state = 'planned' AND due <> ?8",
        )
        .bind(self.facility)
        .bind(new.kind.as_str())
        .bind(new.channel.name())
        .bind(new.recipient.name())
        .bind(new.ordinal)
        .bind(plan.records.id(Record::Resource).unwrap_or_default())
        .bind(day.to_string())
        .bind(millis(new.due))
        .fetch_optional(&mut *self.db)
        .await
        .map_err(failed)?;
        let Some((id, from)) = other else {
            return Ok(false);
        };
        let change = Change::Move {
            id: rows::parse(&id)?,
            due: new.due,
            due_civil: new.due_civil,
            expires: new.expires,
            confirmation_requested: new.confirmation_requested,
            origin: new.origin.clone(),
        };
        self.reschedule(&change, plan, (rows::parse(&from)?, false))
            .await
    }

    async fn reschedule(
        &mut self,
        change: &Change,
        plan: &Plan,
        (from, braked): (Civil, bool),
    ) -> Result<bool> {
        let Change::Move {
            id,
            due,
            due_civil,
            expires,
            confirmation_requested,
            origin,
        } = change
        else {
            return Ok(false);
        };
        let done = sqlx::query(
            "UPDATE message SET state = 'planned', reason = NULL, decided_by = NULL, decided_line = NULL, kept = NULL,
               approval = CASE WHEN kept IS NOT 'brake' THEN approval END, due_before = NULL, due = ?3, due_civil = ?4, expires = ?5,
               confirmation_requested = ?6, policy = ?7, line = ?8, visit_start = ?9, generation = ?10,
               updated = ?11, fence = fence + 1, lease = 0
             WHERE facility = ?1 AND id = ?2 AND state IN ('planned', 'held')",
        )
        .bind(self.facility)
        .bind(id.to_string())
        .bind(millis(*due))
        .bind(due_civil.to_string())
        .bind(expires.map(millis))
        .bind(confirmation_requested)
        .bind(&*origin.policy)
        .bind(origin.line)
        .bind(plan.visit_start.map(|start| start.to_string()))
        .bind(&plan.generation)
        .bind(millis(self.now))
        .execute(&mut *self.db)
        .await
        .map_err(failed)?;
        if done.rows_affected() == 0 {
            return Ok(false);
        }
        let step = match braked {
            true => Step::Resumed {
                origin: origin.clone(),
                due: *due_civil,
            },
            false => self.moved((from, *due_civil), plan),
        };
        self.tell(*id, &step).await?;
        Ok(true)
    }

    async fn withdraw(&mut self, id: MessageId, reason: &str, plan: &Plan) -> Result<bool> {
        let done = sqlx::query(
            "UPDATE message SET state = 'withdrawn', reason = ?3, decided_by = NULL, decided_line = NULL, kept = NULL,
               updated = ?4, generation = ?5, fence = fence + 1, lease = 0
             WHERE facility = ?1 AND id = ?2 AND state IN ('planned', 'held')",
        )
        .bind(self.facility)
        .bind(id.to_string())
        .bind(reason)
        .bind(millis(self.now))
        .bind(&plan.generation)
        .execute(&mut *self.db)
        .await
        .map_err(failed)?;
        if done.rows_affected() == 0 {
            return Ok(false);
        }
        self.tell(id, &self.withdrawn(reason, plan)).await?;
        Ok(true)
    }

    /// Keeps a message back until it is planned anew or comes too late.
    async fn keep_back(
        &mut self,
        id: MessageId,
        fault: &PolicyFault,
        until: Option<(Instant, Civil)>,
        plan: &Plan,
    ) -> Result<()> {
        let done = sqlx::query(
            "UPDATE message SET state = 'held', reason = ?3, decided_by = ?4, decided_line = ?5, kept = 'plan',
               due = coalesce(?6, due), due_civil = coalesce(?7, due_civil), updated = ?8,
               fence = fence + 1, lease = 0
             WHERE facility = ?1 AND id = ?2 AND state IN ('planned', 'held') AND kept IS NOT 'plan'",
        )
        .bind(self.facility)
        .bind(id.to_string())
        .bind(format!("planning it anew failed: {}", fault.reason))
        .bind(&*fault.origin.policy)
        .bind(fault.origin.line)
        .bind(until.map(|(until, _)| millis(until)))
        .bind(until.map(|(_, until)| until.to_string()))
        .bind(millis(self.now))
        .execute(&mut *self.db)
        .await
        .map_err(failed)?;
        if done.rows_affected() == 0 {
            return Ok(());
        }
        self.tell(id, &self.kept(fault, plan)).await
    }

    async fn tell(&mut self, id: MessageId, step: &Step) -> Result<()> {
        super::steps::append(
            self.db,
            self.facility,
            &id.to_string(),
            millis(self.now),
            step,
        )
        .await
    }
}
