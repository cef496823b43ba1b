//! What `rappel diff` tells people.

use std::collections::BTreeMap;

use rappel_core::decision::PolicyFault;
use similar::{ChangeTag, TextDiff};

use super::{Example, Texts, Told};
use crate::output::message::{count, short};
use crate::output::{change, style, table};

pub(super) fn told(told: &Told<'_>, faults: &BTreeMap<PolicyFault, u64>, texts: bool) -> String {
    let (strong, error, end) = (style::STRONG, style::ERROR, style::END);
    let clinic = told.clinic;
    if told.files.is_empty() && told.from == told.to {
        return format!(
            "{strong}{clinic}{end}: the folder holds what serves, generation {}",
            told.from
        );
    }
    let mut lines = vec![format!(
        "{strong}{clinic}{end}: generation {} → {}: {}",
        told.from,
        told.to,
        change::effect(&told.effect)
    )];
    lines.extend(change::late(&told.effect));
    lines.extend(told.files.iter().map(change::file));
    for (fault, appointments) in faults {
        let appointments = count(*appointments, "appointment");
        lines.push(format!(
            "{error}{fault}{end}\n  it failed on {appointments}"
        ));
    }
    if !told.totals.is_empty() {
        let mut rows = table::plain(&["CHANGE", "KIND", "CHANNEL", "MESSAGES"]);
        for total in &told.totals {
            rows.add_row([
                total.change.into(),
                total.kind.as_str().into(),
                total.channel.name().into(),
                table::number(total.messages),
            ]);
        }
        lines.push(String::new());
        lines.push(table::written(&rows));
        lines.push(String::new());
        lines.push("For example:".into());
    }
    for example in &told.examples {
        lines.push(line(example));
        if let Some(texts) = &example.texts {
            lines.extend(difference(texts));
        }
    }
    let reworded = told.effect.reworded > 0 && !told.examples.is_empty();
    if reworded && !texts {
        lines.push("`--texts` shows what reworded messages say, before and after.".into());
    }
    lines.join("\n")
}

/// `  moved      reminder by sms, appointment a-1: 2026-06-02 14:30 → 2026-06-01 14:30`
fn line(example: &Example) -> String {
    let (faint, end) = (style::FAINT, style::END);
    let what = match (&example.from, &example.to, &example.reason) {
        (Some(from), Some(to), _) => format!(": {from} → {to}"),
        (Some(due), None, _) => format!(", due {due}"),
        (None, Some(due), _) => format!(", due {due}"),
        (None, None, Some(reason)) => format!(": {reason}"),
        (None, None, None) => String::new(),
    };
    let to = match example.recipient {
        "patient" => String::new(),
        other => format!(" to the {other}"),
    };
    let id = example.message.as_deref().map(short).unwrap_or_default();
    let line = format!(
        "  {:<9} {} by {}{to}, appointment {}{what}  {faint}{id}",
        example.change, example.kind, example.channel, example.appointment
    );
    format!("{}{end}", line.trim_end())
}

/// A text with the words that go and come marked: `[-Tuesday-] {+Monday+}`.
fn difference(texts: &Texts) -> Vec<String> {
    let (Some(before), Some(after)) = (&texts.before, &texts.after) else {
        let (what, text) = match (&texts.before, &texts.after) {
            (Some(text), _) => ("It can't be written any more; it says:", text),
            (None, Some(text)) => ("It couldn't be written until now; it says:", text),
            (None, None) => return Vec::new(),
        };
        let lines = text.lines().map(|line| format!("      {line}"));
        return std::iter::once(format!("    {what}"))
            .chain(lines)
            .collect();
    };
    let (gone, come, end) = (style::ERROR, style::GOOD, style::END);
    let diff = TextDiff::from_words(before.as_str(), after.as_str());
    let mut marked = String::new();
    let mut changes = diff.iter_all_changes().peekable();
    while let Some(first) = changes.next() {
        let mut words = first.value().to_string();
        while let Some(next) = changes.next_if(|next| next.tag() == first.tag()) {
            words.push_str(next.value());
        }
        marked.push_str(&match first.tag() {
            ChangeTag::Equal => words,
            ChangeTag::Delete => format!("{gone}[-{words}-]{end}"),
            ChangeTag::Insert => format!("{come}{{+{words}+}}{end}"),
        });
    }
    marked
        .lines()
        .map(|line| format!("      {line}").trim_end().to_string())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_go_and_come_are_marked() {
        let marked = |before: &str, after: &str| {
            let texts = Texts {
                before: Some(before.into()),
                after: Some(after.into()),
            };
            let lines = difference(&texts).join("\n");
            anstream::adapter::strip_str(&lines).to_string()
        };
        assert_eq!(
            marked(
                "Hello Amy, see you on Tuesday.",
                "Hello Amy, see you on Monday."
            ),
            "      Hello Amy, see you on [-Tuesday.-]{+Monday.+}"
        );
        assert_eq!(marked("Hello\nAmy", "Hello\nAmy"), "      Hello\n      Amy");
    }

    #[test]
    fn what_can_not_be_written_says_so() {
        let texts = |before: Option<&str>, after: Option<&str>| {
            difference(&Texts {
                before: before.map(str::to_string),
                after: after.map(str::to_string),
            })
        };
        assert_eq!(
            texts(Some("Hello"), None),
            ["    It can't be written any more; it says:", "      Hello"]
        );
        assert_eq!(
            texts(None, Some("Hello")),
            [
                "    It couldn't be written until now; it says:",
                "      Hello"
            ]
        );
    }
}
