//! How the file writes dates and times: chrono's `%d/%m/%Y %H:%M`.

use std::fmt::Write as _;

use chrono::format::{Fixed, Item, Numeric, Parsed, StrftimeItems, parse};
use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, Timelike};
use rappel_core::{Civil, Zone};

/// How the file writes dates, with or without a time of day, with or without an offset.
#[derive(Clone, Debug)]
pub(super) struct Format {
    text: String,
    items: Vec<Item<'static>>,
    time: bool,
    /// Whether the text tells an instant; otherwise it tells a time on the clinic's wall clock.
    instant: bool,
    timestamp: bool,
}

/// The years that are taken. `%Y` reads `26` as the year 26, which no agenda means.
const YEARS: std::ops::RangeInclusive<i32> = 1900..=9999;

/// An example with every part different, to try a format on: a Wednesday afternoon.
const SAMPLE: &str = "2026-06-03T14:35:47+02:00";

impl Format {
    /// Reads a format.
    ///
    /// # Errors
    /// When it has a part that isn't known, or doesn't tell a whole date.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let items: Vec<_> = StrftimeItems::new(text).map(Item::to_owned).collect();
        if items.contains(&Item::Error) {
            return Err(format!(
                "`{text}` is not a format of dates; write for instance `%d/%m/%Y %H:%M`"
            ));
        }
        if items.contains(&Item::Fixed(Fixed::TimezoneName)) {
            return Err("`%Z` can't be read: names of zones have no fixed meaning; write the name as it stands in the file, and say in `zone` what it is".into());
        }
        let timestamp = items.iter().any(is_timestamp);
        let format = Self {
            time: timestamp || items.iter().any(|item| is_standard(item) || is_hour(item)),
            instant: timestamp
                || items
                    .iter()
                    .any(|item| is_standard(item) || is_offset(item)),
            text: text.to_string(),
            items,
            timestamp,
        };
        // A format that can't read what it wrote itself leaves something out: the year, am or pm.
        let complete = format.sample().and_then(|(date, text)| {
            let (read, _) = format.read(&text, chrono_tz::UTC)?;
            (read == date).then_some(())
        });
        if complete.is_none() {
            return Err(format!(
                "`{text}` doesn't tell a whole date; write for instance `%d/%m/%Y %H:%M`"
            ));
        }
        Ok(format)
    }

    /// An example's date, and the example as this format writes it.
    fn sample(&self) -> Option<(NaiveDate, String)> {
        let sample = DateTime::parse_from_rfc3339(SAMPLE).ok()?;
        // `%#z`, an offset with or without its minutes, can be read but not written.
        let items = self.items.iter().map(|item| {
            if is_permissive_offset(item) {
                Item::Fixed(Fixed::TimezoneOffset)
            } else {
                item.clone()
            }
        });
        let mut text = String::new();
        write!(text, "{}", sample.format_with_items(items)).ok()?;
        Some((sample.date_naive(), text))
    }

    /// The format as the map writes it.
    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it tells the time of day.
    pub(super) fn has_time(&self) -> bool {
        self.time
    }

    /// What a text says, on the wall clock of `zone`, to the second. The time is midnight where the
    /// format has none.
    pub(super) fn read(&self, text: &str, zone: Zone) -> Option<(NaiveDate, NaiveTime)> {
        let mut parsed = Parsed::new();
        parse(&mut parsed, text, self.items.iter()).ok()?;
        let civil = if self.instant {
            if self.timestamp && parsed.offset().is_none() {
                parsed.set_offset(0).ok()?;
            }
            Civil::at(parsed.to_datetime().ok()?.to_utc(), zone).0
        } else {
            let date = parsed.to_naive_date().ok()?;
            let time = if self.time {
                parsed.to_naive_time().ok()?
            } else {
                NaiveTime::MIN
            };
            date.and_time(time)
        };
        let time = civil.time().with_nanosecond(0)?;
        YEARS
            .contains(&civil.year())
            .then_some((civil.date(), time))
    }
}

fn is_timestamp(item: &Item<'_>) -> bool {
    matches!(item, Item::Numeric(Numeric::Timestamp, _))
}

fn is_standard(item: &Item<'_>) -> bool {
    matches!(item, Item::Fixed(Fixed::RFC2822 | Fixed::RFC3339))
}

fn is_hour(item: &Item<'_>) -> bool {
    matches!(item, Item::Numeric(Numeric::Hour | Numeric::Hour12, _))
}

fn is_offset(item: &Item<'_>) -> bool {
    matches!(
        item,
        Item::Fixed(
            Fixed::TimezoneOffset
                | Fixed::TimezoneOffsetColon
                | Fixed::TimezoneOffsetDoubleColon
                | Fixed::TimezoneOffsetTripleColon
                | Fixed::TimezoneOffsetColonZ
                | Fixed::TimezoneOffsetZ
        )
    ) || is_permissive_offset(item)
}

/// chrono has no public name for `%#z`.
fn is_permissive_offset(item: &Item<'_>) -> bool {
    StrftimeItems::new("%#z").next().as_ref() == Some(item)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn read(format: &str, text: &str) -> String {
        match Format::parse(format) {
            Err(error) => error,
            Ok(format) => match format.read(text, chrono_tz::Europe::Paris) {
                Some((date, time)) if format.has_time() => format!("{date} {time}"),
                Some((date, _)) => date.to_string(),
                None => "unread".into(),
            },
        }
    }

    #[test]
    fn times_as_files_write_them() {
        for (format, text, read_as) in [
            ("%d/%m/%Y %H:%M", "03/06/2026 14:30", "2026-06-03 14:30:00"),
            ("%d/%m/%y", "3/6/26", "2026-06-03"),
            ("%Y%m%d", "20260603", "2026-06-03"),
            (
                "%m/%d/%Y %I:%M %p",
                "06/03/2026 02:30 pm",
                "2026-06-03 14:30:00",
            ),
            // A literal Z is a letter; the time stays on the wall clock.
            (
                "%Y-%m-%dT%H:%M:%SZ",
                "2026-06-03T14:30:00Z",
                "2026-06-03 14:30:00",
            ),
            // An offset makes it an instant, which the clinic's clock shows differently.
            (
                "%Y-%m-%dT%H:%M:%S%#z",
                "2026-06-03T14:30:00Z",
                "2026-06-03 16:30:00",
            ),
            (
                "%Y-%m-%d %H:%M %z",
                "2026-06-03 23:30 -0300",
                "2026-06-04 04:30:00",
            ),
            ("%+", "2026-06-03T14:30:00.25+02:00", "2026-06-03 14:30:00"),
            ("%s", "1780489800", "2026-06-03 14:30:00"),
        ] {
            assert_eq!(read(format, text), read_as, "{format}");
        }
    }

    #[test]
    fn what_is_no_time_is_not_read() {
        for (format, text) in [
            ("%d/%m/%Y", "31/02/2026"),
            ("%d/%m/%Y", "03/06/2026 14:30"),
            ("%d/%m/%Y", ""),
            ("%d/%m/%Y %H:%M", "03/06/2026 24:30"),
            ("%d/%m/%Y", "03/06/12026"),
            ("%d/%m/%Y", "03/06/26"),
            ("%s", "99999999999999"),
        ] {
            assert_eq!(read(format, text), "unread", "{format}");
        }
    }

    #[test]
    fn formats_that_cannot_tell_a_date_are_refused() {
        assert!(read("%Q", "").contains("is not a format of dates"));
        assert!(read("%Y-%m-%d %Z", "").contains("`%Z` can't be read"));
        for format in ["", "%d/%m", "%H:%M", "%d/%m/%Y %I:%M", "tomorrow"] {
            assert!(
                read(format, "").contains("doesn't tell a whole date"),
                "{format}"
            );
        }
    }
}
