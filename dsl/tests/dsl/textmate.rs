//! The grammar for editors finds the tags that the parser finds.

use fancy_regex::Regex;
use rappel_dsl::{Variable, textmate};
use rappel_grammar::parse_unlimited;
use rappel_grammar::tree::{Node, Span};
use serde_json::Value;

use crate::case::Case;
use crate::corpus::files;

/// A pattern of the grammar, as an editor has it.
struct Pattern {
    name: String,
    begin: Regex,
    end: Option<Regex>,
    inside: Vec<Regex>,
}

fn regex(pattern: &Value, key: &str) -> Option<Regex> {
    let text = pattern.get(key)?.as_str().unwrap();
    Some(Regex::new(text).unwrap_or_else(|error| panic!("{text}: {error}")))
}

fn patterns() -> Vec<Pattern> {
    let grammar = textmate::grammar();
    let list = |value: &Value| value["patterns"].as_array().unwrap().clone();
    let inside = || {
        let inside = list(&grammar["repository"]["inside"]);
        inside
            .iter()
            .map(|pattern| regex(pattern, "match").unwrap())
            .collect()
    };
    list(&grammar)
        .iter()
        .map(|pattern| Pattern {
            name: pattern["name"]
                .as_str()
                .unwrap_or_default()
                .split('.')
                .take(2)
                .collect::<Vec<_>>()
                .join("."),
            begin: regex(pattern, "begin")
                .or_else(|| regex(pattern, "match"))
                .unwrap(),
            end: regex(pattern, "end"),
            inside: if pattern.get("patterns").is_some() {
                inside()
            } else {
                Vec::new()
            },
        })
        .collect()
}

/// The first of several that is found from a place on, and the earliest: its number, begin and end.
fn first<'r>(
    of: impl IntoIterator<Item = &'r Regex>,
    line: &str,
    from: usize,
) -> Option<(usize, usize, usize)> {
    of.into_iter()
        .enumerate()
        .filter_map(|(number, regex)| {
            let found = regex.find_from_pos(line, from).unwrap()?;
            Some((number, found.start(), found.end()))
        })
        .min_by_key(|(number, start, _)| (*start, *number))
}

/// What an editor finds: it reads line by line, and remembers what is open.
fn coloured(source: &str, patterns: &[Pattern]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut open: Option<(&Pattern, usize)> = None;
    let mut begin = 0;
    for line in source.split_inclusive('\n') {
        let mut at = 0;
        loop {
            if let Some((pattern, start)) = open {
                let ends = std::iter::once(pattern.end.as_ref().unwrap());
                let Some((number, _, end)) = first(ends.chain(&pattern.inside), line, at) else {
                    break;
                };
                if number == 0 {
                    found.push((
                        pattern.name.clone(),
                        source[start..begin + end].trim_end().to_string(),
                    ));
                    open = None;
                }
                at = end;
            } else {
                let Some((number, start, end)) =
                    first(patterns.iter().map(|pattern| &pattern.begin), line, at)
                else {
                    break;
                };
                let pattern = &patterns[number];
                if pattern.end.is_some() {
                    open = Some((pattern, begin + start));
                } else if !pattern.name.is_empty() {
                    found.push((pattern.name.clone(), line[start..end].to_string()));
                }
                at = end;
            }
        }
        begin += line.len();
    }
    found
}

/// What the parser finds.
fn parsed(nodes: &[Node<'_>], source: &str, found: &mut Vec<(usize, String, String)>) {
    for node in nodes {
        let mut tag = |name: &str, span: Span| {
            found.push((
                span.start,
                name.to_string(),
                source[span.start..span.end].to_string(),
            ));
        };
        match node {
            Node::Text(_) | Node::Bracket(_) => {}
            Node::Remark(text) => tag("comment.block", text.span),
            Node::Escape(span) => tag("constant.character", *span),
            Node::Value(value) => tag("meta.value", value.span),
            Node::Include(include) => tag("meta.include", include.span),
            Node::Section(section) => {
                section
                    .branches
                    .iter()
                    .for_each(|branch| tag("meta.section", branch.tag));
                section
                    .otherwise
                    .iter()
                    .for_each(|otherwise| tag("meta.section", otherwise.tag));
                tag("meta.section", section.close);
                section
                    .branches
                    .iter()
                    .for_each(|branch| parsed(&branch.nodes, source, found));
                section
                    .otherwise
                    .iter()
                    .for_each(|otherwise| parsed(&otherwise.nodes, source, found));
            }
        }
    }
}

#[test]
fn an_editor_colours_the_tags_that_the_parser_reads() {
    let patterns = patterns();
    let mut read = 0;
    for file in files() {
        let case = Case::read(&file);
        let source = case.section("template").unwrap();
        let tree = parse_unlimited(source, &|word| Variable::word(word).is_some());
        if !tree.faults.is_empty() {
            continue;
        }
        let mut expected = Vec::new();
        parsed(&tree.template.nodes, source, &mut expected);
        expected.sort();
        let expected: Vec<_> = expected
            .into_iter()
            .map(|(_, name, text)| (name, text))
            .collect();
        assert_eq!(coloured(source, &patterns), expected, "{}", file.display());
        read += expected.len();
    }
    assert!(read > 100, "only {read} tags were compared");
}

#[test]
fn the_grammar_for_editors() {
    insta::assert_snapshot!(serde_json::to_string_pretty(&textmate::grammar()).unwrap());
}
