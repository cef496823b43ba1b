//! The properties of times and spans.

use chrono::{Datelike, NaiveTime, Timelike};
use rappel_core::civil::{Civil, Span};
use rhai::{Dynamic, Engine, ImmutableString};

use super::Type;

/// A property of a value of the host's.
pub(crate) struct ValueProperty<T> {
    pub(crate) name: &'static str,
    pub(crate) gives: Type,
    pub(crate) summary: &'static str,
    get: fn(T) -> Dynamic,
}

/// The names of the days, from Monday.
const WEEKDAYS: &[&str] = &[
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
];

pub(crate) const TIME: &[ValueProperty<Civil>] = &[
    ValueProperty {
        name: "year",
        gives: Type::NUMBER,
        summary: "The year.",
        get: |t| i64::from(t.0.year()).into(),
    },
    ValueProperty {
        name: "month",
        gives: Type::NUMBER,
        summary: "The month, from 1.",
        get: |t| i64::from(t.0.month()).into(),
    },
    ValueProperty {
        name: "day",
        gives: Type::NUMBER,
        summary: "The day of the month.",
        get: |t| i64::from(t.0.day()).into(),
    },
    ValueProperty {
        name: "hour",
        gives: Type::NUMBER,
        summary: "The hour, 0 to 23.",
        get: |t| i64::from(t.0.hour()).into(),
    },
    ValueProperty {
        name: "minute",
        gives: Type::NUMBER,
        summary: "The minute, 0 to 59.",
        get: |t| i64::from(t.0.minute()).into(),
    },
    ValueProperty {
        name: "weekday",
        gives: Type::word(WEEKDAYS),
        summary: "The day of the week.",
        get: weekday,
    },
    ValueProperty {
        name: "midnight",
        gives: Type::TIME,
        summary: "The beginning of its day; two times of one day have the same.",
        get: |t| Dynamic::from(Civil(t.date().and_time(NaiveTime::MIN))),
    },
];

pub(crate) const SPAN: &[ValueProperty<Span>] = &[
    ValueProperty {
        name: "days",
        gives: Type::NUMBER,
        summary: "The whole days of it, without its calendar months.",
        get: |s| (s.whole_seconds() / 86_400).into(),
    },
    ValueProperty {
        name: "hours",
        gives: Type::NUMBER,
        summary: "The whole hours of it, without its calendar months.",
        get: |s| (s.whole_seconds() / 3_600).into(),
    },
    ValueProperty {
        name: "minutes",
        gives: Type::NUMBER,
        summary: "The whole minutes of it, without its calendar months.",
        get: |s| (s.whole_seconds() / 60).into(),
    },
    ValueProperty {
        name: "months",
        gives: Type::NUMBER,
        summary: "The calendar months of it.",
        get: |s| i64::from(s.whole_months()).into(),
    },
];

fn weekday(time: Civil) -> Dynamic {
    let number = time.0.weekday().num_days_from_monday() as usize;
    let name = WEEKDAYS.get(number).copied().unwrap_or_default();
    ImmutableString::from(name).into()
}

pub(super) fn register(engine: &mut Engine) {
    engine
        .register_type_with_name::<Civil>("time")
        .register_type_with_name::<Span>("span");
    for property in TIME {
        let get = property.get;
        engine.register_get(property.name, move |time: &mut Civil| get(*time));
    }
    for property in SPAN {
        let get = property.get;
        engine.register_get(property.name, move |span: &mut Span| get(*span));
    }
}
