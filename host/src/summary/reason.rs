//! Reasons that count together: without what is each message's own.

/// A reason without its figures: "held until 2026-06-03 08:00", "booked only 3 hours before" have what is
/// each message's own.
pub fn without_figures(reason: &str) -> String {
    let mut words = String::with_capacity(reason.len());
    let mut figure = false;
    for c in reason.chars() {
        let of_figure = c.is_ascii_digit() || figure && matches!(c, '-' | ':');
        if !of_figure {
            words.push(c);
        } else if !figure {
            words.push('…');
        }
        figure = of_figure;
    }
    words.replace("… …", "…")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_count_together_without_what_is_each_messages_own() {
        for (reason, counted) in [
            ("held until 2026-06-03 08:00", "held until …"),
            (
                "booked only 4 hours 30 minutes before",
                "booked only … hours … minutes before",
            ),
            (
                "too late: 2026-06-01 14:30 and 2026-06-03 10:00",
                "too late: … and …",
            ),
            ("no mobile number", "no mobile number"),
        ] {
            assert_eq!(without_figures(reason), counted);
        }
    }
}
