//! `time`

use chrono::{NaiveTime, Timelike};
use rappel_core::{ChannelKind, Language};

use super::{Argument, ArgumentKind, Example, Filter};
use crate::values::Value;
use crate::variables::Type;
use crate::words;

pub(super) static TIME: Filter = Filter {
    name: "time",
    summary: "Writes a time in another form: `h hh` the hour, `mm` the minutes, `am/pm` for a clock of twelve \
              hours. Words stand in single quotes.",
    accepts: &[Type::Time],
    gives: Type::Text,
    argument: ArgumentKind::TimePattern,
    channels: &ChannelKind::ALL,
    examples: &[
        Example {
            tag: "[TRD9|time \"h'h'mm\"]",
            value: "09:05",
            language: Language::Fr,
            prints: "9h05",
        },
        Example {
            tag: "[TRD9|time \"h:mm am/pm\"]",
            value: "14:30",
            language: Language::En,
            prints: "2:30 pm",
        },
    ],
    apply: |value, argument, _| match (value?, argument) {
        (Value::Time(time), Argument::Time(pattern)) => {
            let mut out = String::new();
            print(pattern, time, &mut out);
            Some(Value::Text(out.into()))
        }
        (value, _) => Some(value),
    },
};

/// A piece of a time's form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Token {
    Literal(String),
    Hour,
    TwoDigitHour,
    /// The hour of a clock of twelve hours.
    HalfDayHour,
    TwoDigitHalfDayHour,
    TwoDigitMinute,
    HalfDay,
}

/// A piece of a form before its letters have a meaning.
pub(super) enum Piece {
    Literal(String),
    /// A letter and how many times it stands there.
    Letters(char, usize),
}

/// Takes a form apart into runs of its letters and what stands between them. Other letters are an error:
/// words stand in single quotes.
pub(super) fn pieces(
    text: &str,
    letters: &[char],
    alias: fn(char) -> char,
) -> Result<Vec<Piece>, String> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if first == '\'' {
            let quoted = &rest[1..];
            let end = quoted
                .find('\'')
                .ok_or("a single quote is never closed; words stand in two of them: `'h'`")?;
            pieces.push(Piece::Literal(quoted[..end].to_string()));
            rest = &quoted[end + 1..];
            continue;
        }
        let run: usize = rest
            .chars()
            .take_while(|c| *c == first)
            .map(char::len_utf8)
            .sum();
        let letter = alias(first.to_ascii_lowercase());
        if letters.contains(&letter) {
            pieces.push(Piece::Letters(letter, run));
        } else if first.is_alphabetic() {
            return Err(format!(
                "`{first}` has no meaning in this form; words stand in single quotes: `'{first}'`"
            ));
        } else {
            pieces.push(Piece::Literal(rest[..run].to_string()));
        }
        rest = &rest[run..];
    }
    Ok(pieces)
}

/// Reads the form of a time.
pub(super) fn pattern(text: &str) -> Result<Vec<Token>, String> {
    const HALF_DAY: &str = "am/pm";
    let lower = text.to_ascii_lowercase();
    let (before, after) = lower
        .split_once(HALF_DAY)
        .map_or((text, None), |(before, _)| {
            (
                &text[..before.len()],
                Some(&text[before.len() + HALF_DAY.len()..]),
            )
        });
    let half_day = after.is_some();
    let mut tokens = part(before, half_day)?;
    if let Some(after) = after {
        tokens.push(Token::HalfDay);
        tokens.extend(part(after, half_day)?);
    }
    if !tokens
        .iter()
        .any(|token| !matches!(token, Token::Literal(_)))
    {
        return Err(format!(
            "`{text}` has nothing of a time; write for instance `time \"hh:mm\"`"
        ));
    }
    Ok(tokens)
}

fn part(text: &str, half_day: bool) -> Result<Vec<Token>, String> {
    pieces(text, &['h', 'm'], |letter| letter)?
        .into_iter()
        .map(|piece| match piece {
            Piece::Literal(text) => Ok(Token::Literal(text)),
            Piece::Letters('h', 1) => Ok(if half_day {
                Token::HalfDayHour
            } else {
                Token::Hour
            }),
            Piece::Letters('h', 2) => Ok(if half_day {
                Token::TwoDigitHalfDayHour
            } else {
                Token::TwoDigitHour
            }),
            Piece::Letters('m', 2) => Ok(Token::TwoDigitMinute),
            Piece::Letters(letter, count) => Err(format!(
                "`{}` is no part of a time; there are `h hh mm am/pm`",
                letter.to_string().repeat(count)
            )),
        })
        .collect()
}

fn print(pattern: &[Token], time: NaiveTime, out: &mut String) {
    let (afternoon, half_day_hour) = time.hour12();
    for token in pattern {
        match token {
            Token::Literal(text) => out.push_str(text),
            Token::Hour => out.push_str(&time.hour().to_string()),
            Token::TwoDigitHour => words::push_two_digits(out, time.hour()),
            Token::HalfDayHour => out.push_str(&half_day_hour.to_string()),
            Token::TwoDigitHalfDayHour => words::push_two_digits(out, half_day_hour),
            Token::TwoDigitMinute => words::push_two_digits(out, time.minute()),
            Token::HalfDay => out.push_str(if afternoon { "pm" } else { "am" }),
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
            ("hhh", "`hhh` is no part of a time"),
            ("m", "`m`"),
            ("", "nothing of a time"),
            ("à hh", "`à`"),
        ] {
            let error = pattern(text).unwrap_err();
            assert!(error.contains(says), "{text}: {error}");
        }
    }

    #[test]
    fn noon_and_midnight_are_twelve() {
        let printed = |time: &str| {
            let mut out = String::new();
            print(
                &pattern("hh:mm AM/PM").unwrap(),
                time.parse().unwrap(),
                &mut out,
            );
            out
        };
        assert_eq!(printed("00:05:00"), "12:05 am");
        assert_eq!(printed("12:00:00"), "12:00 pm");
        assert_eq!(printed("13:00:00"), "01:00 pm");
    }
}
