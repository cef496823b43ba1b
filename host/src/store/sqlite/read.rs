//! The summary: messages, their stories and how many there are.

use rappel_core::civil::Instant;
use rappel_core::facts::{Record, Records};
use rappel_core::ids::{AppointmentId, FacilityId, MessageId};
use rappel_core::store::{Count, Entry, Filter, Lane, Message, Result, Step, StoreError};
use sqlx::{QueryBuilder, Row, Sqlite};

use super::{SqliteStore, failed, millis, rows};

/// How many messages are listed where nobody says.
const DEFAULT_LIMIT: u32 = 100;

impl SqliteStore {
    pub(super) async fn read_next_due(&self, lane: &Lane) -> Result<Option<Instant>> {
        // One index look-up for each urgency: a minimum over both would read the whole lane.
        let row = sqlx::query(
            "SELECT min(due) FROM (
               SELECT min(due) AS due FROM message WHERE facility = ?1 AND channel = ?2 AND urgent = 1
                 AND state IN ('planned', 'held') AND kept IS NOT 'credits'
               UNION ALL
               SELECT min(due) FROM message WHERE facility = ?1 AND channel = ?2 AND urgent = 0
                 AND state IN ('planned', 'held') AND kept IS NOT 'credits')",
        )
        .bind(lane.facility.as_str())
        .bind(lane.channel.name())
        .fetch_one(&self.readers)
        .await
        .map_err(failed)?;
        row.try_get::<Option<i64>, _>(0)
            .map_err(failed)?
            .map(rows::instant)
            .transpose()
    }

    pub(super) async fn read_messages(&self, filter: &Filter) -> Result<Vec<Message>> {
        let mut query = QueryBuilder::new(concat!(
            "SELECT ",
            rows::message_columns!(),
            " FROM message m WHERE 1 = 1"
        ));
        if !narrow(&mut query, filter) {
            return Ok(Vec::new());
        }
        if let Some((due, id)) = filter.after {
            let due = millis(due);
            query.push(" AND m.due <= ").push_bind(due);
            query.push(" AND (m.due < ").push_bind(due);
            query.push(" OR m.id < ").push_bind(id.to_string());
            query.push(")");
        }
        query
            .push(" ORDER BY m.due DESC, m.id DESC LIMIT ")
            .push_bind(filter.limit.unwrap_or(DEFAULT_LIMIT));
        let rows = query
            .build()
            .fetch_all(&self.readers)
            .await
            .map_err(failed)?;
        rows.iter().map(rows::message).collect()
    }

    pub(super) async fn read_story(
        &self,
        facility: &FacilityId,
        id: MessageId,
    ) -> Result<Vec<Entry>> {
        let rows = sqlx::query(
            "SELECT at, step FROM story
             WHERE message = (SELECT number FROM message WHERE facility = ?1 AND id = ?2) ORDER BY seq",
        )
        .bind(facility.as_str())
        .bind(id.to_string())
        .fetch_all(&self.readers)
        .await
        .map_err(failed)?;
        rows.iter()
            .map(|row| {
                let step: &str = row.try_get(1).map_err(failed)?;
                let step: Step = serde_json::from_str(step).map_err(|_| {
                    StoreError("the database holds a step that can't be read".into())
                })?;
                Ok(Entry {
                    at: rows::instant(row.try_get(0).map_err(failed)?)?,
                    step,
                })
            })
            .collect()
    }

    pub(super) async fn read_records(
        &self,
        facility: &FacilityId,
        appointment: &AppointmentId,
    ) -> Result<Option<Records>> {
        let row = sqlx::query(
            "SELECT a.data, p.data, r.data, s.data, l.data FROM appointment a
             LEFT JOIN record p ON p.facility = a.facility AND p.kind = 'patient' AND p.id = a.patient
             LEFT JOIN record r ON r.facility = a.facility AND r.kind = 'resource' AND r.id = a.resource
             LEFT JOIN record s ON s.facility = a.facility AND s.kind = 'service' AND s.id = a.service
             LEFT JOIN record l ON l.facility = a.facility AND l.kind = 'location' AND l.id = a.location
             WHERE a.facility = ?1 AND a.id = ?2",
        )
        .bind(facility.as_str())
        .bind(appointment.as_str())
        .fetch_optional(&self.readers)
        .await
        .map_err(failed)?;
        let Some(row) = row else { return Ok(None) };
        let mut records = Records::default();
        for (index, record) in Record::ALL.into_iter().enumerate() {
            if let Some(data) = row.try_get::<Option<&str>, _>(index).map_err(failed)? {
                records.set(record, rows::object(data)?);
            }
        }
        Ok(Some(records))
    }

    pub(super) async fn read_counts(&self) -> Result<Vec<Count>> {
        let rows = sqlx::query(
            "SELECT facility, channel, state, count(*) FROM message
             GROUP BY facility, channel, state ORDER BY facility, channel, state",
        )
        .fetch_all(&self.readers)
        .await
        .map_err(failed)?;
        rows.iter()
            .map(|row| {
                Ok(Count {
                    facility: FacilityId::new(row.try_get::<&str, _>(0).map_err(failed)?),
                    channel: rows::parse(row.try_get(1).map_err(failed)?)?,
                    state: rows::parse(row.try_get(2).map_err(failed)?)?,
                    count: row.try_get::<i64, _>(3).map_err(failed)?.unsigned_abs(),
                })
            })
            .collect()
    }
}

/// Adds the conditions of a filter on the table `m`; `false` where nothing can meet them.
pub(super) fn narrow(query: &mut QueryBuilder<Sqlite>, filter: &Filter) -> bool {
    let mut text = |column: &'static str, value: Option<&str>| {
        if let Some(value) = value {
            query.push(column).push_bind(value.to_string());
        }
    };
    text(
        " AND m.facility = ",
        filter.facility.as_ref().map(|id| id.as_str()),
    );
    text(" AND m.state = ", filter.state.map(|state| state.name()));
    text(
        " AND m.kind = ",
        filter.kind.as_ref().map(|kind| kind.as_str()),
    );
    text(
        " AND m.channel = ",
        filter.channel.map(|channel| channel.name()),
    );
    text(
        " AND m.patient = ",
        filter.patient.as_ref().map(|id| id.as_str()),
    );
    text(
        " AND m.appointment = ",
        filter.appointment.as_ref().map(|id| id.as_str()),
    );
    if let Some(prefix) = &filter.id {
        // What no id can hold, such as a wildcard, is no id's beginning.
        if !prefix.chars().all(|c| c.is_ascii_hexdigit() || c == '-') {
            return false;
        }
        query
            .push(" AND m.id LIKE ")
            .push_bind(format!("{}%", prefix.to_ascii_lowercase()));
    }
    if let Some(from) = filter.from {
        query.push(" AND m.due >= ").push_bind(millis(from));
    }
    if let Some(until) = filter.until {
        query.push(" AND m.due < ").push_bind(millis(until));
    }
    true
}
