//! What can be wrong with a template's form. The words for it are the language's (rappel-dsl).

use crate::tree::Span;

/// Something wrong with a template's form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What is wrong.
    pub slip: Slip,
    /// Where.
    pub span: Span,
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Slip {
    /// The file is longer than the limit, in bytes; nothing of it was read.
    FileTooLong {
        /// The limit.
        limit: usize,
    },
    /// A tag has no `]` on its line.
    TagUnclosed,
    /// `[TRD3x]`, `[TRD 3]`, `[TRD]`: no variable; with the number that was likely meant.
    NoVariable {
        /// `3` of `TRD 3`.
        meant: Option<u32>,
    },
    /// After a value stands something that is neither `|` nor `]`.
    ValueFollowed,
    /// After `|` stands no filter's name.
    NoFilter,
    /// After a filter stands something that can't be its argument.
    NoArgument,
    /// `"` without its partner on the line.
    QuoteUnclosed,
    /// `[IF …]` without its `[/IF]`.
    SectionUnclosed,
    /// `[/IF]` without an `[IF …]`.
    CloseUnopened,
    /// `[ELSE]` or `[ELSE IF …]` outside a section.
    ElseOutside,
    /// `[ELSE]` or `[ELSE IF …]` after the section's `[ELSE]`.
    ElseAfterElse,
    /// `[ELSE …]` or `[/IF …]` with something that doesn't belong there.
    TagFollowed,
    /// Sections are nested deeper than the limit.
    SectionsTooDeep {
        /// The limit.
        limit: usize,
    },
    /// `[INCLUDE …]` without a name that a part can have.
    NoPart,
    /// `[#` without `#]`.
    RemarkUnclosed,
    /// A condition can't be read.
    Condition(ConditionSlip),
}

/// Why a condition can't be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConditionSlip {
    /// There is nothing.
    Empty,
    /// A value should stand here.
    ValueExpected,
    /// A word of prose stands where a comparison, a connective or the end should.
    ComparisonExpected,
    /// A literal stands alone: nothing is compared.
    LiteralAlone,
    /// An operator that this language writes otherwise.
    OperatorUnknown {
        /// What to write instead.
        meant: Option<&'static str>,
    },
    /// Something that is no value, such as `14h30`; with what to write instead.
    NoValue {
        /// `14:30`.
        meant: Option<String>,
    },
    /// A filter in a condition.
    Filter,
    /// `(` without its `)`.
    ParenthesisUnclosed,
    /// `)` without its `(`.
    ParenthesisUnopened,
    /// `IN` without a list in parentheses.
    ListExpected,
    /// Parentheses and `NOT`s are nested deeper than the limit.
    TooDeep {
        /// The limit.
        limit: usize,
    },
}
