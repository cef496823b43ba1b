//! `"{Street}, {Zip} {City}"`: a text with the file's columns in it.

/// A column of the file, by its place among those that the map names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Column(pub(super) usize);

/// A piece of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    Literal(String),
    Column(Column),
}

/// A text that a row completes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Text(Vec<Piece>);

impl Text {
    /// Takes a text apart. `{{` is a brace.
    pub(super) fn parse(
        text: &str,
        mut column: impl FnMut(&str) -> Column,
    ) -> Result<Self, &'static str> {
        let mut pieces = Vec::new();
        let mut literal = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            literal.push_str(before);
            if let Some(after) = after.strip_prefix('{') {
                literal.push('{');
                rest = after;
                continue;
            }
            let (name, after) = after
                .split_once('}')
                .ok_or("a `{` is never closed; write `{Column}`, or `{{` for a brace")?;
            let name = name.trim();
            if name.is_empty() || name.contains('{') {
                return Err("`{` and `}` hold the name of a column; write `{{` for a brace");
            }
            if !literal.is_empty() {
                pieces.push(Piece::Literal(std::mem::take(&mut literal)));
            }
            pieces.push(Piece::Column(column(name)));
            rest = after;
        }
        literal.push_str(rest);
        if !literal.is_empty() {
            pieces.push(Piece::Literal(literal));
        }
        Ok(Self(pieces))
    }

    /// Its pieces in order.
    pub(super) fn pieces(&self) -> &[Piece] {
        &self.0
    }

    /// The columns in it.
    pub(super) fn columns(&self) -> impl Iterator<Item = Column> + '_ {
        self.0.iter().filter_map(|piece| match piece {
            Piece::Column(column) => Some(*column),
            Piece::Literal(_) => None,
        })
    }

    /// The text, where no column is in it.
    pub(super) fn constant(&self) -> Option<String> {
        self.0
            .iter()
            .map(|piece| match piece {
                Piece::Literal(text) => Some(text.as_str()),
                Piece::Column(_) => None,
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The pieces, with the names of columns in angle brackets.
    fn parse(text: &str) -> String {
        let mut names = Vec::new();
        let parsed = Text::parse(text, |name| {
            names.push(name.to_string());
            Column(names.len() - 1)
        });
        match parsed {
            Ok(text) => text
                .pieces()
                .iter()
                .map(|piece| match piece {
                    Piece::Literal(text) => text.clone(),
                    Piece::Column(column) => format!("<{}>", names[column.0]),
                })
                .collect(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn braces_hold_columns() {
        assert_eq!(parse("p-{PatientId}"), "p-<PatientId>");
        assert_eq!(parse("{ No-show }"), "<No-show>");
        assert_eq!(parse("{A}{B}, {C}"), "<A><B>, <C>");
        assert_eq!(parse("{{A} and }"), "{A} and }");
        assert_eq!(parse(""), "");
    }

    #[test]
    fn slips_are_told() {
        assert!(parse("{A").starts_with("a `{` is never closed"));
        for text in ["{}", "{ }", "{A{B}}"] {
            assert!(parse(text).starts_with("`{` and `}` hold"), "{text}");
        }
    }
}
