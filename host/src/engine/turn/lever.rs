//! What can be changed: behind each fact that a policy reads is a record's property, a setting, or what the
//! outbox counts.

use rappel_core::civil::{Civil, Span};
use rappel_core::decision::Read;
use rappel_core::facts::Record;
use rappel_core::kind::Kind;
use rappel_rules::Form;
use serde_json::{Map, Value};

use super::Situation;

/// Something that can be changed, by the name of the fact that it is.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Lever {
    /// Its fact.
    pub(super) fact: String,
    place: Place,
}

/// Where the change is made.
#[derive(Clone, Debug, PartialEq)]
enum Place {
    /// A property of a record.
    Record(Record, Vec<String>),
    /// How long before its start the appointment was booked.
    BookedAhead,
    /// A setting.
    Setting(Vec<String>),
    /// How many reminders went to the person today.
    RemindersToday,
    /// How many such messages went before.
    SentBefore,
    /// The patient's next visit.
    NextVisit,
}

impl Lever {
    /// The levers behind a fact. What follows from others has theirs; what nobody can change has none.
    pub(super) fn behind(fact: &str, situation: &Situation) -> Vec<Self> {
        let message = situation.claim.as_ref().map(|claim| &claim.message);
        let facts: Vec<String> = match (fact, message) {
            ("visit.begins" | "visit.has_begun", _) => vec!["visit.start".into()],
            ("visit.is_open" | "visit.confirmed", _) => vec!["visit.status".into()],
            ("visit.took_place", _) => vec![
                "visit.status".into(),
                "settings.after_visit.assume_attended".into(),
            ],
            ("visit.first_visit", _) => vec!["visit.patient.visits".into()],
            ("visit.patient.missed_percent", _) => vec![
                "visit.patient.no_shows".into(),
                "visit.patient.visits".into(),
            ],
            ("visit.patient.unreliable", _) => vec![
                "visit.patient.no_shows".into(),
                "visit.patient.visits".into(),
                "settings.unreliable.missed_percent".into(),
                "settings.unreliable.least_visits".into(),
            ],
            ("message.refused", Some(message)) => {
                vec![format!("visit.patient.channels.{}", message.channel)]
            }
            ("message.cell", Some(message)) => vec![format!(
                "settings.messages.{}.{}",
                message.kind, message.channel
            )],
            (fact, _) => vec![fact.to_string()],
        };
        let levers = facts.into_iter().filter_map(|fact| {
            let place = Place::of(&fact, situation)?;
            Some(Self { fact, place })
        });
        levers.collect()
    }

    /// What the fact is, its form, and whether it may be absent.
    pub(super) fn now(&self, situation: &Situation) -> Option<(Read, Form, bool)> {
        let (form, absent) = Form::of(&self.fact, situation.rules.settings())?;
        let read = match (&self.place, &situation.claim) {
            (Place::RemindersToday, Some(claim)) => self.read(claim.reminders_today),
            (Place::SentBefore, Some(claim)) => self.read(claim.sent_before),
            (Place::NextVisit, Some(claim)) => match claim.next_visit {
                Some(next) => self.read(next),
                None => self.read(Read::NOT_GIVEN),
            },
            _ => situation.look(&self.fact)?,
        };
        Some((read, form, absent))
    }

    /// The entries, where it is a list of texts that a clinic writes.
    pub(super) fn entries(&self, situation: &Situation) -> Option<Vec<String>> {
        let settings = situation.rules.settings();
        let kinds = |kinds: &[Kind]| kinds.iter().map(ToString::to_string).collect();
        Some(match self.fact.as_str() {
            "settings.consent.necessary" => kinds(&settings.consent.necessary),
            "settings.hours.anytime" => kinds(&settings.hours.anytime),
            "settings.silent_groups" => settings.silent_groups.clone(),
            fact => {
                let own = settings.own.get(fact.strip_prefix("settings.own.")?)?;
                let texts = own.as_array()?.iter().map(|entry| entry.as_str());
                texts
                    .map(|text| text.map(String::from))
                    .collect::<Option<_>>()?
            }
        })
    }

    fn read(&self, value: impl ToString) -> Read {
        Read {
            fact: self.fact.clone().into(),
            value: value.to_string().into(),
        }
    }

    /// The situation with another value; `null` makes it absent. `None` where it can't have that value.
    pub(super) fn set(&self, situation: &Situation, value: Value) -> Option<Situation> {
        let mut changed = situation.clone();
        match &self.place {
            Place::Setting(path) => {
                let value = toml::Value::try_from(&value).ok()?;
                let (last, tables) = path.split_last()?;
                let mut table = toml::Table::from_iter([(last.clone(), value)]);
                for name in tables.iter().rev() {
                    table = toml::Table::from_iter([(name.clone(), table.into())]);
                }
                changed.rules = situation.rules.with(&table).ok()?.into();
            }
            Place::Record(record, path) => set(&mut changed, *record, path, value)?,
            Place::BookedAhead => {
                let ahead: Span = value.as_str()?.parse().ok()?;
                let start = situation.visit()?.appointment?.start;
                let booked = start.checked_add(-ahead)?;
                let path = ["booked_at".to_string()];
                set(&mut changed, Record::Appointment, &path, written(booked))?;
            }
            Place::RemindersToday => changed.claim.as_mut()?.reminders_today = count(&value)?,
            Place::SentBefore => changed.claim.as_mut()?.sent_before = count(&value)?,
            Place::NextVisit => {
                let next = value.as_str().map(str::parse).transpose().ok()?;
                changed.claim.as_mut()?.next_visit = next;
            }
        }
        // What can't be read is no fact.
        changed.visit().map(|_| changed)
    }
}

impl Place {
    fn of(fact: &str, situation: &Situation) -> Option<Self> {
        let path = |path: &str| path.split('.').map(String::from).collect();
        match fact {
            "visit.booked_ahead" => return Some(Place::BookedAhead),
            "message.reminders_today" => return Some(Place::RemindersToday),
            "message.sent_before" => return Some(Place::SentBefore),
            "message.next_visit" => return Some(Place::NextVisit),
            _ => {}
        }
        if let Some(setting) = fact.strip_prefix("settings.") {
            return Some(Place::Setting(path(setting)));
        }
        let fact = fact.strip_prefix("visit.")?;
        let of = Record::ALL.into_iter().find_map(|record| {
            let rest = fact.strip_prefix(record.name())?.strip_prefix('.')?;
            Some((record, rest))
        });
        let (record, property) = of.unwrap_or((Record::Appointment, fact));
        // An id is a name of the agenda's, and no fact about anything.
        let known = property != "id" && situation.records.get(record).is_some();
        known.then(|| Place::Record(record, path(property)))
    }
}

/// Sets a property of a record.
fn set(situation: &mut Situation, record: Record, path: &[String], value: Value) -> Option<()> {
    let mut object = situation.records.get(record)?.clone();
    let (last, objects) = path.split_last()?;
    let mut inner = &mut object;
    for name in objects {
        let next = inner
            .entry(name.clone())
            .or_insert_with(|| Value::Object(Map::new()));
        inner = next.as_object_mut()?;
    }
    match value {
        Value::Null => inner.remove(last),
        value => inner.insert(last.clone(), value),
    };
    situation.records.set(record, object);
    Some(())
}

fn count(value: &Value) -> Option<u32> {
    u32::try_from(value.as_u64()?).ok()
}

/// A time as events write it.
pub(super) fn written(time: Civil) -> Value {
    time.0.format("%Y-%m-%dT%H:%M").to_string().into()
}
