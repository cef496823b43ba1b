//! What variables stand for in one message.

mod facts;
pub(crate) mod read;
mod sheet;

use std::borrow::Cow;
use std::fmt;

use chrono::{NaiveDate, NaiveTime};
use rappel_core::Language;
use rust_decimal::Decimal;

pub use facts::Facts;
pub use sheet::Sheet;

use crate::render::clean;
use crate::variables::{Print, Type, Variable};
use crate::words;

/// The values of one message.
pub trait Values {
    /// What a variable stands for; `None` where it is absent. Names of months and weekdays are in
    /// `language`.
    fn value(&self, variable: Variable, language: Language) -> Option<Value<'_>>;
}

/// A value. `Debug` hides it: it is a patient's.
#[derive(Clone, PartialEq)]
pub enum Value<'v> {
    /// Words.
    Text(Cow<'v, str>),
    /// A day.
    Date(NaiveDate),
    /// A time of the day.
    Time(NaiveTime),
    /// An amount in the clinic's currency.
    Money(Decimal),
    /// A length in minutes.
    Minutes(u32),
    /// A telephone number, as it is printed.
    Phone(Cow<'v, str>),
    /// The address of a page.
    Url(Cow<'v, str>),
    /// Yes or no.
    Flag(bool),
    /// Words that a voice says letter by letter; only the filter `spell` makes them.
    Spelled(Cow<'v, str>),
}

impl fmt::Debug for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Value(hidden)")
    }
}

impl<'v> Value<'v> {
    /// What it is.
    pub fn kind(&self) -> Type {
        match self {
            Value::Text(_) | Value::Spelled(_) => Type::Text,
            Value::Date(_) => Type::Date,
            Value::Time(_) => Type::Time,
            Value::Money(_) => Type::Money,
            Value::Minutes(_) => Type::Duration,
            Value::Phone(_) => Type::Phone,
            Value::Url(_) => Type::Url,
            Value::Flag(_) => Type::Flag,
        }
    }

    /// The words of a value that is words.
    pub(crate) fn words(&self) -> Option<&str> {
        match self {
            Value::Text(text) | Value::Phone(text) | Value::Url(text) | Value::Spelled(text) => {
                Some(text)
            }
            _ => None,
        }
    }

    /// The same value, borrowed.
    pub(crate) fn borrowed(&self) -> Value<'_> {
        match self {
            Value::Text(text) => Value::Text(Cow::Borrowed(text)),
            Value::Phone(text) => Value::Phone(Cow::Borrowed(text)),
            Value::Url(text) => Value::Url(Cow::Borrowed(text)),
            Value::Spelled(text) => Value::Spelled(Cow::Borrowed(text)),
            Value::Date(date) => Value::Date(*date),
            Value::Time(time) => Value::Time(*time),
            Value::Money(amount) => Value::Money(*amount),
            Value::Minutes(minutes) => Value::Minutes(*minutes),
            Value::Flag(flag) => Value::Flag(*flag),
        }
    }

    /// Whether there is nothing in it to read.
    pub(crate) fn is_empty(&self) -> bool {
        match self.words() {
            Some(text) => match text.as_bytes().first() {
                // Nearly always.
                Some(b'!'..=b'~') => false,
                _ => !text.chars().any(clean::is_visible),
            },
            None => false,
        }
    }

    /// Puts a value that is not words into words.
    pub(crate) fn print(&self, print: Print, language: Language, out: &mut String) {
        match self {
            Value::Text(text) | Value::Phone(text) | Value::Url(text) | Value::Spelled(text) => {
                out.push_str(text);
            }
            Value::Date(date) => match print {
                Print::DayMonth => words::push_day_month(out, *date),
                Print::LongDate => words::push_long_date(out, *date, language),
                _ => {
                    words::push_day_month(out, *date);
                    out.push('/');
                    words::push_year(out, *date);
                }
            },
            Value::Time(time) => words::push_clock(out, *time),
            Value::Money(amount) => words::push_amount(out, *amount, language),
            Value::Minutes(minutes) if print == Print::Minutes => {
                out.push_str(&minutes.to_string())
            }
            Value::Minutes(minutes) => words::push_length(out, *minutes),
            Value::Flag(flag) => out.push_str(if *flag { "yes" } else { "no" }),
        }
    }

    /// The value in words.
    pub(crate) fn into_words(self, print: Print, language: Language) -> Cow<'v, str> {
        match self {
            Value::Text(text) | Value::Phone(text) | Value::Url(text) | Value::Spelled(text) => {
                text
            }
            other => {
                let mut out = String::new();
                other.print(print, language, &mut out);
                Cow::Owned(out)
            }
        }
    }
}

impl Value<'static> {
    /// Reads a value as a person types it: `2026-06-03`, `14:30`, `45.00`, `30`, `yes`.
    ///
    /// # Errors
    /// A sentence that says how values of the type are written.
    pub fn parse(kind: Type, text: &str) -> Result<Self, String> {
        let text = text.trim();
        let wrong = |form: &str| format!("`{text}` is not {}; write {form}", kind.phrase());
        Ok(match kind {
            Type::Text => Value::Text(text.to_string().into()),
            Type::Phone => Value::Phone(text.to_string().into()),
            Type::Url => Value::Url(text.to_string().into()),
            Type::Date => Value::Date(date(text).ok_or_else(|| wrong("it as `2026-06-03`"))?),
            Type::Time => Value::Time(time(text).ok_or_else(|| wrong("it as `14:30`"))?),
            Type::Money => Value::Money(text.parse().map_err(|_| wrong("it as `45.00`"))?),
            Type::Duration => Value::Minutes(text.parse().map_err(|_| wrong("it as `30`"))?),
            Type::Flag => match text.to_ascii_lowercase().as_str() {
                "yes" | "true" | "1" | "oui" | "sì" | "si" | "sí" => Value::Flag(true),
                "no" | "false" | "0" | "non" => Value::Flag(false),
                _ => return Err(wrong("`yes` or `no`")),
            },
        })
    }
}

/// `2026-06-03`
pub(crate) fn date(text: &str) -> Option<NaiveDate> {
    NaiveDate::parse_from_str(text, "%Y-%m-%d")
        .ok()
        .filter(|_| text.len() == 10)
}

/// `14:30` or `9:05`
pub(crate) fn time(text: &str) -> Option<NaiveTime> {
    let (hours, minutes) = text.split_once(':')?;
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let form =
        (1..=2).contains(&hours.len()) && minutes.len() == 2 && digits(hours) && digits(minutes);
    form.then(|| NaiveTime::from_hms_opt(hours.parse().ok()?, minutes.parse().ok()?, 0))?
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn people_type_values() {
        for (kind, good, bad) in [
            (Type::Date, "2026-06-03", "03/06/2026"),
            (Type::Time, "9:05", "9h05"),
            (Type::Time, "14:30", "24:00"),
            (Type::Money, "45.00", "45,00 €"),
            (Type::Duration, "30", "half an hour"),
            (Type::Flag, "Yes", "perhaps"),
        ] {
            assert_eq!(
                Value::parse(kind, good).map(|value| value.kind()),
                Ok(kind),
                "{good}"
            );
            let error = Value::parse(kind, bad).unwrap_err();
            assert!(error.contains(bad) && error.contains("write"), "{error}");
        }
    }

    #[test]
    fn debug_hides() {
        assert_eq!(
            format!("{:?}", Value::Text("Dupont".into())),
            "Value(hidden)"
        );
    }
}
