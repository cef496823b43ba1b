//! The colours, and what each means. `anstream` takes them out where no terminal shows them.

use anstyle::{AnsiColor, Reset, Style};
use rappel_core::State;

/// What is wrong.
pub(crate) const ERROR: Style = AnsiColor::Red.on_default().bold();
/// What is doubtful.
pub(crate) const WARNING: Style = AnsiColor::Yellow.on_default().bold();
/// What to do.
pub(crate) const HELP: Style = AnsiColor::Cyan.on_default();
/// Words of the template language.
pub(crate) const KEYWORD: Style = AnsiColor::Magenta.on_default();
/// What is in order.
pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
/// What is said in passing.
pub(crate) const FAINT: Style = Style::new().dimmed();
/// What stands out.
pub(crate) const STRONG: Style = Style::new().bold();
/// The end of any of them.
pub(crate) const END: Reset = Reset;

/// A state's colour: green where the person has the message, yellow while it waits, red where it can't
/// be delivered.
pub(crate) fn of(state: State) -> Style {
    match state {
        State::Sent | State::Delivered => GOOD,
        State::Planned | State::Sending => Style::new(),
        State::Held | State::Unknown => AnsiColor::Yellow.on_default(),
        State::Skipped | State::Withdrawn | State::Expired => FAINT,
        State::Failed => AnsiColor::Red.on_default(),
    }
}
