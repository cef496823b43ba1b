//! The command line: its commands, and what their arguments share. What a command takes stands in the
//! command's own file.

use std::str::FromStr;

use chrono::{DateTime, NaiveDate, NaiveTime};
use clap::{Parser, Subcommand, ValueEnum};
use rappel_core::civil::{Civil, Instant, Zone};

use crate::commands;

const EXAMPLES: &str = "\
Examples:
  rappel init clinic                           Write a new clinic
  rappel check clinic                          Find what is wrong with it
  rappel repl clinic                           Try templates and policies on a visit
  rappel simulate clinic --events agenda.jsonl See what would be sent, when and why
  rappel serve clinic                          Send

Exit codes:
  0  done, and what was asked about is in order
  1  what was asked about has an error, must not go, or isn't there
  2  the command line can't be understood
  3  a file, a port, the database or a secret failed

Answers go to standard output, everything else to standard error.";

/// Sends a clinic's messages: policies decide which, templates say them, gateways carry them
#[derive(Debug, Parser)]
#[command(name = "rappel", version, after_help = EXAMPLES, max_term_width = 100)]
pub(crate) struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,

    /// When to use colours
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        default_value = "auto",
        hide_possible_values = true
    )]
    pub(crate) color: Colours,
}

/// The commands, in the order of a clinic's life.
#[derive(Debug, Subcommand)]
#[allow(missing_docs, reason = "each command's type says what it is")]
pub(crate) enum Command {
    Init(commands::init::Init),
    Check(commands::check::Check),
    Test(commands::test::Test),
    Render(commands::render::Render),
    Sms(commands::sms::Sms),
    Repl(commands::repl::Repl),
    Import(commands::import::Import),
    Simulate(commands::simulate::Simulate),
    Backtest(commands::backtest::Backtest),
    Diff(commands::diff::Diff),
    Serve(Box<commands::serve::Serve>),
    Messages(commands::messages::Messages),
    Explain(commands::explain::Explain),
    Status(commands::status::Status),
    History(commands::history::History),
    Shadow(commands::shadow::Shadow),
    Credits(commands::credits::Credits),
    Approve(commands::approve::Approve),
    Schema(commands::schema::Schema),
    Editor(commands::editor::Editor),
    Completions(commands::completions::Completions),
    Man(commands::completions::Man),
}

/// When output has colours.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Colours {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

impl Colours {
    /// Makes it hold for the whole process.
    pub(crate) fn write_global(self) {
        match self {
            Colours::Auto => anstream::ColorChoice::Auto,
            Colours::Always => anstream::ColorChoice::Always,
            Colours::Never => anstream::ColorChoice::Never,
        }
        .write_global();
    }
}

/// A time as people give it: on the clinic's wall clock, or with an offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Time {
    /// `2026-06-03T14:30`, or `2026-06-03` for its beginning.
    Civil(Civil),
    /// `2026-06-03T14:30:00+02:00`
    Instant(Instant),
}

impl Time {
    /// The instant that it is in a clinic's zone.
    pub(crate) fn instant(self, zone: Zone) -> Instant {
        match self {
            Time::Civil(civil) => civil.instant(zone),
            Time::Instant(instant) => instant,
        }
    }

    /// What the clinic's wall clock shows then.
    pub(crate) fn civil(self, zone: Zone) -> Civil {
        match self {
            Time::Civil(civil) => civil,
            Time::Instant(instant) => Civil::at(instant, zone),
        }
    }
}

impl FromStr for Time {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Ok(instant) = DateTime::parse_from_rfc3339(text) {
            return Ok(Time::Instant(instant.to_utc()));
        }
        if let Ok(date) = text.parse::<NaiveDate>() {
            return Ok(Time::Civil(Civil(date.and_time(NaiveTime::MIN))));
        }
        text.parse().map(Time::Civil).map_err(|_| {
            "write a time as `2026-06-03`, `2026-06-03T14:30` (the clinic's own time) or `2026-06-03T14:30:00+02:00`"
                .to_string()
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_holds_together() {
        Cli::command().debug_assert();
    }

    #[test]
    fn times_are_the_clinics_unless_they_say_otherwise() {
        let instant = |text: &str| {
            text.parse::<Time>()
                .unwrap()
                .instant(Zone::Europe__Paris)
                .to_rfc3339()
        };
        assert_eq!(instant("2026-06-03"), "2026-06-02T22:00:00+00:00");
        assert_eq!(instant("2026-06-03T14:30"), "2026-06-03T12:30:00+00:00");
        assert_eq!(
            instant("2026-06-03T14:30:00+05:00"),
            "2026-06-03T09:30:00+00:00"
        );
        assert!("tomorrow".parse::<Time>().is_err());
    }
}
