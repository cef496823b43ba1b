//! The flat pieces of a source, in order: what pest finds, made into text, values and loose section tags.

use pest::Parser as _;
use pest::iterators::Pair;

use crate::condition::condition;
use crate::fault::{Fault, Slip};
use crate::filter::filters;
use crate::token::{Tokens, pair_span};
use crate::tree::{Condition, Include, Name, Node, Operand, OperandValue, Span, Text, Value};

#[allow(missing_docs, reason = "the rules are documented in template.pest")]
mod parser {
    /// The parser that pest makes of the grammar.
    #[derive(pest_derive::Parser)]
    #[grammar = "template.pest"]
    pub(crate) struct TemplateParser;
}
pub(crate) use parser::{Rule, TemplateParser};

/// A piece of the source.
pub(crate) enum Piece<'s> {
    /// Something that stands for itself.
    Node(Node<'s>),
    /// `[IF …]`.
    Open(SectionTag<'s>),
    /// `[ELSE IF …]`.
    Alternative(SectionTag<'s>),
    /// `[ELSE]`.
    Otherwise(Span),
    /// `[/IF]`.
    Close(Span),
}

/// A tag with a condition.
pub(crate) struct SectionTag<'s> {
    /// The condition.
    pub(crate) condition: Condition<'s>,
    /// The tag.
    pub(crate) span: Span,
    /// What makes it likely to be prose ("[Si vous…]"), which opens no section after all: what can't be
    /// read, or a word that names no value.
    pub(crate) doubt: Option<Span>,
}

/// Takes a source apart. Every tag that can't be read is left out and adds a fault.
pub(crate) fn pieces<'s>(
    source: &'s str,
    is_name: &dyn Fn(&str) -> bool,
    faults: &mut Vec<Fault>,
) -> Vec<Piece<'s>> {
    let mut reader = Reader {
        source,
        is_name,
        faults,
        pieces: Vec::new(),
    };
    if let Some(lost) = reader.read(Rule::template, Span::new(0, source.len())) {
        // Nothing ends the remark, so nothing ends any later one: the second rule takes `[#` for a slip.
        reader.fault(Slip::RemarkUnclosed, lost);
        let line = source[lost.end..]
            .find('\n')
            .map_or(source.len(), |at| lost.end + at);
        reader.read(Rule::remainder, Span::new(line, source.len()));
    }
    reader.pieces
}

struct Reader<'s, 'a> {
    source: &'s str,
    is_name: &'a dyn Fn(&str) -> bool,
    faults: &'a mut Vec<Fault>,
    pieces: Vec<Piece<'s>>,
}

impl<'s> Reader<'s, '_> {
    fn fault(&mut self, slip: Slip, span: Span) {
        self.faults.push(Fault { slip, span });
    }

    fn node(&mut self, node: Node<'s>) {
        self.pieces.push(Piece::Node(node));
    }

    /// Reads a stretch of the source, and answers where a remark without an end begins.
    fn read(&mut self, rule: Rule, stretch: Span) -> Option<Span> {
        let text = &self.source[stretch.start..stretch.end];
        // Both rules take any text: every character is text, a tag or a stray bracket.
        let pairs = TemplateParser::parse(rule, text).ok()?;
        let mut start = stretch.start;
        for pair in pairs.flat_map(Pair::into_inner) {
            // A tag's pair begins behind its bracket, but nothing stands between the pieces.
            let span = Span::new(start, pair_span(&pair, stretch.start).end);
            start = span.end;
            match pair.as_rule() {
                Rule::lost_remark => return Some(span),
                Rule::lost_remark_line => {
                    self.fault(Slip::RemarkUnclosed, Span::new(span.start, span.start + 2));
                }
                Rule::EOI => {}
                _ => self.piece(pair, span, stretch.start),
            }
        }
        None
    }

    fn piece(&mut self, pair: Pair<'s, Rule>, span: Span, offset: usize) {
        let text = self.source.get(span.start..span.end).unwrap_or_default();
        let text = Text { text, span };
        match pair.as_rule() {
            Rule::text => self.node(Node::Text(text)),
            Rule::escape => self.node(Node::Escape(span)),
            Rule::remark => self.node(Node::Remark(text)),
            Rule::bracket | Rule::stray => self.node(Node::Bracket(text)),
            Rule::named => self.named(text, Tokens::new(pair.into_inner(), offset)),
            rule => {
                let tokens = Tokens::new(pair.into_inner(), offset);
                self.tag(rule, text, tokens);
            }
        }
    }

    fn tag(&mut self, rule: Rule, text: Text<'s>, mut tokens: Tokens<'s>) {
        let first = match rule {
            Rule::section | Rule::alternative | Rule::close | Rule::include | Rule::variable => {
                tokens.take()
            }
            _ => None,
        };
        if self.unclosed(&tokens, text) {
            // A section's tag still counts as one, or its partners would be called strays.
            let sure = self.begins_like_a_condition(&tokens);
            match rule {
                Rule::section => self.pieces.push(Piece::Open(unreadable(text.span, sure))),
                Rule::alternative => self
                    .pieces
                    .push(Piece::Alternative(unreadable(text.span, sure))),
                Rule::otherwise => self.pieces.push(Piece::Otherwise(text.span)),
                Rule::close => self.pieces.push(Piece::Close(text.span)),
                _ => {}
            }
            return;
        }
        match rule {
            Rule::section => {
                let tag = self.section(tokens, text.span);
                self.pieces.push(Piece::Open(tag));
            }
            Rule::alternative => {
                let tag = self.section(tokens, text.span);
                self.pieces.push(Piece::Alternative(tag));
            }
            Rule::otherwise => {
                self.nothing_more(&tokens);
                self.pieces.push(Piece::Otherwise(text.span));
            }
            Rule::close => {
                self.nothing_more(&tokens);
                self.pieces.push(Piece::Close(text.span));
            }
            Rule::include => self.include(tokens, text.span),
            Rule::variable => {
                if let Some((number, token)) =
                    first.and_then(|token| Some((token.number()?, token)))
                {
                    self.value(Name::Number(number), token.span, tokens, text.span);
                }
            }
            _ => self.fault(
                Slip::NoVariable {
                    meant: meant_number(text.text),
                },
                text.span,
            ),
        }
    }

    /// Adds the fault of a tag without its end: a quote that swallowed it, or no `]` on the line.
    fn unclosed(&mut self, tokens: &Tokens<'s>, text: Text<'s>) -> bool {
        if let Some(lost) = tokens.lost_string() {
            self.fault(Slip::QuoteUnclosed, lost.span);
            return true;
        }
        if tokens.closed {
            return false;
        }
        // Of a line of prose behind `[TRD3`, only the tag itself is to blame.
        let inside = text.text[1..].trim_start_matches(|c: char| c.is_whitespace());
        let begin = text.text.len() - inside.len();
        let word = inside
            .find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '/'))
            .unwrap_or(inside.len());
        let span = Span::new(text.span.start, text.span.start + begin + word);
        self.fault(Slip::TagUnclosed, span);
        true
    }

    /// Whether what follows is meant as a condition, even if it can't be read: prose doesn't begin with a value.
    fn begins_like_a_condition(&self, tokens: &Tokens<'s>) -> bool {
        tokens.first_word().is_some_and(|token| match token.rule {
            Rule::trd => true,
            Rule::word => (self.is_name)(token.text),
            _ => false,
        })
    }

    fn nothing_more(&mut self, tokens: &Tokens<'s>) {
        if tokens.peek().is_some() {
            self.fault(Slip::TagFollowed, tokens.remaining());
        }
    }

    fn section(&mut self, mut tokens: Tokens<'s>, span: Span) -> SectionTag<'s> {
        let sure = self.begins_like_a_condition(&tokens);
        match condition(&mut tokens, span) {
            Ok(condition) => {
                let doubt = unknown_name(&condition, self.is_name);
                SectionTag {
                    condition,
                    span,
                    doubt,
                }
            }
            Err(fault) => {
                self.faults.push(fault);
                unreadable(span, sure)
            }
        }
    }

    fn include(&mut self, mut tokens: Tokens<'s>, span: Span) {
        // A part may be called what is a keyword elsewhere: `no`, `e`.
        let good = |name: &str| {
            let letter = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
            name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
                && name.chars().all(letter)
        };
        match tokens.take() {
            Some(token) if tokens.peek().is_none() && good(token.text) => {
                let (name, name_span) = (token.text, token.span);
                self.node(Node::Include(Include {
                    name,
                    name_span,
                    span,
                }));
            }
            _ => self.fault(Slip::NoPart, span),
        }
    }

    fn value(&mut self, name: Name<'s>, name_span: Span, mut tokens: Tokens<'s>, span: Span) {
        match filters(&mut tokens) {
            Ok(filters) => self.node(Node::Value(Value {
                name,
                name_span,
                filters,
                span,
            })),
            Err(fault) => self.faults.push(fault),
        }
    }

    /// `[WORD…`: a value where the word names one, otherwise literal text.
    fn named(&mut self, text: Text<'s>, mut tokens: Tokens<'s>) {
        let Some(word) = tokens.take() else { return };
        let complete = tokens.closed && matches!(tokens.rule(), None | Some(Rule::pipe));
        // "[Online booking]" is prose; "[CONFIRM_URL please]" and "[CONFIRM_URL" are slips.
        let in_capitals = !word.text.contains(|c: char| c.is_lowercase());
        if (self.is_name)(word.text) && (complete || in_capitals) {
            if !self.unclosed(&tokens, text) {
                self.value(Name::Word(word.text), word.span, tokens, text.span);
            }
            return;
        }
        // Only a quoted text can have swallowed a tag; what follows is then read by itself.
        match text.text[1..].find('[') {
            None => self.node(Node::Bracket(text)),
            Some(at) => {
                let (before, after) = text.text.split_at(at + 1);
                let span = Span::new(text.span.start, text.span.start + before.len());
                self.node(Node::Bracket(Text { text: before, span }));
                debug_assert!(
                    !after.is_empty(),
                    "it begins with the bracket that was found"
                );
                self.read(Rule::remainder, Span::new(span.end, text.span.end));
            }
        }
    }
}

fn unreadable<'s>(span: Span, sure: bool) -> SectionTag<'s> {
    SectionTag {
        condition: Condition::Unreadable,
        span,
        doubt: (!sure).then_some(span),
    }
}

/// `3` of `[TRD 3]`, `[TRD3x]` and `[TRD-3]`.
fn meant_number(tag: &str) -> Option<u32> {
    let digits = tag.trim_start_matches(|c: char| !c.is_ascii_digit());
    let end = digits
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(digits.len());
    digits[..end].parse().ok()
}

/// The first word of a condition that names no value.
fn unknown_name(condition: &Condition<'_>, is_name: &dyn Fn(&str) -> bool) -> Option<Span> {
    let unknown = |operand: &Operand<'_>| match operand.value {
        OperandValue::Name(Name::Word(word)) if !is_name(word) => Some(operand.span),
        _ => None,
    };
    match condition {
        Condition::Holds(operand) => unknown(operand),
        Condition::Compare { left, right, .. } => unknown(left).or_else(|| unknown(right)),
        Condition::In { left, list } => unknown(left).or_else(|| list.iter().find_map(unknown)),
        Condition::Not(inner) => unknown_name(inner, is_name),
        Condition::All(parts) | Condition::Any(parts) => {
            parts.iter().find_map(|part| unknown_name(part, is_name))
        }
        Condition::Unreadable => None,
    }
}
