//! The rows of a CSV file, each with its place, read in order and again at any place.

use std::io::{self, BufRead, BufReader, Read, Seek};

use csv_core::ReadRecordResult;

/// The longest row, in bytes and in fields. A quotation mark that is never closed would otherwise
/// make one row of the whole file.
const MAX_ROW_BYTES: usize = 1024 * 1024;
const MAX_ROW_FIELDS: usize = 10_000;

/// A place to come back to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// In bytes from the start of the file.
    pub(super) offset: u64,
    /// The line that it is on, from 1.
    pub(super) line: u64,
}

/// A row's fields, without their quotation marks.
#[derive(Debug)]
pub(super) struct Row {
    bytes: Vec<u8>,
    ends: Vec<usize>,
    fields: usize,
    /// Where to read it again: its first byte, or that of blank lines before it.
    pub(super) place: Place,
    /// The line it begins on, from 1.
    pub(super) line: u64,
    /// The line it ends on.
    pub(super) last_line: u64,
}

impl Row {
    pub(super) fn new() -> Self {
        Self {
            bytes: Vec::new(),
            ends: Vec::new(),
            fields: 0,
            place: Place { offset: 0, line: 1 },
            line: 1,
            last_line: 1,
        }
    }

    /// How many fields it has.
    pub(super) fn len(&self) -> usize {
        self.fields
    }

    /// A field; empty where the row has no such field.
    pub(super) fn field(&self, index: usize) -> &[u8] {
        if index >= self.fields {
            return &[];
        }
        let end = |index: usize| self.ends.get(index).copied().unwrap_or_default();
        let start = index.checked_sub(1).map_or(0, end);
        self.bytes.get(start..end(index)).unwrap_or_default()
    }
}

/// What came of reading a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// A row was read.
    Row,
    /// The file ends before a quotation mark of this row is closed.
    Unclosed,
    /// The row is longer than any row; what follows can't be told apart from it.
    TooLong,
    /// There are no more rows.
    End,
}

/// A CSV file. The fields are told apart by the `csv` crate's own parser; what is added are exact
/// lines (with CRLF and blank lines too), places to come back to, and limits.
pub(super) struct Rows<R> {
    input: BufReader<R>,
    parser: csv_core::Reader,
    place: Place,
}

impl<R: Read + Seek> Rows<R> {
    pub(super) fn new(input: R, delimiter: u8) -> Self {
        Self {
            // Small, because the second reading jumps and would fill a larger one for a single row.
            input: BufReader::with_capacity(4 * 1024, input),
            parser: csv_core::ReaderBuilder::new().delimiter(delimiter).build(),
            place: Place { offset: 0, line: 1 },
        }
    }

    /// Where the next row is looked for.
    pub(super) fn place(&self) -> Place {
        self.place
    }

    /// Goes back or ahead to the place of a row.
    pub(super) fn seek(&mut self, place: Place) -> io::Result<()> {
        // Events in order of time are often near each other in the file: the buffer is kept then.
        let distance = place.offset.wrapping_sub(self.place.offset);
        self.input.seek_relative(distance.cast_signed())?;
        self.place = place;
        Ok(())
    }

    /// Reads the next row that isn't blank.
    pub(super) fn read(&mut self, row: &mut Row) -> io::Result<Next> {
        self.parser.reset();
        row.fields = 0;
        row.place = self.place;
        row.line = self.place.line;
        let mut written = 0;
        let mut begun = false;
        let mut ended = false;
        loop {
            // At the end of the file a line break completes the last row, unless it stands inside
            // quotation marks that were never closed.
            let input = match self.input.fill_buf()? {
                [] if !begun || (ended && written == 0) => return Ok(Next::End),
                [] if ended => return Ok(Next::Unclosed),
                [] => {
                    ended = true;
                    &b"\n"[..]
                }
                input => input,
            };
            if row.bytes.len() == written {
                row.bytes.resize((2 * written).max(1024), 0);
            }
            if row.ends.len() == row.fields {
                row.ends.resize((2 * row.fields).max(32), 0);
            }
            let (result, read, out, fields) = self.parser.read_record(
                input,
                row.bytes.get_mut(written..).unwrap_or_default(),
                row.ends.get_mut(row.fields..).unwrap_or_default(),
            );
            written += out;
            row.fields += fields;
            let consumed = if ended {
                &[]
            } else {
                input.get(..read).unwrap_or_default()
            };
            if !begun {
                let blank = consumed
                    .iter()
                    .take_while(|byte| b"\r\n".contains(byte))
                    .count();
                begun = blank < consumed.len();
                row.line += lines(consumed.get(..blank).unwrap_or_default());
            }
            row.last_line =
                self.place.line + lines(consumed) - u64::from(consumed.ends_with(b"\n"));
            self.place.line += lines(consumed);
            self.place.offset += consumed.len() as u64;
            let consumed = consumed.len();
            self.input.consume(consumed);
            match result {
                ReadRecordResult::Record => return Ok(Next::Row),
                ReadRecordResult::End => return Ok(Next::End),
                _ if written > MAX_ROW_BYTES || row.fields > MAX_ROW_FIELDS => {
                    return Ok(Next::TooLong);
                }
                _ => {}
            }
        }
    }
}

fn lines(bytes: &[u8]) -> u64 {
    bytes.iter().filter(|byte| **byte == b'\n').count() as u64
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::io::Cursor;

    use proptest::prelude::*;

    use super::*;

    /// Every row's line and fields, then how reading ended.
    fn read(text: &str) -> Vec<String> {
        let mut rows = Rows::new(Cursor::new(text.as_bytes()), b',');
        let mut row = Row::new();
        let mut seen = Vec::new();
        loop {
            let next = rows.read(&mut row).unwrap();
            if next != Next::Row {
                seen.push(format!("{next:?}"));
                return seen;
            }
            seen.push(format!(
                "{}-{} {}",
                row.line,
                row.last_line,
                fields(&row).join("|")
            ));
        }
    }

    fn fields(row: &Row) -> Vec<String> {
        (0..row.len())
            .map(|index| String::from_utf8_lossy(row.field(index)).into_owned())
            .collect()
    }

    #[test]
    fn lines_are_exact_whatever_ends_them() {
        let expected = ["1-1 a|b", "2-2 1|2", "5-5 3|4", "End"];
        assert_eq!(read("a,b\n1,2\n\n\n3,4\n"), expected);
        assert_eq!(read("a,b\r\n1,2\r\n\r\n\r\n3,4"), expected);
        assert_eq!(
            read("\u{feff}a,b\r\n1,\"x\r\ny\"\r\n3,4"),
            ["1-1 a|b", "2-3 1|x\r\ny", "4-4 3|4", "End"]
        );
        assert_eq!(read(""), ["End"]);
        assert_eq!(read("\u{feff}"), ["End"]);
        assert_eq!(read("\n\n"), ["End"]);
    }

    #[test]
    fn a_quotation_mark_that_is_never_closed_is_told() {
        assert_eq!(
            read("a,b\n1,\"2\n3,4\n"),
            ["1-1 a|b", "Unclosed"],
            "the rest of the file would have been one value"
        );
        assert_eq!(
            read("a,b\n1,5\" tube"),
            ["1-1 a|b", "2-2 1|5\" tube", "End"]
        );
        assert_eq!(read("\""), ["Unclosed"]);
        let endless = format!("a,b\n1,\"{}", "x\n".repeat(MAX_ROW_BYTES));
        assert_eq!(read(&endless), ["1-1 a|b", "TooLong"]);
        assert_eq!(read(&",".repeat(2 * MAX_ROW_FIELDS)), ["TooLong"]);
    }

    proptest! {
        #[test]
        fn fields_are_those_of_the_csv_crate(text in "([a-c,\"\r\n]|é){0,60}") {
            let mut ours = Vec::new();
            let mut rows = Rows::new(Cursor::new(text.as_bytes()), b',');
            let mut row = Row::new();
            let mut places = Vec::new();
            let last = loop {
                match rows.read(&mut row).unwrap() {
                    Next::Row => {
                        places.push((row.place, row.line));
                        ours.push(fields(&row));
                    }
                    last => break last,
                }
            };
            let theirs: Vec<Vec<String>> = csv::ReaderBuilder::new()
                .has_headers(false)
                .flexible(true)
                .from_reader(text.as_bytes())
                .records()
                .map(|record| record.unwrap().iter().map(str::to_string).collect())
                .collect();
            let complete = theirs.len() - usize::from(last == Next::Unclosed);
            prop_assert_eq!(&ours[..], &theirs[..complete]);
            for (index, (place, line)) in places.into_iter().enumerate().rev() {
                rows.seek(place).unwrap();
                prop_assert_eq!(rows.read(&mut row).unwrap(), Next::Row);
                prop_assert_eq!(&fields(&row), &ours[index]);
                prop_assert_eq!(row.line, line);
            }
        }
    }
}
