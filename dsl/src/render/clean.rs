//! Cleans and escapes the values that a message takes in, for the place they go to.

use std::borrow::Cow;

use rappel_core::settings::SmsMode;

use crate::append::append;
use crate::sms::{is_in_alphabet, transliterate, wide_characters};

/// Where a value goes. Everywhere, control characters and line breaks become blanks, blanks at the ends
/// and runs of blanks shrink, and marks that are not seen but change the order of the text are left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// One line of plain text: a subject, words for a voice.
    Line,
    /// Plain text of several lines: line breaks stay.
    Lines,
    /// An SMS.
    Sms(SmsMode),
    /// The text of an HTML page: line breaks become `<br>`.
    Html,
    /// The text of an XML document.
    Xml,
}

/// Whether a person would see the character.
pub(crate) fn is_visible(c: char) -> bool {
    !(c.is_whitespace() || c.is_control() || is_left_out(c))
}

/// Marks that are not seen: those that change the direction of what follows (a value must not reorder the
/// clinic's own words), zero-width blanks, and what XML can't have.
fn is_left_out(c: char) -> bool {
    matches!(
        c,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
            | '\u{200b}' | '\u{2060}' | '\u{feff}' | '\u{ad}' | '\u{fffe}' | '\u{ffff}'
    )
}

fn is_line_break(c: char) -> bool {
    matches!(
        c,
        '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}' | '\u{b}' | '\u{c}'
    )
}

/// Writes a value; `false` when there was nothing to write.
pub(crate) fn push(text: &str, place: Place, out: &mut String) -> bool {
    if is_plain(text, place) {
        append(out, text);
        return !text.is_empty();
    }
    let written = match place {
        Place::Sms(SmsMode::Transliterate) => transliterate(text),
        _ => Cow::Borrowed(text),
    };
    let mut writer = Writer {
        place,
        out,
        began: false,
        blank: false,
        breaks: 0,
    };
    let mut last = '\0';
    for c in written.chars() {
        // A line break of two characters is one.
        if !(c == '\n' && last == '\r') {
            writer.char(c);
        }
        last = c;
    }
    writer.began
}

/// Whether a text can be copied as it is. Nearly all can: letters and digits with single blanks between words.
fn is_plain(text: &str, place: Place) -> bool {
    let table = match place {
        Place::Line | Place::Lines => &PLAIN,
        Place::Sms(_) => &SMS,
        Place::Html | Place::Xml => &MARKUP,
    };
    // As if a blank came before and after: one at an end is one too many.
    let (mut seen, mut before) = (0, BLANK);
    for &b in text.as_bytes() {
        let class = table[usize::from(b)];
        seen |= class | (class & before) << 2;
        before = class;
    }
    seen |= (before & BLANK) << 2;
    seen & ODD == 0
        && (seen & WIDE == 0 || wide_characters(text).all(|c| is_plain_letter(c, place)))
}

/// A blank.
const BLANK: u8 = 1;
/// A byte of a character that is not ASCII.
const WIDE: u8 = 2;
/// What can't be copied. A blank behind a blank is one too, by its bit.
const ODD: u8 = BLANK << 2;

/// The classes of bytes for plain text, for SMS, and for markup.
static PLAIN: [u8; 256] = classes(b"");
static SMS: [u8; 256] = classes(b"`");
static MARKUP: [u8; 256] = classes(b"&<>\"'");

const fn classes(special: &[u8]) -> [u8; 256] {
    let mut classes = [0; 256];
    let mut b = 0;
    while b < 256 {
        classes[b] = match b as u8 {
            b' ' => BLANK,
            0x80.. => WIDE,
            0..b' ' | 0x7f => ODD,
            _ => 0,
        };
        b += 1;
    }
    let mut at = 0;
    while at < special.len() {
        classes[special[at] as usize] = ODD;
        at += 1;
    }
    classes
}

fn is_plain_letter(c: char, place: Place) -> bool {
    match place {
        Place::Sms(_) => is_in_alphabet(c),
        _ => c.is_alphanumeric(),
    }
}

struct Writer<'o> {
    place: Place,
    out: &'o mut String,
    /// Whether anything was written.
    began: bool,
    /// Whether a blank waits for what follows it.
    blank: bool,
    /// How many line breaks wait.
    breaks: u8,
}

impl Writer<'_> {
    fn char(&mut self, c: char) {
        let keeps_lines = matches!(self.place, Place::Lines | Place::Html);
        if is_line_break(c) && keeps_lines {
            self.breaks = (self.breaks + 1).min(2);
        } else if c == ' ' || c.is_control() || is_line_break(c) {
            self.blank = true;
        } else if !is_left_out(c) {
            self.visible(c);
        }
    }

    fn visible(&mut self, c: char) {
        if self.began {
            let line_break = if self.place == Place::Html {
                "<br>\n"
            } else {
                "\n"
            };
            match self.breaks {
                0 if self.blank => self.out.push(' '),
                0 => {}
                breaks => (0..breaks).for_each(|_| self.out.push_str(line_break)),
            }
        }
        (self.blank, self.breaks) = (false, 0);
        match (self.place, c) {
            (Place::Html | Place::Xml, '&') => self.out.push_str("&amp;"),
            (Place::Html | Place::Xml, '<') => self.out.push_str("&lt;"),
            (Place::Html | Place::Xml, '>') => self.out.push_str("&gt;"),
            (Place::Html | Place::Xml, '"') => self.out.push_str("&quot;"),
            (Place::Html | Place::Xml, '\'') => self.out.push_str("&#39;"),
            _ => self.out.push(c),
        }
        self.began = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cleaned(text: &str, place: Place) -> String {
        let mut out = String::new();
        let wrote = push(text, place, &mut out);
        assert_eq!(wrote, !out.is_empty());
        out
    }

    const AN_SMS: Place = Place::Sms(SmsMode::Transliterate);

    #[test]
    fn blanks_and_control_characters_become_one_blank() {
        for place in [Place::Line, AN_SMS, Place::Xml] {
            assert_eq!(
                cleaned(" a\t\0 b\r\nc \u{7f}d\u{2028}e ", place),
                "a b c d e",
                "{place:?}"
            );
        }
    }

    #[test]
    fn lines_stay_where_there_are_lines() {
        assert_eq!(cleaned("\na \r\n b\n\n\n\nc\n", Place::Lines), "a\nb\n\nc");
        assert_eq!(cleaned("a\nb", Place::Html), "a<br>\nb");
    }

    #[test]
    fn no_value_turns_the_text_around() {
        for place in [Place::Line, Place::Lines, AN_SMS, Place::Html, Place::Xml] {
            assert_eq!(
                cleaned("\u{202e}abc\u{202c}\u{200f}d\u{2067}", place),
                "abcd",
                "{place:?}"
            );
        }
    }

    #[test]
    fn markup_is_escaped() {
        for place in [Place::Html, Place::Xml] {
            assert_eq!(
                cleaned("<b a='\"'>&", place),
                "&lt;b a=&#39;&quot;&#39;&gt;&amp;"
            );
        }
    }

    #[test]
    fn an_sms_is_written_in_its_alphabet() {
        assert_eq!(
            cleaned("Cœur  de\u{a0}\u{a0}Noël\u{a0}", AN_SMS),
            "Coeur de Noel"
        );
        assert_eq!(cleaned("Noël", Place::Sms(SmsMode::Unicode)), "Noël");
    }

    #[test]
    fn what_nobody_sees_is_nothing() {
        for text in ["", " ", "\0", "\u{200b}", "\u{202e}\n"] {
            assert_eq!(cleaned(text, AN_SMS), "", "{text:?}");
            assert!(!text.chars().any(is_visible));
        }
    }

    proptest! {
        #[test]
        fn the_short_cut_writes_what_the_long_way_does(text in "[ -~]{0,12}") {
            for place in [Place::Line, Place::Lines, AN_SMS, Place::Html, Place::Xml] {
                // A mark that is left out keeps a text from the short cut.
                prop_assert_eq!(cleaned(&text, place), cleaned(&format!("{text}\u{200b}"), place));
            }
        }
    }
}
