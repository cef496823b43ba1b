//! Markdown to HTML and to plain text, with values put in behind it.
//!
//! The source holds a mark for each value. Values are escaped where they are put, so that none can be
//! Markdown or HTML. HTML that a template's author writes is shown as text.

use std::ops::Range;

use pulldown_cmark::{Event, HeadingLevel, Parser, Tag, TagEnd};

use super::Live;
use super::clean::{self, Place};
use crate::compile::Source;
use crate::values::Value;

/// The characters that stand for values: the first plane for private use.
pub(super) const MARKS: Range<u32> = 0xf_0000..0xf_fffe;

/// A body in both its forms.
pub(super) struct Written {
    pub(super) html: String,
    pub(super) text: String,
}

/// Writes a body. Both sources have the same values, cleaned for HTML and for plain text.
pub(super) fn write(source: &str, html: &Live<'_>, plain: &Live<'_>) -> Written {
    let mut writer = Writer {
        html_values: html,
        text_values: plain,
        html: String::with_capacity(source.len() * 2),
        text: String::with_capacity(source.len()),
        lists: Vec::new(),
        link: None,
    };
    for event in Parser::new(source) {
        writer.event(event);
    }
    let text = writer.text.trim_end().to_string();
    Written {
        html: writer.html,
        text,
    }
}

/// Raw HTML in a Markdown source.
pub(crate) fn raw_html(source: &str) -> Option<String> {
    Parser::new(source).find_map(|event| match event {
        Event::Html(html) | Event::InlineHtml(html) => Some(html.trim().to_string()),
        _ => None,
    })
}

struct Writer<'w> {
    html_values: &'w Live<'w>,
    text_values: &'w Live<'w>,
    html: String,
    text: String,
    /// The lists around this place, each with its next number.
    lists: Vec<Option<u64>>,
    /// The link around this place: its address, if it is one to follow, and where its words begin.
    link: Option<(Option<String>, usize)>,
}

impl Writer<'_> {
    fn event(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) | Event::Html(text) | Event::InlineHtml(text) => self.words(&text),
            Event::Code(text) => {
                self.html.push_str("<code>");
                self.words(&text);
                self.html.push_str("</code>");
            }
            // Who writes a line break means one.
            Event::SoftBreak | Event::HardBreak => {
                self.html.push_str("<br>\n");
                self.text.push('\n');
                self.indent();
            }
            Event::Rule => {
                self.html.push_str(
                    "<hr style=\"border:0;border-top:1px solid #d1d5db;margin:24px 0;\">\n",
                );
                self.block();
                self.text.push_str("----\n");
            }
            // Extensions, none of which is switched on.
            _ => {}
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            // HTML that is shown as text is a paragraph like any other.
            Tag::Paragraph | Tag::HtmlBlock => {
                self.block();
                self.html.push_str("<p style=\"margin:0 0 16px;\">");
            }
            Tag::Heading { level, .. } => {
                self.block();
                let (name, size) = heading(level);
                self.html.push_str(&format!(
                    "<{name} style=\"margin:24px 0 8px;font-size:{size}px;line-height:1.25;\">"
                ));
            }
            Tag::BlockQuote(_) => {
                self.html.push_str("<blockquote style=\"margin:0 0 16px;padding-left:16px;border-left:3px solid #d1d5db;\">\n");
            }
            Tag::CodeBlock(_) => {
                self.block();
                self.html
                    .push_str("<pre style=\"margin:0 0 16px;white-space:pre-wrap;\">");
            }
            Tag::List(first) => {
                if self.lists.is_empty() {
                    self.block();
                }
                self.html.push_str(match first {
                    Some(_) => "<ol style=\"margin:0 0 16px;padding-left:24px;\">\n",
                    None => "<ul style=\"margin:0 0 16px;padding-left:24px;\">\n",
                });
                self.lists.push(first);
            }
            Tag::Item => self.item(),
            Tag::Emphasis => self.html.push_str("<em>"),
            Tag::Strong => self.html.push_str("<strong>"),
            Tag::Link { dest_url, .. } => {
                let address = self.address(&dest_url);
                if let Some(address) = &address {
                    self.html.push_str("<a style=\"color:#1d4ed8;\" href=\"");
                    clean::push(address, Place::Html, &mut self.html);
                    self.html.push_str("\">");
                }
                self.link = Some((address, self.text.len()));
            }
            // Pictures are not loaded from elsewhere; their words stay.
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Paragraph | TagEnd::HtmlBlock => {
                self.html.push_str("</p>\n");
                self.text.push('\n');
            }
            TagEnd::Heading(level) => {
                self.html.push_str(&format!("</{}>\n", heading(level).0));
                self.text.push('\n');
            }
            TagEnd::BlockQuote(_) => self.html.push_str("</blockquote>\n"),
            TagEnd::CodeBlock => {
                self.html.push_str("</pre>\n");
                self.text.push('\n');
            }
            TagEnd::List(ordered) => {
                self.html
                    .push_str(if ordered { "</ol>\n" } else { "</ul>\n" });
                self.lists.pop();
            }
            TagEnd::Item => {
                self.html.push_str("</li>\n");
                if !self.text.ends_with('\n') {
                    self.text.push('\n');
                }
            }
            TagEnd::Emphasis => self.html.push_str("</em>"),
            TagEnd::Strong => self.html.push_str("</strong>"),
            TagEnd::Link => self.end_of_link(),
            _ => {}
        }
    }

    fn item(&mut self) {
        self.html.push_str("<li>");
        if !self.text.is_empty() && !self.text.ends_with('\n') {
            self.text.push('\n');
        }
        let depth = self.lists.len().saturating_sub(1);
        self.text.push_str(&"  ".repeat(depth));
        match self.lists.last_mut() {
            Some(Some(number)) => {
                self.text.push_str(&format!("{number}. "));
                *number += 1;
            }
            _ => self.text.push_str("- "),
        }
    }

    /// A block begins: an empty line before it in plain text, unless it is the first of a list's item.
    fn block(&mut self) {
        let first_of_item =
            !self.lists.is_empty() && (self.text.ends_with("- ") || self.text.ends_with(". "));
        if self.text.is_empty() || first_of_item {
            return;
        }
        while !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
        self.indent();
    }

    fn indent(&mut self) {
        self.text.push_str(&"  ".repeat(self.lists.len()));
    }

    /// Text of the template with values between.
    fn words(&mut self, text: &str) {
        let mut rest = text;
        while let Some(at) = rest.find(is_mark) {
            let (before, mark) = rest.split_at(at);
            self.literal(before);
            let mut chars = mark.chars();
            if let Some(mark) = chars.next() {
                self.value(slot(mark));
            }
            rest = chars.as_str();
        }
        self.literal(rest);
    }

    fn literal(&mut self, text: &str) {
        for c in text.chars() {
            match c {
                '&' => self.html.push_str("&amp;"),
                '<' => self.html.push_str("&lt;"),
                '>' => self.html.push_str("&gt;"),
                c => self.html.push(c),
            }
        }
        self.text.push_str(text);
    }

    fn value(&mut self, slot: usize) {
        let address = match self.html_values.value(slot) {
            Some((Value::Url(address), _)) if self.link.is_none() => followed(&address),
            _ => None,
        };
        if let Some(address) = address {
            self.html.push_str("<a style=\"color:#1d4ed8;\" href=\"");
            clean::push(&address, Place::Html, &mut self.html);
            self.html.push_str("\">");
            self.html_values.write(slot, &mut self.html);
            self.html.push_str("</a>");
        } else {
            self.html_values.write(slot, &mut self.html);
        }
        self.text_values.write(slot, &mut self.text);
    }

    /// A link's address with its values, if it is one to follow.
    fn address(&self, written: &str) -> Option<String> {
        let mut address = String::new();
        for c in written.chars() {
            if is_mark(c) {
                self.text_values.write(slot(c), &mut address);
            } else {
                address.push(c);
            }
        }
        followed(&address)
    }

    /// Plain text shows where a link leads, unless its words do.
    fn end_of_link(&mut self) {
        let Some((address, start)) = self.link.take() else {
            return;
        };
        let Some(address) = address else { return };
        self.html.push_str("</a>");
        let shown = address
            .strip_prefix("mailto:")
            .or(address.strip_prefix("tel:"))
            .unwrap_or(&address);
        if self.text.get(start..) != Some(shown) {
            self.text.push_str(&format!(" ({shown})"));
        }
    }
}

fn is_mark(c: char) -> bool {
    MARKS.contains(&u32::from(c))
}

fn slot(mark: char) -> usize {
    (u32::from(mark) - MARKS.start) as usize
}

fn heading(level: HeadingLevel) -> (&'static str, u8) {
    match level {
        HeadingLevel::H1 => ("h1", 24),
        HeadingLevel::H2 => ("h2", 20),
        _ => ("h3", 17),
    }
}

/// The address if a reader may be sent there: a page, a mailbox or a telephone, without blanks.
fn followed(address: &str) -> Option<String> {
    let address = address.trim();
    let lower = address.to_ascii_lowercase();
    let known = ["https://", "http://", "mailto:", "tel:"]
        .iter()
        .any(|scheme| lower.starts_with(scheme));
    let clean = address
        .chars()
        .all(|c| !c.is_whitespace() && clean::is_visible(c));
    (known && clean).then(|| address.to_string())
}
