//! The argument of `receipt` and `reply`, and what they answer.

use std::sync::{Arc, OnceLock};

use rappel_core::ids::MessageId;
use rappel_core::provider::{Inbound, Key, Receipt, ReceiptOf, ReceiptStatus, Reply};
use rhai::{Array, Dynamic, Engine, EvalAltResult};

use super::json;
use super::properties::{Facts, properties};
use crate::sandbox::says;

/// A call from a gateway as a script sees it.
pub(super) struct FromGateway {
    query: Fields,
    form: Fields,
    body: String,
    json: OnceLock<Dynamic>,
}

/// Parameters by name; what isn't there is `()`.
#[derive(Clone)]
struct Fields(Arc<[(String, String)]>);

impl FromGateway {
    pub(super) fn of(call: &Inbound) -> Arc<Self> {
        Arc::new(Self {
            query: Fields(call.query.as_slice().into()),
            form: Fields(call.form.as_slice().into()),
            body: call.body.clone(),
            json: OnceLock::new(),
        })
    }
}

impl Facts for Arc<FromGateway> {
    const NAME: &'static str = "inbound";
    const PROPERTIES: &'static [super::properties::Property<Self>] = properties! {
        "query" "The parameters of the URL: `inbound.query.status`, `()` where there is none."
            |c| Dynamic::from(c.query.clone());
        "form" "The fields of a form: `inbound.form.MessageStatus`." |c| Dynamic::from(c.form.clone());
        "json" "The body read as JSON; `()` where it is none."
            |c| c.json.get_or_init(|| json::read(&c.body)).clone();
        "body" "The body, of which the first 8,000 bytes." |c| json::cut(&c.body).into();
    };
}

type Answered<T> = Result<T, Box<EvalAltResult>>;

pub(super) fn register(engine: &mut Engine) {
    Arc::<FromGateway>::register(engine);
    engine
        .register_type_with_name::<Fields>("parameters")
        .register_indexer_get(|fields: &mut Fields, name: &str| {
            let mut fields = fields.0.iter();
            fields
                .find(|(known, _)| known == name)
                .map_or(Dynamic::UNIT, |(_, value)| json::cut(value).into())
        })
        .register_type_with_name::<ReceiptOf>("the name of a message")
        .register_type_with_name::<Receipt>("receipt")
        .register_type_with_name::<Reply>("reply")
        .register_fn("ours", |id: Dynamic| -> Answered<ReceiptOf> {
            let id = id.as_immutable_string_ref().ok();
            match id.and_then(|id| id.parse::<MessageId>().ok()) {
                Some(id) => Ok(ReceiptOf::Message(id)),
                None => Err(says("the call does not name one of our messages")),
            }
        })
        .register_fn("theirs", |id: Dynamic| -> Answered<ReceiptOf> {
            if id.is_unit() {
                return Err(says("the call does not name a message"));
            }
            Ok(ReceiptOf::GatewayId(id.to_string()))
        })
        .register_fn("delivered", |of: ReceiptOf| {
            receipt(of, ReceiptStatus::Delivered, None)
        })
        .register_fn("sent", |of: ReceiptOf| {
            receipt(of, ReceiptStatus::Sent, None)
        })
        .register_fn("failed", |of: ReceiptOf, why: &str| {
            receipt(of, ReceiptStatus::Failed, Some(why.to_string()))
        })
        .register_fn("lasted", |receipt: Receipt, seconds: Dynamic| Receipt {
            seconds: whole(&seconds),
            ..receipt
        })
        .register_fn("wrote", |from: &str, text: &str| {
            wrote(from, text, Dynamic::UNIT)
        })
        .register_fn("wrote", wrote)
        .register_fn(
            "wrote",
            |from: &str, text: &str, id: Dynamic, of: ReceiptOf| -> Answered<Reply> {
                Ok(Reply {
                    message: Some(answered(of)?),
                    ..wrote(from, text, id)
                })
            },
        )
        .register_fn("pressed", |of: ReceiptOf, key: Dynamic| {
            pressed(of, key, Dynamic::UNIT)
        })
        .register_fn("pressed", pressed);
}

fn wrote(from: &str, text: &str, id: Dynamic) -> Reply {
    Reply {
        from: Some(from.to_string()),
        message: None,
        text: text.to_string(),
        key: None,
        gateway_id: name(id),
    }
}

fn pressed(of: ReceiptOf, key: Dynamic, id: Dynamic) -> Answered<Reply> {
    if key.is_unit() {
        return Err(says("the call does not say which key was pressed"));
    }
    let text = json::cut(&key.to_string());
    Ok(Reply {
        from: None,
        message: Some(answered(of)?),
        key: Some(Key::of(&text)),
        text,
        gateway_id: name(id),
    })
}

/// The gateway's own name for a reply, where it has one.
fn name(id: Dynamic) -> Option<String> {
    (!id.is_unit()).then(|| id.to_string())
}

/// The message that a reply answers.
fn answered(of: ReceiptOf) -> Answered<MessageId> {
    match of {
        ReceiptOf::Message(id) => Ok(id),
        ReceiptOf::GatewayId(_) => Err(says(
            "a reply names its message by our reference: `ours(inbound.query.message)`",
        )),
    }
}

fn receipt(of: ReceiptOf, status: ReceiptStatus, reason: Option<String>) -> Receipt {
    Receipt {
        of,
        status,
        reason,
        seconds: None,
    }
}

/// A whole number, which a form brings as text. What is none is not known: a receipt is worth more than
/// the length in it.
fn whole(value: &Dynamic) -> Option<u32> {
    match value.as_int() {
        Ok(number) => number.try_into().ok(),
        Err(_) => value
            .as_immutable_string_ref()
            .ok()
            .and_then(|text| text.trim().parse().ok()),
    }
}

/// One of the type, a list of them, or nothing.
pub(super) fn all<T: Clone + 'static>(answer: Dynamic) -> Option<Vec<T>> {
    if answer.is_unit() {
        return Some(Vec::new());
    }
    match answer.try_cast_result::<Array>() {
        Ok(list) => list.into_iter().map(Dynamic::try_cast::<T>).collect(),
        Err(one) => one.try_cast::<T>().map(|one| vec![one]),
    }
}
