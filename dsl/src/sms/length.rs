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
        // Most texts are plain ASCII and short enough to stand alone.
        match seven_bit_units(text) {
            Some(units) => Self {
                encoding: SmsEncoding::Gsm7,
                units,
                segments: if units <= GSM7_SINGLE {
                    1
                } else {
                    seven_bit_segments(text)
                },
            },
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

/// The units of a text in the 7-bit alphabet; `None` where it has others.
fn seven_bit_units(text: &str) -> Option<usize> {
    let mut units = 0;
    for c in text.chars() {
        if !is_in_alphabet(c) {
            return None;
        }
        units += 1 + usize::from(is_extended(c));
    }
    Some(units)
}

/// The two units of an extended character are never in different segments.
fn seven_bit_segments(text: &str) -> usize {
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
    fn a_pair_is_never_cut() {
        length(&("a".repeat(66) + &"😀".repeat(34)), Ucs2, 134, 3);
    }

    #[test]
    fn what_is_longer_than_a_segment_is_cut() {
        let marks = String::from("a") + &"\u{301}".repeat(200);
        length(&marks, Ucs2, 201, 3);
    }
}
