//! Conditions: from the pieces between `[IF` and `]` to a tree, with `OR` binding least and `NOT` most.

use crate::MAX_PARENTHESES;
use crate::fault::{ConditionSlip, Fault, Slip};
use crate::piece::Rule;
use crate::token::{Token, Tokens};
use crate::tree::{Condition, Operand, OperandValue, Operator, Span};

/// Reads a whole condition. The first fault ends it.
pub(crate) fn condition<'s>(tokens: &mut Tokens<'s>, tag: Span) -> Result<Condition<'s>, Fault> {
    if tokens.peek().is_none() {
        return Err(fault(ConditionSlip::Empty, tag));
    }
    let condition = any(tokens, 0)?;
    match tokens.peek() {
        None => Ok(condition),
        Some(token) if token.rule == Rule::right => {
            Err(fault(ConditionSlip::ParenthesisUnopened, token.span))
        }
        Some(token) => Err(fault(ConditionSlip::ComparisonExpected, token.span)),
    }
}

fn fault(slip: ConditionSlip, span: Span) -> Fault {
    Fault {
        slip: Slip::Condition(slip),
        span,
    }
}

fn any<'s>(tokens: &mut Tokens<'s>, depth: usize) -> Result<Condition<'s>, Fault> {
    let parts = chain(tokens, Rule::or_word, |tokens| all(tokens, depth))?;
    Ok(single_or(parts, Condition::Any))
}

fn all<'s>(tokens: &mut Tokens<'s>, depth: usize) -> Result<Condition<'s>, Fault> {
    let parts = chain(tokens, Rule::and_word, |tokens| not(tokens, depth))?;
    Ok(single_or(parts, Condition::All))
}

fn chain<'s>(
    tokens: &mut Tokens<'s>,
    connective: Rule,
    mut part: impl FnMut(&mut Tokens<'s>) -> Result<Condition<'s>, Fault>,
) -> Result<Vec<Condition<'s>>, Fault> {
    let mut parts = vec![part(tokens)?];
    while tokens.take_if(connective).is_some() {
        parts.push(part(tokens)?);
    }
    Ok(parts)
}

fn single_or<'s>(
    mut parts: Vec<Condition<'s>>,
    many: fn(Vec<Condition<'s>>) -> Condition<'s>,
) -> Condition<'s> {
    match parts.pop() {
        Some(only) if parts.is_empty() => only,
        Some(last) => {
            parts.push(last);
            many(parts)
        }
        None => many(parts),
    }
}

fn not<'s>(tokens: &mut Tokens<'s>, depth: usize) -> Result<Condition<'s>, Fault> {
    if depth > MAX_PARENTHESES {
        return Err(fault(
            ConditionSlip::TooDeep {
                limit: MAX_PARENTHESES,
            },
            tokens.here(),
        ));
    }
    if tokens.take_if(Rule::not_word).is_some() {
        return Ok(Condition::Not(Box::new(not(tokens, depth + 1)?)));
    }
    let Some(left) = tokens.take_if(Rule::left) else {
        return comparison(tokens);
    };
    let inner = any(tokens, depth + 1)?;
    if tokens.take_if(Rule::right).is_some() {
        return Ok(inner);
    }
    match tokens.peek() {
        None => Err(fault(ConditionSlip::ParenthesisUnclosed, left.span)),
        Some(token) => Err(fault(ConditionSlip::ComparisonExpected, token.span)),
    }
}

fn comparison<'s>(tokens: &mut Tokens<'s>) -> Result<Condition<'s>, Fault> {
    let left = operand(tokens)?;
    let negated = tokens.take_if(Rule::not_word).is_some();
    let condition = match tokens.rule() {
        Some(Rule::in_word) => {
            tokens.take();
            Condition::In {
                left,
                list: list(tokens)?,
            }
        }
        Some(Rule::contains_word) => {
            tokens.take();
            Condition::Compare {
                left,
                operator: Operator::Contains,
                right: operand(tokens)?,
            }
        }
        _ if negated => return Err(fault(ConditionSlip::ComparisonExpected, tokens.here())),
        Some(Rule::operator) => {
            let operator = operator(tokens)?;
            Condition::Compare {
                left,
                operator,
                right: operand(tokens)?,
            }
        }
        Some(Rule::pipe) => return Err(fault(ConditionSlip::Filter, tokens.remaining())),
        None | Some(Rule::and_word | Rule::or_word | Rule::right) => match left.value {
            OperandValue::Name(_) => Condition::Holds(left),
            OperandValue::Literal(_) => return Err(fault(ConditionSlip::LiteralAlone, left.span)),
        },
        Some(_) => return Err(fault(ConditionSlip::ComparisonExpected, tokens.here())),
    };
    Ok(if negated {
        Condition::Not(Box::new(condition))
    } else {
        condition
    })
}

fn operator(tokens: &mut Tokens<'_>) -> Result<Operator, Fault> {
    let span = tokens.here();
    let text = tokens.take().map_or("", |token| token.text);
    let meant = match text {
        "=" => return Ok(Operator::Equal),
        "!=" => return Ok(Operator::NotEqual),
        "<" => return Ok(Operator::Less),
        "<=" => return Ok(Operator::LessOrEqual),
        ">" => return Ok(Operator::Greater),
        ">=" => return Ok(Operator::GreaterOrEqual),
        "==" | "===" => Some("="),
        "<>" | "≠" | "!==" | "=!" | "!" => Some("!="),
        "=<" | "≤" => Some("<="),
        "=>" | "≥" => Some(">="),
        _ => None,
    };
    Err(fault(ConditionSlip::OperatorUnknown { meant }, span))
}

fn list<'s>(tokens: &mut Tokens<'s>) -> Result<Vec<Operand<'s>>, Fault> {
    let Some(left) = tokens.take_if(Rule::left) else {
        return Err(fault(ConditionSlip::ListExpected, tokens.here()));
    };
    let mut list = vec![operand(tokens)?];
    while tokens.take_if(Rule::comma).is_some() {
        list.push(operand(tokens)?);
    }
    match tokens.take_if(Rule::right) {
        Some(_) => Ok(list),
        None if tokens.peek().is_none() => {
            Err(fault(ConditionSlip::ParenthesisUnclosed, left.span))
        }
        None => Err(fault(ConditionSlip::ListExpected, tokens.here())),
    }
}

fn operand<'s>(tokens: &mut Tokens<'s>) -> Result<Operand<'s>, Fault> {
    let Some(token) = tokens.peek() else {
        return Err(fault(ConditionSlip::ValueExpected, tokens.end));
    };
    let value = match (token.name(), token.literal()) {
        (Some(name), _) => OperandValue::Name(name),
        (None, Some(literal)) => OperandValue::Literal(literal.value),
        (None, None) => return Err(fault(no_value(token), token.span)),
    };
    let span = token.span;
    tokens.take();
    Ok(Operand { value, span })
}

/// Why a token is no value: a time, date or number of another spelling is told how to be written here.
fn no_value(token: &Token<'_>) -> ConditionSlip {
    match token.rule {
        Rule::junk => ConditionSlip::NoValue {
            meant: meant(token.text),
        },
        Rule::right => ConditionSlip::ParenthesisUnopened,
        _ => ConditionSlip::ValueExpected,
    }
}

fn meant(text: &str) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    if let Some((hours, minutes)) = lower.split_once('h') {
        let hours: u32 = hours.parse().ok()?;
        let minutes: u32 = if minutes.is_empty() {
            0
        } else {
            minutes.parse().ok()?
        };
        return (hours < 24 && minutes < 60).then(|| format!("{hours:02}:{minutes:02}"));
    }
    let parts: Vec<&str> = lower.split(['/', '.', '-']).collect();
    let [day, month, year] = parts[..] else {
        return None;
    };
    let (day, month, year): (u32, u32, u32) =
        (day.parse().ok()?, month.parse().ok()?, year.parse().ok()?);
    let fits =
        (1..=31).contains(&day) && (1..=12).contains(&month) && (1000..=9999).contains(&year);
    fits.then(|| format!("{year}-{month:02}-{day:02}"))
}
