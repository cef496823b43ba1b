//! The reference of what policies can read and call, for `docs/policies.md`: made from the tables that
//! are registered.

use std::fmt::{Display, Write};

use crate::facts::{self, Base, Type, View};
use crate::functions::{self, Example, form};
use crate::sandbox::STANDARD;

/// The reference as Markdown.
pub fn reference() -> String {
    let mut out = String::from("## The facts\n\n");
    for view in View::ALL {
        let rows = view
            .properties()
            .iter()
            .map(|p| (p.name, p.gives, p.summary));
        properties(&mut out, view.path(), view.summary(), rows);
    }
    for (title, base, summary) in [
        (
            "time",
            Base::Time,
            "A date and time on the clinic's clock. `visit.start` is one.",
        ),
        (
            "span",
            Base::Span,
            "A length of time. `settings.reminder.notice` is one.",
        ),
    ] {
        let rows = facts::properties(base).unwrap_or_default();
        properties(&mut out, title, summary, rows);
    }
    out.push_str("## The functions\n\n");
    for (title, functions) in functions::GROUPS {
        heading(&mut out, title);
        table(&mut out, ["", "answers", "", "for instance"]);
        for function in *functions {
            let example = examples(function.examples);
            row(
                &mut out,
                [
                    &form(function),
                    &function.gives.to_string(),
                    function.summary,
                    &example,
                ],
            );
        }
        out.push('\n');
    }
    heading(&mut out, "Operators on times and spans");
    table(&mut out, ["", "answers", "", "for instance"]);
    for operator in functions::OPERATORS {
        let form = format!("`{}`", operator.form);
        row(
            &mut out,
            [
                &form,
                &operator.gives.to_string(),
                operator.summary,
                &examples(operator.examples),
            ],
        );
    }
    out.push_str("\nThey compare with `==`, `!=`, `<`, `<=`, `>`, `>=`. A comparison with `()` doesn't hold; months and days can't be put in order.\n\n");
    let mut group = "";
    for standard in STANDARD {
        if standard.group != group {
            if !group.is_empty() {
                out.push('\n');
            }
            group = standard.group;
            heading(&mut out, group);
            table(&mut out, ["", ""]);
        }
        row(
            &mut out,
            [&format!("`{}`", standard.form), standard.summary],
        );
    }
    out
}

fn properties(
    out: &mut String,
    path: &str,
    summary: &str,
    rows: impl IntoIterator<Item = (&'static str, Type, &'static str)>,
) {
    let mut rows = rows.into_iter().peekable();
    heading(out, format!("`{path}`"));
    let _ = writeln!(out, "{summary}\n");
    if rows.peek().is_none() {
        return;
    }
    table(out, ["property", "is", ""]);
    for (name, gives, summary) in rows {
        row(out, [&format!("`{name}`"), &gives.to_string(), summary]);
    }
    out.push('\n');
}

fn examples(examples: &[Example]) -> String {
    let told = examples
        .iter()
        .map(|(expression, prints)| format!("`{expression}` → {prints}"));
    told.collect::<Vec<_>>().join("<br>")
}

// Writing to a String can't fail.

fn heading(out: &mut String, title: impl Display) {
    let _ = writeln!(out, "### {title}\n");
}

fn table<const N: usize>(out: &mut String, titles: [&str; N]) {
    row(out, titles);
    row(out, ["---"; N]);
}

fn row<const N: usize>(out: &mut String, cells: [&str; N]) {
    let cells = cells.map(|cell| cell.replace('|', "\\|"));
    let _ = writeln!(out, "| {} |", cells.join(" | "));
}
