//! From a message to what goes over the wire: an envelope for one recipient and the mail's bytes.

use lettre::message::header::{Header, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MessageBuilder, MultiPart, SinglePart};
use lettre::{Address, Message};
use rappel_core::channel::{ChannelKind, Outgoing};

/// A mail, ready to send.
pub(super) struct Mail {
    /// Where it comes from.
    pub(super) from: Address,
    /// Where it goes.
    pub(super) to: Address,
    /// Its headers and parts as DATA takes them, up to the dot that ends it.
    pub(super) wire: String,
}

impl Mail {
    /// Writes the message as a mail.
    ///
    /// # Errors
    /// Why the message can't be a mail. The sentence holds no address.
    pub(super) fn of(message: &Outgoing) -> Result<Self, String> {
        if message.channel != ChannelKind::Email {
            return Err(format!("a mail server carries no {}", message.channel));
        }
        let sender = &message.sender;
        let from = sender
            .email
            .as_deref()
            .ok_or("`sender.email` is not set, so the mail would come from nobody")?;
        let from = address(from).ok_or("`sender.email` is no address that can send")?;
        let to = address(message.to.as_str()).ok_or("the address can't stand in an envelope")?;
        let name = sender.email_name.as_ref().unwrap_or(&sender.facility);
        let subject = message.content.subject.as_deref().unwrap_or_default();
        let mut mail = Message::builder()
            // The same message sent again has the same id, so that mailboxes can show it once.
            .message_id(Some(format!("<{}@{}>", message.id, from.domain())))
            .from(Mailbox::new(Some(one_line(name)), from.clone()))
            .to(Mailbox::new(None, to.clone()))
            .subject(one_line(subject))
            .header(AutoSubmitted);
        if let Some(reply_to) = &sender.reply_to {
            let reply_to = address(reply_to).ok_or("`sender.reply_to` is no address")?;
            mail = mail.reply_to(Mailbox::new(None, reply_to));
        }
        let written = with_parts(mail, message)?.formatted();
        let written = String::from_utf8(written).map_err(|_| "the mail is no text")?;
        Ok(Self {
            from,
            to,
            wire: wire(&written),
        })
    }

    /// Whether only a server with SMTPUTF8 can take it.
    pub(super) fn needs_smtputf8(&self) -> bool {
        let ascii = |address: &Address| AsRef::<str>::as_ref(address).is_ascii();
        !ascii(&self.from) || !ascii(&self.to)
    }
}

fn with_parts(mail: MessageBuilder, message: &Outgoing) -> Result<Message, String> {
    let content = &message.content;
    let text = (!content.text.trim().is_empty()).then(|| content.text.clone());
    let html = content.html.clone().filter(|html| !html.trim().is_empty());
    match (text, html) {
        (Some(text), Some(html)) => mail.multipart(MultiPart::alternative_plain_html(text, html)),
        (Some(text), None) => mail.singlepart(SinglePart::plain(text)),
        (None, Some(html)) => mail.singlepart(SinglePart::html(html)),
        (None, None) => return Err("the message is empty".into()),
    }
    .map_err(|_| "the mail can't be put together".to_string())
}

/// A mail as DATA takes it: lines end with CRLF and nothing else, so that no server can take a bare
/// line feed for the end of a line, nor what follows it for commands; a dot that begins a line is
/// doubled; a dot alone ends it.
fn wire(mail: &str) -> String {
    let mut wire = String::with_capacity(mail.len() + 64);
    let mut chars = mail.chars().peekable();
    let mut begins = true;
    while let Some(c) = chars.next() {
        match c {
            '\r' | '\n' => {
                if c == '\r' {
                    chars.next_if_eq(&'\n');
                }
                wire.push_str("\r\n");
                begins = true;
                continue;
            }
            '.' if begins => wire.push_str(".."),
            c => wire.push(c),
        }
        begins = false;
    }
    if !begins {
        wire.push_str("\r\n");
    }
    wire.push_str(".\r\n");
    wire
}

/// An address with its domain in the letters that every mail server knows: `clinique-lumière.fr` as
/// `xn--clinique-lumire-6mb.fr`.
fn address(text: &str) -> Option<Address> {
    let (user, domain) = text.rsplit_once('@')?;
    match url::Host::parse(domain) {
        Ok(url::Host::Domain(ascii)) => Address::new(user, ascii).ok(),
        _ => Address::new(user, domain).ok(),
    }
}

/// A header's value without line breaks and other control characters.
fn one_line(text: &str) -> String {
    let words = text.split(|c: char| c.is_control() || c == ' ');
    words
        .filter(|w| !w.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// Says that no person wrote this, so that no absence note is sent back (RFC 3834).
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".into())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::example;
    use std::sync::Arc;

    /// The mail with what changes from run to run replaced.
    fn mail(message: &Outgoing) -> String {
        let mail = Mail::of(message).unwrap().wire;
        let boundary = mail
            .split_once("boundary=\"")
            .and_then(|(_, rest)| rest.split_once('"'))
            .map(|(boundary, _)| boundary.to_string());
        let mut mail = mail.replace(&message.id.to_string(), "ID");
        if let Some(boundary) = boundary {
            mail = mail.replace(&boundary, "BOUNDARY");
        }
        mail.lines()
            .map(|line| match line.starts_with("Date: ") {
                true => "Date: NOW\n".to_string(),
                false => format!("{line}\n"),
            })
            .collect()
    }

    #[test]
    fn both_parts_and_every_header() {
        insta::assert_snapshot!("both parts", mail(&example::email()));
    }

    #[test]
    fn one_part_is_enough_and_none_is_not() {
        let no_html = example::saying(example::email(), |c| c.html = Some(" ".into()));
        assert!(mail(&no_html).contains("Content-Type: text/plain"));
        assert!(!mail(&no_html).contains("multipart"));
        let no_text = example::saying(example::email(), |c| c.text.clear());
        assert!(mail(&no_text).contains("Content-Type: text/html"));
        let nothing = example::saying(no_text, |c| c.html = None);
        assert_eq!(Mail::of(&nothing).err().unwrap(), "the message is empty");
    }

    #[test]
    fn no_line_break_enters_a_header() {
        let mut message = example::saying(example::email(), |content| {
            content.subject = Some("Rappel\r\nBcc: other@example.org\n\nHello\0".into());
        });
        Arc::make_mut(&mut message.sender).email_name = Some("Lumière\r\nX-Injected: 1".into());
        let mail = mail(&message);
        assert!(
            !mail.contains("\nBcc:") && !mail.contains("\nX-Injected"),
            "{mail}"
        );
        assert!(
            mail.contains("Subject: Rappel Bcc: other@example.org Hello\n"),
            "{mail}"
        );
    }

    #[test]
    fn long_lines_are_folded_or_encoded() {
        let message = example::saying(example::email(), |content| {
            content.subject = Some("é".repeat(400));
            content.text = "mot ".repeat(2_000);
        });
        let mail = mail(&message);
        assert!(mail.lines().all(|line| line.len() < 998), "{mail}");
    }

    #[test]
    fn no_text_ends_the_mail() {
        for (mail, expected) in [
            ("a\r\nb", "a\r\nb\r\n.\r\n"),
            ("a\r\n", "a\r\n.\r\n"),
            (".\r\n..\r\nc.", "..\r\n...\r\nc.\r\n.\r\n"),
            ("a\n.\nb\r.\rc", "a\r\n..\r\nb\r\n..\r\nc\r\n.\r\n"),
            ("a\r\r\n.\n\r", "a\r\n\r\n..\r\n\r\n.\r\n"),
            ("", ".\r\n"),
        ] {
            assert_eq!(wire(mail), expected, "{mail:?}");
        }
    }

    #[test]
    fn a_domain_with_accents_is_sent_in_ascii() {
        let address = address("rdv@clinique-lumière.fr").unwrap();
        assert_eq!(address.to_string(), "rdv@xn--clinique-lumire-6mb.fr");
    }
}
