//! A function that is called over and over with the same arguments: its body runs in a scope that
//! holds them already. That takes half the time of a call, which copies them and looks the function up.

use std::cell::RefCell;

use rhai::{
    Caches, Dynamic, EvalAltResult, EvalContext, Expr, Module, Position, Scope, Shared, Stmt,
    StmtBlock,
};

thread_local! {
    /// Which native function a call with values of some types means: found once by each thread, for
    /// all scripts. A name that a script defines itself would be remembered for the others too, so
    /// hooks that call such functions don't use it.
    static RESOLVED: RefCell<Caches> = const { RefCell::new(Caches::new()) };
}

/// How many calls are remembered before all are forgotten: more than the types and functions there are.
const MOST_RESOLVED: usize = 4_000;

use super::budget;
use super::script::{Function, Script};
use super::tree::Node;
use super::{Fault, Sandbox};

/// A function of a script, ready to run again and again.
#[derive(Clone, Debug)]
pub(crate) struct Hook {
    /// The script's functions.
    functions: Shared<Module>,
    /// The statements, as one expression.
    body: Expr,
    /// Whether a closure captures variables: those of the scope become shared by it.
    captures: bool,
    /// Whether it calls functions of its script.
    calls_its_own: bool,
    /// The line on which it begins.
    line: u32,
}

/// The arguments of hooks. No hook can change them.
pub(crate) struct Arguments<F> {
    open: F,
    scope: Scope<'static>,
}

impl<F: Fn() -> [(&'static str, Dynamic); N], const N: usize> Arguments<F> {
    /// Takes the arguments from `open`, again whenever a hook may have left its mark on them.
    pub(crate) fn new(open: F) -> Self {
        let scope = scope(open());
        Self { open, scope }
    }
}

fn scope<const N: usize>(values: [(&'static str, Dynamic); N]) -> Scope<'static> {
    let mut scope = Scope::new();
    for (name, value) in values {
        scope.push_constant_dynamic(name, value);
    }
    scope
}

impl Script {
    /// The function of this name with exactly these parameters.
    pub(crate) fn hook(&self, name: &str, params: &[&str]) -> Option<Hook> {
        let function = self.function(name, params.len())?;
        if function.params != params {
            return None;
        }
        let line = function
            .position
            .line()
            .and_then(|line| u32::try_from(line).ok());
        Some(Hook {
            functions: self.ast.shared_lib().clone(),
            captures: any(function, &|node| matches!(node, Node::Stmt(Stmt::Share(_)))),
            calls_its_own: any(function, &|node| self.is_own_call(node)),
            body: Expr::Stmt(Box::new(StmtBlock::new(
                function.body.iter().cloned(),
                Position::NONE,
                Position::NONE,
            ))),
            line: line.unwrap_or(0),
        })
    }

    fn is_own_call(&self, node: Node<'_>) -> bool {
        let (Node::Stmt(Stmt::FnCall(call, _))
        | Node::Expr(Expr::FnCall(call, _) | Expr::MethodCall(call, _))) = node
        else {
            return false;
        };
        self.functions
            .iter()
            .any(|function| function.name == call.name.as_str())
    }
}

fn any(function: &Function, is: &dyn Fn(Node<'_>) -> bool) -> bool {
    fn inside(node: Node<'_>, is: &dyn Fn(Node<'_>) -> bool) -> bool {
        is(node) || node.children().into_iter().any(|child| inside(child, is))
    }
    function
        .body
        .iter()
        .any(|stmt| inside(Node::Stmt(stmt), is))
}

impl Hook {
    /// The line on which it begins.
    pub(crate) fn line(&self) -> u32 {
        self.line
    }
}

impl Sandbox {
    /// Runs a hook.
    ///
    /// # Errors
    /// When it fails or runs out.
    pub(crate) fn run<F: Fn() -> [(&'static str, Dynamic); N], const N: usize>(
        &self,
        hook: &Hook,
        arguments: &mut Arguments<F>,
    ) -> Result<Dynamic, Fault> {
        let scope = &mut arguments.scope;
        let mut run = |caches: &mut Caches| {
            let mut global = self.engine.new_global_runtime_state();
            global.lib.push(hook.functions.clone());
            EvalContext::new(&self.engine, &mut global, caches, scope, None)
                .eval_expression_tree(&(&hook.body).into())
        };
        let ended = budget::guarded(|| {
            budget::with_steps(self.limits.steps, || {
                if hook.calls_its_own {
                    return run(&mut Caches::new());
                }
                RESOLVED.with_borrow_mut(|caches| {
                    if caches.fn_resolution_cache_mut().dict.len() > MOST_RESOLVED {
                        *caches = Caches::new();
                    }
                    run(caches)
                })
            })
        });
        if hook.captures || ended.is_err() {
            arguments.scope = self::scope((arguments.open)());
        }
        match ended {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(error)) => match *error {
                EvalAltResult::Return(value, _) => Ok(value),
                error => Err(Fault::from_rhai(&error, &self.limits)),
            },
            Err(_) => Err(Fault::panicked()),
        }
    }
}
