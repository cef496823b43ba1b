//! What the grammar makes of well-formed sources.

use crate::support::check;

#[test]
fn case_and_blanks_inside_the_brackets_do_not_matter() {
    for tag in ["[TRD3]", "[trd3]", "[ TRD3 ]", "[\tTrd3\u{a0}]", "[TRD03]"] {
        assert_eq!(check(tag), "value(trd3)", "{tag}");
    }
    for tag in ["[CONFIRM_URL]", "[ confirm_url]"] {
        assert_eq!(check(tag), "value(CONFIRM_URL)", "{tag}");
    }
}

#[test]
fn filters_stand_in_their_order() {
    assert_eq!(check("[TRD4|upper]"), "value(trd4 |upper)");
    assert_eq!(
        check(r#"[TRD23 | Default "aucun" | truncate 40]"#),
        r#"value(trd23 |default Text("aucun") |truncate Number("40"))"#
    );
}

#[test]
fn in_quotes_everything_is_literal() {
    assert_eq!(
        check(r#"[TRD3|default "[a] ""b"" | c"]"#),
        r#"value(trd3 |default Text("[a] \"b\" | c"))"#
    );
    assert_eq!(
        check("[TRD3|default “ab”]"),
        r#"value(trd3 |default Text("ab"))"#
    );
    assert_eq!(
        check("[TRD3|default «\u{a0}ab »]"),
        r#"value(trd3 |default Text("ab"))"#
    );
}

#[test]
fn sections_have_alternatives() {
    assert_eq!(check("[IF TRD23]a[/IF]"), r#"section(if trd23 then "a")"#);
    assert_eq!(
        check("[IF TRD9 < 12:00]a[ELSE IF TRD9 < 18:00]b[ELSE]c[/IF]"),
        r#"section(if (trd9 Less Time("12:00")) then "a"; if (trd9 Less Time("18:00")) then "b"; else "c")"#
    );
    assert_eq!(
        check("[IF TRD1]a[IF TRD2]b[/IF][/IF]c"),
        r#"section(if trd1 then "a" section(if trd2 then "b")) "c""#
    );
}

#[test]
fn keywords_are_understood_in_four_languages() {
    let tree = check("[IF TRD1 AND NOT TRD2 OR TRD3]a[ELSE IF TRD4]b[ELSE]c[/IF][INCLUDE d]");
    for source in [
        "[SI TRD1 ET NON TRD2 OU TRD3]a[SINON SI TRD4]b[SINON]c[/SI][INCLURE d]",
        "[se TRD1 e non TRD2 o TRD3]a[altrimenti se TRD4]b[altrimenti]c[/se][includi d]",
        "[Si TRD1 Y NO TRD2 O TRD3]a[SINO SI TRD4]b[SINO]c[/SI][INCLUIR d]",
        "[IF TRD1 AND NON TRD2 O TRD3]a[ElseIf TRD4]b[sinon]c[ / SE ][include d]",
    ] {
        assert_eq!(check(source), tree, "{source}");
    }
}

#[test]
fn or_binds_least_and_not_most() {
    assert_eq!(
        check("[IF NOT TRD1 AND TRD2 OR TRD3 AND (TRD4 OR TRD5)]a[/IF]"),
        r#"section(if any(all(not(trd1), trd2), all(trd3, any(trd4, trd5))) then "a")"#
    );
}

#[test]
fn comparisons_take_literals_and_values() {
    let condition = |text: &str| check(&format!("[IF {text}][/IF]"));
    assert_eq!(
        condition(r#"TRD11="x""#),
        r#"section(if (trd11 Equal Text("x")) then )"#
    );
    assert_eq!(
        condition("TRD12 >= 12.50"),
        r#"section(if (trd12 GreaterOrEqual Number("12.50")) then )"#
    );
    assert_eq!(
        condition("TRD8 != 2026-06-03"),
        r#"section(if (trd8 NotEqual Date("2026-06-03")) then )"#
    );
    assert_eq!(
        condition("12:00 < TRD9"),
        r#"section(if (Time("12:00") Less trd9) then )"#
    );
    assert_eq!(
        condition("TRD9 <= trd10"),
        "section(if (trd9 LessOrEqual trd10) then )"
    );
    assert_eq!(
        condition(r#"TRD11 contains "s""#),
        r#"section(if (trd11 Contains Text("s")) then )"#
    );
    assert_eq!(
        condition(r#"CHANNEL IN ("a","b")"#),
        r#"section(if (CHANNEL In Text("a"),Text("b")) then )"#
    );
    assert_eq!(
        condition(r#"TRD11 NOT IN ("a")"#),
        r#"section(if not((trd11 In Text("a"))) then )"#
    );
    assert_eq!(condition("((ONLINE))"), "section(if ONLINE then )");
}

#[test]
fn a_bracket_that_opens_no_tag_is_literal() {
    assert_eq!(check("[Important]"), r#"bracket"[Important]""#);
    assert_eq!(
        check("[Important : venez]"),
        r#"bracket"[Important : venez]""#
    );
    assert_eq!(
        check("[oui|non] [1] [] [/b]"),
        r#"bracket"[oui|non]" " " bracket"[1]" " " bracket"[]" " " bracket"[/b]""#
    );
    assert_eq!(check("a [ b"), r#""a " bracket"[ b""#);
    assert_eq!(
        check("[Simon] [ifs] [Sépia]"),
        r#"bracket"[Simon]" " " bracket"[ifs]" " " bracket"[Sépia]""#
    );
    assert_eq!(
        check("[Online booking](https://example.org)"),
        r#"bracket"[Online booking]" "(https://example.org)""#
    );
}

#[test]
fn a_tag_inside_a_literal_bracket_is_read() {
    assert_eq!(check("[Note [TRD3]]"), r#"bracket"[Note " value(trd3) "]""#);
    assert_eq!(
        check(r#"[Note "[TRD3]"]"#),
        r#"bracket"[Note \"" value(trd3) "\"]""#
    );
}

#[test]
fn two_brackets_are_one_literal_bracket() {
    assert_eq!(check("[[TRD3]"), r#"escape "TRD3]""#);
    assert_eq!(check("[[Si vous]"), r#"escape "Si vous]""#);
}

#[test]
fn a_remark_is_kept_apart_from_the_text() {
    assert_eq!(
        check("a[# [IF x] \n ] #]b"),
        r##""a" remark"[# [IF x] \n ] #]" "b""##
    );
}

#[test]
fn a_part_is_included_by_its_name() {
    assert_eq!(check("[INCLUDE signature-2]"), "include(signature-2)");
}
