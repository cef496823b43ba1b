//! `rappel sms`: how long a text is as an SMS.

use clap::{Args, ValueEnum};
use rappel_core::settings::SmsMode;
use rappel_dsl::sms::{self, Length};
use serde::Serialize;

use crate::failure::{Exit, Failure, Result};
use crate::input;
use crate::output::message::length_of;
use crate::output::{TextOrJson, answer, answer_json, style};

const EXAMPLES: &str = "\
Examples:
  echo \"Votre rendez-vous est à 14:30\" | rappel sms
  rappel sms --mode unicode --format json < text.txt

The line break that ends the input is not part of the text.

JSON: {\"encoding\": \"gsm7\" | \"ucs2\", \"units\": N, \"segments\": N, \"text\": \"…\"}
  units     septets (gsm7) or UTF-16 units (ucs2) of the whole text
  segments  the parts that are sent and paid for
  text      the text as it is sent, after transliteration";

/// Count a text as an SMS: encoding, units and segments
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Sms {
    /// What becomes of characters outside the SMS alphabet
    #[arg(long, value_name = "MODE", default_value = "transliterate")]
    mode: Mode,

    /// How to answer
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: TextOrJson,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Mode {
    /// Written with letters of the alphabet where there are some
    Transliterate,
    /// Kept, so that the SMS becomes Unicode
    Unicode,
    /// An error
    Refuse,
}

impl Sms {
    pub(crate) fn run(self) -> Result {
        let given = input::text()?;
        let mode = match self.mode {
            Mode::Transliterate => SmsMode::Transliterate,
            Mode::Unicode => SmsMode::Unicode,
            Mode::Refuse => SmsMode::Refuse,
        };
        let text = sms::write(&given, mode).map_err(|outside| refused(&given, outside))?;
        let length = Length::of(&text);
        match self.format {
            TextOrJson::Json => answer_json(&Counted {
                encoding: length.encoding.name(),
                units: length.units,
                segments: length.segments,
                text: &text,
            })?,
            TextOrJson::Text => answer(report(&given, &text, length))?,
        }
        Ok(Exit::Done)
    }
}

/// The JSON contract.
#[derive(Serialize)]
struct Counted<'t> {
    encoding: &'static str,
    units: usize,
    segments: usize,
    text: &'t str,
}

fn refused(text: &str, outside: char) -> Failure {
    let place = text.chars().position(|c| c == outside).unwrap_or_default() + 1;
    Failure::refused(format!(
        "`{outside}` (character {place}, {}) is not in the SMS alphabet",
        codepoint(outside)
    ))
    .help(instead(outside))
}

fn codepoint(c: char) -> String {
    format!("U+{:04X}", u32::from(c))
}

/// What to write for a character outside the alphabet.
fn instead(c: char) -> String {
    match sms::counterpart(c) {
        Some(text) if text.trim().is_empty() => "write a blank".into(),
        Some(text) => format!("write `{text}`"),
        None => "leave it out, or say it in words".into(),
    }
}

/// The count for people, with what makes it dearer.
fn report(given: &str, text: &str, length: Length) -> String {
    let mut report = format!(
        "{text}\n\n{}",
        length_of(length.encoding, length.units, length.segments)
    );
    if text != given {
        let mut replaced: Vec<char> = given.chars().filter(|c| !sms::is_in_alphabet(*c)).collect();
        replaced.retain(|c| !text.contains(*c));
        for (c, to) in each_once(replaced).filter_map(|c| Some((c, sms::counterpart(c)?))) {
            report.push_str(&format!(
                "\n{}{c} was written `{to}`{}",
                style::FAINT,
                style::END
            ));
        }
    }
    let costly = text.chars().filter(|c| !sms::is_in_alphabet(*c)).collect();
    for c in each_once(costly) {
        report.push_str(&format!(
            "\n{}`{c}`{} ({}) makes it Unicode: {}",
            style::WARNING,
            style::END,
            codepoint(c),
            instead(c)
        ));
    }
    report
}

fn each_once(mut characters: Vec<char>) -> impl Iterator<Item = char> {
    characters.sort_unstable();
    characters.dedup();
    characters.into_iter()
}
