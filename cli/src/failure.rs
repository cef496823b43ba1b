//! Why a command ends without doing what was asked, and the exit code that says so.

use std::io;
use std::path::Path;

use rappel_core::store::StoreError;

/// How a command ended. The codes are a contract: scripts branch on them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Exit {
    /// It was done, and what was asked about is in order.
    Done = 0,
    /// What was asked about has an error, must not go, or isn't there.
    Refused = 1,
    /// The command was called in a way that it doesn't understand.
    Usage = 2,
    /// A file, a port, the database or a secret failed.
    Environment = 3,
}

/// A command that can't go on: what is wrong, where and why, and what to do.
#[derive(Debug)]
pub(crate) struct Failure {
    /// What it ends with.
    pub(crate) exit: Exit,
    /// What, where, why. Empty where nobody is there to read it.
    pub(crate) message: String,
    /// What to do.
    pub(crate) help: Option<String>,
}

/// The result of a command's work.
pub(crate) type Result<T = Exit> = std::result::Result<T, Failure>;

impl Failure {
    fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self {
            exit,
            message: message.into(),
            help: None,
        }
    }

    /// What was asked about has an error.
    pub(crate) fn refused(message: impl Into<String>) -> Self {
        Self::new(Exit::Refused, message)
    }

    /// The command was called wrongly.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, message)
    }

    /// Something outside failed.
    pub(crate) fn environment(message: impl Into<String>) -> Self {
        Self::new(Exit::Environment, message)
    }

    /// Rappel itself failed.
    pub(crate) fn inside(error: &dyn std::error::Error) -> Self {
        Self::environment(format!("rappel failed inside: {error}")).help("please report it")
    }

    /// A file that can't be read or written.
    pub(crate) fn file(path: &Path, what: &str, error: &io::Error) -> Self {
        Self::environment(format!(
            "{} can't be {what}: {}",
            path.display(),
            reason(error)
        ))
    }

    /// The answer can't be written. Where its reader went away (`rappel messages | head`) there is
    /// nobody to tell.
    pub(crate) fn answer(error: &io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Self::new(Exit::Done, "");
        }
        Self::environment(format!(
            "standard output can't be written: {}",
            reason(error)
        ))
    }

    /// Says what to do.
    #[must_use]
    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::environment(error.to_string())
    }
}

/// What the system says, without its number.
pub(crate) fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    match text.split_once(" (os error") {
        Some((words, _)) => words.to_lowercase(),
        None => text,
    }
}
