//! Takes literal text apart into words, blanks and line breaks, and finds the lines that may disappear.

/// A part of literal text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Atom<'t> {
    /// Text without blanks at its ends; in Markdown, the blanks that indent it belong to it.
    Words(&'t str),
    /// Blanks.
    Blank,
    /// A line break. A soft one ends a line with a tag on it: if all on the line disappears, so does it.
    Line { soft: bool },
}

/// Goes through a draft in the order of its text and remembers what stands on the current line.
#[derive(Default)]
pub(crate) struct Lines {
    tag: bool,
}

impl Lines {
    /// A tag that may print nothing stands on the line.
    pub(crate) fn tag(&mut self) {
        self.tag = true;
    }

    /// The line ends; whether softly.
    fn end(&mut self) -> bool {
        std::mem::take(&mut self.tag)
    }

    /// The atoms of a stretch of text.
    pub(crate) fn atoms<'t>(&mut self, text: &'t str, indented: bool, atoms: &mut Vec<Atom<'t>>) {
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            if is_blank(first) {
                let end = rest.find(|c| !is_blank(c)).unwrap_or(rest.len());
                atoms.push(Atom::Blank);
                rest = &rest[end..];
            } else if let Some(after) = line_break(rest) {
                atoms.push(Atom::Line { soft: self.end() });
                rest = after;
                if indented {
                    let indent = rest.find(|c| c != ' ').unwrap_or(rest.len());
                    let words = indent + words(&rest[indent..]);
                    if words > indent && indent > 0 {
                        atoms.push(Atom::Words(&rest[..words]));
                        rest = &rest[words..];
                    }
                }
            } else {
                let end = words(rest);
                atoms.push(Atom::Words(&rest[..end]));
                rest = &rest[end..];
            }
        }
    }
}

/// How far the words reach: single blanks between them belong to them, unless a `,` or `.` follows.
fn words(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut end = 0;
    loop {
        end += bytes[end..]
            .iter()
            .position(|b| matches!(b, b' ' | b'\t' | b'\r' | b'\n'))
            .unwrap_or(bytes.len() - end);
        let next = (bytes.get(end), bytes.get(end + 1));
        match next {
            (Some(b' '), Some(after))
                if !matches!(after, b' ' | b'\t' | b'\r' | b'\n' | b',' | b'.') =>
            {
                end += 1
            }
            _ => return end,
        }
    }
}

fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t')
}

/// What follows a line break, if there is one.
fn line_break(text: &str) -> Option<&str> {
    text.strip_prefix("\r\n")
        .or_else(|| text.strip_prefix(['\n', '\r']))
}
