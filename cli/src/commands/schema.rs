//! `rappel schema`: the JSON schema of `clinic.toml`.

use clap::Args;
use rappel_core::Settings;

use crate::failure::{Exit, Failure, Result};
use crate::output::answer;

const EXAMPLES: &str = "\
Examples:
  rappel schema > clinic.schema.json

Editors that know TOML schemas (Taplo, Even Better TOML) complete and check clinic.toml with
`#:schema ./clinic.schema.json` on its first line.";

/// Print the JSON schema of clinic.toml, for editors
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Schema {}

impl Schema {
    pub(crate) fn run(self) -> Result {
        let schema = serde_json::to_string_pretty(&Settings::schema())
            .map_err(|error| Failure::inside(&error))?;
        answer(schema)?;
        Ok(Exit::Done)
    }
}
