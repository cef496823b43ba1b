//! `message(…)` and what may be said of a message that `plan` wants.

use std::sync::Arc;

use chrono::NaiveDate;
use rappel_core::channel::ChannelKind;
use rappel_core::civil::Civil;
use rappel_core::decision::{Due, Origin, Planned};
use rappel_core::kind::Kind;
use rappel_core::message::Recipient;
use rhai::{Engine, NativeCallContext};

use super::answers::line;
use super::{Answer, Function};
use crate::facts::{Base, CHANNEL_NAMES, RECIPIENTS, Type};
use crate::sandbox::says;
use crate::told;

/// A message as a policy writes it down.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    kind: Kind,
    channel: ChannelKind,
    recipient: Recipient,
    due: Option<Due>,
    expires: Option<Civil>,
    confirmation_requested: bool,
    lists: Option<NaiveDate>,
    /// Where `message(…)` stands.
    pub(crate) line: u32,
}

impl Draft {
    /// The message that the policy wants; `None` when it doesn't say when.
    pub(crate) fn planned(self, policy: &Arc<str>) -> Option<Planned> {
        Some(Planned {
            kind: self.kind,
            channel: self.channel,
            recipient: self.recipient,
            due: self.due?,
            expires: self.expires,
            confirmation_requested: self.confirmation_requested,
            lists: self.lists,
            origin: Origin {
                policy: policy.clone(),
                line: self.line,
            },
        })
    }
}

const OF: Option<Base> = Some(Base::Message);

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "message",
        of: None,
        takes: &[("kind", Type::TEXT), ("channel", Type::word(CHANNEL_NAMES))],
        gives: Type::MESSAGE,
        summary: "A message of a kind by a channel, to the patient. Say when it is due with `.at(…)` or `.now()`; `plan` answers a list of messages.",
        examples: &[(
            "message(\"created\", \"email\").now()",
            "created by email now",
        )],
        register: |engine| {
            engine.register_fn(
                "message",
                |context: NativeCallContext<'_>, kind: &str, channel: &str| {
                    Answer::Ok(Draft {
                        kind: super::kind(kind)?,
                        channel: super::channel(channel)?,
                        recipient: Recipient::Patient,
                        due: None,
                        expires: None,
                        confirmation_requested: false,
                        lists: None,
                        line: line(&context),
                    })
                },
            );
        },
    },
    Function {
        name: "at",
        of: OF,
        takes: &[("time", Type::TIME)],
        gives: Type::MESSAGE,
        summary: "The message is due at a time. It stands for the appointment: it moves when the time moves, and is withdrawn when no policy wants it any more. A time that is past already is skipped, and the summary says so.",
        examples: &[(
            "message(\"reminder\", \"sms\").at(visit.start - hours(24))",
            "reminder by sms at 2026-06-02 14:30",
        )],
        register: |engine| {
            engine.register_fn("at", |draft: &mut Draft, time: Civil| {
                draft.due = Some(Due::At(time));
                draft.clone()
            });
        },
    },
    Function {
        name: "now",
        of: OF,
        takes: &[],
        gives: Type::MESSAGE,
        summary: "The message is due at once. It answers this one event.",
        examples: &[(
            "message(\"cancelled\", \"sms\").now()",
            "cancelled by sms now",
        )],
        register: |engine| {
            engine.register_fn("now", |draft: &mut Draft| {
                draft.due = Some(Due::Now);
                draft.clone()
            });
        },
    },
    Function {
        name: "expires",
        of: OF,
        takes: &[("time", Type::TIME)],
        gives: Type::MESSAGE,
        summary: "When it is too late to send it; the start of the visit where nothing is said.",
        examples: &[(
            "message(\"created\", \"sms\").now().expires(visit.start - hours(1))",
            "created by sms now, until 2026-06-03 13:30",
        )],
        register: |engine| {
            engine.register_fn("expires", |draft: &mut Draft, time: Civil| {
                draft.expires = Some(time);
                draft.clone()
            });
        },
    },
    Function {
        name: "to",
        of: OF,
        takes: &[("recipient", Type::word(RECIPIENTS))],
        gives: Type::MESSAGE,
        summary: "Whom it is for, where it isn't the patient.",
        examples: &[(
            "message(\"created\", \"email\").now().to(\"resource\")",
            "created by email to the resource now",
        )],
        register: |engine| {
            engine.register_fn("to", |draft: &mut Draft, recipient: &str| {
                draft.recipient = recipient.parse().map_err(|_| {
                    says("a message is for the patient, the resource or the administrator")
                })?;
                Answer::Ok(draft.clone())
            });
        },
    },
    Function {
        name: "asks_confirmation",
        of: OF,
        takes: &[("asks", Type::FLAG)],
        gives: Type::MESSAGE,
        summary: "Whether it asks for a confirmation.",
        examples: &[(
            "message(\"reminder\", \"sms\").at(visit.start - hours(24)).asks_confirmation(settings.reminder.confirmation)",
            "reminder by sms at 2026-06-02 14:30, asks for a confirmation",
        )],
        register: |engine| {
            engine.register_fn("asks_confirmation", |draft: &mut Draft, asks: bool| {
                draft.confirmation_requested = asks;
                draft.clone()
            });
        },
    },
    Function {
        name: "lists_day",
        of: OF,
        takes: &[("time", Type::TIME)],
        gives: Type::MESSAGE,
        summary: "The message lists the appointments of a practitioner's or room's day, and is not about this one. It exists once, however many appointments want it.",
        examples: &[(
            "message(\"resource_day\", \"email\").to(\"resource\").lists_day(visit.start).at(visit.start.midnight + hours(7))",
            "resource_day by email to the resource at 2026-06-03 07:00, lists 2026-06-03",
        )],
        register: |engine| {
            engine.register_fn("lists_day", |draft: &mut Draft, time: Civil| {
                draft.lists = Some(time.date());
                draft.clone()
            });
        },
    },
];

pub(super) fn register_types(engine: &mut Engine) {
    engine.register_type_with_name::<Draft>("message");
    engine.register_fn("to_string", |draft: &mut Draft| {
        let policy: Arc<str> = "".into();
        match draft.clone().planned(&policy) {
            Some(planned) => told::planned(&planned),
            None => format!("{} by {}", draft.kind, draft.channel),
        }
    });
}
