//! Last stage: from a compiled template and the values of one message to what a person reads or hears.

pub(crate) mod clean;
mod email;
mod live;
mod markdown;
mod voice;

use std::fmt;

use rappel_core::channel::Content;
use rappel_core::settings::SmsMode;

use crate::compile::Program;
use crate::options::Options;
use crate::sms::{self, Length};
use crate::values::Values;
use crate::variables::Variable;
use clean::Place;
pub(crate) use live::Live;
pub(crate) use markdown::raw_html;

/// Why a message must not go. It names what is missing, never what is there: the summary shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stopped {
    /// A value is absent that has to be there.
    Absent(Variable),
    /// Nothing is left to read.
    Empty,
    /// Nothing is left of an e-mail's subject.
    NoSubject,
    /// A character of a value is not in the SMS alphabet, and the clinic refuses such.
    OutsideAlphabet(char),
    /// The SMS has more characters than the clinic allows.
    TooLong {
        /// What it has.
        characters: usize,
        /// What is allowed.
        limit: usize,
    },
}

impl fmt::Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Stopped::Absent(variable) => {
                let label = variable.row().labels.en;
                write!(
                    f,
                    "{variable} ({label}) is absent, and the template has to have it"
                )
            }
            Stopped::Empty => f.write_str("nothing is left of the text"),
            Stopped::NoSubject => f.write_str("nothing is left of the subject"),
            Stopped::OutsideAlphabet(c) => {
                write!(
                    f,
                    "`{c}` is not in the SMS alphabet, and the clinic refuses such characters"
                )
            }
            Stopped::TooLong { characters, limit } => {
                write!(
                    f,
                    "the SMS has {characters} characters, and the clinic allows {limit}"
                )
            }
        }
    }
}

impl std::error::Error for Stopped {}

/// The programs of a template's channel.
#[derive(Clone, Debug)]
pub(crate) enum Body {
    Sms(Program),
    Email {
        subject: Program,
        /// The body as Markdown.
        body: Program,
    },
    Voice {
        /// What is said.
        words: Program,
        /// How it is said.
        ssml: Program,
    },
}

/// Renders a message.
pub(crate) fn render(
    body: &Body,
    options: &Options,
    values: &dyn Values,
) -> Result<Content, Stopped> {
    match body {
        Body::Sms(program) => {
            let text = program.run(&Live::new(
                program,
                options,
                values,
                Place::Sms(options.sms_mode),
            ))?;
            sms(text, options)
        }
        Body::Email { subject, body } => email::render(subject, body, options, values),
        Body::Voice { words, ssml } => voice::render(words, ssml, options, values),
    }
}

fn sms(text: String, options: &Options) -> Result<Content, Stopped> {
    if text.is_empty() {
        return Err(Stopped::Empty);
    }
    if options.sms_mode == SmsMode::Refuse
        && let Err(outside) = sms::write(&text, SmsMode::Refuse)
    {
        return Err(Stopped::OutsideAlphabet(outside));
    }
    // Bytes are no fewer than characters.
    if text.len() > options.max_characters {
        let characters = text.chars().count();
        if characters > options.max_characters {
            return Err(Stopped::TooLong {
                characters,
                limit: options.max_characters,
            });
        }
    }
    let length = Length::of(&text);
    Ok(Content {
        subject: None,
        text,
        html: None,
        ssml: None,
        encoding: Some(length.encoding),
        units: u32::try_from(length.units).unwrap_or(u32::MAX),
        segments: u32::try_from(length.segments).unwrap_or(u32::MAX),
    })
}
