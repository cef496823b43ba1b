//! Where scripts run: Rhai without anything that could wait, read, write, or use up the host.
//!
//! A [`Sandbox`] reads scripts and calls their functions. What a script may use is bounded by
//! [`Limits`]; a script that fails or runs out gives a [`Fault`], never a panic, and the host goes on.

mod budget;
mod fault;
mod hook;
mod language;
mod limits;
mod refuse;
mod script;
mod slip;
mod trace;
mod tree;

use std::collections::BTreeSet;

use rhai::{CallFnOptions, Dynamic, Engine, FuncArgs, Scope};

pub use fault::{Fault, says};
pub(crate) use hook::{Arguments, Hook};
pub use language::{STANDARD, Standard};
pub use limits::Limits;
pub use script::Script;
pub use slip::{Slip, SlipKind};
pub use trace::Place;
pub(crate) use {
    refuse::{captured, is_capture},
    script::Function,
    slip::place,
    trace::{Traced, follow},
    tree::Node,
};

/// An engine with limits. Build it once and share it: reading and calling change nothing in it.
#[derive(Debug)]
pub struct Sandbox {
    engine: Engine,
    limits: Limits,
    functions: BTreeSet<&'static str>,
}

impl Sandbox {
    /// A sandbox whose scripts may call the [`STANDARD`] functions and those that `register` adds;
    /// `functions` are the names of those. Registered functions must be quick and bounded: the limits
    /// count a script's steps, not what happens inside one.
    pub fn new(
        limits: Limits,
        functions: impl IntoIterator<Item = &'static str>,
        register: impl FnOnce(&mut Engine),
    ) -> Self {
        let mut engine = language::engine(&limits);
        register(&mut engine);
        trace::register(&mut engine);
        Self {
            engine,
            limits,
            functions: functions.into_iter().collect(),
        }
    }

    /// How much its scripts may use.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Reads a script.
    ///
    /// # Errors
    /// The first slip in its form, or everything it uses and may not use.
    pub fn compile(&self, text: &str) -> Result<Script, Vec<Slip>> {
        match self.read(text)? {
            (script, slips) if slips.is_empty() => Ok(script),
            (_, slips) => Err(slips),
        }
    }

    /// Reads a script that may use what it can't: whoever wants to tell all that is wrong with it looks at
    /// the script too. It must not be called while there are slips.
    ///
    /// # Errors
    /// The first slip in its form.
    pub(crate) fn read(&self, text: &str) -> Result<(Script, Vec<Slip>), Vec<Slip>> {
        if text.len() > self.limits.source {
            let longest = self.limits.source / 1024;
            return Err(vec![Slip::new(
                SlipKind::Form,
                rhai::Position::NONE,
                format!("the file is longer than {longest} KiB"),
            )]);
        }
        budget::guarded(|| {
            let ast = self
                .engine
                .compile(text)
                .map_err(|error| vec![Slip::from_rhai(&error, text, &self.limits)])?;
            let script = Script::new(ast);
            let slips = refuse::check(&script, &self.functions);
            Ok((script, slips))
        })
        .unwrap_or_else(|_| {
            Err(vec![Slip::new(
                SlipKind::Form,
                rhai::Position::NONE,
                Fault::panicked().reason,
            )])
        })
    }

    /// Calls a function of a script.
    ///
    /// # Errors
    /// When there is no such function, or it fails or runs out.
    pub fn call(
        &self,
        script: &Script,
        function: &str,
        args: impl FuncArgs,
    ) -> Result<Dynamic, Fault> {
        // The script's statements are not run: there are none.
        let options = CallFnOptions::new().eval_ast(false);
        let run = || {
            budget::with_steps(self.limits.steps, || {
                self.engine.call_fn_with_options::<Dynamic>(
                    options,
                    &mut Scope::new(),
                    &script.ast,
                    function,
                    args,
                )
            })
        };
        match budget::guarded(run) {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(error)) => Err(Fault::from_rhai(&error, &self.limits)),
            Err(_) => Err(Fault::panicked()),
        }
    }
}
