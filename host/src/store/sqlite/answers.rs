//! What patients answer: links, requests, replies, and addresses that want nothing more.

use rappel_core::alarm::Alarm;
use rappel_core::channel::ChannelKind;
use rappel_core::civil::{Civil, Instant};
use rappel_core::facts::Status;
use rappel_core::ids::{AppointmentId, FacilityId, MessageId, PatientId};
use rappel_core::store::{Link, ReplyRecord, Request, RequestOf, Result, Step, Transition};
use serde_json::{Value, json};
use sqlx::{Row, SqliteConnection};

use super::erased::Hasher;
use super::{SqliteStore, alarms, failed, millis, rows, steps};

/// The most requests that a reply is looked for among.
const MOST_REQUESTS: u32 = 20;

impl SqliteStore {
    pub(super) async fn find_link(&self, token: &str) -> Result<Option<Link>> {
        let row = sqlx::query(concat!(
            "SELECT ",
            rows::message_columns!(),
            ", l.purpose, l.expires, l.used, a.data ->> '$.status'
             FROM link l JOIN message m ON m.facility = l.facility AND m.id = l.message
             LEFT JOIN appointment a ON a.facility = m.facility AND a.id = m.appointment
             WHERE l.token = ?1"
        ))
        .bind(token)
        .fetch_optional(&self.readers)
        .await
        .map_err(failed)?;
        let Some(row) = row else { return Ok(None) };
        const AT: usize = rows::MESSAGE_COLUMNS;
        let used: Option<i64> = row.try_get(AT + 2).map_err(failed)?;
        let message = rows::message(&row)?;
        Ok(Some(Link {
            purpose: rows::parse(row.try_get(AT).map_err(failed)?)?,
            expires: rows::instant(row.try_get(AT + 1).map_err(failed)?)?,
            used: used.map(rows::instant).transpose()?,
            status: message
                .appointment
                .as_ref()
                .map(|_| status(row.try_get(AT + 3).map_err(failed)?))
                .transpose()?,
            message,
        }))
    }

    pub(super) async fn use_once(
        &self,
        facility: &FacilityId,
        token: &str,
        now: Instant,
    ) -> Result<bool> {
        let mut transaction = self.write().await?;
        let done = sqlx::query(
            "UPDATE link SET used = ?3 WHERE facility = ?1 AND token = ?2 AND used IS NULL AND expires > ?3",
        )
        .bind(facility.as_str())
        .bind(token)
        .bind(millis(now))
        .execute(&mut *transaction)
        .await
        .map_err(failed)?;
        transaction.commit().await.map_err(failed)?;
        Ok(done.rows_affected() > 0)
    }

    pub(super) async fn find_requests(
        &self,
        facility: &FacilityId,
        of: RequestOf<'_>,
        now: Civil,
    ) -> Result<Vec<Request>> {
        const REQUESTS: &str =
            "SELECT coalesce(m.carrier, m.id), m.appointment, m.patient, a.start, a.data ->> '$.status',
               coalesce(m.place, 1)
             FROM message m JOIN appointment a ON a.facility = m.facility AND a.id = m.appointment
             WHERE m.facility = ?1 AND m.confirmation_requested AND m.address IS NOT NULL AND m.recipient = 'patient'
               AND m.state IN ('sending', 'sent', 'unknown', 'delivered')
               AND a.open AND a.start > ?3 ";
        let (condition, value) = match of {
            RequestOf::Address(address) => ("AND m.address = ?2", address.to_string()),
            RequestOf::Message(id) => ("AND (m.id = ?2 OR m.carrier = ?2)", id.to_string()),
        };
        let query = format!(
            "{REQUESTS}{condition} ORDER BY m.sent_at DESC, coalesce(m.carrier, m.id), m.place LIMIT ?4"
        );
        let found = sqlx::query(sqlx::AssertSqlSafe(query))
            .bind(facility.as_str())
            .bind(value)
            .bind(now.to_string())
            .bind(MOST_REQUESTS)
            .fetch_all(&self.readers)
            .await
            .map_err(failed)?;
        let mut requests: Vec<Request> = Vec::new();
        for row in &found {
            let appointment = AppointmentId::new(row.try_get::<&str, _>(1).map_err(failed)?);
            if requests
                .iter()
                .any(|known| known.appointment == appointment)
            {
                continue;
            }
            let patient: &str = row.try_get(2).map_err(failed)?;
            requests.push(Request {
                message: rows::parse(row.try_get(0).map_err(failed)?)?,
                place: row.try_get(5).map_err(failed)?,
                appointment,
                patient: (!patient.is_empty()).then(|| PatientId::new(patient)),
                start: rows::parse(row.try_get(3).map_err(failed)?)?,
                status: status(row.try_get(4).map_err(failed)?)?,
            });
        }
        Ok(requests)
    }

    pub(super) async fn find_people(
        &self,
        facility: &FacilityId,
        address: &str,
    ) -> Result<Vec<PatientId>> {
        let people: Vec<String> = sqlx::query_scalar(
            // Who was asked there; others are held back by the address itself.
            "SELECT DISTINCT patient FROM message
             WHERE facility = ?1 AND address = ?2 AND confirmation_requested AND patient <> ''
               AND recipient = 'patient' ORDER BY patient",
        )
        .bind(facility.as_str())
        .bind(address)
        .fetch_all(&self.readers)
        .await
        .map_err(failed)?;
        Ok(people.into_iter().map(PatientId::new).collect())
    }

    pub(super) async fn keep_reply(
        &self,
        facility: &FacilityId,
        reply: &ReplyRecord,
    ) -> Result<bool> {
        let mut transaction = self.write().await?;
        let done = sqlx::query(
            "INSERT INTO reply (facility, id, at, channel, message, text, reading, outcome)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT DO NOTHING",
        )
        .bind(facility.as_str())
        .bind(&reply.id)
        .bind(millis(reply.at))
        .bind(reply.channel.name())
        .bind(reply.message.map(|message| message.to_string()))
        .bind(&reply.text)
        .bind(&reply.reading)
        .bind(&reply.outcome)
        .execute(&mut *transaction)
        .await
        .map_err(failed)?;
        let new = done.rows_affected() > 0;
        if let (true, Some(message)) = (new, reply.message) {
            let step = Step::Replied {
                channel: reply.channel,
                reading: reply.reading.clone(),
                outcome: reply.outcome.clone(),
            };
            let (facility, id, at) = (facility.as_str(), message.to_string(), millis(reply.at));
            // What it carried was answered too, or not: the step says which.
            let told: Vec<i64> = sqlx::query_scalar(
                "SELECT number FROM message WHERE facility = ?1 AND id = ?2
                 UNION ALL SELECT number FROM message WHERE facility = ?1 AND carrier = ?2 AND id <> ?2",
            )
            .bind(facility)
            .bind(&id)
            .fetch_all(&mut *transaction)
            .await
            .map_err(failed)?;
            steps::append_to_all(&mut transaction, &told, at, &step).await?;
            sqlx::query("UPDATE message SET answer = ?3 WHERE facility = ?1 AND id = ?2")
                .bind(facility)
                .bind(id)
                .bind(&reply.reading)
                .execute(&mut *transaction)
                .await
                .map_err(failed)?;
        }
        if new && reply.reading == ReplyRecord::UNCLEAR {
            let alarm = (facility, Alarm::unclear_reply(reply.channel), reply.message);
            alarms::note(&mut transaction, vec![alarm], reply.at).await?;
        }
        transaction.commit().await.map_err(failed)?;
        Ok(new)
    }

    pub(super) async fn read_replies(
        &self,
        facility: &FacilityId,
        since: Instant,
        limit: u32,
    ) -> Result<Vec<ReplyRecord>> {
        let found = sqlx::query(
            "SELECT id, at, channel, message, text, reading, outcome FROM reply
             WHERE facility = ?1 AND at >= ?2 ORDER BY at DESC, id LIMIT ?3",
        )
        .bind(facility.as_str())
        .bind(millis(since))
        .bind(limit)
        .fetch_all(&self.readers)
        .await
        .map_err(failed)?;
        found
            .iter()
            .map(|row| {
                let message: Option<&str> = row.try_get(3).map_err(failed)?;
                Ok(ReplyRecord {
                    id: row.try_get(0).map_err(failed)?,
                    at: rows::instant(row.try_get(1).map_err(failed)?)?,
                    channel: rows::parse(row.try_get(2).map_err(failed)?)?,
                    message: message.map(rows::parse::<MessageId>).transpose()?,
                    text: row.try_get(4).map_err(failed)?,
                    reading: row.try_get(5).map_err(failed)?,
                    outcome: row.try_get(6).map_err(failed)?,
                })
            })
            .collect()
    }

    pub(super) async fn set_suppressed(
        &self,
        facility: &FacilityId,
        (channel, address): (ChannelKind, &str),
        suppressed: bool,
        source: &str,
        now: Instant,
    ) -> Result<()> {
        let hasher = self.hasher().await?;
        let address = hasher.hash(facility.as_str(), address);
        let mut transaction = self.write().await?;
        let statement = match suppressed {
            true => sqlx::query(
                "INSERT INTO suppression (facility, channel, address, at, source)
                 VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING",
            )
            .bind(facility.as_str())
            .bind(channel.name())
            .bind(address)
            .bind(millis(now))
            .bind(source),
            false => sqlx::query(
                "DELETE FROM suppression WHERE facility = ?1 AND channel = ?2 AND address = ?3",
            )
            .bind(facility.as_str())
            .bind(channel.name())
            .bind(address),
        };
        statement.execute(&mut *transaction).await.map_err(failed)?;
        transaction.commit().await.map_err(failed)
    }
}

/// An appointment of which no status was told is booked.
fn status(text: Option<&str>) -> Result<Status> {
    let Some(text) = text else {
        return Ok(Status::Booked);
    };
    serde_json::from_value(text.into()).map_err(|_| {
        rappel_core::store::StoreError("the database holds a status that there isn't".into())
    })
}

/// Ends messages whose address wants nothing by their channel: whatever was judged before, nothing
/// leaves for it.
pub(super) async fn hold_back_suppressed(
    db: &mut SqliteConnection,
    hasher: Hasher,
    batch: &[Transition],
    wanted: &mut [bool],
    now: Instant,
) -> Result<()> {
    let mut asked: Vec<Value> = Vec::new();
    for (place, step) in batch.iter().enumerate() {
        if let Some(handover) = &step.handover {
            let facility = step.facility.as_str();
            let address = hasher.hash(facility, &handover.address);
            asked.push(json!([place, facility, handover.channel.name(), address]));
        }
    }
    if asked.is_empty() {
        return Ok(());
    }
    let hits: Vec<u32> = sqlx::query_scalar(
        "SELECT j.value ->> 0 FROM jsonb_each(?1) j CROSS JOIN suppression s
           ON s.facility = j.value ->> 1 AND s.channel = j.value ->> 2 AND s.address = j.value ->> 3",
    )
    .bind(Value::Array(asked).to_string())
    .fetch_all(&mut *db)
    .await
    .map_err(failed)?;
    const REASON: &str = "the owner of the address wants no more messages there";
    for place in hits {
        let place = place as usize;
        let (Some(step), Some(wanted)) = (batch.get(place), wanted.get_mut(place)) else {
            continue;
        };
        *wanted = false;
        let done = sqlx::query(
            "UPDATE message SET state = 'skipped', reason = ?5, updated = ?6, lease = 0, fence = fence + 1
             WHERE facility = ?1 AND id = ?2 AND fence = ?3 AND state = ?4 AND state IN ('planned', 'held')",
        )
        .bind(step.facility.as_str())
        .bind(step.id.to_string())
        .bind(step.fence)
        .bind(step.from.name())
        .bind(REASON)
        .bind(millis(now))
        .execute(&mut *db)
        .await
        .map_err(failed)?;
        if done.rows_affected() > 0 {
            let told = Step::Suppressed {
                reason: REASON.into(),
            };
            let (facility, id) = (step.facility.as_str(), step.id.to_string());
            steps::append(db, facility, &id, millis(now), &told).await?;
        }
    }
    Ok(())
}

/// Keeps the links of messages that begin to leave.
pub(super) async fn keep_links(
    db: &mut SqliteConnection,
    batch: &[Transition],
    made: &[bool],
) -> Result<()> {
    let links: Vec<Value> = batch
        .iter()
        .zip(made)
        .filter(|(_, made)| **made)
        .filter_map(|(step, _)| Some((step, step.handover.as_ref()?)))
        .flat_map(|(step, handover)| {
            let row = |link: &rappel_core::store::NewLink| {
                json!([
                    step.facility.as_str(),
                    link.token,
                    step.id.to_string(),
                    link.purpose.name(),
                    millis(link.expires)
                ])
            };
            handover.links.iter().map(row).collect::<Vec<_>>()
        })
        .collect();
    if links.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "INSERT INTO link (facility, token, message, purpose, expires)
         SELECT j.value ->> 0, j.value ->> 1, j.value ->> 2, j.value ->> 3, j.value ->> 4
         FROM jsonb_each(?1) j WHERE true
         ON CONFLICT (facility, token) DO UPDATE SET expires = excluded.expires",
    )
    .bind(Value::Array(links).to_string())
    .execute(&mut *db)
    .await
    .map_err(failed)?;
    Ok(())
}
