//! The `rappel` command.

mod args;
mod clinic;
mod commands;
mod events;
mod failure;
mod input;
mod output;
mod preview;
mod repl;
mod speak;
mod visit;

use std::process::ExitCode;

use clap::Parser;

use crate::args::Cli;
use crate::failure::{Exit, Failure};

/// The stack of every thread that may run a policy: a policy that nests as deep as the sandbox lets it
/// needs more than the 2 MiB that threads have otherwise.
const STACK: usize = 16 * 1024 * 1024;

fn main() -> ExitCode {
    let cli = Cli::parse();
    cli.color.write_global();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .thread_stack_size(STACK)
        .build();
    let done = match runtime {
        // As a task, because the main thread has the stack that the system gave it.
        Ok(runtime) => runtime
            .block_on(async { tokio::spawn(commands::run(cli.command)).await })
            .unwrap_or_else(|error| Err(Failure::inside(&error))),
        Err(error) => Err(Failure::environment(format!(
            "no threads can be started: {error}"
        ))),
    };
    match done {
        Ok(exit) => exit.into(),
        Err(failure) => {
            output::complain(&failure);
            failure.exit.into()
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(exit as u8)
    }
}
