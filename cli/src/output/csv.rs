//! Messages for spreadsheets: the properties of the JSON lines, a column each.

use serde::Serialize;

use super::Answer;
use crate::failure::{Failure, Result};

/// Writes rows with a first row of their columns' names.
pub(crate) fn write(answer: &mut Answer, rows: impl Iterator<Item = impl Serialize>) -> Result<()> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        writer
            .serialize(row)
            .map_err(|error| Failure::inside(&error))?;
    }
    let bytes = writer
        .into_inner()
        .map_err(|error| Failure::inside(&error))?;
    let text = String::from_utf8_lossy(&bytes);
    match text.trim_end_matches('\n') {
        "" => Ok(()),
        text => answer.line(text),
    }
}
