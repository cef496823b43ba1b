//! Standard input, read whole.

use std::io::{IsTerminal, Read};

use crate::failure::{Failure, Result, reason};
use crate::output::remark;

/// All of standard input.
pub(crate) fn bytes() -> Result<Vec<u8>> {
    let mut whole = Vec::new();
    std::io::stdin()
        .read_to_end(&mut whole)
        .map_err(|error| unreadable(&error))?;
    Ok(whole)
}

/// Standard input as a text. The line break that ends it is not part of the text: editors and `echo`
/// put one there.
pub(crate) fn text() -> Result<String> {
    if std::io::stdin().is_terminal() {
        remark("Write the text; end it with Ctrl+D on a line of its own.");
    }
    let mut text = String::from_utf8(bytes()?)
        .map_err(|_| Failure::refused("the text is not UTF-8").help("save it as UTF-8"))?;
    if text.ends_with('\n') {
        text.pop();
        if text.ends_with('\r') {
            text.pop();
        }
    }
    Ok(text)
}

/// Standard input can't be read.
pub(crate) fn unreadable(error: &std::io::Error) -> Failure {
    Failure::environment(format!("standard input can't be read: {}", reason(error)))
}
