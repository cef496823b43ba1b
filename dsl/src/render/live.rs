//! The values of one message as a program asks for them: read, filtered, cleaned and escaped when it does.

use rappel_core::settings::SmsMode;

use super::clean::{self, Place};
use crate::check::{Side, Slot};
use crate::compile::{Program, Source};
use crate::filters::Context;
use crate::options::Options;
use crate::sms;
use crate::values::{Value, Values};
use crate::variables::{Print, Variable};

/// The values of one message, for one place.
#[derive(Clone, Copy)]
pub(crate) struct Live<'l> {
    program: &'l Program,
    options: &'l Options,
    values: &'l dyn Values,
    place: Place,
}

impl<'l> Live<'l> {
    pub(crate) fn new(
        program: &'l Program,
        options: &'l Options,
        values: &'l dyn Values,
        place: Place,
    ) -> Self {
        Self {
            program,
            options,
            values,
            place,
        }
    }

    /// A variable's value, unless it is absent or empty.
    fn variable(&self, variable: Variable) -> Option<Value<'l>> {
        self.values
            .value(variable, self.options.language)
            .filter(|value| !value.is_empty())
    }

    /// A slot's value with its filters done, and how it prints.
    pub(super) fn value(&self, slot: usize) -> Option<(Value<'l>, Print)> {
        let slot = self.program.slots.get(slot)?;
        Some((self.filtered(slot)?, slot.variable.row().print))
    }

    fn filtered(&self, slot: &'l Slot) -> Option<Value<'l>> {
        let mut value = self.variable(slot.variable);
        if !slot.steps.is_empty() {
            let print = slot.variable.row().print;
            let context = Context {
                language: self.options.language,
                currency: &self.options.currency,
                print,
            };
            for step in &slot.steps {
                value = step.apply(value, &context);
            }
        }
        value
    }

    /// Writes a value, cleaned and escaped for its place; `false` when there is nothing to write.
    fn put(&self, value: &Value<'_>, print: Print, out: &mut String) -> bool {
        if self.place == Place::Xml {
            return say(value, print, self, out);
        }
        match value.words() {
            Some(words) => clean::push(words, self.place, out),
            None => {
                self.print(value, print, out);
                true
            }
        }
    }

    /// Writes a value that is not words. It has no character that could be markup.
    fn print(&self, value: &Value<'_>, print: Print, out: &mut String) {
        let start = out.len();
        value.print(print, self.options.language, out);
        // `août`
        if self.place == Place::Sms(SmsMode::Transliterate) && !out[start..].is_ascii() {
            let written = sms::transliterate(&out[start..]).into_owned();
            out.truncate(start);
            out.push_str(&written);
        }
    }
}

impl Source for Live<'_> {
    fn write(&self, slot: usize, out: &mut String) -> bool {
        let Some(slot) = self.program.slots.get(slot) else {
            return false;
        };
        let value = if slot.steps.is_empty() {
            self.values.value(slot.variable, self.options.language)
        } else {
            self.filtered(slot)
        };
        match value {
            Some(value) => self.put(&value, slot.variable.row().print, out),
            None => false,
        }
    }

    fn present(&self, slot: usize) -> bool {
        match self.value(slot) {
            Some((Value::Flag(flag), _)) => flag,
            Some(_) => true,
            None => false,
        }
    }

    fn compare(&self, index: usize) -> bool {
        let Some(comparison) = self.program.comparisons.get(index) else {
            return false;
        };
        let Some(left) = self.variable(comparison.left) else {
            return false;
        };
        match &comparison.right {
            Side::Constants(constants) => constants
                .iter()
                .any(|constant| comparison.holds(&left, constant)),
            Side::Variable(variable) => self
                .variable(*variable)
                .is_some_and(|right| comparison.holds(&left, &right)),
        }
    }
}

/// Writes a value for a voice, and how it is said where a voice could get it wrong.
fn say(value: &Value<'_>, print: Print, live: &Live<'_>, out: &mut String) -> bool {
    let start = out.len();
    let tag = match (value, print) {
        (Value::Time(_), _) => "<say-as interpret-as=\"time\" format=\"hms24\">",
        (Value::Date(_), Print::DayMonthYear) => "<say-as interpret-as=\"date\" format=\"dmy\">",
        (Value::Date(_), Print::DayMonth) => "<say-as interpret-as=\"date\" format=\"dm\">",
        (Value::Phone(_), _) => "<say-as interpret-as=\"telephone\">",
        (Value::Spelled(_), _) => "<say-as interpret-as=\"characters\">",
        _ => "",
    };
    out.push_str(tag);
    let wrote = match value.words() {
        Some(words) => clean::push(words, Place::Xml, out),
        None => {
            live.print(value, print, out);
            true
        }
    };
    if !wrote {
        out.truncate(start);
    } else if !tag.is_empty() {
        out.push_str("</say-as>");
    }
    wrote
}
