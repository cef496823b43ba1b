//! E-mails: a subject, and a body of Markdown as an HTML page and as plain text.

use rappel_core::channel::Content;

use super::clean::Place;
use super::markdown::{self, MARKS};
use super::{Live, Stopped, clean};
use crate::compile::{Program, Source};
use crate::options::Options;
use crate::values::Values;

/// Puts a mark where a value stands, so that Markdown never sees what the value says.
struct Marks<'l>(Live<'l>);

impl Source for Marks<'_> {
    fn write(&self, slot: usize, out: &mut String) -> bool {
        let there = self
            .0
            .value(slot)
            .is_some_and(|(value, _)| !value.is_empty());
        if there && let Some(mark) = mark(slot) {
            out.push(mark);
        }
        there
    }

    fn present(&self, slot: usize) -> bool {
        self.0.present(slot)
    }

    fn compare(&self, index: usize) -> bool {
        self.0.compare(index)
    }
}

/// The character that stands for a slot: one for private use, which a template's own text can't have.
fn mark(slot: usize) -> Option<char> {
    char::from_u32(MARKS.start + u32::try_from(slot).ok()?)
        .filter(|mark| MARKS.contains(&u32::from(*mark)))
}

pub(super) fn render(
    subject: &Program,
    body: &Program,
    options: &Options,
    values: &dyn Values,
) -> Result<Content, Stopped> {
    let subject = subject.run(&Live::new(subject, options, values, Place::Line))?;
    if subject.is_empty() {
        return Err(Stopped::NoSubject);
    }
    let live = Live::new(body, options, values, Place::Html);
    let source = body.run(&Marks(live))?;
    let plain = Live::new(body, options, values, Place::Lines);
    let written = markdown::write(&source, &live, &plain);
    if written.text.is_empty() {
        return Err(Stopped::Empty);
    }
    let html = page(&subject, &written.html, options.language.code());
    Ok(Content {
        subject: Some(subject),
        text: written.text,
        html: Some(html),
        ssml: None,
        encoding: None,
        units: 0,
        segments: 0,
    })
}

/// A page that reads well in any mail program: one column, inline styles, nothing loaded from elsewhere.
fn page(subject: &str, body: &str, language: &str) -> String {
    let mut title = String::with_capacity(subject.len());
    clean::push(subject, Place::Html, &mut title);
    format!(
        r#"<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
</head>
<body style="margin:0;padding:0;background:#f3f4f6;">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="background:#f3f4f6;">
<tr><td align="center" style="padding:16px 8px;">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="max-width:600px;background:#ffffff;border-radius:6px;">
<tr><td align="left" style="padding:24px;color:#1f2937;font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif;font-size:16px;line-height:1.5;">
{body}</td></tr>
</table>
</td></tr>
</table>
</body>
</html>
"#
    )
}
