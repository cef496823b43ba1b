//! Writing a text with the letters of the SMS alphabet.

use std::borrow::Cow;

use unicode_normalization::char::{compose, decompose_canonical, is_combining_mark};

use super::alphabet::is_in_alphabet;

/// What to write for a character outside the alphabet; `None` where nothing would do.
pub fn counterpart(c: char) -> Option<Cow<'static, str>> {
    if let Some(text) = listed(c) {
        return Some(Cow::Borrowed(text));
    }
    // A letter of the alphabet with marks on it: `ê`, `ő`, `ế`. `Ḉ` still has its `Ç`.
    let mut parts = Vec::new();
    decompose_canonical(c, |part| parts.push(part));
    let (&base, marks) = parts.split_first()?;
    if marks.is_empty() || !marks.iter().all(|mark| is_combining_mark(*mark)) {
        return None;
    }
    let letter =
        compose(base, marks[0]).filter(|with_mark| *with_mark != c && is_in_alphabet(*with_mark));
    let letter = letter.unwrap_or(base);
    if is_in_alphabet(letter) {
        return Some(Cow::Owned(letter.into()));
    }
    listed(letter).map(Cow::Borrowed)
}

/// Whether a character's counterpart reads the same: quotes, dashes and blanks of a word processor. A letter
/// without its accent doesn't.
pub(crate) fn is_typographic(c: char) -> bool {
    matches!(c,
        '«' | '»' | '“' | '”' | '„' | '‟' | '‘' | '’' | '‚' | '‛' | 'ʼ' | '…'
        | '‐'..='―' | '−' | '\u{a0}' | '\u{2000}'..='\u{200b}' | '\u{202f}' | '\u{205f}' | '\u{2060}' | '\u{ad}')
}

/// Writes each character outside the alphabet with those of the alphabet, if there are some for it.
pub(crate) fn transliterate(text: &str) -> Cow<'_, str> {
    if text.chars().all(is_in_alphabet) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(mut c) = chars.next() {
        // A letter whose mark is a character of its own, as some systems write every accent.
        while let Some(composed) = chars.peek().and_then(|mark| compose(c, *mark)) {
            c = composed;
            chars.next();
        }
        push(c, &mut out);
    }
    Cow::Owned(out)
}

fn push(c: char, out: &mut String) {
    if is_in_alphabet(c) {
        out.push(c);
        return;
    }
    match counterpart(c) {
        Some(text) => out.push_str(&text),
        None => out.push(c),
    }
}

/// Characters that no decomposition leads into the alphabet.
fn listed(c: char) -> Option<&'static str> {
    Some(match c {
        'œ' => "oe",
        'Œ' => "OE",
        'ĳ' => "ij",
        'Ĳ' => "IJ",
        'ł' => "l",
        'Ł' => "L",
        'đ' | 'ð' => "d",
        'Đ' | 'Ð' => "D",
        'þ' => "th",
        'Þ' => "Th",
        'ħ' => "h",
        'Ħ' => "H",
        'ŧ' => "t",
        'Ŧ' => "T",
        'ŋ' => "n",
        'Ŋ' => "N",
        'ı' => "i",
        'ȷ' => "j",
        'ĸ' => "k",
        'ſ' => "s",
        'ẞ' => "SS",
        'ﬁ' => "fi",
        'ﬂ' => "fl",
        'ﬀ' => "ff",
        'ﬃ' => "ffi",
        'ﬄ' => "ffl",
        '«' | '»' | '“' | '”' | '„' | '‟' | '″' | '＂' => "\"",
        '‘' | '’' | '‚' | '‛' | '′' | '´' | '`' | 'ʼ' | '＇' => "'",
        '‹' => "<",
        '›' => ">",
        '…' => "...",
        '‐' | '‑' | '‒' | '–' | '—' | '―' | '−' | '•' | '·' | '‣' | '▪' | '●' => {
            "-"
        }
        '×' => "x",
        '÷' | '⁄' => "/",
        '±' => "+/-",
        '≤' => "<=",
        '≥' => ">=",
        '≠' => "!=",
        '≈' => "~",
        '→' | '➔' | '➜' => "->",
        '←' => "<-",
        '⇒' => "=>",
        '°' | 'º' => "o",
        'ª' => "a",
        '¹' => "1",
        '²' => "2",
        '³' => "3",
        '¼' => "1/4",
        '½' => "1/2",
        '¾' => "3/4",
        '‰' => "o/oo",
        '№' => "No",
        '©' => "(c)",
        '®' => "(R)",
        '™' => "TM",
        '¢' => "c",
        '¦' => "|",
        '℮' => "e",
        // Blanks of other widths.
        '\u{a0}'
        | '\u{1680}'
        | '\u{2000}'..='\u{200a}'
        | '\u{202f}'
        | '\u{205f}'
        | '\u{3000}'
        | '\t' => " ",
        '\u{2028}' | '\u{2029}' | '\u{85}' => "\n",
        // What is not seen: soft hyphen, zero-width blank, word joiner, byte order mark.
        '\u{ad}' | '\u{200b}' | '\u{2060}' | '\u{feff}' => "",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, written: &str) {
        assert_eq!(transliterate(text), written);
    }

    #[test]
    fn the_contracts_own_examples() {
        check(
            "être ça cœur «oui» “non” l’an … – —",
            "etre ca coeur \"oui\" \"non\" l'an ... - -",
        );
        check("à\u{a0}9\u{202f}h", "à 9 h");
    }

    #[test]
    fn what_the_alphabet_has_is_not_touched() {
        let all: String = (0..=0x10_ffff)
            .filter_map(char::from_u32)
            .filter(|c| is_in_alphabet(*c))
            .collect();
        check(&all, &all);
    }

    #[test]
    fn letters_lose_only_the_marks_that_the_alphabet_has_not() {
        check("âêîôû ëïÿ áíóú ãõ ç", "aeiou eiy aiou ao c");
        check("ÀÂÊË Ç Å", "AAEE Ç Å");
        check(
            "Čapek Łódź Győr Nguyễn Şahin",
            "Capek Lodz Gyor Nguyen Sahin",
        );
        check("ǟ ǖ", "ä ü");
    }

    #[test]
    fn a_mark_that_stands_alone_is_put_on_its_letter_first() {
        check("Rene\u{301} Franc\u{327}ois", "René Francois");
    }

    #[test]
    fn nothing_becomes_a_question_mark() {
        check("😀 日本 Привет", "😀 日本 Привет");
    }

    #[test]
    fn every_counterpart_is_in_the_alphabet() {
        for c in (0..=0x10_ffff).filter_map(char::from_u32) {
            if let Some(text) = counterpart(c).filter(|_| !is_in_alphabet(c)) {
                assert!(text.chars().all(is_in_alphabet), "{c:?} becomes {text:?}");
            }
        }
    }
}
