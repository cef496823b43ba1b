//! The reference of what adapters' scripts can read and call, for `docs/adapters.md`.

use std::fmt::Write;
use std::sync::Arc;

use rappel_core::channel::Sender;

use super::answer::Answer;
use super::inbound::FromGateway;
use super::language::GROUPS;
use super::message::Message;
use super::properties::Facts;
use super::replied::Answers;

/// The reference as Markdown: what there is, made from what is registered.
pub fn reference() -> String {
    let mut out = String::new();
    properties::<Arc<Message>>(&mut out);
    properties::<Arc<Sender>>(&mut out);
    properties::<Arc<Answer>>(&mut out);
    properties::<Arc<FromGateway>>(&mut out);
    properties::<Arc<Answers>>(&mut out);
    for group in GROUPS {
        let rows = group.functions.iter();
        let rows = rows.map(|function| (function.form, function.summary));
        table(&mut out, group.title, "function", rows);
    }
    out
}

fn properties<T: Facts>(out: &mut String) {
    let rows = T::PROPERTIES.iter();
    let rows = rows.map(|property| (property.name, property.summary));
    table(out, &format!("`{}`", T::NAME), "property", rows);
}

fn table<'r>(
    out: &mut String,
    title: &str,
    what: &str,
    rows: impl Iterator<Item = (&'r str, &'r str)>,
) {
    // Writing to a String can't fail.
    let _ = write!(out, "### {title}\n\n| {what} | |\n| --- | --- |\n");
    for (name, summary) in rows {
        let _ = writeln!(out, "| `{name}` | {summary} |");
    }
    out.push('\n');
}
