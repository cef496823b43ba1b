//! One kind of diagnostic for everything a clinic writes: what is wrong, where, why, what to do.

pub mod codes;
mod excerpt;
mod fix;
mod page;
mod report;

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use serde::{Serialize, Serializer};

pub use codes::Code;
pub use fix::{Fix, mended};
pub use page::{File, Page};

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// It can't go live.
    Error,
    /// It goes live, and is probably not what was meant.
    Warning,
}

/// Something that a clinic's author should know.
#[derive(Clone, Debug)]
pub struct Diagnostic {
    /// What sort of thing it is.
    pub code: Code,
    /// How bad it is.
    pub severity: Severity,
    /// The file, as a path inside the clinic's folder: `templates/reminder.sms.trd`.
    pub file: String,
    /// The file's text, for showing the place.
    pub source: Option<Arc<str>>,
    /// The place, in bytes of the text.
    pub span: Option<Range<usize>>,
    /// A few words at the place.
    pub label: Option<String>,
    /// What is wrong and why.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
    /// What `rappel check --fix` does, where only one thing can be meant.
    pub fixes: Vec<Fix>,
}

impl Diagnostic {
    /// A diagnostic about a whole file.
    pub fn new(code: Code, file: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: code.severity(),
            file: file.into(),
            source: None,
            span: None,
            label: None,
            message: message.into(),
            help: None,
            fixes: Vec::new(),
        }
    }

    /// Says where in the text it is. The span is cut to the text and to whole characters.
    #[must_use]
    pub fn at(mut self, source: impl Into<Arc<str>>, span: Range<usize>) -> Self {
        let source = source.into();
        let start = source.floor_char_boundary(span.start);
        let end = source
            .ceil_char_boundary(span.end.min(source.len()))
            .max(start);
        self.span = Some(start..end);
        self.source = Some(source);
        self
    }

    /// Puts a few words at the place.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }

    /// Says what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Says what mends it: a text in the place of another, in the same file. Only for what can mean one thing.
    #[must_use]
    pub fn fix(mut self, span: Range<usize>, text: impl Into<String>) -> Self {
        let text = text.into();
        self.fixes.push(Fix { span, text });
        self
    }

    /// Whether it keeps the clinic from going live.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    /// Line and column of the place, from 1, the column in characters.
    pub fn position(&self) -> Option<(usize, usize)> {
        self.position_of(self.span.as_ref()?.start)
    }

    /// Line and column of a byte of the file.
    pub fn position_of(&self, byte: usize) -> Option<(usize, usize)> {
        let before = self.source.as_ref()?.get(..byte)?;
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
        Some((line, column))
    }
}

impl fmt::Display for Diagnostic {
    /// One line: `templates/reminder.sms.trd:3:7: error E0201: unknown variable`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some((line, column)) = self.position() {
            write!(f, ":{line}:{column}")?;
        }
        let severity = match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        write!(f, ": {severity} {}: {}", self.code, self.message)
    }
}

impl Serialize for Diagnostic {
    /// `{"code","severity","file","line","column","message","help"}`, which scripts rely on.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct;
        let (line, column) = self.position().unzip();
        let mut object = serializer.serialize_struct("Diagnostic", 7)?;
        object.serialize_field("code", self.code.id)?;
        object.serialize_field("severity", &self.severity)?;
        object.serialize_field("file", &self.file)?;
        object.serialize_field("line", &line)?;
        object.serialize_field("column", &column)?;
        object.serialize_field("message", &self.message)?;
        object.serialize_field("help", &self.help)?;
        object.end()
    }
}
