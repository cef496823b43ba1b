//! A script that was read: what runs, and its functions as trees that checks can look at.

use rhai::{AST, ASTNode, Position, Stmt};

/// A script that was read and uses nothing that scripts can't use.
#[derive(Clone, Debug)]
pub struct Script {
    pub(crate) ast: AST,
    pub(crate) functions: Vec<Function>,
}

/// A function of a script, or one of its closures.
#[derive(Clone, Debug)]
pub(crate) struct Function {
    /// Its name; a closure's is made up by Rhai.
    pub(crate) name: String,
    /// Its parameters; a closure's begin with the variables it captures.
    pub(crate) params: Vec<String>,
    /// Whether it is written for one type (`fn Visit.f()`).
    pub(crate) typed: bool,
    /// Where its body begins.
    pub(crate) position: Position,
    /// Its statements.
    pub(crate) body: Vec<Stmt>,
}

impl Function {
    /// Whether it is a closure.
    pub(crate) fn is_closure(&self) -> bool {
        self.name.starts_with("anon$")
    }
}

impl Script {
    pub(super) fn new(ast: AST) -> Self {
        let mut functions: Vec<_> = ast
            .iter_fn_def()
            .map(|def| Function {
                name: def.name.to_string(),
                params: def.params.iter().map(ToString::to_string).collect(),
                typed: def.this_type.is_some(),
                position: def.body.start_position(),
                body: body(&ast, &def.name, def.params.len()),
            })
            .collect();
        // Rhai keeps functions in the order of their hashes; slips are told in the file's.
        functions.sort_by_key(|function| {
            (
                function.position.line(),
                function.position.position(),
                function.name.clone(),
            )
        });
        Self { ast, functions }
    }

    /// Whether the script has a function of this name and number of parameters.
    pub fn has(&self, name: &str, parameters: usize) -> bool {
        self.function(name, parameters).is_some()
    }

    pub(crate) fn function(&self, name: &str, parameters: usize) -> Option<&Function> {
        self.functions
            .iter()
            .find(|function| function.name == name && function.params.len() == parameters)
    }

    /// What the file says of itself: its `//!` lines, without the marks.
    pub fn doc(&self) -> String {
        let lines = self.ast.doc().lines();
        let lines: Vec<_> = lines
            .map(|line| line.trim_start_matches("//!").trim())
            .collect();
        lines.join("\n")
    }
}

/// The statements of one function: Rhai shows them only in a walk over all of a tree.
fn body(ast: &AST, name: &str, parameters: usize) -> Vec<Stmt> {
    // Not `clone_functions_only_filtered`: into an empty module Rhai 1.27 clones without filtering.
    let mut alone = ast.clone_functions_only();
    alone.retain_functions(|_, _, other, count| other == name && count == parameters);
    let mut statements = Vec::new();
    alone.walk(&mut |path| {
        if let [ASTNode::Stmt(statement)] = path {
            statements.push((*statement).clone());
        }
        true
    });
    statements
}
