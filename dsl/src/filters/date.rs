//! `date`

use chrono::{Datelike, NaiveDate};
use rappel_core::{ChannelKind, Language};

use super::pattern::{Letters, Piece, twice};
use super::{Argument, ArgumentKind, Example, Filter, Wrong};
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

const LETTERS: Letters = Letters {
    of: "date",
    known: &['d', 'm', 'y'],
    alias: |letter| match letter {
        'j' | 'g' => 'd',
        'a' => 'y',
        letter => letter,
    },
    percent: &[
        ('d', "dd"),
        ('e', "d"),
        ('m', "mm"),
        ('Y', "yyyy"),
        ('y', "yy"),
        ('A', "dddd"),
        ('B', "mmmm"),
        ('F', "yyyy-mm-dd"),
    ],
};

/// The part of a date that letters stand for. The weekday is another one than the day.
fn part(piece: &Piece) -> Option<&'static str> {
    match piece {
        Piece::Literal(_) => None,
        Piece::Letters('d', 4) => Some("weekday"),
        Piece::Letters('d', _) => Some("day"),
        Piece::Letters('m', _) => Some("month"),
        Piece::Letters(..) => Some("year"),
    }
}

/// Reads the form of a date.
pub(super) fn pattern(text: &str) -> Result<Vec<Token>, Wrong> {
    let pieces = LETTERS.pieces(text)?;
    for (second, piece) in pieces.iter().enumerate() {
        let known = part(piece);
        let before = pieces.iter().take(second);
        if let Some(name) = known
            && before.map(part).any(|other| other == known)
        {
            return Err(twice(text, &pieces, "date", name, second));
        }
    }
    let mut tokens = pieces
        .into_iter()
        .map(|piece| match piece {
            Piece::Literal(text) => Ok(Token::Literal(text)),
            Piece::Letters(letter, count) => token(letter, count),
        })
        .collect::<Result<Vec<_>, _>>()?;
    if !tokens
        .iter()
        .any(|token| !matches!(token, Token::Literal(_)))
    {
        return Err(Wrong::new(format!("`{text}` has nothing of a date"))
            .help("write for instance `date \"dd/mm/yyyy\"`"));
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

fn token(letter: char, count: usize) -> Result<Token, Wrong> {
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
            let letters = letter.to_string().repeat(count.min(20));
            return Err(Wrong::new(format!("`{letters}` is no part of a date"))
                .help("there are `d dd dddd m mm mmmm yy yyyy`"));
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
            (
                "le dd",
                "`le` has no meaning in the form of a date; words stand in single quotes: `'le'`",
            ),
            ("d de mmmm de yyyy", "words stand in single quotes: `'de'`"),
            ("dddth", "`'th'`"),
            ("HH:mm", "`HH` has no meaning in the form of a date"),
            (
                "d mmmm d",
                "the day stands twice in `d mmmm d`; a letter that is to be read stands in single quotes: `date \"d mmmm 'd'\"`",
            ),
            ("jj/mm/mm", "the month stands twice"),
            ("yyyy aa", "the year stands twice"),
            ("%d", "write `date \"dd\"`"),
            ("%d/%m/%Y", "write `date \"dd/mm/yyyy\"`"),
            ("%-d de %B", "write `date \"dd 'de' mmmm\"`"),
            ("2 mmmm", "`2` would print in every date"),
            ("dd 'of", "single quote"),
        ] {
            let error = pattern(text).unwrap_err().to_string();
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
        assert_eq!(printed("dddd d 'de' mmmm"), "lundi 1er de juin");
        assert_eq!(printed("dd/mm/yyyy"), "01/06/2026");
        assert_eq!(printed("JJ.MM.AA"), "01.06.26");
        assert_eq!(printed("dddd d mmmm yyyy"), "lundi 1er juin 2026");
    }
}
