//! From a map's text to a map that holds together, or every slip in it.

mod events;
mod moments;
mod properties;
mod slips;

use std::ops::Range;
use std::sync::Arc;

use rappel_core::diagnostic::codes;
use rappel_core::facts::Record;
use rappel_core::{Diagnostic, Zone};
use toml::de::{DeTable, DeValue};

pub(super) use slips::listed;
use slips::{Entry, Reader};

use super::map::{Choices, Encoding, LateBooking, Map, Moment, RecordRule};

/// What a file may separate its columns with.
pub(super) const DELIMITERS: [char; 4] = [',', ';', '\t', '|'];

const KEYS: [&str; 11] = [
    "source",
    "zone",
    "country",
    "late_booking",
    "file",
    "appointment",
    "patient",
    "resource",
    "service",
    "location",
    "events",
];

impl Map {
    /// Reads a map. `name` is its file's, for the diagnostics.
    ///
    /// # Errors
    /// Every slip in it, each with its place and remedy.
    pub fn read(name: &str, text: &str) -> Result<Self, Vec<Diagnostic>> {
        let mut reader = Reader {
            name: name.to_string(),
            source: Arc::from(text),
            found: Vec::new(),
            columns: Vec::new(),
        };
        let table = match DeTable::parse(text) {
            Ok(table) => table,
            Err(error) => {
                let mut slip =
                    Diagnostic::new(codes::BAD_MAP, name, error.message().trim_end().to_string());
                if let Some(span) = error.span() {
                    slip = slip.at(reader.source, span).label("here");
                }
                return Err(vec![slip]);
            }
        };
        let map = reader.map(table.get_ref());
        match map {
            Some(map) if reader.found.is_empty() => Ok(map),
            _ => {
                let place = |slip: &Diagnostic| slip.span.as_ref().map(|span| span.start);
                reader.found.sort_by_key(place);
                Err(reader.found)
            }
        }
    }
}

impl Reader {
    fn map(&mut self, table: &DeTable<'_>) -> Option<Map> {
        self.only("", table, &KEYS);
        let sender = self.sender(table);
        let zone = self.zone(table);
        let country = self.country(table);
        let late = match table.contains_key("late_booking") {
            false => Some(LateBooking::Refuse),
            true => self.word(
                "",
                table,
                "late_booking",
                &[
                    ("refuse", LateBooking::Refuse),
                    ("start", LateBooking::Start),
                ],
            ),
        };
        let (delimiter, encoding) = self.file(table);
        let place = Place {
            zone: zone.unwrap_or(Zone::UTC),
            country: &country,
        };
        let mut records = Vec::new();
        let mut times = Times::default();
        for record in Record::ALL {
            let Some(entry) = table.get(record.name()) else {
                continue;
            };
            let Some(inner) = self.table(record.name(), entry) else {
                continue;
            };
            records.push(self.record(record, inner, key_span(table, record.name()), place));
            if record == Record::Appointment {
                times = self.times(inner, place);
            }
        }
        let rest = Rest {
            records: &records,
            times: &times,
            place,
        };
        let events = self.events(table, &rest);
        Some(Map {
            name: self.name.clone(),
            source: self.source.clone(),
            sender: sender?,
            zone: zone?,
            delimiter,
            encoding,
            late: late?,
            columns: self.columns.clone(),
            records,
            times: times.ways,
            events,
        })
    }

    fn sender(&mut self, table: &DeTable<'_>) -> Option<String> {
        if !table.contains_key("source") {
            self.form(
                0..0,
                "the map has no `source`",
                "write who tells the events: `source = \"agenda\"`",
            );
        }
        let (source, span) = self.string("", table, "source")?;
        if source.is_empty() || source.len() > 200 {
            self.meaning(
                span,
                "a source has 1 to 200 characters",
                "for instance `source = \"agenda\"`",
            );
            return None;
        }
        Some(source.to_string())
    }

    fn zone(&mut self, table: &DeTable<'_>) -> Option<Zone> {
        const HELP: &str = "write the clinic's: `zone = \"Europe/Paris\"`";
        if !table.contains_key("zone") {
            self.form(0..0, "the map has no `zone`", HELP);
        }
        let (zone, span) = self.string("", table, "zone")?;
        let known = zone.parse();
        if known.is_err() {
            self.meaning(span, format!("`{zone}` is not a time zone"), HELP);
        }
        known.ok()
    }

    /// The country; empty where the map has none. What needs it says so.
    fn country(&mut self, table: &DeTable<'_>) -> String {
        let Some((country, span)) = self.string("", table, "country") else {
            return String::new();
        };
        if country.len() != 2 || !country.chars().all(|c| c.is_ascii_uppercase()) {
            self.meaning(
                span,
                format!("`{country}` is not a country"),
                "write two capital letters: `country = \"FR\"`",
            );
        }
        country.to_string()
    }

    fn file(&mut self, table: &DeTable<'_>) -> (u8, Encoding) {
        let usual = (b',', Encoding::Utf8);
        let Some(table) = table
            .get("file")
            .and_then(|entry| self.table("file", entry))
        else {
            return usual;
        };
        self.only("file", table, &["delimiter", "encoding"]);
        let delimiters = DELIMITERS.map(|delimiter| (delimiter.to_string(), delimiter));
        let delimiters = delimiters.each_ref().map(|(text, c)| (text.as_str(), *c));
        let delimiter = self
            .word("file", table, "delimiter", &delimiters)
            .and_then(|delimiter| u8::try_from(delimiter).ok());
        let encodings = [
            ("utf-8", Encoding::Utf8),
            ("windows-1252", Encoding::Windows1252),
        ];
        let encoding = self.word("file", table, "encoding", &encodings);
        (delimiter.unwrap_or(usual.0), encoding.unwrap_or(usual.1))
    }

    fn table<'t, 's>(&mut self, path: &str, entry: &'t Entry<'s>) -> Option<&'t DeTable<'s>> {
        let table = entry.get_ref().as_table();
        if table.is_none() {
            self.form(
                entry.span(),
                format!("`{path}` must be a table"),
                &format!("begin it with `[{path}]`"),
            );
        }
        table
    }
}

/// The appointment's times.
#[derive(Default)]
struct Times {
    ways: [Choices<Moment>; 3],
    /// Which the map says something of, be it wrong.
    told: [bool; 3],
}

/// What an event must find in the rest of the map.
struct Rest<'m> {
    records: &'m [RecordRule],
    times: &'m Times,
    place: Place<'m>,
}

/// What reading a property needs to know of the whole map.
#[derive(Clone, Copy)]
struct Place<'m> {
    zone: Zone,
    country: &'m str,
}

/// Where a key stands.
fn key_span(table: &DeTable<'_>, key: &str) -> Range<usize> {
    table.get_key_value(key).map_or(0..0, |(key, _)| key.span())
}

/// A value of the map as JSON, where it is a single one.
fn scalar(value: &DeValue<'_>) -> Option<serde_json::Value> {
    match value {
        DeValue::String(text) => Some(text.as_ref().into()),
        DeValue::Boolean(flag) => Some((*flag).into()),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
            .ok()
            .map(Into::into),
        DeValue::Float(number) => serde_json::from_str(number.as_str()).ok(),
        DeValue::Datetime(_) | DeValue::Array(_) | DeValue::Table(_) => None,
    }
}
