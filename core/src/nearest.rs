//! The name that was likely meant by one that isn't known.

/// The known name that is nearest to one that isn't, where one is near: it differs in a third of its
/// letters at most.
pub fn nearest<'k>(name: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let lower = name.to_lowercase();
    known
        .into_iter()
        .map(|known| {
            let distance = strsim::damerau_levenshtein(&lower, &known.to_lowercase());
            (distance, known)
        })
        .filter(|(distance, known)| *distance <= 1.max(known.chars().count() / 3))
        .min()
        .map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_near_and_another_word_is_not() {
        let known = ["created", "modified", "cancelled"];
        assert_eq!(nearest("canceled", known), Some("cancelled"));
        assert_eq!(nearest("Create", known), Some("created"));
        assert_eq!(nearest("postponed", known), None);
    }
}
