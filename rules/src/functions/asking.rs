//! Methods that ask the facts something.
//!
//! They take their window by value: after a method with `&mut self` Rhai would try to put the window
//! back where it came from, and make an error of it that nobody sees.

use rappel_core::channel::ChannelKind;
use rappel_core::civil::Civil;
use rappel_core::kind::Kind;
use rappel_core::settings::{Cell, Outside, Settings};
use rhai::{Array, Dynamic, ImmutableString};

use super::{Answer, Function};
use crate::facts::{
    Base, CELLS, CHANGES, CHANNEL_NAMES, Named, Type, View, Window, event, number_of,
};
use crate::sandbox::says;

type SettingsWindow = Window<{ View::Settings as u8 }>;
type HoursWindow = Window<{ View::HoursSettings as u8 }>;
type OpeningWindow = Window<{ View::Opening as u8 }>;
type EventWindow = Window<{ View::Event as u8 }>;
type PatientWindow = Window<{ View::Patient as u8 }>;

const fn of(view: View) -> Option<Base> {
    Some(Base::View(view))
}

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "cell",
        of: of(View::Settings),
        takes: &[("kind", Type::TEXT), ("channel", Type::word(CHANNEL_NAMES))],
        gives: Type::word(CELLS),
        summary: "Whether a kind of message goes by a channel, as `[messages]` says: `off`, `on`, or `online` for patients who booked online.",
        examples: &[
            ("settings.cell(\"reminder\", \"sms\")", "on"),
            ("settings.cell(\"reminder\", \"voice\")", "off"),
        ],
        register: |engine| {
            engine.register_fn(
                "cell",
                |window: SettingsWindow, kind: &str, channel: &str| -> Answer<ImmutableString> {
                    let kind = super::kind(kind)?;
                    let channel = super::channel(channel)?;
                    let cell = cell(&window.0.settings, &kind, channel).name();
                    window.0.reads.note_named(Named::Cell(kind, channel));
                    Ok(cell.into())
                },
            );
        },
    },
    Function {
        name: "channels_for",
        of: of(View::Settings),
        takes: &[("kind", Type::TEXT)],
        gives: Type::word(CHANNEL_NAMES).list(),
        summary: "The channels that a kind of message goes by: those whose cell in `[messages]` isn't `off`.",
        examples: &[(
            "settings.channels_for(\"reminder\")",
            "[\"sms\", \"email\"]",
        )],
        register: |engine| {
            engine.register_fn(
                "channels_for",
                |window: SettingsWindow, kind: &str| -> Answer<Array> {
                    let kind = super::kind(kind)?;
                    let cells = window.0.settings.cells(&kind);
                    for channel in ChannelKind::ALL {
                        let cell = Named::Cell(kind.clone(), channel);
                        window.0.reads.note_named(cell);
                    }
                    let on = ChannelKind::ALL
                        .into_iter()
                        .filter(|channel| cells.get(*channel) != Cell::Off);
                    Ok(on
                        .map(|channel| ImmutableString::from(channel.name()).into())
                        .collect())
                },
            );
        },
    },
    Function {
        name: "fit",
        of: of(View::HoursSettings),
        takes: &[("time", Type::TIME)],
        gives: Type::TIME,
        summary: "The time moved into the allowed hours as `outside` declares: to the next allowed moment for `hold`, to the last one before for `earlier`; the time itself for `drop`, and where it is allowed already.",
        examples: &[(
            "settings.hours.fit(time(\"2026-06-02 03:00\"))",
            "2026-06-02 08:00",
        )],
        register: |engine| {
            let read = ["allowed", "outside"].map(|name| number_of(View::HoursSettings, name));
            engine.register_fn("fit", move |window: HoursWindow, time: Civil| {
                read.into_iter().for_each(|read| window.0.reads.note(read));
                fit(&window.0.settings, time)
            });
        },
    },
    Function {
        name: "is_open",
        of: of(View::Opening),
        takes: &[("time", Type::TIME)],
        gives: Type::FLAG,
        summary: "Whether messages may go at the time: public holidays and closed days are counted in.",
        examples: &[(
            "settings.opening.is_open(time(\"2026-06-02 03:00\"))",
            "false",
        )],
        register: |engine| {
            let allowed = number_of(View::HoursSettings, "allowed");
            engine.register_fn("is_open", move |window: OpeningWindow, time: Civil| {
                window.0.reads.note(allowed);
                window
                    .0
                    .settings
                    .opening()
                    .is_none_or(|opening| opening.is_open(time))
            });
        },
    },
    Function {
        name: "next",
        of: of(View::Opening),
        takes: &[("time", Type::TIME)],
        gives: Type::TIME.or_absent(),
        summary: "The next allowed moment at or after the time; `()` when there is none within a year.",
        examples: &[(
            "settings.opening.next(time(\"2026-06-02 21:00\"))",
            "2026-06-03 08:00",
        )],
        register: |engine| {
            let allowed = number_of(View::HoursSettings, "allowed");
            engine.register_fn("next", move |window: OpeningWindow, time: Civil| {
                window.0.reads.note(allowed);
                moment(
                    window
                        .0
                        .settings
                        .opening()
                        .map_or(Some(time), |opening| opening.next(time)),
                )
            });
        },
    },
    Function {
        name: "previous",
        of: of(View::Opening),
        takes: &[("time", Type::TIME)],
        gives: Type::TIME.or_absent(),
        summary: "The last allowed moment at or before the time; `()` when there is none within a year.",
        examples: &[(
            "settings.opening.previous(time(\"2026-06-02 21:00\"))",
            "2026-06-02 19:59",
        )],
        register: |engine| {
            let allowed = number_of(View::HoursSettings, "allowed");
            engine.register_fn("previous", move |window: OpeningWindow, time: Civil| {
                window.0.reads.note(allowed);
                moment(
                    window
                        .0
                        .settings
                        .opening()
                        .map_or(Some(time), |opening| opening.previous(time)),
                )
            });
        },
    },
    Function {
        name: "changed",
        of: of(View::Event),
        takes: &[("what", Type::word(CHANGES))],
        gives: Type::FLAG,
        summary: "Whether the event changed a fact of the appointment.",
        examples: &[
            ("event.changed(\"start\")", "true"),
            ("event.changed(\"service\")", "false"),
        ],
        register: |engine| {
            let changes = number_of(View::Event, "changes");
            engine.register_fn(
                "changed",
                move |window: EventWindow, what: &str| -> Answer<bool> {
                    window.0.reads.note(changes);
                    if !CHANGES.contains(&what) {
                        return Err(says(format!(
                            "an event tells whether it changed {}",
                            CHANGES.join(", ")
                        )));
                    }
                    Ok(event(&window.0)?.changes.contains(&what))
                },
            );
        },
    },
    Function {
        name: "refuses",
        of: of(View::Patient),
        takes: &[("channel", Type::word(CHANNEL_NAMES))],
        gives: Type::FLAG,
        summary: "Whether the patient said no to a channel.",
        examples: &[
            ("visit.patient.refuses(\"voice\")", "true"),
            ("visit.patient.refuses(\"sms\")", "false"),
        ],
        register: |engine| {
            let wishes = ChannelKind::ALL
                .map(|channel| (channel, number_of(View::Channels, channel.name())));
            engine.register_fn(
                "refuses",
                move |window: PatientWindow, channel: &str| -> Answer<bool> {
                    let channel = super::channel(channel)?;
                    let wish = wishes.iter().filter(|(wish, _)| *wish == channel);
                    wish.for_each(|(_, number)| window.0.reads.note(*number));
                    let patient = window.0.visit.patient.as_ref();
                    Ok(patient.and_then(|patient| patient.channels.get(channel)) == Some(false))
                },
            );
        },
    },
];

fn cell(settings: &Settings, kind: &Kind, channel: ChannelKind) -> Cell {
    settings.cells(kind).get(channel)
}

fn fit(settings: &Settings, time: Civil) -> Civil {
    let Some(opening) = settings.opening() else {
        return time;
    };
    let moved = match settings.hours.outside {
        Outside::Hold => opening.next(time),
        Outside::Earlier => opening.previous(time),
        Outside::Drop => None,
    };
    moved.unwrap_or(time)
}

fn moment(time: Option<Civil>) -> Dynamic {
    time.map_or(Dynamic::UNIT, Dynamic::from)
}
