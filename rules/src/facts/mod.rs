//! What a policy sees: windows onto the facts, each with its properties in one table.
//!
//! A window is a value of the host's, never a map: a script can read it and do nothing else with it.
//! The registration with Rhai, the check for unknown properties and the reference all come from the
//! tables in this folder, so a new property is one row.

mod event;
mod form;
mod message;
mod own;
mod patient;
mod places;
mod reads;
mod settings;
mod time;
mod types;
mod visit;

use std::sync::Arc;

use rappel_core::civil::Civil;
use rappel_core::event::EventFacts;
use rappel_core::facts::Visit;
use rappel_core::message::MessageFacts;
use rappel_core::settings::Settings;
use rhai::{Dynamic, Engine, EvalAltResult, ImmutableString};

pub(crate) use event::{CHANGES, event};
pub use form::Form;
pub(crate) use message::{CELLS, CHANNEL_NAMES, RECIPIENTS};
pub(crate) use own::own_type;
pub use reads::look;
pub(crate) use reads::{Named, Reads, number as number_of};
pub(crate) use types::{Base, Type};

/// All that a policy's question is about.
#[derive(Debug)]
pub(crate) struct Facts {
    /// What happened, when `plan` is asked.
    pub(crate) event: Option<EventFacts>,
    /// The message that is due, when `check` is asked.
    pub(crate) message: Option<MessageFacts>,
    /// The visit.
    pub(crate) visit: Visit,
    /// The clinic's settings.
    pub(crate) settings: Arc<Settings>,
    /// What of it was looked at.
    pub(crate) reads: Reads,
}

impl Facts {
    /// The time of asking.
    pub(crate) fn now(&self) -> Option<Civil> {
        let event = self.event.as_ref().map(|event| event.now);
        self.message.as_ref().map(|message| message.now).or(event)
    }
}

/// What a getter gives; an error is a sentence.
pub(crate) type Got = Result<Dynamic, Box<EvalAltResult>>;

/// A property of a window.
pub(crate) struct Property {
    /// Its name.
    pub(crate) name: &'static str,
    /// What it is.
    pub(crate) gives: Type,
    /// What it means, in a sentence for the reference.
    pub(crate) summary: &'static str,
    get: fn(&Arc<Facts>) -> Got,
}

const fn property(
    name: &'static str,
    gives: Type,
    summary: &'static str,
    get: fn(&Arc<Facts>) -> Got,
) -> Property {
    Property {
        name,
        gives,
        summary,
        get,
    }
}

macro_rules! views {
    ($($view:ident $name:literal $path:literal $properties:path, $summary:literal;)+) => {
        /// A window onto the facts.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[allow(missing_docs, reason = "`summary` says what each is")]
        pub(crate) enum View {
            $($view,)+
        }

        impl View {
            /// Every window, in the order of the reference.
            pub(crate) const ALL: &'static [View] = &[$(View::$view),+];

            /// The name of its type.
            pub(crate) fn name(self) -> &'static str {
                match self { $(View::$view => $name,)+ }
            }

            /// How a policy comes to it.
            pub(crate) fn path(self) -> &'static str {
                match self { $(View::$view => $path,)+ }
            }

            /// What it shows.
            pub(crate) fn summary(self) -> &'static str {
                match self { $(View::$view => $summary,)+ }
            }

            /// Its properties.
            pub(crate) fn properties(self) -> &'static [Property] {
                match self { $(View::$view => $properties,)+ }
            }

            /// The window as a value of Rhai's.
            pub(crate) fn open(self, facts: &Arc<Facts>) -> Dynamic {
                match self { $(View::$view => Dynamic::from(Window::<{ View::$view as u8 }>(facts.clone())),)+ }
            }

            fn register(self, engine: &mut Engine) {
                match self { $(View::$view => register::<{ View::$view as u8 }>(self, engine),)+ }
            }
        }
    };
}

views! {
    Event "event" "event" event::PROPERTIES, "What happened; an argument of `plan`.";
    Message "due message" "message" message::PROPERTIES, "The message that is due; an argument of `check`.";
    Visit "visit" "visit" visit::PROPERTIES, "The appointment and all it refers to.";
    Patient "patient" "visit.patient" patient::PATIENT, "Who comes.";
    Channels "channels" "visit.patient.channels" patient::CHANNELS, "Which channels the patient wants; `()` where they never said.";
    Resource "resource" "visit.resource" places::RESOURCE, "The practitioner or room they come to.";
    Service "service" "visit.service" places::SERVICE, "What they come for.";
    Location "location" "visit.location" places::LOCATION, "Where they come to.";
    Settings "settings" "settings" settings::SETTINGS, "What the clinic declares in `clinic.toml`.";
    SenderSettings "sender settings" "settings.sender" settings::SENDER, "`[sender]`: who messages come from.";
    ChannelSettings "channel settings" "settings.channels" settings::CHANNELS, "`[channels]`: how each channel behaves.";
    SmsSettings "sms settings" "settings.channels.sms" settings::SMS, "`[channels.sms]`: how SMS behave.";
    EmailSettings "email settings" "settings.channels.email" settings::EMAIL, "`[channels.email]`: how e-mails behave.";
    VoiceSettings "voice settings" "settings.channels.voice" settings::VOICE, "`[channels.voice]`: how calls behave.";
    ReminderSettings "reminder settings" "settings.reminder" settings::REMINDER, "`[reminder]`: reminders before a visit.";
    NoticeSettings "notice settings" "settings.notices" settings::NOTICES, "`[notices]`: messages that answer an event.";
    AfterVisitSettings "after visit settings" "settings.after_visit" settings::AFTER_VISIT, "`[after_visit]`: messages soon after a visit that took place.";
    RecallSettings "recall settings" "settings.recall" settings::RECALL, "`[recall]`: long after a visit.";
    ResourceSettings "resource settings" "settings.resources" settings::RESOURCES, "`[resources]`: messages to practitioners and rooms.";
    UnreliableSettings "unreliable settings" "settings.unreliable" settings::UNRELIABLE, "`[unreliable]`: which patients are unreliable.";
    HoursSettings "hours settings" "settings.hours" settings::HOURS, "`[hours]`: when messages may go.";
    Opening "opening" "settings.opening" settings::OPENING, "The allowed hours, to ask.";
    ConsentSettings "consent settings" "settings.consent" settings::CONSENT, "`[consent]`: patients' consent.";
    LinkSettings "link settings" "settings.links" settings::LINKS, "`[links]`: pages that messages link to.";
    RetentionSettings "retention settings" "settings.retention" settings::RETENTION, "`[retention]`: how long texts are kept.";
    Own "own settings" "settings.own" own::PROPERTIES, "`[own]`: the clinic's values for its own policies, each by its name.";
}

/// A window onto the facts: `V` is the number of its [`View`], so that each is a type of its own.
#[derive(Clone)]
pub(crate) struct Window<const V: u8>(pub(crate) Arc<Facts>);

fn register<const V: u8>(view: View, engine: &mut Engine) {
    engine.register_type_with_name::<Window<V>>(view.name());
    for (number, property) in (reads::first(view)..).zip(view.properties()) {
        let get = property.get;
        // A window is a way to facts, and none itself.
        if matches!(property.gives.base, Base::View(_)) {
            engine.register_get(property.name, move |window: &mut Window<V>| get(&window.0));
        } else {
            engine.register_get(property.name, move |window: &mut Window<V>| {
                window.0.reads.note(number);
                get(&window.0)
            });
        }
    }
}

/// Makes every window known to an engine.
pub(crate) fn register_all(engine: &mut Engine) {
    for view in View::ALL {
        view.register(engine);
    }
    time::register(engine);
    own::register(engine);
}

/// The properties of a type by name, type and meaning; `None` where it has none that are known.
pub(crate) fn properties(base: Base) -> Option<Vec<(&'static str, Type, &'static str)>> {
    fn rows<'p>(
        rows: impl IntoIterator<Item = (&'static str, Type, &'static str)> + 'p,
    ) -> Option<Vec<(&'static str, Type, &'static str)>> {
        Some(rows.into_iter().collect())
    }
    match base {
        Base::View(view) => rows(
            view.properties()
                .iter()
                .map(|p| (p.name, p.gives, p.summary)),
        ),
        Base::Time => rows(time::TIME.iter().map(|p| (p.name, p.gives, p.summary))),
        Base::Span => rows(time::SPAN.iter().map(|p| (p.name, p.gives, p.summary))),
        _ => None,
    }
}

fn opened(view: View, facts: &Arc<Facts>) -> Got {
    Ok(view.open(facts))
}

fn flag(flag: bool) -> Got {
    Ok(flag.into())
}

fn number(number: impl Into<i64>) -> Got {
    Ok(number.into().into())
}

fn word(word: &'static str) -> Got {
    Ok(ImmutableString::from(word).into())
}

/// A text, or `()` where there is none or nothing in it.
fn text(text: Option<&str>) -> Got {
    Ok(text
        .filter(|text| !text.trim().is_empty())
        .map_or(Dynamic::UNIT, |text| ImmutableString::from(text).into()))
}

/// A value of the host's, or `()`.
fn maybe<T: Clone + Send + Sync + 'static>(value: Option<T>) -> Got {
    Ok(value.map_or(Dynamic::UNIT, Dynamic::from))
}

fn words<'w>(words: impl IntoIterator<Item = &'w str>) -> Got {
    let words = words
        .into_iter()
        .map(|word| ImmutableString::from(word).into());
    Ok(Dynamic::from_array(words.collect()))
}
