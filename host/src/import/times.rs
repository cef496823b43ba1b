//! When a row's visit was booked, begins and ends: read, derived or spread over opening hours.

use chrono::{NaiveDate, NaiveTime, TimeDelta};
use rappel_core::Civil;

use super::cells::{Cells, Slip};
use super::made_up;
use super::map::{Choices, DayTime, LateBooking, Moment, Spread, Time};
use super::text::Column;

/// The name of the draw that spreads visits over the hours of a day.
const DRAW: &str = "spread";

/// The times of a row's appointment.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Times([Option<Civil>; 3]);

impl Times {
    /// Works out every time that the map says how to get.
    pub(super) fn new(cells: Cells<'_>) -> Result<Self, Slip> {
        let mut work = Work {
            cells,
            begun: [false; 3],
            times: Times::default(),
        };
        for time in Time::ALL {
            work.time(time)?;
        }
        let mut times = work.times;
        if let (Some(booked), Some(start)) = (times.get(Time::BookedAt), times.get(Time::Start))
            && booked > start
        {
            match cells.map.late {
                LateBooking::Refuse => {
                    return Err(Slip::new(
                        cells.column(Time::BookedAt),
                        "booked after the visit began; `late_booking = \"start\"` takes such rows",
                    ));
                }
                LateBooking::Start => times.set(Time::BookedAt, Some(start)),
            }
        }
        Ok(times)
    }

    pub(super) fn get(&self, time: Time) -> Option<Civil> {
        self.0.get(time as usize).copied().flatten()
    }

    fn set(&mut self, time: Time, value: Option<Civil>) {
        if let Some(known) = self.0.get_mut(time as usize) {
            *known = value;
        }
    }

    /// A moment that may lean on these times.
    pub(super) fn moment(
        &self,
        cells: Cells<'_>,
        choices: &Choices<Moment>,
    ) -> Result<Option<Civil>, Slip> {
        moment(cells, choices, |time| Ok(self.get(time)))
    }
}

struct Work<'r> {
    cells: Cells<'r>,
    begun: [bool; 3],
    times: Times,
}

impl Work<'_> {
    fn time(&mut self, time: Time) -> Result<Option<Civil>, Slip> {
        let begun = self.begun.get_mut(time as usize);
        // A map in which times lean on each other in a circle was refused when it was read.
        if begun.is_none_or(|begun| std::mem::replace(begun, true)) {
            return Ok(self.times.get(time));
        }
        let cells = self.cells;
        let choices = cells.map.time(time);
        let value = moment(cells, choices, |other| self.time(other))?;
        self.times.set(time, value);
        Ok(value)
    }
}

fn moment(
    cells: Cells<'_>,
    choices: &Choices<Moment>,
    mut time: impl FnMut(Time) -> Result<Option<Civil>, Slip>,
) -> Result<Option<Civil>, Slip> {
    for choice in choices {
        if !cells.holds(&choice.condition)? {
            continue;
        }
        let found =
            match &choice.how {
                Moment::Read { from, format, day } => {
                    let Some(text) = cells.text(from)? else {
                        continue;
                    };
                    let slip = |reason: String| Slip::new(from.columns().next(), reason);
                    let (date, written) = format.read(&text, cells.map.zone).ok_or_else(|| {
                        slip(format!("not a date of the form `{}`", format.as_str()))
                    })?;
                    match day {
                        DayTime::Written => Some(Civil(date.and_time(written))),
                        DayTime::At(at) => Some(Civil(date.and_time(*at))),
                        DayTime::Spread(spread) => {
                            let after = spread.after.map(&mut time).transpose()?.flatten();
                            let by = cells.text(&spread.by)?.unwrap_or_default();
                            let slot = spread.slot(date, after, &by).ok_or_else(|| {
                                slip(format!(
                                    "no hours on that day; `{}` has none",
                                    spread.hours.as_str()
                                ))
                            })?;
                            Some(Civil(date.and_time(slot)))
                        }
                    }
                }
                Moment::Of { time: of, shift } => match time(*of)? {
                    Some(civil) => Some(civil.checked_add(*shift).ok_or_else(|| {
                        Slip::new(cells.column(*of), "a time outside the calendar")
                    })?),
                    None => None,
                },
            };
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

impl Cells<'_> {
    /// The column to look at for one of the appointment's times.
    pub(super) fn column(self, time: Time) -> Option<Column> {
        self.map
            .time(time)
            .iter()
            .find_map(|choice| match &choice.how {
                Moment::Read { from, .. } => from.columns().next(),
                Moment::Of { .. } => None,
            })
    }
}

impl Spread {
    /// The beginning that belongs to `by` among the day's slots at or after `after`; the day's last
    /// slot where none is left; `None` on a day without hours.
    fn slot(&self, date: NaiveDate, after: Option<Civil>, by: &str) -> Option<NaiveTime> {
        let ranges = self.hours.on(date);
        let slots: Vec<u32> = ranges
            .iter()
            .flat_map(|(from, to)| {
                let first = from.next_multiple_of(self.slot);
                (first..*to).step_by(self.slot as usize)
            })
            .collect();
        let at =
            |minute: &u32| date.and_time(NaiveTime::MIN) + TimeDelta::minutes((*minute).into());
        let first = slots.partition_point(|slot| after.is_some_and(|after| at(slot) < after.0));
        let left = slots.get(first..).unwrap_or_default();
        let slot = match made_up::place(DRAW, by, left.len()) {
            Some(place) => left.get(place),
            None => slots.last(),
        };
        slot.map(|slot| at(slot).time())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::collections::BTreeMap;

    use rappel_core::Opening;

    use super::super::text::Text;
    use super::*;

    fn spread() -> Spread {
        let hours = "Mo-Fr 08:00-12:00,14:00-18:00; PH off";
        Spread {
            hours: Opening::parse(hours, "FR", [], chrono_tz::Europe::Paris).unwrap(),
            slot: 30,
            by: Text::parse("", |_| unreachable!()).unwrap(),
            after: None,
        }
    }

    fn slot(spread: &Spread, date: &str, after: Option<&str>, by: u32) -> Option<String> {
        let after = after.map(|after| after.parse().unwrap());
        spread
            .slot(date.parse().unwrap(), after, &by.to_string())
            .map(|time| time.format("%H:%M").to_string())
    }

    #[test]
    fn visits_spread_over_the_hours_evenly() {
        let spread = spread();
        let mut counts = BTreeMap::new();
        for by in 0..16_000 {
            let slot = slot(&spread, "2026-06-03", None, by).unwrap();
            *counts.entry(slot).or_insert(0) += 1;
        }
        // Sixteen slots with 1,000 expected in each; five standard deviations are 153.
        assert_eq!(counts.len(), 16);
        assert_eq!(counts.keys().next().unwrap(), "08:00");
        assert_eq!(counts.keys().last().unwrap(), "17:30");
        let fair = |count: &i32| (847..=1_153).contains(count);
        assert!(counts.values().all(fair), "{counts:?}");
    }

    #[test]
    fn a_visit_comes_after_its_booking_while_the_day_has_room() {
        let spread = spread();
        for by in 0..100 {
            let on = |after| slot(&spread, "2026-06-03", after, by).unwrap();
            assert!(on(Some("2026-06-03T15:10")).as_str() >= "15:30");
            assert_eq!(on(Some("2026-06-03T17:31")), "17:30");
            assert_eq!(on(Some("2026-06-01T17:31")), on(None));
        }
    }

    #[test]
    fn a_closed_day_has_no_slot() {
        let spread = spread();
        assert_eq!(slot(&spread, "2026-06-07", None, 17), None);
        assert_eq!(slot(&spread, "2026-07-14", None, 17), None);
    }
}
