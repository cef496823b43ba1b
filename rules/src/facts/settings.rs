//! `settings`: what the clinic declares. Gateways and their secrets are left out.

use rappel_core::civil::Civil;
use rappel_core::kind::Kind;
use rappel_core::settings::{Outside, SecondSms, SmsMode};
use rhai::Dynamic;

use super::{Property, Type, View, flag, maybe, number, opened, property, text, word, words};

pub(super) const SETTINGS: &[Property] = &[
    property("id", Type::TEXT, "The clinic's key in the store.", |f| {
        text(Some(f.settings.id.as_str()))
    }),
    property("name", Type::TEXT, "Its name.", |f| {
        text(Some(&f.settings.name))
    }),
    property(
        "phone",
        Type::TEXT.or_absent(),
        "Its telephone number.",
        |f| text(f.settings.phone.as_deref()),
    ),
    property("website", Type::TEXT.or_absent(), "Its website.", |f| {
        text(f.settings.website.as_deref())
    }),
    property("zone", Type::TEXT, "Its time zone: `Europe/Paris`.", |f| {
        text(Some(f.settings.zone.name()))
    }),
    property("country", Type::TEXT, "Its country as two letters.", |f| {
        text(Some(&f.settings.country))
    }),
    property(
        "language",
        Type::TEXT,
        "The language of messages to patients who prefer none: `fr`.",
        |f| word(f.settings.language.code()),
    ),
    property(
        "currency",
        Type::TEXT,
        "What stands before or behind an amount.",
        |f| text(Some(&f.settings.currency)),
    ),
    property(
        "communication",
        Type::FLAG,
        "The switch of all communication.",
        |f| flag(f.settings.communication),
    ),
    property(
        "sender",
        Type::view(View::SenderSettings),
        "Who messages come from.",
        |f| opened(View::SenderSettings, f),
    ),
    property(
        "channels",
        Type::view(View::ChannelSettings),
        "How each channel behaves.",
        |f| opened(View::ChannelSettings, f),
    ),
    property(
        "reminder",
        Type::view(View::ReminderSettings),
        "Reminders before a visit.",
        |f| opened(View::ReminderSettings, f),
    ),
    property(
        "notices",
        Type::view(View::NoticeSettings),
        "Messages that answer an event.",
        |f| opened(View::NoticeSettings, f),
    ),
    property(
        "after_visit",
        Type::view(View::AfterVisitSettings),
        "Messages soon after a visit that took place.",
        |f| opened(View::AfterVisitSettings, f),
    ),
    property(
        "recall",
        Type::view(View::RecallSettings),
        "Recalls, long after a visit.",
        |f| opened(View::RecallSettings, f),
    ),
    property(
        "resources",
        Type::view(View::ResourceSettings),
        "Messages to practitioners and rooms.",
        |f| opened(View::ResourceSettings, f),
    ),
    property(
        "silent_groups",
        Type::TEXT.list(),
        "Titles of service groups whose appointments cause no messages.",
        |f| words(f.settings.silent_groups.iter().map(String::as_str)),
    ),
    property(
        "unreliable",
        Type::view(View::UnreliableSettings),
        "Which patients are unreliable.",
        |f| opened(View::UnreliableSettings, f),
    ),
    property(
        "hours",
        Type::view(View::HoursSettings),
        "When messages may go.",
        |f| opened(View::HoursSettings, f),
    ),
    property(
        "opening",
        Type::view(View::Opening),
        "The allowed hours, to ask.",
        |f| opened(View::Opening, f),
    ),
    property(
        "consent",
        Type::view(View::ConsentSettings),
        "Patients' consent.",
        |f| opened(View::ConsentSettings, f),
    ),
    property(
        "links",
        Type::view(View::LinkSettings),
        "Pages that messages link to.",
        |f| opened(View::LinkSettings, f),
    ),
    property(
        "retention",
        Type::view(View::RetentionSettings),
        "How long texts are kept.",
        |f| opened(View::RetentionSettings, f),
    ),
    property(
        "own",
        Type::view(View::Own),
        "The clinic's values for its own policies.",
        |f| opened(View::Own, f),
    ),
];

pub(super) const SENDER: &[Property] = &[
    property(
        "phone",
        Type::TEXT.or_absent(),
        "The number that calls come from.",
        |f| text(f.settings.from().phone.as_deref()),
    ),
    property(
        "sms",
        Type::TEXT.or_absent(),
        "What an SMS shows as its sender.",
        |f| text(f.settings.sender.sms.as_deref()),
    ),
    property(
        "email",
        Type::TEXT.or_absent(),
        "The From address of e-mails.",
        |f| text(f.settings.sender.email.as_deref()),
    ),
    property(
        "email_name",
        Type::TEXT.or_absent(),
        "The From name of e-mails.",
        |f| text(f.settings.sender.email_name.as_deref()),
    ),
    property(
        "reply_to",
        Type::TEXT.or_absent(),
        "Where answers to e-mails go.",
        |f| text(f.settings.sender.reply_to.as_deref()),
    ),
];

pub(super) const CHANNELS: &[Property] = &[
    property(
        "sms",
        Type::view(View::SmsSettings),
        "How SMS behave.",
        |f| opened(View::SmsSettings, f),
    ),
    property(
        "email",
        Type::view(View::EmailSettings),
        "How e-mails behave.",
        |f| opened(View::EmailSettings, f),
    ),
    property(
        "voice",
        Type::view(View::VoiceSettings),
        "How calls behave.",
        |f| opened(View::VoiceSettings, f),
    ),
];

pub(super) const SMS: &[Property] = &[
    property(
        "mode",
        Type::word(&["transliterate", "unicode", "refuse"]),
        "What becomes of a character outside the SMS alphabet.",
        |f| {
            word(match f.settings.channels.sms.mode {
                SmsMode::Transliterate => "transliterate",
                SmsMode::Unicode => "unicode",
                SmsMode::Refuse => "refuse",
            })
        },
    ),
    property(
        "max_characters",
        Type::NUMBER,
        "The most characters an SMS may have.",
        |f| number(f.settings.channels.sms.max_characters),
    ),
    property(
        "credits",
        Type::DECIMAL,
        "Credits that each part costs.",
        |f| maybe(Some(f.settings.channels.sms.credits)),
    ),
];

pub(super) const EMAIL: &[Property] = &[property(
    "credits",
    Type::DECIMAL,
    "Credits that each e-mail costs.",
    |f| maybe(Some(f.settings.channels.email.credits)),
)];

pub(super) const VOICE: &[Property] = &[property(
    "credits",
    Type::DECIMAL,
    "Credits that each begun minute of a call costs.",
    |f| maybe(Some(f.settings.channels.voice.credits)),
)];

pub(super) const REMINDER: &[Property] = &[
    property(
        "notice",
        Type::SPAN,
        "How long before the visit the reminder goes.",
        |f| maybe(Some(f.settings.reminder.notice)),
    ),
    property(
        "confirmation",
        Type::FLAG,
        "Whether the reminder asks for a confirmation.",
        |f| flag(f.settings.reminder.confirmation),
    ),
    property(
        "second_sms",
        Type::word(&[
            SecondSms::None.name(),
            SecondSms::All.name(),
            SecondSms::Unreliable.name(),
        ]),
        "Who gets a second SMS.",
        |f| word(f.settings.reminder.second_sms.name()),
    ),
    property(
        "second_notice",
        Type::SPAN,
        "How long before the visit the second SMS goes.",
        |f| maybe(Some(f.settings.reminder.second_notice)),
    ),
    property(
        "min_lead",
        Type::SPAN,
        "A visit booked less than this before it begins gets no reminder.",
        |f| maybe(Some(f.settings.reminder.min_lead)),
    ),
    property(
        "one_a_day",
        Type::FLAG,
        "Whether a person gets at most one visit's reminder a day.",
        |f| flag(f.settings.reminder.one_a_day),
    ),
    property(
        "together",
        Type::FLAG,
        "Whether the reminders of a family's appointments on one day go as one message.",
        |f| flag(f.settings.reminder.together),
    ),
];

pub(super) const AFTER_VISIT: &[Property] = &[
    property(
        "thanks",
        Type::SPAN,
        "How long after the end of the visit the kind `thanks` goes.",
        |f| maybe(Some(f.settings.after_visit.thanks)),
    ),
    property(
        "survey",
        Type::SPAN,
        "How long after the end of the visit the kind `survey` goes.",
        |f| maybe(Some(f.settings.after_visit.survey)),
    ),
    property(
        "assume_attended",
        Type::FLAG,
        "Whether a visit counts as having taken place when it is over and nothing else is known.",
        |f| flag(f.settings.after_visit.assume_attended),
    ),
];

pub(super) const RECALL: &[Property] = &[
    property(
        "intervals",
        Type::SPAN.list(),
        "The intervals that the agenda offers.",
        |f| {
            let spans = f.settings.recall.intervals.iter().copied();
            Ok(Dynamic::from_array(spans.map(Dynamic::from).collect()))
        },
    ),
    property(
        "after",
        Type::SPAN.or_absent(),
        "The interval where neither the appointment nor its service says one.",
        |f| maybe(f.settings.recall.after),
    ),
    property(
        "password",
        Type::FLAG,
        "Whether the first recall brings a link that sets the patient's password anew.",
        |f| flag(f.settings.recall.password),
    ),
];

pub(super) const RESOURCES: &[Property] = &[
    property(
        "reminder",
        Type::SPAN,
        "How long before the visit the kind `resource_reminder` goes.",
        |f| maybe(Some(f.settings.resources.reminder)),
    ),
    property(
        "day_list",
        Type::SPAN,
        "How long after the midnight that begins a day its list, the kind `resource_day`, goes; negative on the day before.",
        |f| maybe(Some(f.settings.resources.day_list.after_midnight())),
    ),
];

pub(super) const NOTICES: &[Property] = &[property(
    "max_age",
    Type::SPAN,
    "An event older than this is told to nobody.",
    |f| maybe(Some(f.settings.notices.max_age)),
)];

pub(super) const UNRELIABLE: &[Property] = &[
    property(
        "missed_percent",
        Type::NUMBER,
        "The share of visits missed from which a patient is unreliable, in percent.",
        |f| number(f.settings.unreliable.missed_percent),
    ),
    property(
        "least_visits",
        Type::NUMBER,
        "The fewest visits that say anything about a patient.",
        |f| number(f.settings.unreliable.least_visits),
    ),
];

pub(super) const HOURS: &[Property] = &[
    property(
        "allowed",
        Type::TEXT,
        "The allowed hours, as the clinic wrote them.",
        |f| text(Some(&f.settings.hours.allowed)),
    ),
    property(
        "closed",
        Type::TIME.list(),
        "Days on which nothing goes, each as its midnight.",
        |f| {
            let days = f.settings.hours.closed.iter();
            let days = days.map(|day| Dynamic::from(Civil(day.and_time(chrono::NaiveTime::MIN))));
            Ok(Dynamic::from_array(days.collect()))
        },
    ),
    property(
        "outside",
        Type::word(&[
            Outside::Hold.name(),
            Outside::Earlier.name(),
            Outside::Drop.name(),
        ]),
        "What becomes of a reminder that is due outside them.",
        |f| word(f.settings.hours.outside.name()),
    ),
    property(
        "anytime",
        Type::TEXT.list(),
        "Kinds of message that go at any hour.",
        |f| words(f.settings.hours.anytime.iter().map(Kind::as_str)),
    ),
];

/// It is asked with functions.
pub(super) const OPENING: &[Property] = &[];

pub(super) const CONSENT: &[Property] = &[
    property(
        "opt_in",
        Type::FLAG,
        "Whether patients must have agreed before anything is sent.",
        |f| flag(f.settings.consent.opt_in),
    ),
    property(
        "necessary",
        Type::TEXT.list(),
        "Kinds of message that go without consent.",
        |f| words(f.settings.consent.necessary.iter().map(Kind::as_str)),
    ),
];

pub(super) const LINKS: &[Property] = &[
    property("confirm", Type::TEXT.or_absent(), "`[CONFIRM_URL]`.", |f| {
        text(f.settings.links.confirm.as_deref())
    }),
    property("cancel", Type::TEXT.or_absent(), "`[CANCEL_URL]`.", |f| {
        text(f.settings.links.cancel.as_deref())
    }),
    property(
        "reschedule",
        Type::TEXT.or_absent(),
        "`[RESCHEDULE_URL]`.",
        |f| text(f.settings.links.reschedule.as_deref()),
    ),
    property(
        "unsubscribe",
        Type::TEXT.or_absent(),
        "`[UNSUBSCRIBE_URL]`.",
        |f| text(f.settings.links.unsubscribe.as_deref()),
    ),
];

pub(super) const RETENTION: &[Property] = &[property(
    "texts",
    Type::SPAN,
    "After this the text and the address of a message are removed.",
    |f| maybe(Some(f.settings.retention.texts)),
)];
