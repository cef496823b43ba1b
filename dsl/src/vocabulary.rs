//! What a person can write in a template, listed: for completion, for a list of values, for the reference.

use rappel_core::Language;

use crate::filters::FILTERS;
use crate::options::Options;
use crate::values::{Value, Values};
use crate::variables::{Print, Variable};

/// The keywords, in English, French, Italian and Spanish.
pub const KEYWORDS: [(&str, [&str; 4]); 7] = [
    ("section", ["IF", "SI", "SE", "SI"]),
    ("alternative", ["ELSE", "SINON", "ALTRIMENTI", "SINO"]),
    ("end of section", ["/IF", "/SI", "/SE", "/SI"]),
    ("and", ["AND", "ET", "E", "Y"]),
    ("or", ["OR", "OU", "O", "O"]),
    ("not", ["NOT", "NON", "NON", "NO"]),
    ("part", ["INCLUDE", "INCLURE", "INCLUDI", "INCLUIR"]),
];

/// A word that can stand in a tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// As it is written: `TRD3`.
    pub text: String,
    /// What it is, for people: `Prénom du patient`.
    pub label: String,
}

/// Every word that can stand in a tag of a template: variables with their labels in `labels`, filters and
/// keywords.
pub fn words(options: &Options, labels: Language) -> Vec<Word> {
    let variables = Variable::all()
        .filter(|variable| variable.offered_by(&options.kind))
        .map(|variable| Word {
            text: variable.to_string(),
            label: variable.label(labels).into(),
        });
    let filters = FILTERS
        .iter()
        .filter(|filter| filter.channels.contains(&options.channel))
        .map(|filter| Word {
            text: filter.name.into(),
            label: filter.summary.into(),
        });
    let keywords = KEYWORDS.iter().flat_map(|(what, words)| {
        let mut words = words.to_vec();
        words.sort_unstable();
        words.dedup();
        words.into_iter().map(|word| Word {
            text: word.into(),
            label: (*what).into(),
        })
    });
    variables.chain(filters).chain(keywords).collect()
}

/// What each variable that the kind offers stands for now, as it prints; `None` where it is absent.
pub fn current(values: &dyn Values, options: &Options) -> Vec<(Variable, Option<String>)> {
    Variable::all()
        .filter(|variable| variable.offered_by(&options.kind))
        .map(|variable| (variable, shown(values, variable, options.language)))
        .collect()
}

fn shown(values: &dyn Values, variable: Variable, language: Language) -> Option<String> {
    let value = values
        .value(variable, language)
        .filter(|value| !value.is_empty())?;
    let print = match variable.row().print {
        Print::Never => Print::Plain,
        print => print,
    };
    Some(Value::into_words(value, print, language).into_owned())
}
