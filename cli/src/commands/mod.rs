//! The commands, a file each.

pub(crate) mod approve;
pub(crate) mod backtest;
pub(crate) mod check;
pub(crate) mod completions;
pub(crate) mod credits;
pub(crate) mod database;
pub(crate) mod diff;
pub(crate) mod editor;
pub(crate) mod explain;
pub(crate) mod history;
pub(crate) mod import;
pub(crate) mod init;
pub(crate) mod messages;
pub(crate) mod render;
pub(crate) mod repl;
pub(crate) mod schema;
pub(crate) mod serve;
pub(crate) mod shadow;
pub(crate) mod simulate;
pub(crate) mod sms;
pub(crate) mod status;
pub(crate) mod test;

use crate::args::Command;
use crate::failure::Result;

/// Does what was asked for.
pub(crate) async fn run(command: Command) -> Result {
    match command {
        Command::Init(command) => command.run(),
        Command::Check(command) => command.run(),
        Command::Test(command) => command.run().await,
        Command::Render(command) => command.run(),
        Command::Sms(command) => command.run(),
        Command::Repl(command) => command.run(),
        Command::Import(command) => command.run(),
        Command::Simulate(command) => command.run().await,
        Command::Backtest(command) => command.run(),
        Command::Diff(command) => command.run().await,
        Command::Serve(command) => command.run().await,
        Command::Messages(command) => command.run().await,
        Command::Explain(command) => command.run().await,
        Command::Status(command) => command.run().await,
        Command::History(command) => command.run().await,
        Command::Shadow(command) => command.run().await,
        Command::Credits(command) => command.run().await,
        Command::Approve(command) => command.run().await,
        Command::Schema(command) => command.run(),
        Command::Editor(command) => command.run(),
        Command::Completions(command) => command.run(),
        Command::Man(command) => command.run(),
    }
}
