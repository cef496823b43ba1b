//! The pieces of a tag, as the grammar tells them apart, and a cursor over them.

use std::borrow::Cow;

use pest::iterators::{Pair, Pairs};

use crate::piece::Rule;
use crate::tree::{Literal, LiteralValue, Name, Span};

/// One piece of a tag.
#[derive(Clone)]
pub(crate) struct Token<'s> {
    /// What it is.
    pub(crate) rule: Rule,
    /// Where it stands in the whole source.
    pub(crate) span: Span,
    /// What stands there.
    pub(crate) text: &'s str,
    /// The inside of a string.
    inner: Option<(Rule, &'s str)>,
}

impl<'s> Token<'s> {
    /// The token of a pair; `offset` is where the parsed text begins in the source.
    pub(crate) fn new(pair: Pair<'s, Rule>, offset: usize) -> Self {
        let span = pair_span(&pair, offset);
        let (rule, text) = (pair.as_rule(), pair.as_str());
        let inner = pair
            .into_inner()
            .next()
            .map(|inner| (inner.as_rule(), inner.as_str()));
        Self {
            rule,
            span,
            text,
            inner,
        }
    }

    /// The variable's number, if it is one.
    pub(crate) fn number(&self) -> Option<u32> {
        (self.rule == Rule::trd).then(|| trd_number(self.text))
    }

    /// The value that it names, if it does.
    pub(crate) fn name(&self) -> Option<Name<'s>> {
        match self.rule {
            Rule::trd => Some(Name::Number(trd_number(self.text))),
            Rule::word => Some(Name::Word(self.text)),
            _ => None,
        }
    }

    /// The value that it writes out, if it does.
    pub(crate) fn literal(&self) -> Option<Literal<'s>> {
        let value = match self.rule {
            Rule::number => LiteralValue::Number(self.text),
            Rule::time => LiteralValue::Time(self.text),
            Rule::date => LiteralValue::Date(self.text),
            Rule::string => LiteralValue::Text(match self.inner? {
                (Rule::straight, text) if text.contains("\"\"") => {
                    Cow::Owned(text.replace("\"\"", "\""))
                }
                (Rule::straight | Rule::curly, text) => Cow::Borrowed(text),
                // French typography sets blanks inside its quotes; they are not part of the text.
                (_, text) => Cow::Borrowed(text.trim_matches([' ', '\u{a0}', '\u{202f}'])),
            }),
            _ => return None,
        };
        Some(Literal {
            value,
            span: self.span,
        })
    }
}

/// Where a pair stands in the whole source.
pub(crate) fn pair_span(pair: &Pair<'_, Rule>, offset: usize) -> Span {
    let span = pair.as_span();
    Span::new(offset + span.start(), offset + span.end())
}

fn trd_number(text: &str) -> u32 {
    let digits = text.trim_start_matches(|c: char| !c.is_ascii_digit());
    // Only too many digits can fail, and no table has a variable of that number.
    digits.parse().unwrap_or(u32::MAX)
}

/// The pieces between a tag's first word and its end.
pub(crate) struct Tokens<'s> {
    tokens: Vec<Token<'s>>,
    next: usize,
    /// Where the tag ends: its `]`, or the end of its line.
    pub(crate) end: Span,
    /// Whether the tag has its `]`.
    pub(crate) closed: bool,
}

impl<'s> Tokens<'s> {
    /// The tokens of a tag's pairs.
    pub(crate) fn new(pairs: Pairs<'s, Rule>, offset: usize) -> Self {
        let mut this = Self {
            tokens: Vec::new(),
            next: 0,
            end: Span::default(),
            closed: false,
        };
        for pair in pairs {
            match pair.as_rule() {
                Rule::end | Rule::lost_end => {
                    this.end = pair_span(&pair, offset);
                    this.closed = pair.as_rule() == Rule::end;
                }
                _ => this.tokens.push(Token::new(pair, offset)),
            }
        }
        this
    }

    /// The next token, without taking it.
    pub(crate) fn peek(&self) -> Option<&Token<'s>> {
        self.tokens.get(self.next)
    }

    /// What the next token is.
    pub(crate) fn rule(&self) -> Option<Rule> {
        self.peek().map(|token| token.rule)
    }

    /// The next token that is neither `NOT` nor `(`.
    pub(crate) fn first_word(&self) -> Option<&Token<'s>> {
        let ahead = self.tokens.get(self.next..).unwrap_or_default();
        ahead
            .iter()
            .find(|token| !matches!(token.rule, Rule::not_word | Rule::left))
    }

    /// Takes the next token.
    pub(crate) fn take(&mut self) -> Option<Token<'s>> {
        let token = self.tokens.get(self.next).cloned();
        self.next += usize::from(token.is_some());
        token
    }

    /// Takes the next token if it is `rule`.
    pub(crate) fn take_if(&mut self, rule: Rule) -> Option<Token<'s>> {
        if self.rule() == Some(rule) {
            self.take()
        } else {
            None
        }
    }

    /// Where the next token stands, or the tag's end.
    pub(crate) fn here(&self) -> Span {
        self.peek().map_or(self.end, |token| token.span)
    }

    /// From the next token to the last one.
    pub(crate) fn remaining(&self) -> Span {
        match (self.peek(), self.tokens.last()) {
            (Some(next), Some(last)) => next.span.to(last.span),
            _ => self.end,
        }
    }

    /// A quote without its partner, if there is one.
    pub(crate) fn lost_string(&self) -> Option<&Token<'s>> {
        self.tokens
            .iter()
            .find(|token| token.rule == Rule::lost_string)
    }
}
