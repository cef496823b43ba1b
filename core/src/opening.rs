//! The hours in which messages may go: opening hours, public holidays and closed days.

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::str::FromStr;
use std::sync::{Arc, PoisonError, RwLock};

use chrono::{NaiveDate, NaiveTime, TimeDelta};
use opening_hours::localization::{Country, NoLocation};
use opening_hours::{Context, ContextHolidays, OpeningHours};

use crate::civil::{Civil, Zone};
use crate::contact::is_country;

/// Opening hours on the clinic's wall clock. Cheap to clone.
#[derive(Clone)]
pub struct Opening(Arc<Inner>);

struct Inner {
    text: String,
    hours: OpeningHours<NoLocation>,
    closed: BTreeSet<NaiveDate>,
    zone: Zone,
    /// The open ranges of days that were asked for. A cache of a pure function: the same question
    /// always has the same answer.
    days: RwLock<HashMap<NaiveDate, Arc<[Range]>>>,
}

/// An open range of one day, in minutes since midnight, its end excluded.
type Range = (u32, u32);

/// How far ahead or back an open moment is looked for, in days. Hours that leave a whole year closed
/// are a slip.
const SEARCH_DAYS: i64 = 366;

/// How many days are remembered before the memory is emptied.
const REMEMBERED_DAYS: usize = 1_000;

const MIDNIGHT: u32 = 24 * 60;

impl Opening {
    /// Reads hours in the syntax of OpenStreetMap, `Mo-Fr 08:00-20:00; Sa 09:00-12:00; PH off`.
    ///
    /// `country` (`FR`) says which days `PH` are; `closed` are closed whatever the hours say.
    ///
    /// # Errors
    /// A sentence when the hours or the country can't be read, or the hours speak of public holidays and the
    /// country's aren't known.
    pub fn parse(
        text: &str,
        country: &str,
        closed: impl IntoIterator<Item = NaiveDate>,
        zone: Zone,
    ) -> Result<Self, String> {
        let holidays = match country.parse::<Country>() {
            Ok(country) => country.holidays(),
            Err(_) if !is_country(country) => {
                return Err(format!("`{country}` is not a country code such as `FR`"));
            }
            Err(_) if text.contains("PH") => {
                return Err(format!(
                    "the public holidays of `{country}` aren't known here; leave `PH` out and list them in `closed`"
                ));
            }
            Err(_) => ContextHolidays::default(),
        };
        let hours = OpeningHours::from_str(text)
            .map_err(|_| format!("`{text}` can't be read as opening hours; write them as `Mo-Fr 08:00-20:00; Sa 09:00-12:00; PH off`"))?
            .with_context(Context::default().with_holidays(holidays));
        Ok(Self(Arc::new(Inner {
            text: text.to_string(),
            hours,
            closed: closed.into_iter().collect(),
            zone,
            days: RwLock::default(),
        })))
    }

    /// The hours as the clinic wrote them.
    pub fn as_str(&self) -> &str {
        &self.0.text
    }

    /// Whether they are closed at any time there is.
    pub fn never_opens(&self) -> bool {
        let always = NaiveDate::from_ymd_opt(1900, 1, 1).map(|date| date.and_time(NaiveTime::MIN));
        always.is_some_and(|begin| {
            !self.0.hours.is_open(begin) && self.0.hours.next_change(begin).is_none()
        })
    }

    /// Whether messages may go at this time.
    pub fn is_open(&self, time: Civil) -> bool {
        let minute = minute_of_day(time);
        self.day(time.date())
            .iter()
            .any(|(from, to)| (*from..*to).contains(&minute))
    }

    /// The next open moment at or after `time`, or `None` when there is none within a year.
    pub fn next(&self, time: Civil) -> Option<Civil> {
        let minute = minute_of_day(time);
        let today = self.day(time.date());
        let now = today.iter().find(|(_, to)| *to > minute);
        if let Some((from, _)) = now {
            return if *from <= minute {
                Some(time)
            } else {
                self.moment(time.date(), *from)
            };
        }
        (1..=SEARCH_DAYS).find_map(|ahead| {
            let date = time.date().checked_add_signed(TimeDelta::days(ahead))?;
            let (from, _) = *self.day(date).first()?;
            self.moment(date, from)
        })
    }

    /// The latest open moment at or before `time`, or `None` when there is none within a year. Where
    /// it is the end of a range, it is the last minute of it.
    pub fn previous(&self, time: Civil) -> Option<Civil> {
        let minute = minute_of_day(time);
        let today = self.day(time.date());
        let now = today.iter().rev().find(|(from, _)| *from <= minute);
        if let Some((_, to)) = now {
            return if *to > minute {
                Some(time)
            } else {
                self.moment(time.date(), to - 1)
            };
        }
        (1..=SEARCH_DAYS).find_map(|back| {
            let date = time.date().checked_sub_signed(TimeDelta::days(back))?;
            let (_, to) = *self.day(date).last()?;
            self.moment(date, to - 1)
        })
    }

    /// The open ranges of a day in order, in minutes since midnight, their ends excluded.
    pub fn on(&self, date: NaiveDate) -> Arc<[(u32, u32)]> {
        self.day(date)
    }

    /// A minute of a day as a time that exists: one that the spring change jumps over moves later.
    fn moment(&self, date: NaiveDate, minute: u32) -> Option<Civil> {
        let time = NaiveTime::from_hms_opt(minute / 60, minute % 60, 0)?;
        let civil = Civil(date.and_time(time));
        Some(Civil::at(civil.instant(self.0.zone), self.0.zone))
    }

    fn day(&self, date: NaiveDate) -> Arc<[Range]> {
        // A poisoned cache is still a cache of right answers: nothing is left half-written in it.
        if let Some(day) = self
            .0
            .days
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&date)
        {
            return day.clone();
        }
        let day: Arc<[Range]> = self.ranges(date).into();
        let mut days = self.0.days.write().unwrap_or_else(PoisonError::into_inner);
        if days.len() >= REMEMBERED_DAYS {
            days.clear();
        }
        days.insert(date, day.clone());
        day
    }

    fn ranges(&self, date: NaiveDate) -> Vec<Range> {
        if self.0.closed.contains(&date) {
            return Vec::new();
        }
        let from = date.and_time(NaiveTime::MIN);
        let to = from + TimeDelta::days(1);
        let minute = |time: chrono::NaiveDateTime| {
            u32::try_from((time - from).num_minutes())
                .unwrap_or(0)
                .min(MIDNIGHT)
        };
        self.0
            .hours
            .iter_range(from, to)
            .filter(|range| range.kind == opening_hours::RuleKind::Open)
            .map(|range| (minute(range.range.start), minute(range.range.end)))
            .filter(|(from, to)| from < to)
            .collect()
    }
}

fn minute_of_day(time: Civil) -> u32 {
    use chrono::Timelike;
    time.0.hour() * 60 + time.0.minute()
}

impl fmt::Debug for Opening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Opening").field(&self.0.text).finish()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const PARIS: Zone = chrono_tz::Europe::Paris;

    fn opening(text: &str) -> Opening {
        Opening::parse(text, "FR", ["2026-06-05".parse().unwrap()], PARIS).unwrap()
    }

    fn ask(opening: &Opening, time: &str) -> (bool, String, String) {
        let time: Civil = time.parse().unwrap();
        let show = |time: Option<Civil>| time.map_or("never".into(), |time| time.to_string());
        (
            opening.is_open(time),
            show(opening.next(time)),
            show(opening.previous(time)),
        )
    }

    #[test]
    fn nights_weekends_holidays_and_closures_are_closed() {
        let hours = opening("Mo-Fr 08:00-12:00,14:00-20:00; Sa 09:00-12:00; PH off");
        for (time, open, next, previous) in [
            (
                "2026-06-03T09:30",
                true,
                "2026-06-03 09:30",
                "2026-06-03 09:30",
            ),
            (
                "2026-06-03T08:00",
                true,
                "2026-06-03 08:00",
                "2026-06-03 08:00",
            ),
            (
                "2026-06-03T13:00",
                false,
                "2026-06-03 14:00",
                "2026-06-03 11:59",
            ),
            (
                "2026-06-03T20:00",
                false,
                "2026-06-04 08:00",
                "2026-06-03 19:59",
            ),
            (
                "2026-06-03T03:00",
                false,
                "2026-06-03 08:00",
                "2026-06-02 19:59",
            ),
            // Friday 5 June is closed by the clinic, Sunday by the hours.
            (
                "2026-06-04T21:00",
                false,
                "2026-06-06 09:00",
                "2026-06-04 19:59",
            ),
            // 14 July, a Tuesday, is a public holiday in France.
            (
                "2026-07-14T10:00",
                false,
                "2026-07-15 08:00",
                "2026-07-13 19:59",
            ),
        ] {
            assert_eq!(
                ask(&hours, time),
                (open, next.into(), previous.into()),
                "{time}"
            );
        }
    }

    #[test]
    fn a_day_has_its_ranges() {
        let hours = opening("Mo-Fr 08:00-12:00,14:00-20:00; Sa 09:00-12:00; PH off");
        let on = |date: &str| hours.on(date.parse().unwrap()).to_vec();
        assert_eq!(on("2026-06-03"), [(480, 720), (840, 1200)]);
        assert_eq!(on("2026-06-05"), []);
    }

    #[test]
    fn a_time_that_the_clocks_jump_over_moves_later() {
        // 29 March 2026 is a Sunday on which 02:00 becomes 03:00.
        assert_eq!(
            ask(&opening("Su 02:30-06:00"), "2026-03-29T00:00").1,
            "2026-03-29 03:30"
        );
    }

    #[test]
    fn what_is_never_open_says_so() {
        let never = opening("off");
        assert_eq!(
            ask(&never, "2026-06-03T10:00"),
            (false, "never".into(), "never".into())
        );
    }

    #[test]
    fn nights_that_pass_midnight_are_two_ranges() {
        let nights = opening("Mo-Su 22:00-02:00");
        assert!(ask(&nights, "2026-06-03T23:00").0);
        assert!(ask(&nights, "2026-06-03T01:59").0);
        assert!(!ask(&nights, "2026-06-03T12:00").0);
    }

    #[test]
    fn slips_are_told() {
        let error = |text, country| Opening::parse(text, country, [], PARIS).unwrap_err();
        assert!(error("Mo-Fr 8h-20h", "FR").contains("can't be read as opening hours"));
        assert!(error("24/7", "France").contains("not a country code"));
    }
}
