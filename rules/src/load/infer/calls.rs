//! Calls of functions and methods: that they exist, that their arguments fit, what they give.

use rappel_core::diagnostic::codes;
use rappel_core::nearest;
use rhai::{Expr, FnCallExpr, FnPtr, Position, Stmt};

use super::chains::of;
use super::{Follow, Found};
use crate::facts::{Base, Type};
use crate::functions::{self, Function, form};
use crate::sandbox::{STANDARD, captured, is_capture};

impl Follow<'_> {
    /// `name(arguments)`, and what operators become.
    pub(super) fn call(&mut self, call: &FnCallExpr, position: Position) -> Type {
        let name = call.name.as_str();
        if call.is_operator_call() || name == "contains" {
            return self.operator(call, position);
        }
        let arguments = self.arguments(call, None);
        if let Some(function) = self.script.function(name, call.args.len()) {
            let function = function.clone();
            return self.function(&function, arguments);
        }
        let mut plain = functions::named(name).filter(|function| function.of.is_none());
        if let Some(function) = plain.next() {
            self.fits(function, &call.args, &arguments, position);
            return function.gives;
        }
        if let Some(method) = functions::named(name).next() {
            let whose = method
                .of
                .map_or_else(String::new, |base| of(Type::of(base)));
            let message = format!("`{name}` is a method: {whose} has it");
            self.tell(
                Found::new(codes::POLICY_UNKNOWN_FUNCTION, position, message).help(form(method)),
            );
            return method.gives;
        }
        match name {
            "type_of" | "to_string" => Type::TEXT,
            "parse_int" | "len" => Type::NUMBER,
            "parse_decimal" => Type::DECIMAL,
            "min" | "max" => arguments
                .into_iter()
                .reduce(Type::join)
                .unwrap_or(Type::ANY),
            _ => Type::ANY,
        }
    }

    /// `base.name(arguments)`.
    pub(super) fn method(&mut self, base: Type, call: &FnCallExpr, position: Position) -> Type {
        let name = call.name.as_str();
        let arguments = self.arguments(call, Some(base));
        if self.script.function(name, call.args.len()).is_some() {
            return Type::ANY;
        }
        if base.list
            || !matches!(
                base.base,
                Base::View(_) | Base::Time | Base::Span | Base::Message | Base::Answer
            )
        {
            return self.standard(base, call, &arguments);
        }
        let own: Vec<_> = functions::all()
            .filter(|function| function.of == Some(base.base))
            .collect();
        if let Some(function) = own.iter().find(|function| function.name == name) {
            self.fits(function, &call.args, &arguments, position);
            return function.gives;
        }
        // `visit.start.to_string()`: what works on any value.
        let any = STANDARD
            .iter()
            .any(|standard| standard.name == name && standard.group == "Any value");
        if any || name == "to_string" {
            return Type::TEXT;
        }
        // Rhai takes `hold(time, why)` as `time.hold(why)` too.
        let plain = functions::named(name).find(|function| {
            function.of.is_none()
                && function
                    .takes
                    .first()
                    .is_some_and(|(_, takes)| takes.base == base.base)
        });
        if let Some(function) = plain {
            return function.gives;
        }
        let message = format!("{} has no function `{name}`", of(base));
        let found = Found::new(codes::POLICY_UNKNOWN_FUNCTION, position, message);
        let names = own.iter().map(|function| function.name);
        self.tell(match nearest(name, names) {
            Some(near) => found.help(format!("did you mean `{near}`?")),
            None if own.is_empty() => found,
            None => found.help(format!(
                "it has {}",
                own.iter()
                    .map(|function| form(function))
                    .collect::<Vec<_>>()
                    .join(", ")
            )),
        });
        Type::ANY
    }

    /// A method of Rhai's own.
    fn standard(&mut self, base: Type, call: &FnCallExpr, arguments: &[Type]) -> Type {
        let given = arguments.first().copied().unwrap_or(Type::ANY);
        match call.name.as_str() {
            "len" | "index_of" | "to_int" => Type::NUMBER,
            "is_empty" | "contains" | "some" | "all" | "starts_with" | "ends_with" | "is_odd"
            | "is_even" => Type::FLAG,
            "to_string" | "to_upper" | "to_lower" | "sub_string" => Type::TEXT,
            "split" => Type::TEXT.list(),
            "filter" | "extract" if base.list => base,
            "map" if base.list && !given.list => given.list(),
            "find" if base.list => base.entry().or_absent(),
            "pop" | "shift" | "remove" if base.list => base.entry().or_absent(),
            "push" if base.list => Type::NOTHING,
            "keys" => Type::TEXT.list(),
            _ => Type::ANY,
        }
    }

    /// What the arguments are; a closure is what it gives when it is called for the entries of `list`.
    fn arguments(&mut self, call: &FnCallExpr, list: Option<Type>) -> Vec<Type> {
        let name = call.name.as_str();
        let reduces = name == "reduce";
        let first = call.args.first();
        // `list.reduce(|sum, x| …, 0)`: the sum is what the second argument is.
        let start = if reduces {
            call.args
                .get(1)
                .map_or(Type::ANY, |arg| self.expression(arg))
        } else {
            Type::ANY
        };
        let entry = list.map_or(Type::ANY, Type::entry);
        let mut types = Vec::with_capacity(call.args.len());
        for arg in &call.args {
            types.push(match closure(arg) {
                Some(name) => {
                    let values: &[Type] = if reduces {
                        &[start, entry, Type::NUMBER]
                    } else {
                        &[entry, Type::NUMBER]
                    };
                    self.closure(&name, arg, values)
                }
                None if reduces && !first.is_some_and(|first| std::ptr::eq(first, arg)) => start,
                None => self.expression(arg),
            });
        }
        types
    }

    fn closure(&mut self, name: &str, arg: &Expr, values: &[Type]) -> Type {
        let captured: Vec<Type> = captured(arg)
            .into_iter()
            .map(|name| self.variable(name).unwrap_or(Type::ANY))
            .collect();
        let Some(function) = self
            .script
            .functions
            .iter()
            .find(|f| f.name == name)
            .cloned()
        else {
            return Type::ANY;
        };
        let values = values.iter().copied().chain(std::iter::repeat(Type::ANY));
        let types = captured
            .into_iter()
            .chain(values)
            .take(function.params.len())
            .collect();
        self.body(&function, types, false)
    }

    /// Whether arguments fit a function.
    fn fits(&mut self, function: &Function, args: &[Expr], types: &[Type], position: Position) {
        if args.len() != function.takes.len() {
            let message = match function.takes.len() {
                0 => format!("`{}` takes nothing", function.name),
                1 => format!("`{}` takes one value", function.name),
                takes => format!("`{}` takes {takes} values", function.name),
            };
            self.misfit(
                position,
                message,
                &format!("write it as {}", form(function)),
            );
            return;
        }
        for ((arg, found), (name, takes)) in args.iter().zip(types).zip(function.takes) {
            if let Base::Word(words) = takes.base {
                self.word(words, arg, &format!("`{}` of `{}`", name, function.name));
            }
            if *name == "kind" {
                self.kind(arg);
            }
            if !accepts(*takes, *found) {
                let help = match (takes.base, found.base) {
                    (Base::Time | Base::Span, Base::Number) => {
                        "lengths of time are written as minutes(…), hours(…), days(…), months(…)"
                            .into()
                    }
                    (Base::Number, Base::Span) => {
                        "it is a length of time already; write it without the function".into()
                    }
                    _ => format!("write it as {}", form(function)),
                };
                let message = format!(
                    "`{}` takes a {takes}; this is {}",
                    function.name,
                    of(*found)
                );
                self.misfit(arg.start_position(), message, &help);
            }
        }
    }
}

/// Whether a value of one type can be given where another is taken. What may be absent may be there.
fn accepts(takes: Type, given: Type) -> bool {
    match (takes.base, given.base) {
        (_, Base::Any) | (Base::Any, _) => true,
        (Base::Text | Base::Kind | Base::Word(_), Base::Text | Base::Kind | Base::Word(_)) => {
            takes.list == given.list
        }
        (takes_base, given_base) => takes_base == given_base && takes.list == given.list,
    }
}

/// The name of the function that a closure is.
fn closure(arg: &Expr) -> Option<String> {
    match arg {
        Expr::DynamicConstant(value, _) => value
            .read_lock::<FnPtr>()
            .map(|function| function.fn_name().to_string()),
        Expr::FnCall(call, _) if is_capture(call) => call.args.first().and_then(closure),
        Expr::Stmt(block) => block
            .statements()
            .iter()
            .find_map(|statement| match statement {
                Stmt::Expr(expr) => closure(expr),
                _ => None,
            }),
        _ => None,
    }
}
