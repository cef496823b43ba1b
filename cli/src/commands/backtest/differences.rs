//! The messages that differ, in a file.

use std::path::Path;

use csv::Writer;
use rappel_core::civil::Zone;
use rappel_host::backtest::Difference;
use rappel_host::summary::DifferenceLine;

use crate::failure::{Failure, Result};
use crate::output::file::WholeFile;

/// A file of differences.
pub(super) struct Differences {
    zone: Zone,
    to: To,
}

enum To {
    Json(WholeFile),
    Csv(Box<Writer<WholeFile>>),
}

impl Differences {
    /// Begins it. Times in it are those of `zone`.
    pub(super) fn create(path: &Path, zone: Zone) -> Result<Self> {
        let file = WholeFile::create(path)?;
        let csv = path
            .extension()
            .is_some_and(|end| end.eq_ignore_ascii_case("csv"));
        let to = match csv {
            true => To::Csv(Box::new(Writer::from_writer(file))),
            false => To::Json(file),
        };
        Ok(Self { zone, to })
    }

    pub(super) fn add(&mut self, difference: &Difference<'_>) -> Result<()> {
        let Some(line) = DifferenceLine::of(difference, self.zone) else {
            return Ok(());
        };
        match &mut self.to {
            To::Json(file) => {
                let line = serde_json::to_string(&line).map_err(|error| Failure::inside(&error))?;
                file.line(&line)
            }
            To::Csv(csv) => csv.serialize(line).map_err(|error| Failure::inside(&error)),
        }
    }

    /// Sees that everything is written.
    pub(super) fn end(self) -> Result<()> {
        match self.to {
            To::Json(file) => file.end(),
            To::Csv(csv) => match csv.into_inner() {
                Ok(file) => file.end(),
                Err(error) => Err(Failure::inside(error.error())),
            },
        }
    }
}
