//! Statements: what they give, and what they do to variables.

use rappel_core::diagnostic::codes;
use rhai::{ASTFlags, BinaryExpr, Expr, OpAssignment, Stmt};

use super::{Follow, Found, Value, either};
use crate::facts::{Base, Type};

impl Follow<'_> {
    pub(super) fn statement(&mut self, statement: &Stmt) -> Value {
        match statement {
            Stmt::Expr(expr) => self.value(expr),
            Stmt::FnCall(call, position) => Some(self.call(call, *position)),
            Stmt::Block(block) => self.block(block.statements()),
            Stmt::Var(var, ..) => {
                let (name, expr, _) = &**var;
                let given = self.expression(expr);
                self.frame.variables.push((name.name.to_string(), given));
                Some(Type::NOTHING)
            }
            Stmt::Assignment(assignment) => {
                self.assignment(&assignment.0, &assignment.1);
                Some(Type::NOTHING)
            }
            Stmt::If(flow, _) => {
                self.expression(&flow.expr);
                let body = self.block(flow.body.statements());
                let branch = self.block(flow.branch.statements());
                either(body, branch)
            }
            Stmt::Switch(switch, _) => {
                self.expression(&switch.0);
                let cases = &switch.1;
                let mut given = if cases.def_case.is_some() {
                    None
                } else {
                    Some(Type::NOTHING)
                };
                for case in &cases.expressions {
                    self.expression(&case.lhs);
                    let value = self.value(&case.rhs);
                    given = either(given, value);
                }
                given
            }
            Stmt::While(flow, _) | Stmt::Do(flow, ..) => {
                self.repeated(|follow| {
                    follow.expression(&flow.expr);
                    follow.block(flow.body.statements());
                });
                // `loop { … break value }` has the value of its `break`.
                Some(if flow.expr.is_unit() {
                    Type::ANY
                } else {
                    Type::NOTHING
                })
            }
            Stmt::For(parts, _) => {
                let (name, counter, flow) = &**parts;
                let list = self.expression(&flow.expr);
                let outside = self.frame.variables.len();
                self.repeated(|follow| {
                    follow
                        .frame
                        .variables
                        .push((name.name.to_string(), list.entry()));
                    if let Some(counter) = counter {
                        follow
                            .frame
                            .variables
                            .push((counter.name.to_string(), Type::NUMBER));
                    }
                    follow.block(flow.body.statements());
                    follow.frame.variables.truncate(outside);
                });
                Some(Type::NOTHING)
            }
            Stmt::TryCatch(flow, _) => {
                let body = self.block(flow.body.statements());
                let outside = self.frame.variables.len();
                if let Expr::Variable(variable, ..) = &flow.expr {
                    self.frame
                        .variables
                        .push((variable.1.to_string(), Type::ANY));
                }
                let caught = self.block(flow.branch.statements());
                self.frame.variables.truncate(outside);
                either(body, caught)
            }
            Stmt::Return(expr, flags, _) => {
                let given = expr
                    .as_ref()
                    .map_or(Type::NOTHING, |expr| self.expression(expr));
                if !flags.contains(ASTFlags::BREAK) {
                    self.frame.returns = either(self.frame.returns, Some(given));
                }
                None
            }
            Stmt::BreakLoop(expr, ..) => {
                if let Some(expr) = expr {
                    self.expression(expr);
                }
                None
            }
            _ => Some(Type::NOTHING),
        }
    }

    /// What a loop repeats: a variable may be something else the second time, so slips are told then.
    fn repeated(&mut self, pass: impl Fn(&mut Self)) {
        let told = self.found.len();
        pass(self);
        self.found.truncate(told);
        pass(self);
    }

    fn assignment(&mut self, operator: &OpAssignment, sides: &BinaryExpr) {
        let given = self.expression(&sides.rhs);
        let Expr::Variable(variable, _, position) = &sides.lhs else {
            // `visit.start = …`; an entry of a list or map of the policy's own is fine.
            if let Expr::Dot(chain, ..) = &sides.lhs
                && let Base::View(_) | Base::Time | Base::Span = self.expression(&chain.lhs).base
            {
                self.tell(
                    Found::new(
                        codes::FACT_CHANGED,
                        sides.lhs.start_position(),
                        "facts can't be changed",
                    )
                    .help("keep what you need in a variable: `let x = …;`"),
                );
            } else {
                self.expression(&sides.lhs);
            }
            return;
        };
        let name = variable.1.as_str();
        let mut places = (0..self.frame.variables.len()).rev();
        let known = places.find(|place| {
            self.frame
                .variables
                .get(*place)
                .is_some_and(|(known, _)| known == name)
        });
        let Some(place) = known else { return };
        if place < self.frame.facts {
            self.tell(
                Found::new(
                    codes::FACT_CHANGED,
                    *position,
                    format!("`{name}` can't be changed: facts are what they are"),
                )
                .help("give the value a name of its own: `let x = …;`"),
            );
            return;
        }
        let before = self
            .frame
            .variables
            .get(place)
            .map_or(Type::ANY, |(_, of)| *of);
        let after = match operator.get_op_assignment_info() {
            Some((.., operator)) => self.operated(operator, before, given, sides.rhs.position()),
            None => before.join(given),
        };
        if let Some((_, of)) = self.frame.variables.get_mut(place) {
            *of = after;
        }
    }
}
