//! Operators: what they give, and comparisons that make no sense.

use rappel_core::diagnostic::codes;
use rhai::{Expr, FnCallExpr, Position};

use super::chains::of;
use super::{Follow, Found};
use crate::facts::{Base, Type};
use crate::functions::OPERATORS;

impl Follow<'_> {
    pub(super) fn operator(&mut self, call: &FnCallExpr, position: Position) -> Type {
        let types: Vec<_> = call.args.iter().map(|arg| self.expression(arg)).collect();
        match (call.name.as_str(), call.args.as_slice(), types.as_slice()) {
            ("!", ..) => Type::FLAG,
            ("-" | "+", [_], [only]) => *only,
            // `a in b` is a call of `contains(b, a)`.
            ("contains", [list, _], [_, needle]) => {
                self.one_of(*needle, list);
                Type::FLAG
            }
            ("==" | "!=", [left, right], [left_type, right_type]) => {
                self.equal((left, *left_type), (right, *right_type), position);
                Type::FLAG
            }
            ("<" | "<=" | ">" | ">=", _, [left, right]) => {
                if definite(*left) && definite(*right) && !same(*left, *right) {
                    let message = format!("{} can't be compared with {}", of(*left), of(*right));
                    self.misfit(position, message, remedy(*left, *right));
                }
                Type::FLAG
            }
            (operator, _, [left, right]) => self.operated(operator, *left, *right, position),
            _ => Type::ANY,
        }
    }

    /// What an arithmetic operator gives.
    pub(super) fn operated(
        &mut self,
        operator: &str,
        left: Type,
        right: Type,
        position: Position,
    ) -> Type {
        let timely = |of: Type| matches!(of.base, Base::Time | Base::Span) && !of.list;
        if !timely(left) && !timely(right) {
            return plain(operator, left, right);
        }
        let fits = |of: Type, wanted: Type| of.base == Base::Any || same(of, wanted);
        let row = OPERATORS.iter().find(|row| {
            let (wanted_left, written, wanted_right) = row.parts;
            written == operator && fits(left, wanted_left) && fits(right, wanted_right)
        });
        if let Some(row) = row {
            return if left.base == Base::Any || right.base == Base::Any {
                Type::ANY
            } else {
                row.gives
            };
        }
        if (operator, left.base, right.base) == ("*", Base::Number, Base::Span) {
            return Type::SPAN;
        }
        // A list takes anything, and a text becomes longer by anything.
        let grows = operator == "+" && (left.list || right.list || texts(left) || texts(right));
        if grows {
            return plain(operator, left, right);
        }
        if definite(left) && definite(right) {
            let message = format!("{} {operator} {} has no meaning", of(left), of(right));
            self.misfit(position, message, remedy(left, right));
        }
        Type::ANY
    }

    fn equal(&mut self, left: (&Expr, Type), right: (&Expr, Type), position: Position) {
        for ((expr, _), (_, other)) in [(left, right), (right, left)] {
            if let Base::Word(words) = other.base
                && !other.list
                && let Expr::StringConstant(word, at) = expr
                && !words.contains(&word.as_str())
            {
                self.never(words, word, *at);
                return;
            }
            if other == Type::KIND {
                self.no_kind(expr);
            }
        }
        let (left, right) = (left.1, right.1);
        let nothing = left.base == Base::Nothing || right.base == Base::Nothing;
        if definite(left) && definite(right) && !same(left, right) && !nothing {
            let message = format!("{} never equals {}", of(left), of(right));
            self.tell(Found::new(codes::NEVER_EQUAL, position, message).help(remedy(left, right)));
        }
    }
}

/// Whether a type tells enough to say that something is wrong.
fn definite(of: Type) -> bool {
    of.base != Base::Any
}

fn texts(of: Type) -> bool {
    matches!(of.base, Base::Text | Base::Kind | Base::Word(_)) && !of.list
}

fn numbers(of: Type) -> bool {
    matches!(of.base, Base::Number | Base::Decimal) && !of.list
}

fn same(left: Type, right: Type) -> bool {
    let alike = (texts(left) && texts(right)) || (numbers(left) && numbers(right));
    alike || (left.base == right.base && left.list == right.list)
}

fn plain(operator: &str, left: Type, right: Type) -> Type {
    match operator {
        "+" if left.list => Type {
            absent: false,
            ..joined(left, right)
        },
        "+" if texts(left) || texts(right) => Type::TEXT,
        "+" | "-" | "*" | "/" | "%" | "**" if left == Type::NUMBER && right == Type::NUMBER => {
            Type::NUMBER
        }
        "+" | "-" | "*" | "/" if numbers(left) && numbers(right) => Type::DECIMAL,
        _ => Type::ANY,
    }
}

/// What a list is after another list, or one entry more, was added.
fn joined(list: Type, more: Type) -> Type {
    let entry = Type {
        list: false,
        ..more
    };
    let before = Type {
        list: false,
        ..list
    };
    // An empty list holds nothing that could be anything else.
    let both = if before.base == Base::Any {
        entry
    } else {
        before.join(entry)
    };
    if both.base == Base::Any {
        Type::of(Base::Any).list()
    } else {
        both.list()
    }
}

fn remedy(left: Type, right: Type) -> &'static str {
    let is = |base: Base| left.base == base || right.base == base;
    if (is(Base::Time) || is(Base::Span)) && is(Base::Number) {
        "lengths of time are written as minutes(…), hours(…), days(…), months(…)"
    } else if is(Base::Time) && is(Base::Text) {
        "a time is written as time(\"2026-06-03 14:30\")"
    } else if is(Base::Time) && is(Base::Span) {
        "the length between two times is `one - other`"
    } else {
        "compare values of one kind"
    }
}
