//! Percent-encoding, for scripts that write an URL by hand.

use rhai::EvalAltResult;

use crate::sandbox::says;

/// A text as a part of an URL: everything but letters, digits and `-._~` percent-encoded. The mark of a
/// secret becomes that of the secret encoded.
pub(super) fn encode(text: &str) -> Result<String, Box<EvalAltResult>> {
    let mut out = String::with_capacity(text.len());
    // Marks stand between the mark characters: the odd pieces.
    for (index, piece) in text.split('\u{1}').enumerate() {
        match (index % 2, piece.strip_prefix("secret:")) {
            (0, _) => piece.bytes().for_each(|byte| push(&mut out, byte)),
            (_, Some(name)) => out.push_str(&rappel_core::provider::secret_mark_in_url(name)),
            (_, None) => {
                return Err(says(
                    "a secret can't be encoded twice; give the URL to `query` or `form` as it is",
                ));
            }
        }
    }
    Ok(out)
}

fn push(out: &mut String, byte: u8) {
    if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
        out.push(char::from(byte));
        return;
    }
    out.push('%');
    for digit in [byte >> 4, byte & 15] {
        // Four bits always have a digit.
        out.extend(char::from_digit(digit.into(), 16).map(|digit| digit.to_ascii_uppercase()));
    }
}
