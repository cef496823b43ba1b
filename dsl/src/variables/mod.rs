//! The values that a template can name: one table, a row each.

mod table;

use std::fmt;

use rappel_core::kind::{About, STOCK_KINDS};
use rappel_core::settings::HealthData;
use rappel_core::{Kind, Language, Named, nearest};

use crate::values::{Facts, Value};

pub use table::TABLE;

/// What a value is, and so what fits it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Type {
    /// Words.
    Text,
    /// A day of the calendar.
    Date,
    /// A time of the day.
    Time,
    /// An amount in the clinic's currency.
    Money,
    /// A length in minutes.
    Duration,
    /// A telephone number.
    Phone,
    /// The address of a page.
    Url,
    /// Yes or no.
    Flag,
}

impl Type {
    /// Every type.
    pub const ALL: [Type; 8] = [
        Type::Text,
        Type::Date,
        Type::Time,
        Type::Money,
        Type::Duration,
        Type::Phone,
        Type::Url,
        Type::Flag,
    ];

    /// Its name: `text`.
    pub fn name(self) -> &'static str {
        match self {
            Type::Text => "text",
            Type::Date => "date",
            Type::Time => "time",
            Type::Money => "money",
            Type::Duration => "duration",
            Type::Phone => "phone",
            Type::Url => "url",
            Type::Flag => "flag",
        }
    }

    /// Its name in a sentence: `a text`.
    pub fn phrase(self) -> &'static str {
        match self {
            Type::Text => "a text",
            Type::Date => "a date",
            Type::Time => "a time",
            Type::Money => "an amount",
            Type::Duration => "a number of minutes",
            Type::Phone => "a telephone number",
            Type::Url => "a link",
            Type::Flag => "a yes or no",
        }
    }
}

/// How a value is put into words when no filter says otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Print {
    /// As it is.
    Plain,
    /// `03/06/2026`
    DayMonthYear,
    /// `03/06`
    DayMonth,
    /// `mercredi 3 juin`
    LongDate,
    /// `14:30`
    Clock,
    /// `45,00`: an amount in the language's form, without the currency.
    Amount,
    /// `30 min`, `1 h 30 min`
    Length,
    /// `20`: minutes without a unit.
    Minutes,
    /// Not at all: the value is for conditions.
    Never,
}

/// How a template calls a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Id {
    /// `TRD3`
    Number(u8),
    /// `CONFIRM_URL`
    Named(Named),
}

/// What a value is called for people, in the languages of those who write templates.
#[derive(Debug)]
#[allow(missing_docs, reason = "the fields are ISO 639-1 codes")]
pub struct Labels {
    pub fr: &'static str,
    pub en: &'static str,
    pub it: &'static str,
    pub es: &'static str,
}

/// A row of the table.
#[derive(Debug)]
pub struct Row {
    /// How templates call it.
    pub id: Id,
    /// Its English name, for JSON and the reference.
    pub name: &'static str,
    /// What people call it.
    pub labels: Labels,
    /// What it is.
    pub kind: Type,
    /// Whether a message may go without it.
    pub may_be_absent: bool,
    /// The most characters to expect, for what an SMS can cost.
    pub longest: usize,
    /// An example, as a person would type it.
    pub example: &'static str,
    /// How it prints.
    pub print: Print,
    /// Where it comes from; names of months and weekdays are in the language.
    pub read: for<'f> fn(&'f Facts<'_>, Language) -> Option<Value<'f>>,
}

/// A value that a template can name.
#[derive(Clone, Copy)]
pub struct Variable(&'static Row);

impl Variable {
    /// Every variable, in the order of the table.
    pub fn all() -> impl Iterator<Item = Variable> {
        TABLE.iter().map(Variable)
    }

    /// Variable 3 of `[TRD3]`, if the number is assigned.
    pub fn number(number: u32) -> Option<Self> {
        let number = u8::try_from(number).ok()?;
        Self::all().find(|variable| variable.0.id == Id::Number(number))
    }

    /// A named value.
    pub fn named(named: Named) -> Option<Self> {
        Self::all().find(|variable| variable.0.id == Id::Named(named))
    }

    /// The named value of a word, whatever its case.
    pub fn word(word: &str) -> Option<Self> {
        let named = Named::ALL
            .into_iter()
            .find(|named| named.name().eq_ignore_ascii_case(word))?;
        Self::named(named)
    }

    /// The variable that a person means by `TRD3`, `3` or `confirm_url`.
    pub fn find(name: &str) -> Option<Self> {
        let name = name.trim();
        let digits = match name.get(..3) {
            Some(prefix) if prefix.eq_ignore_ascii_case("TRD") => &name[3..],
            _ => name,
        };
        match digits.parse() {
            Ok(number) => Self::number(number),
            Err(_) => Self::word(name),
        }
    }

    /// The variable whose name is nearest to one that isn't there.
    pub(crate) fn nearest(name: &str) -> Option<Self> {
        let names: Vec<String> = Self::all().map(|variable| variable.to_string()).collect();
        let name = name.to_ascii_uppercase();
        nearest(&name, names.iter().map(String::as_str)).and_then(Self::find)
    }

    /// The variable whose number was typed with a digit twice: 9 for 99. Numbers that only lie near each other
    /// have nothing in common.
    pub(crate) fn typed_twice(number: u32) -> Option<Self> {
        let digits = number.to_string();
        let once = digits
            .as_bytes()
            .windows(2)
            .position(|pair| pair[0] == pair[1])?;
        let (before, after) = digits.split_at_checked(once)?;
        format!("{before}{}", after.get(1..)?)
            .parse()
            .ok()
            .and_then(Self::number)
    }

    /// All that the table says of it.
    pub fn row(self) -> &'static Row {
        self.0
    }

    /// What it is.
    pub fn kind(self) -> Type {
        self.0.kind
    }

    /// Whether a message may go without it.
    pub fn may_be_absent(self) -> bool {
        self.0.may_be_absent
    }

    /// Whether it can stand in a text.
    pub fn prints(self) -> bool {
        self.0.print != Print::Never
    }

    /// What it tells of a person's health.
    pub fn health(self) -> Option<HealthData> {
        match self.0.id {
            Id::Number(11) | Id::Named(Named::Appointments) => Some(HealthData::Service),
            Id::Number(12) => Some(HealthData::Price),
            Id::Number(14) => Some(HealthData::Notes),
            Id::Number(23) => Some(HealthData::Prerequisites),
            Id::Number(37) => Some(HealthData::Group),
            _ => None,
        }
    }

    /// Whether templates of a kind may use it.
    pub fn offered_by(self, kind: &Kind) -> bool {
        match self.0.id {
            Id::Number(number) => match kind.about() {
                About::Appointment => true,
                About::Patient => is_of_facility(number) || is_of_patient(number),
                About::Day => is_of_facility(number) || is_of_resource(number) || is_of_day(number),
                About::Clinic => is_of_facility(number),
            },
            Id::Named(named) => kind.offers(named),
        }
    }

    /// The stock kinds whose templates may use it.
    pub fn offering(self) -> impl Iterator<Item = Kind> {
        STOCK_KINDS
            .iter()
            .filter_map(|stock| Kind::parse(stock.name).ok())
            .filter(move |kind| self.offered_by(kind))
    }

    /// What people call it; in English where the table has no label in their language.
    pub fn label(self, language: Language) -> &'static str {
        let labels = &self.0.labels;
        match language {
            Language::Fr => labels.fr,
            Language::It => labels.it,
            Language::Es => labels.es,
            Language::En | Language::De | Language::Pt => labels.en,
        }
    }

    /// Its example as a value.
    pub fn example(self) -> Option<Value<'static>> {
        Value::parse(self.0.kind, self.0.example).ok()
    }
}

fn is_of_facility(number: u8) -> bool {
    matches!(number, 0 | 1 | 38)
}

fn is_of_patient(number: u8) -> bool {
    matches!(number, 3 | 4 | 35 | 36)
}

fn is_of_resource(number: u8) -> bool {
    matches!(number, 5..=7)
}

/// The forms of a date.
fn is_of_day(number: u8) -> bool {
    matches!(number, 8 | 25 | 26 | 31..=33)
}

impl PartialEq for Variable {
    fn eq(&self, other: &Self) -> bool {
        self.0.id == other.0.id
    }
}

impl Eq for Variable {}

impl PartialOrd for Variable {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Variable {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.id.cmp(&other.0.id)
    }
}

impl fmt::Display for Variable {
    /// As a template writes it, without the brackets: `TRD3`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.id {
            Id::Number(number) => write!(f, "TRD{number}"),
            Id::Named(named) => f.write_str(named.name()),
        }
    }
}

impl fmt::Debug for Variable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_of_the_contract_has_its_row_and_no_other() {
        let unassigned = [2, 15, 16, 17, 18, 19, 20, 21, 22, 34];
        for number in 0..=60 {
            let assigned = number < 40 && !unassigned.contains(&number);
            assert_eq!(Variable::number(number).is_some(), assigned, "TRD{number}");
        }
        for named in Named::ALL {
            assert!(Variable::named(named).is_some(), "{}", named.name());
        }
        assert_eq!(TABLE.len(), 30 + Named::ALL.len());
    }

    #[test]
    fn names_and_labels_tell_the_rows_apart() {
        for read in [
            |row: &Row| row.name,
            |row: &Row| row.labels.fr,
            |row: &Row| row.labels.en,
            |row: &Row| row.labels.it,
            |row: &Row| row.labels.es,
        ] {
            let mut names: Vec<_> = TABLE.iter().map(read).collect();
            names.sort_unstable();
            let all = names.len();
            names.dedup();
            assert_eq!(names.len(), all, "{names:?}");
        }
    }

    #[test]
    fn examples_are_values_of_their_type_and_no_longer_than_the_longest() {
        for variable in Variable::all() {
            let row = variable.row();
            assert!(variable.example().is_some(), "{variable}: {}", row.example);
            assert!(
                row.example.chars().count() <= row.longest || !variable.prints(),
                "{variable}"
            );
        }
    }

    #[test]
    fn a_digit_typed_twice_is_told_from_a_number_that_there_is_not() {
        for (typed, meant) in [
            (99, Some(9)),
            (311, Some(31)),
            (388, Some(38)),
            (2, None),
            (34, None),
            (40, None),
            (22, None),
            (4_294_967_295, None),
        ] {
            assert_eq!(
                Variable::typed_twice(typed),
                meant.and_then(Variable::number),
                "{typed}"
            );
        }
    }

    #[test]
    fn people_find_a_variable_by_its_number_or_name() {
        for name in ["TRD3", "trd3", "3", " 3 "] {
            assert_eq!(Variable::find(name), Variable::number(3), "{name}");
        }
        assert_eq!(
            Variable::find("confirm_url"),
            Variable::named(Named::ConfirmUrl)
        );
        for name in ["", "TRD", "TRD99", "é", "trdé", "99999999999999999999"] {
            assert_eq!(Variable::find(name), None, "{name}");
        }
    }
}
