//! What the plots of a page are drawn from.

use std::collections::BTreeMap;

use chrono::{NaiveDate, TimeDelta};
use rappel_core::channel::ChannelKind;
use rappel_core::kind::Kind;
use rappel_core::tally::Sums;
use rappel_host::backtest::{Compared, Figures, Report};
use rust_decimal::prelude::ToPrimitive;

use super::chart::Series;
use super::{Names, named, sides};
use crate::commands::backtest::told;

/// The most points that a line over time has: beyond, several days are one.
const POINTS: i64 = 120;

/// Sums over time.
pub(super) struct OverTime {
    /// `a day`, `a week`
    pub(super) each: &'static str,
    pub(super) labels: Vec<String>,
    sides: Vec<Vec<Sums>>,
}

impl OverTime {
    pub(super) fn messages(&self, names: &Names) -> Vec<Series> {
        let values = self.sides.iter().map(|sums| {
            let sums = sums.iter();
            sums.map(|sums| sums.messages as f64).collect()
        });
        named(names, values.collect())
    }

    /// What was spent up to each point.
    pub(super) fn credits(&self, names: &Names) -> Vec<Series> {
        let values = self.sides.iter().map(|sums| {
            let sums = sums.iter().scan(0.0, |spent, sums| {
                *spent += sums.credits.to_f64().unwrap_or(0.0);
                Some(*spent)
            });
            sums.collect()
        });
        named(names, values.collect())
    }
}

/// What went a day, or in the days that make a point of a long history.
pub(super) fn over_time(report: &Report) -> OverTime {
    let sides = sides(report);
    let days = sides.iter().flat_map(|figures| figures.days.keys());
    let first = days.clone().min().copied().unwrap_or_default();
    let last = days.max().copied().unwrap_or_default();
    let length = (last - first).num_days() + 1;
    let (each, step) = match length {
        ..=POINTS => ("a day", 1),
        841.. => ("in 30 days", 30),
        _ => ("a week", 7),
    };
    let points = length.unsigned_abs().div_ceil(step) as usize;
    let step = step as i64;
    let format = if length > 300 { "%b %Y" } else { "%-d %b" };
    let label = |point: usize| {
        let day = first.checked_add_signed(TimeDelta::days(step * point as i64));
        day.unwrap_or(last).format(format).to_string()
    };
    let by_point = |days: &BTreeMap<NaiveDate, Sums>| {
        let mut sums = vec![Sums::default(); points];
        for (day, of) in days {
            let point = ((*day - first).num_days() / step) as usize;
            if let Some(sums) = sums.get_mut(point) {
                *sums += *of;
            }
        }
        sums
    };
    OverTime {
        each,
        labels: (0..points).map(label).collect(),
        sides: sides
            .iter()
            .map(|figures| by_point(&figures.days))
            .collect(),
    }
}

/// How many messages went in each hour of the day.
pub(super) fn hours(report: &Report) -> (Vec<String>, Vec<Vec<f64>>) {
    let labels = (0..24).map(|hour| format!("{hour}:00"));
    let values = |figures: &Figures| figures.hours.iter().map(|count| *count as f64).collect();
    let sides = sides(report);
    (labels.collect(), sides.into_iter().map(values).collect())
}

/// How many messages of each kind went by each channel.
pub(super) fn kinds(report: &Report) -> (Vec<String>, Vec<Vec<f64>>) {
    let by_kind: Vec<_> = sides(report).into_iter().map(told::sent_by_kind).collect();
    let mut rows: Vec<_> = by_kind.iter().flat_map(|side| side.keys()).collect();
    rows.sort();
    rows.dedup();
    let values = |side: &BTreeMap<(Kind, ChannelKind), Sums>| {
        let rows = rows.iter();
        rows.map(|row| side.get(*row).map_or(0.0, |sums| sums.messages as f64))
            .collect()
    };
    let values = by_kind.iter().map(values).collect();
    let labels = rows
        .iter()
        .map(|(kind, channel)| format!("{kind} {channel}"));
    (labels.collect(), values)
}

/// How many patients get so many messages more or fewer.
pub(super) fn patients(compared: &Compared) -> (Vec<String>, Vec<f64>) {
    let by = compared.patients_by_difference();
    let labels = by
        .keys()
        .map(|difference| told::signed((*difference).into()));
    let values = by.values().map(|patients| *patients as f64);
    (labels.collect(), values.collect())
}
