//! Values that are written down by hand: for trying a template, and for what a message can cost.

use std::collections::BTreeMap;
use std::fmt;

use rappel_core::Language;

use super::{Value, Values};
use crate::variables::Variable;

/// Values set one by one, over others or over none. Names of months and weekdays stay as they are
/// set: they don't follow a date.
#[derive(Clone, Default)]
pub struct Sheet<'s> {
    over: Option<&'s dyn Values>,
    set: BTreeMap<Variable, Option<Value<'s>>>,
}

impl fmt::Debug for Sheet<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sheet(hidden)")
    }
}

impl<'s> Sheet<'s> {
    /// No values.
    pub fn new() -> Self {
        Self::default()
    }

    /// The example of every variable.
    pub fn examples() -> Self {
        let mut sheet = Self::new();
        for variable in Variable::all() {
            sheet.set(variable, variable.example());
        }
        sheet
    }

    /// These values where none is set.
    pub fn over(values: &'s dyn Values) -> Self {
        Self {
            over: Some(values),
            set: BTreeMap::new(),
        }
    }

    /// Sets a value; `None` makes it absent, whatever lies below.
    pub fn set(&mut self, variable: Variable, value: Option<Value<'s>>) {
        self.set.insert(variable, value);
    }

    /// Sets a value as a person types it; nothing but blanks makes it absent.
    ///
    /// # Errors
    /// A sentence that says how values of the variable's type are written.
    pub fn type_in(&mut self, variable: Variable, text: &str) -> Result<(), String> {
        let value = match text.trim() {
            "" => None,
            text => Some(Value::parse(variable.kind(), text)?),
        };
        self.set(variable, value);
        Ok(())
    }
}

impl Values for Sheet<'_> {
    fn value(&self, variable: Variable, language: Language) -> Option<Value<'_>> {
        match self.set.get(&variable) {
            Some(value) => value.as_ref().map(Value::borrowed),
            None => self.over?.value(variable, language),
        }
    }
}
