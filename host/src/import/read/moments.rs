//! Times: how the file writes them, what they are derived from, the hours they are spread over.

use std::ops::Range;

use chrono::NaiveTime;
use rappel_core::{Opening, Span};
use toml::de::{DeTable, DeValue};

use super::super::format::Format;
use super::super::map::{Choices, DayTime, Moment, Spread, Time};
use super::slips::{Entry, Reader, listed};
use super::{Place, Times, key_span};

/// How far apart visits may begin, in minutes.
const SLOTS: std::ops::RangeInclusive<i64> = 1..=24 * 60;

impl Reader {
    /// The ways to a time.
    pub(super) fn moments(
        &mut self,
        path: &str,
        entry: &Entry<'_>,
        place: Place<'_>,
    ) -> Choices<Moment> {
        self.choices(path, entry, |reader, path, entry| {
            reader.moment(path, entry, place)
        })
    }

    fn moment(&mut self, path: &str, entry: &Entry<'_>, place: Place<'_>) -> Option<Moment> {
        let table = match entry.get_ref() {
            DeValue::Table(table) if table.contains_key("from") => {
                return self.written(path, table, place);
            }
            DeValue::Table(table) if table.contains_key("of") => table,
            _ => {
                self.form(
                    entry.span(),
                    format!("`{path}` is a time and must say how it is got"),
                    "for instance `{ from = \"{Date}\", format = \"%d/%m/%Y %H:%M\" }`, or `{ of = \"appointment.start\", plus = \"30 minutes\" }`",
                );
                return None;
            }
        };
        self.only(path, table, &["of", "plus", "minus", "when", "unless"]);
        let time = self.time_of(path, table, "of");
        let plus = self.span(path, table, "plus");
        let minus = self.span(path, table, "minus");
        Some(Moment::Of {
            time: time?,
            shift: plus? - minus?,
        })
    }

    fn written(&mut self, path: &str, table: &DeTable<'_>, place: Place<'_>) -> Option<Moment> {
        self.only(
            path,
            table,
            &["from", "format", "at", "spread", "when", "unless"],
        );
        let from = self.text_of(path, table, "from");
        if !table.contains_key("format") {
            self.form(
                key_span(table, "from"),
                format!("`{path}` doesn't say how the file writes it"),
                "add a `format`, such as `\"%d/%m/%Y %H:%M\"`",
            );
        }
        let (text, span) = self.string(path, table, "format")?;
        let format = match Format::parse(text) {
            Ok(format) => format,
            Err(message) => {
                self.meaning(span, message, "`%d` day, `%m` month, `%Y` year, `%H` hour, `%M` minute, `%S` second, `%z` offset; all parts: docs.rs/chrono, format::strftime");
                return None;
            }
        };
        let day = self.day(path, table, &format, span, place);
        Some(Moment::Read {
            from: from?,
            format,
            day: day?,
        })
    }

    /// Where the time of the day comes from.
    fn day(
        &mut self,
        path: &str,
        table: &DeTable<'_>,
        format: &Format,
        span: Range<usize>,
        place: Place<'_>,
    ) -> Option<DayTime> {
        match (table.get("at"), table.get("spread")) {
            (None, None) if format.has_time() => Some(DayTime::Written),
            (None, None) => {
                self.meaning(
                    span,
                    format!("`{path}` has no time of day"),
                    "say it: `at = \"09:00\"`, or `spread` the visits over the day's hours",
                );
                None
            }
            (Some(_), None) => {
                let (text, span) = self.string(path, table, "at")?;
                let at = NaiveTime::parse_from_str(text, "%H:%M").ok();
                if at.is_none() {
                    self.meaning(
                        span,
                        format!("`{text}` is not a time of day"),
                        "write it as `09:00`",
                    );
                }
                at.map(DayTime::At)
            }
            (None, Some(entry)) => {
                let path = format!("{path}.spread");
                let table = self.table(&path, entry)?;
                self.spread(&path, table, place).map(DayTime::Spread)
            }
            (Some(_), Some(_)) => {
                self.form(
                    key_span(table, "at"),
                    format!("`{path}` has both `at` and `spread`"),
                    "leave one out",
                );
                None
            }
        }
    }

    fn spread(&mut self, path: &str, table: &DeTable<'_>, place: Place<'_>) -> Option<Spread> {
        self.only(path, table, &["hours", "slot", "by", "after"]);
        for key in ["hours", "slot", "by"] {
            if !table.contains_key(key) {
                self.form(
                    table.values().next().map_or(0..0, |entry| entry.span()),
                    format!("`{path}` has no `{key}`"),
                    "for instance `spread = { hours = \"Mo-Fr 08:00-18:00\", slot = \"15 minutes\", by = \"{AppointmentID}\" }`",
                );
            }
        }
        let hours = self.hours(path, table, place);
        let slot = self.slot(path, table);
        let by = self.text_of(path, table, "by");
        let after = match table.contains_key("after") {
            true => Some(self.time_of(path, table, "after")?),
            false => None,
        };
        Some(Spread {
            hours: hours?,
            slot: slot?,
            by: by?,
            after,
        })
    }

    fn hours(&mut self, path: &str, table: &DeTable<'_>, place: Place<'_>) -> Option<Opening> {
        let (text, span) = self.string(path, table, "hours")?;
        if place.country.is_empty() {
            self.meaning(
                span,
                "which days are public holidays depends on the country",
                "write it at the top of the map: `country = \"FR\"`",
            );
            return None;
        }
        match Opening::parse(text, place.country, [], place.zone) {
            Ok(hours) => Some(hours),
            Err(message) => {
                self.meaning(span, message, "");
                None
            }
        }
    }

    fn slot(&mut self, path: &str, table: &DeTable<'_>) -> Option<u32> {
        let (_, span) = self.string(path, table, "slot")?;
        let slot = self.span(path, table, "slot")?;
        let minutes = slot.whole_seconds() / 60;
        let whole = slot == Span::minutes(minutes) && SLOTS.contains(&minutes);
        if !whole {
            self.meaning(
                span,
                format!("`{path}.slot` is whole minutes, at most a day"),
                "for instance `\"15 minutes\"`",
            );
        }
        u32::try_from(minutes).ok().filter(|_| whole)
    }

    /// A length of time; nothing where the key is absent.
    fn span(&mut self, path: &str, table: &DeTable<'_>, key: &str) -> Option<Span> {
        if !table.contains_key(key) {
            return Some(Span::ZERO);
        }
        let (text, place) = self.string(path, table, key)?;
        match text.parse() {
            Ok(span) => Some(span),
            Err(message) => {
                self.meaning(place, message, "");
                None
            }
        }
    }

    /// One of the appointment's times, by its property.
    pub(super) fn time_of(&mut self, path: &str, table: &DeTable<'_>, key: &str) -> Option<Time> {
        let (text, span) = self.string(path, table, key)?;
        let time = Time::parse(text);
        if time.is_none() {
            let known = Time::ALL.map(|time| format!("appointment.{}", time.property()));
            self.meaning(
                span,
                format!("`{text}` is not a time"),
                &format!("known are {}", listed(&known)),
            );
        }
        time
    }

    /// The appointment's times.
    pub(super) fn times(&mut self, table: &DeTable<'_>, place: Place<'_>) -> Times {
        let times = Times {
            ways: Time::ALL.map(|time| match table.get(time.property()) {
                Some(entry) => {
                    self.moments(&format!("appointment.{}", time.property()), entry, place)
                }
                None => Vec::new(),
            }),
            told: Time::ALL.map(|time| table.contains_key(time.property())),
        };
        for (time, choices) in Time::ALL.into_iter().zip(&times.ways) {
            let span = key_span(table, time.property());
            self.known_times(span.clone(), choices, &times);
            if leans_on_itself(time, &times) {
                self.meaning(
                    span,
                    format!("`appointment.{}` leans on itself", time.property()),
                    "one time must be read from the file",
                );
            }
        }
        times
    }

    /// Tells a time that the map says nothing of.
    pub(super) fn known_times(
        &mut self,
        span: Range<usize>,
        choices: &Choices<Moment>,
        times: &Times,
    ) {
        for time in choices.iter().filter_map(|choice| choice.how.leans_on()) {
            if times.told.get(time as usize) != Some(&true) {
                let property = time.property();
                self.meaning(
                    span.clone(),
                    format!("the map doesn't say what `appointment.{property}` is"),
                    &format!("add `{property}` to `[appointment]`"),
                );
            }
        }
    }
}

/// Whether a time can't be known before it is known.
fn leans_on_itself(time: Time, times: &Times) -> bool {
    let mut reached = [false; 3];
    let mut open = vec![time];
    while let Some(next) = open.pop() {
        let choices = times.ways.get(next as usize).into_iter().flatten();
        for leant_on in choices.filter_map(|choice| choice.how.leans_on()) {
            if let Some(reached) = reached.get_mut(leant_on as usize)
                && !std::mem::replace(reached, true)
            {
                open.push(leant_on);
            }
        }
    }
    reached.get(time as usize) == Some(&true)
}

impl Moment {
    /// The time that must be known before this one.
    fn leans_on(&self) -> Option<Time> {
        match self {
            Moment::Of { time, .. } => Some(*time),
            Moment::Read {
                day: DayTime::Spread(spread),
                ..
            } => spread.after,
            Moment::Read { .. } => None,
        }
    }
}
