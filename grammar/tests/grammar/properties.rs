//! What holds for every source.

use crate::support::{check, is_name, tree};
use proptest::prelude::*;
use rappel_grammar::parse_unlimited;

/// Pieces of sources, so that random ones are often nearly right.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "[",
        "[[",
        "]",
        "[#",
        "#]",
        "[TRD3",
        "[trd4|upper]",
        "[TRD23|default \"a ]\"|truncate 40]",
        "|",
        "\"",
        "\"\"",
        "“",
        "”",
        "«",
        "»",
        "[IF TRD23]",
        "[SI NON (TRD9 < 12:00 OU ONLINE)]",
        "[ELSE]",
        "[SINON SI DELAY = 5]",
        "[/IF]",
        "[/se]",
        "[INCLUDE signature]",
        "[CONFIRM_URL]",
        "[Important]",
        "[Note \"",
        "Si ",
        "IF",
        "TRD",
        "NOT ",
        "(",
        ")",
        ",",
        "IN (\"a\", \"b\")",
        " = ",
        "!=",
        "CONTAINS",
        "AND ",
        "12.50",
        "14:30",
        "2026-06-03",
        " ",
        "\n",
        "\r\n",
        "\u{a0}",
        "é",
        "😀",
        "x",
        "/",
        "-",
        "3",
    ]);
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

/// Conditions that can be read.
fn conditions() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(vec![
        "TRD23",
        "online",
        "TRD9 < 12:00",
        "12:00 >= TRD9",
        "TRD11 CONTAINS \"a \"\"b\"",
        "TRD11 IN (\"a\", \"[b]\")",
        "TRD8 != 2026-06-03",
        "TRD12 = 12.50",
        "NOT TRD3 = TRD4",
    ]);
    leaf.prop_map(str::to_string)
        .prop_recursive(3, 12, 3, |inner| {
            prop_oneof![
                inner.clone().prop_map(|c| format!("non ({c})")),
                prop::collection::vec(inner.clone(), 1..3)
                    .prop_map(|cs| format!("({})", cs.join(" et "))),
                prop::collection::vec(inner, 1..3).prop_map(|cs| cs.join(" OR ")),
            ]
        })
}

/// Sources without a fault.
fn sources() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        "[a-zé \n.,]{1,8}",
        Just("[trd4 | Upper | truncate 4]".to_string()),
        Just("[Important]".to_string()),
        Just("[[TRD3]".to_string()),
        Just("[# [IF #]".to_string()),
        Just("[inclure signature]".to_string()),
        Just("[TRD3|default “a\"b”]".to_string()),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(|parts| parts.concat()),
            (conditions(), inner.clone()).prop_map(|(c, a)| format!("[si {c}]{a}[/se]")),
            (conditions(), conditions(), inner.clone(), inner)
                .prop_map(|(c, d, a, b)| format!("[IF {c}]{a}[sinon si {d}]{b}[ELSE]{a}[/IF]")),
        ]
    })
}

proptest! {
    #[test]
    fn printed_trees_parse_to_the_same_tree(source in prop_oneof![sources(), pieces()]) {
        let parsed = parse_unlimited(&source, &is_name);
        prop_assume!(parsed.faults.is_empty());
        let printed = parsed.template.to_string();
        prop_assert_eq!(check(&printed), tree(&source), "{:?} printed as {:?}", source, printed);
    }

    #[test]
    fn well_formed_sources_have_no_fault(source in sources()) {
        prop_assert_eq!(check(&source), tree(&source));
    }

    #[test]
    fn any_text_is_read_and_its_faults_have_places(source in prop_oneof![pieces(), any::<String>()]) {
        let parsed = parse_unlimited(&source, &is_name);
        for fault in parsed.faults {
            prop_assert!(source.get(fault.span.start..fault.span.end).is_some(), "{:?}", fault);
        }
    }

    #[test]
    fn text_without_brackets_is_literal(source in "[^\\[]{1,40}") {
        prop_assert_eq!(parse_unlimited(&source, &is_name).template.to_string(), source);
    }
}
