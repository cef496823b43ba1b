//! What editors know of policies: a Rhai definition file, made from the tables that are registered.

use std::fmt::Write;

use crate::facts::{self, Base, Type, View};
use crate::functions;
use crate::hooks::{CHECK, PLAN};

/// The definitions of the hooks, of everything that they can read, and of the functions of Rappel's: the
/// content of a `.d.rhai`.
pub fn definitions() -> String {
    let mut out = String::from(
        "//! What Rappel's policies can read and call. Written by `rappel editor`.\nmodule static;\n",
    );
    hook(
        &mut out,
        "plan",
        PLAN.into_iter()
            .zip([View::Event, View::Visit, View::Settings]),
        "Array",
        "Answers an event with the messages that should exist after it, `[]` for none. A policy may have it.",
    );
    hook(
        &mut out,
        "check",
        CHECK
            .into_iter()
            .zip([View::Message, View::Visit, View::Settings]),
        "Answer",
        "Answers whether a message that is due may go: `allow()`, `skip(why)`, `hold(until, why)` or `via(channel, why)`. A policy may have it.",
    );
    for view in View::ALL {
        let rows = view
            .properties()
            .iter()
            .map(|p| (p.name, p.gives, p.summary));
        getters(&mut out, &type_name(view.name()), view.path(), rows);
    }
    for (path, base) in [("time", Base::Time), ("span", Base::Span)] {
        let rows = facts::properties(base).unwrap_or_default();
        getters(&mut out, &type_name(path), path, rows);
    }
    for function in functions::all() {
        let this = function
            .of
            .map(|base| format!("this: {}", written(Type::of(base))));
        let takes = function
            .takes
            .iter()
            .map(|(name, takes)| format!("{name}: {}", written(*takes)));
        let takes: Vec<String> = this.into_iter().chain(takes).collect();
        let examples: Vec<String> = function
            .examples
            .iter()
            .map(|(expression, prints)| format!("`{expression}` → {prints}"))
            .collect();
        let said: Vec<&str> = std::iter::once(function.summary)
            .chain(examples.iter().map(String::as_str))
            .collect();
        line(
            &mut out,
            &said,
            &format!(
                "fn {}({}) -> {};",
                function.name,
                takes.join(", "),
                written(function.gives)
            ),
        );
    }
    for operator in functions::OPERATORS {
        let (left, sign, right) = operator.parts;
        line(
            &mut out,
            &[operator.summary],
            &format!(
                "op {sign}({}, {}) -> {};",
                written(left),
                written(right),
                written(operator.gives)
            ),
        );
    }
    out
}

fn hook(
    out: &mut String,
    name: &str,
    arguments: impl Iterator<Item = (&'static str, View)>,
    answers: &str,
    summary: &str,
) {
    let arguments: Vec<String> = arguments
        .map(|(argument, view)| format!("{argument}: {}", type_name(view.name())))
        .collect();
    let arguments = arguments.join(", ");
    line(
        out,
        &[summary],
        &format!("fn {name}({arguments}) -> {answers};"),
    );
}

fn getters(
    out: &mut String,
    of: &str,
    path: &str,
    rows: impl IntoIterator<Item = (&'static str, Type, &'static str)>,
) {
    for (name, gives, summary) in rows {
        let is = format!("`{path}.{name}`: {gives}.");
        line(
            out,
            &[summary, &is],
            &format!(
                "fn get {name}({path_name}: {of}) -> {};",
                written(gives),
                path_name = argument(path)
            ),
        );
    }
}

/// The last part of a path, as the name of an argument.
fn argument(path: &str) -> &str {
    path.rsplit('.').next().unwrap_or(path)
}

/// A definition with what is said of it.
fn line(out: &mut String, said: &[&str], definition: &str) {
    // Writing to a String can't fail.
    let _ = writeln!(out);
    for sentence in said {
        let _ = writeln!(out, "/// {sentence}");
    }
    let _ = writeln!(out, "{definition}");
}

/// A type as definitions write it. What a list holds stands in the sentence beside it.
fn written(of: Type) -> String {
    let name = match of.base {
        _ if of.list => "Array".to_string(),
        Base::Any => return "?".into(),
        Base::Nothing => return "()".into(),
        Base::Flag => "bool".into(),
        Base::Number => "int".into(),
        Base::Decimal => "Decimal".into(),
        Base::Text | Base::Kind | Base::Word(_) => "String".into(),
        Base::Time => "Time".into(),
        Base::Span => "Span".into(),
        Base::View(view) => type_name(view.name()),
        Base::Message => "Message".into(),
        Base::Answer => "Answer".into(),
    };
    if of.absent {
        format!("{name} | ()")
    } else {
        name
    }
}

/// `due message` → `DueMessage`.
fn type_name(name: &str) -> String {
    let words = name.split(' ').map(|word| {
        let mut letters = word.chars();
        let first = letters.next().map(|letter| letter.to_ascii_uppercase());
        first.into_iter().chain(letters).collect::<String>()
    });
    words.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definitions_for_editors() {
        insta::assert_snapshot!(definitions());
    }

    #[test]
    fn every_definition_is_of_its_own() {
        let text = definitions();
        let mut lines: Vec<&str> = text
            .lines()
            .filter(|line| !line.starts_with("//"))
            .collect();
        lines.retain(|line| !line.is_empty());
        let count = lines.len();
        lines.sort_unstable();
        lines.dedup();
        assert_eq!(lines.len(), count);
    }
}
