//! Messages and counts for spreadsheets: the properties of the JSON lines, a column each.

use csv::Writer;
use serde::Serialize;

use super::Answer;
use crate::failure::{Failure, Result};

/// Writes rows as they come, with a first row of their columns' names.
pub(crate) struct Csv(Box<Writer<Answer>>);

impl Csv {
    /// Begins the rows of an answer.
    pub(crate) fn new(answer: Answer) -> Self {
        Self(Box::new(Writer::from_writer(answer)))
    }

    /// Writes a row of an object's properties. The first one brings the names.
    pub(crate) fn row(&mut self, object: impl Serialize) -> Result<()> {
        self.0.serialize(object).map_err(failed)
    }

    /// Writes a row of texts.
    pub(crate) fn texts<T: AsRef<[u8]>>(&mut self, row: impl IntoIterator<Item = T>) -> Result<()> {
        self.0.write_record(row).map_err(failed)
    }

    /// Sees that everything is written.
    pub(crate) fn end(&mut self) -> Result<()> {
        self.0.flush().map_err(|error| Failure::answer(&error))
    }
}

fn failed(error: csv::Error) -> Failure {
    match error.kind() {
        csv::ErrorKind::Io(io) => Failure::answer(io),
        _ => Failure::inside(&error),
    }
}
