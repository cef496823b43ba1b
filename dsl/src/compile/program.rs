//! The flat program of a text, and how it runs.
//!
//! Rendering copies stretches of one pool of literal text and the values between them into one string.
//! Whatever could be tidied ahead is tidy in the pool; the few places where that depends on what a branch or
//! an absent value left behind have an operation of their own.

use std::fmt;

use crate::check::{Comparison, Slot, Test};
use crate::render::Stopped;
use crate::variables::Variable;

/// A step of a program. Ranges are bytes of the pool, targets are indices of steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Op {
    /// Literal text.
    Text { start: u32, end: u32 },
    /// A value that has to be there.
    Value { slot: u32 },
    /// Literal text and behind it a value that has to be there: the most frequent pair.
    TextValue { start: u32, end: u32, slot: u32 },
    /// A value that may be absent.
    Optional { slot: u32 },
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
    pub(super) pool: String,
    pub(super) ops: Vec<Op>,
    pub(super) tests: Vec<Test>,
    pub(crate) slots: Vec<Slot>,
    pub(crate) comparisons: Vec<Comparison>,
    /// Whether the end may have blanks or line breaks to take off.
    pub(super) trim_end: bool,
}

/// Where a program's values come from. Values arrive clean and escaped.
pub(crate) trait Source {
    /// Writes a slot's value; `false` when there is nothing to write.
    fn write(&self, slot: usize, out: &mut String) -> bool;
    /// Whether the slot's value is present, and not "no".
    fn present(&self, slot: usize) -> bool;
    /// Whether a comparison holds.
    fn compare(&self, index: usize) -> bool;
    /// About how many bytes the values come to.
    fn size(&self) -> usize;
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
    #[inline]
    fn write(&self, slot: usize, out: &mut String) -> bool {
        match self.slots.get(slot) {
            Some(Some(text)) => {
                out.push_str(text);
                !text.is_empty()
            }
            _ => false,
        }
    }

    #[inline]
    fn present(&self, slot: usize) -> bool {
        matches!(self.slots.get(slot), Some(Some(text)) if !text.is_empty())
    }

    #[inline]
    fn compare(&self, index: usize) -> bool {
        self.comparisons.get(index).copied().unwrap_or(false)
    }

    #[inline]
    fn size(&self) -> usize {
        self.slots.iter().flatten().map(|text| text.len()).sum()
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
        let mut out = String::with_capacity(self.pool.len() + source.size());
        let mut at = 0;
        while let Some(op) = self.ops.get(at) {
            at += 1;
            match *op {
                Op::TextValue { start, end, slot } => {
                    out.push_str(self.text(start, end));
                    if !source.write(slot as usize, &mut out) {
                        return Err(self.absent(slot));
                    }
                }
                Op::Text { start, end } => out.push_str(self.text(start, end)),
                Op::Value { slot } => {
                    if !source.write(slot as usize, &mut out) {
                        return Err(self.absent(slot));
                    }
                }
                Op::Optional { slot } => {
                    source.write(slot as usize, &mut out);
                }
                Op::UnlessPresent { slot, target } => {
                    if !source.present(slot as usize) {
                        at = target as usize;
                    }
                }
                Op::Unless { test, target } => {
                    let holds = self.tests.get(test as usize).is_some_and(|test| {
                        test.holds(&|slot| source.present(slot), &|index| source.compare(index))
                    });
                    if !holds {
                        at = target as usize;
                    }
                }
                Op::Jump { target } => at = target as usize,
                Op::NoBlank => no_blank(&mut out),
                Op::Blank => {
                    if !matches!(out.as_bytes().last(), None | Some(b' ' | b'\n')) {
                        out.push(' ');
                    }
                }
                Op::Line { soft } => {
                    no_blank(&mut out);
                    let full = if soft { "\n" } else { "\n\n" };
                    if !out.is_empty() && !out.ends_with(full) {
                        out.push('\n');
                    }
                }
            }
        }
        if self.trim_end {
            out.truncate(out.trim_end_matches([' ', '\n']).len());
        }
        Ok(out)
    }

    /// The steps.
    pub(crate) fn ops(&self) -> &[Op] {
        &self.ops
    }

    /// All literal text, end to end.
    pub(crate) fn pool(&self) -> &str {
        &self.pool
    }

    /// The slots that conditions ask for.
    pub(crate) fn asked(&self) -> Vec<usize> {
        let direct = self.ops.iter().filter_map(|op| match op {
            Op::UnlessPresent { slot, .. } => Some(*slot as usize),
            _ => None,
        });
        let mut asked: Vec<usize> = direct.collect();
        self.tests.iter().for_each(|test| test.asked(&mut asked));
        asked
    }

    /// A stretch of the literal text.
    #[inline]
    pub(crate) fn text(&self, start: u32, end: u32) -> &str {
        self.pool
            .get(start as usize..end as usize)
            .unwrap_or_default()
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
    while out.ends_with(' ') {
        out.pop();
    }
}
