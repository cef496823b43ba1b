//! The functions that policies call, each a row with its documentation and examples.
//!
//! The registration with Rhai, the check for unknown functions and wrong words, the reference, and
//! the tests that run the examples all come from the rows, so a new function is one row.

mod answers;
mod asking;
mod messages;
mod time;

use rappel_core::channel::ChannelKind;
use rappel_core::kind::Kind;
use rhai::{Engine, EvalAltResult};

use crate::facts::{Base, Type};
use crate::sandbox::says;

pub(crate) use answers::Given;
pub(crate) use messages::Draft;

/// An expression of a policy, and what it prints.
pub(crate) type Example = (&'static str, &'static str);

/// A function or method.
pub(crate) struct Function {
    /// Its name.
    pub(crate) name: &'static str,
    /// What it is a method of.
    pub(crate) of: Option<Base>,
    /// Its parameters, by name and type.
    pub(crate) takes: &'static [(&'static str, Type)],
    /// What it answers.
    pub(crate) gives: Type,
    /// What it does, in sentences for the reference.
    pub(crate) summary: &'static str,
    /// Expressions and what they print.
    pub(crate) examples: &'static [Example],
    /// Makes it known to an engine.
    pub(crate) register: fn(&mut Engine),
}

/// What can be done with operators.
pub(crate) struct Operator {
    /// `time - span`.
    pub(crate) form: &'static str,
    /// Left, operator, right.
    pub(crate) parts: (Type, &'static str, Type),
    /// What it answers.
    pub(crate) gives: Type,
    /// What it does.
    pub(crate) summary: &'static str,
    /// Expressions and what they print.
    pub(crate) examples: &'static [Example],
}

/// The headings of the reference with their functions.
pub(crate) const GROUPS: &[(&str, &[Function])] = &[
    ("Planning a message", messages::FUNCTIONS),
    ("Answering for a due message", answers::FUNCTIONS),
    ("Time", time::FUNCTIONS),
    ("Asking the facts", asking::FUNCTIONS),
];

/// What operators do with times and spans.
pub(crate) const OPERATORS: &[Operator] = time::OPERATORS;

/// Every function.
pub(crate) fn all() -> impl Iterator<Item = &'static Function> {
    GROUPS.iter().flat_map(|(_, functions)| *functions)
}

/// The functions of a name, for every receiver.
pub(crate) fn named(name: &str) -> impl Iterator<Item = &'static Function> {
    all().filter(move |function| function.name == name)
}

/// Makes every function known to an engine.
pub(crate) fn register_all(engine: &mut Engine) {
    for function in all() {
        (function.register)(engine);
    }
    messages::register_types(engine);
    answers::register_types(engine);
    time::register_operators(engine);
}

/// What a function of the host's answers.
type Answer<T> = Result<T, Box<EvalAltResult>>;

/// The channel that a script names. A fault repeats no value, and a script may name anything.
fn channel(name: &str) -> Answer<ChannelKind> {
    name.parse()
        .map_err(|_| says("there is no such channel; there are sms, email and voice"))
}

/// The kind of message that a script names.
fn kind(name: &str) -> Answer<Kind> {
    Kind::parse(name).map_err(|_| {
        says("this can't name a kind of message: use `a`-`z`, `0`-`9` and `_`, at most 40 characters")
    })
}

/// How a function is written: `skip(why)`, `message(…).at(time)`, `settings.cell(kind, channel)`.
pub(crate) fn form(function: &Function) -> String {
    let takes: Vec<_> = function.takes.iter().map(|(name, _)| *name).collect();
    let call = format!("{}({})", function.name, takes.join(", "));
    match function.of {
        Some(Base::View(view)) => format!("`{}.{call}`", view.path()),
        Some(Base::Message) => format!("`message(…).{call}`"),
        _ => format!("`{call}`"),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::sync::Arc;

    use rappel_core::event::{EventFacts, EventKind};
    use rappel_core::facts::Records;

    use super::*;
    use crate::cases::plain;
    use crate::facts::{Facts, View};
    use crate::hooks::SANDBOX;

    /// The facts that the reference's examples are about.
    fn facts() -> Arc<Facts> {
        let settings = "
            messages.reminder = { sms = \"on\", email = \"online\" }
            reminder.confirmation = true
            hours.allowed = \"Mo-Su 08:00-20:00\"
        ";
        let data = serde_json::json!({
            "appointment": {"id": "a-1", "start": "2026-06-03T14:30", "booked_at": "2026-05-20T10:00"},
            "patient": {"id": "p-1", "channels": {"sms": true, "voice": false}},
        });
        let records = Records::from_data(data.as_object().unwrap()).unwrap();
        let now = "2026-05-20T10:00".parse().unwrap();
        Arc::new(Facts {
            event: Some(EventFacts {
                changes: vec!["start"],
                ..EventFacts::new(EventKind::AppointmentModified, now)
            }),
            message: None,
            visit: records.to_visit().unwrap().0,
            settings: Arc::new(plain().unwrap().with(&settings.parse().unwrap()).unwrap()),
            reads: crate::facts::Reads::default(),
        })
    }

    #[test]
    fn every_example_prints_what_it_says() {
        let facts = facts();
        let functions =
            all().flat_map(|function| function.examples.iter().map(|e| (function.name, e)));
        let operators = OPERATORS
            .iter()
            .flat_map(|o| o.examples.iter().map(|e| (o.form, e)));
        for (name, (expression, prints)) in functions.chain(operators) {
            let text = format!("fn example(event, visit, settings) {{ `${{{expression}}}` }}");
            let script = SANDBOX
                .compile(&text)
                .unwrap_or_else(|slips| panic!("{name}: {slips:?}"));
            let windows = [View::Event, View::Visit, View::Settings].map(|view| view.open(&facts));
            let printed = SANDBOX.call(&script, "example", windows.to_vec());
            assert_eq!(
                printed.unwrap().into_string().unwrap(),
                *prints,
                "{name}: {expression}"
            );
        }
    }

    #[test]
    fn every_function_has_an_example_and_a_sentence() {
        for function in all() {
            assert!(!function.examples.is_empty(), "{}", function.name);
            assert!(function.summary.ends_with('.'), "{}", function.name);
        }
    }

    #[test]
    fn a_name_means_one_function_of_a_receiver() {
        let mut names: Vec<_> = all().map(form).collect();
        let count = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), count);
    }
}
