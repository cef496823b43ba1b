//! What the cost of an SMS has a clinic told: characters that cost segments, and messages that are too long.

use rappel_core::Diagnostic;
use rappel_core::diagnostic::codes;
use rappel_core::kind::Named;

use super::{Cost, Dearest, message};
use crate::check::{Outside, instead};
use crate::compile::Program;
use crate::filters::Filter;
use crate::options::Options;
use crate::sms::{Length, is_extended, is_in_alphabet};
use crate::template::Template;
use crate::values::Sheet;
use crate::variables::Variable;

impl Template {
    /// What is doubtful about its cost: characters that make the SMS dearer, and lengths beyond the limit.
    /// `file` is what diagnostics call the template.
    pub fn cost_diagnostics(&self, file: &str, cost: &Cost) -> Vec<Diagnostic> {
        let mut diagnostics: Vec<Diagnostic> = Vec::new();
        let mut told = Vec::new();
        for outside in &self.outside {
            if !told.contains(&outside.character) {
                told.push(outside.character);
                diagnostics.push(self.dear(outside));
            }
        }
        diagnostics.extend(too_long(file, cost, self.options().max_characters));
        let limit = self.options().max_segments;
        diagnostics.extend(limit.and_then(|limit| too_many(file, cost, limit)));
        diagnostics
    }

    fn dear(&self, outside: &Outside) -> Diagnostic {
        let c = outside.character;
        let added = typical(self.program(), self.options()).map(|text| segments_without(&text, c));
        let cost = match added {
            Some((with, without)) if without < with => {
                format!(": {with} segments instead of {without} in the typical message")
            }
            _ => String::new(),
        };
        let message = format!(
            "`{c}` is not in the SMS alphabet and makes the SMS Unicode, with 70 characters instead of 160{cost}"
        );
        let diagnostic = outside
            .file
            .diagnostic(codes::COSTLY_CHARACTER, outside.span, message)
            .label("not in the alphabet")
            .help(instead(c));
        let same = self.outside.iter().filter(|other| other.character == c);
        same.fold(diagnostic, |diagnostic, other| match &other.instead {
            Some(same) => diagnostic.fix(other.span.start..other.span.end, same.clone()),
            None => diagnostic,
        })
    }
}

fn too_long(file: &str, cost: &Cost, limit: usize) -> Option<Diagnostic> {
    let (code, reach, how) = if cost.fewest.characters > limit {
        (codes::SMS_TOO_LONG, &cost.fewest, "has at least")
    } else if cost.most.characters > limit {
        (codes::SMS_MAY_BE_TOO_LONG, &cost.most, "can have")
    } else {
        return None;
    };
    let mut message = format!(
        "the SMS {how} {} characters, and the clinic allows {limit}",
        reach.characters
    );
    if !reach.branch.is_empty() {
        message.push_str(&format!(" (with {})", reach.branch.join(", ")));
    }
    let help = match reach.longest_value {
        Some((variable, characters)) if code == codes::SMS_MAY_BE_TOO_LONG => {
            let beyond = reach.characters - limit;
            match left(variable, characters, beyond) {
                Some(left) => format!(
                    "`{variable}` takes up to {characters} of them: write `[{variable}|truncate {left}]`, or allow more in `clinic.toml`"
                ),
                None => format!(
                    "shorten the text by {beyond}, or allow more in `clinic.toml`; the longest value is `{variable}`, with up to {characters}"
                ),
            }
        }
        _ => "shorten the text, or allow more in `clinic.toml`".into(),
    };
    Some(Diagnostic::new(code, file, message).help(help))
}

fn too_many(file: &str, cost: &Cost, limit: usize) -> Option<Diagnostic> {
    let most = &cost.most;
    if most.segments <= limit {
        return None;
    }
    let segments = |number: usize| match number {
        1 => "1 segment".to_string(),
        number => format!("{number} segments"),
    };
    let mut message = format!(
        "the SMS can take {}, and the clinic wants {limit} at most",
        segments(most.segments)
    );
    if !most.branch.is_empty() {
        message.push_str(&format!(" (with {})", most.branch.join(", ")));
    }
    let allow = "or raise `check.max_segments` in `clinic.toml`";
    let help = match most.longest_value {
        Some((variable, characters)) => format!(
            "`{variable}` takes up to {characters} characters of it: shorten it or the text, {allow}"
        ),
        None => format!("shorten the text, {allow}"),
    };
    Some(Diagnostic::new(codes::MANY_SEGMENTS, file, message).help(help))
}

/// The least that a shortened value still says something with.
const LEAST_LEFT: usize = 10;

/// How many characters of a value may stay, so that the message loses those beyond its limit; `None` where
/// shortening it can't do that, or would leave nothing to understand.
fn left(variable: Variable, characters: usize, beyond: usize) -> Option<usize> {
    let shortens = Filter::find("truncate")?.accepts.contains(&variable.kind());
    characters
        .checked_sub(beyond)
        .filter(|left| shortens && *left >= LEAST_LEFT)
}

/// A message as most are: every value is there, as its example says.
pub(super) fn typical(program: &Program, options: &Options) -> Option<String> {
    let mut values = Sheet::examples();
    // Most messages are about one appointment.
    if let Some(family) = Variable::named(Named::Family) {
        values.set(family, None);
    }
    message(program, options, &values)
}

/// Segments with every character outside the alphabet, and without this one.
fn segments_without(text: &str, c: char) -> (usize, usize) {
    let with = Length::of(text).segments;
    let replaced = match crate::sms::counterpart(c) {
        Some(counterpart) => text.replace(c, &counterpart),
        None => text.replace(c, ""),
    };
    (with, Length::of(&replaced).segments)
}

/// The literal character whose place another one would take for the fewest segments.
pub(super) fn dearest(program: &Program, options: &Options) -> Option<Dearest> {
    let text = typical(program, options)?;
    let mut costly: Vec<char> = program
        .steps()
        .iter()
        .flat_map(|step| step.text.chars())
        .filter(|c| is_extended(*c) || !is_in_alphabet(*c))
        .collect();
    costly.sort_unstable();
    costly.dedup();
    costly
        .into_iter()
        .filter_map(|character| {
            let (with, without) = segments_without(&text, character);
            let segments = with.checked_sub(without).filter(|saved| *saved > 0)?;
            Some(Dearest {
                character,
                segments,
                instead: instead(character),
            })
        })
        .max_by_key(|dearest| dearest.segments)
}
