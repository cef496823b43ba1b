//! What `request` answers: built step by step, each step a function of the one before.

use rappel_core::provider::{HttpBody, HttpRequest};
use rhai::{Array, Dynamic, Engine, EvalAltResult, ImmutableString, Map};

use super::json::Tree;
use super::message::Message;
use crate::sandbox::says;

/// A request in the making.
#[derive(Clone)]
pub(super) struct Request(HttpRequest);

type Step = Result<Request, Box<EvalAltResult>>;

impl Request {
    /// The request with the message's long texts in their places.
    pub(super) fn finish(self, message: &Message) -> HttpRequest {
        let mut request = self.0;
        let fill = |text: &mut String| *text = message.fill(std::mem::take(text));
        let pairs = |pairs: &mut Vec<(String, String)>| pairs.iter_mut().for_each(|(_, v)| fill(v));
        fill(&mut request.url);
        pairs(&mut request.query);
        pairs(&mut request.headers);
        match &mut request.body {
            HttpBody::Empty => {}
            HttpBody::Form(fields) => pairs(fields),
            HttpBody::Json(value) => fill_json(value, message),
            HttpBody::Text(text) => fill(text),
        }
        request
    }

    pub(super) fn register(engine: &mut Engine) {
        engine.register_type_with_name::<Self>("request");
        for method in ["get", "post", "put"] {
            engine.register_fn(method, move |url: &str| {
                Self(HttpRequest {
                    method: method.to_uppercase(),
                    url: url.to_string(),
                    ..HttpRequest::default()
                })
            });
        }
        engine
            .register_fn("query", |mut request: Self, fields: Map| -> Step {
                request.0.query.extend(pairs(fields)?);
                Ok(request)
            })
            .register_fn("form", |mut request: Self, fields: Map| -> Step {
                request.0.body = HttpBody::Form(pairs(fields)?);
                Ok(request)
            })
            .register_fn("json", |mut request: Self, value: Dynamic| -> Step {
                request.0.body = HttpBody::Json(to_json(value)?);
                Ok(request)
            })
            .register_fn("text", |mut request: Self, kind: &str, text: &str| {
                request.0.body = HttpBody::Text(text.to_string());
                request.header("Content-Type", kind.to_string())
            })
            .register_fn(
                "header",
                |request: Self, name: &str, value: Dynamic| -> Step {
                    Ok(request.header(name, text(&value)?))
                },
            )
            .register_fn("login", |mut request: Self, user: &str, password: &str| {
                request.0.basic_auth = Some((user.to_string(), password.to_string()));
                request
            })
            .register_fn("bearer", |request: Self, token: &str| {
                request.header("Authorization", format!("Bearer {token}"))
            });
    }

    fn header(mut self, name: &str, value: String) -> Self {
        self.0.headers.push((name.to_string(), value));
        self
    }
}

fn fill_json(value: &mut serde_json::Value, message: &Message) {
    use serde_json::Value;
    match value {
        Value::String(text) => *text = message.fill(std::mem::take(text)),
        Value::Array(values) => values.iter_mut().for_each(|v| fill_json(v, message)),
        Value::Object(fields) => fields.values_mut().for_each(|v| fill_json(v, message)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The parameters of a map, in the order of their names: `()` is left out, a list repeats its name.
fn pairs(fields: Map) -> Result<Vec<(String, String)>, Box<EvalAltResult>> {
    let mut pairs = Vec::with_capacity(fields.len());
    for (name, value) in fields {
        if value.is_unit() {
            continue;
        }
        match value.try_cast_result::<Array>() {
            Ok(values) => {
                for value in &values {
                    pairs.push((name.to_string(), text(value)?));
                }
            }
            Err(value) => pairs.push((name.to_string(), text(&value)?)),
        }
    }
    Ok(pairs)
}

/// A value as a parameter writes it.
fn text(value: &Dynamic) -> Result<String, Box<EvalAltResult>> {
    if let Ok(text) = value.as_immutable_string_ref() {
        return Ok(text.to_string());
    }
    if value.is_int() || value.is_bool() || value.is_decimal() || value.is_char() {
        return Ok(value.to_string());
    }
    let kind = super::language::kind_of(value);
    Err(says(format!(
        "a parameter is a text, a number, true or false, not {kind}"
    )))
}

/// A value of the script's as JSON. As in forms, a field that is `()` is left out.
pub(super) fn to_json(value: Dynamic) -> Result<serde_json::Value, Box<EvalAltResult>> {
    use serde_json::Value;
    let kind = super::language::kind_of(&value);
    let wrong = || says(format!("{kind} can't be written as JSON"));
    if value.is_unit() {
        Ok(Value::Null)
    } else if let Ok(flag) = value.as_bool() {
        Ok(flag.into())
    } else if let Ok(number) = value.as_int() {
        Ok(number.into())
    } else if let Ok(number) = value.as_decimal() {
        let number = number.to_string().parse::<serde_json::Number>();
        Ok(Value::Number(number.map_err(|_| wrong())?))
    } else if let Ok(number) = value.as_float() {
        let number = serde_json::Number::from_f64(number).ok_or_else(wrong)?;
        Ok(Value::Number(number))
    } else if value.is_char() {
        Ok(value.to_string().into())
    } else if value.is_string() {
        let text = value.try_cast::<ImmutableString>().ok_or_else(wrong)?;
        Ok(Value::String(text.into_owned()))
    } else if value.is_array() {
        let values = value.try_cast::<Array>().ok_or_else(wrong)?;
        Ok(Value::Array(
            values.into_iter().map(to_json).collect::<Result<_, _>>()?,
        ))
    } else if value.is_map() {
        let fields = value.try_cast::<Map>().ok_or_else(wrong)?;
        let mut object = serde_json::Map::new();
        for (name, value) in fields {
            if !value.is_unit() {
                object.insert(name.into(), to_json(value)?);
            }
        }
        Ok(Value::Object(object))
    } else if let Some(tree) = value.try_cast::<Tree>() {
        Ok(tree.to_json())
    } else {
        Err(wrong())
    }
}
