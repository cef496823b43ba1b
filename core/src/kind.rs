//! The kinds of message, and the values that each offers to its template.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

/// A value that a template names, beside the numbered variables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(
    missing_docs,
    reason = "the template language's table of values tells what each is"
)]
pub enum Named {
    ConfirmUrl,
    CancelUrl,
    RescheduleUrl,
    PasswordUrl,
    UnsubscribeUrl,
    Delay,
    NewStart,
    Appointments,
    Family,
    Report,
    Channel,
    Event,
    Language,
    Online,
    ConfirmationRequested,
    Confirmed,
    Unreliable,
    FirstVisit,
}

impl Named {
    /// Every named value.
    pub const ALL: [Named; 18] = [
        Named::ConfirmUrl,
        Named::CancelUrl,
        Named::RescheduleUrl,
        Named::PasswordUrl,
        Named::UnsubscribeUrl,
        Named::Delay,
        Named::NewStart,
        Named::Appointments,
        Named::Family,
        Named::Report,
        Named::Channel,
        Named::Event,
        Named::Language,
        Named::Online,
        Named::ConfirmationRequested,
        Named::Confirmed,
        Named::Unreliable,
        Named::FirstVisit,
    ];

    /// The name as templates write it: `CONFIRM_URL`.
    pub fn name(self) -> &'static str {
        match self {
            Named::ConfirmUrl => "CONFIRM_URL",
            Named::CancelUrl => "CANCEL_URL",
            Named::RescheduleUrl => "RESCHEDULE_URL",
            Named::PasswordUrl => "PASSWORD_URL",
            Named::UnsubscribeUrl => "UNSUBSCRIBE_URL",
            Named::Delay => "DELAY",
            Named::NewStart => "NEW_START",
            Named::Appointments => "APPOINTMENTS",
            Named::Family => "FAMILY",
            Named::Report => "REPORT",
            Named::Channel => "CHANNEL",
            Named::Event => "EVENT",
            Named::Language => "LANGUAGE",
            Named::Online => "ONLINE",
            Named::ConfirmationRequested => "CONFIRMATION_REQUESTED",
            Named::Confirmed => "CONFIRMED",
            Named::Unreliable => "UNRELIABLE",
            Named::FirstVisit => "FIRST_VISIT",
        }
    }
}

/// What a message is for: `reminder`, `cancelled`, or a kind of a clinic's own.
///
/// It is the first part of a template's file name, so it is made of `a`–`z`, `0`–`9` and `_`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, schemars::JsonSchema)]
#[serde(transparent)]
#[schemars(extend("format" = "kind"))]
pub struct Kind(Cow<'static, str>);

/// A kind that Rappel's own policies plan.
#[derive(Debug)]
pub struct StockKind {
    /// Its name in templates' file names, settings and policies.
    pub name: &'static str,
    /// What it is, in a sentence for the reference.
    pub summary: &'static str,
    /// What it is about, and so which values its templates may use.
    pub about: About,
    /// Whether it answers one event ("your appointment is cancelled"); otherwise it stands for an
    /// appointment and moves with it ("your appointment is tomorrow").
    pub notice: bool,
    /// Whether it overtakes others in the queue: who isn't told of a cancellation comes in vain.
    pub urgent: bool,
    /// The values that its templates may use beside those that all have which are about the same.
    pub values: &'static [Named],
}

/// What a kind of message is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// An appointment, and so a patient and all that it refers to.
    Appointment,
    /// A patient, who may have no appointment.
    Patient,
    /// A practitioner's or room's day.
    Day,
    /// The clinic itself.
    Clinic,
}

impl About {
    /// The values that every kind of message about it offers.
    pub fn offers(self) -> &'static [Named] {
        match self {
            About::Appointment => &[
                Named::UnsubscribeUrl,
                Named::Channel,
                Named::Event,
                Named::Language,
                Named::Online,
                Named::ConfirmationRequested,
                Named::Confirmed,
                Named::Unreliable,
                Named::FirstVisit,
            ],
            About::Patient => &[
                Named::UnsubscribeUrl,
                Named::Channel,
                Named::Event,
                Named::Language,
                Named::Unreliable,
                Named::FirstVisit,
            ],
            About::Day | About::Clinic => &[Named::Channel, Named::Language],
        }
    }
}

const ANSWERS: &[Named] = &[Named::ConfirmUrl, Named::CancelUrl, Named::RescheduleUrl];
/// What a reminder may say, which may be about a family's appointments of a day.
const REMINDS: &[Named] = &[
    Named::ConfirmUrl,
    Named::CancelUrl,
    Named::RescheduleUrl,
    Named::Family,
];
const CHANGES: &[Named] = &[Named::CancelUrl, Named::RescheduleUrl];

const fn about_appointment(
    name: &'static str,
    summary: &'static str,
    notice: bool,
    values: &'static [Named],
) -> StockKind {
    StockKind {
        name,
        summary,
        about: About::Appointment,
        notice,
        urgent: false,
        values,
    }
}

const fn notice(name: &'static str, summary: &'static str, values: &'static [Named]) -> StockKind {
    about_appointment(name, summary, true, values)
}

const fn standing(
    name: &'static str,
    summary: &'static str,
    values: &'static [Named],
) -> StockKind {
    about_appointment(name, summary, false, values)
}

const fn urgent(kind: StockKind) -> StockKind {
    StockKind {
        urgent: true,
        ..kind
    }
}

const fn to_patient(name: &'static str, summary: &'static str) -> StockKind {
    StockKind {
        about: About::Patient,
        ..notice(name, summary, &[Named::PasswordUrl])
    }
}

/// The stock kinds, in the order of an appointment's life, then those to others than patients.
pub const STOCK_KINDS: &[StockKind] = &[
    notice("created", "An appointment was created.", ANSWERS),
    notice("modified", "An appointment was moved or changed.", ANSWERS),
    notice("approved", "The clinic approved an appointment.", ANSWERS),
    notice("confirmed", "An appointment was confirmed.", CHANGES),
    urgent(notice(
        "cancelled",
        "An appointment was cancelled.",
        &[Named::RescheduleUrl],
    )),
    standing("reminder", "Reminds of a coming appointment.", REMINDS),
    standing("second_reminder", "Reminds once more, by SMS.", REMINDS),
    urgent(notice(
        "delayed",
        "The practitioner or room is late; tells the new time.",
        &[
            Named::Delay,
            Named::NewStart,
            Named::CancelUrl,
            Named::RescheduleUrl,
        ],
    )),
    urgent(notice(
        "unavailable",
        "The practitioner or room is unavailable, so the visit doesn't take place.",
        &[Named::RescheduleUrl],
    )),
    standing("thanks", "Thanks for a visit that took place.", &[]),
    standing("survey", "Asks how a visit was.", &[]),
    standing(
        "recall",
        "Long after a visit: it is time for the next one.",
        &[Named::RescheduleUrl, Named::PasswordUrl],
    ),
    to_patient(
        "password",
        "Brings a new user the link that sets their password.",
    ),
    to_patient(
        "password_lost",
        "Brings who lost their password the link that sets another.",
    ),
    notice(
        "resource_created",
        "To the practitioner or room: a new appointment.",
        &[],
    ),
    urgent(notice(
        "resource_cancelled",
        "To the practitioner or room: an appointment was cancelled.",
        &[],
    )),
    standing(
        "resource_reminder",
        "To the practitioner or room: a coming appointment.",
        &[],
    ),
    StockKind {
        about: About::Day,
        ..standing(
            "resource_day",
            "To the practitioner or room: the appointments of a day.",
            &[Named::Appointments],
        )
    },
    urgent(StockKind {
        about: About::Clinic,
        ..notice(
            "administrator",
            "To the clinic's administrator: what needs a person.",
            &[Named::Report],
        )
    }),
];

impl Kind {
    /// `reminder`.
    pub const REMINDER: Kind = Kind(Cow::Borrowed("reminder"));
    /// `second_reminder`.
    pub const SECOND_REMINDER: Kind = Kind(Cow::Borrowed("second_reminder"));

    /// `recall`.
    pub const RECALL: Kind = Kind(Cow::Borrowed("recall"));
    /// `administrator`.
    pub const ADMINISTRATOR: Kind = Kind(Cow::Borrowed("administrator"));

    /// Reads a kind's name.
    ///
    /// # Errors
    /// A sentence when it is empty, longer than 40 characters, or has characters that a kind can't have.
    pub fn parse(name: &str) -> Result<Self, String> {
        if let Some(stock) = STOCK_KINDS.iter().find(|stock| stock.name == name) {
            return Ok(Self(Cow::Borrowed(stock.name)));
        }
        let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if name.is_empty() || name.len() > 40 || !name.chars().all(good) {
            return Err(format!(
                "`{}` can't name a kind of message: use `a`-`z`, `0`-`9` and `_`, at most 40 characters",
                name.chars().take(60).collect::<String>()
            ));
        }
        Ok(Self(Cow::Owned(name.to_string())))
    }

    /// The kind's name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The stock kind, unless it is the clinic's own.
    pub fn stock(&self) -> Option<&'static StockKind> {
        STOCK_KINDS.iter().find(|stock| stock.name == self.0)
    }

    /// What it is about: an appointment, where it is the clinic's own.
    pub fn about(&self) -> About {
        self.stock().map_or(About::Appointment, |stock| stock.about)
    }

    /// Whether its templates may use `value`. A clinic's own kind is offered all that is about an
    /// appointment.
    pub fn offers(&self, value: Named) -> bool {
        let values = self.stock().map_or(ANSWERS, |stock| stock.values);
        values.contains(&value) || self.about().offers().contains(&value)
    }

    /// Whether it is of use only before the visit that it is about.
    pub fn precedes_visit(&self) -> bool {
        self.stock().is_some_and(|stock| {
            let reminds = self.is_reminder() || stock.name == "resource_reminder";
            stock.about == About::Appointment && (stock.notice || reminds)
        })
    }

    /// Whether it tells that a visit doesn't take place.
    pub fn says_cancelled(&self) -> bool {
        matches!(
            self.as_str(),
            "cancelled" | "unavailable" | "resource_cancelled"
        )
    }

    /// Whether it overtakes others in the queue.
    pub fn is_urgent(&self) -> bool {
        self.stock().is_some_and(|stock| stock.urgent)
    }

    /// Whether it reminds of a coming visit; these are what "one reminder a day" counts.
    pub fn is_reminder(&self) -> bool {
        *self == Self::REMINDER || *self == Self::SECOND_REMINDER
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Kind {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = Cow::<'de, str>::deserialize(deserializer)?;
        Kind::parse(&name).map_err(serde::de::Error::custom)
    }
}
