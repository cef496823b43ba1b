//! Posting forms to the host, as a gateway does.

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::header::{CONTENT_TYPE, HOST};
use hyper::{Request, Uri, client::conn::http1};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::super::PeerError;
use super::twiml::Twiml;

/// What the host answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// The status code.
    pub status: u16,
    /// The type of the body; empty where there is none.
    pub content_type: String,
    /// The body.
    pub body: String,
}

impl Answered {
    /// The body as TwiML, which the caller hears.
    ///
    /// # Errors
    /// When it is none, or isn't said to be: Twilio logs an error then, and the caller hears one.
    pub fn twiml(&self) -> Result<Twiml, PeerError> {
        if !self.content_type.starts_with("text/xml") {
            return Err(PeerError::new(format!("{self:?} is not said to be XML")));
        }
        Twiml::read(&self.body)
    }
}

/// Posts a form with a header.
pub(super) async fn post(
    url: &str,
    form: &[(&str, &str)],
    header: (&str, &str),
) -> Result<Answered, PeerError> {
    let failed =
        |error: &dyn std::error::Error| PeerError::new(format!("posting to {url}: {error}"));
    let uri: Uri = url.parse().map_err(|error| failed(&error))?;
    let authority = uri
        .authority()
        .ok_or_else(|| PeerError::new(format!("{url} names no host")))?;
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let body = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(form)
        .finish();
    let request = Request::post(path)
        .header(HOST, authority.as_str())
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(header.0, header.1)
        .body(Full::new(Bytes::from(body)))
        .map_err(|error| failed(&error))?;
    let stream = TcpStream::connect(authority.as_str())
        .await
        .map_err(|error| failed(&error))?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream))
        .await
        .map_err(|error| failed(&error))?;
    // It ends when the answer has been read and the sender is dropped.
    tokio::spawn(connection);
    let answer = sender
        .send_request(request)
        .await
        .map_err(|error| failed(&error))?;
    let (head, body) = answer.into_parts();
    let body = body
        .collect()
        .await
        .map_err(|error| failed(&error))?
        .to_bytes();
    let content_type = head.headers.get(CONTENT_TYPE);
    Ok(Answered {
        status: head.status.as_u16(),
        content_type: content_type
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
            .to_string(),
        body: String::from_utf8_lossy(&body).into_owned(),
    })
}
