//! What keeps `clinic.toml` from being TOML, one sentence a line, and which slips can still be believed then.

use std::ops::Range;

use toml::de::{DeTable, DeValue};

use super::sift::{Slip, Sort};

/// What the parser says, what that means to people, and what to do; `{}` is the text at the place.
const TOLD: &[(&str, &str, &str)] = &[
    (
        "string values must be quoted",
        "`{}` is a text without quotation marks",
        "write `\"{}\"`",
    ),
    (
        "invalid boolean",
        "`{}` is neither `true` nor `false`",
        "write texts in quotation marks: `\"{}\"`",
    ),
    (
        "unexpected leading zero",
        "a number doesn't begin with 0",
        "a telephone number is a text: write it in quotation marks",
    ),
    (
        "duplicate key",
        "`{}` is written for the second time",
        "keep one of them; a table is written once, with all its keys below it",
    ),
    (
        "key with no value",
        "the key has no value",
        "write `key = value` on one line",
    ),
    (
        "unclosed table",
        "the table's name isn't closed",
        "write `]` at its end",
    ),
    (
        "invalid basic string",
        "the text isn't closed",
        "write `\"` at its end; a text stands on one line",
    ),
    (
        "missing comma between key-value pairs",
        "the table before this isn't closed",
        "write `}` where it ends, or `,` where it goes on",
    ),
    (
        "invalid unquoted key",
        "this is no key: keys have letters, digits, `_` and `-`",
        "write `key = value`",
    ),
    (
        "unexpected key or value",
        "the value ended, and something follows",
        "begin a new line for the next key",
    ),
];

/// What is said of a list that goes on to the end of the file.
const OPEN_LIST: (&str, &str) = ("the list isn't closed", "write `]` where it ends");

/// What is said where the parser's own words are all there is.
const ELSE: &str = "docs/settings.md shows how each setting is written";

/// The slips of form, the first of each line.
pub(super) fn slips(source: &str, document: &DeTable<'_>, errors: &[toml::de::Error]) -> Vec<Slip> {
    let mut placed: Vec<(Range<usize>, &str)> = errors
        .iter()
        .map(|error| (error.span().unwrap_or(0..0), error.message()))
        .collect();
    // Whatever comes after a list that isn't closed was read as a part of it.
    let open = placed.iter().find(|(_, said)| in_list(said));
    if let Some(begin) = open.and_then(|(span, _)| list_around(document, span.start)) {
        placed.retain(|(span, _)| span.start < begin);
        placed.push((begin..begin + 1, IN_LIST));
    }
    placed.sort_by_key(|(span, _)| span.start);
    let mut slips: Vec<Slip> = Vec::new();
    for (span, said) in placed {
        let line = line_of(source, span.start);
        let told = |slip: &Slip| line_of(source, slip.span.start) == line;
        if slips.iter().any(told) {
            continue;
        }
        if in_list(said) {
            let (message, help) = OPEN_LIST;
            slips.push(slip(span, message.into(), Some(help.into())));
            continue;
        }
        let here = source.get(span.clone()).unwrap_or_default();
        let told = TOLD.iter().find(|(begin, ..)| said.starts_with(begin));
        slips.push(match told {
            Some((_, message, help)) => slip(
                span,
                message.replace("{}", here),
                Some(help.replace("{}", here)),
            ),
            None => slip(span, said.trim_end().to_string(), Some(ELSE.into())),
        });
    }
    slips
}

fn slip(span: Range<usize>, message: String, help: Option<String>) -> Slip {
    Slip {
        sort: Sort::Value,
        key: String::new(),
        span,
        message,
        help,
        meant: None,
    }
}

/// Those of the other slips that can be believed although the file is no TOML: values on lines that could
/// be read, in tables whose name could.
pub(super) fn believable(source: &str, errors: &[Slip], slips: Vec<Slip>) -> Vec<Slip> {
    let lost = |slip: &Slip| {
        errors.iter().any(|error| {
            let line = line_of(source, error.span.start);
            if error.message == OPEN_LIST.0 {
                return slip.span.end > line.start;
            }
            let header = source[line.clone()].trim_start().starts_with('[');
            let to = if header {
                next_header(source, line.end)
            } else {
                line.end
            };
            (line.start..to).contains(&slip.span.start)
        })
    };
    slips
        .into_iter()
        .filter(|slip| slip.sort != Sort::Missing && !lost(slip))
        .collect()
}

/// The word by which the parser's errors about lists are known.
const IN_LIST: &str = "array";

fn in_list(said: &str) -> bool {
    said.contains(IN_LIST)
}

/// Where the list begins that a place is in.
fn list_around(document: &DeTable<'_>, at: usize) -> Option<usize> {
    document.values().find_map(|entry| match entry.get_ref() {
        DeValue::Array(_) if (entry.span().start..=entry.span().end).contains(&at) => {
            Some(entry.span().start)
        }
        DeValue::Table(table) => list_around(table, at),
        _ => None,
    })
}

/// The line that a place is on, in bytes, with its end.
fn line_of(source: &str, at: usize) -> Range<usize> {
    let at = source.floor_char_boundary(at);
    let start = source[..at].rfind('\n').map_or(0, |end| end + 1);
    let end = source[at..]
        .find('\n')
        .map_or(source.len(), |end| at + end + 1);
    start..end
}

/// Where the next table begins.
fn next_header(source: &str, from: usize) -> usize {
    let mut at = from.min(source.len());
    for line in source[at..].split_inclusive('\n') {
        if line.trim_start().starts_with('[') {
            return at;
        }
        at += line.len();
    }
    source.len()
}
