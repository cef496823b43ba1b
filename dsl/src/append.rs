//! Appending short texts fast.

/// Appends a text. Most are a word or two, and a copy whose length the compiler knows is a few moves instead of
/// a call: with a call for each, a message took half as long again to render.
#[inline(always)]
pub(crate) fn append(out: &mut String, text: &str) {
    macro_rules! by_length {
        ($($length:literal)*) => {
            match text.len() {
                0 => {}
                $($length => out.push_str(text),)*
                _ => out.push_str(text),
            }
        };
    }
    by_length!(1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32);
}
