//! What an SMS can cost, known before there is a patient: over every branch and every length of its values.
//!
//! Each variable that a condition asks for is tried absent, shortest, longest and at every value that it is
//! compared with; the others count with their longest or shortest. All combinations are really rendered. Where
//! there are too many, the branches are taken as independent of each other, which bounds the answer.
//!
//! Values count with letters of the SMS alphabet, unless the clinic keeps others (`unicode`): then a text may
//! have one outside it.

mod bound;
mod candidates;
mod report;

use rappel_core::{ChannelKind, SmsEncoding};

use crate::compile::Program;
use crate::options::Options;
use crate::render::clean::Place;
use crate::render::{Body, Live};
use crate::sms::Length;
use crate::template::Template;
use crate::values::Sheet;
use crate::variables::Variable;
use candidates::{Aim, Candidates};

/// The most combinations that are tried one by one.
const MOST_COMBINATIONS: usize = 4096;

/// What an SMS template can cost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cost {
    /// The least that a message can be; `None` when no combination of values gives one.
    pub fewest: Reach,
    /// The message with every variable's example; `None` when those give none.
    pub typical: Option<Reach>,
    /// The most that a message can be.
    pub most: Reach,
    /// The most segments when a value brings a character that makes the SMS Unicode.
    pub most_in_unicode: usize,
    /// Whether `fewest` and `most` are reached; otherwise they are bounds.
    pub exact: bool,
    /// The literal character that costs the most, if one costs a segment.
    pub dearest: Option<Dearest>,
}

/// A length that a message can have, and how it comes about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reach {
    /// Its segments.
    pub segments: usize,
    /// Its units.
    pub units: usize,
    /// Its characters.
    pub characters: usize,
    /// How it is coded.
    pub encoding: SmsEncoding,
    /// What the conditions ask for, as it is then: `TRD23 present`, `TRD9 = 11:59`.
    pub branch: Vec<String>,
    /// The value that takes the most room, and its characters.
    pub longest_value: Option<(Variable, usize)>,
}

/// A literal character that costs segments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dearest {
    /// The character.
    pub character: char,
    /// The segments that it adds to the typical message, or else to the longest one.
    pub segments: usize,
    /// What to write: "write `...`".
    pub instead: String,
}

impl Template {
    /// What it can cost; `None` for other channels than SMS, and where no message can come of it.
    pub fn cost(&self) -> Option<Cost> {
        match &self.body {
            Body::Sms(program) => cost(program, self.options()),
            _ => None,
        }
    }
}

fn cost(program: &Program, options: &Options) -> Option<Cost> {
    debug_assert_eq!(options.channel, ChannelKind::Sms);
    let longest = Candidates::new(program, options, Aim::Longest);
    let shortest = Candidates::new(program, options, Aim::Shortest);
    let exact = longest.complete()
        && longest.combinations() <= MOST_COMBINATIONS
        && shortest.combinations() <= MOST_COMBINATIONS;
    let (fewest, most, most_in_unicode) = if exact {
        let (most, unicode) = extreme(program, options, &longest)?;
        let (fewest, _) = extreme(program, options, &shortest)?;
        (fewest, most, unicode)
    } else {
        bound::bounds(program, options)
    };
    let typical = report::typical(program, options).map(|text| reach(&text, Vec::new(), None));
    let dearest = report::dearest(program, options);
    Some(Cost {
        fewest,
        typical,
        most,
        most_in_unicode,
        exact,
        dearest,
    })
}

/// The text of a message with these values, whatever its length.
fn message(program: &Program, options: &Options, values: &Sheet<'_>) -> Option<String> {
    let text = program
        .run(&Live::new(
            program,
            options,
            values,
            Place::Sms(options.sms_mode),
        ))
        .ok()?;
    (!text.is_empty()).then_some(text)
}

fn reach(text: &str, branch: Vec<String>, longest_value: Option<(Variable, usize)>) -> Reach {
    let Length {
        encoding,
        units,
        segments,
    } = Length::of(text);
    Reach {
        segments,
        units,
        characters: text.chars().count(),
        encoding,
        branch,
        longest_value,
    }
}

/// The longest or shortest message of all combinations, and the most segments of one in Unicode.
fn extreme(
    program: &Program,
    options: &Options,
    candidates: &Candidates,
) -> Option<(Reach, usize)> {
    let mut best: Option<(usize, usize, usize)> = None;
    let mut in_unicode = 0;
    for index in 0..candidates.combinations() {
        let Some(text) = message(program, options, &candidates.sheet(index)) else {
            continue;
        };
        let length = Length::of(&text);
        in_unicode = in_unicode.max(Length::ucs2(&text).segments);
        let key = (length.segments, length.units);
        let better = best.is_none_or(|(segments, units, _)| match candidates.aim() {
            Aim::Longest => key > (segments, units),
            Aim::Shortest => key < (segments, units),
        });
        if better {
            best = Some((length.segments, length.units, index));
        }
    }
    let (_, _, index) = best?;
    let sheet = candidates.sheet(index);
    let text = message(program, options, &sheet)?;
    let longest_value = candidates::longest_value(program, options, &sheet);
    let reached = (Length::of(&text).segments, Length::of(&text).units);
    let changes = |other| match message(program, options, &candidates.sheet(other)) {
        Some(text) => (Length::of(&text).segments, Length::of(&text).units) != reached,
        None => true,
    };
    let branch = candidates.branch(index, changes);
    Some((reach(&text, branch, longest_value), in_unicode))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
