//! Every slip of form is a fault of its own, in its place, and none hides another.

use crate::support::check;

/// The faults alone.
fn faults(source: &str) -> Vec<String> {
    check(source)
        .split('\n')
        .filter(|line| line.contains(" at "))
        .map(str::to_string)
        .collect()
}

#[track_caller]
fn one(source: &str, fault: &str) {
    assert_eq!(faults(source), [fault], "{source}");
}

#[test]
fn a_variable_is_misspelt() {
    one("[TRD3x]", r#"NoVariable { meant: Some(3) } at "[TRD3x]""#);
    one("[TRD 3]", r#"NoVariable { meant: Some(3) } at "[TRD 3]""#);
    one("[trd-3]", r#"NoVariable { meant: Some(3) } at "[trd-3]""#);
    one("[TRD]", r#"NoVariable { meant: None } at "[TRD]""#);
}

#[test]
fn a_tag_is_never_closed() {
    one(
        "Bonjour [TRD3, à demain\n[TRD4]",
        r#"TagUnclosed at "[TRD3""#,
    );
    one("[TRD3 et [TRD4]", r#"TagUnclosed at "[TRD3""#);
    one("[CONFIRM_URL", r#"TagUnclosed at "[CONFIRM_URL""#);
    one("[IF TRD3\na[/IF]", r#"TagUnclosed at "[IF""#);
    one("[IF TRD3]a[ELSE\nb[/IF]", r#"TagUnclosed at "[ELSE""#);
    one("[IF TRD3]a[/IF", r#"TagUnclosed at "[/IF""#);
}

#[test]
fn a_value_is_followed_by_something_else() {
    one("[TRD3 upper]", r#"ValueFollowed at "upper""#);
    one(
        "[CONFIRM_URL s'il vous plaît]",
        r#"ValueFollowed at "s'il vous plaît""#,
    );
}

#[test]
fn a_filter_is_missing_or_misfed() {
    one("[TRD3|]", r#"NoFilter at "]""#);
    one("[TRD3|40]", r#"NoFilter at "40""#);
    one("[TRD3||upper]", r#"NoFilter at "|""#);
    one("[TRD3|truncate forty]", r#"NoArgument at "forty""#);
    one("[TRD3|default \"a]", r#"QuoteUnclosed at "\"a""#);
}

#[test]
fn sections_do_not_pair() {
    one("[IF TRD3]a", r#"SectionUnclosed at "[IF TRD3]""#);
    one("a[/SI]", r#"CloseUnopened at "[/SI]""#);
    one("[ELSE]a", r#"ElseOutside at "[ELSE]""#);
    one("[ELSE IF TRD3]a", r#"ElseOutside at "[ELSE IF TRD3]""#);
    one(
        "[IF TRD3]a[ELSE]b[ELSE]c[/IF]",
        r#"ElseAfterElse at "[ELSE]""#,
    );
    one(
        "[IF TRD3]a[ELSE]b[ELSE IF TRD4]c[/IF]",
        r#"ElseAfterElse at "[ELSE IF TRD4]""#,
    );
    one("[IF TRD3]a[ELSE TRD4]b[/IF]", r#"TagFollowed at "TRD4""#);
    one("[IF TRD3]a[/IF TRD3]", r#"TagFollowed at "TRD3""#);
}

#[test]
fn prose_is_not_taken_for_a_section() {
    let fault = r#"Condition(ComparisonExpected) at "ne""#;
    one("[Si vous ne venez pas, appelez]", fault);
    one("[IF TRD3]a [Si vous ne venez pas] b[/IF]", fault);
    one(
        "[Si urgent]",
        r#"Condition(NoValue { meant: None }) at "urgent""#,
    );
    assert_eq!(faults("[Se non può] [Si vous ne venez pas]").len(), 2);
    // A word that names nothing, in a section that is closed, is the caller's to tell.
    assert!(faults("[Si urgent]a[/SI]").is_empty());
}

#[test]
fn a_slip_in_a_condition_does_not_make_its_section_a_stray() {
    one(
        "[IF TRD3 == 12]a[ELSE]b[/IF]",
        r#"Condition(OperatorUnknown { meant: Some("=") }) at "==""#,
    );
    one("[IF]a[/IF]", r#"Condition(Empty) at "[IF]""#);
    // It begins with a value, so it is no prose, and its end is missed.
    assert_eq!(
        faults("[Si vous ne venez pas] [IF TRD9 < 14h30]a[ELSE]b"),
        [
            r#"Condition(ComparisonExpected) at "ne""#,
            r#"SectionUnclosed at "[IF TRD9 < 14h30]""#,
            r#"Condition(NoValue { meant: Some("14:30") }) at "14h30""#,
        ]
    );
}

#[test]
fn a_condition_cannot_be_read() {
    let condition = |text: &str| faults(&format!("[IF {text}]a[/IF]")).join("; ");
    assert_eq!(condition("TRD9 <"), r#"Condition(ValueExpected) at "]""#);
    assert_eq!(
        condition("TRD9 < AND TRD3"),
        r#"Condition(ValueExpected) at "AND""#
    );
    assert_eq!(
        condition("TRD9 < 14h30"),
        r#"Condition(NoValue { meant: Some("14:30") }) at "14h30""#
    );
    assert_eq!(
        condition("TRD8 = 03/06/2026"),
        r#"Condition(NoValue { meant: Some("2026-06-03") }) at "03/06/2026""#
    );
    assert_eq!(
        condition("TRD12 <> 3"),
        r#"Condition(OperatorUnknown { meant: Some("!=") }) at "<>""#
    );
    assert_eq!(
        condition("TRD12 =<> 3"),
        r#"Condition(OperatorUnknown { meant: None }) at "=<>""#
    );
    assert_eq!(
        condition("TRD11 est \"x\""),
        r#"Condition(ComparisonExpected) at "est""#
    );
    assert_eq!(condition("\"x\""), r#"Condition(LiteralAlone) at "\"x\"""#);
    assert_eq!(
        condition("TRD3|upper = \"X\""),
        r#"Condition(Filter) at "|upper = \"X\"""#
    );
    assert_eq!(
        condition("(TRD3 AND TRD4"),
        r#"Condition(ParenthesisUnclosed) at "(""#
    );
    assert_eq!(
        condition("TRD3)"),
        r#"Condition(ParenthesisUnopened) at ")""#
    );
    assert_eq!(
        condition("TRD11 IN \"a\""),
        r#"Condition(ListExpected) at "\"a\"""#
    );
    assert_eq!(
        condition("TRD11 IN (\"a\" \"b\")"),
        r#"Condition(ListExpected) at "\"b\"""#
    );
    assert_eq!(
        condition("TRD3 TRD4"),
        r#"Condition(ComparisonExpected) at "TRD4""#
    );
}

#[test]
fn nesting_has_a_limit() {
    let nested = |depth: usize| "[IF TRD3]".repeat(depth) + &"[/IF]".repeat(depth);
    assert!(faults(&nested(16)).is_empty());
    one(
        &nested(17),
        r#"SectionsTooDeep { limit: 16 } at "[IF TRD3]""#,
    );
    assert_eq!(faults(&nested(1000)).len(), 1);

    let parentheses =
        |depth: usize| format!("[IF {}TRD3{}][/IF]", "(".repeat(depth), ")".repeat(depth));
    assert!(faults(&parentheses(16)).is_empty());
    one(
        &parentheses(17),
        r#"Condition(TooDeep { limit: 16 }) at "TRD3""#,
    );
    assert_eq!(faults(&parentheses(10_000)).len(), 1);
    assert_eq!(
        faults(&format!("[IF {}TRD3][/IF]", "NOT ".repeat(10_000))).len(),
        1
    );
}

#[test]
fn a_part_has_a_plain_name() {
    one("[INCLUDE]", r#"NoPart at "[INCLUDE]""#);
    one("[INCLUDE ../secret]", r#"NoPart at "[INCLUDE ../secret]""#);
    one("[INCLUDE a b]", r#"NoPart at "[INCLUDE a b]""#);
    assert!(faults("[INCLUDE e] [INCLUDE no]").is_empty());
}

#[test]
fn a_remark_without_end_hides_no_other_fault() {
    assert_eq!(
        faults("[# a [TRD3x]\n[TRD4x]\n[# b\n[TRD5x]"),
        [
            r##"RemarkUnclosed at "[#""##,
            r#"NoVariable { meant: Some(4) } at "[TRD4x]""#,
            r##"RemarkUnclosed at "[#""##,
            r#"NoVariable { meant: Some(5) } at "[TRD5x]""#,
        ]
    );
}

#[test]
fn all_faults_of_a_file_are_found() {
    let source = "[TRD3x] [IF TRD9 <]a[/IF] [TRD4\n[ELSE] [TRD5|] [/IF] [IF TRD6]";
    assert_eq!(
        faults(source),
        [
            r#"NoVariable { meant: Some(3) } at "[TRD3x]""#,
            r#"Condition(ValueExpected) at "]""#,
            r#"TagUnclosed at "[TRD4""#,
            r#"ElseOutside at "[ELSE]""#,
            r#"NoFilter at "]""#,
            r#"CloseUnopened at "[/IF]""#,
            r#"SectionUnclosed at "[IF TRD6]""#,
        ]
    );
}

#[test]
fn a_file_has_a_limit() {
    let is_name = |_: &str| false;
    let longest = "a".repeat(rappel_grammar::MAX_BYTES);
    assert!(rappel_grammar::parse(&longest, &is_name).faults.is_empty());
    let parsed = rappel_grammar::parse(&(longest + "é"), &is_name).faults;
    assert!(matches!(
        parsed[..],
        [rappel_grammar::Fault {
            slip: rappel_grammar::Slip::FileTooLong { .. },
            ..
        }]
    ));
}
