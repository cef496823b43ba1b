//! The words for what can be wrong with a template's form: what, why, and what to do.

use std::borrow::Cow;

use rappel_core::Diagnostic;
use rappel_core::diagnostic::codes;
use rappel_grammar::{ConditionSlip, Fault, Slip};

use super::File;
use crate::variables::Variable;

/// The remedy for text that only looks like a tag.
pub(crate) const OPENS_NO_TAG: &str = "for a literal bracket write `[[`";

/// Says what is wrong.
pub(super) fn explain(file: &File, fault: &Fault) -> Diagnostic {
    let at = |code, message: &str, label: &str, help: String| {
        file.diagnostic(code, fault.span, message)
            .label(label)
            .help(help)
    };
    let text = file
        .source
        .get(fault.span.start..fault.span.end)
        .unwrap_or_default();
    match &fault.slip {
        Slip::FileTooLong { limit } => at(
            codes::TEMPLATE_TOO_LONG,
            &format!("the template is longer than {} KiB", limit / 1024),
            "everything from here is too much",
            "move what other templates have too into a part, and `[INCLUDE …]` it".into(),
        ),
        Slip::TagUnclosed => {
            let variable = text.strip_prefix('[').and_then(Variable::find);
            let help = match variable {
                Some(variable) => format!("write `[{variable}]`; {OPENS_NO_TAG}"),
                None => format!("write `]` where the tag ends; {OPENS_NO_TAG}"),
            };
            let diagnostic = at(
                codes::TAG_UNCLOSED,
                "the tag is never closed: there is no `]` on its line",
                "begins here",
                help,
            );
            // Behind a comma stands no filter: the tag ends with the variable.
            let end = fault.span.end;
            let rest = file.source.get(end..).and_then(|rest| rest.lines().next());
            let ends = rest.is_none_or(|rest| {
                rest.is_empty() || rest.starts_with([',', '.', ';', ':', '!', '?', ')']) && !rest.contains('|')
            });
            if variable.is_some() && ends {
                diagnostic.fix(end..end, "]")
            } else {
                diagnostic
            }
        }
        Slip::NoVariable { meant } => no_variable(file, fault, &short(text), *meant),
        Slip::ValueFollowed => at(
            codes::BAD_FILTER,
            "after a value may stand only filters, each behind a `|`",
            "this doesn't belong here",
            format!("write `|` before a filter, or close the tag with `]`; {OPENS_NO_TAG}"),
        ),
        Slip::NoFilter => at(
            codes::BAD_FILTER,
            "after `|` a filter is missing",
            "a filter's name should stand here",
            "write for instance `|upper`, or leave the `|` out".into(),
        ),
        Slip::NoArgument => at(
            codes::BAD_FILTER,
            "a filter can't be told this",
            "neither a number nor a text in quotes",
            format!("write a text in quotes: `\"{}\"`; another filter stands behind a `|`", short(text.trim())),
        ),
        Slip::QuoteUnclosed => at(
            codes::QUOTE_UNCLOSED,
            "the quoted text is never closed: there is no second quote on its line",
            "begins here",
            "write a `\"` behind the text; a quote inside it is written twice: `\"\"`".into(),
        ),
        Slip::SectionUnclosed => at(
            codes::SECTION_UNCLOSED,
            "the section is never closed",
            "opens here",
            "write `[/IF]` where it ends".into(),
        ),
        Slip::CloseUnopened => at(
            codes::CLOSE_UNOPENED,
            "no section is open here",
            "closes nothing",
            "take it out, or write `[IF …]` where the section begins".into(),
        ),
        Slip::ElseOutside => at(
            codes::ELSE_OUTSIDE,
            "an alternative needs a section, and none is open here",
            "belongs to nothing",
            format!("write `[IF …]` before it; {OPENS_NO_TAG}"),
        ),
        Slip::ElseAfterElse => at(
            codes::ELSE_AFTER_ELSE,
            "the section has its `[ELSE]` already, and that is its last alternative",
            "comes too late",
            "put `[ELSE IF …]` before `[ELSE]`, or close the section with `[/IF]` first".into(),
        ),
        Slip::TagFollowed => at(
            codes::TAG_FOLLOWED,
            "this tag takes nothing more",
            "doesn't belong here",
            format!("close the tag with `]` before it; a condition stands in `[IF …]` or `[ELSE IF …]`; {OPENS_NO_TAG}"),
        ),
        Slip::SectionsTooDeep { limit } => at(
            codes::TOO_DEEP,
            &format!("sections are nested more than {limit} deep"),
            "one too many",
            "join conditions with `AND`, or move a section into a part and `[INCLUDE …]` it".into(),
        ),
        Slip::NoPart => at(
            codes::BAD_INCLUDE,
            "the tag doesn't name a part",
            "no part has such a name",
            "write `[INCLUDE signature]` for the file `templates/signature.trd`: letters, digits, `_` and `-`".into(),
        ),
        Slip::RemarkUnclosed => at(
            codes::REMARK_UNCLOSED,
            "the remark is never closed",
            "begins here",
            "write `#]` where it ends; for a literal bracket write `[[#`".into(),
        ),
        Slip::Condition(slip) => {
            let (message, label, help) = condition(slip, &short(text));
            at(codes::BAD_CONDITION, &message, label, help)
        }
    }
}

/// A stretch of a template as a sentence repeats it: no more than can be read.
pub(crate) fn short(text: &str) -> Cow<'_, str> {
    const MOST: usize = 60;
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &text[..end]).into(),
        None => text.into(),
    }
}

fn no_variable(file: &File, fault: &Fault, text: &str, meant: Option<u32>) -> Diagnostic {
    let help = match meant.and_then(Variable::number) {
        Some(variable) => {
            format!(
                "write `[{variable}]` for the {}; {OPENS_NO_TAG}",
                variable.row().labels.en.to_lowercase()
            )
        }
        None => format!("write `[TRD3]` for variable 3; {OPENS_NO_TAG}"),
    };
    let message =
        format!("`{text}` is not a variable: `TRD` is followed by its number and nothing else");
    file.diagnostic(codes::BAD_VARIABLE, fault.span, message)
        .label("no such tag")
        .help(help)
}

fn condition(slip: &ConditionSlip, text: &str) -> (String, &'static str, String) {
    let literal = "for a literal bracket write `[[Si`, `[[IF`";
    match slip {
        ConditionSlip::Empty => (
            "the section has no condition".into(),
            "holds when?",
            format!("write for instance `[IF TRD23]`; {literal}"),
        ),
        ConditionSlip::ValueExpected => (
            "the condition can't be read: a value is missing".into(),
            "a value should stand here",
            "write a variable, a named value, or `\"text\"`, `12.50`, `14:30`, `2026-06-03`".into(),
        ),
        ConditionSlip::ComparisonExpected => (
            format!(
                "the condition can't be read: `{text}` is neither a comparison nor `AND` or `OR`"
            ),
            "not expected here",
            format!(
                "compare with `= != < <= > >= CONTAINS IN`, and put texts in quotes; {literal}"
            ),
        ),
        ConditionSlip::LiteralAlone => (
            "the condition can't be read: nothing is compared".into(),
            "always the same",
            "compare it with a value: `TRD11 = \"Analyse\"`".into(),
        ),
        ConditionSlip::OperatorUnknown { meant } => (
            format!("the condition can't be read: there is no comparison `{text}`"),
            "unknown comparison",
            match meant {
                Some(meant) => format!("write `{meant}`"),
                None => "there are `= != < <= > >= CONTAINS IN`".into(),
            },
        ),
        ConditionSlip::NoValue { meant } => (
            format!("the condition can't be read: `{text}` is not a value"),
            "not a value",
            match meant {
                Some(meant) => format!("write `{meant}`"),
                None => format!(
                    "write texts in quotes, amounts as `12.50`, times as `14:30`, dates as `2026-06-03`; {literal}"
                ),
            },
        ),
        ConditionSlip::Filter => (
            "the condition can't be read: filters have no place in it".into(),
            "a filter",
            "compare the value itself; texts compare without regard to case".into(),
        ),
        ConditionSlip::ParenthesisUnclosed => (
            "the condition can't be read: the parenthesis is never closed".into(),
            "opens here",
            "write `)` where it ends".into(),
        ),
        ConditionSlip::ParenthesisUnopened => (
            "the condition can't be read: no parenthesis is open here".into(),
            "closes nothing",
            "take it out, or write `(` where it begins".into(),
        ),
        ConditionSlip::ListExpected => (
            "the condition can't be read: after `IN` stands a list in parentheses".into(),
            "not a list",
            "write for instance `TRD11 IN (\"Analyse\", \"Radio\")`".into(),
        ),
        ConditionSlip::TooDeep { limit } => (
            format!("the condition is nested more than {limit} deep"),
            "too deep",
            "take parentheses out, or split the section".into(),
        ),
    }
}
