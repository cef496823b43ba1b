//! What a patient's reply says: yes, no, stop writing to me, or nothing that can be told for sure.
//!
//! A reply is never guessed. Every word of it has to be known, as an answer or as one that changes
//! nothing ("merci", "je", "mon"); with one word that isn't, a person reads it.

mod decide;
mod words;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

pub use decide::{Decided, decide};
use words::{Meaning, meaning};

/// What a reply says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reading {
    /// The same answer to all that was asked.
    All(Answered),
    /// An answer to each of several numbered appointments.
    Each(Vec<(u32, Answered)>),
    /// Nothing may be sent to the address any more.
    Stop,
    /// Messages are welcome again.
    Start,
    /// A person has to read it.
    Unclear,
}

/// A patient's answer to a request for confirmation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answered {
    /// They come.
    Yes,
    /// They don't; the appointment is cancelled.
    No,
}

/// The longest reply that is read, in words: what is longer says more than an answer.
const MOST_WORDS: usize = 12;

/// Reads a reply, whichever of the languages it is in.
pub fn read(text: &str) -> Reading {
    let words = words_of(text);
    if words.is_empty() || words.len() > MOST_WORDS {
        return Reading::Unclear;
    }
    let Some(meanings) = words
        .iter()
        .map(|word| meaning(word))
        .collect::<Option<Vec<_>>>()
    else {
        // "STOP", and then whatever they are angry about: who says stop must be heard. Unless it is
        // about the appointment, which a person has to read.
        return match words.first().and_then(|word| meaning(word)) {
            Some(Meaning::Stop) if !words.iter().any(|word| is_about_appointment(word)) => {
                Reading::Stop
            }
            _ => Reading::Unclear,
        };
    };
    let says = |wanted: Meaning| meanings.contains(&wanted);
    let answers = says(Meaning::Yes) || says(Meaning::No) || says(Meaning::Appointment);
    match (says(Meaning::Stop), says(Meaning::Start)) {
        (true, false) if !answers => Reading::Stop,
        (false, true) if !answers => Reading::Start,
        (false, false) => answered(&meanings),
        _ => Reading::Unclear,
    }
}

fn is_about_appointment(word: &str) -> bool {
    matches!(meaning(word), Some(Meaning::Appointment | Meaning::No))
}

/// "oui", "oui 1 non 2", "1 oui 2 non".
fn answered(meanings: &[Meaning]) -> Reading {
    let mut each: Vec<(u32, Answered)> = Vec::new();
    let mut all: Option<Answered> = None;
    let mut current: Option<Answered> = None;
    let mut waiting: Vec<u32> = Vec::new();
    for meaning in meanings {
        match *meaning {
            Meaning::Yes | Meaning::No => {
                let answer = if *meaning == Meaning::Yes {
                    Answered::Yes
                } else {
                    Answered::No
                };
                if waiting.is_empty() {
                    if all.is_some_and(|all| all != answer) && each.is_empty() {
                        return Reading::Unclear;
                    }
                    all = Some(answer);
                    current = Some(answer);
                } else {
                    each.extend(waiting.drain(..).map(|number| (number, answer)));
                    current = None;
                }
            }
            Meaning::Number(number) => match current {
                Some(answer) => each.push((number, answer)),
                None => waiting.push(number),
            },
            Meaning::Appointment | Meaning::Filler => {}
            Meaning::Stop | Meaning::Start => return Reading::Unclear,
        }
    }
    let mut numbers: Vec<u32> = each.iter().map(|(number, _)| *number).collect();
    numbers.sort_unstable();
    numbers.dedup();
    match (all, each.is_empty()) {
        _ if !waiting.is_empty() || numbers.len() != each.len() => Reading::Unclear,
        (Some(answer), true) => Reading::All(answer),
        (None, true) => Reading::Unclear,
        (_, false) => Reading::Each(each),
    }
}

/// The words of a text: letters and digits, without case and accents.
pub(crate) fn words_of(text: &str) -> Vec<String> {
    let plain: String = text
        .nfd()
        .filter(|c| !is_combining_mark(*c))
        .flat_map(char::to_lowercase)
        .collect();
    plain
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_string)
        .collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// A reply a line, and behind `=>` what it says.
    const REPLIES: &str = include_str!("replies.txt");

    fn told(reading: &Reading) -> String {
        let answer = |answered: &Answered| match answered {
            Answered::Yes => "yes",
            Answered::No => "no",
        };
        match reading {
            Reading::All(all) => answer(all).into(),
            Reading::Each(each) => {
                let each: Vec<_> = each
                    .iter()
                    .map(|(number, one)| format!("{number} {}", answer(one)))
                    .collect();
                each.join(", ")
            }
            Reading::Stop => "stop".into(),
            Reading::Start => "start".into(),
            Reading::Unclear => "unclear".into(),
        }
    }

    #[test]
    fn replies_say_what_their_writers_mean() {
        let mut tried = 0;
        for line in REPLIES.lines() {
            let Some((text, expected)) = line.split_once("=>") else {
                continue;
            };
            let (text, expected) = (text.trim(), expected.trim());
            assert_eq!(told(&read(text)), expected, "{text}");
            tried += 1;
        }
        assert!(tried > 60, "{tried}");
    }
}
