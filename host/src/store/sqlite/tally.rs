//! Counting messages.

use chrono::NaiveDate;
use futures_util::TryStreamExt;
use rappel_core::Kind;
use rappel_core::ids::FacilityId;
use rappel_core::store::{Filter, Result, StoreError};
use rappel_core::tally::{By, Part, Sums, Tallies, Tally};
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row};

use super::read::narrow;
use super::{SqliteStore, failed, rows};

impl SqliteStore {
    /// Rows are added up as they come. Grouping them SQLite would hold all of a million at once, because
    /// its temporary files are in memory, and its numbers lose digits of amounts.
    pub(super) async fn read_tally(&self, filter: &Filter, by: &[By]) -> Result<Vec<Tally>> {
        let mut tallies = Tallies::new(by);
        let mut query = QueryBuilder::new(
            "SELECT m.segments, m.credits, m.opened IS NOT NULL, m.answer IS NOT NULL",
        );
        for by in tallies.by() {
            query.push(match by {
                By::Clinic => ", m.facility",
                By::Day => ", substr(m.due_civil, 1, 10)",
                By::Kind => ", m.kind",
                By::Channel => ", m.channel",
                By::State => ", m.state",
            });
        }
        query.push(" FROM message m WHERE 1 = 1");
        if !narrow(&mut query, filter) {
            return Ok(Vec::new());
        }
        let by = tallies.by().to_vec();
        let query = query.build();
        let mut found = query.fetch(&self.readers);
        while let Some(row) = found.try_next().await.map_err(failed)? {
            let parts = by
                .iter()
                .zip(4..)
                .map(|(by, column)| part(&row, *by, column));
            tallies.add_to(parts.collect::<Result<_>>()?, sums(&row)?);
        }
        Ok(tallies.into_tallies())
    }
}

fn sums(row: &SqliteRow) -> Result<Sums> {
    Ok(Sums {
        messages: 1,
        segments: row.try_get::<u32, _>(0).map_err(failed)?.into(),
        credits: rows::parse(row.try_get(1).map_err(failed)?)?,
        opened: row.try_get::<bool, _>(2).map_err(failed)?.into(),
        answered: row.try_get::<bool, _>(3).map_err(failed)?.into(),
    })
}

fn part(row: &SqliteRow, by: By, column: usize) -> Result<Part> {
    let text: &str = row.try_get(column).map_err(failed)?;
    Ok(match by {
        By::Clinic => Part::Clinic(FacilityId::new(text)),
        By::Day => Part::Day(rows::parse::<NaiveDate>(text)?),
        By::Kind => Part::Kind(Kind::parse(text).map_err(StoreError)?),
        By::Channel => Part::Channel(rows::parse(text)?),
        By::State => Part::State(rows::parse(text)?),
    })
}
