//! Brackets that are literal, but nearly tags.

use rappel_core::diagnostic::codes;
use rappel_core::nearest;
use rappel_grammar::tree::Text;

use super::Checker;
use crate::parse::{OPENS_NO_TAG, short};
use crate::variables::Variable;

/// What people write for `[/IF]` and `[ELSE IF …]` who know other languages.
const FOREIGN: [(&str, &str); 10] = [
    ("ENDIF", "[/IF]"),
    ("END_IF", "[/IF]"),
    ("END", "[/IF]"),
    ("FIN_SI", "[/SI]"),
    ("FINSI", "[/SI]"),
    ("FINE_SE", "[/SE]"),
    ("/ELSE", "[/IF]"),
    ("/SINON", "[/SI]"),
    ("ELSIF", "[ELSE IF …]"),
    ("ELIF", "[ELSE IF …]"),
];

impl Checker<'_> {
    /// Warns where a bracket is nearly a tag.
    pub(super) fn bracket(&mut self, text: Text<'_>) {
        let Some(inside) = text
            .text
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'))
        else {
            return;
        };
        let name = inside.split('|').next().unwrap_or_default().trim();
        let Some(meant) = meant(name) else { return };
        let mut diagnostic = self
            .file
            .diagnostic(
                codes::NEARLY_A_TAG,
                text.span,
                format!(
                    "`{}` is nearly a tag, and is sent as it stands",
                    short(text.text)
                ),
            )
            .label("literal text")
            .help(format!("did you mean `{meant}`? If not, {OPENS_NO_TAG}"));
        // An open section lacks its end, and this is one in another language.
        if meant.starts_with("[/") && self.unclosed > 0 {
            self.unclosed -= 1;
            diagnostic = diagnostic.fix(text.span.start..text.span.end, meant);
        }
        self.tell(diagnostic);
    }
}

/// The tag that was likely meant. Words of prose are none: a name has a digit or `_`, or is in capitals.
fn meant(name: &str) -> Option<String> {
    if name.is_empty() || name.len() > 40 {
        return None;
    }
    let like_a_name = name.contains(|c: char| c.is_ascii_digit() || c == '_')
        || !name.contains(char::is_lowercase);
    if !like_a_name || !name.contains(char::is_alphabetic) {
        return None;
    }
    let joined: Vec<&str> = name
        .split(|c: char| c.is_whitespace() || c == '-')
        .filter(|word| !word.is_empty())
        .collect();
    let joined = joined.join("_").to_uppercase();
    let first = joined.split('_').next().unwrap_or_default();
    // A condition follows these two.
    let alone = |foreign: &str| foreign == joined || foreign == first && foreign.starts_with("EL");
    if let Some((_, tag)) = FOREIGN.iter().find(|(foreign, _)| alone(foreign)) {
        return Some((*tag).to_string());
    }
    let numbered = numbered(&joined);
    let named = || {
        let names: Vec<String> = Variable::all()
            .filter(|v| v.prints())
            .map(|v| v.to_string())
            .collect();
        nearest(
            &joined,
            names
                .iter()
                .map(String::as_str)
                .filter(|name| name.len() > 4 && !name.starts_with("TRD")),
        )
        .map(str::to_string)
    };
    numbered.or_else(named).map(|name| format!("[{name}]"))
}

/// `TRD3` of `TR3`, `TDR3`, `TRF3`: three letters or so and the number of a variable.
fn numbered(name: &str) -> Option<String> {
    let digits = name.find(|c: char| c.is_ascii_digit())?;
    let (letters, digits) = name.split_at(digits);
    let variable = Variable::number(digits.parse().ok()?)?;
    let letters = letters.trim_end_matches('_');
    let near = (2..=4).contains(&letters.chars().count())
        && strsim::damerau_levenshtein(letters, "TRD") == 1;
    near.then(|| variable.to_string())
}

#[cfg(test)]
mod tests {
    use super::meant;

    #[test]
    fn slips_are_told_and_prose_is_not() {
        for (name, tag) in [
            ("TR3", "[TRD3]"),
            ("tr3", "[TRD3]"),
            ("TDR14", "[TRD14]"),
            ("TRDD8", "[TRD8]"),
            ("CONFIRM_ULR", "[CONFIRM_URL]"),
            ("confirm_ulr", "[CONFIRM_URL]"),
            ("CONFIRM URL", "[CONFIRM_URL]"),
            ("CONFIRM-URL", "[CONFIRM_URL]"),
            ("NEWSTART", "[NEW_START]"),
            ("ENDIF", "[/IF]"),
            ("FIN SI", "[/SI]"),
            ("ELIF TRD3", "[ELSE IF …]"),
        ] {
            assert_eq!(meant(name).as_deref(), Some(tag), "{name}");
        }
        for name in [
            "Important",
            "IMPORTANT",
            "END OF LIST",
            "COVID19",
            "1",
            "",
            "SMS",
            "Confirm",
            "TR99",
            "Cabinet A2",
            "ROOM 3",
            "T3",
            "/b",
            "à 3 h",
        ] {
            assert_eq!(meant(name), None, "{name}");
        }
    }
}
