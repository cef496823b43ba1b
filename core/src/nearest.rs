//! The name that was likely meant.

use strsim::damerau_levenshtein;

/// The candidate nearest to `name`, unless all are too far to have been meant: one slip for each
/// three letters. Of equally near ones, the first.
pub fn nearest<'c>(name: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let length = name.chars().count();
    // Comparing takes time by the square of the length, and no name is that long.
    if length > 40 {
        return None;
    }
    candidates
        .into_iter()
        .map(|candidate| (damerau_levenshtein(name, candidate), candidate))
        .filter(|(distance, candidate)| {
            *distance <= candidate.chars().count().min(length).div_ceil(3)
        })
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// The shortest name of which a slip can be told from another name.
const LEAST_LETTERS: usize = 4;

/// The one candidate that `name` can be a slip of: it differs by one letter, and every other by three or more.
/// Capitals don't count.
pub fn surely_meant<'c>(
    name: &str,
    candidates: impl IntoIterator<Item = &'c str>,
) -> Option<&'c str> {
    if !(LEAST_LETTERS..=40).contains(&name.chars().count()) {
        return None;
    }
    let name = name.to_lowercase();
    let mut meant = None;
    for candidate in candidates {
        match damerau_levenshtein(&name, &candidate.to_lowercase()) {
            0 | 1 if meant.is_none_or(|known| known == candidate) => meant = Some(candidate),
            0..=2 => return None,
            _ => {}
        }
    }
    meant
}

#[cfg(test)]
mod tests {
    use super::surely_meant;

    #[test]
    fn a_slip_is_sure_only_where_nothing_else_is_near() {
        let filters = ["upper", "lower", "trim", "time", "date", "default"];
        for (name, meant) in [
            ("uper", Some("upper")),
            ("UPPER", Some("upper")),
            ("defualt", Some("default")),
            // `trim` and `time` are two letters apart.
            ("tim", None),
            ("tirm", None),
            ("dat", None),
            ("upp", None),
            ("capitals", None),
        ] {
            assert_eq!(surely_meant(name, filters), meant, "{name}");
        }
    }
}
