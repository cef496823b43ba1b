//! `date`

use chrono::{Datelike, NaiveDate};
use rappel_core::{ChannelKind, Language};

use super::{Argument, ArgumentKind, Example, Filter};
use crate::values::Value;
use crate::variables::Type;
use crate::words;

pub(super) static DATE: Filter = Filter {
    name: "date",
    summary: "Writes a date in another form: `d dd` the day, `dddd` the weekday, `m mm` the month, `mmmm` its name, \
              `yy yyyy` the year. `j` (jour), `g` (giorno) and `a` (année, anno, año) are understood too. Words \
              stand in single quotes.",
    accepts: &[Type::Date],
    gives: Type::Text,
    argument: ArgumentKind::DatePattern,
    channels: &ChannelKind::ALL,
    examples: &[
        Example {
            tag: "[TRD8|date \"d mmmm yyyy\"]",
            value: "2026-06-01",
            language: Language::Fr,
            prints: "1er juin 2026",
        },
        Example {
            tag: "[TRD8|date \"jj.mm.aa\"]",
            value: "2026-06-03",
            language: Language::Fr,
            prints: "03.06.26",
        },
        Example {
            tag: "[TRD8|date \"dddd 'the' d\"]",
            value: "2026-06-03",
            language: Language::En,
            prints: "Wednesday the 3",
        },
    ],
    apply: |value, argument, context| match (value?, argument) {
        (Value::Date(date), Argument::Date(pattern)) => {
            let mut out = String::new();
            print(pattern, date, context.language, &mut out);
            Some(Value::Text(out.into()))
        }
        (value, _) => Some(value),
    },
};

/// A piece of a date's form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Token {
    Literal(String),
    Day,
    /// The day before the month's name: `1er` in French.
    DayBeforeMonth,
    TwoDigitDay,
    Weekday,
    Month,
    TwoDigitMonth,
    MonthName,
    TwoDigitYear,
    Year,
}

/// Reads the form of a date.
pub(super) fn pattern(text: &str) -> Result<Vec<Token>, String> {
    let mut tokens = super::time::pieces(text, &['d', 'm', 'y'], |letter| match letter {
        'j' | 'g' => 'd',
        'a' => 'y',
        letter => letter,
    })?
    .into_iter()
    .map(|piece| match piece {
        super::time::Piece::Literal(text) => Ok(Token::Literal(text)),
        super::time::Piece::Letters(letter, count) => token(letter, count),
    })
    .collect::<Result<Vec<_>, _>>()?;
    if !tokens
        .iter()
        .any(|token| !matches!(token, Token::Literal(_)))
    {
        return Err(format!(
            "`{text}` has nothing of a date; write for instance `date \"dd/mm/yyyy\"`"
        ));
    }
    let mut month_name_follows = false;
    for token in tokens.iter_mut().rev() {
        match token {
            Token::MonthName => month_name_follows = true,
            Token::Day if month_name_follows => *token = Token::DayBeforeMonth,
            Token::Literal(_) => {}
            _ => month_name_follows = false,
        }
    }
    Ok(tokens)
}

fn token(letter: char, count: usize) -> Result<Token, String> {
    Ok(match (letter, count) {
        ('d', 1) => Token::Day,
        ('d', 2) => Token::TwoDigitDay,
        ('d', 4) => Token::Weekday,
        ('m', 1) => Token::Month,
        ('m', 2) => Token::TwoDigitMonth,
        ('m', 4) => Token::MonthName,
        ('y', 2) => Token::TwoDigitYear,
        ('y', 4) => Token::Year,
        _ => {
            return Err(format!(
                "`{}` is no part of a date; there are `d dd dddd m mm mmmm yy yyyy`",
                letter.to_string().repeat(count)
            ));
        }
    })
}

fn print(pattern: &[Token], date: NaiveDate, language: Language, out: &mut String) {
    for token in pattern {
        match token {
            Token::Literal(text) => out.push_str(text),
            Token::Day => out.push_str(words::day_of_month(date)),
            Token::DayBeforeMonth => words::push_day_before_month(out, date, language),
            Token::TwoDigitDay => words::push_two_digits(out, date.day()),
            Token::Weekday => out.push_str(words::weekday(date, language)),
            Token::Month => out.push_str(&date.month().to_string()),
            Token::TwoDigitMonth => words::push_two_digits(out, date.month()),
            Token::MonthName => out.push_str(words::month(date, language)),
            Token::TwoDigitYear => words::push_two_digits(out, date.year().unsigned_abs() % 100),
            Token::Year => words::push_year(out, date),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_form_says_what_is() {
        for (text, says) in [
            ("ddd", "`ddd` is no part of a date"),
            ("", "nothing of a date"),
            ("'dd'", "nothing of a date"),
            ("le dd", "`l`"),
            ("dd 'of", "single quote"),
        ] {
            let error = pattern(text).unwrap_err();
            assert!(error.contains(says), "{text}: {error}");
        }
    }

    #[test]
    fn only_a_day_before_its_months_name_is_an_ordinal() {
        let printed = |text: &str| {
            let mut out = String::new();
            print(
                &pattern(text).unwrap(),
                "2026-06-01".parse().unwrap(),
                Language::Fr,
                &mut out,
            );
            out
        };
        assert_eq!(printed("d mmmm"), "1er juin");
        assert_eq!(printed("d/m"), "1/6");
        assert_eq!(printed("mmmm, d"), "juin, 1");
        assert_eq!(printed("d dd 'de' mmmm"), "1 01 de juin");
    }
}
