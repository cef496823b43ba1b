//! Lengths of time, and what operators do with times and spans.

use std::cmp::Ordering;

use rappel_core::civil::{Civil, Span};
use rhai::{Engine, EvalAltResult};

use super::{Answer, Function, Operator};
use crate::facts::Type;
use crate::sandbox::says;

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "minutes",
        of: None,
        takes: &[("count", Type::NUMBER)],
        gives: Type::SPAN,
        summary: "So many minutes.",
        examples: &[("minutes(90)", "1 hour 30 minutes")],
        register: |engine| {
            engine.register_fn("minutes", Span::minutes);
        },
    },
    Function {
        name: "hours",
        of: None,
        takes: &[("count", Type::NUMBER)],
        gives: Type::SPAN,
        summary: "So many hours.",
        examples: &[("hours(48)", "2 days")],
        register: |engine| {
            engine.register_fn("hours", Span::hours);
        },
    },
    Function {
        name: "days",
        of: None,
        takes: &[("count", Type::NUMBER)],
        gives: Type::SPAN,
        summary: "So many days of 24 hours on the clinic's clock: two days before 15:00 is 15:00, whatever the clocks did in between.",
        examples: &[("visit.start - days(2)", "2026-06-01 14:30")],
        register: |engine| {
            engine.register_fn("days", Span::days);
        },
    },
    Function {
        name: "months",
        of: None,
        takes: &[("count", Type::NUMBER)],
        gives: Type::SPAN,
        summary: "So many calendar months. A day that the month doesn't have becomes its last.",
        examples: &[("time(\"2026-08-31 09:00\") + months(6)", "2027-02-28 09:00")],
        register: |engine| {
            engine.register_fn("months", Span::months);
        },
    },
    Function {
        name: "time",
        of: None,
        takes: &[("text", Type::TEXT)],
        gives: Type::TIME,
        summary: "The time that a text writes, on the clinic's clock.",
        examples: &[("time(\"2026-06-03 14:30\").weekday", "wednesday")],
        register: |engine| {
            engine.register_fn("time", |text: &str| -> Answer<Civil> {
                text.parse().map_err(|_| {
                    says("the text is not a date and time; write it as `2026-06-03 14:30`")
                })
            });
        },
    },
];

pub(super) const OPERATORS: &[Operator] = &[
    Operator {
        form: "time - time",
        parts: (Type::TIME, "-", Type::TIME),
        gives: Type::SPAN,
        summary: "What passes on the clock between them.",
        examples: &[(
            "visit.start - visit.booked_at",
            "14 days 4 hours 30 minutes",
        )],
    },
    Operator {
        form: "time - span",
        parts: (Type::TIME, "-", Type::SPAN),
        gives: Type::TIME,
        summary: "The time so much earlier.",
        examples: &[("visit.start - hours(24)", "2026-06-02 14:30")],
    },
    Operator {
        form: "time + span",
        parts: (Type::TIME, "+", Type::SPAN),
        gives: Type::TIME,
        summary: "The time so much later.",
        examples: &[("visit.start.midnight + hours(18)", "2026-06-03 18:00")],
    },
    Operator {
        form: "span + span",
        parts: (Type::SPAN, "+", Type::SPAN),
        gives: Type::SPAN,
        summary: "Both together.",
        examples: &[("hours(2) + minutes(30)", "2 hours 30 minutes")],
    },
    Operator {
        form: "span - span",
        parts: (Type::SPAN, "-", Type::SPAN),
        gives: Type::SPAN,
        summary: "The one without the other.",
        examples: &[("days(1) - hours(2)", "22 hours")],
    },
    Operator {
        form: "span * number",
        parts: (Type::SPAN, "*", Type::NUMBER),
        gives: Type::SPAN,
        summary: "So many times as long.",
        examples: &[("hours(12) * 3", "1 day 12 hours")],
    },
];

fn outside() -> Box<EvalAltResult> {
    says("the time lies outside the calendar")
}

fn times(span: Span, count: i64) -> Span {
    Span::months(i64::from(span.whole_months()).saturating_mul(count))
        + Span::seconds(span.whole_seconds().saturating_mul(count))
}

fn order(left: Span, right: Span) -> Answer<Ordering> {
    left.partial_cmp(&right)
        .ok_or_else(|| says("months and days can't be compared: a month has 28 to 31 days"))
}

pub(super) fn register_operators(engine: &mut Engine) {
    engine
        .register_fn("-", Civil::since)
        .register_fn("-", |time: Civil, span: Span| {
            time.checked_add(-span).ok_or_else(outside)
        })
        .register_fn("+", |time: Civil, span: Span| {
            time.checked_add(span).ok_or_else(outside)
        })
        .register_fn("+", |left: Span, right: Span| left + right)
        .register_fn("-", |left: Span, right: Span| left - right)
        .register_fn("-", |span: Span| -span)
        .register_fn("*", times)
        .register_fn("*", |count: i64, span: Span| times(span, count));
    engine
        .register_fn("==", |left: Civil, right: Civil| left == right)
        .register_fn("!=", |left: Civil, right: Civil| left != right)
        .register_fn("<", |left: Civil, right: Civil| left < right)
        .register_fn("<=", |left: Civil, right: Civil| left <= right)
        .register_fn(">", |left: Civil, right: Civil| left > right)
        .register_fn(">=", |left: Civil, right: Civil| left >= right)
        .register_fn("==", |left: Span, right: Span| left == right)
        .register_fn("!=", |left: Span, right: Span| left != right)
        .register_fn("<", |left: Span, right: Span| {
            order(left, right).map(Ordering::is_lt)
        })
        .register_fn("<=", |left: Span, right: Span| {
            order(left, right).map(Ordering::is_le)
        })
        .register_fn(">", |left: Span, right: Span| {
            order(left, right).map(Ordering::is_gt)
        })
        .register_fn(">=", |left: Span, right: Span| {
            order(left, right).map(Ordering::is_ge)
        })
        .register_fn("to_string", |time: &mut Civil| time.to_string())
        .register_fn("to_string", |span: &mut Span| span.to_string())
        .register_fn("to_debug", |time: &mut Civil| time.to_string())
        .register_fn("to_debug", |span: &mut Span| span.to_string());
    // As in templates, a comparison with what is absent doesn't hold.
    absent::<Civil>(engine);
    absent::<Span>(engine);
}

fn absent<T: Clone + Send + Sync + 'static>(engine: &mut Engine) {
    for operator in ["==", "<", "<=", ">", ">="] {
        engine.register_fn(operator, |_: T, (): ()| false);
        engine.register_fn(operator, |(): (), _: T| false);
    }
    engine.register_fn("!=", |_: T, (): ()| true);
    engine.register_fn("!=", |(): (), _: T| true);
}
