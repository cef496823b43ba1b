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
