//! The calls that the exchange took, and why it takes others not.

use super::super::PeerError;
use super::twiml::Twiml;

/// A call.
#[derive(Clone, Debug)]
pub struct Call {
    /// The exchange's name for it.
    pub sid: String,
    /// Who is called.
    pub to: String,
    /// The number that their telephone shows.
    pub from: String,
    /// What is said, as it came.
    pub document: String,
    /// Where its status is reported to.
    pub status_callback: Option<String>,
    /// Which changes of status are reported.
    pub status_events: Vec<String>,
}

impl Call {
    /// What the exchange reads in what is to be said.
    ///
    /// # Errors
    /// When it is no TwiML: Twilio takes such a call, and the patient hears that an error has occurred.
    pub fn twiml(&self) -> Result<Twiml, PeerError> {
        Twiml::read(&self.document)
    }
}

/// A call that isn't taken, in Twilio's words.
pub(super) struct Refusal {
    pub(super) status: u16,
    pub(super) code: u32,
    pub(super) message: &'static str,
}

impl Refusal {
    pub(super) fn new(status: u16, code: u32, message: &'static str) -> Self {
        Self {
            status,
            code,
            message,
        }
    }
}

/// The most characters of TwiML inside a request: <https://www.twilio.com/docs/api/errors/32018>.
const LONGEST_TWIML: usize = 4_000;

/// Reads the form that asks for a call.
pub(super) fn read(sid: String, form: &[u8]) -> Result<Call, Refusal> {
    let all = |wanted: &str| {
        form_urlencoded::parse(form)
            .filter(|(name, _)| name == wanted)
            .map(|(_, value)| value.into_owned())
            .collect::<Vec<_>>()
    };
    let field = |name: &str| all(name).into_iter().next();
    let bad = |code, message| Refusal::new(400, code, message);
    let to = field("To").ok_or_else(|| bad(21201, "No 'To' number is specified"))?;
    let from = field("From").ok_or_else(|| bad(21213, "'From' phone number is required"))?;
    if !is_e164(&to) {
        return Err(bad(21211, "Invalid 'To' Phone Number"));
    }
    if !is_e164(&from) {
        return Err(bad(21212, "Invalid 'From' Phone Number"));
    }
    let document = field("Twiml").ok_or_else(|| bad(21205, "Url parameter is required"))?;
    if document.chars().count() > LONGEST_TWIML {
        return Err(bad(
            32018,
            "Twiml size exceeded maximum allowed value of 4000 characters",
        ));
    }
    Ok(Call {
        sid,
        to,
        from,
        document,
        status_callback: field("StatusCallback"),
        status_events: all("StatusCallbackEvent"),
    })
}

fn is_e164(number: &str) -> bool {
    number.strip_prefix('+').is_some_and(|digits| {
        (8..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit())
    })
}
