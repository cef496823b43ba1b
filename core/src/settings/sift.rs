//! Goes through `clinic.toml` with its schema in hand: every value that can't be is told and left out, and
//! what is left can be read and checked further.

use std::ops::Range;

use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::near::nearest;
use super::remedy::{begin_alike, elsewhere, meanings, meant, said};
use super::wanted::{Shape, Table, Wanted, Word, as_toml, either, written};
use crate::nearest::surely_meant;

type Entry<'t> = Spanned<DeValue<'t>>;

/// What sort of slip it is, for those who judge whether it can be believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sort {
    /// A key that there isn't.
    Unknown,
    /// A key that has to be there.
    Missing,
    /// A value that can't be.
    Value,
}

/// Something that is wrong with a key.
#[derive(Clone, Debug)]
pub(super) struct Slip {
    pub(super) sort: Sort,
    /// The key: `reminder.notice`.
    pub(super) key: String,
    pub(super) span: Range<usize>,
    pub(super) message: String,
    pub(super) help: Option<String>,
    /// What has to be written in its place, where only that can be meant.
    pub(super) meant: Option<String>,
}

/// What is left of the file, and what was wrong with the rest.
pub(super) struct Sifted {
    pub(super) table: toml::Table,
    pub(super) slips: Vec<Slip>,
    /// The keys whose values are not what their author meant.
    pub(super) doubtful: Vec<String>,
    /// Where secrets stand that have no business in the file.
    pub(super) secrets: Vec<Range<usize>>,
}

/// Goes through a file. What has to be there and isn't has a value that stands for it.
pub(super) fn sift(document: &DeTable<'_>) -> Sifted {
    let mut sift = Sift::default();
    let wanted = Wanted::root();
    let table = match wanted.shape() {
        Shape::Table(shape) => sift.table(document, 0..0, &shape, None, ""),
        _ => toml::Table::new(),
    };
    Sifted {
        table,
        slips: sift.slips,
        doubtful: sift.doubtful,
        secrets: sift.secrets,
    }
}

#[derive(Default)]
struct Sift {
    slips: Vec<Slip>,
    doubtful: Vec<String>,
    secrets: Vec<Range<usize>>,
    /// Whether it is inside a list, where values have no keys.
    in_list: bool,
}

impl Sift {
    fn tell(
        &mut self,
        (sort, key): (Sort, &str),
        span: Range<usize>,
        message: String,
        help: Option<String>,
    ) {
        self.doubtful.push(key.to_string());
        self.slips.push(Slip {
            sort,
            key: key.to_string(),
            span,
            message,
            help,
            meant: None,
        });
    }

    /// Says what the slip that was just told surely means.
    fn surely(&mut self, meant: Option<String>) {
        if let Some(slip) = self.slips.last_mut() {
            slip.meant = meant;
        }
    }

    /// A value as it is written at a key.
    fn line(&self, path: &str, value: &str) -> String {
        let name = path.rsplit('.').next().unwrap_or(path);
        if self.in_list {
            format!("`{value}`")
        } else {
            format!("`{name} = {value}`")
        }
    }

    fn for_instance(&self, path: &str, wanted: &Wanted) -> String {
        let example = written(&wanted.example());
        format!("for instance {}", self.line(path, &example))
    }

    /// A table of the file; `tag` is a key of it that was looked at already.
    fn table(
        &mut self,
        table: &DeTable<'_>,
        place: Range<usize>,
        wanted: &Table,
        tag: Option<&str>,
        path: &str,
    ) -> toml::Table {
        let mut left = toml::Table::new();
        for (key, entry) in table {
            let name: &str = key.get_ref();
            if tag == Some(name) {
                continue;
            }
            let inner = join(path, name);
            match wanted.get(name) {
                Some(wanted) => {
                    if let Some(value) = self.value(entry, &wanted, &inner) {
                        left.insert(name.into(), value);
                    }
                }
                None if wanted.closed => {
                    let names = wanted.keys.iter().map(|(known, _)| *known);
                    let near = nearest(name, names);
                    let elsewhere = elsewhere(name);
                    self.unknown(&inner, key.span(), wanted, (near, &elsewhere));
                    let names = wanted.keys.iter().map(|(known, _)| *known);
                    let meant = surely_meant(name, names)
                        .filter(|meant| elsewhere.is_empty() && !table.contains_key(*meant));
                    self.surely(meant.map(String::from));
                    if wanted.keys.iter().any(|(_, wanted)| wanted.is_secret()) {
                        self.secrets.push(entry.span());
                    }
                    let near =
                        near.filter(|near| elsewhere.is_empty() && !table.contains_key(*near));
                    // It is taken for the key that was meant, so that its value is looked at too.
                    if let Some((near, wanted)) =
                        near.and_then(|near| Some((near, wanted.get(near)?)))
                    {
                        let meant = join(path, near);
                        self.doubtful.push(meant.clone());
                        if let Some(value) = self.value(entry, &wanted, &meant) {
                            left.insert(near.into(), value);
                        }
                    }
                }
                None => {
                    if let Some(value) = self.value(entry, &Wanted::nothing(), &inner) {
                        left.insert(name.into(), value);
                    }
                }
            }
        }
        for required in &wanted.required {
            if left.contains_key(*required) || tag == Some(required) {
                continue;
            }
            let Some(missing) = wanted.get(required) else {
                continue;
            };
            let key = join(path, required);
            if !table.contains_key(*required) {
                self.missing(&key, place.clone(), &missing);
            }
            left.extend(as_toml(&missing.example()).map(|value| ((*required).to_string(), value)));
        }
        left
    }

    fn missing(&mut self, key: &str, place: Range<usize>, wanted: &Wanted) {
        let meaning = wanted.meaning().map(one_line).unwrap_or_default();
        let message = match meaning.as_str() {
            "" => "it is missing".into(),
            meaning => format!("it is missing. {}", meaning.trim_end_matches('.')),
        };
        let help = format!("write {}", self.line(key, &written(&wanted.example())));
        self.tell((Sort::Missing, key), place, message, Some(help));
    }

    fn unknown(
        &mut self,
        key: &str,
        span: Range<usize>,
        table: &Table,
        (near, elsewhere): (Option<&str>, &[String]),
    ) {
        let (path, name) = key.rsplit_once('.').unwrap_or(("", key));
        let help = match (near, elsewhere) {
            (_, [place]) if place.is_empty() => {
                format!("`{name}` stands at the top of the file, before the first `[table]`")
            }
            (_, [first, rest @ ..]) if rest.len() < 3 => {
                let rest = rest.iter().map(|place| format!(" or {place}"));
                format!("`{name}` belongs into {first}{}", rest.collect::<String>())
            }
            (Some(near), _) => format!("did you mean `{near}`?"),
            (None, _) => {
                let names = either(table.keys.iter().map(|(key, _)| *key));
                let names = names.replace(" or ", " and ");
                match path {
                    "" => format!("there are {names}"),
                    path => format!("`[{path}]` has {names}"),
                }
            }
        };
        let message = "there is no such setting".into();
        self.tell((Sort::Unknown, key), span, message, Some(help));
    }

    /// A value of the file, where it can be one.
    fn value(&mut self, entry: &Entry<'_>, wanted: &Wanted, path: &str) -> Option<toml::Value> {
        let shape = wanted.shape();
        match (&shape, entry.get_ref()) {
            (Shape::Anything, _)
            | (Shape::Flag, DeValue::Boolean(_))
            | (
                Shape::Number | Shape::Text { number: true, .. },
                DeValue::Integer(_) | DeValue::Float(_),
            ) => {
                let read = plain(entry);
                if read.is_none() {
                    let message = "it has a number that is too large".into();
                    let help = "numbers have 18 digits at most; write it as a text".to_string();
                    self.tell((Sort::Value, path), entry.span(), message, Some(help));
                }
                read
            }
            (Shape::Text { form, .. }, DeValue::String(text)) => {
                if let Some(Err(wrong)) = form.map(|form| (form.check)(text)) {
                    let help = wrong.help.or_else(|| Some(self.for_instance(path, wanted)));
                    self.tell((Sort::Value, path), entry.span(), wrong.message, help);
                    return None;
                }
                plain(entry)
            }
            // A date needs no quotation marks in TOML.
            (
                Shape::Text {
                    form: Some(form), ..
                },
                DeValue::Datetime(date),
            ) if (form.check)(&date.to_string()).is_ok() => Some(date.to_string().into()),
            (Shape::Integer { least, most }, DeValue::Integer(number)) => {
                let read = i64::from_str_radix(number.as_str(), number.radix()).ok();
                let fits = |number: &i64| {
                    least.is_none_or(|least| *number >= least)
                        && most.is_none_or(|most| *number <= most)
                };
                if read.filter(fits).is_none() {
                    let message = match (least, most) {
                        (Some(least), Some(most)) => {
                            format!("it is a number from {least} to {most}")
                        }
                        (Some(least), None) => format!("it is a number from {least} on"),
                        _ => "the number is too large".into(),
                    };
                    let help = self.for_instance(path, wanted);
                    self.tell((Sort::Value, path), entry.span(), message, Some(help));
                    return None;
                }
                plain(entry)
            }
            (Shape::Words(words), DeValue::String(text)) => {
                if !words.iter().any(|word| word.name == text) {
                    self.word(entry, text, words, path);
                    return None;
                }
                plain(entry)
            }
            (Shape::List(item), DeValue::Array(list)) => {
                let outer = std::mem::replace(&mut self.in_list, true);
                let items = list.iter();
                let items: Vec<_> = items
                    .filter_map(|entry| self.value(entry, item, path))
                    .collect();
                self.in_list = outer;
                Some(items.into())
            }
            (Shape::Table(shape), DeValue::Table(table)) => {
                Some(self.table(table, entry.span(), shape, None, path).into())
            }
            (Shape::Tagged { tag, variants }, DeValue::Table(table)) => {
                self.tagged(table, entry, (tag, variants), path)
            }
            (Shape::Forms(forms), _) => self.any_of(entry, forms, wanted, path),
            _ => {
                self.misfit(entry, &shape, wanted, path);
                None
            }
        }
    }

    fn tagged(
        &mut self,
        table: &DeTable<'_>,
        entry: &Entry<'_>,
        (tag, variants): (&str, &[(&'static str, Wanted)]),
        path: &str,
    ) -> Option<toml::Value> {
        let key = join(path, tag);
        let words = || {
            let word = |(name, variant): &(&'static str, Wanted)| Word {
                name,
                meaning: variant.meaning(),
            };
            variants.iter().map(word).collect::<Vec<_>>()
        };
        let Some(written) = table.get(tag) else {
            let message = format!("it has no `{tag}`, so nothing says what it is");
            let help = format!("write `{tag} = …` with {}", meanings(&words()));
            self.tell((Sort::Missing, path), entry.span(), message, Some(help));
            return None;
        };
        let Some(name) = written.get_ref().as_str() else {
            let words = Shape::Words(words());
            self.misfit(written, &words, &Wanted::nothing(), &key);
            self.doubtful.push(path.into());
            return None;
        };
        let Some((name, variant)) = variants.iter().find(|(known, _)| *known == name) else {
            self.word(written, name, &words(), &key);
            self.doubtful.push(path.into());
            return None;
        };
        let Shape::Table(shape) = variant.shape() else {
            return plain(entry);
        };
        let mut left = self.table(table, entry.span(), &shape, Some(tag), path);
        left.insert(tag.into(), (*name).into());
        Some(left.into())
    }

    fn any_of(
        &mut self,
        entry: &Entry<'_>,
        forms: &[Wanted],
        wanted: &Wanted,
        path: &str,
    ) -> Option<toml::Value> {
        for form in forms {
            let mut alone = Sift::default();
            let value = alone.value(entry, form, path);
            if alone.slips.is_empty() {
                return value;
            }
        }
        let message = wanted.error().map_or_else(
            || {
                let shape = Shape::Forms(forms.to_vec());
                format!("{} is wanted here", shape.what())
            },
            String::from,
        );
        let examples: Vec<String> = wanted.examples().iter().map(written).collect();
        let help = match examples.as_slice() {
            [] => self.for_instance(path, wanted),
            examples => format!("write {}", either(examples.iter().map(String::as_str))),
        };
        self.tell((Sort::Value, path), entry.span(), message, Some(help));
        if wanted.is_secret() {
            self.secrets.push(entry.span());
        }
        None
    }

    /// A text that is none of the words.
    fn word(&mut self, entry: &Entry<'_>, text: &str, words: &[Word], path: &str) {
        let names = || words.iter().map(|word| word.name);
        let message = format!("`{text}` is not {}", either(names()));
        let known = |name: &str| names().find(|known| *known == name);
        let lower = text.to_lowercase();
        // `french` begins with `fr`; `yes` is what other programs call `on`.
        let near = said(&lower).and_then(known).or_else(|| {
            nearest(text, names())
                .or_else(|| names().find(|name| name.len() > 1 && lower.starts_with(name)))
                .or_else(|| names().find(|name| begin_alike(name, &lower)))
        });
        let help = match near {
            Some(near) => format!("did you mean `\"{near}\"`?"),
            None => format!("write {}", meanings(words)),
        };
        self.tell((Sort::Value, path), entry.span(), message, Some(help));
        self.surely(surely_meant(text, names()).map(|word| format!("\"{word}\"")));
    }

    /// A value of another sort than is wanted.
    fn misfit(&mut self, entry: &Entry<'_>, shape: &Shape, wanted: &Wanted, path: &str) {
        let value = entry.get_ref();
        let found = match value {
            DeValue::Boolean(flag) => format!("`{flag}`"),
            DeValue::String(_) => "a text".into(),
            DeValue::Integer(_) => "a number".into(),
            DeValue::Float(_) => "a number with decimals".into(),
            DeValue::Datetime(_) => "a date".into(),
            DeValue::Array(_) => "a list".into(),
            DeValue::Table(_) => "a table".into(),
        };
        let message = format!("{found} stands where {} is wanted", shape.what());
        let meant = meant(value, shape, wanted);
        let help = match meant.as_slice() {
            [_, ..] => {
                let lines = meant.iter().map(|meant| self.line(path, meant));
                format!("write {}", lines.collect::<Vec<_>>().join(" or "))
            }
            [] => match shape {
                Shape::Words(words) => format!("write {}", meanings(words)),
                // A table of some length is written below a line of its own.
                Shape::Table(_) | Shape::Tagged { .. } if wanted.examples().is_empty() => {
                    format!("write `[{path}]` on a line of its own, and its settings below it")
                }
                _ => self.for_instance(path, wanted),
            },
        };
        self.tell((Sort::Value, path), entry.span(), message, Some(help));
    }
}

/// An entry as it is; none where it is a number that TOML can't hold.
fn plain(entry: &Entry<'_>) -> Option<toml::Value> {
    toml::Value::deserialize(toml::de::ValueDeserializer::from(entry.clone())).ok()
}

/// A key inside a table, as errors name it.
pub(super) fn join(path: &str, key: &str) -> String {
    match path {
        "" => key.into(),
        path => format!("{path}.{key}"),
    }
}

/// A description without what comes after its first paragraph, on one line.
pub(super) fn one_line(text: &str) -> String {
    // What comes after a blank line is for the reference.
    let first = text.split("\n\n").next().unwrap_or(text);
    first.split_whitespace().collect::<Vec<_>>().join(" ")
}
