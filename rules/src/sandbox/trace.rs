//! Which places of a script are come to: a copy of it is read in which each statement, each answer of a
//! `switch` and each closure begins with a call that leaves a mark. The script itself runs without them.

use std::cell::RefCell;
use std::collections::BTreeMap;

use rhai::{Engine, Expr, Position, Stmt};

use super::script::Script;
use super::tree::Node;
use super::{Sandbox, slip};

/// The call that leaves a mark. No script can name it: it isn't among the functions that one may call.
const MARK: &str = "__reached";

thread_local! {
    /// The marks that were left on this thread, in their order.
    static LEFT: RefCell<Vec<usize>> = const { RefCell::new(Vec::new()) };
}

pub(super) fn register(engine: &mut Engine) {
    engine.register_fn(MARK, |number: i64| {
        if let Ok(number) = usize::try_from(number) {
            LEFT.with_borrow_mut(|left| left.push(number));
        }
    });
}

/// A place of a script at which something begins: line and column, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The line.
    pub line: u32,
    /// The column, in characters.
    pub column: u32,
}

/// A script that tells to which of its places it comes.
#[derive(Clone, Debug)]
pub(crate) struct Traced {
    /// The copy. Its lines are those of the script.
    pub(crate) script: Script,
    /// The places, in their order; the marks are their numbers.
    pub(crate) places: Vec<Place>,
}

/// Runs something, and tells the marks that were left meanwhile, in their order.
pub(crate) fn follow<R>(run: impl FnOnce() -> R) -> (R, Vec<usize>) {
    LEFT.with_borrow_mut(Vec::clear);
    let result = run();
    (result, LEFT.with_borrow_mut(std::mem::take))
}

impl Sandbox {
    /// Reads the copy of a script that was read; `None` where the marks make it larger than the limits
    /// allow.
    pub(crate) fn traced(&self, text: &str, script: &Script) -> Option<Traced> {
        let mut marks = Marks {
            text,
            bare: without_comments(text),
            found: BTreeMap::new(),
        };
        for function in &script.functions {
            for stmt in &function.body {
                marks.statement(stmt);
            }
        }
        let mut copy = text.to_string();
        for (number, (offset, mark)) in marks.found.iter().enumerate().rev() {
            let ending = match mark.form {
                Form::Statement => ";",
                Form::Value => " ??",
            };
            copy.insert_str(*offset, &format!("{MARK}({number}){ending} "));
        }
        let ast = super::budget::guarded(|| self.engine.compile(copy))
            .ok()?
            .ok()?;
        let places = marks.found.into_values().map(|mark| mark.place);
        Some(Traced {
            script: Script::new(ast),
            places: places.collect(),
        })
    }
}

/// How a mark is put before something.
#[derive(Clone, Copy)]
enum Form {
    /// As a statement of its own.
    Statement,
    /// In the same expression: the mark is `()`, so that what stands behind `??` is the value.
    Value,
}

struct Mark {
    form: Form,
    place: Place,
}

/// Where marks belong, by their offsets in the text.
struct Marks<'t> {
    text: &'t str,
    bare: Vec<u8>,
    found: BTreeMap<usize, Mark>,
}

impl Marks<'_> {
    /// A statement and what is inside it.
    fn statement(&mut self, stmt: &Stmt) {
        let start = match stmt {
            Stmt::Noop(_) | Stmt::Block(_) | Stmt::Share(_) => None,
            Stmt::Expr(expr) => Some((first(Node::Expr(expr)), Form::Value)),
            Stmt::FnCall(..) => Some((first(Node::Stmt(stmt)), Form::Value)),
            // Its position is that of the operator.
            Stmt::Assignment(x) => Some((first(Node::Expr(&x.1.lhs)), Form::Statement)),
            stmt => Some((stmt.position(), Form::Statement)),
        };
        if let Some((position, form)) = start {
            self.mark(position, form);
        }
        self.inside(Node::Stmt(stmt));
    }

    fn inside(&mut self, node: Node<'_>) {
        if let Node::Stmt(Stmt::Switch(x, ..)) = node {
            for case in &x.1.expressions {
                // A block's statements have marks of their own.
                if !matches!(case.rhs, Expr::Stmt(_)) {
                    self.mark(first(Node::Expr(&case.rhs)), Form::Value);
                }
            }
        }
        let told = matches!(node, Node::Expr(Expr::InterpolatedString(..)));
        for child in node.children() {
            match child {
                // What stands in a text is come to with the text.
                Node::Expr(Expr::Stmt(block)) if told => {
                    let all = block.statements().iter();
                    all.for_each(|stmt| self.inside(Node::Stmt(stmt)));
                }
                Node::Stmt(stmt) => self.statement(stmt),
                expr => self.inside(expr),
            }
        }
    }

    fn mark(&mut self, position: Position, form: Form) {
        let (Some(line), Some(column)) = (position.line(), position.position()) else {
            return;
        };
        let offset = slip::place(self.text, position).start;
        let before = self.bare.get(..offset).unwrap_or_default();
        let before = before.iter().rev().find(|c| !c.is_ascii_whitespace());
        let form = match (form, before) {
            // An `if` or `switch` that is no statement: it is the value of a closure, …
            (Form::Statement, Some(b'|')) => Form::Value,
            // … or of what has a mark already, or follows an `else`.
            (Form::Statement, before) if !matches!(before, Some(b'{' | b'}' | b';')) => return,
            (form, _) => form,
        };
        let number = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        let place = Place {
            line: number(line),
            column: number(column),
        };
        self.found.entry(offset).or_insert(Mark { form, place });
    }
}

/// The first position of a node and all inside it: an operator's own is behind its left side.
fn first(node: Node<'_>) -> Position {
    let own = match node {
        Node::Stmt(stmt) => stmt.position(),
        Node::Expr(expr) => expr.start_position(),
    };
    let order = |position: &Position| (position.line(), position.position());
    let inside = node.children().into_iter().map(first);
    inside
        .chain([own])
        .filter(|position| !position.is_none())
        .min_by_key(order)
        .unwrap_or(Position::NONE)
}

/// The text with blanks where comments stand, byte by byte.
fn without_comments(text: &str) -> Vec<u8> {
    let mut bare = text.as_bytes().to_vec();
    let mut place = 0;
    while let Some(rest) = text.as_bytes().get(place..).filter(|rest| !rest.is_empty()) {
        let (length, comment) = match rest {
            [b'/', b'/', ..] => (until(rest, b"\n", 0), true),
            [b'/', b'*', ..] => (nested(rest), true),
            [quote @ (b'"' | b'`'), ..] => (quoted(rest, *quote), false),
            _ => (1, false),
        };
        if comment && let Some(stretch) = bare.get_mut(place..place + length) {
            stretch.fill(b' ');
        }
        place += length;
    }
    bare
}

/// How long a text is up to and without `end`.
fn until(text: &[u8], end: &[u8], from: usize) -> usize {
    let windows = text.windows(end.len()).skip(from);
    let found = windows.zip(from..).find(|(window, _)| *window == end);
    found.map_or(text.len(), |(_, place)| place)
}

/// How long a comment is that may hold others.
fn nested(text: &[u8]) -> usize {
    let (mut depth, mut place) = (0, 0);
    while let Some(pair) = text.get(place..place + 2) {
        match pair {
            b"/*" => (depth, place) = (depth + 1, place + 2),
            b"*/" => (depth, place) = (depth - 1, place + 2),
            _ => place += 1,
        }
        if depth == 0 {
            return place;
        }
    }
    text.len()
}

/// How long a quoted text is, its quotes included.
fn quoted(text: &[u8], quote: u8) -> usize {
    let mut place = 1;
    while let Some(byte) = text.get(place) {
        match *byte {
            b'\\' => place += 2,
            byte if byte == quote => return place + 1,
            _ => place += 1,
        }
    }
    text.len()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::hooks::SANDBOX;

    /// The text from each place that `f(2)` doesn't come to, up to the line's end.
    fn missed(text: &str) -> Vec<&str> {
        let script = SANDBOX.compile(text).unwrap();
        let traced = SANDBOX.traced(text, &script).unwrap();
        let plain = SANDBOX.call(&script, "f", (2_i64,)).unwrap();
        let (value, left) = follow(|| SANDBOX.call(&traced.script, "f", (2_i64,)).unwrap());
        assert_eq!(plain.to_string(), value.to_string(), "{text}");
        let places = traced.places.iter().enumerate();
        places
            .filter(|(number, _)| !left.contains(number))
            .map(|(_, place)| {
                let line = text.lines().nth(place.line as usize - 1).unwrap();
                line.char_indices()
                    .nth(place.column as usize - 1)
                    .map(|(start, _)| &line[start..])
                    .unwrap()
            })
            .collect()
    }

    #[test]
    fn what_is_not_come_to_is_told_and_the_copy_answers_the_same() {
        for (body, expected) in [
            ("x + 1", &[] as &[&str]),
            ("if x == 1 { return 5; } x * 2", &["return 5; } x * 2 }"]),
            (
                "let y = if x == 1 { 5 } else { 6 }; y",
                &["5 } else { 6 }; y }"],
            ),
            (
                "if x == 1 { 5 } else if x == 2 { 6 } else { 7 }",
                &["5 } else if x == 2 { 6 } else { 7 } }", "7 } }"],
            ),
            (
                "switch x { 1 => 5, 2 => x + 4, _ => { return 7; } }",
                &["5, 2 => x + 4, _ => { return 7; } } }", "return 7; } } }"],
            ),
            (
                "let a = switch x { 1 => [], 2 if x > 5 => [x], _ => [8] }; a",
                &[
                    "[], 2 if x > 5 => [x], _ => [8] }; a }",
                    "[x], _ => [8] }; a }",
                ],
            ),
            ("[1].map(|n| n + x).len()", &[]),
            ("[].map(|n| n + 1).len()", &["n + 1).len() }"]),
            (
                "[1].map(|n| if n == 2 { 3 } else { 4 })",
                &["3 } else { 4 }) }"],
            ),
            (
                "[1, 2].map(|n| { let m = n; [m].map(|k| k + m) }).len()",
                &[],
            ),
            ("!(x == 1) && -x < 0", &[]),
            ("(x + 1) * 3 == 9 && 2 in [x]", &[]),
            ("let y = 0; for n in 0..x { y += n; } y", &[]),
            (
                "let y = x; while y > 5 { y -= 1; } `it's ${y} // no ${if y == 1 { 3 } else { 4 }}`",
                &[
                    "y -= 1; } `it's ${y} // no ${if y == 1 { 3 } else { 4 }}` }",
                    "3 } else { 4 }}` }",
                ],
            ),
            (
                "/* a { */ let y = \"//\"; // ;\n let z = y + g(x); z } fn g(n) { if n == 1 { \"one\" } else { \"é\" }",
                &["\"one\" } else { \"é\" } }"],
            ),
        ] {
            let text = format!("fn f(x) {{ {body} }}");
            assert_eq!(missed(&text), expected, "{text}");
        }
    }

    #[test]
    fn a_script_cant_leave_marks_itself() {
        assert!(SANDBOX.compile("fn f(x) { __reached(1); x }").is_err());
    }
}
