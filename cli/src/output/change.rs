//! Changes of rules in words: what they do to standing messages, and which files they are made of.

use rappel_core::store::{ChangedFile, EffectCounts};

use super::message::count;
use super::style;

/// `12 moved, 3 withdrawn, 40 added, 5 reworded`
pub(crate) fn effect(counts: &EffectCounts) -> String {
    let parts: Vec<String> = [
        (counts.moved, "moved"),
        (counts.withdrawn, "withdrawn"),
        (counts.added, "added"),
        (counts.reworded, "reworded"),
        (counts.held, "held, because a policy fails"),
    ]
    .into_iter()
    .filter(|(number, _)| *number > 0)
    .map(|(number, what)| format!("{number} {what}"))
    .collect();
    if parts.is_empty() {
        return "no standing message is another".into();
    }
    parts.join(", ")
}

/// How many messages keep their time, where there are any.
pub(crate) fn late(counts: &EffectCounts) -> Option<String> {
    let (are, their) = match counts.late {
        0 => return None,
        1 => ("is left as it is", "its"),
        _ => ("are left as they are", "their"),
    };
    let messages = count(counts.late, "message");
    Some(format!(
        "{messages} {are}, because {their} time by the new rules is past"
    ))
}

/// `  changed  clinic.toml  0123456789ab → ba9876543210  ana`
pub(crate) fn file(file: &ChangedFile) -> String {
    let (faint, end) = (style::FAINT, style::END);
    let (what, hashes) = match (&file.before, &file.after) {
        (Some(before), Some(after)) => ("changed", format!("{before} → {after}")),
        (None, Some(after)) => ("added", after.clone()),
        (Some(before), None) => ("removed", before.clone()),
        (None, None) => ("same", String::new()),
    };
    let owner = file.owner.as_deref().unwrap_or_default();
    let line = format!("  {what:<8} {}  {faint}{hashes}  {owner}", file.path);
    format!("{}{end}", line.trim_end())
}
