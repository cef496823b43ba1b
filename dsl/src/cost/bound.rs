//! Bounds on a message's length where there are too many combinations: every branch for itself.

use rappel_core::SmsEncoding;

use super::Reach;
use super::candidates::{Aim, Candidates};
use crate::compile::{Program, Put, Source as _, Then};
use crate::options::Options;
use crate::render::Live;
use crate::render::clean::Place;
use crate::sms::{
    GSM7_CHAINED, GSM7_SINGLE, UCS2_CHAINED, UCS2_SINGLE, is_extended, is_in_alphabet,
};

/// The size of a stretch of text. Sizes add up.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Size {
    septets: usize,
    utf16: usize,
    characters: usize,
    /// Whether a character is outside the alphabet.
    outside: bool,
}

impl Size {
    fn of(text: &str) -> Self {
        text.chars().fold(Self::default(), |size, c| {
            size.plus(Self {
                septets: 1 + usize::from(is_extended(c)),
                utf16: c.len_utf16(),
                characters: 1,
                outside: !is_in_alphabet(c),
            })
        })
    }

    fn plus(self, other: Self) -> Self {
        Self {
            septets: self.septets + other.septets,
            utf16: self.utf16 + other.utf16,
            characters: self.characters + other.characters,
            outside: self.outside | other.outside,
        }
    }

    /// The larger, or the smaller, in every respect.
    fn either(self, other: Self, aim: Aim) -> Self {
        let pick = |a: usize, b: usize| {
            if aim == Aim::Longest {
                a.max(b)
            } else {
                a.min(b)
            }
        };
        Self {
            septets: pick(self.septets, other.septets),
            utf16: pick(self.utf16, other.utf16),
            characters: pick(self.characters, other.characters),
            outside: if aim == Aim::Longest {
                self.outside | other.outside
            } else {
                self.outside & other.outside
            },
        }
    }
}

/// The least and the most that a message can be, and the most in Unicode.
pub(super) fn bounds(program: &Program, options: &Options) -> (Reach, Reach, usize) {
    let least = size(program, options, Aim::Shortest);
    let most = size(program, options, Aim::Longest);
    let in_unicode = segments(most.utf16, UCS2_SINGLE, UCS2_CHAINED - 1);
    (
        reach(least, Aim::Shortest),
        reach(most, Aim::Longest),
        in_unicode,
    )
}

fn reach(size: Size, aim: Aim) -> Reach {
    // A character that doesn't fit leaves at most one unit of a segment free.
    let free = usize::from(aim == Aim::Longest);
    let (encoding, units, segments) = if size.outside {
        (
            SmsEncoding::Ucs2,
            size.utf16,
            segments(size.utf16, UCS2_SINGLE, UCS2_CHAINED - free),
        )
    } else {
        (
            SmsEncoding::Gsm7,
            size.septets,
            segments(size.septets, GSM7_SINGLE, GSM7_CHAINED - free),
        )
    };
    Reach {
        segments,
        units,
        characters: size.characters,
        encoding,
        branch: Vec::new(),
        longest_value: None,
    }
}

fn segments(units: usize, single: usize, chained: usize) -> usize {
    if units <= single {
        1
    } else {
        units.div_ceil(chained)
    }
}

/// The largest or smallest way through the program. Jumps only lead forward, so one pass is enough.
fn size(program: &Program, options: &Options, aim: Aim) -> Size {
    let candidates = Candidates::new(program, options, aim);
    let values: Vec<Size> = (0..program.slots.len())
        .map(|slot| value(program, options, &candidates, slot, aim))
        .collect();
    let steps = program.steps();
    let mut reached: Vec<Option<Size>> = vec![None; steps.len() + 1];
    if let Some(first) = reached.first_mut() {
        *first = Some(Size::default());
    }
    let longest = aim == Aim::Longest;
    let blank = if longest {
        Size::of(" ")
    } else {
        Size::default()
    };
    let value = |slot: u32| values.get(slot as usize).copied().unwrap_or_default();
    for (at, step) in steps.iter().enumerate() {
        let Some(before) = reached[at] else { continue };
        let put = match step.value {
            Put::Nothing => Size::default(),
            Put::Required(slot) | Put::Optional(slot) => value(slot),
        };
        let here = before.plus(Size::of(&step.text)).plus(put);
        let (next, jump) = match step.then {
            Then::Next => (Some(here), None),
            Then::Blank | Then::Line { .. } => (Some(here.plus(blank)), None),
            // It takes at most one blank back.
            Then::NoBlank => (Some(if longest { here } else { less_one(here) }), None),
            Then::UnlessPresent { target, .. } | Then::Unless { target, .. } => {
                (Some(here), Some(target))
            }
            Then::Jump { target } => (None, Some(target)),
        };
        if let Some(next) = next {
            arrive(&mut reached, at + 1, next, aim);
        }
        if let Some(target) = jump {
            arrive(&mut reached, target as usize, here, aim);
        }
    }
    let end = reached.last().copied().flatten().unwrap_or_default();
    // The end of the text may lose a blank and two line breaks.
    if aim == Aim::Shortest {
        (0..3).fold(end, |size, _| less_one(size))
    } else {
        end
    }
}

fn less_one(size: Size) -> Size {
    Size {
        septets: size.septets.saturating_sub(1),
        utf16: size.utf16.saturating_sub(1),
        characters: size.characters.saturating_sub(1),
        ..size
    }
}

fn arrive(reached: &mut [Option<Size>], at: usize, size: Size, aim: Aim) {
    if let Some(known) = reached.get_mut(at) {
        *known = Some(known.map_or(size, |known| known.either(size, aim)));
    }
}

/// The largest or smallest that a slot can print.
fn value(
    program: &Program,
    options: &Options,
    candidates: &Candidates,
    slot: usize,
    aim: Aim,
) -> Size {
    let Some(known) = program.slots.get(slot) else {
        return Size::default();
    };
    let print = |sheet: &_| {
        let mut text = String::new();
        Live::new(program, options, sheet, Place::Sms(options.sms_mode)).write(slot, &mut text);
        Size::of(&text)
    };
    candidates
        .of(known.variable)
        .map(|value| {
            let mut sheet = crate::values::Sheet::new();
            sheet.set(known.variable, value.map(crate::values::Value::borrowed));
            print(&sheet)
        })
        .reduce(|a, b| a.either(b, aim))
        .unwrap_or_default()
}
