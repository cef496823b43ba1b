//! The GSM 7-bit default alphabet and its extension table (3GPP TS 23.038, section 6.2.1).

/// The characters of the alphabet, without the escape that leads to the extension table.
const BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?\
    ¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";

/// The characters of the extension table.
const EXTENDED: &str = "^{}\\[]~|€\u{c}";

/// Whether a character can be sent without making the SMS Unicode.
pub fn is_in_alphabet(c: char) -> bool {
    units(c) > 0
}

/// Whether a character takes two units in the 7-bit alphabet: an escape and itself.
pub fn is_extended(c: char) -> bool {
    units(c) == 2
}

/// The units of a character; none where it is outside the alphabet.
#[inline]
fn units(c: char) -> u8 {
    match UNITS.get(c as usize) {
        Some(units) => *units,
        None => 2 * u8::from(c == '€'),
    }
}

/// The units of all characters up to the Greek capitals. Only the euro sign lies beyond.
static UNITS: [u8; 0x3ab] = {
    let mut table = [0; 0x3ab];
    fill(&mut table, BASIC.as_bytes(), 1);
    fill(&mut table, EXTENDED.as_bytes(), 2);
    table
};

/// Reads UTF-8 of one and two bytes; the euro sign has three.
const fn fill(table: &mut [u8; 0x3ab], text: &[u8], units: u8) {
    let mut at = 0;
    while at < text.len() {
        let b = text[at] as usize;
        let (code, length) = match b {
            0..0x80 => (b, 1),
            0xc0..0xe0 => ((b & 0x1f) << 6 | text[at + 1] as usize & 0x3f, 2),
            _ => (usize::MAX, 3),
        };
        if code < table.len() {
            table[code] = units;
        }
        at += length;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_alphabet_has_127_letters_and_10_more_in_two_units() {
        // 128 places, one of them the escape.
        let all = || (0..=0x10_ffff).filter_map(char::from_u32);
        assert_eq!(all().filter(|c| is_in_alphabet(*c)).count(), 127 + 10);
        assert_eq!(all().filter(|c| is_extended(*c)).count(), 10);
        assert!(BASIC.chars().all(is_in_alphabet) && EXTENDED.chars().all(is_extended));
    }
}
