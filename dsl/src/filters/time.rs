//! `time`

use chrono::{NaiveTime, Timelike};
use rappel_core::{ChannelKind, Language};

use super::pattern::{Letters, Piece, twice};
use super::{Argument, ArgumentKind, Example, Filter, Wrong};
use crate::values::Value;
use crate::variables::Type;
use crate::words;

pub(super) static TIME: Filter = Filter {
    name: "time",
    summary: "Writes a time in another form: `h hh` the hour, `mm` the minutes, `am/pm` for a clock of twelve \
              hours. Words stand in single quotes, and so does an `h` that is to be read: `h'h'mm`.",
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
            tag: "[TRD9|time \"HH 'h' mm\"]",
            value: "09:05",
            language: Language::Fr,
            prints: "09 h 05",
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

const LETTERS: Letters = Letters {
    of: "time",
    known: &['h', 'm'],
    alias: |letter| letter,
    percent: &[
        ('H', "hh"),
        ('k', "h"),
        ('I', "hh"),
        ('l', "h"),
        ('M', "mm"),
        ('R', "hh:mm"),
        ('p', "am/pm"),
        ('P', "am/pm"),
    ],
};

const HALF_DAY: &str = "am/pm";

/// Reads the form of a time.
pub(super) fn pattern(text: &str) -> Result<Vec<Token>, Wrong> {
    let lower = text.to_ascii_lowercase();
    let (before, after) = match lower.find(HALF_DAY) {
        Some(at) => (&text[..at], Some(&text[at + HALF_DAY.len()..])),
        None => (text, None),
    };
    let mut pieces = LETTERS.pieces(before)?;
    let half_day = after.map(|_| pieces.len());
    if let Some(after) = after {
        pieces.extend(LETTERS.pieces(after)?);
    }
    for (letter, part) in [('h', "hour"), ('m', "minute")] {
        let is_part = |piece: &Piece| matches!(piece, Piece::Letters(l, _) if *l == letter);
        let mut places = pieces
            .iter()
            .enumerate()
            .filter(|(_, piece)| is_part(piece));
        if let Some((second, _)) = places.nth(1) {
            return Err(match half_day {
                None => twice(text, &pieces, "time", part, second),
                Some(_) => Wrong::new(format!("the {part} stands twice in `{text}`"))
                    .help("write for instance `time \"h:mm am/pm\"`"),
            });
        }
    }
    let mut tokens = pieces
        .into_iter()
        .map(|piece| token(piece, half_day.is_some()))
        .collect::<Result<Vec<_>, _>>()?;
    if let Some(place) = half_day {
        tokens.insert(place, Token::HalfDay);
    }
    if !tokens
        .iter()
        .any(|token| !matches!(token, Token::Literal(_)))
    {
        return Err(Wrong::new(format!("`{text}` has nothing of a time"))
            .help("write for instance `time \"hh:mm\"`"));
    }
    Ok(tokens)
}

fn token(piece: Piece, half_day: bool) -> Result<Token, Wrong> {
    Ok(match (piece, half_day) {
        (Piece::Literal(text), _) => Token::Literal(text),
        (Piece::Letters('h', 1), true) => Token::HalfDayHour,
        (Piece::Letters('h', 2), true) => Token::TwoDigitHalfDayHour,
        (Piece::Letters('h', 1), false) => Token::Hour,
        (Piece::Letters('h', 2), false) => Token::TwoDigitHour,
        (Piece::Letters('m', 2), _) => Token::TwoDigitMinute,
        (Piece::Letters('h', 3), _) => {
            return Err(Wrong::new("`hhh` is no part of a time")
                .help("for the hour with an `h` behind it write `hh'h'`"));
        }
        (Piece::Letters(letter, count), _) => {
            let letters = letter.to_string().repeat(count.min(20));
            return Err(Wrong::new(format!("`{letters}` is no part of a time"))
                .help("there are `h hh mm am/pm`"));
        }
    })
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
            (
                "hhh",
                "`hhh` is no part of a time; for the hour with an `h` behind it write `hh'h'`",
            ),
            ("m", "`m` is no part of a time"),
            ("", "nothing of a time"),
            ("à hh", "words stand in single quotes: `'à'`"),
            ("hh h mm min", "`'min'`"),
            ("hh:mm min", "`'min'`"),
            (
                "HHhmm",
                "the hour stands twice in `HHhmm`; a letter that is to be read stands in single quotes: `time \"HH'h'mm\"`",
            ),
            ("HH h mm", "`time \"HH 'h' mm\"`"),
            ("hhHmm", "`time \"hh'H'mm\"`"),
            ("'à' Hhmm", "`time \"'à' H'h'mm\"`"),
            ("mm:mm", "the minute stands twice"),
            ("h:hh am/pm", "the hour stands twice"),
            ("%H:%M", "write `time \"hh:mm\"`"),
            ("%H", "write `time \"hh\"`"),
            ("%Hh%M", "write `time \"hh'h'mm\"`"),
            ("%T", "for instance `time \"hh:mm\"`"),
            ("hh:00", "`00` would print in every time"),
            ("dd/mm", "`dd` has no meaning in the form of a time"),
        ] {
            let error = pattern(text).unwrap_err().to_string();
            assert!(error.contains(says), "{text}: {error}");
        }
    }

    /// What clinics write in French, Italian, Spanish and English.
    #[test]
    fn the_usual_forms_print_what_they_look_like() {
        for (text, at_five_past_nine, at_half_past_two) in [
            ("HH:mm", "09:05", "14:30"),
            ("H:mm", "9:05", "14:30"),
            ("HH.mm", "09.05", "14.30"),
            ("h'h'mm", "9h05", "14h30"),
            ("HH'h'mm", "09h05", "14h30"),
            ("HH 'h' mm", "09 h 05", "14 h 30"),
            ("'ore' HH:mm", "ore 09:05", "ore 14:30"),
            ("H:mm'h.'", "9:05h.", "14:30h."),
            ("hhmm", "0905", "1430"),
            ("h 'heures'", "9 heures", "14 heures"),
            ("h:mm AM/PM", "9:05 am", "2:30 pm"),
        ] {
            let printed = |time: &str| {
                let mut out = String::new();
                print(&pattern(text).unwrap(), time.parse().unwrap(), &mut out);
                out
            };
            assert_eq!(printed("09:05:00"), at_five_past_nine, "{text}");
            assert_eq!(printed("14:30:00"), at_half_past_two, "{text}");
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
