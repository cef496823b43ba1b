//! The TextMate grammar of templates, with which VS Code, Sublime Text and the JetBrains editors colour them.
//!
//! Its words come from `template.pest`, the filters' list and the variables' table.

use rappel_core::Named;
use rappel_grammar::keywords;
use serde_json::{Value, json};

use crate::filters::FILTERS;
use crate::parse::SUBJECT_WORDS;

/// What may stand between the pieces of a tag: `blank` of `template.pest`.
const BLANKS: &str = "[ \t\u{a0}\u{202f}\u{2009}]*";

/// What a word ends before: `stop` of `template.pest`.
const STOP: &str = "(?=[\\]|=),<>!(\\[\"“«≠≤≥ \\t\\r\\n\u{a0}\u{202f}\u{2009}]|$)";

/// How editors call what a template is.
pub const SCOPE: &str = "text.rappel-template";

/// The grammar: the content of a `.tmLanguage.json`.
pub fn grammar() -> Value {
    let [section, otherwise, include] = ["if_word", "else_part", "include_word"].map(words);
    let logic = [
        "and_word",
        "or_word",
        "not_word",
        "contains_word",
        "in_word",
    ];
    let logic: Vec<_> = logic.into_iter().flat_map(keywords).collect();
    let named: Vec<_> = Named::ALL.into_iter().map(Named::name).collect();
    let filters: Vec<_> = FILTERS.iter().map(|filter| filter.name).collect();
    let value = format!("TRD[0-9]+|{}", named.join("|"));
    let control = format!(
        "/{BLANKS}(?:{section})|(?:{otherwise}){BLANKS}(?:{section})|(?:{otherwise})|(?:{section})"
    );
    json!({
        "$schema": "https://raw.githubusercontent.com/martinring/tmlanguage/master/tmlanguage.json",
        "name": "Rappel template",
        "scopeName": SCOPE,
        "fileTypes": ["trd"],
        "patterns": [
            {
                "name": "comment.block.rappel-template",
                "begin": "\\[#",
                "end": "#\\]",
            },
            {
                "name": "constant.character.escape.rappel-template",
                "match": "\\[\\[",
            },
            tag("meta.section.rappel-template", &control, "keyword.control.rappel-template"),
            tag("meta.include.rappel-template", &include, "keyword.control.rappel-template"),
            tag("meta.value.rappel-template", &value, "variable.other.rappel-template"),
            {
                "match": format!("\\A(?i:({}){BLANKS}:)", SUBJECT_WORDS.join("|")),
                "captures": { "1": { "name": "keyword.other.rappel-template" } },
            },
        ],
        "repository": {
            "inside": {
                "patterns": [
                    {
                        "name": "string.quoted.rappel-template",
                        "match": "\"(?:[^\"\\r\\n]|\"\")*\"|“[^”\\r\\n]*”|«[^»\\r\\n]*»",
                    },
                    {
                        "match": format!("\\|{BLANKS}(?i:({})){STOP}", filters.join("|")),
                        "captures": { "1": { "name": "support.function.rappel-template" } },
                    },
                    {
                        "name": "variable.other.rappel-template",
                        "match": format!("\\b(?i:{value}){STOP}"),
                    },
                    {
                        "name": "keyword.operator.rappel-template",
                        "match": format!("\\b(?i:{}){STOP}|[=!<>≠≤≥]+", logic.join("|")),
                    },
                    {
                        "name": "constant.numeric.rappel-template",
                        "match": format!("\\b(?:[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}|[0-9]{{1,2}}:[0-9]{{2}}|[0-9]+(?:\\.[0-9]+)?){STOP}"),
                    },
                ],
            },
        },
    })
}

/// The words of a rule, as alternatives.
fn words(rule: &str) -> String {
    keywords(rule).join("|")
}

/// A tag that begins with a word: it stands on one line.
fn tag(name: &str, word: &str, scope: &str) -> Value {
    json!({
        "name": name,
        "begin": format!("\\[{BLANKS}(?i:({word})){STOP}"),
        "beginCaptures": { "1": { "name": scope } },
        "end": "\\]|$",
        "patterns": [{ "include": "#inside" }],
    })
}
