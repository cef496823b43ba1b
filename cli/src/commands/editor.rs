//! `rappel editor`: what an editor needs to help with a clinic's files.

use std::fs;
use std::path::PathBuf;

use clap::Args;
use rappel_core::Settings;
use serde_json::{Value, json};

use crate::failure::{Exit, Failure, Result};
use crate::output::answer;

const EXAMPLES: &str = "\
Examples:
  rappel editor editor
  cp -r editor/vscode ~/.vscode/extensions/rappel    VS Code colours templates after a restart

DIR gets:
  clinic.schema.json  completes and checks clinic.toml, with `#:schema ./clinic.schema.json` on its first line
  policies.d.rhai     what policies can read and call, for the Rhai language server
  vscode/             a VS Code extension that colours templates; trd.tmLanguage.json in it serves other
                      editors that read TextMate grammars

docs/editors.md tells how to use them, editor by editor.";

/// Write what editors need: a schema, definitions for policies, colours for templates
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Editor {
    /// The folder to write into; what an earlier Rappel wrote there is written anew
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

impl Editor {
    pub(crate) fn run(self) -> Result {
        for (name, text) in files()? {
            let path = self.folder.join(name);
            if let Some(folder) = path.parent() {
                fs::create_dir_all(folder)
                    .map_err(|error| Failure::file(folder, "create", &error))?;
            }
            fs::write(&path, text).map_err(|error| Failure::file(&path, "write", &error))?;
        }
        let folder = self.folder.display();
        answer(format_args!(
            "{folder} has what editors need: clinic.schema.json, policies.d.rhai and vscode/.\n\
             `rappel editor --help` says what each is for."
        ))?;
        Ok(Exit::Done)
    }
}

/// The files with their texts.
fn files() -> Result<[(&'static str, String); 5]> {
    let json = |value: &Value| -> Result<String> {
        let text = serde_json::to_string_pretty(value).map_err(|error| Failure::inside(&error))?;
        Ok(text + "\n")
    };
    Ok([
        ("clinic.schema.json", json(&Settings::schema())?),
        ("policies.d.rhai", rappel_rules::definitions()),
        ("vscode/package.json", json(&extension())?),
        ("vscode/language-configuration.json", json(&brackets())?),
        (
            "vscode/trd.tmLanguage.json",
            json(&rappel_dsl::textmate::grammar())?,
        ),
    ])
}

/// The manifest of the extension.
fn extension() -> Value {
    json!({
        "name": "rappel",
        "displayName": "Rappel",
        "description": "Colours for the message templates of Rappel",
        "publisher": "rappel",
        "version": env!("CARGO_PKG_VERSION"),
        "engines": { "vscode": "^1.70.0" },
        "contributes": {
            "languages": [{
                "id": "rappel-template",
                "aliases": ["Rappel template"],
                "extensions": [".trd"],
                "configuration": "./language-configuration.json",
            }],
            "grammars": [{
                "language": "rappel-template",
                "scopeName": rappel_dsl::textmate::SCOPE,
                "path": "./trd.tmLanguage.json",
            }],
        },
    })
}

/// What the editor closes by itself.
fn brackets() -> Value {
    json!({
        "comments": { "blockComment": ["[#", "#]"] },
        "brackets": [["[", "]"]],
        "autoClosingPairs": [{ "open": "[", "close": "]" }, { "open": "[#", "close": "#" }],
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_extension_names_files_that_are_written() {
        let written: Vec<_> = files().unwrap().map(|(name, _)| name).into();
        let contributes = &extension()["contributes"];
        for path in [
            &contributes["languages"][0]["configuration"],
            &contributes["grammars"][0]["path"],
        ] {
            let name = path.as_str().unwrap().replace("./", "vscode/");
            assert!(written.contains(&name.as_str()), "{name}");
        }
    }
}
