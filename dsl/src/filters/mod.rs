//! What a template can do to a value: one file a filter, with its words and its examples.
//!
//! The examples are run as tests and stand in the reference page.

mod capitalize;
mod date;
mod default;
mod digits;
mod initial;
mod lower;
mod money;
mod pattern;
mod spell;
mod time;
mod trim;
mod truncate;
mod upper;

use std::fmt;

use rappel_core::{ChannelKind, Language, nearest};
use rappel_grammar::tree::LiteralValue;

use crate::values::Value;
use crate::variables::{Print, Type};

/// Every filter, as the reference lists them.
pub static FILTERS: &[&Filter] = &[
    &upper::UPPER,
    &lower::LOWER,
    &capitalize::CAPITALIZE,
    &initial::INITIAL,
    &trim::TRIM,
    &truncate::TRUNCATE,
    &default::DEFAULT,
    &date::DATE,
    &time::TIME,
    &money::MONEY,
    &spell::SPELL,
    &digits::DIGITS,
];

/// A filter. Every field has to be filled in: there are no defaults that could leak into the reference.
#[derive(Debug)]
pub struct Filter {
    /// Its name: `truncate`.
    pub name: &'static str,
    /// What it does, in a sentence.
    pub summary: &'static str,
    /// What it can be put on.
    pub accepts: &'static [Type],
    /// What comes out.
    pub gives: Type,
    /// What it wants to be told.
    pub argument: ArgumentKind,
    /// The channels it makes sense on.
    pub channels: &'static [ChannelKind],
    /// What it does, shown.
    pub examples: &'static [Example],
    /// Does it.
    pub(crate) apply:
        for<'v> fn(Option<Value<'v>>, &'v Argument, &Context<'_>) -> Option<Value<'v>>,
}

/// What a filter wants to be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArgumentKind {
    /// Nothing.
    None,
    /// A whole number from 1.
    Count {
        /// What it is, for the reference: `N`.
        name: &'static str,
    },
    /// A text in quotes.
    Text {
        /// What it is, for the reference: `"…"`.
        name: &'static str,
    },
    /// The form of a date in quotes.
    DatePattern,
    /// The form of a time in quotes.
    TimePattern,
}

impl ArgumentKind {
    /// As it stands behind the filter's name in the reference.
    pub fn sample(self) -> &'static str {
        match self {
            ArgumentKind::None => "",
            ArgumentKind::Count { name } | ArgumentKind::Text { name } => name,
            ArgumentKind::DatePattern | ArgumentKind::TimePattern => "\"…\"",
        }
    }
}

/// What a filter does to a value.
#[derive(Debug)]
pub struct Example {
    /// The tag: `[TRD4|upper]`.
    pub tag: &'static str,
    /// The variable's value, as a person types it; empty where it is absent.
    pub value: &'static str,
    /// The language of the message.
    pub language: Language,
    /// What prints.
    pub prints: &'static str,
}

/// What a filter was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Argument {
    /// Nothing.
    None,
    /// So many.
    Count(usize),
    /// These words.
    Text(String),
    /// This form of a date.
    Date(Vec<date::Token>),
    /// This form of a time.
    Time(Vec<time::Token>),
}

/// What a filter may know of the message.
#[derive(Debug)]
pub(crate) struct Context<'c> {
    /// The message's language.
    pub(crate) language: Language,
    /// The clinic's currency.
    pub(crate) currency: &'c str,
    /// How the variable prints.
    pub(crate) print: Print,
}

impl Context<'_> {
    /// A value in the words that it prints as.
    fn words<'v>(&self, value: Value<'v>) -> std::borrow::Cow<'v, str> {
        value.into_words(self.print, self.language)
    }
}

/// Why a filter can't be told something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wrong {
    /// What is wrong.
    pub(crate) message: String,
    /// What to write, where more is known than the filter's example.
    pub(crate) help: Option<String>,
}

impl Wrong {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            help: None,
        }
    }

    fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match &self.help {
            Some(help) => write!(f, "; {help}"),
            None => Ok(()),
        }
    }
}

/// A filter with what it was told.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) filter: &'static Filter,
    pub(crate) argument: Argument,
}

impl PartialEq for Step {
    fn eq(&self, other: &Self) -> bool {
        self.filter.name == other.filter.name && self.argument == other.argument
    }
}

impl Step {
    /// Does it.
    pub(crate) fn apply<'v>(
        &'v self,
        value: Option<Value<'v>>,
        context: &Context<'_>,
    ) -> Option<Value<'v>> {
        (self.filter.apply)(value, &self.argument, context)
    }
}

impl Filter {
    /// The filter of a name, whatever its case.
    pub fn find(name: &str) -> Option<&'static Filter> {
        FILTERS
            .iter()
            .copied()
            .find(|filter| filter.name.eq_ignore_ascii_case(name))
    }

    /// The filter whose name is nearest to one that isn't there.
    pub(crate) fn nearest(name: &str) -> Option<&'static Filter> {
        nearest(
            &name.to_ascii_lowercase(),
            FILTERS.iter().map(|filter| filter.name),
        )
        .and_then(Self::find)
    }

    /// Reads what the filter is told.
    ///
    /// # Errors
    /// What it wants.
    pub(crate) fn read_argument(
        &self,
        given: Option<&LiteralValue<'_>>,
    ) -> Result<Argument, Wrong> {
        let name = self.name;
        let wrong = |message: String| Err(Wrong::new(message));
        match (self.argument, given) {
            (ArgumentKind::None, None) => Ok(Argument::None),
            (ArgumentKind::None, Some(_)) => wrong(format!("`{name}` takes nothing behind it")),
            (ArgumentKind::Count { .. }, Some(LiteralValue::Number(digits))) => {
                match digits.parse() {
                    Ok(count @ 1..=1000) => Ok(Argument::Count(count)),
                    _ => wrong(format!("`{name}` takes a whole number from 1 to 1000")),
                }
            }
            (ArgumentKind::Count { .. }, _) => {
                wrong(format!("`{name}` needs a number: `{name} 40`"))
            }
            (ArgumentKind::Text { .. }, Some(LiteralValue::Text(text))) => {
                Ok(Argument::Text(text.to_string()))
            }
            (ArgumentKind::Text { .. }, _) => wrong(format!(
                "`{name}` needs a text in quotes: `{name} \"aucun\"`"
            )),
            (ArgumentKind::DatePattern, Some(LiteralValue::Text(text))) => {
                date::pattern(text).map(Argument::Date)
            }
            (ArgumentKind::DatePattern, _) => wrong(format!(
                "`{name}` needs the form of the date in quotes: `{name} \"dd/mm/yyyy\"`"
            )),
            (ArgumentKind::TimePattern, Some(LiteralValue::Text(text))) => {
                time::pattern(text).map(Argument::Time)
            }
            (ArgumentKind::TimePattern, _) => wrong(format!(
                "`{name}` needs the form of the time in quotes: `{name} \"hh:mm\"`"
            )),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::values::Sheet;
    use crate::variables::Variable;
    use crate::{Options, compile};
    use rappel_core::Kind;

    #[test]
    fn the_examples_are_true() {
        for filter in FILTERS {
            assert!(
                !filter.examples.is_empty(),
                "{} has no example",
                filter.name
            );
            for example in filter.examples {
                let channel = filter.channels[0];
                let mut options = Options::new(Kind::REMINDER, channel, example.language);
                options.sms_mode = rappel_core::settings::SmsMode::Unicode;
                let compiled = compile("example", example.tag, &options, &crate::no_parts);
                assert!(
                    compiled.template.is_some(),
                    "{}: {:?}",
                    example.tag,
                    compiled.diagnostics
                );
                let name = example.tag[1..].split(['|', ']']).next().unwrap();
                let mut sheet = Sheet::new();
                sheet
                    .type_in(Variable::find(name).unwrap(), example.value)
                    .unwrap();
                let content = compiled.template.unwrap().render(&sheet);
                assert_eq!(
                    content.map(|content| content.text),
                    Ok(example.prints.to_string()),
                    "{}",
                    example.tag
                );
            }
        }
    }

    #[test]
    fn a_slip_in_an_argument_says_what_is_wanted() {
        let number = LiteralValue::Number("40");
        let text = LiteralValue::Text("x".into());
        for filter in FILTERS {
            let wrong = match filter.argument {
                ArgumentKind::None => Some(&text),
                ArgumentKind::Count { .. } => Some(&text),
                _ => Some(&number),
            };
            let error = filter.read_argument(wrong).unwrap_err().to_string();
            assert!(error.contains(filter.name), "{error}");
        }
        assert!(
            Filter::find("truncate")
                .unwrap()
                .read_argument(Some(&LiteralValue::Number("0")))
                .is_err()
        );
        assert!(
            Filter::find("truncate")
                .unwrap()
                .read_argument(None)
                .is_err()
        );
    }
}
