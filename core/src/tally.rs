//! Counting messages: how many there are, what they cost and what came of them, by what somebody asks.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::channel::ChannelKind;
use crate::ids::FacilityId;
use crate::kind::Kind;
use crate::message::State;
use crate::store::Message;

/// What messages are counted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// Whose they are.
    Clinic,
    /// The day on which they are due, on the clinic's calendar.
    Day,
    /// What they are for.
    Kind,
    /// The channel that they were planned for.
    Channel,
    /// Where they stand.
    State,
}

impl By {
    /// All that messages can be counted by.
    pub const ALL: [By; 5] = [By::Clinic, By::Day, By::Kind, By::Channel, By::State];

    /// Its name on the command line, in queries and in JSON: `day`.
    pub const fn name(self) -> &'static str {
        match self {
            By::Clinic => "clinic",
            By::Day => "day",
            By::Kind => "kind",
            By::Channel => "channel",
            By::State => "state",
        }
    }

    /// What a message has there.
    pub fn of(self, message: &Message) -> Part {
        match self {
            By::Clinic => Part::Clinic(message.facility.clone()),
            By::Day => Part::Day(message.due_civil.0.date()),
            By::Kind => Part::Kind(message.kind.clone()),
            By::Channel => Part::Channel(message.channel),
            By::State => Part::State(message.state),
        }
    }
}

impl fmt::Display for By {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for By {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        By::ALL
            .into_iter()
            .find(|by| by.name() == name)
            .ok_or_else(|| {
                let known = By::ALL.map(By::name).join(", ");
                format!("messages are counted by {known}, in any order; there is no `{name}`")
            })
    }
}

/// What the messages of a group have in common.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "the variants are those of `By`")]
pub enum Part {
    Clinic(FacilityId),
    Day(NaiveDate),
    Kind(Kind),
    Channel(ChannelKind),
    State(State),
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Part::Clinic(facility) => write!(f, "{facility}"),
            Part::Day(day) => write!(f, "{day}"),
            Part::Kind(kind) => write!(f, "{kind}"),
            Part::Channel(channel) => write!(f, "{channel}"),
            Part::State(state) => write!(f, "{state}"),
        }
    }
}

/// What messages come to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    /// How many there are.
    pub messages: u64,
    /// Parts their SMS took.
    pub segments: u64,
    /// What they cost.
    pub credits: Decimal,
    /// How many were opened, which may be automatic.
    pub opened: u64,
    /// How many were answered.
    pub answered: u64,
}

impl Sums {
    /// The names of the sums, in their order.
    pub const NAMES: [&str; 5] = ["messages", "segments", "credits", "opened", "answered"];

    /// What one message comes to.
    pub fn of(message: &Message) -> Self {
        Self {
            messages: 1,
            segments: message.segments.into(),
            credits: message.credits,
            opened: message.opened.is_some().into(),
            answered: message.answer.is_some().into(),
        }
    }

    /// The sums as texts, in their order.
    pub fn texts(&self) -> [String; 5] {
        [
            self.messages.to_string(),
            self.segments.to_string(),
            self.credits.normalize().to_string(),
            self.opened.to_string(),
            self.answered.to_string(),
        ]
    }
}

impl std::ops::AddAssign for Sums {
    fn add_assign(&mut self, more: Self) {
        self.messages += more.messages;
        self.segments += more.segments;
        self.credits += more.credits;
        self.opened += more.opened;
        self.answered += more.answered;
    }
}

/// Messages that have something in common, and what they come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tally {
    /// What they have in common, in the order in which it was asked for.
    pub group: Vec<(By, Part)>,
    /// What they come to.
    pub sums: Sums,
}

/// An object of the group's parts, then of the sums.
impl Serialize for Tally {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_map(None)?;
        for (by, part) in &self.group {
            object.serialize_entry(by.name(), &part.to_string())?;
        }
        let Sums {
            messages,
            segments,
            credits,
            opened,
            answered,
        } = &self.sums;
        object.serialize_entry("messages", messages)?;
        object.serialize_entry("segments", segments)?;
        object.serialize_entry("credits", &credits.normalize())?;
        object.serialize_entry("opened", opened)?;
        object.serialize_entry("answered", answered)?;
        object.end()
    }
}

/// Adds messages up. Its size is that of the answer, however many messages there are.
#[derive(Debug)]
pub struct Tallies {
    by: Vec<By>,
    groups: BTreeMap<Vec<Part>, Sums>,
}

impl Tallies {
    /// Counts by these, in this order; asked for twice is asked for once.
    pub fn new(by: &[By]) -> Self {
        let mut once: Vec<By> = Vec::new();
        for by in by {
            if !once.contains(by) {
                once.push(*by);
            }
        }
        Self {
            by: once,
            groups: BTreeMap::new(),
        }
    }

    /// What it counts by.
    pub fn by(&self) -> &[By] {
        &self.by
    }

    /// Adds a message.
    pub fn add(&mut self, message: &Message) {
        let group = self.by.iter().map(|by| by.of(message)).collect();
        self.add_to(group, Sums::of(message));
    }

    /// Adds to the group that has these parts.
    pub fn add_to(&mut self, group: Vec<Part>, sums: Sums) {
        *self.groups.entry(group).or_default() += sums;
    }

    /// The groups in their order: days by the calendar, states by a message's life.
    pub fn into_tallies(self) -> Vec<Tally> {
        let by = self.by;
        let groups = self.groups.into_iter();
        groups
            .map(|(parts, sums)| Tally {
                group: by.iter().copied().zip(parts).collect(),
                sums,
            })
            .collect()
    }
}
