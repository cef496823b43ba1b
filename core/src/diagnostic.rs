//! One kind of diagnostic for everything a clinic writes: what is wrong, where, why, what to do.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use miette::{
    GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, ThemeCharacters, ThemeStyles,
};
use serde::{Serialize, Serializer};

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// It can't go live.
    Error,
    /// It goes live, and is probably not what was meant.
    Warning,
}

/// A row of the table of codes: never reused, never renumbered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Code {
    /// `E0101`. The letter is the severity it has unless a check says otherwise.
    pub id: &'static str,
    /// What it means, in a few words.
    pub title: &'static str,
}

impl Code {
    /// The severity that the code's letter says.
    pub fn severity(self) -> Severity {
        if self.id.starts_with('W') {
            Severity::Warning
        } else {
            Severity::Error
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id)
    }
}

macro_rules! codes {
    ($($(#[$range:meta])* $name:ident = $id:literal $title:literal;)+) => {
        /// The codes. `01` is the form of a template, `02` its meaning, `03` its channel, `04` a
        /// policy, `05` its cases, `06` an adapter, `07` the settings, `08` the folder, `09` the map of an
        /// import.
        pub mod codes {
            use super::Code;
            $(#[doc = $title] pub const $name: Code = Code { id: $id, title: $title };)+
            /// Every code, in order.
            pub const ALL: &[Code] = &[$($name),+];
        }
    };
}

codes! {
    TAG_UNCLOSED = "E0101" "A tag is never closed";
    BAD_VARIABLE = "E0102" "A variable is misspelt";
    SECTION_UNCLOSED = "E0103" "A section is never closed";
    CLOSE_UNOPENED = "E0104" "A section is closed that was never opened";
    ELSE_OUTSIDE = "E0105" "An ELSE stands outside a section";
    ELSE_AFTER_ELSE = "E0106" "A section goes on after its ELSE";
    BAD_CONDITION = "E0107" "A condition can't be read";
    REMARK_UNCLOSED = "E0108" "A remark is never closed";
    BAD_FILTER = "E0109" "A filter can't be read";
    QUOTE_UNCLOSED = "E0110" "A quoted text is never closed";
    BAD_INCLUDE = "E0111" "An INCLUDE can't be read";
    TAG_FOLLOWED = "E0112" "A tag has more in it than it can take";
    TOO_DEEP = "E0113" "Sections are nested too deep";
    TEMPLATE_TOO_LONG = "E0114" "A template is too long";
    BAD_FILE_NAME = "E0115" "A template's file name fits nothing";

    UNKNOWN_VARIABLE = "E0201" "There is no such variable";
    UNKNOWN_VALUE = "E0202" "There is no such value";
    UNKNOWN_FILTER = "E0203" "There is no such filter";
    FILTER_MISFIT = "E0204" "A filter doesn't fit its value";
    BAD_ARGUMENT = "E0205" "A filter's argument is wrong";
    TYPES_DIFFER = "E0206" "Values of different types are compared";
    BAD_COMPARISON = "E0207" "Values can't be compared like this";
    NOT_OFFERED = "E0208" "This kind of message doesn't offer the value";
    NOT_PRINTABLE = "E0209" "The value is for conditions only";
    UNKNOWN_PART = "E0210" "An included part doesn't exist";
    PART_CIRCLE = "E0211" "Parts include each other in a circle";
    PARTS_TOO_DEEP = "E0212" "Parts are included too deep";
    PARTS_TOO_LONG = "E0213" "A template is too long with its parts";
    EMPTY_TEMPLATE = "E0214" "A template says nothing";
    UNGUARDED_VALUE = "W0251" "A value may be absent and nothing says what happens then";
    NEARLY_A_TAG = "W0252" "A bracket is nearly a tag";
    NEVER_HOLDS = "W0253" "A condition never holds";

    NO_SUBJECT = "E0301" "An e-mail has no subject";
    OUTSIDE_ALPHABET = "E0302" "A character is outside the SMS alphabet, and the clinic refuses such";
    SMS_TOO_LONG = "E0303" "An SMS is always too long";
    WRONG_CHANNEL = "E0304" "A filter belongs to another channel";
    SMS_MAY_BE_TOO_LONG = "W0351" "An SMS can become too long";
    COSTLY_CHARACTER = "W0352" "A character makes the SMS dearer";
    RAW_HTML = "W0353" "HTML in an e-mail is shown as text";

    BAD_POLICY = "E0401" "A policy can't be read";
    POLICY_REFUSED = "E0402" "A policy uses what no policy may";
    POLICY_UNKNOWN_FUNCTION = "E0403" "A policy calls a function that there isn't";
    POLICY_WITHOUT_HOOK = "E0404" "A policy is never asked";
    BAD_HOOK = "E0405" "A hook has the wrong form";
    UNKNOWN_PROPERTY = "E0406" "A fact has no such property";
    WRONG_TYPE = "E0407" "A value is of the wrong type";
    UNKNOWN_WORD = "E0408" "A word that means nothing here";
    FACT_CHANGED = "E0409" "A policy changes a fact";
    NEVER_EQUAL = "W0451" "A comparison never holds";

    BAD_CASES = "E0501" "A policy's cases can't be read";
    CASE_FAILS = "E0502" "A policy's case fails";
    NO_CASES = "W0551" "A policy has no cases";
    NO_POLICY = "W0552" "Cases have no policy";

    BAD_MANIFEST = "E0601" "An adapter's manifest can't be read";
    MANIFEST_MISFIT = "E0602" "An adapter's manifest contradicts itself";
    BAD_ADAPTER = "E0603" "An adapter's script can't be read";
    ADAPTER_REFUSED = "E0604" "An adapter's script uses what scripts can't use";
    ADAPTER_UNKNOWN_NAME = "E0605" "An adapter's script names what isn't there";
    ADAPTER_LACKS_FUNCTION = "E0606" "An adapter and its manifest differ on its functions";
    BAD_ADAPTER_CASES = "E0607" "An adapter's cases can't be read";
    ADAPTER_CASE_FAILS = "E0608" "An adapter's case fails";

    BAD_SETTINGS = "E0701" "The settings can't be read";
    BAD_FILE = "E0801" "A file of the clinic can't be used";
    NO_TEMPLATE = "E0802" "A message that is switched on has no template";

    BAD_MAP = "E0901" "The map of an import can't be read";
    BAD_MAPPING = "E0902" "A value of an import's map can't be understood";
    NO_COLUMN = "E0903" "The map names a column that the file doesn't have";
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

    /// Whether it keeps the clinic from going live.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    /// Line and column of the place, from 1, the column in characters.
    pub fn position(&self) -> Option<(usize, usize)> {
        let before = self.source.as_ref()?.get(..self.span.as_ref()?.start)?;
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
        Some((line, column))
    }

    /// The diagnostic as a terminal shows it, `width` columns wide.
    pub fn report(&self, width: usize, colours: bool) -> String {
        let theme = GraphicalTheme {
            characters: ThemeCharacters::unicode(),
            styles: if colours {
                ThemeStyles::ansi()
            } else {
                ThemeStyles::none()
            },
        };
        let handler = GraphicalReportHandler::new_themed(theme)
            .with_width(width)
            .with_links(false);
        let shown = Shown {
            diagnostic: self,
            source: self
                .source
                .as_ref()
                .map(|text| NamedSource::new(&self.file, text.to_string())),
        };
        let mut report = String::new();
        // Writing to a String can't fail; a handler that gives up leaves the one-line form.
        if handler.render_report(&mut report, &shown).is_err() {
            report = self.to_string();
        }
        report
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

/// A diagnostic as miette wants it.
#[derive(Debug)]
struct Shown<'d> {
    diagnostic: &'d Diagnostic,
    source: Option<NamedSource<String>>,
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.diagnostic.message)?;
        // Without a place to show, the report would not say which file it is about.
        if self.source.is_none() {
            write!(f, " ({})", self.diagnostic.file)?;
        }
        Ok(())
    }
}

impl std::error::Error for Shown<'_> {}

impl miette::Diagnostic for Shown<'_> {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(self.diagnostic.code))
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.diagnostic.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.diagnostic
            .help
            .as_ref()
            .map(|help| Box::new(help) as _)
    }

    fn source_code(&self) -> Option<&dyn miette::SourceCode> {
        self.source.as_ref().map(|source| source as _)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let span = self.diagnostic.span.clone()?;
        let label = LabeledSpan::new(self.diagnostic.label.clone(), span.start, span.len());
        Some(Box::new(std::iter::once(label)))
    }
}
