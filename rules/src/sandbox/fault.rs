//! Why a script failed while it ran, as a sentence. The values it worked on are never repeated: they
//! are a patient's.

use std::fmt;

use rhai::{Dynamic, EvalAltResult, Position};

use super::limits::Limits;

/// A script that failed while it ran.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The line of its file, from 1; 0 where it can't be told.
    pub line: u32,
    /// What went wrong, as a sentence without a full stop.
    pub reason: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => f.write_str(&self.reason),
            line => write!(f, "line {line}: {}", self.reason),
        }
    }
}

impl std::error::Error for Fault {}

/// A sentence of the host's own functions, as an error that a script's run can end with.
#[derive(Clone, Debug)]
struct Said(String);

/// An error that a function of the host's answers to a script. The sentence must hold no value.
pub fn says(sentence: impl Into<String>) -> Box<EvalAltResult> {
    let said = Dynamic::from(Said(sentence.into()));
    EvalAltResult::ErrorRuntime(said, Position::NONE).into()
}

impl Fault {
    /// A fault without a line.
    pub fn new(reason: impl Into<String>) -> Self {
        Self {
            line: 0,
            reason: reason.into(),
        }
    }

    pub(crate) fn panicked() -> Self {
        Self::new("the interpreter failed; please report the script that made it do so")
    }

    pub(crate) fn from_rhai(error: &EvalAltResult, limits: &Limits) -> Self {
        let mut innermost = error;
        let mut line = line(error.position());
        while let EvalAltResult::ErrorInFunctionCall(_, _, inner, _)
        | EvalAltResult::ErrorInModule(_, inner, _) = innermost
        {
            innermost = inner;
            if let Some(inner) = self::line(innermost.position()) {
                line = Some(inner);
            }
        }
        Self {
            line: line.unwrap_or(0),
            reason: reason(innermost, limits),
        }
    }
}

fn line(position: Position) -> Option<u32> {
    position.line().and_then(|line| u32::try_from(line).ok())
}

fn reason(error: &EvalAltResult, limits: &Limits) -> String {
    use EvalAltResult as E;
    match error {
        E::ErrorTerminated(..) | E::ErrorTooManyOperations(..) => format!(
            "it was stopped after {} steps; is there a loop that never ends?",
            limits.steps
        ),
        E::ErrorStackOverflow(..) => {
            format!("functions call each other more than {} deep", limits.calls)
        }
        E::ErrorTooManyVariables(..) => {
            format!("more than {} variables at once", limits.variables)
        }
        E::ErrorDataTooLarge(what, _) => too_large(what, limits),
        E::ErrorRuntime(value, _) => match value.read_lock::<Said>() {
            Some(said) => said.0.clone(),
            None => "it gave up with `throw`".into(),
        },
        E::ErrorFunctionNotFound(signature, _) => {
            let signature = [
                ("&str | ImmutableString | String", "text"),
                ("i64", "number"),
                ("array", "list"),
            ]
            .iter()
            .fold(signature.replace(" (", "("), |told, (rhai, ours)| {
                told.replace(rhai, ours)
            });
            format!("there is no `{signature}`: the values have the wrong types for it")
        }
        E::ErrorMismatchDataType(expected, found, _)
        | E::ErrorMismatchOutputType(expected, found, _) => {
            format!("expected {expected}, found {found}")
        }
        E::ErrorDotExpr(text, _) => no_property(text),
        E::ErrorPropertyNotFound(name, _) => format!("the map has no `{name}`"),
        E::ErrorIndexNotFound(..) | E::ErrorArrayBounds(..) | E::ErrorStringBounds(..) => {
            "there is nothing at this place of the list, map or text".into()
        }
        E::ErrorIndexingType(..) => "the value has no entries; it may be `()`".into(),
        E::ErrorFor(..) => "`for` needs a list or a range".into(),
        E::ErrorArithmetic(..) => {
            "the calculation has no result: a division by zero, or a number that is too large"
                .into()
        }
        E::ErrorAssignmentToConstant(name, _) => format!("`{name}` can't be changed"),
        E::ErrorNonPureMethodCallOnConstant(name, _) => {
            format!("`{name}` would change what can't be changed")
        }
        E::ErrorVariableNotFound(name, _) => format!("there is no variable `{name}`"),
        _ => "it failed".into(),
    }
}

/// From "Unknown property 'start' - a getter is not registered for type '()'".
fn no_property(text: &str) -> String {
    let quoted: Vec<_> = text.split('\'').skip(1).step_by(2).collect();
    match quoted.as_slice() {
        [property, .., "()"] => {
            format!("`()` has no property `{property}`: what should have it is absent")
        }
        [property, .., kind] => format!("{kind} has no property `{property}`"),
        _ => "the value has no such property".into(),
    }
}

fn too_large(what: &str, limits: &Limits) -> String {
    if what.contains("string") {
        format!("a text grew past {} bytes", limits.text)
    } else if what.contains("map") {
        format!("a map grew past {} entries", limits.map)
    } else {
        format!("a list grew past {} entries", limits.list)
    }
}
