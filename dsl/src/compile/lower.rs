//! From a draft to a program: walks the branches and keeps track of how the text may end at each place.

use std::borrow::Cow;

use rappel_core::settings::SmsMode;

use super::layout::{Atom, Lines};
use super::program::{Program, Put, Step, Then};
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
        text: String::new(),
        steps: Vec::new(),
        landed: false,
        tests: Vec::new(),
        tail: START,
        present: Vec::new(),
    };
    lower.pieces(&draft.pieces);
    lower.trim_what_is_certain();
    lower.flush();
    Program {
        trim_end: lower.tail & (BLANK | LINE | EMPTY_LINE) != 0,
        literal: lower.steps.iter().map(|step| step.text.len()).sum(),
        steps: lower.steps,
        tests: lower.tests,
        slots: draft.slots.clone(),
        comparisons: draft.comparisons.clone(),
    }
}

struct Lower<'d> {
    draft: &'d Draft,
    form: Form,
    lines: Lines,
    /// The literal text of the step that comes next. Nothing jumps into it.
    text: String,
    steps: Vec<Step>,
    /// Whether something jumps to the next step, so that nothing may be added to the last one.
    landed: bool,
    tests: Vec<Test>,
    /// How the text may end here.
    tail: u8,
    /// The slots that surely print here: their sections ask for them.
    present: Vec<usize>,
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
            self.then(Then::Blank);
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
            _ => self.then(Then::Line { soft }),
        }
        self.tail = after;
    }

    fn value(&mut self, slot: usize) {
        let Some(known) = self.draft.slots.get(slot) else {
            return;
        };
        let index = slot as u32;
        if !known.may_be_absent() && !known.has_default() {
            self.put(Put::Required(index));
            self.tail = TEXT;
        } else if self.present.contains(&slot) {
            self.put(Put::Optional(index));
            self.tail = TEXT;
        } else {
            self.put(Put::Optional(index));
            self.lines.tag();
            self.tail |= TEXT;
        }
    }

    fn section(&mut self, branches: &[(Test, Vec<Piece>)], otherwise: &[Piece]) {
        self.lines.tag();
        let entry = self.tail;
        let mut exits = 0;
        let mut jumps = Vec::new();
        for (index, (test, pieces)) in branches.iter().enumerate() {
            let condition = self.test(test);
            self.tail = entry;
            let known = self.present.len();
            test.surely_present(&mut self.present);
            self.pieces(pieces);
            self.present.truncate(known);
            self.lines.tag();
            exits |= self.tail;
            if index + 1 < branches.len() || !otherwise.is_empty() {
                self.then(Then::Jump { target: 0 });
                jumps.push(self.steps.len() - 1);
            }
            self.land(condition);
        }
        self.tail = entry;
        self.pieces(otherwise);
        self.lines.tag();
        self.tail |= exits;
        for jump in jumps {
            self.land(jump);
        }
    }

    /// Adds a test's step and answers where it is.
    fn test(&mut self, test: &Test) -> usize {
        match test {
            Test::Present(slot) => self.then(Then::UnlessPresent {
                slot: *slot as u32,
                target: 0,
            }),
            test => {
                self.tests.push(test.clone());
                self.then(Then::Unless {
                    test: self.tests.len() as u32 - 1,
                    target: 0,
                });
            }
        }
        self.steps.len() - 1
    }

    /// Has the jump at `at` land here.
    fn land(&mut self, at: usize) {
        self.flush();
        self.landed = true;
        let here = self.steps.len() as u32;
        if let Some(
            Then::UnlessPresent { target, .. }
            | Then::Unless { target, .. }
            | Then::Jump { target },
        ) = self.steps.get_mut(at).map(|step| &mut step.then)
        {
            *target = here;
        }
    }

    /// Ends the step.
    fn then(&mut self, then: Then) {
        match self.steps.last_mut() {
            Some(last) if self.text.is_empty() && !self.landed && last.then == Then::Next => {
                last.then = then
            }
            _ => self.step(Put::Nothing, then),
        }
    }

    /// Adds a value to the step.
    fn put(&mut self, value: Put) {
        self.step(value, Then::Next);
    }

    fn step(&mut self, value: Put, then: Then) {
        let text = std::mem::take(&mut self.text).into_boxed_str();
        self.steps.push(Step { text, value, then });
        self.landed = false;
    }

    /// Ends the step if it has text.
    fn flush(&mut self) {
        if !self.text.is_empty() {
            self.step(Put::Nothing, Then::Next);
        }
    }

    /// Adds to the literal text.
    fn push(&mut self, text: &str) {
        if self.form != Form::Xml {
            self.text.push_str(text);
            return;
        }
        for c in text.chars() {
            match c {
                '&' => self.text.push_str("&amp;"),
                '<' => self.text.push_str("&lt;"),
                '>' => self.text.push_str("&gt;"),
                c => self.text.push(c),
            }
        }
    }

    fn no_blank(&mut self) {
        if !(self.tail == BLANK && self.unpush_blank()) {
            self.then(Then::NoBlank);
        }
    }

    /// Takes back the blank that the text ends with, if it is this step's.
    fn unpush_blank(&mut self) -> bool {
        let ends = self.text.ends_with(' ');
        if ends {
            self.text.pop();
        }
        ends
    }

    /// Takes blanks and line breaks off the end of the text where it is clear that they are there.
    fn trim_what_is_certain(&mut self) {
        let kept = self.text.trim_end_matches([' ', '\n']).len();
        if kept > 0 {
            self.text.truncate(kept);
            self.tail = TEXT;
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
