//! What whoever wrote a wrong value or key probably means.

use toml::de::DeValue;

use super::sift::{join, one_line};
use super::wanted::{Shape, Wanted, Word, written};

/// What a value of the wrong sort probably means, as it has to be written.
pub(super) fn meant(value: &DeValue<'_>, shape: &Shape, wanted: &Wanted) -> Vec<String> {
    let quoted = |text: &str| written(&serde_json::Value::String(text.into()));
    let one = |meant: Option<String>| meant.into_iter().collect();
    match (value, shape) {
        (
            DeValue::Integer(number),
            Shape::Text {
                form: Some(form), ..
            },
        ) => {
            let units: &[&str] = match form.format {
                "span" => &[" hours", " days"],
                "rate" => &["/s"],
                _ => &[],
            };
            let with = |unit: &&str| quoted(&format!("{}{unit}", number.as_str()));
            units.iter().map(with).collect()
        }
        // Only what can be made of digits means them: a telephone number, an option of an adapter.
        (DeValue::Integer(number), Shape::Text { form: None, .. }) => {
            let digits = |value: &serde_json::Value| {
                value
                    .as_str()
                    .is_some_and(|text| text.contains(|c: char| c.is_ascii_digit()))
            };
            let examples = wanted.examples();
            let fits = examples.is_empty() || examples.iter().any(digits);
            one((fits && wanted.default().is_none()).then(|| quoted(number.as_str())))
        }
        (DeValue::Boolean(flag), Shape::Words(words)) => one(said(&flag.to_string())
            .filter(|word| words.iter().any(|known| known.name == *word))
            .map(quoted)),
        (DeValue::String(text), Shape::Integer { .. }) => one(text
            .trim()
            .trim_end_matches('%')
            .parse::<i64>()
            .ok()
            .map(|number| number.to_string())),
        (DeValue::String(text), Shape::Flag) => {
            one(said(&text.to_lowercase()).map(|word| (word == "on").to_string()))
        }
        (DeValue::String(text), Shape::List(item)) => one(match item.shape() {
            Shape::Text { form, .. } if form.is_none_or(|form| (form.check)(text).is_ok()) => {
                Some(format!("[{}]", quoted(text)))
            }
            _ => None,
        }),
        (DeValue::Array(list), Shape::Text { .. }) => one(match list.iter().next() {
            Some(first) if list.len() == 1 => first.get_ref().as_str().map(quoted),
            _ => None,
        }),
        _ => Vec::new(),
    }
}

/// What other programs and languages call on and off.
pub(super) fn said(word: &str) -> Option<&'static str> {
    match word {
        "true" | "yes" | "on" | "oui" | "ja" | "always" | "enabled" => Some("on"),
        "false" | "no" | "off" | "non" | "nein" | "never" | "disabled" => Some("off"),
        _ => None,
    }
}

/// Whether two words begin with the same letters, as `early` and `earlier` do.
pub(super) fn begin_alike(one: &str, other: &str) -> bool {
    let alike = one.chars().zip(other.chars());
    alike.take_while(|(one, other)| one == other).count() >= 4
}

/// Words with what they mean: `"off"` (never), …
pub(super) fn meanings(words: &[Word]) -> String {
    let told = words.iter().map(|word| match word.meaning {
        Some(meaning) => {
            let meaning = one_line(meaning);
            format!("`\"{}\"` ({})", word.name, meaning.trim_end_matches('.'))
        }
        None => format!("`\"{}\"`", word.name),
    });
    let told: Vec<String> = told.collect();
    match told.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => told.join(""),
    }
}

/// The tables that have a key of this name: `[reminder]`; the top of the file is an empty text.
pub(super) fn elsewhere(key: &str) -> Vec<String> {
    fn look(wanted: &Wanted, path: &str, named: &str, key: &str, found: &mut Vec<String>) {
        // No setting is deeper than `gateways.NAME.limits.rate`.
        if path.matches('.').count() > 3 {
            return;
        }
        match wanted.shape() {
            Shape::Table(table) => {
                for (name, inner) in &table.keys {
                    if *name == key && !found.iter().any(|known| known == named) {
                        found.push(named.into());
                    }
                    let path = join(path, name);
                    look(inner, &path, &format!("`[{path}]`"), key, found);
                }
                if let Some(others) = &table.others {
                    let path = join(path, "NAME");
                    look(others, &path, &format!("`[{path}]`"), key, found);
                }
            }
            Shape::Tagged { tag, variants } => {
                for (name, variant) in &variants {
                    let named = format!("{named} with `{tag} = \"{name}\"`");
                    look(variant, path, &named, key, found);
                }
            }
            _ => {}
        }
    }
    let mut found = Vec::new();
    look(&Wanted::root(), "", "", key, &mut found);
    found
}
