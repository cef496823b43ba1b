//! The search: other values of one fact after the other, the nearest first, until the answer turns.

use std::cell::Cell;

use rappel_core::civil::{Civil, Span};
use rappel_core::decision::Read;
use rappel_rules::Form;
use serde_json::Value;

use super::lever::{Lever, written};
use super::{MOST_QUESTIONS, Situation, Turn, Would};

/// The longest time that is tried, in minutes: a year.
const YEAR: i64 = 366 * 24 * 60;
/// The largest number that is tried.
const LARGEST: i64 = 10_000;

/// The changes of one fact each, among those read, with which the answer is yes. Facts come first, then
/// settings, each in the order of reading.
pub(super) fn turns(
    situation: &Situation,
    read: &[Read],
    ask: &dyn Fn(&Situation) -> bool,
) -> Vec<Turn> {
    let mut levers: Vec<Lever> = Vec::new();
    for lever in read
        .iter()
        .flat_map(|read| Lever::behind(&read.fact, situation))
    {
        if !levers.contains(&lever) {
            levers.push(lever);
        }
    }
    levers.sort_by_key(|lever| lever.fact.starts_with("settings."));
    let left = Cell::new(MOST_QUESTIONS);
    let counted = |situation: &Situation| {
        let some = left.get() > 0;
        left.set(left.get().saturating_sub(1));
        some && ask(situation)
    };
    let turns = levers.iter().filter_map(|lever| {
        let (read, form, absent) = lever.now(situation)?;
        let pull = Pull {
            lever,
            situation,
            ask: &counted,
        };
        Some(Turn {
            fact: lever.fact.clone(),
            would: pull.would(&read.value, form, absent)?,
            was: read.value.into_owned(),
        })
    });
    turns.collect()
}

/// The situation with a fact as it was read; `None` where it is so already, or its value isn't told.
pub(super) fn restored(lever: &Lever, situation: &Situation, read: &Read) -> Option<Situation> {
    let (now, form, _) = lever.now(situation)?;
    let was = &*read.value;
    if now.value == was {
        return None;
    }
    let value: Value = match form {
        _ if was == Read::NOT_GIVEN => Value::Null,
        Form::Flag => was.parse::<bool>().ok()?.into(),
        Form::Number => was.parse::<i64>().ok()?.into(),
        Form::Time => written(was.parse().ok()?),
        Form::Span | Form::Word(_) => was.into(),
        Form::Text | Form::Texts | Form::Other => return None,
    };
    lever.set(situation, value)
}

/// A lever that is tried.
struct Pull<'s> {
    lever: &'s Lever,
    situation: &'s Situation,
    ask: &'s dyn Fn(&Situation) -> bool,
}

impl Pull<'_> {
    fn turns(&self, value: impl Into<Value>) -> bool {
        self.tried(value).unwrap_or(false)
    }

    /// The same; `None` where there can't be such a value.
    fn tried(&self, value: impl Into<Value>) -> Option<bool> {
        let changed = self.lever.set(self.situation, value.into())?;
        Some((self.ask)(&changed))
    }

    fn would(&self, was: &str, form: Form, absent: bool) -> Option<Would> {
        let given = was != Read::NOT_GIVEN;
        let setting = self.lever.fact.starts_with("settings.");
        let found = match form {
            Form::Flag => [true, false]
                .into_iter()
                .filter(|flag| was != flag.to_string())
                .find(|flag| self.turns(*flag))
                .map(|flag| Would::Be(flag.to_string())),
            Form::Word(words) => words
                .iter()
                .filter(|word| was != **word)
                .find(|word| self.turns(**word))
                .map(|word| Would::Be((*word).to_string())),
            Form::Number => self.threshold(was.parse().ok()?, (0, LARGEST), &Scale::NUMBER),
            Form::Span if given => self.span(was),
            Form::Time if given => {
                let now = was.parse::<Civil>().ok()?.0.and_utc().timestamp() / 60;
                self.threshold(now, (now - YEAR, now + YEAR), &Scale::TIME)
            }
            Form::Texts => self.entries(),
            // What a text says is its author's business; whether it is there is a fact.
            Form::Text if !setting => self.text(given),
            _ => None,
        };
        found.or_else(|| {
            let leave_out = absent && given && !setting && form != Form::Text;
            (leave_out && self.turns(Value::Null)).then_some(Would::NotBeGiven)
        })
    }

    fn span(&self, was: &str) -> Option<Would> {
        let now: Span = was.parse().ok()?;
        // Months have no length that minutes could be added to.
        (now.whole_months() == 0).then_some(())?;
        let scale = match self.lever.fact.as_str() {
            // An agenda writes it as a number of minutes.
            "visit.service.duration" => &Scale::DURATION,
            _ => &Scale::SPAN,
        };
        self.threshold(now.whole_seconds() / 60, (0, YEAR), scale)
    }

    fn text(&self, given: bool) -> Option<Would> {
        let example = match self.lever.fact.rsplit('.').next() {
            Some("mobile") => "+33600000001",
            Some("email") => "someone@example.org",
            _ => "x",
        };
        let turns = self.turns(example);
        match (given, turns) {
            (false, true) => Some(Would::BeGiven),
            (true, true) if example != "x" => Some(Would::BeAnother),
            (true, _) if self.turns(Value::Null) => Some(Would::NotBeGiven),
            _ => None,
        }
    }

    /// A list with the message's kind in it, or without one of its entries.
    fn entries(&self) -> Option<Would> {
        let entries = self.lever.entries(self.situation)?;
        let message = self.situation.claim.as_ref().map(|claim| &claim.message);
        if let Some(message) = message {
            let kind = message.kind.to_string();
            let mut with = entries.clone();
            with.push(kind.clone());
            if !entries.contains(&kind) && self.turns(with) {
                return Some(Would::Hold(kind));
            }
        }
        entries.iter().find_map(|entry| {
            let mut without = entries.clone();
            without.retain(|other| other != entry);
            self.turns(without).then(|| Would::NotHold(entry.clone()))
        })
    }

    /// The nearest value on either side from which on the answer turns.
    fn threshold(&self, now: i64, within: (i64, i64), scale: &Scale) -> Option<Would> {
        let turns = |value: i64| self.turns((scale.value)(value));
        if turns(now) {
            // It is told too roughly to say from where on.
            return None;
        }
        let side = |end: i64| {
            let way = (end - now).signum();
            let most = (end - now).abs();
            let (mut no, mut yes) = (0, 1.min(most));
            while yes > no && !turns(now + way * yes) {
                (no, yes) = (yes, (yes * 2).min(most));
            }
            while yes - no > 1 {
                let middle = no + (yes - no) / 2;
                if turns(now + way * middle) {
                    yes = middle;
                } else {
                    no = middle;
                }
            }
            // Where both are the same, nothing on this side turned it.
            (yes > no).then_some((yes, way))
        };
        let (far, way) = [side(within.1), side(within.0)]
            .into_iter()
            .flatten()
            .min()?;
        let value = now + way * far;
        let told = (scale.told)(value);
        let end = if way > 0 { within.1 } else { within.0 };
        let between = value + (end - value) / 2;
        // From there on, as far as a few more questions can tell.
        let on = [value + way, between, end]
            .into_iter()
            .filter(|further| (within.0..=within.1).contains(further))
            .all(|further| self.tried((scale.value)(further)) != Some(false));
        Some(match (on, way > 0) {
            (false, _) => Would::Be(told),
            (true, true) => Would::BeAtLeast(told),
            (true, false) => Would::BeAtMost(told),
        })
    }
}

/// What whole numbers stand for.
struct Scale {
    value: fn(i64) -> Value,
    told: fn(i64) -> String,
}

impl Scale {
    const NUMBER: Scale = Scale {
        value: Value::from,
        told: |number| number.to_string(),
    };
    /// Minutes of a length of time.
    const SPAN: Scale = Scale {
        value: |minutes| format!("{minutes} minutes").into(),
        told: |minutes| Span::minutes(minutes).to_string(),
    };
    const DURATION: Scale = Scale {
        value: Value::from,
        ..Scale::SPAN
    };
    /// Minutes of the wall clock.
    const TIME: Scale = Scale {
        value: |minutes| time(minutes).map_or(Value::Null, written),
        told: |minutes| time(minutes).map_or_else(String::new, |time| time.to_string()),
    };
}

fn time(minutes: i64) -> Option<Civil> {
    let time = chrono::DateTime::from_timestamp(minutes.checked_mul(60)?, 0)?;
    Some(Civil(time.naive_utc()))
}
