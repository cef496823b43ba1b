//! The lines around a place, as a report shows them: few enough to read, each cut to the width of the
//! screen, and nothing in them that a terminal would obey.

use std::ops::Range;

use miette::{MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};

/// What stands where a line was cut.
const CUT: char = '…';

/// What stands for a control character.
const CONTROL: char = '\u{fffd}';

/// The most lines of a place that are shown; what it has beyond them says little more.
const MOST_LINES: usize = 8;

/// The lines around a place.
#[derive(Debug)]
pub(super) struct Excerpt {
    name: String,
    text: String,
    /// The place, in bytes of the excerpt.
    place: Range<usize>,
    /// The number of the excerpt's first line, and the line and column of the place; all from 0.
    first: usize,
    position: (usize, usize),
}

impl Excerpt {
    /// The lines around a place in a file's text, each with at most `room` characters. `position` is the line and
    /// column at which the place begins, from 1.
    pub(super) fn new(
        name: &str,
        source: &str,
        place: &Range<usize>,
        position: (usize, usize),
        room: usize,
    ) -> Self {
        let lines = lines(source);
        let begins = position.0 - 1;
        // A place that ends with a line's break ends on that line.
        let end = place.end.min(source.len()).max(place.start);
        let last_byte = end.saturating_sub(1).max(place.start);
        let ends = lines
            .partition_point(|line| line.start <= last_byte)
            .saturating_sub(1)
            .min(begins + MOST_LINES - 1);
        let first = begins.saturating_sub(1);
        let mut excerpt = Self {
            name: name.into(),
            text: String::new(),
            place: 0..0,
            first,
            position: (begins, position.1 - 1),
        };
        for (number, line) in lines.iter().enumerate().take(ends + 2).skip(first) {
            let text = source.get(line.clone()).unwrap_or_default();
            let within = |offset: usize| offset.saturating_sub(line.start).min(text.len());
            let focus = match number {
                n if n == begins && n == ends => within(place.start)..within(end),
                n if n == begins => within(place.start)..text.len(),
                n if n == ends => 0..within(end),
                _ => 0..0,
            };
            let shown = excerpt.line(text, &focus, room);
            if number == begins {
                excerpt.place.start = shown.start;
            }
            if number == ends {
                excerpt.place.end = shown.end;
            }
            if number + 1 < lines.len() {
                excerpt.text.push('\n');
            } else if excerpt.place.start == excerpt.text.len() {
                // A mark has to have something to stand below.
                excerpt.text.push(' ');
            }
        }
        excerpt
    }

    /// Adds a line, cut around what it is about, and says where that stands now.
    fn line(&mut self, text: &str, focus: &Range<usize>, room: usize) -> Range<usize> {
        let characters = text.chars().count();
        let before = |offset: usize| {
            text.get(..offset)
                .map_or(characters, |text| text.chars().count())
        };
        let focus = before(focus.start)..before(focus.end);
        let window = window(characters, &focus, room);
        if window.start > 0 {
            self.text.push(CUT);
        }
        let mut place = None;
        let mut end = None;
        for (index, c) in text.chars().enumerate().take(window.end).skip(window.start) {
            if index == focus.start {
                place = Some(self.text.len());
            }
            if index == focus.end {
                end = Some(self.text.len());
            }
            match c {
                '\t' => self.text.push_str("    "),
                c if c.is_control() => self.text.push(CONTROL),
                c => self.text.push(c),
            }
        }
        let (place, end) = (
            place.unwrap_or(self.text.len()),
            end.unwrap_or(self.text.len()),
        );
        if window.end < characters {
            self.text.push(CUT);
        }
        place..end.max(place)
    }
}

/// The lines of a text, without their breaks; at least one.
fn lines(source: &str) -> Vec<Range<usize>> {
    let mut start = 0;
    source
        .split('\n')
        .map(|line| {
            let range = start..start + line.strip_suffix('\r').unwrap_or(line).len();
            start += line.len() + 1;
            range
        })
        .collect()
}

/// The characters of a line that are shown: those around its focus, from a third of the room before it.
fn window(characters: usize, focus: &Range<usize>, room: usize) -> Range<usize> {
    if characters <= room {
        return 0..characters;
    }
    // The marks take their place too.
    let room = room.saturating_sub(2).max(1);
    let start = if focus.end < room {
        0
    } else {
        focus.start.saturating_sub(room / 3).min(characters - room)
    };
    start..start + room
}

impl SourceCode for Excerpt {
    fn read_span<'a>(
        &'a self,
        _: &SourceSpan,
        lines_before: usize,
        lines_after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        // A report asks for the lines with those around them, and for its head without.
        let (line, column) = if lines_before + lines_after > 0 {
            (self.first, 0)
        } else {
            self.position
        };
        Ok(Box::new(MietteSpanContents::new_named(
            self.name.clone(),
            self.text.as_bytes(),
            (0, self.text.len()).into(),
            line,
            column,
            self.text.lines().count(),
        )))
    }
}

impl Excerpt {
    /// Where the place stands in the excerpt.
    pub(super) fn place(&self) -> Range<usize> {
        self.place.clone()
    }
}
