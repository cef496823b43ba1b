//! Civil time: what a clinic's wall clock and calendar say, and how it becomes an instant.
//!
//! Appointments are kept as civil time with the clinic's IANA zone, because zone rules change after
//! a booking; instants are derived when they are needed.

use std::fmt;
use std::ops::{Add, Sub};
use std::str::FromStr;

use chrono::offset::LocalResult;
use chrono::{DateTime, Datelike, Months, NaiveDate, NaiveDateTime, TimeDelta, TimeZone, Utc};
use serde::{Deserialize, Serialize};

/// A moment that is the same everywhere.
pub type Instant = DateTime<Utc>;

/// A clinic's IANA time zone.
pub type Zone = chrono_tz::Tz;

/// A date and time on the clinic's wall clock, without an offset.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Civil(pub NaiveDateTime);

impl Civil {
    /// What the wall clock in `zone` says at `instant`.
    pub fn at(instant: Instant, zone: Zone) -> Self {
        Self(instant.with_timezone(&zone).naive_local())
    }

    /// The instant at which the wall clock in `zone` shows this time.
    ///
    /// A time that the spring change jumps over moves later by the length of the jump (02:30 becomes
    /// 03:30); a time that the autumn change repeats is its first occurrence. So every civil time is
    /// exactly one instant.
    pub fn instant(self, zone: Zone) -> Instant {
        match zone.from_local_datetime(&self.0) {
            LocalResult::Single(time) | LocalResult::Ambiguous(time, _) => time.to_utc(),
            LocalResult::None => {
                // Read the time with the offset that held before the jump. Zones jump by at most a
                // day (Samoa, 2011), so a day and some hours earlier the old offset still held.
                let before = self.0 - TimeDelta::hours(27);
                let offset = zone.offset_from_utc_datetime(&before);
                let naive_utc = self.0 - TimeDelta::seconds(offset_seconds(&offset));
                naive_utc.and_utc()
            }
        }
    }

    /// The calendar day.
    pub fn date(self) -> NaiveDate {
        self.0.date()
    }

    /// The time that passes on the wall clock from `earlier` to `self`; negative when it is later.
    pub fn since(self, earlier: Civil) -> Span {
        Span::seconds((self.0 - earlier.0).num_seconds())
    }

    /// `self + span`, or `None` outside the calendar. Months come first and end on the month's last
    /// day where the day doesn't exist: 31 August + 6 months is 28 (or 29) February.
    pub fn checked_add(self, span: Span) -> Option<Self> {
        let moved = if span.months >= 0 {
            self.0
                .checked_add_months(Months::new(span.months.unsigned_abs()))?
        } else {
            self.0
                .checked_sub_months(Months::new(span.months.unsigned_abs()))?
        };
        let moved = moved.checked_add_signed(TimeDelta::try_seconds(span.seconds)?)?;
        // Years beyond four digits have no place in an appointment and would not read back.
        (0..=9999).contains(&moved.year()).then_some(Self(moved))
    }
}

fn offset_seconds(offset: &impl chrono::Offset) -> i64 {
    i64::from(offset.fix().local_minus_utc())
}

impl fmt::Display for Civil {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.format("%Y-%m-%d %H:%M"))
    }
}

impl fmt::Debug for Civil {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.format("%Y-%m-%dT%H:%M:%S"))
    }
}

impl FromStr for Civil {
    type Err = String;

    /// Reads `2026-06-03T14:30`, with seconds or a blank instead of the `T` if you like.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const FORMS: [&str; 4] = [
            "%Y-%m-%dT%H:%M",
            "%Y-%m-%dT%H:%M:%S",
            "%Y-%m-%d %H:%M",
            "%Y-%m-%d %H:%M:%S",
        ];
        let read = FORMS
            .iter()
            .find_map(|form| NaiveDateTime::parse_from_str(text, form).ok());
        match read {
            Some(time) if (0..=9999).contains(&time.year()) => Ok(Self(time)),
            _ if DateTime::parse_from_rfc3339(text).is_ok() => Err(format!(
                "`{text}` has a zone or offset; write the clinic's own time, such as `2026-06-03T14:30`"
            )),
            _ => Err(format!(
                "`{text}` is not a date and time; write it as `2026-06-03T14:30`"
            )),
        }
    }
}

impl Serialize for Civil {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0.format("%Y-%m-%dT%H:%M:%S"))
    }
}

impl<'de> Deserialize<'de> for Civil {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// A length of civil time: whole months, and seconds. Days are 24 hours of the wall clock, so that
/// "2 days before 15:00" is 15:00, whatever the clocks did in between.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Span {
    months: i32,
    seconds: i64,
}

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// The longest span that is taken, in months and in seconds: a hundred years. Anything longer is a slip.
const MAX_MONTHS: i64 = 1_200;
const MAX_SECONDS: i64 = 36_525 * DAY;

impl Span {
    /// No time at all.
    pub const ZERO: Span = Span {
        months: 0,
        seconds: 0,
    };

    /// So many seconds, cut to a hundred years.
    pub fn seconds(seconds: i64) -> Self {
        Self {
            months: 0,
            seconds: seconds.clamp(-MAX_SECONDS, MAX_SECONDS),
        }
    }

    /// So many minutes.
    pub fn minutes(minutes: i64) -> Self {
        Self::seconds(minutes.saturating_mul(MINUTE))
    }

    /// So many hours.
    pub fn hours(hours: i64) -> Self {
        Self::seconds(hours.saturating_mul(HOUR))
    }

    /// So many days of 24 hours on the wall clock.
    pub fn days(days: i64) -> Self {
        Self::seconds(days.saturating_mul(DAY))
    }

    /// So many calendar months.
    pub fn months(months: i64) -> Self {
        // The clamp makes the conversion exact.
        Self {
            months: months.clamp(-MAX_MONTHS, MAX_MONTHS) as i32,
            seconds: 0,
        }
    }

    /// The calendar months of it.
    pub fn whole_months(self) -> i32 {
        self.months
    }

    /// The seconds of it, without its calendar months.
    pub fn whole_seconds(self) -> i64 {
        self.seconds
    }

    /// The length as a standard duration where it has no months and is not negative.
    pub fn to_duration(self) -> Option<std::time::Duration> {
        (self.months == 0).then(|| {
            u64::try_from(self.seconds)
                .ok()
                .map(std::time::Duration::from_secs)
        })?
    }
}

impl PartialOrd for Span {
    /// Months and days can't be put in order ("1 month" against "30 days"), so spans compare only
    /// when their months are equal or one of them is at least as long in both parts.
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        use std::cmp::Ordering::Equal;
        match (
            self.months.cmp(&other.months),
            self.seconds.cmp(&other.seconds),
        ) {
            (Equal, order) | (order, Equal) => Some(order),
            (months, seconds) if months == seconds => Some(months),
            _ => None,
        }
    }
}

impl Add for Span {
    type Output = Span;
    fn add(self, other: Span) -> Span {
        Span {
            months: Span::months(i64::from(self.months) + i64::from(other.months)).months,
            seconds: Span::seconds(self.seconds.saturating_add(other.seconds)).seconds,
        }
    }
}

impl std::ops::Neg for Span {
    type Output = Span;
    fn neg(self) -> Span {
        // Both parts are clamped far from their type's limits.
        Span {
            months: -self.months,
            seconds: -self.seconds,
        }
    }
}

impl Sub for Span {
    type Output = Span;
    fn sub(self, other: Span) -> Span {
        self + -other
    }
}

impl fmt::Display for Span {
    /// `2 days`, `1 day 4 hours`, `6 months`; seconds only where there is nothing larger.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        let mut part = |count: i64, unit: &str| {
            if count != 0 {
                let plural = if count == 1 { "" } else { "s" };
                parts.push(format!("{count} {unit}{plural}"));
            }
        };
        let seconds = self.seconds.abs();
        part(i64::from(self.months.abs() / 12), "year");
        part(i64::from(self.months.abs() % 12), "month");
        part(seconds / DAY, "day");
        part(seconds % DAY / HOUR, "hour");
        part(seconds % HOUR / MINUTE, "minute");
        if self.months == 0 && seconds < MINUTE {
            part(seconds, "second");
        }
        if parts.is_empty() {
            return f.write_str("0 minutes");
        }
        if self.months < 0 || self.seconds < 0 {
            f.write_str("-")?;
        }
        f.write_str(&parts.join(" "))
    }
}

impl FromStr for Span {
    type Err = String;

    /// Reads `48 hours`, `2 days`, `1 day 12 hours`, `6 months`, `30 min`, `2h`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || {
            format!(
                "`{text}` is not a length of time; write it as `48 hours`, `2 days` or `6 months`"
            )
        };
        let mut rest = text.trim();
        if rest.is_empty() {
            return Err(wrong());
        }
        let mut total = Span::ZERO;
        while !rest.is_empty() {
            let digits = rest.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?;
            let count: i64 = rest[..digits].parse().map_err(|_| wrong())?;
            rest = rest[digits..].trim_start();
            let letters = rest
                .find(|c: char| !c.is_ascii_alphabetic())
                .unwrap_or(rest.len());
            let span = match rest[..letters].to_ascii_lowercase().as_str() {
                "s" | "sec" | "second" | "seconds" => Span::seconds(count),
                "m" | "min" | "minute" | "minutes" => Span::minutes(count),
                "h" | "hour" | "hours" => Span::hours(count),
                "d" | "day" | "days" => Span::days(count),
                "w" | "week" | "weeks" => Span::days(count.saturating_mul(7)),
                "month" | "months" => Span::months(count),
                "y" | "year" | "years" => Span::months(count.saturating_mul(12)),
                _ => return Err(wrong()),
            };
            total = total + span;
            rest = rest[letters..].trim_start();
        }
        Ok(total)
    }
}

impl Serialize for Span {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl schemars::JsonSchema for Span {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Span".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "format": "span",
            "description": "A length of time, such as `48 hours`, `2 days`, `1 day 12 hours` or `6 months`.",
            "examples": ["48 hours", "2 days", "6 months"],
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const PARIS: Zone = chrono_tz::Europe::Paris;

    fn civil(text: &str) -> Civil {
        text.parse().unwrap()
    }

    #[test]
    fn every_civil_time_is_one_instant() {
        let utc = |text: &str| civil(text).instant(PARIS).format("%H:%M").to_string();
        assert_eq!(utc("2026-06-03T14:30"), "12:30");
        // Clocks go from 02:00 to 03:00 on 29 March 2026: 02:30 moves to 03:30 (01:30 UTC).
        assert_eq!(utc("2026-03-29T01:59"), "00:59");
        assert_eq!(utc("2026-03-29T02:30"), "01:30");
        assert_eq!(utc("2026-03-29T03:30"), "01:30");
        // They go back from 03:00 to 02:00 on 25 October: the first 02:30 counts.
        assert_eq!(utc("2026-10-25T02:30"), "00:30");
    }

    #[test]
    fn a_gap_of_a_whole_day_moves_a_day() {
        // Samoa skipped 30 December 2011.
        let gone = civil("2011-12-30T12:00").instant(chrono_tz::Pacific::Apia);
        assert_eq!(
            Civil::at(gone, chrono_tz::Pacific::Apia),
            civil("2011-12-31T12:00")
        );
    }

    #[test]
    fn months_end_on_the_months_last_day() {
        let add = |start: &str, span: Span| civil(start).checked_add(span).unwrap().to_string();
        assert_eq!(add("2026-08-31T09:00", Span::months(6)), "2027-02-28 09:00");
        assert_eq!(
            add("2028-02-29T09:00", Span::months(12)),
            "2029-02-28 09:00"
        );
        assert_eq!(
            add("2026-03-31T09:00", -Span::months(1)),
            "2026-02-28 09:00"
        );
        assert_eq!(
            add("2026-03-30T15:00", -Span::hours(48)),
            "2026-03-28 15:00"
        );
    }

    #[test]
    fn outside_the_calendar_is_none() {
        assert_eq!(
            civil("9999-12-31T23:59").checked_add(Span::minutes(1)),
            None
        );
        assert_eq!(
            civil("0001-01-01T00:00").checked_add(Span::months(-13)),
            None
        );
    }

    #[test]
    fn spans_read_and_print() {
        for (text, printed) in [
            ("48 hours", "2 days"),
            ("2h", "2 hours"),
            ("1 day 12 hours", "1 day 12 hours"),
            ("90 min", "1 hour 30 minutes"),
            ("18 months", "1 year 6 months"),
            ("2 weeks", "14 days"),
            ("45 seconds", "45 seconds"),
            ("0 h", "0 minutes"),
        ] {
            assert_eq!(text.parse::<Span>().unwrap().to_string(), printed, "{text}");
        }
        for text in [
            "",
            "soon",
            "48",
            "hours",
            "4 fortnights",
            "-3 hours",
            "99999999999999999999 h",
        ] {
            assert!(text.parse::<Span>().is_err(), "{text}");
        }
    }

    #[test]
    fn months_and_days_have_no_order() {
        assert_eq!(Span::months(1).partial_cmp(&Span::days(30)), None);
        assert!(Span::months(2) > Span::months(1));
        assert!(Span::hours(12) < Span::days(1));
    }

    #[test]
    fn an_offset_is_refused_with_its_remedy() {
        let error = "2026-06-03T14:30:00+02:00".parse::<Civil>().unwrap_err();
        assert!(error.contains("clinic's own time"), "{error}");
    }
}
