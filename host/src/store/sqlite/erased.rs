//! Erasure: everything known of a patient goes, and what comes about them later is known and not kept.

use std::fmt;

use rappel_core::event::EventKind;
use rappel_core::facts::{Record, Records};
use rappel_core::store::{Planner, Posting, Result};
use serde_json::{Value, json};
use sqlx::Row;

use super::ingest::Ingest;
use super::{credits, failed, millis};

/// Says what the key of hashes is for, so that it is no other key made of the same secret.
const PURPOSE: &str = "rappel 2026-06 erased patients";

/// Makes the hashes of one database.
#[derive(Clone, Copy)]
pub(super) struct Hasher([u8; 32]);

impl fmt::Debug for Hasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hasher(hidden)")
    }
}

impl Hasher {
    /// The hasher of the holder of a secret.
    pub(super) fn new(secret: &[u8; 32]) -> Self {
        Self(blake3::derive_key(PURPOSE, secret))
    }

    pub(super) fn hash(self, facility: &str, identity: &str) -> String {
        let mut hasher = blake3::Hasher::new_keyed(&self.0);
        for part in [facility, identity] {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part.as_bytes());
        }
        hasher.finalize().to_hex().to_string()
    }
}

impl Ingest<'_> {
    /// What the patient of the event is known by, as hashes: what the store knows of them, and what
    /// the event tells.
    pub(super) fn identities(&self, known: &Records, planner: &dyn Planner) -> Vec<String> {
        let told = &self.event.records;
        let mut identities: Vec<String> = [known, told]
            .into_iter()
            .filter_map(|records| records.get(Record::Patient))
            .flat_map(|patient| planner.identities(patient))
            .collect();
        if let Some(appointment) = told.id(Record::Appointment) {
            identities.push(appointment_of(appointment));
        }
        identities.sort();
        identities.dedup();
        identities
            .iter()
            .map(|identity| self.hasher.hash(self.facility, identity))
            .collect()
    }

    /// Whether anybody was: where nobody was, nobody need be recognised.
    pub(super) async fn anybody_is_erased(&mut self) -> Result<bool> {
        let row = sqlx::query("SELECT EXISTS (SELECT 1 FROM erased WHERE facility = ?1)")
            .bind(self.facility)
            .fetch_one(&mut *self.db)
            .await
            .map_err(failed)?;
        row.try_get(0).map_err(failed)
    }

    /// Whether the event is about somebody who was erased. One who registers anew and agrees to be
    /// written to is somebody again.
    pub(super) async fn is_erased(&mut self, hashes: &[String]) -> Result<bool> {
        if hashes.is_empty() {
            return Ok(false);
        }
        let list = json!(hashes).to_string();
        let row = sqlx::query(
            "SELECT max(e.at) FROM json_each(?2) j CROSS JOIN erased e
               ON e.facility = ?1 AND e.hash = j.value",
        )
        .bind(self.facility)
        .bind(&list)
        .fetch_one(&mut *self.db)
        .await
        .map_err(failed)?;
        let Some(erased) = row.try_get::<Option<i64>, _>(0).map_err(failed)? else {
            return Ok(false);
        };
        if !(self.is_new_consent() && self.time() > erased) {
            return Ok(true);
        }
        sqlx::query(
            "DELETE FROM erased WHERE facility = ?1 AND hash IN (SELECT value FROM json_each(?2))",
        )
        .bind(self.facility)
        .bind(list)
        .execute(&mut *self.db)
        .await
        .map_err(failed)?;
        Ok(false)
    }

    fn is_new_consent(&self) -> bool {
        let patient = self.event.records.get(Record::Patient);
        self.event.kind == EventKind::PatientRegistered
            && patient.and_then(|patient| patient.get("consent")) == Some(&Value::Bool(true))
    }

    /// Removes everything that is known of a patient: their records, appointments and messages with
    /// their stories. Hashes stay, by which they are known again.
    pub(super) async fn erase(&mut self, mut hashes: Vec<String>) -> Result<()> {
        let patient = self.subject().to_string();
        let rows = sqlx::query("SELECT id FROM appointment WHERE facility = ?1 AND patient = ?2")
            .bind(self.facility)
            .bind(&patient)
            .fetch_all(&mut *self.db)
            .await
            .map_err(failed)?;
        for row in &rows {
            let appointment = appointment_of(row.try_get(0).map_err(failed)?);
            hashes.push(self.hasher.hash(self.facility, &appointment));
        }
        sqlx::query(
            "INSERT OR REPLACE INTO erased (facility, hash, at)
             SELECT ?1, value, ?3 FROM json_each(?2)",
        )
        .bind(self.facility)
        .bind(json!(hashes).to_string())
        .bind(self.time())
        .execute(&mut *self.db)
        .await
        .map_err(failed)?;
        // What may have gone is paid; its answer finds nothing to settle.
        let charged: Vec<String> = sqlx::query_scalar(
            "SELECT id FROM message WHERE facility = ?1 AND patient = ?2 AND charged",
        )
        .bind(self.facility)
        .bind(&patient)
        .fetch_all(&mut *self.db)
        .await
        .map_err(failed)?;
        let spent: Vec<_> = charged.into_iter().map(|id| (id, Posting::Spent)).collect();
        credits::settle(self.db, self.facility, &spent, self.now).await?;
        for statement in [
            "DELETE FROM unplanned WHERE facility = ?1 AND (record = 'patient' AND subject = ?2
               OR record = 'appointment' AND subject IN (SELECT id FROM appointment
                 WHERE facility = ?1 AND patient = ?2))",
            // What went in one with a message of theirs names them.
            "UPDATE message SET subject = NULL, text = NULL WHERE facility = ?1 AND carrier IN
               (SELECT carrier FROM message WHERE facility = ?1 AND patient = ?2 AND carrier IS NOT NULL)",
            "UPDATE story SET step = json_set(step, '$.outcome', 'it was answered with an erased patient''s')
             WHERE step ->> '$.step' = 'replied' AND message IN (SELECT number FROM message
               WHERE facility = ?1 AND patient <> ?2 AND carrier IN
                 (SELECT carrier FROM message WHERE facility = ?1 AND patient = ?2 AND carrier IS NOT NULL))",
            "UPDATE reply SET outcome = 'it was answered with an erased patient''s' WHERE facility = ?1 AND message IN
               (SELECT carrier FROM message WHERE facility = ?1 AND patient = ?2 AND carrier IS NOT NULL)",
            "DELETE FROM taken WHERE message IN (SELECT number FROM message
               WHERE facility = ?1 AND patient = ?2)",
            "DELETE FROM story WHERE message IN (SELECT number FROM message
               WHERE facility = ?1 AND patient = ?2)",
            "DELETE FROM link WHERE facility = ?1 AND message IN (SELECT id FROM message
               WHERE facility = ?1 AND patient = ?2)",
            "DELETE FROM reply WHERE facility = ?1 AND message IN (SELECT id FROM message
               WHERE facility = ?1 AND patient = ?2)",
            "DELETE FROM shadow WHERE facility = ?1 AND (patient = ?2
               OR appointment IN (SELECT id FROM appointment WHERE facility = ?1 AND patient = ?2)
               OR message IN (SELECT id FROM message WHERE facility = ?1 AND patient = ?2))",
            "DELETE FROM consent WHERE facility = ?1 AND patient = ?2",
            "DELETE FROM outgoing WHERE facility = ?1 AND event ->> '$.data.patient.id' = ?2",
            "DELETE FROM message WHERE facility = ?1 AND patient = ?2",
            "DELETE FROM appointment WHERE facility = ?1 AND patient = ?2",
            "DELETE FROM record WHERE facility = ?1 AND kind = 'patient' AND id = ?2",
        ] {
            sqlx::query(statement)
                .bind(self.facility)
                .bind(&patient)
                .execute(&mut *self.db)
                .await
                .map_err(failed)?;
        }
        Ok(())
    }

    /// When the event happened. An agenda whose clock is ahead must not make all that follows look late.
    pub(super) fn time(&self) -> i64 {
        millis(self.event.time.unwrap_or(self.now).min(self.now))
    }
}

fn appointment_of(id: &str) -> String {
    format!("appointment {id}")
}

/// What whoever tells of an erased patient learns.
pub(super) const WARNING: &str = "the patient was erased, so nothing of this was kept and nothing is sent; `patient.registered` with `consent` true takes them up again";
