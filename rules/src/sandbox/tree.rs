//! The parts of a script's syntax tree. Rhai's own walk leaves out what `break` answers.

use rhai::{Expr, Stmt};

/// A statement or an expression.
#[derive(Clone, Copy)]
pub(crate) enum Node<'a> {
    Stmt(&'a Stmt),
    Expr(&'a Expr),
}

impl<'a> Node<'a> {
    /// The nodes directly inside, in the order in which they are written.
    pub(crate) fn children(self) -> Vec<Node<'a>> {
        match self {
            Node::Stmt(stmt) => of_statement(stmt),
            Node::Expr(expr) => of_expression(expr),
        }
    }
}

fn stmts<'a>(statements: impl IntoIterator<Item = &'a Stmt>) -> impl Iterator<Item = Node<'a>> {
    statements.into_iter().map(Node::Stmt)
}

fn exprs<'a>(expressions: impl IntoIterator<Item = &'a Expr>) -> impl Iterator<Item = Node<'a>> {
    expressions.into_iter().map(Node::Expr)
}

fn of_statement(stmt: &Stmt) -> Vec<Node<'_>> {
    match stmt {
        Stmt::Var(x, ..) => exprs([&x.1]).collect(),
        Stmt::If(x, ..) | Stmt::While(x, ..) | Stmt::Do(x, ..) => exprs([&x.expr])
            .chain(stmts(x.body.statements()))
            .chain(stmts(x.branch.statements()))
            .collect(),
        Stmt::TryCatch(x, ..) => stmts(x.body.statements())
            .chain(stmts(x.branch.statements()))
            .collect(),
        Stmt::For(x, ..) => exprs([&x.2.expr])
            .chain(stmts(x.2.body.statements()))
            .collect(),
        Stmt::Switch(x, ..) => exprs([&x.0])
            .chain(exprs(
                x.1.expressions
                    .iter()
                    .flat_map(|case| [&case.lhs, &case.rhs]),
            ))
            .collect(),
        Stmt::Assignment(x) => exprs([&x.1.lhs, &x.1.rhs]).collect(),
        Stmt::FnCall(x, ..) => exprs(&x.args).collect(),
        Stmt::Block(x) => stmts(x.statements()).collect(),
        Stmt::Expr(x) => vec![Node::Expr(x)],
        Stmt::Return(Some(x), ..) | Stmt::BreakLoop(Some(x), ..) => vec![Node::Expr(x)],
        Stmt::Import(x, ..) => exprs([&x.0]).collect(),
        _ => Vec::new(),
    }
}

fn of_expression(expr: &Expr) -> Vec<Node<'_>> {
    match expr {
        Expr::Stmt(x) => stmts(x.statements()).collect(),
        Expr::InterpolatedString(x, ..) | Expr::Array(x, ..) => exprs(x).collect(),
        Expr::Map(x, ..) => exprs(x.0.iter().map(|(_, value)| value)).collect(),
        Expr::Index(x, ..) | Expr::Dot(x, ..) => exprs([&x.lhs, &x.rhs]).collect(),
        Expr::And(x, ..) | Expr::Or(x, ..) | Expr::Coalesce(x, ..) => exprs(&**x).collect(),
        Expr::FnCall(x, ..) | Expr::MethodCall(x, ..) => exprs(&x.args).collect(),
        Expr::Custom(x, ..) => exprs(&x.inputs).collect(),
        _ => Vec::new(),
    }
}
