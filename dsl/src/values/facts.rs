//! The values of a message that goes, read from the facts that are known when it goes.

use std::fmt;

use chrono::{NaiveDate, NaiveTime};
use rappel_core::facts::Visit;
use rappel_core::{ChannelKind, EventKind, Language, Named, Settings};

use super::{Value, Values};
use crate::variables::Variable;

/// What a message's values are read from. Nothing is read before a template asks for it. `Debug` hides it: links
/// are secrets, and the rest is a patient's.
#[derive(Clone)]
pub struct Facts<'f> {
    /// The clinic.
    pub settings: &'f Settings,
    /// The visit that the message is about.
    pub visit: &'f Visit,
    /// How the message goes.
    pub channel: ChannelKind,
    /// The event that caused it.
    pub event: Option<EventKind>,
    /// Whether it asks for a confirmation.
    pub confirmation_requested: bool,
    /// The links that were made for this message.
    pub links: &'f [(Named, String)],
    /// How many minutes late the resource is.
    pub delay: Option<u32>,
    /// When the visit begins instead.
    pub new_start: Option<NaiveTime>,
    /// The day that a message to a practitioner or room lists, where it is about no visit.
    pub day: Option<NaiveDate>,
    /// The appointments of that day, one a line.
    pub appointments: Option<&'f str>,
    /// A family's appointments on one day, where the message is about several.
    pub family: Option<&'f str>,
    /// What the administrator is told, a point a line.
    pub report: Option<&'f str>,
}

impl fmt::Debug for Facts<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Facts(hidden)")
    }
}

impl<'f> Facts<'f> {
    /// The facts of a visit, with nothing beside it: set the other fields as they are known.
    pub fn of(settings: &'f Settings, visit: &'f Visit, channel: ChannelKind) -> Self {
        Self {
            settings,
            visit,
            channel,
            event: None,
            confirmation_requested: false,
            links: &[],
            delay: None,
            new_start: None,
            day: None,
            appointments: None,
            family: None,
            report: None,
        }
    }
}

impl Values for Facts<'_> {
    fn value(&self, variable: Variable, language: Language) -> Option<Value<'_>> {
        (variable.row().read)(self, language)
    }
}
