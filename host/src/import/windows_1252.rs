//! Windows-1252, in which spreadsheets in western Europe still save CSV files.

use std::borrow::Cow;

/// What 0x80 to 0x9F mean; the five bytes that mean nothing are `None`. From the WHATWG's Encoding
/// standard, index windows-1252, which gives those five control characters instead: no text has them.
const HIGH: [Option<char>; 32] = [
    Some('€'),
    None,
    Some('‚'),
    Some('ƒ'),
    Some('„'),
    Some('…'),
    Some('†'),
    Some('‡'),
    Some('ˆ'),
    Some('‰'),
    Some('Š'),
    Some('‹'),
    Some('Œ'),
    None,
    Some('Ž'),
    None,
    None,
    Some('‘'),
    Some('’'),
    Some('“'),
    Some('”'),
    Some('•'),
    Some('–'),
    Some('—'),
    Some('˜'),
    Some('™'),
    Some('š'),
    Some('›'),
    Some('œ'),
    None,
    Some('ž'),
    Some('Ÿ'),
];

/// The text that the bytes are; `None` where one means nothing.
pub(super) fn decode(bytes: &[u8]) -> Option<Cow<'_, str>> {
    if let (true, Ok(text)) = (bytes.is_ascii(), std::str::from_utf8(bytes)) {
        return Some(Cow::Borrowed(text));
    }
    bytes
        .iter()
        .map(|byte| match byte.checked_sub(0x80) {
            Some(high) if high < 32 => HIGH.get(usize::from(high)).copied().flatten(),
            // The rest is Latin-1, whose bytes are the code points.
            _ => Some(char::from(*byte)),
        })
        .collect::<Option<String>>()
        .map(Cow::Owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accents_and_the_euro() {
        let decoded = |bytes: &[u8]| decode(bytes).map(Cow::into_owned);
        assert_eq!(decoded(b"Dupont").as_deref(), Some("Dupont"));
        assert_eq!(
            decoded(b"H\xe9l\xe8ne, 45 \x80").as_deref(),
            Some("Hélène, 45 €")
        );
        assert_eq!(decoded(b"c\x9cur \x9f\xff").as_deref(), Some("cœur Ÿÿ"));
        assert_eq!(decoded(b"\x81"), None);
    }
}
