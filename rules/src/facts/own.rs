//! `settings.own`: the values of `[own]` in `clinic.toml`, whose names only the clinic knows.

use rappel_core::civil::Civil;
use rhai::{Dynamic, Engine, ImmutableString, Map};

use super::{Base, Got, Named, Property, Type, View, Window};
use crate::sandbox::says;

/// None that every clinic has.
pub(super) const PROPERTIES: &[Property] = &[];

pub(super) fn register(engine: &mut Engine) {
    // Rhai asks here for a property that isn't in the table.
    engine.register_indexer_get(
        |own: &mut Window<{ View::Own as u8 }>, name: ImmutableString| -> Got {
            match own.0.settings.own.get(name.as_str()) {
                Some(value) => {
                    own.0.reads.note_named(Named::Own(name));
                    Ok(own_value(value))
                }
                // The name is the script's, not a value.
                None => Err(says(format!("`[own]` of clinic.toml has no `{name}`"))),
            }
        },
    );
}

/// A value of `[own]` as a policy sees it.
pub(super) fn own_value(value: &toml::Value) -> Dynamic {
    match value {
        toml::Value::String(text) => ImmutableString::from(text.as_str()).into(),
        toml::Value::Integer(number) => (*number).into(),
        toml::Value::Float(number) => (*number).into(),
        toml::Value::Boolean(flag) => (*flag).into(),
        // A date and time is one; a date or a time alone stays a text.
        toml::Value::Datetime(moment) => match moment.to_string().parse::<Civil>() {
            Ok(time) => Dynamic::from(time),
            Err(_) => moment.to_string().into(),
        },
        toml::Value::Array(values) => Dynamic::from_array(values.iter().map(own_value).collect()),
        toml::Value::Table(table) => {
            let map: Map = table
                .iter()
                .map(|(name, value)| (name.as_str().into(), own_value(value)))
                .collect();
            map.into()
        }
    }
}

/// What is known of a value of `[own]` before anything runs.
pub(crate) fn own_type(value: &toml::Value) -> Type {
    match value {
        toml::Value::String(_) => Type::TEXT,
        toml::Value::Integer(_) => Type::NUMBER,
        toml::Value::Boolean(_) => Type::FLAG,
        toml::Value::Datetime(moment) if moment.to_string().parse::<Civil>().is_ok() => Type::TIME,
        toml::Value::Array(values) => {
            let entries = values.iter().map(own_type);
            let entry = entries.reduce(Type::join).unwrap_or(Type::ANY);
            if entry.list || entry.base == Base::Any {
                Type::ANY
            } else {
                entry.list()
            }
        }
        _ => Type::ANY,
    }
}
