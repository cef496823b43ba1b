//! From a draft to a program: walks the branches and keeps track of how the text may end at each place.

use std::borrow::Cow;

use rappel_core::settings::SmsMode;

use super::layout::{Atom, Lines};
use super::program::{Op, Program};
use crate::check::{Draft, Piece, Test};
use crate::render::clean;
use crate::sms;

/// What a text becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// One line of plain text.
    Line,
    /// Plain text.
    Plain,
    /// An SMS.
    Sms(SmsMode),
    /// Markdown: indented lines keep their indent.
    Markdown,
    /// Text in an XML document.
    Xml,
}

/// How a text may end at a place: a set.
mod tail {
    /// Nothing is written yet.
    pub(super) const START: u8 = 1;
    /// With something to read.
    pub(super) const TEXT: u8 = 2;
    /// With a blank.
    pub(super) const BLANK: u8 = 4;
    /// With a line break.
    pub(super) const LINE: u8 = 8;
    /// With an empty line.
    pub(super) const EMPTY_LINE: u8 = 16;
}
use tail::{BLANK, EMPTY_LINE, LINE, START, TEXT};

/// Compiles a draft.
pub(crate) fn lower(draft: &Draft, form: Form) -> Program {
    let mut lower = Lower {
        draft,
        form,
        lines: Lines::default(),
        pool: String::with_capacity(draft.literals.len()),
        ops: Vec::new(),
        tests: Vec::new(),
        tail: START,
        open: false,
    };
    lower.pieces(&draft.pieces);
    lower.trim_what_is_certain();
    Program {
        trim_end: lower.tail & (BLANK | LINE | EMPTY_LINE) != 0,
        pool: lower.pool,
        ops: lower.ops,
        tests: lower.tests,
        slots: draft.slots.clone(),
        comparisons: draft.comparisons.clone(),
    }
}

struct Lower<'d> {
    draft: &'d Draft,
    form: Form,
    lines: Lines,
    pool: String,
    ops: Vec<Op>,
    tests: Vec<Test>,
    /// How the text may end here.
    tail: u8,
    /// Whether the last step is a text that can still grow: nothing jumps to this place.
    open: bool,
}

impl Lower<'_> {
    fn pieces(&mut self, pieces: &[Piece]) {
        for piece in pieces {
            match piece {
                Piece::Text(range) => {
                    let draft = self.draft;
                    self.literal(draft.literals.get(range.clone()).unwrap_or_default());
                }
                Piece::Mark => self.lines.tag(),
                Piece::Value(slot) => self.value(*slot),
                Piece::Section {
                    branches,
                    otherwise,
                } => self.section(branches, otherwise),
            }
        }
    }

    fn literal(&mut self, text: &str) {
        let text = self.cleaned(text);
        let mut atoms = Vec::new();
        self.lines
            .atoms(&text, self.form == Form::Markdown, &mut atoms);
        for atom in atoms {
            match atom {
                Atom::Words(words) => self.words(words),
                Atom::Blank => self.blank(),
                Atom::Line { .. } if self.form == Form::Line => self.blank(),
                Atom::Line { soft } => self.line(soft),
            }
        }
    }

    /// Literal text without what doesn't belong in a message, in the letters of its form.
    fn cleaned<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let markdown = self.form == Form::Markdown;
        let text = if text.chars().all(|c| literal(c, markdown) == Some(c)) {
            Cow::Borrowed(text)
        } else {
            Cow::Owned(text.chars().filter_map(|c| literal(c, markdown)).collect())
        };
        match (self.form, text) {
            (Form::Sms(SmsMode::Transliterate), Cow::Borrowed(text)) => sms::transliterate(text),
            (Form::Sms(SmsMode::Transliterate), Cow::Owned(text)) => {
                Cow::Owned(sms::transliterate(&text).into_owned())
            }
            (_, text) => text,
        }
    }

    fn words(&mut self, words: &str) {
        if words.starts_with([',', '.']) && self.tail & BLANK != 0 {
            self.no_blank();
        }
        self.push(words);
        self.tail = TEXT;
    }

    fn blank(&mut self) {
        if self.tail == TEXT {
            self.push(" ");
            self.tail = BLANK;
        } else if self.tail & TEXT != 0 {
            self.op(Op::Blank);
            self.tail = self.tail & !TEXT | BLANK;
        }
    }

    fn line(&mut self, soft: bool) {
        let after = after_line(self.tail, soft);
        if self.tail == BLANK && self.unpush_blank() {
            self.tail = TEXT;
        }
        match self.tail {
            TEXT => self.push("\n"),
            LINE if !soft => self.push("\n"),
            START | LINE | EMPTY_LINE => {}
            _ => self.op(Op::Line { soft }),
        }
        self.tail = after;
    }

    fn value(&mut self, slot: usize) {
        let Some(known) = self.draft.slots.get(slot) else {
            return;
        };
        let required = !known.may_be_absent() && !known.has_default();
        let index = slot as u32;
        if required {
            match self.ops.last_mut() {
                Some(op) if self.open => {
                    if let Op::Text { start, end } = *op {
                        *op = Op::TextValue {
                            start,
                            end,
                            slot: index,
                        };
                    }
                }
                _ => self.ops.push(Op::Value { slot: index }),
            }
            self.tail = TEXT;
        } else {
            self.ops.push(Op::Optional { slot: index });
            self.lines.tag();
            self.tail |= TEXT;
        }
        self.open = false;
    }

    fn section(&mut self, branches: &[(Test, Vec<Piece>)], otherwise: &[Piece]) {
        self.lines.tag();
        let entry = self.tail;
        let mut exits = 0;
        let mut jumps = Vec::new();
        for (index, (test, pieces)) in branches.iter().enumerate() {
            let condition = self.ops.len();
            self.test(test);
            self.tail = entry;
            self.pieces(pieces);
            self.lines.tag();
            exits |= self.tail;
            if index + 1 < branches.len() || !otherwise.is_empty() {
                jumps.push(self.ops.len());
                self.op(Op::Jump { target: 0 });
            }
            self.open = false;
            self.land(condition);
        }
        self.tail = entry;
        self.pieces(otherwise);
        self.lines.tag();
        self.tail |= exits;
        self.open = false;
        for jump in jumps {
            self.land(jump);
        }
    }

    fn test(&mut self, test: &Test) {
        match test {
            Test::Present(slot) => self.op(Op::UnlessPresent {
                slot: *slot as u32,
                target: 0,
            }),
            test => {
                self.tests.push(test.clone());
                self.op(Op::Unless {
                    test: self.tests.len() as u32 - 1,
                    target: 0,
                });
            }
        }
    }

    /// Has the jump at `at` land here.
    fn land(&mut self, at: usize) {
        let here = self.ops.len() as u32;
        if let Some(
            Op::UnlessPresent { target, .. } | Op::Unless { target, .. } | Op::Jump { target },
        ) = self.ops.get_mut(at)
        {
            *target = here;
        }
    }

    fn op(&mut self, op: Op) {
        self.ops.push(op);
        self.open = false;
    }

    /// Adds to the literal text.
    fn push(&mut self, text: &str) {
        let start = self.pool.len() as u32;
        match self.form {
            Form::Xml if text.contains(['&', '<', '>']) => {
                self.pool.push_str(
                    &text
                        .replace('&', "&amp;")
                        .replace('<', "&lt;")
                        .replace('>', "&gt;"),
                );
            }
            _ => self.pool.push_str(text),
        }
        let pool_end = self.pool.len() as u32;
        match self.ops.last_mut() {
            Some(Op::Text { end, .. }) if self.open && *end == start => *end = pool_end,
            _ => self.ops.push(Op::Text {
                start,
                end: pool_end,
            }),
        }
        self.open = true;
    }

    fn no_blank(&mut self) {
        if !(self.tail == BLANK && self.unpush_blank()) {
            self.op(Op::NoBlank);
        }
    }

    /// Takes back the blank that the last step ends with, if nothing but this step can have come here.
    fn unpush_blank(&mut self) -> bool {
        match self.ops.last_mut() {
            Some(Op::Text { start, end }) if self.open && self.pool.ends_with(' ') => {
                self.pool.pop();
                *end -= 1;
                if start == end {
                    self.ops.pop();
                    // What came before is complete: a text may have ended there only to be joined.
                    self.open = false;
                }
                true
            }
            _ => false,
        }
    }

    /// Takes blanks and line breaks off the end of the program where it is clear that they are there.
    fn trim_what_is_certain(&mut self) {
        while matches!(self.tail, BLANK | LINE | EMPTY_LINE)
            && self.open
            && self.pool.ends_with([' ', '\n'])
        {
            let Some(Op::Text { start, end }) = self.ops.last_mut() else {
                return;
            };
            self.pool.pop();
            *end -= 1;
            if start == end {
                self.ops.pop();
                return;
            }
            if !self.pool.ends_with([' ', '\n']) {
                self.tail = TEXT;
            }
        }
    }
}

/// What a literal character becomes before its form is thought of.
fn literal(c: char, markdown: bool) -> Option<char> {
    match c {
        '\n' | '\r' | '\t' => Some(c),
        // Other ways to end a line or page.
        '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => Some('\n'),
        c if c.is_control() => Some(' '),
        // Markdown's marks for values.
        '\u{f0000}'..='\u{fffff}' if markdown => None,
        c => (c.is_whitespace() || clean::is_visible(c)).then_some(c),
    }
}

/// How a text may end after a line break.
fn after_line(tail: u8, soft: bool) -> u8 {
    let mut after = tail & (START | EMPTY_LINE);
    if tail & (TEXT | BLANK) != 0 {
        after |= LINE;
    }
    if tail & LINE != 0 {
        after |= if soft { LINE } else { EMPTY_LINE };
    }
    after
}
