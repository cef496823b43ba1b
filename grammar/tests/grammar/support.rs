//! Writes a tree and its faults in a form of its own, so that the printer can be held against it.

use rappel_grammar::tree::{Condition, Name, Node, Operand, OperandValue, Section};
use rappel_grammar::{Parsed, parse_unlimited};

/// The words that name a value in these tests.
pub(crate) fn is_name(word: &str) -> bool {
    ["CONFIRM_URL", "DELAY", "ONLINE", "CHANNEL"]
        .iter()
        .any(|name| name.eq_ignore_ascii_case(word))
}

/// The tree and the faults of a source, a line each where there are faults.
pub(crate) fn check(source: &str) -> String {
    let Parsed { template, faults } = parse_unlimited(source, &is_name);
    let mut out = nodes(&template.nodes);
    for fault in faults {
        out.push_str(&format!(
            "\n{:?} at {:?}",
            fault.slip,
            &source[fault.span.start..fault.span.end]
        ));
    }
    out
}

/// The tree alone.
pub(crate) fn tree(source: &str) -> String {
    nodes(&parse_unlimited(source, &is_name).template.nodes)
}

fn nodes(nodes: &[Node<'_>]) -> String {
    nodes.iter().map(node).collect::<Vec<_>>().join(" ")
}

fn node(node: &Node<'_>) -> String {
    match node {
        Node::Text(text) => format!("{:?}", text.text),
        Node::Bracket(text) => format!("bracket{:?}", text.text),
        Node::Remark(text) => format!("remark{:?}", text.text),
        Node::Escape(_) => "escape".into(),
        Node::Include(include) => format!("include({})", include.name),
        Node::Value(value) => {
            let filters = value.filters.iter().map(|filter| {
                let arguments: String = filter
                    .arguments
                    .iter()
                    .map(|a| format!(" {:?}", a.value))
                    .collect();
                format!(" |{}{arguments}", filter.name.to_ascii_lowercase())
            });
            format!("value({}{})", name(value.name), filters.collect::<String>())
        }
        Node::Section(section) => self::section(section),
    }
}

fn section(section: &Section<'_>) -> String {
    let mut out = String::from("section(");
    for branch in &section.branches {
        out.push_str(&format!(
            "if {} then {}; ",
            condition(&branch.condition),
            nodes(&branch.nodes)
        ));
    }
    if let Some(otherwise) = &section.otherwise {
        out.push_str(&format!("else {}", nodes(&otherwise.nodes)));
    }
    format!("{})", out.trim_end_matches("; "))
}

fn condition(tree: &Condition<'_>) -> String {
    let list = |parts: &[Condition<'_>]| parts.iter().map(condition).collect::<Vec<_>>().join(", ");
    match tree {
        Condition::Holds(value) => operand(value),
        Condition::Compare {
            left,
            operator,
            right,
        } => {
            format!("({} {operator:?} {})", operand(left), operand(right))
        }
        Condition::In { left, list } => {
            let list: Vec<_> = list.iter().map(operand).collect();
            format!("({} In {})", operand(left), list.join(","))
        }
        Condition::Not(inner) => format!("not({})", condition(inner)),
        Condition::All(parts) => format!("all({})", list(parts)),
        Condition::Any(parts) => format!("any({})", list(parts)),
        Condition::Unreadable => "unreadable".into(),
    }
}

fn operand(operand: &Operand<'_>) -> String {
    match &operand.value {
        OperandValue::Name(found) => name(*found),
        OperandValue::Literal(literal) => format!("{literal:?}"),
    }
}

fn name(name: Name<'_>) -> String {
    match name {
        Name::Number(number) => format!("trd{number}"),
        Name::Word(word) => word.to_ascii_uppercase(),
    }
}
