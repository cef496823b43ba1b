//! Text and tags of XML, for scripts that write documents such as TwiML.

use rhai::{Array, EvalAltResult};

use super::message::stands_in;
use crate::sandbox::says;

type Written = Result<String, Box<EvalAltResult>>;

/// A text as XML holds it, between tags and in attributes. The mark of a secret is left where it stands
/// inside an URL: percent-encoded, a secret has nothing to escape.
pub(super) fn escape(text: &str) -> Written {
    whole(text)?;
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    // Marks stand between the mark characters: the odd pieces.
    for (index, piece) in text.split('\u{1}').enumerate() {
        if index % 2 == 0 {
            piece.chars().for_each(|c| push(&mut out, c));
        } else if piece.starts_with("secret-in-url:") {
            out.extend(['\u{1}']);
            out.push_str(piece);
            out.extend(['\u{1}']);
        } else {
            return Err(says(
                "a secret can't be escaped; put it into a header, a form or an URL",
            ));
        }
    }
    Ok(out)
}

fn push(out: &mut String, c: char) {
    match c {
        '&' => out.push_str("&amp;"),
        '<' => out.push_str("&lt;"),
        '>' => out.push_str("&gt;"),
        '"' => out.push_str("&quot;"),
        '\'' => out.push_str("&apos;"),
        // XML 1.0 has no way to write other control characters.
        c if c.is_control() && !matches!(c, '\t' | '\n' | '\r') => {}
        c => out.push(c),
    }
}

/// An XML document without its tags but those with a name of the list; what stands inside the others
/// stays, and what is escaped stays escaped.
pub(super) fn keep_tags(xml: &str, names: Array) -> Written {
    whole(xml)?;
    let mut kept = Vec::with_capacity(names.len());
    for name in names {
        match name.into_immutable_string() {
            Ok(name) => kept.push(name),
            Err(kind) => return Err(says(format!("a tag's name is a text, not {kind}"))),
        }
    }
    let mut out = String::with_capacity(xml.len());
    let mut rest = xml;
    while let Some((text, after)) = rest.split_once('<') {
        out.push_str(text);
        // What looks like a tag inside them is none.
        if after.starts_with('!') {
            return Err(says("XML with comments or CDATA can't be read here"));
        }
        let end = end_of_tag(after).ok_or_else(|| says("the text is no XML: a `<` has no `>`"))?;
        let (tag, after) = after.split_at(end);
        if kept.iter().any(|name| name == name_of(tag)) {
            out.push('<');
            out.push_str(tag);
            out.push('>');
        }
        rest = after.get(1..).unwrap_or_default();
    }
    out.push_str(rest);
    Ok(out)
}

/// Where the `>` is that ends a tag; one inside an attribute's quotes does not.
fn end_of_tag(tag: &str) -> Option<usize> {
    let mut quote = None;
    tag.char_indices().find_map(|(at, c)| match (quote, c) {
        (None, '>') => Some(at),
        (None, '"' | '\'') => {
            quote = Some(c);
            None
        }
        (Some(open), c) if c == open => {
            quote = None;
            None
        }
        _ => None,
    })
}

/// The name of a tag: `say-as` of `say-as interpret-as="time"`, `/say-as` and `say-as/`.
fn name_of(tag: &str) -> &str {
    let name = tag.strip_prefix('/').unwrap_or(tag);
    let end = name.find(|c: char| c.is_whitespace() || c == '/');
    name.get(..end.unwrap_or(name.len())).unwrap_or_default()
}

/// Refuses a text that a script has only a stand-in of: it would go as it is.
fn whole(text: &str) -> Result<(), Box<EvalAltResult>> {
    if stands_in(text) {
        return Err(says(
            "the text is longer than 8,000 bytes, and a script can't look inside",
        ));
    }
    Ok(())
}
