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
    pub(crate) examples: &'static [(&'static str, &'static str)],
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
    pub(crate) examples: &'static [(&'static str, &'static str)],
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
