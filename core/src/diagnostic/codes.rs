//! The codes, and a page for each. `01` is the form of a template, `02` its meaning, `03` its channel, `04` a
//! policy, `05` its cases, `06` an adapter, `07` the settings, `08` the folder, `09` the map of an import.

use std::fmt;

use super::{Page, Severity};

/// A row of the table of codes: never reused, never renumbered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Code {
    /// `E0101`. The letter is the severity it has unless a check says otherwise.
    pub id: &'static str,
    /// What it means, in a few words.
    pub title: &'static str,
    /// The text of its page: `pages/E0101.md`.
    page: &'static str,
}

impl Code {
    /// The code of an id: `W0251`.
    pub fn find(id: &str) -> Option<Self> {
        ALL.iter().find(|code| code.id == id).copied()
    }

    /// Its page: what it means, why it matters, what to do, and an example.
    pub fn page(self) -> Page {
        Page::read(self.page)
    }

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
    ($($name:ident = $id:literal $title:literal;)+) => {
        $(
            #[doc = $title]
            pub const $name: Code = Code {
                id: $id,
                title: $title,
                // A code without its page doesn't compile.
                page: include_str!(concat!("pages/", $id, ".md")),
            };
        )+

        /// Every code, in order.
        pub const ALL: &[Code] = &[$($name),+];
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
    UNUSED_PART = "W0254" "No template includes a part";
    ALWAYS_KEPT = "W0255" "A section is always kept";
    SAME_TEXT = "W0256" "A section says the same either way";

    NO_SUBJECT = "E0301" "An e-mail has no subject";
    OUTSIDE_ALPHABET = "E0302" "A character is outside the SMS alphabet, and the clinic refuses such";
    SMS_TOO_LONG = "E0303" "An SMS is always too long";
    WRONG_CHANNEL = "E0304" "A filter belongs to another channel";
    SMS_MAY_BE_TOO_LONG = "W0351" "An SMS can become too long";
    COSTLY_CHARACTER = "W0352" "A character makes the SMS dearer";
    RAW_HTML = "W0353" "HTML in an e-mail is shown as text";
    MANY_SEGMENTS = "W0354" "An SMS can take more segments than the clinic wants";
    HEALTH_DATA = "W0355" "An SMS or a call tells of a person's health";

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
    KIND_WITHOUT_ROW = "W0452" "A policy plans a kind of message that isn't declared";
    SWITCHED_OFF_PLAN = "W0453" "A policy plans only messages that are switched off";

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
    NOTHING_ALLOWED = "W0751" "The settings allow a warning that there isn't";
    BAD_FILE = "E0801" "A file of the clinic can't be used";
    NO_TEMPLATE = "E0802" "A message that is switched on has no template";
    UNPLANNED_KIND = "W0851" "Nothing plans this kind of message";
    SWITCHED_OFF_TEMPLATE = "W0852" "A template is for a message that is switched off";
    LISTS_NO_FAMILY = "W0853" "A template can't tell of a family's appointments";

    BAD_MAP = "E0901" "The map of an import can't be read";
    BAD_MAPPING = "E0902" "A value of an import's map can't be understood";
    NO_COLUMN = "E0903" "The map names a column that the file doesn't have";
}
