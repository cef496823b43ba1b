//! Types that scripts read: a table of properties each, from which registration, the check of names
//! and the reference are made.

use rhai::{Dynamic, Engine};

/// A property of a type.
pub(super) struct Property<T> {
    /// Its name.
    pub(super) name: &'static str,
    /// What it is, in a sentence for the reference.
    pub(super) summary: &'static str,
    /// Its value.
    pub(super) get: fn(&T) -> Dynamic,
}

/// A type that scripts read.
pub(super) trait Facts: Clone + Send + Sync + 'static {
    /// Its name in errors: `message`.
    const NAME: &'static str;
    /// Its properties.
    const PROPERTIES: &'static [Property<Self>];

    /// Makes the type known to an engine.
    fn register(engine: &mut Engine) {
        engine.register_type_with_name::<Self>(Self::NAME);
        for property in Self::PROPERTIES {
            engine.register_get(property.name, |facts: &mut Self| (property.get)(facts));
        }
    }
}

/// The rows of a table of properties.
macro_rules! properties {
    ($($name:literal $summary:literal $get:expr;)+) => {
        &[$(crate::adapter::properties::Property { name: $name, summary: $summary, get: $get },)+]
    };
}
pub(super) use properties;

/// A text, or nothing.
pub(super) fn optional(text: Option<&str>) -> Dynamic {
    text.map_or(Dynamic::UNIT, |text| text.to_string().into())
}
