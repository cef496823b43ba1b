//! What a slip's mend is: what was there before the slip, or nothing.

use rappel_core::diagnostic::mended;
use rappel_core::{ChannelKind, Kind, Language, nearest, surely_meant};
use rappel_dsl::{NoPart, Options, Part, compile};

const TEMPLATE: &str = "[IF CONFIRMED]a[/IF][IF UNRELIABLE OR FIRST_VISIT]b[/IF][IF LANGUAGE = \"fr\"]c[/IF]\
[IF NEW_START]d[/IF][TRD3|upper|truncate 40][TRD4|lower|capitalize|trim][TRD23|default \"rien\"][TRD9|time \"H'h'mm\"]\
[TRD8|date \"d mmmm\"][TRD12|money|default \"gratuit\"][INCLUDE signature][INCLUDE opening-hours], [TRD5], fin";

const PARTS: [&str; 3] = ["signature", "opening-hours", "opening-days"];

fn part(name: &str) -> Result<Part, NoPart> {
    if PARTS.contains(&name) {
        return Ok(Part {
            file: format!("{name}.trd"),
            source: "x".into(),
        });
    }
    Err(NoPart {
        nearest: nearest(name, PARTS).map(str::to_string),
        surely: surely_meant(name, PARTS).map(str::to_string),
    })
}

fn mend(text: &str) -> Option<String> {
    let kind = Kind::parse("delayed").unwrap();
    let options = Options::new(kind, ChannelKind::Sms, Language::Fr);
    let found = compile("delayed.sms.trd", text, &options, &part).diagnostics;
    mended(text, found.iter().flat_map(|one| &one.fixes))
}

/// Every text that one slip makes of the template: a letter is lost, typed twice, or changes places.
fn slips() -> impl Iterator<Item = String> {
    let is_letter = |at: usize| TEMPLATE.as_bytes()[at].is_ascii_alphabetic();
    (1..TEMPLATE.len() - 1)
        .filter(move |at| is_letter(*at) && is_letter(at + 1))
        .flat_map(|at| {
            let (before, rest) = TEMPLATE.split_at(at);
            let (letter, rest) = rest.split_at(1);
            let (next, after) = rest.split_at(1);
            [
                format!("{before}{next}{after}"),
                format!("{before}{letter}{letter}{next}{after}"),
                format!("{before}{next}{letter}{after}"),
                format!("{before}x{next}{after}"),
            ]
        })
}

#[test]
fn a_slip_of_one_letter_is_undone_or_left() {
    let (mut undone, mut left) = (0, 0);
    for slip in slips() {
        match mend(&slip) {
            None => left += 1,
            Some(text) => {
                assert_eq!(text, TEMPLATE, "of {slip}");
                undone += 1;
            }
        }
    }
    // Most letters of the template are those of names.
    assert!(undone > left, "{undone} undone, {left} left");
    assert_eq!(mend(TEMPLATE), None);
}
