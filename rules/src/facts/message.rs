//! `message`: the message that is due.

use rappel_core::channel::ChannelKind;
use rappel_core::message::{MessageFacts, Recipient};
use rappel_core::settings::Cell;

use super::{Facts, Property, Type, flag, maybe, number, property, text, word};
use crate::sandbox::says;

/// The channels' names.
pub(crate) const CHANNEL_NAMES: &[&str] = &{
    let mut names = [""; ChannelKind::ALL.len()];
    let mut place = 0;
    while place < names.len() {
        names[place] = ChannelKind::ALL[place].name();
        place += 1;
    }
    names
};

/// What a cell of `[messages]` says.
pub(crate) const CELLS: &[&str] = &[Cell::Off.name(), Cell::On.name(), Cell::Online.name()];

/// The recipients' names.
pub(crate) const RECIPIENTS: &[&str] = &{
    let mut names = [""; Recipient::ALL.len()];
    let mut place = 0;
    while place < names.len() {
        names[place] = Recipient::ALL[place].name();
        place += 1;
    }
    names
};

pub(super) const PROPERTIES: &[Property] = &[
    property(
        "kind",
        Type::KIND,
        "What it is for: `reminder`, or a kind of the clinic's own.",
        |f| text(Some(message(f)?.kind.as_str())),
    ),
    property("channel", Type::word(CHANNEL_NAMES), "How it goes.", |f| {
        word(message(f)?.channel.name())
    }),
    property(
        "recipient",
        Type::word(RECIPIENTS),
        "Whom it is for.",
        |f| word(message(f)?.recipient.name()),
    ),
    property(
        "event",
        Type::TEXT.or_absent(),
        "The type of the event that caused it, where it is known.",
        |f| text(message(f)?.event.map(|event| event.name())),
    ),
    property(
        "about",
        Type::word(&["appointment", "patient"]),
        "What it is about.",
        |f| {
            message(f)?;
            word(if f.visit.appointment.is_some() {
                "appointment"
            } else {
                "patient"
            })
        },
    ),
    property(
        "is_reminder",
        Type::FLAG,
        "Whether it reminds of a coming visit: a reminder or second reminder.",
        |f| flag(message(f)?.kind.is_reminder()),
    ),
    property(
        "is_notice",
        Type::FLAG,
        "Whether it answers an event, as `created` and `delayed` do, and doesn't stand for the appointment.",
        |f| flag(message(f)?.kind.stock().is_some_and(|stock| stock.notice)),
    ),
    property(
        "precedes_visit",
        Type::FLAG,
        "Whether it is about an appointment and of use only before the visit: reminders and answers to events are, recalls and thanks are not.",
        |f| {
            let about = f.visit.appointment.is_some();
            flag(about && message(f)?.kind.precedes_visit())
        },
    ),
    property(
        "says_cancelled",
        Type::FLAG,
        "Whether it tells that the visit doesn't take place.",
        |f| flag(message(f)?.kind.says_cancelled()),
    ),
    property(
        "cell",
        Type::word(CELLS),
        "What `[messages]` says of its kind and channel: `off`, `on`, or `online` for patients who booked online.",
        |f| {
            let message = message(f)?;
            word(f.settings.cells(&message.kind).get(message.channel).name())
        },
    ),
    property(
        "refused",
        Type::FLAG,
        "Whether it is for a patient who said no to its channel.",
        |f| {
            let message = message(f)?;
            let patient = f.visit.patient.as_ref();
            let wish = patient.and_then(|patient| patient.channels.get(message.channel));
            flag(message.recipient == Recipient::Patient && wish == Some(false))
        },
    ),
    property(
        "within_hours",
        Type::FLAG,
        "Whether the time of asking is in the allowed hours of `[hours]`.",
        |f| {
            let now = message(f)?.now;
            flag(
                f.settings
                    .opening()
                    .is_none_or(|opening| opening.is_open(now)),
            )
        },
    ),
    property("now", Type::TIME, "The time of asking.", |f| {
        maybe(Some(message(f)?.now))
    }),
    property("due", Type::TIME, "When it was to go.", |f| {
        maybe(Some(message(f)?.due))
    }),
    property(
        "expires",
        Type::TIME.or_absent(),
        "When it is too late to send it.",
        |f| maybe(message(f)?.expires),
    ),
    property(
        "confirmation_requested",
        Type::FLAG,
        "Whether it asks for a confirmation.",
        |f| flag(message(f)?.confirmation_requested),
    ),
    property(
        "reminders_today",
        Type::NUMBER,
        "How many reminders about other appointments went to the same person on this day.",
        |f| number(message(f)?.reminders_today),
    ),
    property(
        "delay",
        Type::SPAN.or_absent(),
        "How late the practitioner or room is: of the kind `delayed`.",
        |f| maybe(message(f)?.delay),
    ),
    property(
        "next_visit",
        Type::TIME.or_absent(),
        "When the patient's next visit after this one begins. Told of messages that neither remind nor answer an event.",
        |f| maybe(message(f)?.next_visit),
    ),
    property(
        "sent_before",
        Type::NUMBER,
        "How many messages of its kind went to the same person before. Told like `next_visit`.",
        |f| number(message(f)?.sent_before),
    ),
];

pub(crate) fn message(facts: &Facts) -> Result<&MessageFacts, Box<rhai::EvalAltResult>> {
    facts
        .message
        .as_ref()
        .ok_or_else(|| says("there is no message in `plan`"))
}
