//! Examples of settings that are more than a text, for the schema.

use serde_json::{Value, json};

pub(super) fn cells() -> Value {
    json!({ "sms": "on", "email": "on" })
}

pub(super) fn own() -> Value {
    json!({ "preparation_hour": 18 })
}

pub(super) fn options() -> Value {
    json!({ "username": "lumiere" })
}

pub(super) fn secrets() -> Value {
    json!({ "password": env() })
}

pub(super) fn env() -> Value {
    json!({ "env": "GATEWAY_PASSWORD" })
}

pub(super) fn file() -> Value {
    json!({ "file": "/etc/rappel/gateway.password" })
}
