//! Finds what a script may not use: unknown functions, modules, functions as values, statements
//! outside functions.

use std::collections::BTreeSet;

use rhai::{Dynamic, Expr, FnCallExpr, FnPtr, Position, Stmt};

use super::language::STANDARD;
use super::script::Script;
use super::slip::{Slip, SlipKind};
use super::tree::Node;
use rappel_core::nearest;

/// Looks through the whole script.
pub(super) fn check(script: &Script, known: &BTreeSet<&'static str>) -> Vec<Slip> {
    let mut check = Check {
        script,
        known,
        slips: Vec::new(),
    };
    let outside = script.ast.statements().iter().find(|s| !s.is_noop());
    if let Some(statement) = outside {
        check.slips.push(
            Slip::new(
                SlipKind::Refused,
                statement.position(),
                "a file holds functions only; this stands outside them",
            )
            .help("put it into the function that needs it"),
        );
    }
    for function in &script.functions {
        if function.typed {
            check.refuse(
                function.position,
                "a function can't be written for one type",
                "give the value to the function as a parameter",
            );
        }
        for statement in &function.body {
            check.node(Node::Stmt(statement), Place::Anywhere);
        }
    }
    check.slips
}

/// Whether a function may stand as a value where a node stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// As an argument of `map`, `filter`, …
    Argument,
    Anywhere,
}

struct Check<'s> {
    script: &'s Script,
    known: &'s BTreeSet<&'static str>,
    slips: Vec<Slip>,
}

impl Check<'_> {
    fn node(&mut self, node: Node<'_>, place: Place) {
        let mut inside = Place::Anywhere;
        match node {
            Node::Stmt(Stmt::FnCall(call, position)) => inside = self.call(call, *position),
            Node::Stmt(Stmt::Import(_, position) | Stmt::Export(_, position)) => {
                self.slips.push(Slip::refused("import", *position));
            }
            // A closure with captured variables is a block of its own, with statements that share
            // the variables before it.
            Node::Stmt(Stmt::Expr(_)) | Node::Expr(Expr::Stmt(_)) => inside = place,
            Node::Expr(Expr::FnCall(call, _)) if is_capture(call) => inside = place,
            Node::Expr(Expr::FnCall(call, position)) => inside = self.call(call, *position),
            Node::Expr(Expr::MethodCall(call, position)) => inside = self.call(call, *position),
            Node::Expr(Expr::DynamicConstant(value, position))
                if value.is::<FnPtr>() && place != Place::Argument =>
            {
                self.function_value(*position);
            }
            Node::Expr(Expr::Variable(variable, _, position)) => {
                let (index, name, namespace, _) = &**variable;
                if !namespace.is_empty() {
                    self.refuse(*position, "there are no modules", "a script stands alone");
                }
                // A variable without a place in the scope is the name of a function.
                let functions = &self.script.functions;
                if index.is_none()
                    && functions.iter().any(|f| f.name == name.as_str())
                    && place != Place::Argument
                {
                    self.function_value(*position);
                }
            }
            Node::Expr(Expr::Dot(chain, ..) | Expr::Index(chain, ..)) => {
                self.own_closure(&chain.lhs, &chain.rhs);
            }
            Node::Expr(Expr::ThisPtr(position)) => {
                self.slips.push(Slip::refused("this", *position));
            }
            Node::Expr(Expr::Custom(_, position)) => {
                self.refuse(*position, "this can't be used here", "use plain Rhai");
            }
            _ => {}
        }
        for child in node.children() {
            self.node(child, inside);
        }
    }

    /// Looks at a call; answers where its arguments stand.
    fn call(&mut self, call: &FnCallExpr, position: Position) -> Place {
        let name = call.name.as_str();
        if call.is_qualified() {
            self.refuse(position, "there are no modules", "a script stands alone");
        } else if call.capture_parent_scope {
            self.refuse(
                position,
                "a function can't be given the variables around it",
                "give it the values as parameters",
            );
        } else if !call.is_operator_call() && !self.is_known(name) {
            let mut names: Vec<&str> = self.known.iter().copied().collect();
            names.extend(STANDARD.iter().map(|standard| standard.name));
            let functions = self.script.functions.iter().filter(|f| !f.is_closure());
            names.extend(functions.map(|function| function.name.as_str()));
            let slip = Slip::new(
                SlipKind::UnknownFunction,
                position,
                format!("there is no function `{name}`"),
            );
            self.slips.push(match nearest(name, names) {
                Some(near) => slip.help(format!("did you mean `{near}`?")),
                None => slip,
            });
        }
        let takes = |standard: &super::Standard| standard.closure && standard.name == name;
        if STANDARD.iter().any(takes) {
            Place::Argument
        } else {
            Place::Anywhere
        }
    }

    fn is_known(&self, name: &str) -> bool {
        // Ranges (`0..10`) are calls of functions without a token.
        self.known.contains(name)
            || STANDARD.iter().any(|standard| standard.name == name)
            || self.script.functions.iter().any(|f| f.name == name)
            || !name.starts_with(|c: char| c.is_alphabetic() || c == '_')
    }

    /// `list.map(|x| list…)`: Rhai locks a variable while a method of it runs, and who reads it then
    /// sleeps for 50 ms in vain.
    fn own_closure(&mut self, root: &Expr, chain: &Expr) {
        let Expr::Variable(variable, ..) = root else {
            return;
        };
        let name = variable.1.as_str();
        let mut rest = Some(chain);
        while let Some(expr) = rest {
            let link = match expr {
                Expr::Dot(x, ..) | Expr::Index(x, ..) => {
                    rest = Some(&x.rhs);
                    &x.lhs
                }
                last => {
                    rest = None;
                    last
                }
            };
            let Expr::MethodCall(call, position) = link else {
                continue;
            };
            if call.args.iter().any(|arg| captured(arg).contains(&name)) {
                self.refuse(
                    *position,
                    &format!("`{name}` is used inside a `|…|` of its own method"),
                    &format!(
                        "give what the method is called on a name first: `let list = {name}…;`, then `list.{}(…)`",
                        call.name
                    ),
                );
            }
        }
    }

    fn function_value(&mut self, position: Position) {
        let takers: Vec<_> = STANDARD
            .iter()
            .filter(|standard| standard.closure)
            .map(|standard| standard.name)
            .collect();
        self.refuse(
            position,
            "a function can't be kept or passed on",
            &format!("write it as the argument of {}", takers.join(", ")),
        );
    }

    fn refuse(&mut self, position: Position, message: &str, help: &str) {
        self.slips
            .push(Slip::new(SlipKind::Refused, position, message).help(help));
    }
}

/// Whether Rhai made this call itself, to give a closure the variables it captures. Nobody else can:
/// the word is refused when it is read.
pub(crate) fn is_capture(call: &FnCallExpr) -> bool {
    call.name == "curry"
        && matches!(call.args.first(), Some(Expr::DynamicConstant(value, _)) if is_closure(value))
}

/// The variables that a closure captures.
pub(crate) fn captured(closure: &Expr) -> Vec<&str> {
    let statements = match closure {
        Expr::Stmt(block) => block.statements(),
        _ => &[],
    };
    let calls = statements.iter().filter_map(|statement| match statement {
        Stmt::Expr(expr) => match &**expr {
            Expr::FnCall(call, _) if is_capture(call) => Some(call),
            _ => None,
        },
        _ => None,
    });
    calls
        .flat_map(|call| call.args.iter().skip(1))
        .filter_map(|arg| match arg {
            Expr::Variable(variable, ..) => Some(variable.1.as_str()),
            _ => None,
        })
        .collect()
}

fn is_closure(value: &Dynamic) -> bool {
    value
        .read_lock::<FnPtr>()
        .is_some_and(|function| function.is_anonymous())
}
