//! Finds unknown properties, functions and words before anything runs: follows the facts from the
//! hooks' parameters through variables, closures and the script's own functions.
//!
//! What can't be followed (a value out of a map, a variable that holds one thing and then another)
//! is taken as it is: the check is never wrong about what it tells.

mod calls;
mod chains;
mod operators;
mod statements;
mod words;

use rappel_core::diagnostic::codes;
use rhai::{Position, Stmt};

use super::{Found, Own};
use crate::facts::{Base, Type, View};
use crate::hooks::{CHECK, PLAN};
use crate::sandbox::{Function, Script};

/// How many ways of calling the script's functions are looked at.
const MOST_CALLS: usize = 500;

pub(super) fn check(script: &Script, own: Option<&Own>) -> Vec<Found> {
    let mut follow = Follow {
        script,
        own,
        found: Vec::new(),
        seen: Vec::new(),
        frame: Frame::default(),
    };
    let windows = |views: [View; 3]| views.map(Type::view).to_vec();
    let plan = windows([View::Event, View::Visit, View::Settings]);
    let check = windows([View::Message, View::Visit, View::Settings]);
    for (name, params, types) in [("plan", PLAN, plan), ("check", CHECK, check)] {
        if let Some(function) = script.function(name, params.len()) {
            follow.hook(function, types);
        }
    }
    // Functions that no hook comes to still have their slips told.
    for function in script.functions.iter().filter(|f| !f.is_closure()) {
        if !follow
            .seen
            .iter()
            .any(|seen| seen.function == function.name)
        {
            follow.function(function, vec![Type::ANY; function.params.len()]);
        }
    }
    let mut found = follow.found;
    found.sort_by_key(|found| (found.position.line(), found.position.position()));
    found.dedup();
    found
}

/// A type, or `None` where no value comes: after `return` or `throw`.
type Value = Option<Type>;

/// What a value is that comes from one of two ways.
fn either(one: Value, other: Value) -> Value {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.join(other)),
        (one, other) => one.or(other),
    }
}

/// A way of calling one of the script's functions, and what it answers; `None` while it is looked at.
struct Seen {
    function: String,
    types: Vec<Type>,
    gives: Option<Type>,
}

/// What is known inside one function.
#[derive(Default)]
struct Frame {
    variables: Vec<(String, Type)>,
    /// What `return` answers.
    returns: Value,
    /// How many of the variables are facts that can't be changed: a hook's arguments.
    facts: usize,
}

struct Follow<'s> {
    script: &'s Script,
    own: Option<&'s Own>,
    found: Vec<Found>,
    seen: Vec<Seen>,
    frame: Frame,
}

impl Follow<'_> {
    fn hook(&mut self, function: &Function, types: Vec<Type>) {
        let gives = self.body(function, types, true);
        let message = |gives: Type| gives.base == Base::Message || gives.base == Base::Any;
        let (fine, help) = match function.name.as_str() {
            "plan" => (
                message(gives) && !gives.absent,
                "end it with a list of messages; `[]` where there are none",
            ),
            _ => (
                matches!(gives.base, Base::Answer | Base::Any) && !gives.absent && !gives.list,
                "end it with allow(), skip(…), hold(…) or via(…)",
            ),
        };
        if !fine {
            let hook = &function.name;
            let what = if gives.absent || gives.base == Base::Nothing {
                format!("`{hook}` can end without an answer")
            } else {
                format!("`{hook}` answers a {gives}")
            };
            self.tell(Found::new(codes::BAD_HOOK, function.position, what).help(help));
        }
    }

    /// What a function of the script answers when it is called with values of these types.
    fn function(&mut self, function: &Function, types: Vec<Type>) -> Type {
        let same = |seen: &&Seen| seen.function == function.name && seen.types == types;
        if let Some(seen) = self.seen.iter().find(same) {
            return seen.gives.unwrap_or(Type::ANY);
        }
        if self.seen.len() >= MOST_CALLS {
            return Type::ANY;
        }
        let place = self.seen.len();
        self.seen.push(Seen {
            function: function.name.clone(),
            types: types.clone(),
            gives: None,
        });
        let gives = self.body(function, types, false);
        if let Some(seen) = self.seen.get_mut(place) {
            seen.gives = Some(gives);
        }
        gives
    }

    fn body(&mut self, function: &Function, types: Vec<Type>, hook: bool) -> Type {
        let variables: Vec<_> = function.params.iter().cloned().zip(types).collect();
        let inner = Frame {
            facts: if hook { variables.len() } else { 0 },
            variables,
            returns: None,
        };
        let outer = std::mem::replace(&mut self.frame, inner);
        let last = self.block(&function.body);
        let frame = std::mem::replace(&mut self.frame, outer);
        either(last, frame.returns).unwrap_or(Type::ANY)
    }

    /// What the last of some statements gives; the variables they define go with them.
    fn block(&mut self, statements: &[Stmt]) -> Value {
        let outside = self.frame.variables.len();
        let mut last = Some(Type::NOTHING);
        let mut reached = true;
        for statement in statements {
            let value = self.statement(statement);
            if reached {
                last = value;
                reached = value.is_some();
            }
        }
        self.frame.variables.truncate(outside);
        last
    }

    fn variable(&self, name: &str) -> Option<Type> {
        let mut variables = self.frame.variables.iter().rev();
        variables
            .find(|(known, _)| known == name)
            .map(|(_, of)| *of)
    }

    fn tell(&mut self, found: Found) {
        self.found.push(found);
    }

    fn misfit(&mut self, position: Position, message: String, help: &str) {
        self.tell(Found::new(codes::WRONG_TYPE, position, message).help(help));
    }
}
