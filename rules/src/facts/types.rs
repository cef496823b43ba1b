//! The types that a policy's values have, as far as they are known before anything runs.

use std::fmt;

use super::View;

/// A type: what a value is, whether there is a list of them, whether it may be absent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Type {
    /// What it is.
    pub(crate) base: Base,
    /// Whether it is a list of them.
    pub(crate) list: bool,
    /// Whether it may be `()`.
    pub(crate) absent: bool,
}

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Base {
    /// Something that can't be told.
    Any,
    /// `()`.
    Nothing,
    /// `true` or `false`.
    Flag,
    /// A whole number.
    Number,
    /// An amount.
    Decimal,
    /// A text.
    Text,
    /// A text that names a kind of message.
    Kind,
    /// One of a few words.
    Word(&'static [&'static str]),
    /// A date and time.
    Time,
    /// A length of time.
    Span,
    /// A fact with properties of its own.
    View(View),
    /// A planned message.
    Message,
    /// What `check` answers.
    Answer,
}

impl Type {
    /// Something that can't be told.
    pub(crate) const ANY: Type = Type::of(Base::Any);
    /// `()`.
    pub(crate) const NOTHING: Type = Type::of(Base::Nothing);
    /// `true` or `false`.
    pub(crate) const FLAG: Type = Type::of(Base::Flag);
    /// A whole number.
    pub(crate) const NUMBER: Type = Type::of(Base::Number);
    /// An amount.
    pub(crate) const DECIMAL: Type = Type::of(Base::Decimal);
    /// A text.
    pub(crate) const TEXT: Type = Type::of(Base::Text);
    /// A text that names a kind of message.
    pub(crate) const KIND: Type = Type::of(Base::Kind);
    /// A date and time.
    pub(crate) const TIME: Type = Type::of(Base::Time);
    /// A length of time.
    pub(crate) const SPAN: Type = Type::of(Base::Span);
    /// A planned message.
    pub(crate) const MESSAGE: Type = Type::of(Base::Message);
    /// What `check` answers.
    pub(crate) const ANSWER: Type = Type::of(Base::Answer);

    /// A single value that is always there.
    pub(crate) const fn of(base: Base) -> Self {
        Self {
            base,
            list: false,
            absent: false,
        }
    }

    /// A fact with properties.
    pub(crate) const fn view(view: View) -> Self {
        Self::of(Base::View(view))
    }

    /// One of a few words.
    pub(crate) const fn word(words: &'static [&'static str]) -> Self {
        Self::of(Base::Word(words))
    }

    /// The same, or `()`.
    pub(crate) const fn or_absent(self) -> Self {
        Self {
            absent: true,
            ..self
        }
    }

    /// A list of it.
    pub(crate) const fn list(self) -> Self {
        Self { list: true, ..self }
    }

    /// An entry of it, where it is a list.
    pub(crate) const fn entry(self) -> Self {
        if self.list {
            Self {
                list: false,
                ..self
            }
        } else {
            Self::ANY
        }
    }

    /// What a value is that may be of either type.
    pub(crate) fn join(self, other: Self) -> Self {
        let same = self.base == other.base && self.list == other.list;
        let absent = self.absent || other.absent;
        match (self.base, other.base) {
            _ if same => Self { absent, ..self },
            (Base::Nothing, _) => other.or_absent(),
            (_, Base::Nothing) => self.or_absent(),
            _ => Self::ANY,
        }
    }
}

impl fmt::Display for Type {
    /// As the reference writes it: `list of texts`, `time or ()`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = if self.list { "s" } else { "" };
        if self.list {
            f.write_str("list of ")?;
        }
        match self.base {
            Base::Any => f.write_str("value")?,
            Base::Nothing => return f.write_str("()"),
            Base::Flag => {
                return f.write_str(if self.absent {
                    "true, false or ()"
                } else {
                    "true or false"
                });
            }
            Base::Number => f.write_str("number")?,
            Base::Decimal => f.write_str("decimal")?,
            Base::Text | Base::Kind => f.write_str("text")?,
            Base::Word(words) => {
                let quoted: Vec<_> = words.iter().map(|word| format!("`\"{word}\"`")).collect();
                f.write_str(&quoted.join(", "))?;
                return f.write_str(if self.absent { " or ()" } else { "" });
            }
            Base::Time => f.write_str("time")?,
            Base::Span => f.write_str("span")?,
            Base::View(view) => f.write_str(view.name())?,
            Base::Message => f.write_str("message")?,
            Base::Answer => f.write_str("answer")?,
        }
        f.write_str(plural)?;
        f.write_str(if self.absent { " or ()" } else { "" })
    }
}
