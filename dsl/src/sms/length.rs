//! How long an SMS is: its encoding, its units and its segments.

use rappel_core::SmsEncoding;
use unicode_segmentation::UnicodeSegmentation as _;

use super::alphabet::{is_extended, is_in_alphabet};

/// Units of a 7-bit SMS that stands alone: 140 bytes.
pub const GSM7_SINGLE: usize = 160;
/// Units of each segment of a 7-bit chain: 140 bytes without the 6 of the chain's header.
pub const GSM7_CHAINED: usize = 153;
/// Units of a Unicode SMS that stands alone.
pub const UCS2_SINGLE: usize = 70;
/// Units of each segment of a Unicode chain.
pub const UCS2_CHAINED: usize = 67;

/// How long an SMS is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Length {
    /// How it is coded.
    pub encoding: SmsEncoding,
    /// Septets or UTF-16 units.
    pub units: usize,
    /// What is sent and paid for. An empty text is one.
    pub segments: usize,
}

impl Length {
    /// The length of a text as it stands.
    pub fn of(text: &str) -> Self {
        match SevenBit::of(text) {
            Some(seven_bit) => {
                let units = seven_bit.units();
                let alone = units <= GSM7_SINGLE;
                let segments = if alone {
                    1
                } else {
                    seven_bit_segments(text, &seven_bit)
                };
                Self {
                    encoding: SmsEncoding::Gsm7,
                    units,
                    segments,
                }
            }
            None => Self::ucs2(text),
        }
    }

    /// The length of a text in Unicode, whatever its characters.
    pub(crate) fn ucs2(text: &str) -> Self {
        let units = text.encode_utf16().count();
        let segments = if units <= UCS2_SINGLE {
            1
        } else {
            ucs2_segments(text)
        };
        Self {
            encoding: SmsEncoding::Ucs2,
            units,
            segments,
        }
    }
}

/// What a text in the 7-bit alphabet is made of.
struct SevenBit {
    characters: usize,
    /// Those of the extension table.
    extended: usize,
}

impl SevenBit {
    /// Counts a text; `None` where it has a character outside the alphabet.
    ///
    /// Every SMS is counted, so ASCII is taken by blocks, which the compiler turns into vector instructions.
    fn of(text: &str) -> Option<Self> {
        let (mut continuing, mut extended) = (0, 0);
        let mut wide = false;
        // Counters of a byte hold up to 255.
        for block in text.as_bytes().chunks(240) {
            let (mut cont, mut ext, mut control, mut line, mut odd, mut all) =
                (0u8, 0u8, 0u8, 0u8, 0u8, 0u8);
            for &b in block {
                all |= b;
                cont += u8::from((b as i8) < -64);
                // `{ | } ~` and, 32 before, `[ \ ] ^`.
                ext += u8::from((b | 0x20).wrapping_sub(b'{') < 4);
                control += u8::from(b < b' ');
                line += u8::from(b == b'\n');
                odd |= u8::from(b == b'`') | u8::from(b == 0x7f);
            }
            wide |= all >= 0x80;
            continuing += usize::from(cont);
            extended += usize::from(ext);
            if odd != 0 || control != line {
                for c in block
                    .iter()
                    .filter(|b| b.is_ascii())
                    .map(|b| char::from(*b))
                {
                    if !is_in_alphabet(c) {
                        return None;
                    }
                    extended += usize::from(c == '\u{c}');
                }
            }
        }
        if wide {
            for c in wide_characters(text) {
                if !is_in_alphabet(c) {
                    return None;
                }
                extended += usize::from(is_extended(c));
            }
        }
        Some(Self {
            characters: text.len() - continuing,
            extended,
        })
    }

    fn units(&self) -> usize {
        self.characters + self.extended
    }
}

/// The characters of a text that are not ASCII.
pub(crate) fn wide_characters(text: &str) -> impl Iterator<Item = char> {
    let bytes = text.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        while bytes.get(at..at + 8).is_some_and(<[u8]>::is_ascii) {
            at += 8;
        }
        at += bytes.get(at..)?.iter().position(|b| !b.is_ascii())?;
        let c = text.get(at..)?.chars().next()?;
        at += c.len_utf8();
        Some(c)
    })
}

/// The two units of an extended character are never in different segments.
fn seven_bit_segments(text: &str, seven_bit: &SevenBit) -> usize {
    if seven_bit.extended == 0 {
        return seven_bit.characters.div_ceil(GSM7_CHAINED);
    }
    packed(
        text.chars().map(|c| 1 + usize::from(is_extended(c))),
        GSM7_CHAINED,
    )
}

/// What a person sees as one character is kept in one segment: handsets put segments together, but
/// gateways cut between the halves of a pair only where they must.
fn ucs2_segments(text: &str) -> usize {
    let units = |text: &str| text.encode_utf16().count();
    let graphemes = text.graphemes(true).flat_map(|grapheme| {
        // A line break of two characters is two; what doesn't fit into a segment at all is cut.
        let whole = units(grapheme);
        let cut = if grapheme == "\r\n" || whole > UCS2_CHAINED {
            whole
        } else {
            1
        };
        std::iter::repeat_n(whole / cut, cut)
    });
    packed(graphemes, UCS2_CHAINED)
}

/// The segments that indivisible pieces take, filled in order.
fn packed(pieces: impl Iterator<Item = usize>, segment: usize) -> usize {
    let (mut segments, mut used) = (1, 0);
    for piece in pieces {
        if used + piece > segment {
            segments += 1;
            used = 0;
        }
        used += piece;
    }
    segments
}

#[cfg(test)]
mod tests {
    use super::*;
    use SmsEncoding::{Gsm7, Ucs2};

    #[track_caller]
    fn length(text: &str, encoding: SmsEncoding, units: usize, segments: usize) {
        assert_eq!(
            Length::of(text),
            Length {
                encoding,
                units,
                segments
            },
            "{text}"
        );
    }

    #[test]
    fn seven_bit_is_160_alone_and_153_in_a_chain() {
        length("", Gsm7, 0, 1);
        length(&"é".repeat(160), Gsm7, 160, 1);
        length(&"a".repeat(161), Gsm7, 161, 2);
        length(&"a".repeat(306), Gsm7, 306, 2);
        length(&"a".repeat(307), Gsm7, 307, 3);
        length(&"a".repeat(918), Gsm7, 918, 6);
    }

    #[test]
    fn unicode_is_70_alone_and_67_in_a_chain() {
        length(&"ê".repeat(70), Ucs2, 70, 1);
        length(&"ê".repeat(71), Ucs2, 71, 2);
        length(&"ê".repeat(135), Ucs2, 135, 3);
        length(&"😀".repeat(35), Ucs2, 70, 1);
    }

    #[test]
    fn extended_characters_are_two_units_and_never_cut() {
        length(&"€".repeat(80), Gsm7, 160, 1);
        // 152 units, then two that would cross the end of the first segment.
        length(&("a".repeat(152) + "€" + &"a".repeat(151)), Gsm7, 305, 2);
        length(&("a".repeat(152) + "€" + &"a".repeat(152)), Gsm7, 306, 3);
        // In Unicode they are one.
        length("ê€", Ucs2, 2, 1);
    }

    #[test]
    fn counting_by_blocks_is_counting_by_characters() {
        let one_by_one = |text: &str| {
            let known = text.chars().all(is_in_alphabet);
            known.then(|| {
                text.chars()
                    .map(|c| 1 + usize::from(is_extended(c)))
                    .sum::<usize>()
            })
        };
        for c in (0..0x3000).filter_map(char::from_u32) {
            for text in [
                c.to_string(),
                "a".repeat(63) + &c.to_string() + "é€",
                format!("é{c}{}", "b".repeat(90)),
            ] {
                assert_eq!(
                    SevenBit::of(&text).map(|text| text.units()),
                    one_by_one(&text),
                    "{c:?}"
                );
            }
        }
    }

    #[test]
    fn a_pair_is_never_cut() {
        length(&("a".repeat(66) + &"😀".repeat(34)), Ucs2, 134, 3);
    }

    #[test]
    fn what_is_longer_than_a_segment_is_cut() {
        let marks = String::from("a") + &"\u{301}".repeat(200);
        length(&marks, Ucs2, 201, 3);
    }
}
