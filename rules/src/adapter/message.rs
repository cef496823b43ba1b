//! The arguments of `request`: the message and the clinic's options.

use std::collections::BTreeMap;
use std::sync::Arc;

use rappel_core::channel::{Address, ChannelKind, Outgoing, Sender};
use rappel_core::provider::Manifest;
use rhai::{Dynamic, Engine, EvalAltResult};

use super::properties::{Facts, optional, properties};
use crate::sandbox::says;

/// Texts up to this many bytes are given to a script as they are; of longer ones it gets a stand-in,
/// which is replaced when the request is done. Less than a script's longest text.
const SHORT: usize = 8_000;

/// What a stand-in begins and ends with. Like the marks of secrets, it can't be in a value.
const MARK: char = '\u{2}';

/// A message as a script sees it.
pub(super) struct Message {
    outgoing: Outgoing,
    receipts: Option<String>,
    replies: Option<String>,
}

impl Message {
    pub(super) fn of(outgoing: &Outgoing, manifest: &Manifest) -> Self {
        let url = |base: &Option<Arc<str>>| {
            let base = base.as_deref()?;
            Some(manifest.callback_url(base, outgoing.id))
        };
        Self {
            receipts: url(&outgoing.receipts),
            replies: url(&outgoing.replies),
            outgoing: outgoing.clone(),
        }
    }

    /// Puts the long texts in where a request has their stand-ins.
    pub(super) fn fill(&self, text: String) -> String {
        if !text.contains(MARK) {
            return text;
        }
        let pieces = text.split(MARK).enumerate();
        let content = &self.outgoing.content;
        pieces
            .map(|(index, piece)| match (index % 2, piece) {
                (1, "text") => clean(&content.text),
                (1, "html") => clean(content.html.as_deref().unwrap_or_default()),
                (1, "ssml") => clean(content.ssml.as_deref().unwrap_or_default()),
                _ => piece.to_string(),
            })
            .collect()
    }
}

/// A text without what marks are made of.
fn clean(text: &str) -> String {
    text.chars().filter(|c| !is_mark(*c)).collect()
}

/// Whether a text is a stand-in for a longer one, or holds one.
pub(super) fn stands_in(text: &str) -> bool {
    text.contains(MARK)
}

fn is_mark(c: char) -> bool {
    c == '\u{1}' || c == MARK
}

/// A text of the message's, or its stand-in.
fn long(name: &str, text: Option<&str>) -> Dynamic {
    match text {
        None => Dynamic::UNIT,
        Some(text) if text.len() > SHORT => format!("{MARK}{name}{MARK}").into(),
        Some(text) if text.contains(is_mark) => clean(text).into(),
        Some(text) => text.to_string().into(),
    }
}

impl Facts for Arc<Message> {
    const NAME: &'static str = "message";
    const PROPERTIES: &'static [super::properties::Property<Self>] = properties! {
        "id" "Our reference: a UUID, the same when the message is sent again."
            |m| m.outgoing.id.to_string().into();
        "channel" "`\"sms\"`, `\"email\"` or `\"voice\"`."
            |m| m.outgoing.channel.name().into();
        "kind" "What it is for: `\"reminder\"`."
            |m| m.outgoing.kind.as_str().to_string().into();
        "facility" "The clinic's `id`."
            |m| m.outgoing.facility.as_str().to_string().into();
        "language" "The language it is in: `\"fr\"`."
            |m| m.outgoing.language.code().into();
        "attempt" "How many times it was tried before."
            |m| i64::from(m.outgoing.attempt).into();
        "to" "Where it goes: `\"+33600000001\"`, `\"jeannette@example.org\"`."
            |m| m.outgoing.to.as_str().to_string().into();
        "number" "The number without its `+`; `()` where it is no number."
            |m| match &m.outgoing.to {
                Address::Phone(phone) => phone.e164().trim_start_matches('+').to_string().into(),
                Address::Email(_) => Dynamic::UNIT,
            };
        "from" "Who it comes from, as its channel shows it: `[sender]` `sms`, `phone` or `email`; may be `()`."
            |m| {
                let sender = &m.outgoing.sender;
                optional(match m.outgoing.channel {
                    ChannelKind::Sms => sender.sms.as_deref(),
                    ChannelKind::Voice => sender.phone.as_deref(),
                    ChannelKind::Email => sender.email.as_deref(),
                })
            };
        "sender" "All that is known of the sender, as `sender` below."
            |m| Dynamic::from(m.outgoing.sender.clone());
        "text" "The SMS; the plain text of an e-mail; the words of a call."
            |m| long("text", Some(&m.outgoing.content.text));
        "subject" "The subject of an e-mail; otherwise `()`."
            |m| m.outgoing.content.subject.as_deref().map_or(Dynamic::UNIT, |s| clean(s).into());
        "html" "The HTML of an e-mail; otherwise `()`."
            |m| long("html", m.outgoing.content.html.as_deref());
        "ssml" "A call as SSML, its values escaped; otherwise `()`."
            |m| long("ssml", m.outgoing.content.ssml.as_deref());
        "encoding" "How an SMS is coded, `\"gsm7\"` or `\"ucs2\"`; otherwise `()`."
            |m| m.outgoing.content.encoding.map_or(Dynamic::UNIT, |e| e.name().into());
        "units" "The units of that coding that an SMS takes."
            |m| i64::from(m.outgoing.content.units).into();
        "segments" "The parts that an SMS takes."
            |m| i64::from(m.outgoing.content.segments).into();
        "receipts" "Where the gateway may report what became of it: an URL with our reference and the token, to which more parameters are added with `&`; `()` where the host can't be reached."
            |m| optional(m.receipts.as_deref());
        "replies" "Where the gateway may bring what the patient answers, such as a key pressed in a call: as `receipts`."
            |m| optional(m.replies.as_deref());
        "confirmation_requested" "Whether it asks the patient for a confirmation."
            |m| m.outgoing.confirmation_requested.into();
    };
}

impl Facts for Arc<Sender> {
    const NAME: &'static str = "sender";
    const PROPERTIES: &'static [super::properties::Property<Self>] = properties! {
        "name" "The clinic's name." |s| s.facility.clone().into();
        "sms" "What an SMS shows as its sender; may be `()`." |s| optional(s.sms.as_deref());
        "phone" "The number that calls come from; may be `()`." |s| optional(s.phone.as_deref());
        "email" "The From address of e-mails; may be `()`." |s| optional(s.email.as_deref());
        "email_name" "The From name of e-mails, the clinic's name where none is set."
            |s| s.email_name.as_ref().unwrap_or(&s.facility).clone().into();
        "reply_to" "Where answers to e-mails go; may be `()`." |s| optional(s.reply_to.as_deref());
    };
}

/// The clinic's options and the manifest's defaults.
#[derive(Clone)]
pub(super) struct Options(Arc<BTreeMap<String, String>>);

impl Options {
    pub(super) fn of(options: &BTreeMap<String, String>) -> Self {
        Self(Arc::new(options.clone()))
    }

    pub(super) fn register(engine: &mut Engine) {
        engine
            .register_type_with_name::<Self>("options")
            .register_indexer_get(|options: &mut Self, name: &str| match options.0.get(name) {
                Some(value) => Ok::<_, Box<EvalAltResult>>(value.clone()),
                None => Err(says(format!("there is no option `{name}`"))),
            });
    }
}
