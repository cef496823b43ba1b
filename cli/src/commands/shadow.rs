//! `rappel shadow`: what policies in shadow would have changed.

use clap::Args;
use rappel_core::Store;
use rappel_core::ids::FacilityId;
use rappel_core::shadow::Asked;
use rappel_host::summary::ShadowLine;

use super::database::{Database, Summary};
use crate::failure::{Exit, Failure, Result};
use crate::output::{Answer, TextOrJson, shadow};

const EXAMPLES: &str = "\
Examples:
  rappel shadow
  rappel shadow lumiere --policy second_reminder.shadow --limit 500
  rappel shadow --format json

A policy whose file ends with `.shadow.rhai` is in shadow: it is asked whenever the policy of its
name is, with the same facts, and not obeyed. What it would have changed is kept as long as texts
are; when its file changes, that of before is forgotten. docs/shadow.md tells more.

JSON: an object a line, a policy each, {\"clinic\", \"policy\", \"since\", \"events\", \"messages\", \"faults\",
\"fault\", \"otherwise\", \"differences\"}; docs/json.md tells them.";

/// Show what policies in shadow would have changed
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Shadow {
    /// The clinic's `id`; all of the database without one
    clinic: Option<String>,

    /// Only this policy, as its file is named: `second_reminder.shadow`
    #[arg(long, value_name = "NAME")]
    policy: Option<String>,

    /// How many messages of each policy, those asked about last first
    #[arg(long, value_name = "N", default_value_t = 20)]
    limit: u32,

    #[command(flatten)]
    database: Database,

    /// How to answer
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: TextOrJson,
}

impl Shadow {
    pub(crate) async fn run(self) -> Result {
        let summary = self.database.read().await?;
        let clinic = self.clinic.as_deref().map(FacilityId::new);
        if let Some(clinic) = &clinic {
            summary.zone_of(clinic)?;
        }
        let all = summary.store.shadows(clinic.as_ref()).await?;
        let policies = self.chosen(&all)?;
        let mut answer = Answer::new();
        if policies.is_empty() && self.format == TextOrJson::Text {
            answer.line(
                "no policy in shadow was asked yet: one is put there as `rules/NAME.shadow.rhai`",
            )?;
        }
        for (number, asked) in policies.iter().enumerate() {
            self.tell(&mut answer, number, asked, &summary).await?;
        }
        answer.end()?;
        Ok(Exit::Done)
    }

    fn chosen<'a>(&self, all: &'a [Asked]) -> Result<Vec<&'a Asked>> {
        let Some(name) = &self.policy else {
            return Ok(all.iter().collect());
        };
        let chosen: Vec<_> = all.iter().filter(|one| one.policy == *name).collect();
        if chosen.is_empty() {
            let mut names: Vec<_> = all.iter().map(|one| format!("`{}`", one.policy)).collect();
            names.dedup();
            let help = match names.is_empty() {
                true => "none was asked yet: one is put there as `rules/NAME.shadow.rhai`".into(),
                false => format!("these were: {}", names.join(", ")),
            };
            return Err(
                Failure::refused(format!("no policy in shadow `{name}` was asked")).help(help),
            );
        }
        Ok(chosen)
    }

    async fn tell(
        &self,
        answer: &mut Answer,
        number: usize,
        asked: &Asked,
        summary: &Summary,
    ) -> Result<()> {
        let zone = summary.zone(&asked.facility);
        let recorded = summary
            .store
            .shadow(&asked.facility, &asked.policy, self.limit)
            .await?;
        if self.format == TextOrJson::Json {
            return answer.json(&ShadowLine::of(asked, zone).with(&recorded, zone));
        }
        if number > 0 {
            answer.line("")?;
        }
        let told = shadow::whole(asked, &recorded, zone);
        answer.line(format_args!("{}: {told}", asked.facility))
    }
}
