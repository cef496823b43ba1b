//! The flat program of a text, and how it runs.
//!
//! Rendering copies literal text and the values between into one string. Whatever could be tidied ahead is tidy
//! in the literal text; the few places where that depends on what a branch or an absent value left behind have a
//! step of their own.

use std::fmt;

use crate::append::append;
use crate::check::{Comparison, Slot, Test};
use crate::render::Stopped;
use crate::variables::Variable;

/// A step of a program: literal text, perhaps a value behind it, and where to go on. Most steps have all they
/// need in the first two.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    /// The text; often a word or two, so that each is its own and needs no cutting out.
    pub(crate) text: Box<str>,
    pub(crate) value: Put,
    pub(crate) then: Then,
}

/// The value of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Put {
    /// There is none.
    Nothing,
    /// One that has to be there.
    Required(u32),
    /// One that may be absent.
    Optional(u32),
}

/// What follows a step. Targets are indices of steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Then {
    /// The next step.
    Next,
    /// No blank at the end: a `,` or `.` follows.
    NoBlank,
    /// A blank, unless the line just began.
    Blank,
    /// A line break; a soft one not where the line is empty, since all on it disappeared.
    Line { soft: bool },
    /// On to `target` when the slot's value is absent.
    UnlessPresent { slot: u32, target: u32 },
    /// On to `target` when the test fails.
    Unless { test: u32, target: u32 },
    /// On to `target`.
    Jump { target: u32 },
}

/// A text, compiled.
#[derive(Clone, Debug)]
pub struct Program {
    pub(super) steps: Vec<Step>,
    /// The bytes of all literal text.
    pub(super) literal: usize,
    pub(super) tests: Vec<Test>,
    pub(crate) slots: Vec<Slot>,
    pub(crate) comparisons: Vec<Comparison>,
    /// Whether the end may have blanks or line breaks to take off.
    pub(super) trim_end: bool,
}

/// About the bytes of a value. Names and places are seldom longer; where they are, the text grows once.
const USUAL_VALUE: usize = 24;

/// Where a program's values come from. Values arrive clean and escaped.
pub(crate) trait Source {
    /// Writes a slot's value; `false` when there is nothing to write.
    fn write(&self, slot: usize, out: &mut String) -> bool;
    /// Whether the slot's value is present, and not "no".
    fn present(&self, slot: usize) -> bool;
    /// Whether a comparison holds.
    fn compare(&self, index: usize) -> bool;
}

/// A value that a program prints or asks for: a variable with its filters, such as `TRD4|upper`.
#[derive(Clone, Copy)]
pub struct SlotInfo<'p> {
    slot: &'p Slot,
}

impl SlotInfo<'_> {
    /// The variable.
    pub fn variable(&self) -> Variable {
        self.slot.variable
    }
}

impl fmt::Display for SlotInfo<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.slot.variable)?;
        self.slot
            .steps
            .iter()
            .try_for_each(|step| write!(f, "|{}", step.filter.name))
    }
}

/// Values that are text already, clean and without blanks at their ends.
struct Texts<'t> {
    slots: &'t [Option<&'t str>],
    comparisons: &'t [bool],
}

impl Source for Texts<'_> {
    #[inline(always)]
    fn write(&self, slot: usize, out: &mut String) -> bool {
        match self.slots.get(slot) {
            Some(Some(text)) => {
                append(out, text);
                !text.is_empty()
            }
            _ => false,
        }
    }

    #[inline(always)]
    fn present(&self, slot: usize) -> bool {
        matches!(self.slots.get(slot), Some(Some(text)) if !text.is_empty())
    }

    #[inline(always)]
    fn compare(&self, index: usize) -> bool {
        self.comparisons.get(index).copied().unwrap_or(false)
    }
}

impl Program {
    /// The values that it prints or asks for, in the order in which [`Program::render`] takes them.
    pub fn slots(&self) -> impl Iterator<Item = SlotInfo<'_>> {
        self.slots.iter().map(|slot| SlotInfo { slot })
    }

    /// How many comparisons it makes.
    pub fn comparisons(&self) -> usize {
        self.comparisons.len()
    }

    /// Renders from values that are text already: one for each of [`Program::slots`], clean, and the answers
    /// of the comparisons. A yes or no is any text or `None`.
    ///
    /// # Errors
    /// When a value is missing that has to be there.
    pub fn render(&self, slots: &[Option<&str>], comparisons: &[bool]) -> Result<String, Stopped> {
        self.run(&Texts { slots, comparisons })
    }

    /// Renders from a source.
    #[inline]
    pub(crate) fn run<S: Source>(&self, source: &S) -> Result<String, Stopped> {
        let mut out = String::with_capacity(self.literal + self.slots.len() * USUAL_VALUE);
        let mut at = 0;
        while let Some(step) = self.steps.get(at) {
            at += 1;
            append(&mut out, &step.text);
            match step.value {
                Put::Nothing => {}
                Put::Required(slot) => {
                    if !source.write(slot as usize, &mut out) {
                        return Err(self.absent(slot));
                    }
                }
                Put::Optional(slot) => {
                    source.write(slot as usize, &mut out);
                }
            }
            if step.then != Then::Next {
                at = self.follow(step.then, at, source, &mut out);
            }
        }
        if self.trim_end {
            while let [.., b' ' | b'\n'] = out.as_bytes() {
                out.pop();
            }
        }
        Ok(out)
    }

    /// Does what follows a step and answers which step is next.
    #[inline(never)]
    fn follow<S: Source>(&self, then: Then, next: usize, source: &S, out: &mut String) -> usize {
        let jump = match then {
            Then::Next => None,
            Then::UnlessPresent { slot, target } => {
                (!source.present(slot as usize)).then_some(target)
            }
            Then::Unless { test, target } => (!self.holds(test, source)).then_some(target),
            Then::Jump { target } => Some(target),
            Then::NoBlank => {
                no_blank(out);
                None
            }
            Then::Blank => {
                blank(out);
                None
            }
            Then::Line { soft } => {
                line(soft, out);
                None
            }
        };
        jump.map_or(next, |target| target as usize)
    }

    fn holds<S: Source>(&self, test: u32, source: &S) -> bool {
        let test = self.tests.get(test as usize);
        test.is_some_and(|test| {
            test.holds(&|slot| source.present(slot), &|index| source.compare(index))
        })
    }

    /// The steps.
    pub(crate) fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// The slots that conditions ask for.
    pub(crate) fn asked(&self) -> Vec<usize> {
        let direct = self.steps.iter().filter_map(|step| match step.then {
            Then::UnlessPresent { slot, .. } => Some(slot as usize),
            _ => None,
        });
        let mut asked: Vec<usize> = direct.collect();
        self.tests.iter().for_each(|test| test.asked(&mut asked));
        asked
    }

    #[cold]
    fn absent(&self, slot: u32) -> Stopped {
        match self.slots.get(slot as usize) {
            Some(slot) => Stopped::Absent(slot.variable),
            None => Stopped::Empty,
        }
    }
}

fn no_blank(out: &mut String) {
    while let [.., b' '] = out.as_bytes() {
        out.pop();
    }
}

fn blank(out: &mut String) {
    if !matches!(out.as_bytes().last(), None | Some(b' ' | b'\n')) {
        out.push(' ');
    }
}

fn line(soft: bool, out: &mut String) {
    no_blank(out);
    let full = match out.as_bytes() {
        [] => true,
        [.., b'\n'] if soft => true,
        [.., b'\n', b'\n'] => true,
        _ => false,
    };
    if !full {
        out.push('\n');
    }
}
