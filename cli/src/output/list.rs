//! Lists for programs: an object a line, or a row, written as they come.

use serde::Serialize;

use super::Answer;
use super::csv::Csv;
use crate::failure::Result;

/// A list that is being written.
pub(crate) enum List {
    Json(Answer),
    Csv(Csv),
}

impl List {
    /// Begins a list of objects, as JSON or else as CSV.
    pub(crate) fn new(json: bool) -> Self {
        match json {
            true => List::Json(Answer::new()),
            false => List::Csv(Csv::new(Answer::new())),
        }
    }

    /// Writes one object.
    pub(crate) fn add(&mut self, object: &impl Serialize) -> Result<()> {
        match self {
            List::Json(answer) => answer.json(object),
            List::Csv(csv) => csv.row(object),
        }
    }

    /// Sees that everything is written.
    pub(crate) fn end(&mut self) -> Result<()> {
        match self {
            List::Json(answer) => answer.tell(),
            List::Csv(csv) => csv.end(),
        }
    }
}
