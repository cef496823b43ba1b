//! From an adapter's request to one for the wire, with the secrets in their places.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rappel_core::provider::{HttpBody, HttpRequest};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue};
use reqwest::{Method, Request};
use secrecy::zeroize::{Zeroize, Zeroizing};
use serde_json::Value;
use url::{Url, form_urlencoded};

use crate::secrets::{Filled, Secrets, as_it_is, in_url_encoded};

/// Headers that are the connection's own business: set by an adapter they could smuggle a second
/// request or name another host than the one that was checked.
const OURS: [&str; 6] = [
    "host",
    "content-length",
    "transfer-encoding",
    "connection",
    "upgrade",
    "proxy-authorization",
];

/// Builds the request.
///
/// # Errors
/// What is wrong with the adapter's request, in a sentence without any of its values.
pub(super) fn build(from: HttpRequest, secrets: &Secrets) -> Result<Request, String> {
    let method = Method::from_bytes(from.method.as_bytes())
        .map_err(|_| "its request has no usable method".to_string())?;
    let url = fill(secrets, &from.url, in_url_encoded)?;
    let mut url = Url::parse(url.as_str()).map_err(|_| "its request has no usable URL")?;
    if !from.query.is_empty() {
        let mut query = url.query_pairs_mut();
        for (name, value) in &from.query {
            query.append_pair(name, fill(secrets, value, as_it_is)?.as_str());
        }
    }
    let mut request = Request::new(method, url);
    for (name, value) in &from.headers {
        let header = HeaderName::from_bytes(name.as_bytes())
            .ok()
            .filter(|header| !OURS.contains(&header.as_str()))
            .ok_or_else(|| format!("its request can't set the header `{name}`"))?;
        let value = header_value(&fill(secrets, value, as_it_is)?)
            .ok_or_else(|| format!("its request has a header `{name}` that can't be sent"))?;
        request.headers_mut().append(header, value);
    }
    if let Some((user, password)) = &from.basic_auth {
        let user = fill(secrets, user, as_it_is)?;
        let password = fill(secrets, password, as_it_is)?;
        let pair = Zeroizing::new(format!("{}:{}", user.as_str(), password.as_str()));
        let value = Zeroizing::new(format!("Basic {}", STANDARD.encode(pair.as_bytes())));
        let value = header_value(&Filled::Secret(value)).ok_or("its login can't be sent")?;
        request.headers_mut().insert(AUTHORIZATION, value);
    }
    let (body, kind) = match from.body {
        HttpBody::Empty => return Ok(request),
        HttpBody::Form(fields) => (
            form(&fields, secrets)?.into_bytes(),
            "application/x-www-form-urlencoded",
        ),
        HttpBody::Json(mut value) => {
            fill_json(&mut value, secrets)?;
            let body = serde_json::to_vec(&value).map_err(|_| "its JSON can't be written")?;
            wipe(&mut value);
            (body, "application/json")
        }
        HttpBody::Text(text) => {
            let text = fill(secrets, &text, as_it_is)?;
            (
                text.as_str().as_bytes().to_vec(),
                "text/plain; charset=utf-8",
            )
        }
    };
    let headers = request.headers_mut();
    if !headers.contains_key(CONTENT_TYPE) {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    }
    *request.body_mut() = Some(body.into());
    Ok(request)
}

fn fill<'t>(
    secrets: &Secrets,
    text: &'t str,
    encode: fn(&str) -> std::borrow::Cow<'_, str>,
) -> Result<Filled<'t>, String> {
    secrets
        .fill(text, encode)
        .map_err(|name| match name.as_str() {
            "" => "its request has a broken mark of a secret".into(),
            name => format!(
                "its request asks for the secret `{name}`, which its manifest does not list"
            ),
        })
}

fn header_value(text: &Filled<'_>) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(text.as_str())
        .or_else(|_| HeaderValue::from_bytes(text.as_str().as_bytes()))
        .ok()?;
    value.set_sensitive(text.is_secret());
    Some(value)
}

fn form(fields: &[(String, String)], secrets: &Secrets) -> Result<String, String> {
    let length: usize = fields
        .iter()
        .map(|(name, value)| name.len() + 2 * value.len())
        .sum();
    let mut form = form_urlencoded::Serializer::new(String::with_capacity(length + 64));
    for (name, value) in fields {
        form.append_pair(name, fill(secrets, value, as_it_is)?.as_str());
    }
    Ok(form.finish())
}

/// Puts secrets into the strings of a JSON value; the keys are the adapter's own.
fn fill_json(value: &mut Value, secrets: &Secrets) -> Result<(), String> {
    match value {
        Value::String(text) => {
            let filled = match fill(secrets, text, as_it_is)? {
                Filled::Plain(_) => return Ok(()),
                Filled::Secret(filled) => filled.as_str().to_string(),
            };
            *text = filled;
            Ok(())
        }
        Value::Array(values) => values.iter_mut().try_for_each(|v| fill_json(v, secrets)),
        Value::Object(fields) => fields.values_mut().try_for_each(|v| fill_json(v, secrets)),
        Value::Null | Value::Bool(_) | Value::Number(_) => Ok(()),
    }
}

/// Wipes the strings of a JSON value that may hold secrets.
fn wipe(value: &mut Value) {
    match value {
        Value::String(text) => text.zeroize(),
        Value::Array(values) => values.iter_mut().for_each(wipe),
        Value::Object(fields) => fields.values_mut().for_each(wipe),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use rappel_core::provider::secret_mark;
    use serde_json::json;

    fn secrets() -> Secrets {
        [("key", "a \"b\"&ü+/%")].into_iter().collect()
    }

    fn request() -> HttpRequest {
        HttpRequest {
            method: "POST".into(),
            url: "https://api.example.org/v1/send".into(),
            ..HttpRequest::default()
        }
    }

    fn body(from: HttpRequest) -> String {
        let built = build(from, &secrets()).unwrap();
        let body = built.body().and_then(|body| body.as_bytes()).unwrap();
        String::from_utf8(body.to_vec()).unwrap()
    }

    #[test]
    fn secrets_are_encoded_for_their_place() {
        let key = secret_mark("key");
        let built = build(
            HttpRequest {
                url: format!("https://api.example.org/{key}/send?a=1"),
                query: vec![("k".into(), key.clone()), ("text".into(), "à & b".into())],
                ..request()
            },
            &secrets(),
        )
        .unwrap();
        assert_eq!(
            built.url().as_str(),
            "https://api.example.org/a%20%22b%22%26%C3%BC%2B%2F%25/send?a=1&k=a+%22b%22%26%C3%BC%2B%2F%25&text=%C3%A0+%26+b"
        );
        let fields = vec![("k".to_string(), key.clone())];
        assert_eq!(
            body(HttpRequest {
                body: HttpBody::Form(fields),
                ..request()
            }),
            "k=a+%22b%22%26%C3%BC%2B%2F%25"
        );
        let json = json!({"auth": {"keys": [key, 1, null]}, "text": "é"});
        assert_eq!(
            body(HttpRequest {
                body: HttpBody::Json(json),
                ..request()
            }),
            r#"{"auth":{"keys":["a \"b\"&ü+/%",1,null]},"text":"é"}"#
        );
        let text = format!("<key>{key}</key>");
        assert_eq!(
            body(HttpRequest {
                body: HttpBody::Text(text),
                ..request()
            }),
            "<key>a \"b\"&ü+/%</key>"
        );
    }

    #[test]
    fn logins_and_headers_are_kept_from_being_printed() {
        let secrets: Secrets = [("password", "open sesame")].into_iter().collect();
        let mark = secret_mark("password");
        let built = build(
            HttpRequest {
                headers: vec![
                    ("X-Key".into(), format!("k {mark}")),
                    ("X-Plain".into(), "é".into()),
                ],
                basic_auth: Some(("Aladdin".into(), mark)),
                ..request()
            },
            &secrets,
        )
        .unwrap();
        let headers = built.headers();
        // The example of RFC 7617.
        assert_eq!(
            headers["authorization"],
            "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="
        );
        assert_eq!(headers["x-key"], "k open sesame");
        assert_eq!(headers["x-plain"].as_bytes(), "é".as_bytes());
        let shown = format!("{built:?}");
        assert!(
            !shown.contains("sesame") && !shown.contains("QWxh"),
            "{shown}"
        );
    }

    #[test]
    fn types_are_set_unless_the_adapter_does() {
        let form = HttpBody::Form(vec![("a".into(), "b".into())]);
        let built = build(
            HttpRequest {
                body: form,
                ..request()
            },
            &secrets(),
        )
        .unwrap();
        assert_eq!(
            built.headers()["content-type"],
            "application/x-www-form-urlencoded"
        );
        let xml = HttpRequest {
            headers: vec![("Content-Type".into(), "application/xml".into())],
            body: HttpBody::Text("<a/>".into()),
            ..request()
        };
        let built = build(xml, &secrets()).unwrap();
        assert_eq!(built.headers()["content-type"], "application/xml");
        assert_eq!(built.headers().len(), 1);
    }

    #[test]
    fn what_cant_be_sent_is_told_without_its_values() {
        let header = |name: &str, value: &str| HttpRequest {
            headers: vec![(name.into(), value.into())],
            ..request()
        };
        for wrong in [
            HttpRequest {
                method: "GE T".into(),
                ..request()
            },
            HttpRequest {
                url: "/send?to=0612345678".into(),
                ..request()
            },
            HttpRequest {
                url: format!("https://h/{}", secret_mark("other")),
                ..request()
            },
            HttpRequest {
                url: "https://h/\u{1}secret:key".into(),
                ..request()
            },
            header("Host", "0612345678"),
            header("Transfer-Encoding", "chunked"),
            header("X-A", "0612345678\r\nX-B: 1"),
            header("X A", "0612345678"),
        ] {
            let told = build(wrong, &secrets()).unwrap_err();
            assert!(
                told.starts_with("its ") && !told.contains("0612345678"),
                "{told}"
            );
        }
    }
}
