//! `rappel test --watch`: the cases again at each change of the clinic's folder.

use std::io::IsTerminal;

use rappel_host::folder::read_folder;
use rappel_host::reload::Hints;

use super::Test;
use crate::clinic;
use crate::failure::{Exit, Result};
use crate::output::{answer, complain, remark, style};

/// Clears a terminal, and puts the cursor at its beginning.
const CLEAR: &str = "\x1b[2J\x1b[3J\x1b[H";

impl Test {
    /// Runs the cases until Ctrl-C. A folder that is broken or gone meanwhile is told, and looked at again.
    pub(super) async fn watch(&self) -> Result {
        let folder = clinic::folder(&self.clinic);
        let mut hints = Hints::of(&folder);
        let mut last = None;
        loop {
            hints.look();
            let files = match read_folder(&folder) {
                Ok(files) => files.id(),
                Err(found) => found.iter().map(ToString::to_string).collect(),
            };
            // A hint is a hint: what didn't change needs no other answer.
            if last.as_ref() != Some(&files) {
                self.again()?;
                last = Some(files);
            }
            tokio::select! {
                _ = tokio::signal::ctrl_c() => return Ok(Exit::Done),
                () = hints.next() => {}
            }
        }
    }

    fn again(&self) -> Result<()> {
        if std::io::stdout().is_terminal() {
            answer(CLEAR)?;
        }
        match self.once() {
            // Nobody reads any more.
            Err(failure) if failure.exit == Exit::Done => return Err(failure),
            Err(failure) => complain(&failure),
            Ok(_) => {}
        }
        let (faint, end) = (style::FAINT, style::END);
        let folder = self.clinic.display();
        remark(format_args!("{faint}{folder} is watched; Ctrl-C ends{end}"));
        Ok(())
    }
}
