//! What a rendered message says, for people.

use rappel_core::channel::Content;
use rappel_core::settings::spoken_minutes;
use rust_decimal::Decimal;

use super::credits;
use super::message::{count, length_of};
use super::style;

/// The message, and below it what it takes.
pub(crate) fn told(content: &Content, cost: Decimal) -> String {
    let (faint, end) = (style::FAINT, style::END);
    let mut told = String::new();
    if let Some(subject) = &content.subject {
        told.push_str(&format!("{faint}Subject:{end} {subject}\n\n"));
    }
    told.push_str(&content.text);
    if let Some(ssml) = &content.ssml {
        told.push_str(&format!("\n\n{faint}{ssml}{end}"));
    }
    let mut took = Vec::new();
    if let Some(encoding) = content.encoding {
        took.push(length_of(
            encoding,
            content.units as usize,
            content.segments as usize,
        ));
    }
    if content.ssml.is_some() {
        let minutes = count(spoken_minutes(&content.text).into(), "minute");
        took.push(format!("about {minutes}"));
    }
    if !cost.is_zero() {
        took.push(credits::amount(cost));
    }
    if !took.is_empty() {
        told.push_str(&format!("\n\n{faint}{}{end}", took.join(", ")));
    }
    told
}
