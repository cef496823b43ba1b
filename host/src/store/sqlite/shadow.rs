//! Policies in shadow: how often they were asked, and what they would have changed.

use std::collections::BTreeMap;

use rappel_core::civil::Instant;
use rappel_core::decision::{Origin, PolicyFault, Verdict};
use rappel_core::facts::Record;
use rappel_core::ids::{AppointmentId, FacilityId, PatientId};
use rappel_core::kind::Kind;
use rappel_core::shadow::{Asked, Otherwise, Planned, Recorded, in_place_of};
use rappel_core::store::{Plan, Result, Step, StoreError, Transition};
use rappel_rules::policy_file;
use serde_json::{Value, json};
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row, SqliteConnection};

use super::ingest::Ingest;
use super::{SqliteStore, failed, millis, rows};

/// What a policy was asked in a transaction.
#[derive(Default)]
struct Count {
    events: u32,
    messages: u32,
    faults: u32,
    fault: Option<PolicyFault>,
}

impl Count {
    fn failed(&mut self, fault: PolicyFault) {
        self.faults += 1;
        self.fault = Some(fault);
    }
}

impl Ingest<'_> {
    /// Notes what policies in shadow say of the event that is planned.
    pub(super) async fn note_shadow(&mut self, plan: &Plan) -> Result<()> {
        if self.event.kind.is_alert() && self.appointment.is_none() {
            // It is planned for each appointment that it reaches.
            return Ok(());
        }
        for Planned {
            policy,
            differences,
        } in &plan.shadow
        {
            let mut count = Count {
                events: 1,
                ..Count::default()
            };
            let appointment = self.appointment.clone().unwrap_or_default();
            let patient = plan.records.id(Record::Patient).unwrap_or_default();
            // What was said of the time to come is said anew.
            sqlx::query(
                "DELETE FROM shadow WHERE facility = ?1 AND policy = ?2 AND message = '' AND appointment = ?3
                   AND (appointment <> '' OR patient = ?4) AND due > ?5",
            )
            .bind(self.facility)
            .bind(&**policy)
            .bind(&appointment)
            .bind(patient)
            .bind(millis(self.now))
            .execute(&mut *self.db)
            .await
            .map_err(failed)?;
            let differences = match differences {
                Ok(differences) => differences.as_slice(),
                Err(fault) => {
                    count.failed(fault.clone());
                    &[]
                }
            };
            for difference in differences {
                sqlx::query(
                    "INSERT OR REPLACE INTO shadow (facility, policy, message, appointment, patient, kind, channel,
                       recipient, due, line, at, would, otherwise)
                     VALUES (?1, ?2, '', ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
                )
                .bind(self.facility)
                .bind(&**policy)
                .bind(&appointment)
                .bind(patient)
                .bind(difference.kind.as_str())
                .bind(difference.channel.name())
                .bind(difference.recipient.name())
                .bind(millis(difference.due))
                .bind(difference.line)
                .bind(millis(self.now))
                .bind(difference.otherwise.name())
                .bind(json!(difference.otherwise).to_string())
                .execute(&mut *self.db)
                .await
                .map_err(failed)?;
            }
            add(self.db, (self.facility, policy), count, self.now).await?;
        }
        Ok(())
    }
}

/// Notes what policies in shadow said of messages that were judged.
pub(super) async fn note_judged(
    db: &mut SqliteConnection,
    steps: &[Transition],
    made: &[bool],
    now: Instant,
) -> Result<()> {
    let mut counts: BTreeMap<(&str, &str), Count> = BTreeMap::new();
    let mut batch: Vec<Value> = Vec::new();
    for (step, _) in steps.iter().zip(made).filter(|(_, made)| **made) {
        let said = step.story.iter().flat_map(|told| match told {
            Step::Judged { shadow, .. } => shadow.as_slice(),
            _ => &[],
        });
        for judged in said {
            let Origin { policy, line } = &judged.answer.origin;
            let count = counts.entry((step.facility.as_str(), policy)).or_default();
            count.messages += 1;
            if let Verdict::Fault { reason } = &judged.answer.verdict {
                count.failed(PolicyFault {
                    origin: judged.answer.origin.clone(),
                    reason: reason.clone(),
                });
            }
            if let Some(otherwise) = &judged.otherwise {
                // Where another policy would stop it then, no line of this one does.
                let line = match (&judged.answer.verdict, otherwise) {
                    (Verdict::Allow, Otherwise::Go) => *line,
                    (Verdict::Allow, _) => 0,
                    _ => *line,
                };
                let (name, otherwise) = (otherwise.name(), json!(otherwise).to_string());
                batch.push(json!([
                    step.facility,
                    step.id,
                    policy,
                    line,
                    name,
                    otherwise
                ]));
            }
        }
    }
    if !batch.is_empty() {
        sqlx::query(
            "INSERT OR REPLACE INTO shadow (facility, policy, message, appointment, patient, kind, channel,
               recipient, due, line, at, would, otherwise)
             SELECT m.facility, j.value ->> 2, m.id, m.appointment, m.patient, m.kind, m.channel, m.recipient,
               0, j.value ->> 3, ?2, j.value ->> 4, j.value ->> 5
             FROM jsonb_each(?1) j CROSS JOIN message m
               ON m.facility = j.value ->> 0 AND m.id = j.value ->> 1",
        )
        .bind(Value::Array(batch).to_string())
        .bind(millis(now))
        .execute(&mut *db)
        .await
        .map_err(failed)?;
    }
    for (of, count) in counts {
        add(db, of, count, now).await?;
    }
    Ok(())
}

/// Adds to how often a policy was asked.
async fn add(
    db: &mut SqliteConnection,
    (facility, policy): (&str, &str),
    count: Count,
    now: Instant,
) -> Result<()> {
    sqlx::query(
        "INSERT INTO shadow_asked (facility, policy, since, events, messages, faults, fault)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
         ON CONFLICT (facility, policy) DO UPDATE SET events = events + excluded.events,
           messages = messages + excluded.messages, faults = faults + excluded.faults,
           fault = coalesce(excluded.fault, fault)",
    )
    .bind(facility)
    .bind(policy)
    .bind(millis(now))
    .bind(count.events)
    .bind(count.messages)
    .bind(count.faults)
    .bind(count.fault.map(|fault| json!(fault).to_string()))
    .execute(&mut *db)
    .await
    .map_err(failed)?;
    Ok(())
}

/// Forgets what policies said whose files are others now.
pub(super) async fn forget(
    db: &mut SqliteConnection,
    facility: &FacilityId,
    before: &BTreeMap<String, String>,
    now: &BTreeMap<String, String>,
) -> Result<()> {
    let changed = before
        .keys()
        .chain(now.keys())
        .filter(|path| before.get(*path) != now.get(*path));
    let policies = changed.filter_map(|path| match policy_file(path)? {
        (name, ".rhai") => in_place_of(name).map(|_| name),
        _ => None,
    });
    for policy in policies {
        for statement in [
            "DELETE FROM shadow WHERE facility = ?1 AND policy = ?2",
            "DELETE FROM shadow_asked WHERE facility = ?1 AND policy = ?2",
        ] {
            sqlx::query(statement)
                .bind(facility.as_str())
                .bind(policy)
                .execute(&mut *db)
                .await
                .map_err(failed)?;
        }
    }
    Ok(())
}

impl SqliteStore {
    pub(super) async fn read_shadows(&self, facility: Option<&FacilityId>) -> Result<Vec<Asked>> {
        let mut query = QueryBuilder::new(
            "SELECT facility, policy, since, events, messages, faults, fault,
               (SELECT json_group_object(would, many) FROM
                 (SELECT would, count(*) many FROM shadow s
                  WHERE s.facility = a.facility AND s.policy = a.policy GROUP BY would))
             FROM shadow_asked a",
        );
        if let Some(facility) = facility {
            query
                .push(" WHERE facility = ")
                .push_bind(facility.as_str());
        }
        let rows = query
            .push(" ORDER BY facility, policy")
            .build()
            .fetch_all(&self.readers)
            .await
            .map_err(failed)?;
        rows.iter().map(asked).collect()
    }

    pub(super) async fn read_shadow(
        &self,
        facility: &FacilityId,
        policy: &str,
        limit: u32,
    ) -> Result<Vec<Recorded>> {
        let rows = sqlx::query(
            "SELECT facility, policy, line, at, appointment, patient, message, kind, channel, recipient, otherwise
             FROM shadow WHERE facility = ?1 AND policy = ?2
             ORDER BY at DESC, due, appointment, kind, channel, recipient LIMIT ?3",
        )
        .bind(facility.as_str())
        .bind(policy)
        .bind(limit)
        .fetch_all(&self.readers)
        .await
        .map_err(failed)?;
        rows.iter().map(recorded).collect()
    }
}

fn asked(row: &SqliteRow) -> Result<Asked> {
    let fault: Option<&str> = row.try_get(6).map_err(failed)?;
    Ok(Asked {
        facility: FacilityId::new(row.try_get::<&str, _>(0).map_err(failed)?),
        policy: row.try_get(1).map_err(failed)?,
        since: rows::instant(row.try_get(2).map_err(failed)?)?,
        events: row.try_get(3).map_err(failed)?,
        messages: row.try_get(4).map_err(failed)?,
        faults: row.try_get(5).map_err(failed)?,
        fault: fault.map(parsed).transpose()?,
        otherwise: parsed(row.try_get(7).map_err(failed)?)?,
    })
}

fn recorded(row: &SqliteRow) -> Result<Recorded> {
    let some = |index: usize| {
        let text: &str = row.try_get(index).map_err(failed)?;
        Ok::<_, StoreError>((!text.is_empty()).then_some(text))
    };
    Ok(Recorded {
        facility: FacilityId::new(row.try_get::<&str, _>(0).map_err(failed)?),
        origin: Origin {
            policy: row.try_get::<&str, _>(1).map_err(failed)?.into(),
            line: row.try_get(2).map_err(failed)?,
        },
        at: rows::instant(row.try_get(3).map_err(failed)?)?,
        appointment: some(4)?.map(AppointmentId::new),
        patient: some(5)?.map(PatientId::new),
        message: some(6)?.map(rows::parse).transpose()?,
        kind: Kind::parse(row.try_get(7).map_err(failed)?).map_err(StoreError)?,
        channel: rows::parse(row.try_get(8).map_err(failed)?)?,
        recipient: rows::parse(row.try_get(9).map_err(failed)?)?,
        otherwise: parsed::<Otherwise>(row.try_get(10).map_err(failed)?)?,
    })
}

fn parsed<T: for<'de> serde::Deserialize<'de>>(text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|_| {
        StoreError("the database holds an answer of a policy in shadow that can't be read".into())
    })
}
