//! JSON that a gateway sent, as scripts read it: `answer.json.errors[0].code`. What isn't there is `()`.

use std::collections::BTreeMap;
use std::sync::Arc;

use rhai::{Array, Dynamic, Engine};
use serde_json::Value;

/// A list or an object. Values are given out as they are reached, so that an answer of any size can be
/// looked into.
#[derive(Clone)]
pub(super) enum Tree {
    /// `[…]`
    List(Arc<[Leaf]>),
    /// `{…}`
    Object(Arc<BTreeMap<String, Leaf>>),
}

/// Anything in a tree.
#[derive(Clone)]
pub(super) enum Leaf {
    Inner(Tree),
    Text(Arc<str>),
    Whole(i64),
    Fraction(f64),
    Flag(bool),
    Null,
}

/// The most bytes of a text that are given to a script.
const LONGEST: usize = 8_000;

/// How deep JSON may be nested: further down it reads as `()`.
const DEEPEST: u32 = 32;

impl Tree {
    pub(super) fn register(engine: &mut Engine) {
        engine
            .register_type_with_name::<Self>("JSON")
            .register_indexer_get(|tree: &mut Self, name: &str| tree.field(name))
            .register_indexer_get(|tree: &mut Self, place: i64| tree.entry(place))
            .register_fn("len", |tree: &mut Self| tree.len())
            .register_fn("entries", |tree: &mut Self| tree.entries(250))
            .register_fn("parse_json", |text: &str| read(text));
    }

    fn field(&self, name: &str) -> Dynamic {
        match self {
            Tree::Object(fields) => fields.get(name).map_or(Dynamic::UNIT, Leaf::value),
            Tree::List(_) => Dynamic::UNIT,
        }
    }

    fn entry(&self, place: i64) -> Dynamic {
        match (self, usize::try_from(place)) {
            (Tree::List(list), Ok(place)) => list.get(place).map_or(Dynamic::UNIT, Leaf::value),
            _ => Dynamic::UNIT,
        }
    }

    fn len(&self) -> i64 {
        let len = match self {
            Tree::List(list) => list.len(),
            Tree::Object(fields) => fields.len(),
        };
        i64::try_from(len).unwrap_or(i64::MAX)
    }

    /// The first entries of a list as a list of the script's own, to loop over.
    fn entries(&self, most: usize) -> Array {
        match self {
            Tree::List(list) => list.iter().take(most).map(Leaf::value).collect(),
            Tree::Object(_) => Array::new(),
        }
    }

    pub(super) fn to_json(&self) -> Value {
        match self {
            Tree::List(list) => list.iter().map(Leaf::to_json).collect(),
            Tree::Object(fields) => {
                let fields = fields.iter();
                Value::Object(
                    fields
                        .map(|(name, leaf)| (name.clone(), leaf.to_json()))
                        .collect(),
                )
            }
        }
    }
}

impl Leaf {
    fn of(value: Value, depth: u32) -> Self {
        match value {
            Value::Null => Leaf::Null,
            Value::Bool(flag) => Leaf::Flag(flag),
            Value::Number(number) => match (number.as_i64(), number.as_f64()) {
                (Some(whole), _) => Leaf::Whole(whole),
                (None, Some(fraction)) => Leaf::Fraction(fraction),
                (None, None) => Leaf::Null,
            },
            Value::String(text) => Leaf::Text(text.into()),
            _ if depth == 0 => Leaf::Null,
            Value::Array(values) => {
                let leaves = values.into_iter().map(|value| Leaf::of(value, depth - 1));
                Leaf::Inner(Tree::List(leaves.collect()))
            }
            Value::Object(fields) => {
                let leaves = fields.into_iter();
                let leaves = leaves.map(|(name, value)| (name, Leaf::of(value, depth - 1)));
                Leaf::Inner(Tree::Object(Arc::new(leaves.collect())))
            }
        }
    }

    fn value(&self) -> Dynamic {
        match self {
            Leaf::Inner(tree) => Dynamic::from(tree.clone()),
            Leaf::Text(text) => cut(text).into(),
            Leaf::Whole(number) => (*number).into(),
            Leaf::Fraction(number) => (*number).into(),
            Leaf::Flag(flag) => (*flag).into(),
            Leaf::Null => Dynamic::UNIT,
        }
    }

    fn to_json(&self) -> Value {
        match self {
            Leaf::Inner(tree) => tree.to_json(),
            Leaf::Text(text) => text.to_string().into(),
            Leaf::Whole(number) => (*number).into(),
            Leaf::Fraction(number) => (*number).into(),
            Leaf::Flag(flag) => (*flag).into(),
            Leaf::Null => Value::Null,
        }
    }
}

/// A text's first bytes, as a script may have them.
pub(super) fn cut(text: &str) -> String {
    text[..text.floor_char_boundary(LONGEST)].to_string()
}

/// Reads JSON; `()` where the text is none.
pub(super) fn read(text: &str) -> Dynamic {
    match serde_json::from_str(text) {
        Ok(value) => Leaf::of(value, DEEPEST).value(),
        Err(_) => Dynamic::UNIT,
    }
}
