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
pub(crate) const WORDS: [&str; 4] = ["Subject", "Objet", "Oggetto", "Asunto"];

/// Splits an e-mail's template at the end of its subject line. Where it doesn't begin with one, or a section
/// runs over the line's end, it is all body, and the diagnostic says so.
pub(crate) fn split<'s>(file: &File, template: Template<'s>) -> (Email<'s>, Option<Diagnostic>) {
    let mut body = template.nodes;
    let mut subject = Vec::new();
    let end = match subject_end(file, &body) {
        Ok(end) => end,
        Err(diagnostic) => return (Email { subject, body }, Some(*diagnostic)),
    };
    let mut rest = body.split_off(end.node);
    std::mem::swap(&mut rest, &mut body);
    subject.extend(rest.into_iter().skip(end.first));
    if let (Some(line_end), Some(Node::Text(text))) = (end.line_break, body.first_mut()) {
        subject.push(Node::Text(part(*text, 0, line_end)));
        *text = part(*text, line_end + 1, text.text.len());
    }
    if let Some(Node::Text(first)) = subject.first_mut() {
        let begin = first.text.find(':').map_or(0, |colon| colon + 1);
        *first = part(*first, begin, first.text.len());
    }
    (Email { subject, body }, None)
}

/// Whether the text of an e-mail's template begins with a subject line.
pub fn has_subject(source: &str) -> bool {
    let file = File::new("", source);
    let tree = super::parse(&file, source, &mut Vec::new());
    let first = tree.nodes.iter().find(|node| !is_before(node));
    matches!(first, Some(Node::Text(text)) if begins_subject(text.text.trim_start_matches(is_blank)))
}

/// Where the subject line ends.
struct End {
    /// The node in which the line begins.
    first: usize,
    /// The node in which it ends.
    node: usize,
    /// Where in that node; `None` where the template ends with the line.
    line_break: Option<usize>,
}

fn subject_end(file: &File, nodes: &[Node<'_>]) -> Result<End, Box<Diagnostic>> {
    let first = nodes.iter().take_while(|node| is_before(node)).count();
    let begin = match nodes.get(first) {
        Some(Node::Text(text)) => {
            let line = text.text.trim_start_matches(is_blank);
            let begin = text.text.len() - line.len();
            if !begins_subject(line) {
                return Err(missing(file, text.span.start + begin));
            }
            begin
        }
        Some(node) => return Err(missing(file, node.span().start)),
        None => return Err(missing(file, 0)),
    };
    for (index, node) in nodes.iter().enumerate().skip(first) {
        match node {
            Node::Text(text) => {
                let begin = if index == first { begin } else { 0 };
                let line = text.text.get(begin..).unwrap_or_default();
                if let Some(end) = line.find('\n') {
                    return Ok(End {
                        first,
                        node: index,
                        line_break: Some(begin + end),
                    });
                }
            }
            Node::Section(section) if has_line_break(section) => {
                let span = section
                    .branches
                    .first()
                    .map_or(section.close, |branch| branch.tag);
                let message = "the subject is one line, and this section runs over its end";
                return Err(Box::new(
                    file.diagnostic(codes::NO_SUBJECT, span, message)
                        .label("begins in the subject")
                        .help("close the section on the same line"),
                ));
            }
            _ => {}
        }
    }
    Ok(End {
        first,
        node: nodes.len(),
        line_break: None,
    })
}

/// Remarks and empty lines may stand before the subject.
fn is_before(node: &Node<'_>) -> bool {
    match node {
        Node::Remark(_) => true,
        Node::Text(text) => text.text.trim_matches(is_blank).is_empty(),
        _ => false,
    }
}

fn is_blank(c: char) -> bool {
    c.is_whitespace() || c == '\u{feff}'
}

fn missing(file: &File, at: usize) -> Box<Diagnostic> {
    let message = "the e-mail has no subject: its template begins with one";
    Box::new(
        file.diagnostic(codes::NO_SUBJECT, Span::new(at, at), message)
            .label("the subject should stand here")
            .help(
                "write `Subject: Your appointment` as the first line, and an empty line after it",
            ),
    )
}

fn begins_subject(line: &str) -> bool {
    line.split_once(':').is_some_and(|(word, _)| {
        let word = word.trim_end();
        WORDS.iter().any(|known| word.eq_ignore_ascii_case(known))
    })
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
