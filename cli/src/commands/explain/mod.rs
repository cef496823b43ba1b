//! `rappel explain`: one message's whole story and what would change it, an appointment's messages and what
//! the policies say of it, or what a diagnostic's code means.

mod appointment;
mod code;
mod message;

use std::sync::Arc;

use clap::Args;
use rappel_core::Store;
use rappel_core::facts::Record;
use rappel_core::ids::{AppointmentId, FacilityId};
use rappel_core::store::Filter;
use rappel_host::engine::Generation;

use super::database::{Database, Summary};
use crate::clinic;
use crate::failure::{Failure, Result};
use crate::output::{TextOrJson, faults};

const EXAMPLES: &str = "\
Examples:
  rappel explain 019e2b04-1a00-7c4d     A message: the beginning of its id is enough
  rappel explain 019e2b04 --format json
  rappel explain a-1                    An appointment, by its id in the agenda
  rappel explain --appointment 12       The same, where a message's id begins like that too
  rappel explain E0201                  What a code means

A message's story tells each policy's verdict, and what those read that had something against it.
Where a message doesn't go, or a policy wants none for an appointment, the rules that serve are
asked again with one fact changed: the nearest changes that turn the answer are told.

JSON: {\"version\": 1, \"message\": {…}, \"story\": [{\"at\", \"step\", …}], \"why\": {…}}, of an appointment
{\"version\": 1, \"appointment\", \"messages\": […], \"asked\": {…}}; docs/json.md tells the properties.";

/// Tell one message's whole story, an appointment's messages, and what would change them
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Explain {
    /// A message's id or its beginning; an appointment's id; or the code of a diagnostic
    #[arg(value_name = "ID|CODE")]
    id: String,

    /// It is an appointment's id
    #[arg(long)]
    appointment: bool,

    /// Only of this clinic
    #[arg(long, value_name = "ID")]
    clinic: Option<String>,

    #[command(flatten)]
    database: Database,

    /// How to answer
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: TextOrJson,
}

impl Explain {
    pub(crate) async fn run(self) -> Result {
        if !self.appointment
            && let Some(code) = code::code(&self.id)
        {
            return code::code_meaning(code, self.format);
        }
        let summary = self.database.read().await?;
        let clinics = match self.clinic.as_deref().map(FacilityId::new) {
            Some(clinic) => {
                summary.zone_of(&clinic)?;
                vec![clinic]
            }
            None => summary.clinics(),
        };
        let appointments = self.appointments(&summary, &clinics).await?;
        let messages = self.messages(&summary).await?;
        match (messages.as_slice(), appointments.as_slice()) {
            ([message], []) => message::told(message, &summary, self.format).await,
            ([message], _) if message.id.to_string() == self.id => {
                message::told(message, &summary, self.format).await
            }
            ([], [facility]) => {
                let appointment = AppointmentId::new(self.id.as_str());
                appointment::told((facility, &appointment), &summary, self.format).await
            }
            ([], []) => Err(self.unknown()),
            ([], several) => {
                let names: Vec<_> = several.iter().map(|id| format!("`{id}`")).collect();
                Err(Failure::refused(format!(
                    "several clinics have an appointment `{}`",
                    self.id
                ))
                .help(format!(
                    "name one with `--clinic ID`: {}",
                    names.join(", ")
                )))
            }
            (several, []) => Err(message::ambiguous(&self.id, several, &summary)),
            (_, _) => Err(Failure::refused(format!(
                "`{}` is an appointment's id, and messages have ids that begin so",
                self.id
            ))
            .help(format!(
                "`rappel explain --appointment {}` tells of the appointment; give more of the id of a message",
                self.id
            ))),
        }
    }

    /// The clinics that know an appointment of that id.
    async fn appointments(
        &self,
        summary: &Summary,
        clinics: &[FacilityId],
    ) -> Result<Vec<FacilityId>> {
        let id = AppointmentId::new(self.id.as_str());
        let mut known = Vec::new();
        for clinic in clinics {
            if summary.store.records(clinic, &id).await?.is_some() {
                known.push(clinic.clone());
            }
        }
        Ok(known)
    }

    /// The messages whose ids begin so.
    async fn messages(&self, summary: &Summary) -> Result<Vec<rappel_core::store::Message>> {
        let is_id = self.id.chars().all(|c| c.is_ascii_hexdigit() || c == '-');
        if self.appointment || !is_id {
            return Ok(Vec::new());
        }
        let filter = Filter {
            facility: self.clinic.as_deref().map(FacilityId::new),
            id: Some(self.id.clone()),
            limit: Some(message::CANDIDATES + 1),
            ..Filter::default()
        };
        Ok(summary.store.messages(&filter).await?)
    }

    fn unknown(&self) -> Failure {
        let id = &self.id;
        let what = if self.appointment {
            format!("no appointment `{id}` is known")
        } else {
            format!("`{id}` is no message's id, no appointment's and no code")
        };
        Failure::refused(what).help("`rappel messages` lists messages with their ids and appointments, codes are like `E0201`; `--database PATH` names another database")
    }
}

/// The rules by which a clinic was served last; `None` where they can't be had.
async fn rules(summary: &Summary, facility: &FacilityId) -> Result<Option<Arc<Generation>>> {
    let kept = summary.store.kept_folders().await?;
    let files = kept.iter().find(|kept| kept.facility == *facility);
    Ok(files.and_then(clinic::of_kept))
}

/// Tells whether messages of an appointment are missing because a policy failed.
async fn tell_missing(summary: &Summary, facility: &FacilityId, id: &AppointmentId) -> Result<()> {
    let mut missing = summary.store.unplanned(Some(facility)).await?;
    missing.retain(|event| {
        event.kind.subject() == Record::Appointment && event.subject == id.as_str()
    });
    faults::missing(&missing);
    Ok(())
}
