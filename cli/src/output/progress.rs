//! Progress of long work: a bar on standard error, only on a terminal.

use indicatif::{ProgressBar, ProgressStyle};

/// The least work that a bar is shown for: less is over before it can be read.
const WORTH_A_BAR: u64 = 500;

/// A bar for so many things; hidden where there are few, or where standard error is no terminal.
pub(crate) fn bar(things: u64, what: &'static str) -> ProgressBar {
    if things < WORTH_A_BAR {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(things);
    // The template is a constant; a bar without it counts all the same.
    if let Ok(style) =
        ProgressStyle::with_template("{bar:30} {human_pos} of {human_len} {msg}, {eta} left")
    {
        bar.set_style(style);
    }
    bar.with_message(what)
}
