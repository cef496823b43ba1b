//! The GSM 7-bit default alphabet and its extension table (3GPP TS 23.038, section 6.2.1).

/// Whether a character can be sent without making the SMS Unicode.
pub fn is_in_alphabet(c: char) -> bool {
    is_basic(c) || is_extended(c)
}

/// Whether a character takes two units in the 7-bit alphabet: an escape and itself.
pub fn is_extended(c: char) -> bool {
    matches!(
        c,
        '^' | '{' | '}' | '\\' | '[' | '~' | ']' | '|' | '€' | '\u{c}'
    )
}

fn is_basic(c: char) -> bool {
    match c {
        // ASCII without the backquote and what only the extension table has.
        ' '..='Z' | 'a'..='z' | '_' | '\n' | '\r' => true,
        '\0'..='\u{7f}' => false,
        _ => matches!(
            c,
            '£' | '¥'
                | 'è'
                | 'é'
                | 'ù'
                | 'ì'
                | 'ò'
                | 'Ç'
                | 'Ø'
                | 'ø'
                | 'Å'
                | 'å'
                | 'Δ'
                | 'Φ'
                | 'Γ'
                | 'Λ'
                | 'Ω'
                | 'Π'
                | 'Ψ'
                | 'Σ'
                | 'Θ'
                | 'Ξ'
                | 'Æ'
                | 'æ'
                | 'ß'
                | 'É'
                | '¤'
                | '¡'
                | 'Ä'
                | 'Ö'
                | 'Ñ'
                | 'Ü'
                | '§'
                | '¿'
                | 'ä'
                | 'ö'
                | 'ñ'
                | 'ü'
                | 'à'
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_alphabet_has_127_letters_and_10_more_in_two_units() {
        // 128 places, one of them the escape.
        let all = || (0..=0x10_ffff).filter_map(char::from_u32);
        assert_eq!(all().filter(|c| is_basic(*c)).count(), 127);
        assert_eq!(all().filter(|c| is_extended(*c)).count(), 10);
        assert_eq!(all().filter(|c| is_basic(*c) && is_extended(*c)).count(), 0);
    }
}
