//! Takes the subject line off an e-mail's template.

use rappel_core::Diagnostic;
use rappel_core::diagnostic::codes;
use rappel_grammar::tree::{Node, Section, Text};
use rappel_grammar::{Span, Template};

use super::File;

/// The two parts of an e-mail's template.
pub(crate) struct Email<'s> {
    pub(crate) subject: Vec<Node<'s>>,
    pub(crate) body: Vec<Node<'s>>,
}

/// How the subject line begins, in the languages of the keywords.
const WORDS: [&str; 4] = ["Subject", "Objet", "Oggetto", "Asunto"];

/// Splits an e-mail's template at the end of its subject line.
///
/// # Errors
/// When it doesn't begin with one, or a section runs over the line's end.
pub(crate) fn split<'s>(file: &File, template: Template<'s>) -> Result<Email<'s>, Box<Diagnostic>> {
    let mut nodes = template.nodes.into_iter();
    let first = after_word(file, &mut nodes)?;
    let (mut subject, mut body) = (Vec::new(), Vec::new());
    let mut ended = false;
    for node in std::iter::once(Node::Text(first)).chain(nodes) {
        match node {
            node if ended => body.push(node),
            Node::Text(text) => match text.text.find('\n') {
                Some(end) => {
                    subject.push(Node::Text(part(text, 0, end)));
                    body.push(Node::Text(part(text, end + 1, text.text.len())));
                    ended = true;
                }
                None => subject.push(Node::Text(text)),
            },
            Node::Section(section) if has_line_break(&section) => {
                let span = section
                    .branches
                    .first()
                    .map_or(section.close, |branch| branch.tag);
                return Err(Box::new(
                    file.diagnostic(
                        codes::NO_SUBJECT,
                        span,
                        "the subject is one line, and this section runs over its end",
                    )
                    .label("begins in the subject")
                    .help("close the section on the same line"),
                ));
            }
            node => subject.push(node),
        }
    }
    Ok(Email { subject, body })
}

/// The text behind `Subject:`; remarks and empty lines may stand before it.
fn after_word<'s>(
    file: &File,
    nodes: &mut impl Iterator<Item = Node<'s>>,
) -> Result<Text<'s>, Box<Diagnostic>> {
    let mut span = Span::default();
    for node in nodes {
        span = Span::new(node.span().start, node.span().start);
        match node {
            Node::Remark(_) => {}
            Node::Text(text) => {
                let line = text
                    .text
                    .trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
                if line.is_empty() {
                    continue;
                }
                let begin = text.text.len() - line.len();
                span = Span::new(span.start + begin, span.start + begin);
                let Some(colon) = colon(line) else { break };
                return Ok(part(text, begin + colon + 1, text.text.len()));
            }
            _ => break,
        }
    }
    Err(Box::new(
        file.diagnostic(
            codes::NO_SUBJECT,
            span,
            "the e-mail has no subject: its template begins with one",
        )
        .label("the subject should stand here")
        .help("write `Subject: Your appointment` as the first line, and an empty line after it"),
    ))
}

fn colon(line: &str) -> Option<usize> {
    let (word, _) = line.split_once(':')?;
    let known = WORDS
        .iter()
        .any(|known| word.trim_end().eq_ignore_ascii_case(known));
    known.then_some(word.len())
}

fn part(text: Text<'_>, start: usize, end: usize) -> Text<'_> {
    let span = Span::new(text.span.start + start, text.span.start + end);
    Text {
        text: text.text.get(start..end).unwrap_or_default(),
        span,
    }
}

fn has_line_break(section: &Section<'_>) -> bool {
    let in_nodes = |nodes: &[Node<'_>]| {
        nodes.iter().any(|node| match node {
            Node::Text(text) => text.text.contains('\n'),
            Node::Section(section) => has_line_break(section),
            _ => false,
        })
    };
    section
        .branches
        .iter()
        .any(|branch| in_nodes(&branch.nodes))
        || section
            .otherwise
            .as_ref()
            .is_some_and(|otherwise| in_nodes(&otherwise.nodes))
}
