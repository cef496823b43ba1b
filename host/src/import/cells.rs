//! What a row says: its columns, the texts and values that the map makes of them.

use std::borrow::Cow;

use serde_json::Value;

use super::made_up;
use super::map::{Choices, Condition, Encoding, How, Map, Property};
use super::rows::Row;
use super::text::{Column, Piece, Text};
use super::windows_1252;

/// The longest value, in bytes. What is longer is the rest of a file behind a quotation mark that
/// was never closed.
const MAX_VALUE: usize = 10_000;

/// What is said of a text that a table of the map lacks.
pub(super) const NOT_IN_TABLE: &str = "not one of the `values` in the map; add it there";

/// Why a row can't become events: the column to look at, where there is one, and a sentence without
/// anything of the row in it.
#[derive(Debug)]
pub(super) struct Slip {
    pub(super) column: Option<Column>,
    pub(super) reason: String,
}

impl Slip {
    pub(super) fn new(column: Option<Column>, reason: impl Into<String>) -> Self {
        Self {
            column,
            reason: reason.into(),
        }
    }
}

/// A row as the map sees it.
#[derive(Clone, Copy)]
pub(super) struct Cells<'r> {
    pub(super) map: &'r Map,
    pub(super) row: &'r Row,
    /// Where in the file each column is that the map names.
    pub(super) places: &'r [usize],
}

impl<'r> Cells<'r> {
    /// What a column says, without blanks around it.
    fn get(self, column: Column) -> Result<Cow<'r, str>, Slip> {
        let bytes = self
            .places
            .get(column.0)
            .map_or(&[][..], |place| self.row.field(*place));
        if bytes.len() > MAX_VALUE {
            let reason =
                format!("longer than {MAX_VALUE} bytes; is a quotation mark never closed?");
            return Err(Slip::new(Some(column), reason));
        }
        let text =
            decode(self.map.encoding, bytes).map_err(|reason| Slip::new(Some(column), reason))?;
        Ok(match text {
            Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
            Cow::Owned(text) => Cow::Owned(text.trim().to_string()),
        })
    }

    /// A text of the map with the row in it; nothing where it has columns and all are empty.
    pub(super) fn text(self, text: &Text) -> Result<Option<Cow<'r, str>>, Slip> {
        if let [Piece::Column(column)] = text.pieces() {
            let value = self.get(*column)?;
            return Ok((!value.is_empty()).then_some(value));
        }
        let mut whole = String::new();
        let mut empty = true;
        for piece in text.pieces() {
            match piece {
                Piece::Literal(literal) => whole.push_str(literal),
                Piece::Column(column) => {
                    let value = self.get(*column)?;
                    empty &= value.is_empty();
                    whole.push_str(&value);
                }
            }
        }
        let nothing = empty && text.columns().next().is_some();
        Ok((!nothing).then_some(Cow::Owned(whole)))
    }

    /// Whether a condition holds.
    pub(super) fn holds(self, condition: &Condition) -> Result<bool, Slip> {
        let all = |columns: &[(Column, Vec<String>)]| {
            for (column, texts) in columns {
                let value = self.get(*column)?;
                if !texts.iter().any(|text| *text == value) {
                    return Ok(false);
                }
            }
            Ok(true)
        };
        Ok(all(&condition.when)? && (condition.unless.is_empty() || !all(&condition.unless)?))
    }

    /// The first value that the row has. An empty text is none.
    pub(super) fn value(self, choices: &Choices<How>) -> Result<Option<Value>, Slip> {
        for choice in choices {
            if self.holds(&choice.condition)?
                && let Some(value) = self.made(&choice.how)?
                && value.as_str() != Some("")
            {
                return Ok(Some(value));
            }
        }
        Ok(None)
    }

    fn made(self, how: &How) -> Result<Option<Value>, Slip> {
        match how {
            How::Constant(value) => Ok(Some(value.clone())),
            How::Text(text) => Ok(self
                .text(text)?
                .map(|text| Value::String(text.into_owned()))),
            How::Table {
                from,
                values,
                otherwise,
            } => {
                let Some(text) = self.text(from)? else {
                    return Ok(values.get("").cloned());
                };
                match values.get(text.as_ref()).or(otherwise.as_ref()) {
                    Some(value) => Ok(Some(value.clone())),
                    None => Err(Slip::new(from.columns().next(), NOT_IN_TABLE)),
                }
            }
            How::Integer(from) => self.read(from, "a whole number", |text| {
                text.parse::<u32>().ok().map(Value::from)
            }),
            How::Amount(from) => self.read(from, "an amount such as `45,00`", |text| {
                amount(text).map(Value::from)
            }),
            How::Pick { by, draw, list } => Ok(self.text(by)?.and_then(|by| {
                let place = made_up::place(draw, &by, list.len())?;
                list.get(place).cloned()
            })),
            How::Make { by, draw, what } => Ok(self
                .text(by)?
                .map(|by| Value::String(what.value(draw, &by)))),
        }
    }

    fn read(
        self,
        from: &Text,
        what: &str,
        read: impl FnOnce(&str) -> Option<Value>,
    ) -> Result<Option<Value>, Slip> {
        let Some(text) = self.text(from)? else {
            return Ok(None);
        };
        match read(&text) {
            Some(value) => Ok(Some(value)),
            None => Err(Slip::new(from.columns().next(), format!("not {what}"))),
        }
    }
}

/// The text that a field's bytes are.
pub(super) fn decode(encoding: Encoding, bytes: &[u8]) -> Result<Cow<'_, str>, &'static str> {
    match encoding {
        Encoding::Utf8 => std::str::from_utf8(bytes).map(Cow::Borrowed).map_err(|_| {
            "not UTF-8; a file from a spreadsheet may need `encoding = \"windows-1252\"` in the map's `[file]`"
        }),
        Encoding::Windows1252 => {
            windows_1252::decode(bytes).ok_or("a byte that means nothing in windows-1252")
        }
    }
}

/// An amount as people write it, with a comma or a point, blanks and a currency, in the form that
/// events have. `1.234` is not read: it may be a thousand or little more than one.
fn amount(text: &str) -> Option<String> {
    let digits: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let digits = digits.trim_matches(|c: char| c.is_alphabetic() || "€£$".contains(c));
    let (whole, cents) = digits.split_once([',', '.']).unwrap_or((digits, ""));
    let number = |text: &str| text.chars().all(|c| c.is_ascii_digit());
    if whole.is_empty() || whole.len() > 12 || cents.len() > 2 || !number(whole) || !number(cents) {
        return None;
    }
    Some(format!("{whole}.{cents:0<2}"))
}

impl Property {
    /// The columns that it is made of.
    pub(super) fn columns(&self) -> impl Iterator<Item = Column> + '_ {
        self.value
            .iter()
            .filter_map(|choice| match &choice.how {
                How::Constant(_) => None,
                How::Text(text)
                | How::Table { from: text, .. }
                | How::Integer(text)
                | How::Amount(text)
                | How::Pick { by: text, .. }
                | How::Make { by: text, .. } => Some(text),
            })
            .flat_map(Text::columns)
    }
}

#[cfg(test)]
mod tests {
    use super::amount;

    #[test]
    fn amounts_as_people_write_them() {
        for (text, read) in [
            ("45", "45.00"),
            ("45,5", "45.50"),
            ("45.00 €", "45.00"),
            ("EUR 1\u{202f}234,50", "1234.50"),
            ("£12.99", "12.99"),
        ] {
            assert_eq!(amount(text).as_deref(), Some(read), "{text}");
        }
        for text in ["", "€", "-5", "1.234", "1,234.50", "4x5", "1234567890123"] {
            assert_eq!(amount(text), None, "{text}");
        }
    }
}
