//! The properties of a record: constants, columns, tables of values, and what is made up.

use rappel_core::nearest;
use std::collections::HashMap;
use std::ops::Range;

use rappel_core::facts::{Record, Records};
use serde_json::Value;
use toml::de::{DeTable, DeValue};

use super::super::made_up::Made;
use super::super::map::{Choice, Choices, Condition, How, Property, RecordRule, Time};
use super::slips::{Entry, Reader, listed};
use super::{Place, key_span, scalar};

/// The most values a list or table has.
const MAX_LIST: usize = 10_000;

impl Reader {
    /// The properties of a record, its times left out.
    pub(super) fn record(
        &mut self,
        record: Record,
        table: &DeTable<'_>,
        span: Range<usize>,
        place: Place<'_>,
    ) -> RecordRule {
        let known = properties(record);
        let optional = self.flag(record.name(), table, "optional").unwrap_or(false);
        let mut properties = Vec::new();
        self.properties(&mut properties, record.name(), table, &known, &[], place);
        if !table.contains_key("id") {
            self.form(
                span,
                format!("`{0}` has no `id`", record.name()),
                "every record has one, by which it is known again",
            );
        }
        RecordRule {
            record,
            optional,
            properties,
        }
    }

    fn properties(
        &mut self,
        into: &mut Vec<Property>,
        path: &str,
        table: &DeTable<'_>,
        known: &[String],
        outer: &[String],
        place: Place<'_>,
    ) {
        for (key, entry) in table {
            let name = key.get_ref().to_string();
            let property_path = format!("{path}.{name}");
            let inner: Vec<_> = known
                .iter()
                .filter_map(|known| known.strip_prefix(&format!("{name}.")))
                .map(str::to_string)
                .collect();
            let here = [outer, std::slice::from_ref(&name)].concat();
            if !inner.is_empty() {
                if let Some(table) = self.table(&property_path, entry) {
                    self.properties(into, &property_path, table, &inner, &here, place);
                }
            } else if outer.is_empty() && name == "optional" {
                // Says something of the record and is no property.
            } else if !known.contains(&name) {
                let known = known.iter().filter_map(|known| known.split('.').next());
                let mut known: Vec<_> = known.collect();
                known.dedup();
                let help = match nearest(&name, known.iter().copied()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("known are {}", listed(&known)),
                };
                self.form(
                    key.span(),
                    format!("`{path}` has no property `{name}`"),
                    &help,
                );
            } else if Time::parse(&property_path).is_none() {
                let value = self.choices(&property_path, entry, |reader, path, entry| {
                    reader.how(path, entry, place)
                });
                into.push(Property { path: here, value });
            }
        }
    }

    /// One way to a value, or a list of ways.
    pub(super) fn choices<T>(
        &mut self,
        path: &str,
        entry: &Entry<'_>,
        mut one: impl FnMut(&mut Self, &str, &Entry<'_>) -> Option<T>,
    ) -> Choices<T> {
        let entries = match entry.get_ref() {
            DeValue::Array(list) => list.iter().collect(),
            _ => vec![entry],
        };
        if entries.is_empty() {
            self.form(
                entry.span(),
                format!("`{path}` is an empty list"),
                "write a value, or leave the property out",
            );
        }
        let mut choices = Vec::new();
        for entry in entries {
            let condition = match entry.get_ref() {
                DeValue::Table(table) => self.condition(path, table),
                _ => Condition::default(),
            };
            if let Some(how) = one(self, path, entry) {
                choices.push(Choice { condition, how });
            }
        }
        choices
    }

    /// What a table's `when` and `unless` ask of a row.
    pub(super) fn condition(&mut self, path: &str, table: &DeTable<'_>) -> Condition {
        Condition {
            when: self.columns(path, table, "when"),
            unless: self.columns(path, table, "unless"),
        }
    }

    fn columns(
        &mut self,
        path: &str,
        table: &DeTable<'_>,
        key: &str,
    ) -> Vec<(super::super::text::Column, Vec<String>)> {
        const HELP: &str = "write for instance `{ \"No-show\" = \"Yes\" }`, or a list of texts";
        let Some(entry) = table.get(key) else {
            return Vec::new();
        };
        let path = format!("{path}.{key}");
        let Some(columns) = entry
            .get_ref()
            .as_table()
            .filter(|columns| !columns.is_empty())
        else {
            self.form(
                entry.span(),
                format!("`{path}` must say what columns hold"),
                HELP,
            );
            return Vec::new();
        };
        let mut read = Vec::new();
        for (name, entry) in columns {
            let column = self.column(name.get_ref().trim(), &name.span());
            let texts = match entry.get_ref() {
                DeValue::Array(list) => list.iter().map(spelt).collect(),
                _ => spelt(entry).map(|text| vec![text]),
            };
            match texts {
                Some(texts) => read.push((column, texts)),
                None => self.form(
                    entry.span(),
                    format!("`{path}` compares columns with texts"),
                    HELP,
                ),
            }
        }
        read
    }

    /// The way to a value.
    fn how(&mut self, path: &str, entry: &Entry<'_>, place: Place<'_>) -> Option<How> {
        match entry.get_ref() {
            DeValue::String(text) => self.plain(text, entry.span()),
            DeValue::Table(table) if table.contains_key("value") => {
                self.only(path, table, &["value", "when", "unless"]);
                let entry = table.get("value")?;
                match entry.get_ref() {
                    DeValue::String(text) => self.plain(text, entry.span()),
                    value => self.constant(path, value, entry.span()),
                }
            }
            DeValue::Table(table) if table.contains_key("from") => self.from(path, table),
            DeValue::Table(table) if table.contains_key("by") => self.by(path, table, place),
            DeValue::Table(_) => {
                self.form(
                    entry.span(),
                    format!("`{path}` doesn't say what its value is"),
                    "give it a `value`, the columns it is read `from`, or the columns it is made up `by`",
                );
                None
            }
            value => self.constant(path, value, entry.span()),
        }
    }

    fn plain(&mut self, text: &str, span: Range<usize>) -> Option<How> {
        let text = self.text(text, span)?;
        Some(match text.constant() {
            Some(text) => How::Constant(Value::String(text)),
            None => How::Text(text),
        })
    }

    fn constant(&mut self, path: &str, value: &DeValue<'_>, span: Range<usize>) -> Option<How> {
        let constant = scalar(value);
        if constant.is_none() {
            self.form(
                span,
                format!("`{path}` must be a text, a number, `true` or `false`"),
                "write dates and times as texts, with a `format`",
            );
        }
        constant.map(How::Constant)
    }

    fn from(&mut self, path: &str, table: &DeTable<'_>) -> Option<How> {
        self.only(
            path,
            table,
            &["from", "values", "otherwise", "as", "when", "unless"],
        );
        let from = self.text_of(path, table, "from");
        if table.contains_key("as") {
            if table.contains_key("values") {
                self.form(
                    key_span(table, "as"),
                    format!("`{path}` has both `as` and `values`"),
                    "a table's values are what they are; leave one out",
                );
            }
            let types = [("integer", true), ("amount", false)];
            let integer = self.word(path, table, "as", &types)?;
            let from = from?;
            return Some(if integer {
                How::Integer(from)
            } else {
                How::Amount(from)
            });
        }
        let Some(values) = table.get("values") else {
            self.form(
                key_span(table, "from"),
                format!("`{path}` doesn't say how it is read"),
                "give it `values` or `as`; the column as it stands is `\"{Column}\"`",
            );
            return None;
        };
        let values = self.values(path, values);
        let otherwise = match table.get("otherwise") {
            None => None,
            Some(entry) => Some(self.constant(path, entry.get_ref(), entry.span())?),
        };
        let otherwise = otherwise.and_then(|how| match how {
            How::Constant(value) => Some(value),
            _ => None,
        });
        Some(How::Table {
            from: from?,
            values: values?,
            otherwise,
        })
    }

    fn values(&mut self, path: &str, entry: &Entry<'_>) -> Option<HashMap<String, Value>> {
        let path = format!("{path}.values");
        let table = self.table(&path, entry)?;
        let mut values = HashMap::new();
        for (key, entry) in table {
            match scalar(entry.get_ref()) {
                Some(value) => {
                    values.insert(key.get_ref().trim().to_string(), value);
                }
                None => self.form(
                    entry.span(),
                    format!("`{path}` has texts, numbers, `true` and `false`"),
                    "for instance `values = { \"1\" = true, \"0\" = false }`",
                ),
            }
        }
        Some(values)
    }

    fn by(&mut self, path: &str, table: &DeTable<'_>, place: Place<'_>) -> Option<How> {
        self.only(
            path,
            table,
            &["by", "pick", "make", "draw", "when", "unless"],
        );
        let by = self.text_of(path, table, "by");
        if let Some(by) = &by
            && by.constant().is_some()
        {
            self.meaning(
                key_span(table, "by"),
                format!("`{path}.by` has no column, so every row would get the same"),
                "name a column: `by = \"{PatientId}\"`",
            );
        }
        let draw = match self.string(path, table, "draw") {
            Some((draw, _)) => draw.to_string(),
            None => path.to_string(),
        };
        match (table.get("pick"), table.get("make")) {
            (Some(entry), None) => {
                let list = self.list(path, entry)?;
                Some(How::Pick {
                    by: by?,
                    draw,
                    list,
                })
            }
            (None, Some(_)) => {
                let (name, span) = self.string(path, table, "make")?;
                let Some(what) = Made::parse(name, place.country) else {
                    self.cannot_make(name, span, place);
                    return None;
                };
                Some(How::Make {
                    by: by?,
                    draw,
                    what,
                })
            }
            _ => {
                self.form(
                    key_span(table, "by"),
                    format!("`{path}` doesn't say what is made up"),
                    "give it either a list to `pick` from or what to `make`",
                );
                None
            }
        }
    }

    fn list(&mut self, path: &str, entry: &Entry<'_>) -> Option<Vec<Value>> {
        let list = entry
            .get_ref()
            .as_array()
            .filter(|list| (1..=MAX_LIST).contains(&list.len()));
        let values =
            list.and_then(|list| list.iter().map(|entry| scalar(entry.get_ref())).collect());
        if values.is_none() {
            self.form(
                entry.span(),
                format!("`{path}.pick` must be a list of 1 to {MAX_LIST} texts, numbers, `true` or `false`"),
                "for instance `pick = [\"Ana\", \"Hugo\"]`",
            );
        }
        values
    }

    fn cannot_make(&mut self, name: &str, span: Range<usize>, place: Place<'_>) {
        if !Made::NAMES.contains(&name) {
            let help = format!("known are {}", listed(&Made::NAMES));
            self.meaning(span, format!("`{name}` can't be made up"), &help);
        } else if place.country.is_empty() {
            self.meaning(
                span,
                "which numbers are reserved for fiction depends on the country",
                "write it at the top of the map: `country = \"FR\"`",
            );
        } else {
            let countries = Made::countries();
            self.meaning(
                span,
                format!(
                    "no numbers reserved for fiction are known of `{}`",
                    place.country
                ),
                &format!("they are known of {}", listed(&countries)),
            );
        }
    }
}

/// A text or number as a column spells it.
fn spelt(entry: &Entry<'_>) -> Option<String> {
    match entry.get_ref() {
        DeValue::String(text) => Some(text.trim().to_string()),
        DeValue::Integer(number) => Some(number.to_string()),
        _ => None,
    }
}

/// The properties that a record has, as core knows them: `id`, `channels.sms`.
fn properties(record: Record) -> Vec<String> {
    let mut least = serde_json::Map::new();
    least.insert("id".into(), "x".into());
    if record == Record::Appointment {
        least.insert("start".into(), "2026-06-03T14:30".into());
    }
    let mut records = Records::default();
    records.set(record, least);
    let Ok((visit, _)) = records.to_visit() else {
        return Vec::new();
    };
    let whole = match record {
        Record::Appointment => serde_json::to_value(visit.appointment),
        Record::Patient => serde_json::to_value(visit.patient),
        Record::Resource => serde_json::to_value(visit.resource),
        Record::Service => serde_json::to_value(visit.service),
        Record::Location => serde_json::to_value(visit.location),
    };
    let mut names = Vec::new();
    for (name, value) in whole.ok().iter().filter_map(Value::as_object).flatten() {
        match value {
            Value::Object(inner) => names.extend(inner.keys().map(|key| format!("{name}.{key}"))),
            _ => names.push(name.clone()),
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn properties_are_those_of_the_facts() {
        assert!(properties(Record::Patient).contains(&"channels.sms".to_string()));
        for record in Record::ALL {
            let names = properties(record);
            assert!(names.contains(&"id".to_string()), "{record:?}");
        }
    }
}
