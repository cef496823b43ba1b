//! A session on a terminal: editing, completion, colours, and the length of the message while it is
//! typed.

use std::borrow::Cow;
use std::cell::RefCell;
use std::rc::Rc;

use rustyline::completion::{Completer, Pair};
use rustyline::error::ReadlineError;
use rustyline::highlight::{CmdKind, Highlighter};
use rustyline::hint::{Hint, Hinter};
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{CompletionType, Config, Context, Editor, Helper};

use super::history::History;
use super::session::{Reply, Session};
use super::{complete, highlight, lines, text};
use crate::failure::{Failure, Result};
use crate::output::{Answer, remark, style};

/// Reads and answers lines until the session ends. Lines are remembered for the session; only those that can
/// hold nothing of a patient's are written down.
pub(super) fn run(session: Session, mut history: Option<History>) -> Result<()> {
    let session = Rc::new(RefCell::new(session));
    let config = Config::builder()
        .completion_type(CompletionType::List)
        .auto_add_history(true)
        .build();
    let cant =
        |error: ReadlineError| Failure::environment(format!("the terminal can't be read: {error}"));
    let mut editor: Editor<Assistant, _> = Editor::with_config(config).map_err(cant)?;
    for line in history.iter().flat_map(|history| history.lines()) {
        editor.add_history_entry(line).map_err(cant)?;
    }
    let colours = anstream::AutoStream::choice(&std::io::stdout()) != anstream::ColorChoice::Never;
    editor.set_helper(Some(Assistant {
        session: session.clone(),
        colours,
    }));
    say(&format!(
        "{}{}{}: {}\nType a text to render it; `:help` shows what else there is, `:quit` leaves.",
        style::STRONG,
        session.borrow().rules().settings().name,
        style::END,
        session.borrow().setting(),
    ))?;
    loop {
        let prompt = session.borrow().prompt();
        let line = match editor.readline(&prompt) {
            Ok(line) => line,
            Err(ReadlineError::Interrupted) => continue,
            Err(ReadlineError::Eof) => return Ok(()),
            Err(error) => return Err(cant(error)),
        };
        let reply = session.borrow_mut().answer(&line);
        match reply {
            Reply::Say(answer) if answer.is_empty() => {}
            Reply::Say(answer) => say(&answer)?,
            Reply::More => {}
            Reply::Quit => return Ok(()),
        }
        let kept = session.borrow_mut().kept.take();
        if let (Some(open), Some(kept)) = (&mut history, kept)
            && let Err(error) = open.keep(kept)
        {
            let (warning, end) = (style::WARNING, style::END);
            remark(format_args!(
                "{warning}warning{end}: what is typed isn't kept for later sessions: {error}"
            ));
            history = None;
        }
    }
}

fn say(answer: &str) -> Result<()> {
    let mut out = Answer::new();
    out.line(answer)?;
    out.end()
}

/// What the editor asks while a line is typed.
struct Assistant {
    session: Rc<RefCell<Session>>,
    colours: bool,
}

impl Helper for Assistant {}

impl Completer for Assistant {
    type Candidate = Pair;

    fn complete(
        &self,
        line: &str,
        cursor: usize,
        _: &Context<'_>,
    ) -> rustyline::Result<(usize, Vec<Pair>)> {
        let (start, candidates) = complete::candidates(&self.session.borrow(), line, cursor);
        let pairs = candidates
            .into_iter()
            .map(|candidate| Pair {
                display: candidate.shown,
                replacement: candidate.text,
            })
            .collect();
        Ok((start, pairs))
    }
}

/// A hint that is only looked at.
struct Length(String);

impl Hint for Length {
    fn display(&self) -> &str {
        &self.0
    }

    fn completion(&self) -> Option<&str> {
        None
    }
}

impl Hinter for Assistant {
    type Hint = Length;

    fn hint(&self, line: &str, cursor: usize, _: &Context<'_>) -> Option<Length> {
        if cursor < line.len() {
            return None;
        }
        text::hint(&self.session.borrow(), line).map(Length)
    }
}

impl Highlighter for Assistant {
    fn highlight<'l>(&self, line: &'l str, _: usize) -> Cow<'l, str> {
        if self.colours {
            Cow::Owned(highlight::line(line))
        } else {
            Cow::Borrowed(line)
        }
    }

    fn highlight_prompt<'b, 's: 'b, 'p: 'b>(&'s self, prompt: &'p str, _: bool) -> Cow<'b, str> {
        if self.colours {
            Cow::Owned(text::faint(prompt))
        } else {
            Cow::Borrowed(prompt)
        }
    }

    fn highlight_hint<'h>(&self, hint: &'h str) -> Cow<'h, str> {
        if self.colours {
            Cow::Owned(text::faint(hint))
        } else {
            Cow::Borrowed(hint)
        }
    }

    fn highlight_char(&self, _: &str, _: usize, _: CmdKind) -> bool {
        self.colours
    }
}

impl Validator for Assistant {
    fn validate(&self, context: &mut ValidationContext<'_>) -> rustyline::Result<ValidationResult> {
        Ok(match lines::whole(context.input()) {
            None => ValidationResult::Incomplete,
            Some(_) => ValidationResult::Valid(None),
        })
    }
}
