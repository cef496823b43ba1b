//! `rappel init`: a new clinic that passes `rappel check`.

use std::fs;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use crate::failure::{Exit, Failure, Result};
use crate::output::answer;

const EXAMPLES: &str = "\
Examples:
  rappel init clinic
  rappel init clinic --language en --name \"Harbour Practice\"";

/// Write a new clinic: settings, templates and an agenda to try them on
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Init {
    /// The folder, which must be empty or not there yet
    #[arg(value_name = "DIR")]
    folder: PathBuf,

    /// The language of its messages
    #[arg(long, value_name = "LANGUAGE", default_value = "fr")]
    language: Skeleton,

    /// The clinic's name, as patients read it
    #[arg(long)]
    name: Option<String>,
}

/// The languages that there is a skeleton in.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Skeleton {
    /// French
    Fr,
    /// English
    En,
}

macro_rules! skeleton {
    ($language:literal: $($file:literal),+ $(,)?) => {
        &[$(($file, include_str!(concat!("../../skeleton/", $language, "/", $file)))),+]
    };
}

impl Skeleton {
    /// Its files, with the marks `{{id}}` and `{{name}}` in the settings.
    fn files(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Skeleton::Fr => {
                skeleton!["fr": "README.md", "clinic.toml", "agenda.jsonl", "templates/signature.trd",
                "templates/created.email.trd", "templates/cancelled.sms.trd", "templates/cancelled.email.trd",
                "templates/reminder.sms.trd", "templates/reminder.email.trd"]
            }
            Skeleton::En => {
                skeleton!["en": "README.md", "clinic.toml", "agenda.jsonl", "templates/signature.trd",
                "templates/created.email.trd", "templates/cancelled.sms.trd", "templates/cancelled.email.trd",
                "templates/reminder.sms.trd", "templates/reminder.email.trd"]
            }
        }
    }

    /// Its files for a clinic of this id and name.
    pub(crate) fn written(
        self,
        id: &str,
        name: &str,
    ) -> impl Iterator<Item = (&'static str, String)> {
        // As a TOML string, whatever is in it.
        let quoted = name.replace('\\', "\\\\").replace('"', "\\\"");
        self.files().iter().map(move |(file, text)| {
            (
                *file,
                text.replace("{{id}}", id).replace("{{name}}", &quoted),
            )
        })
    }

    fn name(self) -> &'static str {
        match self {
            Skeleton::Fr => "Cabinet médical",
            Skeleton::En => "Medical practice",
        }
    }
}

impl Init {
    pub(crate) fn run(self) -> Result {
        refuse_what_is_there(&self.folder)?;
        let id = id(&self.folder);
        let name = self.name.as_deref().unwrap_or(self.language.name());
        if name.trim().is_empty() || name.chars().any(char::is_control) {
            return Err(Failure::usage(
                "the clinic's name is empty or has control characters",
            ));
        }
        for (file, text) in self.language.written(&id, name) {
            write(&self.folder.join(file), &text)?;
        }
        let folder = self.folder.display();
        let next = [
            (
                format!("rappel check {folder}"),
                "see that nothing is wrong",
            ),
            (
                format!("rappel render {folder} reminder sms"),
                "read a message",
            ),
            (
                format!("rappel simulate {folder} --events {folder}/agenda.jsonl"),
                "see what would be sent, and why",
            ),
        ];
        let widest = next
            .iter()
            .map(|(command, _)| command.chars().count())
            .max()
            .unwrap_or_default();
        let next: Vec<String> = next
            .iter()
            .map(|(command, what)| format!("  {command:<widest$}  {what}"))
            .collect();
        answer(format_args!(
            "A new clinic is in {folder}. Next:\n\n{}\n\n{folder}/README.md says what each file is for.",
            next.join("\n")
        ))?;
        Ok(Exit::Done)
    }
}

fn refuse_what_is_there(folder: &Path) -> Result<()> {
    match fs::read_dir(folder) {
        Ok(mut entries) => match entries.next() {
            None => Ok(()),
            Some(_) => Err(Failure::refused(format!(
                "the folder {} is not empty",
                folder.display()
            ))
            .help("name another folder; nothing was written")),
        },
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(Failure::file(folder, "used", &error)),
    }
}

/// The clinic's id: the folder's name, as far as an id can hold it.
fn id(folder: &Path) -> String {
    let name = folder
        .file_name()
        .map(|name| name.to_string_lossy().to_ascii_lowercase())
        .unwrap_or_default();
    let id: String = name
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || "-_.".contains(c) {
                c
            } else {
                '-'
            }
        })
        .take(64)
        .collect();
    if id.chars().any(|c| c.is_ascii_alphanumeric()) {
        id
    } else {
        "clinic".into()
    }
}

fn write(path: &Path, text: &str) -> Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(|error| Failure::file(folder, "made", &error))?;
    }
    fs::write(path, text).map_err(|error| Failure::file(path, "written", &error))
}
