//! Expressions, and chains of properties and methods: `visit.patient.unreliable`.

use rappel_core::diagnostic::codes;
use rappel_core::nearest;
use rhai::{ASTFlags, Expr, Position};

use super::{Follow, Found, Value};
use crate::facts::{Base, Type, View, own_type, properties};
use crate::sandbox::is_capture;

impl Follow<'_> {
    /// What an expression is; `()` where it never gives anything.
    pub(super) fn expression(&mut self, expr: &Expr) -> Type {
        self.value(expr).unwrap_or(Type::ANY)
    }

    pub(super) fn value(&mut self, expr: &Expr) -> Value {
        Some(match expr {
            Expr::BoolConstant(..) => Type::FLAG,
            Expr::IntegerConstant(..) => Type::NUMBER,
            Expr::StringConstant(..) => Type::TEXT,
            Expr::Unit(..) => Type::NOTHING,
            Expr::InterpolatedString(parts, _) => {
                for part in parts {
                    self.expression(part);
                }
                Type::TEXT
            }
            Expr::Array(entries, _) => {
                let types: Vec<_> = entries.iter().map(|entry| self.expression(entry)).collect();
                match types.into_iter().reduce(Type::join) {
                    Some(entry) if !entry.list => entry.list(),
                    Some(_) => Type::ANY,
                    // An empty list becomes a list of whatever is put into it.
                    None => Type::of(Base::Any).list(),
                }
            }
            Expr::Map(entries, _) => {
                for (_, entry) in &entries.0 {
                    self.expression(entry);
                }
                Type::ANY
            }
            Expr::Variable(variable, ..) => self.variable(&variable.1).unwrap_or(Type::ANY),
            Expr::Stmt(block) => return self.block(block.statements()),
            Expr::And(sides, _) | Expr::Or(sides, _) => {
                for side in sides.iter() {
                    self.expression(side);
                }
                Type::FLAG
            }
            Expr::Coalesce(sides, _) => {
                let types: Vec<_> = sides.iter().map(|side| self.expression(side)).collect();
                let last = types.last().copied().unwrap_or(Type::ANY);
                let joined = types.into_iter().reduce(Type::join).unwrap_or(Type::ANY);
                Type {
                    absent: last.absent,
                    ..joined
                }
            }
            Expr::FnCall(call, position) if !is_capture(call) => self.call(call, *position),
            Expr::Dot(chain, flags, _) => {
                let base = self.expression(&chain.lhs);
                let given = self.link(base, &chain.rhs);
                asked(base, given, *flags)
            }
            Expr::Index(chain, ..) => {
                let base = self.expression(&chain.lhs);
                self.place(base, &chain.rhs)
            }
            _ => Type::ANY,
        })
    }

    /// What follows a dot.
    fn link(&mut self, base: Type, rest: &Expr) -> Type {
        match rest {
            Expr::Property(property, position) => self.property(base, &property.2, *position),
            Expr::MethodCall(call, position) => self.method(base, call, *position),
            Expr::Dot(chain, flags, _) => {
                let base = self.link(base, &chain.lhs);
                let given = self.link(base, &chain.rhs);
                asked(base, given, *flags)
            }
            Expr::Index(chain, ..) => {
                let base = self.link(base, &chain.lhs);
                self.place(base, &chain.rhs)
            }
            _ => Type::ANY,
        }
    }

    /// What stands at a place of a list: `list[0].start`.
    fn place(&mut self, base: Type, rest: &Expr) -> Type {
        match rest {
            Expr::Dot(chain, flags, _) => {
                let base = self.place(base, &chain.lhs);
                let given = self.link(base, &chain.rhs);
                asked(base, given, *flags)
            }
            Expr::Index(chain, ..) => {
                let base = self.place(base, &chain.lhs);
                self.place(base, &chain.rhs)
            }
            place => {
                self.expression(place);
                base.entry()
            }
        }
    }

    fn property(&mut self, base: Type, name: &str, position: Position) -> Type {
        if base.list {
            if !["len", "is_empty"].contains(&name) {
                self.unknown_property(
                    "a list",
                    name,
                    position,
                    ["len", "is_empty"],
                    Some("ask its entries: `list.map(|x| x.…)`, `list[0].…`"),
                );
            }
            return Type::ANY;
        }
        if base.base == Base::View(View::Own) {
            let names = self.names;
            let Some(own) = &names.own else {
                return Type::ANY;
            };
            return match own.get(name) {
                Some(value) => own_type(value),
                None => {
                    let names = own.keys().map(String::as_str);
                    let help = format!("add `{name} = …` to `[own]` in clinic.toml");
                    self.unknown_property(
                        "`[own]` of clinic.toml",
                        name,
                        position,
                        names,
                        Some(&help),
                    );
                    Type::ANY
                }
            };
        }
        let rows = match properties(base.base) {
            Some(rows) => rows,
            None if matches!(base.base, Base::Message | Base::Answer) => Vec::new(),
            None => return Type::ANY,
        };
        match rows.iter().find(|(known, ..)| *known == name) {
            Some((_, gives, _)) => *gives,
            None => {
                let of = of(base);
                let names = rows.iter().map(|(name, ..)| *name);
                self.unknown_property(&of, name, position, names, None);
                Type::ANY
            }
        }
    }

    fn unknown_property<'n>(
        &mut self,
        of: &str,
        name: &str,
        position: Position,
        known: impl IntoIterator<Item = &'n str>,
        otherwise: Option<&str>,
    ) {
        let known: Vec<_> = known.into_iter().collect();
        let help = match (nearest(name, known.iter().copied()), otherwise) {
            (Some(near), _) => format!("did you mean `{near}`?"),
            (None, Some(otherwise)) => otherwise.to_string(),
            (None, None) if known.is_empty() => "it has none".into(),
            (None, None) => format!("it has {}", known.join(", ")),
        };
        let message = format!("{of} has no property `{name}`");
        self.tell(Found::new(codes::UNKNOWN_PROPERTY, position, message).help(help));
    }
}

/// A type as a sentence says it: `visit.patient`, `a time`.
pub(super) fn of(of: Type) -> String {
    match of.base {
        Base::View(view) => format!("`{}`", view.path()),
        _ => format!(
            "a {}",
            Type {
                absent: false,
                ..of
            }
        ),
    }
}

/// `a?.b` is `()` where `a` is.
fn asked(base: Type, given: Type, flags: ASTFlags) -> Type {
    if flags.contains(ASTFlags::NEGATED) && base.absent {
        given.or_absent()
    } else {
        given
    }
}
