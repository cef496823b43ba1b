//! The form of a fact by its path: what other values it could have.

use rappel_core::settings::Settings;

use super::{Base, CELLS, Type, View, own_type};

/// What values a fact can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// `true` or `false`.
    Flag,
    /// A whole number.
    Number,
    /// A length of time.
    Span,
    /// A date and time.
    Time,
    /// One of a few words.
    Word(&'static [&'static str]),
    /// A text.
    Text,
    /// A list of texts.
    Texts,
    /// Something else.
    Other,
}

impl Form {
    /// The form of the fact of a path as [`rappel_core::decision::Read`] names it, and whether it may be
    /// absent.
    pub fn of(fact: &str, settings: &Settings) -> Option<(Self, bool)> {
        let (path, name) = fact.rsplit_once('.')?;
        if path.starts_with("settings.messages.") {
            return Some((Form::Word(CELLS), false));
        }
        let known = if path == View::Own.path() {
            own_type(settings.own.get(name)?)
        } else {
            let view = View::ALL.iter().find(|view| view.path() == path)?;
            let mut properties = view.properties().iter();
            properties.find(|property| property.name == name)?.gives
        };
        Some((known.form(), known.absent))
    }
}

impl Type {
    fn form(self) -> Form {
        match (self.base, self.list) {
            (Base::Text | Base::Kind, true) => Form::Texts,
            (_, true) => Form::Other,
            (Base::Flag, _) => Form::Flag,
            (Base::Number, _) => Form::Number,
            (Base::Span, _) => Form::Span,
            (Base::Time, _) => Form::Time,
            (Base::Word(words), _) => Form::Word(words),
            (Base::Text | Base::Kind, _) => Form::Text,
            _ => Form::Other,
        }
    }
}
