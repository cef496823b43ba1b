//! The tree of a template: text, values, sections, includes and remarks, each with its place.

use std::borrow::Cow;

/// A place in a template's source, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Span {
    /// The first byte.
    pub start: usize,
    /// The byte after the last one.
    pub end: usize,
}

impl Span {
    /// From one byte to before another.
    pub fn new(start: usize, end: usize) -> Self {
        Self { start, end }
    }

    /// The least span that holds both.
    pub fn to(self, other: Span) -> Self {
        Self {
            start: self.start.min(other.start),
            end: self.end.max(other.end),
        }
    }
}

/// A whole template. `Display` writes it in its plainest form, which parses to the same tree.
#[derive(Clone, Debug, Default)]
pub struct Template<'s> {
    /// What it is made of, in order.
    pub nodes: Vec<Node<'s>>,
}

/// A piece of a template.
#[derive(Clone, Debug)]
pub enum Node<'s> {
    /// Literal text without a `[`.
    Text(Text<'s>),
    /// `[[`, a literal bracket.
    Escape(Span),
    /// A `[` that opens no tag, with what stands up to its `]` if it has one: `[Important]`. It is literal.
    Bracket(Text<'s>),
    /// `[# … #]`, which is nothing.
    Remark(Text<'s>),
    /// `[TRD4|upper]`.
    Value(Value<'s>),
    /// `[IF …]…[/IF]`.
    Section(Section<'s>),
    /// `[INCLUDE signature]`.
    Include(Include<'s>),
}

/// A stretch of the source.
#[derive(Clone, Copy, Debug)]
pub struct Text<'s> {
    /// What stands there.
    pub text: &'s str,
    /// Where.
    pub span: Span,
}

/// A value put into the text.
#[derive(Clone, Debug)]
pub struct Value<'s> {
    /// Which value.
    pub name: Name<'s>,
    /// Where the name stands.
    pub name_span: Span,
    /// What is done to it, left to right.
    pub filters: Vec<Filter<'s>>,
    /// The whole tag.
    pub span: Span,
}

/// How a template calls a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Name<'s> {
    /// `TRD3`; a number beyond `u32` is the largest one, which no table has either.
    Number(u32),
    /// `CONFIRM_URL`, as it is written.
    Word(&'s str),
}

/// `|truncate 40`.
#[derive(Clone, Debug)]
pub struct Filter<'s> {
    /// Its name, as it is written.
    pub name: &'s str,
    /// Where the name stands.
    pub name_span: Span,
    /// Its arguments.
    pub arguments: Vec<Literal<'s>>,
    /// From the name to the last argument.
    pub span: Span,
}

/// A value that is written out.
#[derive(Clone, Debug)]
pub struct Literal<'s> {
    /// What it is.
    pub value: LiteralValue<'s>,
    /// Where it stands.
    pub span: Span,
}

/// What a literal is. Numbers, times and dates are given as they are written; only their form is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LiteralValue<'s> {
    /// `"text"`, without its quotes.
    Text(Cow<'s, str>),
    /// `12` or `12.50`.
    Number(&'s str),
    /// `14:30`.
    Time(&'s str),
    /// `2026-06-03`.
    Date(&'s str),
}

/// Text that is kept when a condition holds, with its alternatives.
#[derive(Clone, Debug)]
pub struct Section<'s> {
    /// `[IF …]` and every `[ELSE IF …]`: the first whose condition holds is kept.
    pub branches: Vec<Branch<'s>>,
    /// `[ELSE]`: kept when none holds.
    pub otherwise: Option<Otherwise<'s>>,
    /// The `[/IF]`; empty where it is missing.
    pub close: Span,
}

/// A condition and what it keeps.
#[derive(Clone, Debug)]
pub struct Branch<'s> {
    /// When it is kept.
    pub condition: Condition<'s>,
    /// What is kept.
    pub nodes: Vec<Node<'s>>,
    /// The tag: `[IF …]` or `[ELSE IF …]`.
    pub tag: Span,
}

/// What is kept when no condition holds.
#[derive(Clone, Debug)]
pub struct Otherwise<'s> {
    /// What is kept.
    pub nodes: Vec<Node<'s>>,
    /// The tag: `[ELSE]`.
    pub tag: Span,
}

/// When a section is kept.
#[derive(Clone, Debug)]
pub enum Condition<'s> {
    /// The value is present and not empty: `TRD23`.
    Holds(Operand<'s>),
    /// `TRD9 < 12:00`.
    Compare {
        /// The left side.
        left: Operand<'s>,
        /// How they compare.
        operator: Operator,
        /// The right side.
        right: Operand<'s>,
    },
    /// `TRD11 IN ("a", "b")`.
    In {
        /// What is looked for.
        left: Operand<'s>,
        /// Where.
        list: Vec<Operand<'s>>,
    },
    /// `NOT …`.
    Not(Box<Condition<'s>>),
    /// `… AND …`: two or more.
    All(Vec<Condition<'s>>),
    /// `… OR …`: two or more.
    Any(Vec<Condition<'s>>),
    /// It could not be read; the fault says why.
    Unreadable,
}

/// A side of a comparison.
#[derive(Clone, Debug)]
pub struct Operand<'s> {
    /// What it is.
    pub value: OperandValue<'s>,
    /// Where it stands.
    pub span: Span,
}

/// What a side of a comparison is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OperandValue<'s> {
    /// A variable or a named value.
    Name(Name<'s>),
    /// A value that is written out.
    Literal(LiteralValue<'s>),
}

/// How two sides compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// `=`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `CONTAINS`
    Contains,
}

impl Operator {
    /// As a template writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Operator::Equal => "=",
            Operator::NotEqual => "!=",
            Operator::Less => "<",
            Operator::LessOrEqual => "<=",
            Operator::Greater => ">",
            Operator::GreaterOrEqual => ">=",
            Operator::Contains => "CONTAINS",
        }
    }
}

/// `[INCLUDE signature]`.
#[derive(Clone, Copy, Debug)]
pub struct Include<'s> {
    /// The part's name, as it is written.
    pub name: &'s str,
    /// Where the name stands.
    pub name_span: Span,
    /// The whole tag.
    pub span: Span,
}

impl Node<'_> {
    /// Where it stands; a section from its first tag to its last.
    pub fn span(&self) -> Span {
        match self {
            Node::Text(text) | Node::Bracket(text) | Node::Remark(text) => text.span,
            Node::Escape(span) => *span,
            Node::Value(value) => value.span,
            Node::Include(include) => include.span,
            Node::Section(section) => section
                .branches
                .first()
                .map_or(section.close, |branch| branch.tag.to(section.close)),
        }
    }
}
