//! A session on a pipe: a line in, its answer out.

use std::io::BufRead;

use super::session::{Reply, Session};
use crate::failure::{Exit, Result};
use crate::input;
use crate::output::Answer;

/// Answers every line.
pub(super) fn run(mut session: Session) -> Result {
    let mut out = Answer::new();
    for line in std::io::stdin().lock().lines() {
        let line = line.map_err(|error| input::unreadable(&error))?;
        match session.answer(&line) {
            Reply::Say(answer) => say(&mut out, &answer)?,
            Reply::More => {}
            Reply::Quit => break,
        }
    }
    if let Reply::Say(answer) = session.end() {
        say(&mut out, &answer)?;
    }
    out.end()?;
    Ok(if session.has_failed() {
        Exit::Refused
    } else {
        Exit::Done
    })
}

/// Writes an answer at once: whoever writes the next line may wait for it.
fn say(out: &mut Answer, answer: &str) -> Result<()> {
    if answer.is_empty() {
        return Ok(());
    }
    out.line(answer)?;
    out.tell()
}
