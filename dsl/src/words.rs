//! Dates, times and amounts in the words of a language.

use std::fmt::Write as _;

use chrono::{Datelike, NaiveDate, NaiveTime, Timelike};
use rappel_core::Language;
use rust_decimal::Decimal;

/// The names that a language has for the calendar, and how it writes a day and an amount.
struct Words {
    weekdays: [&'static str; 7],
    months: [&'static str; 12],
    /// Between the weekday and the day: `martes, 3 de junio`.
    after_weekday: &'static str,
    /// Between the day and the month.
    after_day: &'static str,
    decimal_mark: char,
    /// Between groups of three digits.
    group_mark: char,
}

/// Names as CLDR 45 has them (gregorian, wide, format), weekdays from Monday.
fn words(language: Language) -> &'static Words {
    match language {
        Language::Fr => &Words {
            weekdays: [
                "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche",
            ],
            months: [
                "janvier",
                "février",
                "mars",
                "avril",
                "mai",
                "juin",
                "juillet",
                "août",
                "septembre",
                "octobre",
                "novembre",
                "décembre",
            ],
            after_weekday: " ",
            after_day: " ",
            decimal_mark: ',',
            // CLDR has a narrow no-break space, which is not in the SMS alphabet.
            group_mark: ' ',
        },
        Language::En => &Words {
            weekdays: [
                "Monday",
                "Tuesday",
                "Wednesday",
                "Thursday",
                "Friday",
                "Saturday",
                "Sunday",
            ],
            months: [
                "January",
                "February",
                "March",
                "April",
                "May",
                "June",
                "July",
                "August",
                "September",
                "October",
                "November",
                "December",
            ],
            after_weekday: " ",
            after_day: " ",
            decimal_mark: '.',
            group_mark: ',',
        },
        Language::It => &Words {
            weekdays: [
                "lunedì",
                "martedì",
                "mercoledì",
                "giovedì",
                "venerdì",
                "sabato",
                "domenica",
            ],
            months: [
                "gennaio",
                "febbraio",
                "marzo",
                "aprile",
                "maggio",
                "giugno",
                "luglio",
                "agosto",
                "settembre",
                "ottobre",
                "novembre",
                "dicembre",
            ],
            after_weekday: " ",
            after_day: " ",
            decimal_mark: ',',
            group_mark: '.',
        },
        Language::Es => &Words {
            weekdays: [
                "lunes",
                "martes",
                "miércoles",
                "jueves",
                "viernes",
                "sábado",
                "domingo",
            ],
            months: [
                "enero",
                "febrero",
                "marzo",
                "abril",
                "mayo",
                "junio",
                "julio",
                "agosto",
                "septiembre",
                "octubre",
                "noviembre",
                "diciembre",
            ],
            after_weekday: ", ",
            after_day: " de ",
            decimal_mark: ',',
            group_mark: '.',
        },
        Language::De => &Words {
            weekdays: [
                "Montag",
                "Dienstag",
                "Mittwoch",
                "Donnerstag",
                "Freitag",
                "Samstag",
                "Sonntag",
            ],
            months: [
                "Januar",
                "Februar",
                "März",
                "April",
                "Mai",
                "Juni",
                "Juli",
                "August",
                "September",
                "Oktober",
                "November",
                "Dezember",
            ],
            after_weekday: ", ",
            after_day: ". ",
            decimal_mark: ',',
            group_mark: '.',
        },
        Language::Pt => &Words {
            weekdays: [
                "segunda-feira",
                "terça-feira",
                "quarta-feira",
                "quinta-feira",
                "sexta-feira",
                "sábado",
                "domingo",
            ],
            months: [
                "janeiro",
                "fevereiro",
                "março",
                "abril",
                "maio",
                "junho",
                "julho",
                "agosto",
                "setembro",
                "outubro",
                "novembro",
                "dezembro",
            ],
            after_weekday: ", ",
            after_day: " de ",
            decimal_mark: ',',
            group_mark: '.',
        },
    }
}

/// `lundi`
pub(crate) fn weekday(date: NaiveDate, language: Language) -> &'static str {
    // `% 7` and `% 12` only tell the compiler what chrono promises.
    words(language).weekdays[date.weekday().num_days_from_monday() as usize % 7]
}

/// `juin`
pub(crate) fn month(date: NaiveDate, language: Language) -> &'static str {
    words(language).months[date.month0() as usize % 12]
}

/// `3`
pub(crate) fn day_of_month(date: NaiveDate) -> &'static str {
    const DAYS: [&str; 32] = [
        "0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15", "16",
        "17", "18", "19", "20", "21", "22", "23", "24", "25", "26", "27", "28", "29", "30", "31",
    ];
    DAYS[date.day() as usize % 32]
}

/// `3` before a month's name; French writes `1er`.
pub(crate) fn push_day_before_month(out: &mut String, date: NaiveDate, language: Language) {
    out.push_str(day_of_month(date));
    if language == Language::Fr && date.day() == 1 {
        out.push_str("er");
    }
}

/// `lundi 3 juin`
pub(crate) fn push_long_date(out: &mut String, date: NaiveDate, language: Language) {
    let words = words(language);
    out.push_str(weekday(date, language));
    out.push_str(words.after_weekday);
    push_day_before_month(out, date, language);
    out.push_str(words.after_day);
    out.push_str(month(date, language));
}

/// `03`
pub(crate) fn push_two_digits(out: &mut String, number: u32) {
    let digit = |digit: u32| char::from(b'0' + (digit % 10) as u8);
    out.push(digit(number / 10));
    out.push(digit(number));
}

/// `2026`; years of a civil time have at most four digits.
pub(crate) fn push_year(out: &mut String, date: NaiveDate) {
    let year = date.year().unsigned_abs();
    push_two_digits(out, year / 100);
    push_two_digits(out, year % 100);
}

/// `03/06`
pub(crate) fn push_day_month(out: &mut String, date: NaiveDate) {
    push_two_digits(out, date.day());
    out.push('/');
    push_two_digits(out, date.month());
}

/// `14:30`
pub(crate) fn push_clock(out: &mut String, time: NaiveTime) {
    push_two_digits(out, time.hour());
    out.push(':');
    push_two_digits(out, time.minute());
}

/// `1 234,50` in French; two decimals, rounded half away from zero.
pub(crate) fn push_amount(out: &mut String, amount: Decimal, language: Language) {
    let words = words(language);
    let rounded =
        amount.round_dp_with_strategy(2, rust_decimal::RoundingStrategy::MidpointAwayFromZero);
    let text = format!("{:.2}", rounded.abs());
    let (whole, cents) = text.split_once('.').unwrap_or((&text, "00"));
    if rounded.is_sign_negative() && !rounded.is_zero() {
        out.push('-');
    }
    for (index, digit) in whole.char_indices() {
        if index > 0 && (whole.len() - index) % 3 == 0 {
            out.push(words.group_mark);
        }
        out.push(digit);
    }
    out.push(words.decimal_mark);
    out.push_str(cents);
}

/// `45,00 €`, in English `€45.00`.
pub(crate) fn push_money(out: &mut String, amount: Decimal, currency: &str, language: Language) {
    if language == Language::En {
        out.push_str(currency);
        if currency.ends_with(|c: char| c.is_alphabetic()) {
            out.push(' ');
        }
        push_amount(out, amount, language);
    } else {
        push_amount(out, amount, language);
        out.push(' ');
        out.push_str(currency);
    }
}

/// `30 min`, `1 h 30 min`, `2 h`: understood in all the languages.
pub(crate) fn push_length(out: &mut String, minutes: u32) {
    let (hours, minutes) = (minutes / 60, minutes % 60);
    // Writing to a String can't fail.
    let _ = match (hours, minutes) {
        (0, minutes) => write!(out, "{minutes} min"),
        (hours, 0) => write!(out, "{hours} h"),
        (hours, minutes) => write!(out, "{hours} h {minutes} min"),
    };
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn printed(push: impl FnOnce(&mut String)) -> String {
        let mut out = String::new();
        push(&mut out);
        out
    }

    #[test]
    fn dates_follow_the_language() {
        for (language, first, third) in [
            (Language::Fr, "lundi 1er juin", "mercredi 3 juin"),
            (Language::En, "Monday 1 June", "Wednesday 3 June"),
            (Language::It, "lunedì 1 giugno", "mercoledì 3 giugno"),
            (Language::Es, "lunes, 1 de junio", "miércoles, 3 de junio"),
            (Language::De, "Montag, 1. Juni", "Mittwoch, 3. Juni"),
            (
                Language::Pt,
                "segunda-feira, 1 de junho",
                "quarta-feira, 3 de junho",
            ),
        ] {
            assert_eq!(
                printed(|out| push_long_date(out, date("2026-06-01"), language)),
                first
            );
            assert_eq!(
                printed(|out| push_long_date(out, date("2026-06-03"), language)),
                third
            );
        }
    }

    #[test]
    fn every_name_is_there_in_every_language() {
        for language in Language::ALL {
            let mut days: Vec<_> = date("2026-06-01").iter_days().take(7).collect();
            days.extend((1..=12).filter_map(|month| NaiveDate::from_ymd_opt(2026, month, 1)));
            let names: std::collections::BTreeSet<_> = days[..7]
                .iter()
                .map(|day| weekday(*day, language))
                .chain(days[7..].iter().map(|day| month(*day, language)))
                .collect();
            assert_eq!(names.len(), 19, "{language}");
        }
    }

    #[test]
    fn amounts_follow_the_language() {
        let money = |amount: &str, currency: &str, language| {
            printed(|out| push_money(out, amount.parse().unwrap(), currency, language))
        };
        assert_eq!(money("45", "€", Language::Fr), "45,00 €");
        assert_eq!(money("1234.5", "€", Language::Fr), "1 234,50 €");
        assert_eq!(money("1234567.895", "€", Language::De), "1.234.567,90 €");
        assert_eq!(money("45", "£", Language::En), "£45.00");
        assert_eq!(money("45", "CHF", Language::En), "CHF 45.00");
        assert_eq!(money("-0.005", "€", Language::It), "-0,01 €");
        assert_eq!(money("-0.001", "€", Language::It), "0,00 €");
    }

    #[test]
    fn lengths_are_hours_and_minutes() {
        for (minutes, text) in [
            (0, "0 min"),
            (30, "30 min"),
            (60, "1 h"),
            (90, "1 h 30 min"),
        ] {
            assert_eq!(printed(|out| push_length(out, minutes)), text);
        }
    }
}
