//! The values that each variable is tried with.

use chrono::{NaiveDate, NaiveTime};
use rappel_core::settings::SmsMode;
use rappel_core::{Language, Named};
use rust_decimal::Decimal;

use crate::check::{Comparison, Operator, Side, beside};
use crate::compile::{Program, Source as _};
use crate::options::Options;
use crate::render::Live;
use crate::render::clean::Place;
use crate::sms::is_in_alphabet;
use crate::values::{Sheet, Value};
use crate::variables::{Id, Type, Variable};
use crate::words;

/// Which end is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Aim {
    Longest,
    Shortest,
}

/// The values to try, and all their combinations.
pub(super) struct Candidates {
    aim: Aim,
    /// Those that take one value only.
    fixed: Vec<(Variable, Option<Value<'static>>)>,
    /// Those that are tried with several.
    tried: Vec<(Variable, Vec<Option<Value<'static>>>)>,
    /// Which of them a condition asks for.
    asked: Vec<Variable>,
    /// Whether these values decide every condition in every way.
    complete: bool,
}

/// The most texts that conditions may look for in one value: each may be in it or not.
const MOST_CONTAINED: usize = 5;

impl Candidates {
    pub(super) fn new(program: &Program, options: &Options, aim: Aim) -> Self {
        let asked = asked(program);
        let mut this = Self {
            aim,
            fixed: Vec::new(),
            tried: Vec::new(),
            asked,
            complete: true,
        };
        let mut variables: Vec<Variable> = program
            .slots
            .iter()
            .map(|slot| slot.variable)
            .chain(this.asked.clone())
            .collect();
        variables.sort();
        variables.dedup();
        for variable in variables {
            let extreme = Some(extreme(variable, program, options, aim));
            let mut values = if this.asked.contains(&variable) {
                let mut values = vec![None, extreme.clone()];
                let (compared, complete) = compared(variable, program, options, aim);
                this.complete &= complete;
                let compared = compared.into_iter().map(Some);
                values.extend(compared.filter(|value| *value != extreme));
                values
            } else if !variable.may_be_absent() {
                vec![extreme]
            } else {
                // Absent is not always shortest: a default may say more, and an empty message is none.
                let default = program
                    .slots
                    .iter()
                    .any(|slot| slot.variable == variable && slot.has_default());
                match aim {
                    Aim::Longest if !default => vec![extreme],
                    _ => vec![None, extreme],
                }
            };
            if values.len() == 1 {
                this.fixed.push((variable, values.pop().flatten()));
            } else {
                this.tried.push((variable, values));
            }
        }
        this
    }

    /// Whether the ends of all messages are among the combinations.
    pub(super) fn complete(&self) -> bool {
        self.complete
    }

    pub(super) fn aim(&self) -> Aim {
        self.aim
    }

    /// How many combinations there are; the largest number where that is too many to count.
    pub(super) fn combinations(&self) -> usize {
        self.tried.iter().fold(1usize, |product, (_, values)| {
            product.saturating_mul(values.len())
        })
    }

    /// The values of one combination.
    pub(super) fn sheet(&self, index: usize) -> Sheet<'_> {
        let mut sheet = Sheet::new();
        for (variable, value) in &self.fixed {
            sheet.set(*variable, value.as_ref().map(Value::borrowed));
        }
        for (variable, value) in self.combination(index) {
            sheet.set(variable, value.map(Value::borrowed));
        }
        sheet
    }

    fn combination(
        &self,
        mut index: usize,
    ) -> impl Iterator<Item = (Variable, Option<&Value<'static>>)> {
        self.tried.iter().map(move |(variable, values)| {
            let value = values.get(index % values.len()).and_then(Option::as_ref);
            index /= values.len();
            (*variable, value)
        })
    }

    /// The values that a variable is tried with.
    pub(super) fn of(&self, variable: Variable) -> impl Iterator<Item = Option<&Value<'static>>> {
        let fixed = self
            .fixed
            .iter()
            .filter(move |(fixed, _)| *fixed == variable)
            .map(|(_, value)| value.as_ref());
        let tried = self
            .tried
            .iter()
            .filter(move |(tried, _)| *tried == variable);
        fixed.chain(tried.flat_map(|(_, values)| values.iter().map(Option::as_ref)))
    }

    /// What a combination's conditions find, in words, as far as it makes a difference: `changes` tells
    /// whether another combination comes to something else.
    pub(super) fn branch(&self, index: usize, changes: impl Fn(usize) -> bool) -> Vec<String> {
        let mut branch = Vec::new();
        let mut weight = 1;
        for (variable, values) in &self.tried {
            let chosen = index / weight % values.len();
            let others = (0..values.len()).filter(|other| *other != chosen);
            let matters = others
                .map(|other| index - chosen * weight + other * weight)
                .any(&changes);
            if matters && self.asked.contains(variable) {
                branch.push(phrase(*variable, values, chosen));
            }
            weight *= values.len();
        }
        branch
    }
}

/// A variable's value in words. The second of its values is the made-up one.
fn phrase(variable: Variable, values: &[Option<Value<'static>>], chosen: usize) -> String {
    let words = matches!(variable.kind(), Type::Text | Type::Phone | Type::Url);
    match values.get(chosen).and_then(Option::as_ref) {
        None => format!("{variable} absent"),
        Some(Value::Flag(true)) => format!("{variable} yes"),
        Some(Value::Flag(false)) => format!("{variable} no"),
        Some(_) if chosen == 1 && values.len() == 2 => format!("{variable} present"),
        Some(_) if chosen == 1 && words => format!("another {variable}"),
        Some(value) => {
            let mut text = String::new();
            value.print(variable.row().print, Language::En, &mut text);
            // What fills a text up to its longest is nobody's words.
            match text.trim_end_matches(LETTER) {
                looked_for if words && text.chars().count() == variable.row().longest => {
                    format!("{variable} with `{looked_for}` in it")
                }
                _ => format!("{variable} = {text}"),
            }
        }
    }
}

/// The variables that conditions ask for.
fn asked(program: &Program) -> Vec<Variable> {
    let mut asked: Vec<Variable> = program
        .asked()
        .iter()
        .filter_map(|slot| program.slots.get(*slot))
        .map(|slot| slot.variable)
        .collect();
    for comparison in &program.comparisons {
        asked.push(comparison.left);
        if let Side::Variable(variable) = comparison.right {
            asked.push(variable);
        }
    }
    asked.sort();
    asked.dedup();
    asked
}

/// The letter that made-up texts are made of, and one outside the SMS alphabet.
const LETTER: char = 'x';
const OUTSIDE: char = 'ê';

/// A variable's longest or shortest value.
fn extreme(variable: Variable, program: &Program, options: &Options, aim: Aim) -> Value<'static> {
    let longest = aim == Aim::Longest;
    let pick = |short: Value<'static>, long: Value<'static>| if longest { long } else { short };
    let letters = |c: char, short: usize| {
        c.to_string().repeat(if longest {
            variable.row().longest
        } else {
            short
        })
    };
    if let Some(names) = names(variable, options) {
        let by_length = |name: &&String| weight(name);
        let name = if longest {
            names.iter().max_by_key(by_length)
        } else {
            names.iter().min_by_key(by_length)
        };
        return Value::Text(name.cloned().unwrap_or_default().into());
    }
    match variable.kind() {
        Type::Text => {
            let mut text = letters(LETTER, 1);
            if longest && options.sms_mode == SmsMode::Unicode {
                text.pop();
                text.push(OUTSIDE);
            }
            Value::Text(text.into())
        }
        // Ten digits are the shortest number of the countries that are served.
        Type::Phone => Value::Phone(letters('0', 10).into()),
        Type::Url => Value::Url(format!("https://{}", &letters(LETTER, 12)[8..]).into()),
        Type::Flag => Value::Flag(true),
        Type::Time => pick(Value::Time(clock(1, 0)), Value::Time(clock(22, 30))),
        Type::Money => pick(
            Value::Money(Decimal::ONE),
            Value::Money(Decimal::new(9_999_999, 2)),
        ),
        Type::Duration => pick(Value::Minutes(5), Value::Minutes(599)),
        Type::Date => Value::Date(extreme_date(variable, program, options, longest)),
    }
}

/// What a text weighs in an SMS: its characters, and far more when one of them makes the SMS Unicode.
fn weight(text: &str) -> usize {
    let outside = text.chars().any(|c| !is_in_alphabet(c));
    text.chars().count() + usize::from(outside) * 1000
}

fn clock(hour: u32, minute: u32) -> NaiveTime {
    NaiveTime::from_hms_opt(hour, minute, 0).unwrap_or_default()
}

/// The words of a variable that has only so many.
fn names(variable: Variable, options: &Options) -> Option<Vec<String>> {
    let days = || (0..366).filter_map(|day| NaiveDate::from_yo_opt(2024, day));
    match variable.row().id {
        Id::Number(25) => Some(
            days()
                .take(8)
                .map(|day| words::weekday(day, options.language).into())
                .collect(),
        ),
        Id::Number(32) => Some(
            days()
                .map(|day| words::month(day, options.language).into())
                .collect(),
        ),
        Id::Number(33) => Some(vec!["1".into(), "31".into()]),
        Id::Named(Named::Channel) => Some(vec![options.channel.name().into()]),
        Id::Named(Named::Language) => Some(vec![options.language.code().into()]),
        _ => None,
    }
}

/// The day that prints longest or shortest with the filters that are on it. Weekdays and days of the year meet
/// in every way within 28 years.
fn extreme_date(
    variable: Variable,
    program: &Program,
    options: &Options,
    longest: bool,
) -> NaiveDate {
    let first = NaiveDate::from_ymd_opt(2024, 1, 1).unwrap_or_default();
    let slots: Vec<usize> = (0..program.slots.len())
        .filter(|slot| program.slots[*slot].variable == variable)
        .collect();
    let mut sheet = Sheet::new();
    let mut text = String::new();
    let mut length = |date: &NaiveDate| {
        sheet.set(variable, Some(Value::Date(*date)));
        let live = Live::new(program, options, &sheet, Place::Sms(options.sms_mode));
        text.clear();
        slots.iter().for_each(|slot| {
            live.write(*slot, &mut text);
        });
        weight(&text)
    };
    let days = first.iter_days().take(28 * 366);
    let mut extreme = (first, length(&first));
    for day in days {
        let length = length(&day);
        if if longest {
            length > extreme.1
        } else {
            length < extreme.1
        } {
            extreme = (day, length);
        }
    }
    extreme.0
}

/// The values that decide a variable's comparisons: those it is compared with, and those right beside them. And
/// whether they decide them in every way that there is.
fn compared(
    variable: Variable,
    program: &Program,
    options: &Options,
    aim: Aim,
) -> (Vec<Value<'static>>, bool) {
    if variable.kind() == Type::Flag {
        return (vec![Value::Flag(false)], true);
    }
    let mut values = Vec::new();
    let mut contained = Vec::new();
    for comparison in &program.comparisons {
        let other = match &comparison.right {
            Side::Constants(constants) if comparison.left == variable => {
                constants
                    .iter()
                    .for_each(|constant| beside(constant, &mut values));
                if comparison.operator == Operator::Contains {
                    contained.extend(
                        constants
                            .iter()
                            .filter_map(Value::words)
                            .map(str::to_string),
                    );
                }
                continue;
            }
            Side::Variable(right) if comparison.left == variable => *right,
            Side::Variable(right) if *right == variable => comparison.left,
            _ => continue,
        };
        // Two values compared with each other: each is tried at both ends of both.
        for aim in [Aim::Longest, Aim::Shortest] {
            values.push(extreme(other, program, options, aim));
        }
        values.extend(constants_of(other, &program.comparisons));
    }
    // A text may contain some of these and not the others, and more around them.
    contained.sort();
    contained.dedup();
    let complete = contained.len() <= MOST_CONTAINED;
    contained.truncate(MOST_CONTAINED);
    for text in each_selection(&contained) {
        let room = variable.row().longest.saturating_sub(text.chars().count());
        let more = if aim == Aim::Longest { room } else { 0 };
        values.push(Value::Text(
            (text + &LETTER.to_string().repeat(more)).into(),
        ));
    }
    let mut once: Vec<Value<'static>> = Vec::new();
    for value in values {
        if !once.contains(&value) {
            once.push(value);
        }
    }
    (once, complete)
}

/// Every selection of texts but the empty one, each as one text.
fn each_selection(texts: &[String]) -> impl Iterator<Item = String> {
    (1usize..1 << texts.len()).map(|selection| {
        let selected = texts
            .iter()
            .enumerate()
            .filter(|(place, _)| selection >> place & 1 == 1);
        let selected: Vec<&str> = selected.map(|(_, text)| text.as_str()).collect();
        selected.join(" ")
    })
}

fn constants_of(variable: Variable, comparisons: &[Comparison]) -> Vec<Value<'static>> {
    comparisons
        .iter()
        .filter(|comparison| comparison.left == variable)
        .flat_map(|comparison| match &comparison.right {
            Side::Constants(constants) => constants.clone(),
            Side::Variable(_) => Vec::new(),
        })
        .collect()
}

/// The value that takes the most room in a message, all its places together.
pub(super) fn longest_value(
    program: &Program,
    options: &Options,
    sheet: &Sheet<'_>,
) -> Option<(Variable, usize)> {
    let live = Live::new(program, options, sheet, Place::Sms(options.sms_mode));
    let mut longest: Option<(Variable, usize)> = None;
    for (index, slot) in program
        .slots
        .iter()
        .enumerate()
        .filter(|(_, slot)| slot.variable.prints())
    {
        let mut text = String::new();
        live.write(index, &mut text);
        let characters = text.chars().count();
        if characters > longest.map_or(0, |(_, most)| most) {
            longest = Some((slot.variable, characters));
        }
    }
    longest
}
