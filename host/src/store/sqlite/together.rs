//! Messages that go as one: which may, and that all of them go or none.

use std::collections::HashMap;

use rappel_core::channel::ChannelKind;
use rappel_core::civil::Instant;
use rappel_core::ids::MessageId;
use rappel_core::store::{Lane, Result, Shared, Transition};
use serde_json::{Value, json};
use sqlx::{Row, SqliteConnection};

use super::{failed, millis, rows};

/// The most messages that are taken to join another.
const MOST: usize = 10;

/// What may join claimed messages: the carrier's id and the number of the other's row.
///
/// A message that was taken before and not judged may have stopped its worker: it goes alone, and a
/// carrier that was taken more than once too.
macro_rules! joins {
    ($address:literal) => {
        concat!("
    SELECT l.id, o.number
    FROM jsonb_each(?2) j
    CROSS JOIN message l ON l.facility = ?1 AND l.id = j.value
    JOIN taken t ON t.message = l.number AND t.strikes = 1
    JOIN appointment own ON own.facility = l.facility AND own.id = l.appointment
    JOIN record p ON p.facility = l.facility AND p.kind = 'patient' AND p.id = l.patient
    CROSS JOIN record q ON q.facility = ?1 AND q.kind = 'patient'
      AND q.", $address, " = p.", $address, " AND q.", $address, " <> ''
    CROSS JOIN appointment a ON a.facility = ?1 AND a.patient = q.id AND a.open
      AND a.id <> own.id AND substr(a.start, 1, 10) = substr(own.start, 1, 10)
    CROSS JOIN message o ON o.facility = ?1 AND o.appointment = a.id AND o.patient = q.id
      AND o.kind = l.kind AND o.channel = l.channel AND o.recipient = l.recipient
    WHERE o.state IN ('planned', 'held') AND o.kept IS NULL AND o.approval IS NULL AND o.lease <= ?3
      AND NOT EXISTS (SELECT 1 FROM taken WHERE message = o.number)
    ORDER BY j.key, a.start, a.id")
    };
}

const BY_MOBILE: &str = joins!("mobile");
const BY_EMAIL: &str = joins!("email");

/// Finds what may join claimed messages, each once.
pub(super) async fn find(
    db: &mut SqliteConnection,
    lane: &Lane,
    claimed: &[MessageId],
    now: Instant,
) -> Result<Vec<(MessageId, i64)>> {
    let joins = match lane.channel {
        ChannelKind::Email => BY_EMAIL,
        ChannelKind::Sms | ChannelKind::Voice => BY_MOBILE,
    };
    let rows = sqlx::query(joins)
        .bind(lane.facility.as_str())
        .bind(json!(claimed).to_string())
        .bind(millis(now))
        .fetch_all(&mut *db)
        .await
        .map_err(failed)?;
    let mut joins: Vec<(MessageId, i64)> = Vec::new();
    for row in &rows {
        let carrier = rows::parse(row.try_get(0).map_err(failed)?)?;
        let number: i64 = row.try_get(1).map_err(failed)?;
        let of_carrier = joins.iter().filter(|(other, _)| *other == carrier).count();
        if of_carrier < MOST && !joins.iter().any(|(_, taken)| *taken == number) {
            joins.push((carrier, number));
        }
    }
    Ok(joins)
}

fn shared(step: &Transition) -> Option<Shared> {
    step.handover.as_ref()?.shared
}

/// Whether a step hands its message over in one with others.
pub(super) fn is_shared(step: &Transition) -> bool {
    shared(step).is_some()
}

/// The message that a step's message goes in.
pub(super) fn carrier(step: &Transition) -> Option<MessageId> {
    Some(shared(step)?.carrier)
}

/// Refuses the steps that hand messages over as one where one of these is no longer its worker's: the text
/// tells of an appointment that is otherwise by now.
pub(super) async fn refuse_torn(
    db: &mut SqliteConnection,
    steps: &[Transition],
    wanted: &mut [bool],
) -> Result<()> {
    let batch: Vec<Value> = steps
        .iter()
        .enumerate()
        .filter(|(_, step)| is_shared(step))
        .map(|(place, step)| {
            let (facility, id) = (step.facility.as_str(), step.id.to_string());
            json!([place, facility, id, step.fence, step.from.name()])
        })
        .collect();
    if batch.is_empty() {
        return Ok(());
    }
    let lost: Vec<u32> = sqlx::query_scalar(
        "SELECT j.value ->> 0 FROM jsonb_each(?1) j
         WHERE NOT EXISTS (SELECT 1 FROM message m
           WHERE m.facility = j.value ->> 1 AND m.id = j.value ->> 2 AND m.fence = j.value ->> 3
             AND m.state = j.value ->> 4)",
    )
    .bind(Value::Array(batch).to_string())
    .fetch_all(&mut *db)
    .await
    .map_err(failed)?;
    for place in lost {
        if let Some(wanted) = wanted.get_mut(place as usize) {
            *wanted = false;
        }
    }
    all_or_none(steps, wanted);
    Ok(())
}

/// Where one of the messages that go as one doesn't go, none does.
pub(super) fn all_or_none(steps: &[Transition], wanted: &mut [bool]) {
    let mut go: HashMap<MessageId, bool> = HashMap::new();
    for (step, wanted) in steps.iter().zip(&*wanted) {
        if let Some(carrier) = carrier(step) {
            *go.entry(carrier).or_insert(true) &= wanted;
        }
    }
    for (step, wanted) in steps.iter().zip(wanted) {
        if let Some(carrier) = carrier(step) {
            *wanted = go.get(&carrier).copied().unwrap_or_default();
        }
    }
}
