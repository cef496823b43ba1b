//! What a place of `clinic.toml` wants, read off the JSON schema: errors, editors and the reference say the
//! same because they ask the same description.

use std::sync::LazyLock;

use serde_json::{Map, Value};

use super::Settings;
use super::forms::Form;

static SCHEMA: LazyLock<Value> = LazyLock::new(Settings::schema);

/// What may stand at a place.
#[derive(Clone)]
pub(super) struct Wanted {
    /// The schemas that hold together, the one nearest to the place first: what a field says of itself comes
    /// before what its type says.
    layers: Vec<&'static Map<String, Value>>,
}

/// What sort of value it is.
pub(super) enum Shape {
    /// The schema doesn't say, so that only reading it can tell.
    Anything,
    /// A text; perhaps of a form, perhaps also written as a number.
    Text {
        form: Option<&'static Form>,
        number: bool,
    },
    /// `true` or `false`.
    Flag,
    /// A whole number.
    Integer {
        least: Option<i64>,
        most: Option<i64>,
    },
    /// Any number.
    Number,
    /// One of some words.
    Words(Vec<Word>),
    /// A list.
    List(Wanted),
    /// A table: its keys and what may stand at any other.
    Table(Table),
    /// A table whose one key says which others it has.
    Tagged {
        tag: &'static str,
        variants: Vec<(&'static str, Wanted)>,
    },
    /// Any of several.
    Forms(Vec<Wanted>),
}

/// A word that can stand at a place.
pub(super) struct Word {
    pub(super) name: &'static str,
    /// What it means, where it is documented.
    pub(super) meaning: Option<&'static str>,
}

/// The keys of a table.
#[derive(Default)]
pub(super) struct Table {
    pub(super) keys: Vec<(&'static str, Wanted)>,
    pub(super) required: Vec<&'static str>,
    /// What stands at keys that the clinic names itself.
    pub(super) others: Option<Wanted>,
    /// Whether other keys are refused.
    pub(super) closed: bool,
}

impl Table {
    pub(super) fn get(&self, key: &str) -> Option<Wanted> {
        let known = self.keys.iter().find(|(known, _)| *known == key);
        known
            .map(|(_, wanted)| wanted.clone())
            .or_else(|| self.others.clone())
    }
}

impl Wanted {
    /// What the whole file wants.
    pub(super) fn root() -> Self {
        Self::of(&SCHEMA)
    }

    /// A place that nothing is known of.
    pub(super) fn nothing() -> Self {
        Self { layers: Vec::new() }
    }

    fn of(schema: &'static Value) -> Self {
        let mut wanted = Self::nothing();
        wanted.add(schema, 0);
        wanted
    }

    /// Adds a schema and what it refers to; `null` as an alternative is a key that may be left out, which is
    /// said where keys are required.
    fn add(&mut self, schema: &'static Value, depth: usize) {
        // A reference that leads back to itself would describe nothing.
        let (Some(object), true) = (schema.as_object(), depth < 8) else {
            return;
        };
        self.layers.push(object);
        let reference = object.get("$ref").and_then(Value::as_str);
        if let Some(target) =
            reference.and_then(|path| SCHEMA.pointer(path.trim_start_matches('#')))
        {
            self.add(target, depth + 1);
        }
        let alternatives = object.get("anyOf").and_then(Value::as_array);
        if let Some([one]) = alternatives.map(|all| without_null(all)).as_deref() {
            self.add(one, depth + 1);
        }
    }

    fn get(&self, keyword: &str) -> Option<&'static Value> {
        self.layers.iter().find_map(|layer| layer.get(keyword))
    }

    fn text(&self, keyword: &str) -> Option<&'static str> {
        self.get(keyword).and_then(Value::as_str)
    }

    /// What it means.
    pub(super) fn meaning(&self) -> Option<&'static str> {
        self.text("description")
    }

    /// What holds where nothing is written.
    pub(super) fn default(&self) -> Option<&'static Value> {
        self.get("default").filter(|value| !value.is_null())
    }

    /// What is said of a value that fits none of several forms.
    pub(super) fn error(&self) -> Option<&'static str> {
        self.text("errorMessage")
    }

    /// The schema's own examples.
    pub(super) fn examples(&self) -> &'static [Value] {
        self.get("examples")
            .and_then(Value::as_array)
            .map_or(&[], Vec::as_slice)
    }

    /// The example that the key has of its own, not the one of its type.
    fn own_example(&self) -> Option<&'static Value> {
        let own = self.layers.first()?.get("examples")?;
        own.as_array()?.first()
    }

    /// A value that could stand here, for a sentence and for reading on where there is none.
    pub(super) fn example(&self) -> Value {
        if let Some(own) = self.own_example() {
            return own.clone();
        }
        let default = self.default();
        match self.shape() {
            // The default says nothing about what else there is.
            Shape::Words(words) => {
                let other = words
                    .iter()
                    .find(|word| default.and_then(Value::as_str) != Some(word.name));
                other.map_or(Value::Null, |word| word.name.into())
            }
            Shape::Flag => (default != Some(&Value::Bool(true))).into(),
            shape => {
                let default = default.filter(|value| !is_empty(value));
                let known = default.or_else(|| self.examples().first());
                known.cloned().unwrap_or_else(|| shape.example())
            }
        }
    }

    /// Whether it is a secret, or holds some.
    pub(super) fn is_secret(&self) -> bool {
        let others = self.get("additionalProperties");
        self.get("writeOnly") == Some(&Value::Bool(true))
            || others.is_some_and(|schema| schema.is_object() && Wanted::of(schema).is_secret())
    }

    /// What sort of value it is.
    pub(super) fn shape(&self) -> Shape {
        if let Some(words) = self.words() {
            return Shape::Words(words);
        }
        if let Some(forms) = self.alternatives() {
            return tagged(&forms).unwrap_or(Shape::Forms(forms));
        }
        let types = self.types();
        let is = |kind: &str| types.contains(&kind);
        if is("string") {
            return Shape::Text {
                form: self.text("format").and_then(Form::of),
                number: is("number") || is("integer"),
            };
        }
        let bound = |keyword| self.get(keyword).and_then(Value::as_i64);
        match types.as_slice() {
            ["boolean"] => Shape::Flag,
            ["integer"] => Shape::Integer {
                least: bound("minimum"),
                most: bound("maximum"),
            },
            ["number"] => Shape::Number,
            ["array"] => Shape::List(self.get("items").map_or_else(Self::nothing, Wanted::of)),
            ["object"] => Shape::Table(self.table()),
            _ => Shape::Anything,
        }
    }

    fn types(&self) -> Vec<&'static str> {
        let types: Vec<&str> = match self.get("type") {
            Some(Value::String(one)) => vec![one],
            Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        types.into_iter().filter(|kind| *kind != "null").collect()
    }

    /// The words, where nothing but words can stand here.
    fn words(&self) -> Option<Vec<Word>> {
        if let Some(Value::Array(names)) = self.get("enum") {
            let word = |name: &'static Value| {
                Some(Word {
                    name: name.as_str()?,
                    meaning: None,
                })
            };
            return names
                .iter()
                .filter(|name| !name.is_null())
                .map(word)
                .collect();
        }
        let mut words = Vec::new();
        for one in self.get("oneOf")?.as_array()? {
            if let Some(name) = one.get("const").and_then(Value::as_str) {
                let meaning = one.get("description").and_then(Value::as_str);
                words.push(Word { name, meaning });
            } else {
                // Words without documentation stand together.
                words.extend(Self::of(one).words()?);
            }
        }
        Some(words)
    }

    fn alternatives(&self) -> Option<Vec<Wanted>> {
        let all = self
            .get("oneOf")
            .or_else(|| self.get("anyOf"))?
            .as_array()?;
        let all = without_null(all);
        // One alternative beside `null` is a layer already.
        (all.len() > 1).then(|| all.into_iter().map(Wanted::of).collect())
    }

    fn table(&self) -> Table {
        let properties = self.get("properties").and_then(Value::as_object);
        let others = self.get("additionalProperties");
        let required = self.get("required").and_then(Value::as_array);
        Table {
            keys: properties
                .into_iter()
                .flatten()
                .map(|(key, schema)| (key.as_str(), Wanted::of(schema)))
                .collect(),
            required: required
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .collect(),
            others: others.filter(|schema| schema.is_object()).map(Wanted::of),
            closed: others == Some(&Value::Bool(false)),
        }
    }
}

fn without_null(all: &'static [Value]) -> Vec<&'static Value> {
    let null = |one: &&Value| one.get("type").and_then(Value::as_str) == Some("null");
    all.iter().filter(|one| !null(one)).collect()
}

/// Tables that are told apart by one key's constant.
fn tagged(forms: &[Wanted]) -> Option<Shape> {
    let constant = |form: &Wanted| {
        let properties = form.get("properties")?.as_object()?;
        properties
            .iter()
            .find_map(|(key, schema)| Some((key.as_str(), schema.get("const")?.as_str()?)))
    };
    let constants: Vec<(&str, &str)> = forms.iter().map(constant).collect::<Option<_>>()?;
    let (tag, _) = *constants.first()?;
    constants
        .iter()
        .all(|(key, _)| *key == tag)
        .then(|| Shape::Tagged {
            tag,
            variants: constants
                .iter()
                .map(|(_, name)| *name)
                .zip(forms.iter().cloned())
                .collect(),
        })
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Array(list) => list.is_empty(),
        Value::Object(table) => table.is_empty(),
        _ => false,
    }
}

impl Shape {
    /// A value of this shape.
    fn example(&self) -> Value {
        match self {
            Shape::Integer { least, .. } => least.unwrap_or(0).max(1).into(),
            Shape::Number => 1.into(),
            Shape::List(item) => vec![item.example()].into(),
            Shape::Table(table) => {
                let required = table.required.iter();
                let values =
                    required.filter_map(|key| Some(((*key).into(), table.get(key)?.example())));
                Value::Object(values.collect())
            }
            Shape::Tagged { tag, variants } => {
                let first = variants.first();
                first.map_or(Value::Null, |(name, variant)| {
                    let mut example = variant.example();
                    if let Some(table) = example.as_object_mut() {
                        table.insert((*tag).into(), (*name).into());
                    }
                    example
                })
            }
            Shape::Forms(forms) => forms.first().map_or(Value::Null, Wanted::example),
            Shape::Text {
                form: Some(form), ..
            } => form.example.into(),
            Shape::Words(words) => words.first().map_or(Value::Null, |word| word.name.into()),
            Shape::Flag => true.into(),
            Shape::Text { form: None, .. } | Shape::Anything => "…".into(),
        }
    }

    /// The shape for a sentence: `a length of time`.
    pub(super) fn what(&self) -> String {
        match self {
            Shape::Anything => "a value".into(),
            Shape::Text {
                form: Some(form), ..
            } => form.what.into(),
            Shape::Text { .. } => "a text".into(),
            Shape::Flag => "`true` or `false`".into(),
            Shape::Integer { .. } => "a whole number".into(),
            Shape::Number => "a number".into(),
            Shape::Words(words) => either(words.iter().map(|word| word.name)),
            Shape::List(_) => "a list".into(),
            Shape::Table(_) | Shape::Tagged { .. } => "a table".into(),
            Shape::Forms(forms) => {
                let mut whats: Vec<String> = forms.iter().map(|form| form.shape().what()).collect();
                whats.dedup();
                whats.join(" or ")
            }
        }
    }
}

/// Names as a sentence lists them: `` `a`, `b` or `c` ``.
pub(super) fn either<'n>(names: impl Iterator<Item = &'n str>) -> String {
    let names: Vec<String> = names.map(|name| format!("`{name}`")).collect();
    match names.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        Some((last, _)) => last.clone(),
        None => String::new(),
    }
}

/// A value as TOML writes it on one line.
pub(super) fn written(value: &Value) -> String {
    match value {
        Value::String(text) => toml::Value::String(text.clone()).to_string(),
        Value::Array(list) => {
            let items: Vec<String> = list.iter().map(written).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(table) if table.is_empty() => "{}".into(),
        Value::Object(table) => {
            let entries: Vec<String> = table
                .iter()
                .map(|(key, value)| format!("{key} = {}", written(value)))
                .collect();
            format!("{{ {} }}", entries.join(", "))
        }
        other => other.to_string(),
    }
}

/// A value of the schema as one of TOML's; `null` is none.
pub(super) fn as_toml(value: &Value) -> Option<toml::Value> {
    Some(match value {
        Value::Null => return None,
        Value::Bool(flag) => (*flag).into(),
        Value::Number(number) => match number.as_i64() {
            Some(whole) => whole.into(),
            None => number.as_f64()?.into(),
        },
        Value::String(text) => text.as_str().into(),
        Value::Array(list) => list.iter().filter_map(as_toml).collect::<Vec<_>>().into(),
        Value::Object(table) => {
            let entries = table.iter();
            let entries = entries.filter_map(|(key, value)| Some((key.clone(), as_toml(value)?)));
            toml::Value::Table(entries.collect())
        }
    })
}
