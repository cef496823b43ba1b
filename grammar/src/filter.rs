//! The filters of a value: what stands behind its name.

use crate::fault::{Fault, Slip};
use crate::piece::Rule;
use crate::token::Tokens;
use crate::tree::Filter;

/// Reads `|upper|truncate 40` up to the tag's end. The first fault ends it.
pub(crate) fn filters<'s>(tokens: &mut Tokens<'s>) -> Result<Vec<Filter<'s>>, Fault> {
    let mut filters = Vec::new();
    while let Some(token) = tokens.peek() {
        if token.rule != Rule::pipe {
            return Err(Fault {
                slip: Slip::ValueFollowed,
                span: tokens.remaining(),
            });
        }
        tokens.take();
        filters.push(filter(tokens)?);
    }
    Ok(filters)
}

fn filter<'s>(tokens: &mut Tokens<'s>) -> Result<Filter<'s>, Fault> {
    let name = tokens.take_if(Rule::word).ok_or_else(|| Fault {
        slip: Slip::NoFilter,
        span: tokens.here(),
    })?;
    let mut arguments = Vec::new();
    let mut span = name.span;
    while let Some(token) = tokens.peek().filter(|token| token.rule != Rule::pipe) {
        let literal = token.literal().ok_or(Fault {
            slip: Slip::NoArgument,
            span: token.span,
        })?;
        span = span.to(literal.span);
        arguments.push(literal);
        tokens.take();
    }
    Ok(Filter {
        name: name.text,
        name_span: name.span,
        arguments,
        span,
    })
}
