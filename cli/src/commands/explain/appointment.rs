//! An appointment: its messages, and what the policies say of it.

use rappel_core::Store;
use rappel_core::ids::{AppointmentId, FacilityId};
use rappel_core::store::Filter;
use rappel_host::summary::AppointmentLine;
use rappel_host::why::planned;

use super::super::database::Summary;
use crate::failure::{Exit, Result};
use crate::output::{TextOrJson, answer, answer_json, why};

pub(super) async fn told(
    of: (&FacilityId, &AppointmentId),
    summary: &Summary,
    format: TextOrJson,
) -> Result {
    let (facility, appointment) = of;
    let filter = Filter {
        facility: Some(facility.clone()),
        appointment: Some(appointment.clone()),
        limit: Some(u32::MAX),
        ..Filter::default()
    };
    let mut messages = summary.store.messages(&filter).await?;
    // They are read as they are due: the first one first.
    messages.reverse();
    let zone = summary.zone(facility);
    let asked = match super::rules(summary, facility).await? {
        Some(rules) => planned(&summary.store, &rules, of, &messages).await?,
        None => None,
    };
    match format {
        TextOrJson::Text => {
            let known = summary.store.records(facility, appointment).await?;
            let visit = known.and_then(|known| known.to_visit().ok());
            let visit = visit.map(|(visit, _)| visit).unwrap_or_default();
            answer(why::of_appointment(
                appointment,
                &visit,
                &messages,
                asked.as_ref(),
                zone,
            ))?;
        }
        TextOrJson::Json => {
            answer_json(&AppointmentLine::of(of, &messages, asked.as_ref(), zone))?;
        }
    }
    super::tell_missing(summary, facility, appointment).await?;
    Ok(Exit::Done)
}
