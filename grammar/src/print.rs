//! Writes a tree in its plainest form. What was parsed without a fault parses to the same tree again.

use std::fmt::{self, Display};

use crate::tree::{
    Condition, Filter, Literal, LiteralValue, Name, Node, Operand, OperandValue, Section, Template,
    Value,
};

impl fmt::Display for Template<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        nodes(&self.nodes, f)
    }
}

fn nodes(nodes: &[Node<'_>], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    nodes.iter().try_for_each(|node| node.fmt(f))
}

impl fmt::Display for Node<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // A remark stays: without it, the text before and after could become a tag.
            Node::Text(text) | Node::Bracket(text) | Node::Remark(text) => f.write_str(text.text),
            Node::Escape(_) => f.write_str("[["),
            Node::Value(value) => value.fmt(f),
            Node::Section(section) => section.fmt(f),
            Node::Include(include) => write!(f, "[INCLUDE {}]", include.name),
        }
    }
}

impl fmt::Display for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}", self.name)?;
        self.filters
            .iter()
            .try_for_each(|filter| write!(f, "|{filter}"))?;
        f.write_str("]")
    }
}

impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Name::Number(number) => write!(f, "TRD{number}"),
            Name::Word(word) => f.write_str(&word.to_ascii_uppercase()),
        }
    }
}

impl fmt::Display for Filter<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name.to_ascii_lowercase())?;
        self.arguments
            .iter()
            .try_for_each(|argument| write!(f, " {argument}"))
    }
}

impl fmt::Display for Literal<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value.fmt(f)
    }
}

impl fmt::Display for LiteralValue<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LiteralValue::Text(text) => write!(f, "\"{}\"", text.replace('"', "\"\"")),
            LiteralValue::Number(text) | LiteralValue::Time(text) | LiteralValue::Date(text) => {
                f.write_str(text)
            }
        }
    }
}

impl fmt::Display for Section<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, branch) in self.branches.iter().enumerate() {
            let otherwise = if index == 0 { "" } else { "ELSE " };
            write!(f, "[{otherwise}IF {}]", branch.condition)?;
            nodes(&branch.nodes, f)?;
        }
        if let Some(otherwise) = &self.otherwise {
            f.write_str("[ELSE]")?;
            nodes(&otherwise.nodes, f)?;
        }
        f.write_str("[/IF]")
    }
}

impl fmt::Display for Condition<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Condition::Holds(operand) => operand.fmt(f),
            Condition::Compare {
                left,
                operator,
                right,
            } => {
                write!(f, "{left} {} {right}", operator.as_str())
            }
            Condition::In { left, list } => {
                write!(f, "{left} IN (")?;
                joined(list, ", ", f)?;
                f.write_str(")")
            }
            Condition::Not(inner) => match **inner {
                Condition::All(_) | Condition::Any(_) => write!(f, "NOT ({inner})"),
                _ => write!(f, "NOT {inner}"),
            },
            // A list in a list of the same kind was written with parentheses, and keeps them.
            Condition::All(parts) => parenthesised(parts, " AND ", f),
            Condition::Any(parts) => parenthesised(parts, " OR ", f),
            Condition::Unreadable => Ok(()),
        }
    }
}

fn parenthesised(
    parts: &[Condition<'_>],
    between: &str,
    f: &mut fmt::Formatter<'_>,
) -> fmt::Result {
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            f.write_str(between)?;
        }
        match part {
            Condition::All(_) | Condition::Any(_) => write!(f, "({part})")?,
            _ => part.fmt(f)?,
        }
    }
    Ok(())
}

fn joined(list: &[Operand<'_>], between: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for (index, operand) in list.iter().enumerate() {
        if index > 0 {
            f.write_str(between)?;
        }
        operand.fmt(f)?;
    }
    Ok(())
}

impl fmt::Display for Operand<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value.fmt(f)
    }
}

impl fmt::Display for OperandValue<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            OperandValue::Name(name) => name.fmt(f),
            OperandValue::Literal(literal) => literal.fmt(f),
        }
    }
}
