//! Calls: the words, and SSML (W3C Speech Synthesis Markup Language 1.1) for the voice that says them.

use rappel_core::Language;
use rappel_core::channel::Content;

use super::clean::Place;
use super::{Live, Stopped};
use crate::compile::Program;
use crate::options::Options;
use crate::values::Values;

pub(super) fn render(
    words: &Program,
    ssml: &Program,
    options: &Options,
    values: &dyn Values,
) -> Result<Content, Stopped> {
    let text = words.run(&Live::new(words, options, values, Place::Line))?;
    if text.is_empty() {
        return Err(Stopped::Empty);
    }
    let said = ssml.run(&Live::new(ssml, options, values, Place::Xml))?;
    Ok(Content {
        subject: None,
        text,
        html: None,
        ssml: Some(document(&said, options.language)),
        encoding: None,
        units: 0,
        segments: 0,
    })
}

/// Paragraphs with pauses between them; a line break is a short one.
fn document(said: &str, language: Language) -> String {
    let mut out = String::with_capacity(said.len() + 160);
    out.push_str(
        "<speak version=\"1.1\" xmlns=\"http://www.w3.org/2001/10/synthesis\" xml:lang=\"",
    );
    out.push_str(voice(language));
    out.push_str("\">");
    for (index, paragraph) in said.split("\n\n").enumerate() {
        if index > 0 {
            out.push_str("<break time=\"600ms\"/>");
        }
        out.push_str("<p>");
        for (index, line) in paragraph.split('\n').enumerate() {
            if index > 0 {
                out.push_str("<break strength=\"medium\"/>");
            }
            out.push_str(line);
        }
        out.push_str("</p>");
    }
    out.push_str("</speak>");
    out
}

/// The language tag of a voice. Voices are made for a country; these are the languages' own.
fn voice(language: Language) -> &'static str {
    match language {
        Language::Fr => "fr-FR",
        Language::En => "en-GB",
        Language::It => "it-IT",
        Language::Es => "es-ES",
        Language::De => "de-DE",
        Language::Pt => "pt-PT",
    }
}
