//! Between the words of a case and what the adapter takes and answers.

use std::collections::BTreeMap;
use std::sync::Arc;

use rappel_core::channel::{Address, ChannelKind, Content, Outcome, Outgoing, Sender};
use rappel_core::contact::{EmailAddress, Phone};
use rappel_core::ids::{FacilityId, MessageId};
use rappel_core::kind::Kind;
use rappel_core::provider::{
    HttpBody, HttpReply, HttpRequest, Provider, Receipt, ReceiptOf, Reply,
};
use serde_json::{Map, Value, json};

use super::read::MessageFacts;
use crate::adapter::Adapter;

/// The message of every case.
const ID: &str = "01912f4a-7c3e-7d2a-9b1c-0a1b2c3d4e5f";

impl MessageFacts {
    /// The message.
    pub(super) fn outgoing(&self, adapter: &Adapter) -> Result<Outgoing, String> {
        let first = adapter.manifest().channels.first().copied();
        let channel = self.channel.or(first).unwrap_or(ChannelKind::Sms);
        let to = match (channel, self.to.as_deref()) {
            (ChannelKind::Email, to) => {
                Address::Email(EmailAddress::parse(to.unwrap_or("jeannette@example.org"))?)
            }
            // Cases write numbers with their country code.
            (_, to) => Address::Phone(Phone::parse(to.unwrap_or("+33600000001"), "FR")?),
        };
        let sender = self.sender.as_ref();
        let field =
            |field: fn(&super::read::SenderFacts) -> &Option<String>, example: &str| match sender {
                Some(sender) => field(sender).clone(),
                None => Some(example.to_string()),
            };
        Ok(Outgoing {
            id: ID.parse::<MessageId>().map_err(|error| error.to_string())?,
            facility: FacilityId::from("lumiere"),
            kind: self.kind.clone().unwrap_or(Kind::REMINDER),
            channel,
            to,
            sender: Arc::new(Sender {
                facility: field(|s| &s.name, "Centre Lumière").unwrap_or_default(),
                phone: field(|s| &s.phone, "+33142345678"),
                sms: field(|s| &s.sms, "LUMIERE"),
                email: field(|s| &s.email, "rdv@lumiere.example"),
                email_name: sender.and_then(|s| s.email_name.clone()),
                reply_to: sender.and_then(|s| s.reply_to.clone()),
            }),
            language: self.language.unwrap_or_default(),
            content: Arc::new(Content {
                subject: self.subject.clone(),
                text: self.text.clone().unwrap_or_else(|| "Bonjour".into()),
                html: self.html.clone(),
                ssml: self.ssml.clone(),
                encoding: self.encoding,
                units: 0,
                segments: u32::from(channel == ChannelKind::Sms),
            }),
            receipts: self.receipts.as_deref().map(Arc::from),
            replies: self.replies.as_deref().map(Arc::from),
            confirmation_requested: self.confirmation_requested,
            attempt: self.attempt,
        })
    }

    /// The options that the case sets, and the manifest's defaults.
    pub(super) fn options(&self, adapter: &Adapter) -> BTreeMap<String, String> {
        let specs = adapter.manifest().options.iter();
        let mut options: BTreeMap<_, _> = specs
            .filter_map(|(name, spec)| Some((name.clone(), spec.default.clone()?)))
            .collect();
        options.extend(self.options.clone());
        options
    }
}

/// A request in the words of a case.
pub(super) fn request(request: HttpRequest) -> Value {
    let mut shown = Map::new();
    shown.insert("method".into(), request.method.into());
    shown.insert("url".into(), marked(request.url));
    let mut add = |name: &str, value: Value| {
        if value.as_object().is_none_or(|fields| !fields.is_empty()) {
            shown.insert(name.into(), value);
        }
    };
    add("query", fields(request.query));
    add("headers", fields(request.headers));
    if let Some((user, password)) = request.basic_auth {
        add("login", json!([marked(user), marked(password)]));
    }
    match request.body {
        HttpBody::Empty => {}
        HttpBody::Form(form) => add("form", fields(form)),
        HttpBody::Json(value) => add("json", marked_json(value)),
        HttpBody::Text(text) => add("text", marked(text)),
    }
    Value::Object(shown)
}

/// Parameters by name; one that comes twice as a list.
fn fields(pairs: Vec<(String, String)>) -> Value {
    let mut fields = Map::new();
    for (name, value) in pairs {
        let value = marked(value);
        match fields.get_mut(&name) {
            None => {
                fields.insert(name, value);
            }
            Some(Value::Array(values)) => values.push(value),
            Some(first) => *first = json!([first.take(), value]),
        }
    }
    Value::Object(fields)
}

/// A text with the marks of secrets as cases write them: `{secret:password}`.
fn marked(text: String) -> Value {
    if !text.contains('\u{1}') {
        return text.into();
    }
    let pieces = text.split('\u{1}').enumerate();
    pieces
        .map(|(index, piece)| match index % 2 {
            0 => piece.to_string(),
            _ => format!("{{{piece}}}"),
        })
        .collect::<String>()
        .into()
}

fn marked_json(value: Value) -> Value {
    match value {
        Value::String(text) => marked(text),
        Value::Array(values) => values.into_iter().map(marked_json).collect(),
        Value::Object(fields) => {
            let fields = fields.into_iter();
            Value::Object(
                fields
                    .map(|(name, value)| (name, marked_json(value)))
                    .collect(),
            )
        }
        other => other,
    }
}

/// An outcome in the words of a case.
pub(super) fn outcome(outcome: Option<Outcome>) -> Value {
    match outcome {
        None => json!("usual"),
        Some(Outcome::Accepted { gateway_id: None }) => json!("accepted"),
        Some(Outcome::Accepted {
            gateway_id: Some(id),
        }) => json!({ "accepted": id }),
        Some(Outcome::Refused { reason }) => json!({ "refused": reason }),
        Some(Outcome::Busy {
            reason,
            retry_after: None,
        }) => json!({ "busy": reason }),
        Some(Outcome::Busy {
            reason,
            retry_after: Some(wait),
        }) => json!({ "busy": reason, "seconds": wait.as_secs() }),
        Some(Outcome::Unanswered { reason }) => json!({ "unanswered": reason }),
        Some(Outcome::Unreachable { reason }) => json!({ "unreachable": reason }),
    }
}

/// Receipts in the words of a case.
pub(super) fn receipts(receipts: Vec<Receipt>) -> Value {
    let shown = receipts.into_iter().map(|receipt| {
        let mut shown = Map::new();
        let (name, id) = match receipt.of {
            ReceiptOf::Message(id) => ("ours", id.to_string()),
            ReceiptOf::GatewayId(id) => ("theirs", id),
        };
        shown.insert(name.into(), id.into());
        shown.insert("status".into(), json!(receipt.status));
        if let Some(reason) = receipt.reason {
            shown.insert("reason".into(), reason.into());
        }
        if let Some(seconds) = receipt.seconds {
            shown.insert("seconds".into(), seconds.into());
        }
        Value::Object(shown)
    });
    shown.collect()
}

/// Replies in the words of a case.
pub(super) fn replies(replies: Vec<Reply>) -> Value {
    let shown = replies.into_iter().map(|reply| {
        let mut shown = Map::new();
        let mut add = |name: &str, value: Option<String>| {
            if let Some(value) = value {
                shown.insert(name.into(), value.into());
            }
        };
        add("from", reply.from);
        add("message", reply.message.map(|id| id.to_string()));
        match reply.key {
            Some(_) => add("pressed", Some(reply.text)),
            None => add("text", Some(reply.text)),
        }
        add("id", reply.gateway_id);
        Value::Object(shown)
    });
    shown.collect()
}

/// What a gateway is answered after a reply, in the words of a case.
pub(super) fn replied(answer: Option<HttpReply>) -> Value {
    match answer {
        None => json!("nothing"),
        Some(answer) => json!({ "type": answer.content_type, "body": answer.body }),
    }
}
