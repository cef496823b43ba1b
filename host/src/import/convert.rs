//! A file through a map: every bad row told, then the events in order of their time.
//!
//! The file is read twice. The first reading converts every row, tells those that can't be, and
//! keeps of each event only when it happens and where its row is; the second reads the rows again in
//! the events' order. So a file of any size needs less than 100 bytes of memory an event.

use rappel_core::nearest;
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::io::{self, Read, Seek};

use rappel_core::diagnostic::codes;
use rappel_core::{Diagnostic, EventKind};
use serde::Serialize;

use super::cells::{Cells, Slip, decode};
use super::map::Map;
use super::read::{DELIMITERS, listed};
use super::rows::{Next, Place, Row, Rows};

/// A row that didn't become events. Says where and why, with nothing of the row in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RowError {
    /// The line that the row begins on, from 1.
    pub line: u64,
    /// The column to look at, where there is one.
    pub column: Option<String>,
    /// What is wrong.
    pub reason: String,
}

impl fmt::Display for RowError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}", self.line)?;
        if let Some(column) = &self.column {
            write!(f, ", column `{column}`")?;
        }
        write!(f, ": {}", self.reason)
    }
}

impl std::error::Error for RowError {}

/// Why a file can't be converted at all.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// It can't be read.
    #[error("the file can't be read: {0}")]
    Read(#[from] io::Error),
    /// It has no first row with the columns' names.
    #[error("the file has no first row with the names of its columns{0}")]
    NoHeader(&'static str),
    /// The map names columns that it doesn't have.
    #[error("the map names columns that the file doesn't have")]
    Columns(Vec<Diagnostic>),
}

/// What became of a file's rows. `read` is the sum of the other three.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Rows read, without the first and without blank ones.
    pub read: u64,
    /// Rows that became events.
    pub converted: u64,
    /// Rows that can't become events; each was told as a [`RowError`].
    pub refused: u64,
    /// Rows that the conditions of every event leave out.
    pub without_events: u64,
    /// Events of each type.
    pub events: BTreeMap<&'static str, u64>,
}

/// How far a conversion is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// The file is being read.
    Reading {
        /// Bytes of it.
        bytes: u64,
    },
    /// The events are being written.
    Writing {
        /// Events written.
        written: u64,
        /// All events.
        of: u64,
    },
}

/// Converts a CSV file. The answer is an iterator: first of a [`RowError`] for each row that can't
/// become events, in the file's order, then of the events in order of their time, each a CloudEvent
/// on one line of JSON. Events of the same time are in the order of their rows, and of the map
/// within a row.
///
/// # Errors
/// When the file can't be read, has no header, or lacks a column that the map names.
pub fn convert<R: Read + Seek>(input: R, map: &Map) -> Result<Conversion<'_, R>, ImportError> {
    let mut rows = Rows::new(input, map.delimiter);
    let mut row = Row::new();
    match rows.read(&mut row)? {
        Next::Row => {}
        Next::End => return Err(ImportError::NoHeader("; it is empty")),
        Next::Unclosed | Next::TooLong => {
            return Err(ImportError::NoHeader(
                "; a quotation mark in it is never closed",
            ));
        }
    }
    Ok(Conversion {
        places: places(map, &row).map_err(ImportError::Columns)?,
        width: row.len(),
        map,
        rows,
        row,
        summary: Summary::default(),
        keys: Vec::new(),
        ids: Vec::new(),
        step: Step::Reading,
    })
}

/// Where in the file the columns are that the map names.
fn places(map: &Map, header: &Row) -> Result<Vec<usize>, Vec<Diagnostic>> {
    let names: Vec<String> = (0..header.len())
        .map(|index| {
            decode(map.encoding, header.field(index))
                .map(|name| name.trim().to_string())
                .unwrap_or_default()
        })
        .collect();
    let mut found = Vec::new();
    let mut places = Vec::new();
    for (name, span) in &map.columns {
        let mut same = (0..).zip(&names).filter(|(_, known)| *known == name);
        let (message, help) = match (same.next(), same.next()) {
            (Some((place, _)), None) => {
                places.push(place);
                continue;
            }
            (Some(_), Some(_)) => (
                format!("the file has more than one column `{name}`"),
                "give them different names in the file".to_string(),
            ),
            (None, _) => (
                format!("the file has no column `{name}`"),
                remedy(name, &names),
            ),
        };
        found.push(
            Diagnostic::new(codes::NO_COLUMN, &map.name, message)
                .at(map.source.clone(), span.clone())
                .label("here")
                .help(help),
        );
    }
    if found.is_empty() {
        Ok(places)
    } else {
        Err(found)
    }
}

/// What to do about a column that isn't there.
fn remedy(name: &str, names: &[String]) -> String {
    // A file with another delimiter than the map says has one column with all the names in it.
    if let [only] = names
        && let Some(delimiter) = DELIMITERS.into_iter().find(|c| only.contains(*c))
    {
        return format!(
            "its columns seem to be separated otherwise: write `delimiter = \"{}\"` in the map's `[file]`",
            delimiter.escape_default()
        );
    }
    match nearest(name, names.iter().map(String::as_str)) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("its columns are {}", listed(names)),
    }
}

/// When an event happens and where its row is.
#[derive(Clone, Copy, Debug)]
struct Key {
    /// In seconds since 1970.
    time: i64,
    offset: u64,
    /// The line of its row, cut to what a `u32` holds.
    line: u32,
    /// Its place among the map's events.
    rule: u16,
    kind: EventKind,
}

/// An event's id, hashed, and the place of its key. Keys are in the order of the rows until all are
/// there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Id {
    hash: [u8; 16],
    key: u32,
}

/// A row that makes the same event as an earlier one. The host would take it for a repetition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Repeat {
    line: u32,
    of: u32,
}

#[derive(Debug)]
enum Step {
    Reading,
    Telling(std::vec::IntoIter<Repeat>),
    Writing { next: usize },
    Ended,
}

/// A file on its way through a map; see [`convert`].
pub struct Conversion<'m, R> {
    map: &'m Map,
    rows: Rows<R>,
    row: Row,
    /// Where in the file each column is that the map names.
    places: Vec<usize>,
    /// How many columns the file has.
    width: usize,
    summary: Summary,
    keys: Vec<Key>,
    ids: Vec<Id>,
    step: Step,
}

impl<R> Conversion<'_, R> {
    /// What became of the rows so far; of all once the first event was given out.
    pub fn summary(&self) -> &Summary {
        &self.summary
    }
}

impl<R: Read + Seek> Conversion<'_, R> {
    /// How far it is.
    pub fn progress(&self) -> Progress {
        match self.step {
            Step::Reading => Progress::Reading {
                bytes: self.rows.place().offset,
            },
            Step::Telling(_) => self.writing(0),
            Step::Writing { next } => self.writing(next),
            Step::Ended => self.writing(self.keys.len()),
        }
    }

    fn writing(&self, written: usize) -> Progress {
        Progress::Writing {
            written: written as u64,
            of: self.keys.len() as u64,
        }
    }

    /// Reads rows up to one that can't become events. `None` at the end of the file.
    fn read(&mut self) -> Option<RowError> {
        loop {
            let next = match self.rows.read(&mut self.row) {
                Ok(next) => next,
                Err(error) => {
                    // Half a file is no agenda: nothing is made of it.
                    self.step = Step::Ended;
                    return Some(RowError {
                        line: self.rows.place().line,
                        column: None,
                        reason: format!("the file can't be read on: {error}"),
                    });
                }
            };
            if next == Next::End {
                return None;
            }
            self.summary.read += 1;
            let made = match next {
                Next::Unclosed | Next::TooLong => Err(Slip::new(
                    None,
                    "a quotation mark in this row is never closed, so that the rest of the file is one value",
                )),
                Next::Row | Next::End => self.keep(),
            };
            let slip = match made {
                Ok(()) => continue,
                Err(slip) => slip,
            };
            self.summary.refused += 1;
            if next == Next::TooLong {
                self.finish();
            }
            return Some(self.error(self.row.line, slip));
        }
    }

    /// Converts the row that was read and keeps the keys of its events.
    fn keep(&mut self) -> Result<(), Slip> {
        let events = self.cells()?.events()?;
        if events.is_empty() {
            self.summary.without_events += 1;
            return Ok(());
        }
        for event in events {
            let too_many = |_| Slip::new(None, "more events than one import can put in order");
            let key = u32::try_from(self.keys.len()).map_err(too_many)?;
            let hash = blake3::hash(event.id.as_bytes());
            let hash = hash.as_bytes().first_chunk().copied().unwrap_or_default();
            self.ids.push(Id { hash, key });
            self.keys.push(Key {
                time: event.time.timestamp(),
                offset: self.row.place.offset,
                line: u32::try_from(self.row.line).unwrap_or(u32::MAX),
                rule: u16::try_from(event.rule).map_err(too_many)?,
                kind: event.kind,
            });
        }
        self.summary.converted += 1;
        Ok(())
    }

    /// The row that was read, where it has as many fields as the first.
    fn cells(&self) -> Result<Cells<'_>, Slip> {
        let Row {
            line, last_line, ..
        } = self.row;
        if self.row.len() == self.width {
            return Ok(Cells {
                map: self.map,
                row: &self.row,
                places: &self.places,
            });
        }
        let mut reason = format!(
            "{} fields where the first row has {}",
            self.row.len(),
            self.width
        );
        if last_line > line {
            reason +=
                &format!("; it goes on to line {last_line}: is a quotation mark never closed?");
        }
        Err(Slip::new(None, reason))
    }

    /// Puts the events in order, without those of rows that repeat another's.
    fn finish(&mut self) {
        let mut ids = std::mem::take(&mut self.ids);
        ids.sort_unstable();
        let mut repeats: HashMap<u64, Repeat> = HashMap::new();
        for same in ids.chunk_by(|one, other| one.hash == other.hash) {
            let mut rows = same.iter().filter_map(|id| self.keys.get(id.key as usize));
            // The first that stands; what an already refused row repeats may stand itself.
            let Some(first) = rows.find(|key| !repeats.contains_key(&key.offset)) else {
                continue;
            };
            for key in rows {
                repeats.entry(key.offset).or_insert(Repeat {
                    line: key.line,
                    of: first.line,
                });
            }
        }
        self.keys.retain(|key| !repeats.contains_key(&key.offset));
        self.keys
            .sort_unstable_by_key(|key| (key.time, key.offset, key.rule));
        let count = repeats.len() as u64;
        self.summary.converted -= count;
        self.summary.refused += count;
        for key in &self.keys {
            *self.summary.events.entry(key.kind.name()).or_default() += 1;
        }
        let mut repeats: Vec<_> = repeats.into_values().collect();
        repeats.sort_unstable();
        self.step = Step::Telling(repeats.into_iter());
    }

    /// Makes an event again.
    fn write(&mut self, key: Key) -> Result<String, RowError> {
        let place = Place {
            offset: key.offset,
            line: u64::from(key.line),
        };
        let line = u64::from(key.line);
        let changed = || Slip::new(None, "the file changed while it was read");
        self.rows
            .seek(place)
            .and_then(|()| self.rows.read(&mut self.row))
            .map_err(|error| Slip::new(None, format!("the file can't be read again: {error}")))
            .and_then(|next| match next {
                Next::Row => self.cells()?.event_of(key.rule.into()),
                Next::Unclosed | Next::TooLong | Next::End => Ok(None),
            })
            .and_then(|event| event.map(|event| event.line).ok_or_else(changed))
            .map_err(|slip| self.error(line, slip))
    }

    fn error(&self, line: u64, slip: Slip) -> RowError {
        let column = slip
            .column
            .and_then(|column| self.map.columns.get(column.0));
        RowError {
            line,
            column: column.map(|(name, _)| name.clone()),
            reason: slip.reason,
        }
    }
}

impl<R: Read + Seek> Iterator for Conversion<'_, R> {
    type Item = Result<String, RowError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match &mut self.step {
                Step::Reading => match self.read() {
                    Some(error) => return Some(Err(error)),
                    None => self.finish(),
                },
                Step::Telling(repeats) => match repeats.next() {
                    Some(repeat) => {
                        return Some(Err(RowError {
                            line: repeat.line.into(),
                            column: None,
                            reason: format!("makes the same event as line {}", repeat.of),
                        }));
                    }
                    None => self.step = Step::Writing { next: 0 },
                },
                Step::Writing { next } => {
                    let key = self.keys.get(*next).copied();
                    *next += 1;
                    match key {
                        Some(key) => return Some(self.write(key)),
                        None => self.step = Step::Ended,
                    }
                }
                Step::Ended => return None,
            }
        }
    }
}
