//! Which facts a policy looked at: each getter leaves a mark, and the marks are told with their values.
//! What is a person's own (names, addresses, free texts) is told as given or not, never by value.

use std::borrow::Cow;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

use rappel_core::channel::ChannelKind;
use rappel_core::civil::{Civil, Span};
use rappel_core::decision::Read;
use rappel_core::facts::Visit;
use rappel_core::kind::Kind;
use rappel_core::message::MessageFacts;
use rappel_core::settings::Settings;
use rappel_core::store::Message;
use rhai::{Dynamic, ImmutableString};

use super::own::own_value;
use super::{Base, Facts, Property, View};

/// Marks for so many properties; the table below tells when there are more.
const WORDS: usize = 4;

/// A property with its whole path.
struct Known {
    path: &'static str,
    property: &'static Property,
    /// Whether its value is somebody's own: a text of the agenda's, whatever it says.
    personal: bool,
}

/// Every property, by its number.
static KNOWN: LazyLock<Vec<Known>> = LazyLock::new(|| {
    let views = View::ALL.iter().copied();
    let known: Vec<Known> = views
        .flat_map(|view| {
            view.properties().iter().map(move |property| {
                let path = format!("{}.{}", view.path(), property.name);
                let clinics = path.starts_with("settings.") || view == View::Message;
                Known {
                    personal: property.gives.base == Base::Text && !clinics,
                    property,
                    // There is one table as long as the program runs.
                    path: path.leak(),
                }
            })
        })
        .collect();
    assert!(known.len() <= WORDS * 64, "{} properties", known.len());
    known
});

/// A fact as it is, by its path; `None` where there is no such fact to be looked at.
///
/// Of a message, `message` says what its properties are; those that are only known when it is due have none.
pub fn look(
    fact: &str,
    visit: &Visit,
    settings: &Arc<Settings>,
    message: Option<&Message>,
) -> Option<Read> {
    let facts = Arc::new(Facts {
        event: None,
        message: message.map(|message| MessageFacts {
            recipient: message.recipient,
            event: message.event,
            ..MessageFacts::due(message.kind.clone(), message.channel, message.due_civil)
        }),
        visit: visit.clone(),
        settings: settings.clone(),
        reads: Reads::default(),
    });
    if let Some(name) = fact.strip_prefix("settings.own.") {
        return Some(facts.read(&Named::Own(name.into())));
    }
    if let Some(cell) = fact.strip_prefix("settings.messages.") {
        let (kind, channel) = cell.rsplit_once('.')?;
        let cell = Named::Cell(Kind::parse(kind).ok()?, channel.parse().ok()?);
        return Some(facts.read(&cell));
    }
    let known = KNOWN.iter().find(|known| known.path == fact)?;
    known.read(&facts)
}

/// The number of a window's first property.
pub(super) fn first(view: View) -> usize {
    let before = View::ALL.iter().take_while(|other| **other != view);
    before.map(|view| view.properties().len()).sum()
}

/// The number of a property that a method looks at.
///
/// # Panics
/// Where there is none: when the methods are registered, before any policy is read.
pub(crate) fn number(view: View, name: &str) -> usize {
    let mut properties = view.properties().iter();
    let place = properties.position(|property| property.name == name);
    first(view) + place.expect("methods name properties that there are")
}

/// What was looked at.
#[derive(Debug, Default)]
pub(crate) struct Reads {
    /// A bit for each property.
    marks: [AtomicU64; WORDS],
    /// What has a name of its own.
    named: Mutex<Vec<Named>>,
}

/// A fact that is no property of a window.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Named {
    /// A value of `[own]`.
    Own(ImmutableString),
    /// A cell of `[messages]`.
    Cell(Kind, ChannelKind),
}

impl Reads {
    /// A property was looked at. One thread asks, so that no more than a plain store is needed.
    #[inline]
    pub(crate) fn note(&self, number: usize) {
        if let Some(word) = self.marks.get(number / 64) {
            word.store(word.load(Relaxed) | 1 << (number % 64), Relaxed);
        }
    }

    /// Something with a name of its own was looked at.
    pub(crate) fn note_named(&self, named: Named) {
        let mut all = self.named();
        if !all.contains(&named) {
            all.push(named);
        }
    }

    fn named(&self) -> MutexGuard<'_, Vec<Named>> {
        self.named.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Facts {
    /// What was looked at since the last time this was asked, in the order of the reference.
    pub(crate) fn take_reads(self: &Arc<Self>) -> Vec<Read> {
        let marks = self.reads.marks.each_ref().map(|word| {
            // Nobody else writes them: what a swap would see to costs more than the rest.
            let marks = word.load(Relaxed);
            word.store(0, Relaxed);
            marks
        });
        let named = std::mem::take(&mut *self.reads.named());
        let many: u32 = marks.iter().map(|word| word.count_ones()).sum();
        let mut reads = Vec::with_capacity(many as usize + named.len());
        for (place, mut marks) in marks.into_iter().enumerate() {
            while marks != 0 {
                let number = place * 64 + marks.trailing_zeros() as usize;
                marks &= marks - 1;
                // When it was asked is told with the answer.
                let known = KNOWN
                    .get(number)
                    .filter(|known| known.property.name != "now");
                reads.extend(known.and_then(|known| known.read(self)));
            }
        }
        reads.extend(named.iter().map(|named| self.read(named)));
        reads
    }

    fn read(&self, named: &Named) -> Read {
        match named {
            Named::Own(name) => {
                let value = self.settings.own.get(name.as_str()).map(own_value);
                Read {
                    fact: format!("settings.own.{name}").into(),
                    value: told(&value.unwrap_or(Dynamic::UNIT), Base::Any),
                }
            }
            Named::Cell(kind, channel) => Read {
                fact: format!("settings.messages.{kind}.{channel}").into(),
                value: self.settings.cells(kind).get(*channel).name().into(),
            },
        }
    }
}

impl Known {
    /// `None` where there is nothing to look at: the appointment of an event about a patient alone.
    fn read(&self, facts: &Arc<Facts>) -> Option<Read> {
        let value = (self.property.get)(facts).ok()?;
        Some(Read {
            fact: self.path.into(),
            value: match self.personal && !value.is_unit() {
                true => Read::GIVEN.into(),
                false => told(&value, self.property.gives.base),
            },
        })
    }
}

/// A value as a person reads it. Nothing is made for what there are few of: messages are judged by the
/// thousand.
fn told(value: &Dynamic, base: Base) -> Cow<'static, str> {
    if value.is_unit() {
        return Read::NOT_GIVEN.into();
    }
    match base {
        Base::Flag => match value.as_bool() {
            Ok(true) => return "true".into(),
            _ => return "false".into(),
        },
        Base::Word(words) => {
            let word = value.as_immutable_string_ref();
            let known = word
                .ok()
                .and_then(|word| words.iter().find(|known| **known == *word));
            if let Some(known) = known {
                return (*known).into();
            }
        }
        _ => {}
    }
    if let Some(span) = value.read_lock::<Span>() {
        return span.to_string().into();
    }
    if let Some(time) = value.read_lock::<Civil>() {
        return time.to_string().into();
    }
    if let Ok(list) = value.as_array_ref() {
        let entries: Vec<_> = list.iter().map(|entry| told(entry, Base::Any)).collect();
        return format!("[{}]", entries.join(", ")).into();
    }
    value.to_string().into()
}
