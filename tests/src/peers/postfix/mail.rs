//! A delivered mail, taken apart.

use std::{fs, path::Path};

use mail_parser::{Message, MessageParser, MimeHeaders, PartType};

use crate::peers::PeerError;

/// A mail as it lies in the mailbox.
#[derive(Clone, Debug)]
pub struct Mail {
    /// The sender on the envelope (`MAIL FROM`).
    pub envelope_from: String,
    /// The recipient on the envelope (`RCPT TO`); a mail for two is delivered as two.
    pub envelope_to: String,
    /// The decoded subject.
    pub subject: Option<String>,
    /// The decoded name and the address of the first author.
    pub from: (Option<String>, Option<String>),
    /// The addresses in `To`.
    pub to: Vec<String>,
    /// The parts that aren't multiparts themselves, in order, decoded.
    pub parts: Vec<Part>,
    /// The whole mail, with the headers that Postfix added on top.
    pub raw: String,
}

/// One part of a mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// `text/plain`, without parameters.
    pub content_type: String,
    /// Its text. Anything but text is shown as if it were.
    pub text: String,
}

impl Mail {
    /// The first part of this content type.
    #[must_use]
    pub fn part(&self, content_type: &str) -> Option<&str> {
        self.parts
            .iter()
            .find(|part| part.content_type == content_type)
            .map(|part| part.text.as_str())
    }

    /// The plain text.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        self.part("text/plain")
    }

    /// The HTML.
    #[must_use]
    pub fn html(&self) -> Option<&str> {
        self.part("text/html")
    }

    /// A header as it was sent: not decoded, its lines joined. The last of that name: Postfix adds its own on top.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<String> {
        let (head, _) = self.raw.split_once("\n\n").unwrap_or((&self.raw, ""));
        let unfolded = head.replace("\n ", " ").replace("\n\t", " ");
        unfolded
            .lines()
            .rev()
            .filter_map(|line| line.split_once(':'))
            .find(|(found, _)| found.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.trim().to_owned())
    }
}

/// All mails of a Maildir, the oldest first.
pub(super) fn read(maildir: &Path) -> Result<Vec<Mail>, PeerError> {
    let new = maildir.join("new");
    if !new.exists() {
        // Made at the first delivery.
        return Ok(Vec::new());
    }
    let failed = |error| PeerError::io("reading", &new, &error);
    let mut files = Vec::new();
    for entry in fs::read_dir(&new).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let written = entry
            .metadata()
            .and_then(|metadata| metadata.modified())
            .map_err(failed)?;
        files.push((written, entry.path()));
    }
    files.sort();
    files
        .iter()
        .map(|(_, file)| parse(&fs::read(file).map_err(failed)?))
        .collect()
}

fn parse(raw: &[u8]) -> Result<Mail, PeerError> {
    let raw = String::from_utf8_lossy(raw).into_owned();
    let message = MessageParser::default()
        .parse(raw.as_bytes())
        .ok_or_else(|| PeerError::new("a delivered file is no mail"))?;
    let from = message.from().and_then(|from| from.first());
    let mail = Mail {
        envelope_from: String::new(),
        envelope_to: String::new(),
        subject: message.subject().map(str::to_owned),
        from: (
            from.and_then(|author| author.name()).map(str::to_owned),
            from.and_then(|author| author.address()).map(str::to_owned),
        ),
        to: message
            .to()
            .map(|to| {
                to.iter()
                    .filter_map(|one| one.address())
                    .map(str::to_owned)
                    .collect()
            })
            .unwrap_or_default(),
        parts: parts(&message),
        raw: raw.clone(),
    };
    // virtual(8) puts the envelope on top.
    let envelope = |name| {
        mail.header(name)
            .map(|address| address.trim_matches(['<', '>']).to_owned())
            .ok_or_else(|| PeerError::new(format!("a delivered mail has no {name}")))
    };
    Ok(Mail {
        envelope_from: envelope("Return-Path")?,
        envelope_to: envelope("X-Original-To")?,
        ..mail
    })
}

fn parts(message: &Message<'_>) -> Vec<Part> {
    message
        .parts
        .iter()
        .filter(|part| !matches!(part.body, PartType::Multipart(_)))
        .map(|part| {
            let content_type = part.content_type().map_or_else(
                // RFC 2045, 5.2
                || "text/plain".to_owned(),
                |found| {
                    format!("{}/{}", found.ctype(), found.subtype().unwrap_or_default())
                        .to_lowercase()
                },
            );
            let text = part.text_contents().map_or_else(
                || String::from_utf8_lossy(part.contents()).into_owned(),
                str::to_owned,
            );
            Part { content_type, text }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{Part, parse};

    const MAIL: &str = "Return-Path: <clinic@example.net>
X-Original-To: jeannette@example.org
Delivered-To: jeannette@example.org
Received: from vm (localhost [127.0.0.1])
\tby mail.example.org (Postfix)
From: =?utf-8?B?Q2xpbmlxdWUgTHVtacOocmU=?= <clinic@example.net>
To: Jeannette <jeannette@example.org>
Subject: =?utf-8?Q?Rendez-vous_=C3=A0?=
 =?utf-8?Q?_14:30?=
List-Unsubscribe: <https://example.net/u>,
 <mailto:u@example.net>
MIME-Version: 1.0
Content-Type: multipart/alternative; boundary=b

--b
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: quoted-printable

=C3=A0 demain
--b
Content-Type: text/html; charset=utf-8
Content-Transfer-Encoding: base64

PHA+w6AgZGVtYWluPC9wPg==
--b--
";

    #[test]
    fn a_multipart_mail_is_taken_apart() {
        let mail = parse(MAIL.as_bytes()).unwrap();
        assert_eq!(mail.envelope_from, "clinic@example.net");
        assert_eq!(mail.envelope_to, "jeannette@example.org");
        assert_eq!(mail.subject.as_deref(), Some("Rendez-vous à 14:30"));
        assert_eq!(
            mail.from,
            (
                Some("Clinique Lumière".to_owned()),
                Some("clinic@example.net".to_owned())
            )
        );
        assert_eq!(mail.to, ["jeannette@example.org"]);
        let part = |content_type: &str, text: &str| Part {
            content_type: content_type.into(),
            text: text.into(),
        };
        assert_eq!(
            mail.parts,
            [
                part("text/plain", "à demain"),
                part("text/html", "<p>à demain</p>")
            ]
        );
    }

    #[test]
    fn a_folded_header_is_joined() {
        let mail = parse(MAIL.as_bytes()).unwrap();
        assert_eq!(
            mail.header("list-unsubscribe").as_deref(),
            Some("<https://example.net/u>, <mailto:u@example.net>")
        );
    }

    #[test]
    fn a_mail_without_envelope_is_an_error() {
        assert!(
            parse(b"Subject: x\n\ny")
                .unwrap_err()
                .to_string()
                .contains("Return-Path")
        );
    }
}
