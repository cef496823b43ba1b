//! Checks a condition: every name known, both sides of one type, and a comparison that suits it.

use rappel_core::diagnostic::codes;
use rappel_core::{ChannelKind, Code, EventKind, Language, Named, nearest};
use rappel_grammar::Span;
use rappel_grammar::tree::{self, Condition, LiteralValue, Operand, OperandValue};
use rust_decimal::Decimal;

use super::{Checker, Comparison, Operator, Side, Slot, Test};
use crate::values::{self, Value};
use crate::variables::{Id, Type, Variable};

/// The values that are known to be present at a place.
#[derive(Clone, Debug, Default)]
pub(super) struct Guards(Vec<Variable>);

impl Guards {
    pub(super) fn add(&mut self, present: Vec<Variable>) {
        self.0.extend(present);
    }

    pub(super) fn has(&self, variable: Variable) -> bool {
        self.0.contains(&variable)
    }
}

impl Checker<'_> {
    /// The test of a condition.
    pub(super) fn condition(&mut self, condition: &Condition<'_>) -> Test {
        match condition {
            Condition::Holds(operand) => self.holds(operand).unwrap_or(Test::Unknown),
            Condition::Compare {
                left,
                operator,
                right,
            } => self
                .compare(left, *operator, right)
                .unwrap_or(Test::Unknown),
            Condition::In { left, list } => self.is_in(left, list).unwrap_or(Test::Unknown),
            Condition::Not(inner) => Test::Not(Box::new(self.condition(inner))),
            Condition::All(parts) => {
                Test::All(parts.iter().map(|part| self.condition(part)).collect())
            }
            Condition::Any(parts) => {
                Test::Any(parts.iter().map(|part| self.condition(part)).collect())
            }
            Condition::Unreadable => Test::Unknown,
        }
    }

    fn holds(&mut self, operand: &Operand<'_>) -> Option<Test> {
        let variable = self.operand_variable(operand)?;
        let slot = self.draft.slot(Slot {
            variable,
            steps: Vec::new(),
        });
        Some(Test::Present(slot))
    }

    /// The variable of a side that names one. `None` for literals, and for unknown names, which are told.
    fn operand_variable(&mut self, operand: &Operand<'_>) -> Option<Variable> {
        match &operand.value {
            OperandValue::Name(name) => self.variable(*name, operand.span),
            OperandValue::Literal(_) => None,
        }
    }

    fn compare(
        &mut self,
        left: &Operand<'_>,
        operator: tree::Operator,
        right: &Operand<'_>,
    ) -> Option<Test> {
        let variables = (self.operand_variable(left), self.operand_variable(right));
        let operator = self::operator(operator);
        let comparison = match (variables, &left.value, &right.value) {
            ((Some(a), Some(b)), _, _) => {
                let span = left.span.to(right.span);
                if a.kind() != b.kind() {
                    return self.differ(a, &format!("`{b}` is {}", b.kind().phrase()), right.span);
                }
                self.suits(a, operator, span)?;
                Comparison {
                    left: a,
                    operator,
                    right: Side::Variable(b),
                }
            }
            ((Some(variable), None), _, OperandValue::Literal(literal)) => {
                let constant = self.constant(variable, operator, literal, right.span)?;
                Comparison {
                    left: variable,
                    operator,
                    right: Side::Constants(vec![constant]),
                }
            }
            ((None, Some(variable)), OperandValue::Literal(literal), _) => {
                let span = left.span.to(right.span);
                let Some(operator) = mirrored(operator) else {
                    let help = format!("write `{variable} CONTAINS …`");
                    return self.unsuitable("a written text always contains the same", span, help);
                };
                let constant = self.constant(variable, operator, literal, left.span)?;
                Comparison {
                    left: variable,
                    operator,
                    right: Side::Constants(vec![constant]),
                }
            }
            (_, OperandValue::Literal(_), OperandValue::Literal(_)) => {
                let help = "compare a variable or a named value with it".into();
                return self.unsuitable(
                    "two written values compare always the same",
                    left.span.to(right.span),
                    help,
                );
            }
            // A name that isn't known was told.
            _ => return None,
        };
        Some(Test::Compare(self.draft.comparison(comparison)))
    }

    fn is_in(&mut self, left: &Operand<'_>, list: &[Operand<'_>]) -> Option<Test> {
        let variable = self.operand_variable(left);
        if let (None, OperandValue::Literal(_)) = (variable, &left.value) {
            let help = "write a variable or a named value before `IN`".into();
            return self.unsuitable(
                "a written value is always in the same lists",
                left.span,
                help,
            );
        }
        let variable = variable?;
        let mut constants = Some(Vec::with_capacity(list.len()));
        for item in list {
            let constant = match &item.value {
                OperandValue::Literal(literal) => {
                    self.constant(variable, Operator::In, literal, item.span)
                }
                OperandValue::Name(_) => {
                    let help = format!(
                        "write `{variable} = … OR {variable} = …` to compare with other values"
                    );
                    self.unsuitable("a list holds written values only", item.span, help)
                }
            };
            match (&mut constants, constant) {
                (Some(constants), Some(constant)) => constants.push(constant),
                (constants, _) => *constants = None,
            }
        }
        let comparison = Comparison {
            left: variable,
            operator: Operator::In,
            right: Side::Constants(constants?),
        };
        Some(Test::Compare(self.draft.comparison(comparison)))
    }

    /// The value that a literal is for a variable of a type.
    fn constant(
        &mut self,
        variable: Variable,
        operator: Operator,
        literal: &LiteralValue<'_>,
        span: Span,
    ) -> Option<Value<'static>> {
        self.suits(variable, operator, span)?;
        let constant = match (variable.kind(), literal) {
            (Type::Text, LiteralValue::Text(text)) => Ok(Value::Text(text.to_string().into())),
            (Type::Phone, LiteralValue::Text(text)) => Ok(Value::Phone(text.to_string().into())),
            (Type::Url, LiteralValue::Text(text)) => Ok(Value::Url(text.to_string().into())),
            (Type::Money, LiteralValue::Number(digits)) => digits
                .parse::<Decimal>()
                .map(Value::Money)
                .map_err(|_| "is too large a number"),
            (Type::Duration, LiteralValue::Number(digits)) => digits
                .parse()
                .map(Value::Minutes)
                .map_err(|_| "is not a whole number of minutes"),
            (Type::Time, LiteralValue::Time(text)) => values::time(text)
                .map(Value::Time)
                .ok_or("is not a time of the day"),
            (Type::Date, LiteralValue::Date(text)) => values::date(text)
                .map(Value::Date)
                .ok_or("is not a day of the calendar"),
            (_, literal) => {
                return self.differ(
                    variable,
                    &format!("`{literal}` is {}", phrase(literal)),
                    span,
                );
            }
        };
        match constant {
            Ok(constant) => {
                self.may_hold(variable, operator, &constant, span);
                Some(constant)
            }
            Err(why) => {
                let help = format!("compare it with {}", form(variable.kind()));
                self.unsuitable(&format!("`{literal}` {why}"), span, help)
            }
        }
    }

    /// Warns where a named value is compared with a word that it never is.
    fn may_hold(
        &mut self,
        variable: Variable,
        operator: Operator,
        constant: &Value<'_>,
        span: Span,
    ) {
        if !matches!(
            operator,
            Operator::Equal | Operator::NotEqual | Operator::In
        ) {
            return;
        }
        let (Some(known), Some(word)) = (known_words(variable), constant.words()) else {
            return;
        };
        if known.iter().any(|known| known.eq_ignore_ascii_case(word)) {
            return;
        }
        let help = match nearest(&word.to_lowercase(), known.iter().copied()) {
            Some(nearest) => format!("did you mean `\"{nearest}\"`?"),
            None => format!("it is one of {}", known.join(", ")),
        };
        let diagnostic = self
            .file
            .diagnostic(
                codes::NEVER_HOLDS,
                span,
                format!("`{variable}` is never \"{word}\""),
            )
            .label("not one of its words")
            .help(help);
        self.tell(diagnostic);
    }

    /// Whether a comparison makes sense for a type.
    fn suits(&mut self, variable: Variable, operator: Operator, span: Span) -> Option<()> {
        use Operator::{Contains, Greater, GreaterOrEqual, Less, LessOrEqual};
        let kind = variable.kind();
        let words = matches!(kind, Type::Text | Type::Phone | Type::Url);
        let (message, help) = match operator {
            _ if kind == Type::Flag => (
                format!("`{variable}` is a yes or no, and compares with nothing"),
                format!("write `{variable}` or `NOT {variable}`"),
            ),
            Less | LessOrEqual | Greater | GreaterOrEqual if words => (
                format!("`{variable}` is {}, and such have no order", kind.phrase()),
                "compare with `= != CONTAINS IN`".to_string(),
            ),
            Contains if !words => (
                format!("`{variable}` is {}, and contains nothing", kind.phrase()),
                "compare with `= != < <= > >= IN`".to_string(),
            ),
            _ => return Some(()),
        };
        self.unsuitable(&message, span, help)
    }

    fn differ<T>(&mut self, variable: Variable, other: &str, span: Span) -> Option<T> {
        let message = format!("`{variable}` is {}, and {other}", variable.kind().phrase());
        self.wrong(
            codes::TYPES_DIFFER,
            &message,
            span,
            "of another type",
            format!("compare it with {}", form(variable.kind())),
        )
    }

    fn unsuitable<T>(&mut self, message: &str, span: Span, help: String) -> Option<T> {
        self.wrong(
            codes::BAD_COMPARISON,
            message,
            span,
            "doesn't compare",
            help,
        )
    }

    fn wrong<T>(
        &mut self,
        code: Code,
        message: &str,
        span: Span,
        label: &str,
        help: String,
    ) -> Option<T> {
        let diagnostic = self
            .file
            .diagnostic(code, span, message)
            .label(label)
            .help(help);
        self.tell(diagnostic);
        None
    }
}

/// How a value is written that compares with a type.
fn form(kind: Type) -> &'static str {
    match kind {
        Type::Text | Type::Phone | Type::Url => "a text in quotes: `\"…\"`",
        Type::Date => "a date: `2026-06-03`",
        Type::Time => "a time: `14:30`",
        Type::Money => "an amount: `12.50`",
        Type::Duration => "a number of minutes: `30`",
        Type::Flag => "nothing",
    }
}

fn operator(operator: tree::Operator) -> Operator {
    match operator {
        tree::Operator::Equal => Operator::Equal,
        tree::Operator::NotEqual => Operator::NotEqual,
        tree::Operator::Less => Operator::Less,
        tree::Operator::LessOrEqual => Operator::LessOrEqual,
        tree::Operator::Greater => Operator::Greater,
        tree::Operator::GreaterOrEqual => Operator::GreaterOrEqual,
        tree::Operator::Contains => Operator::Contains,
    }
}

/// The comparison that says the same with its sides exchanged.
fn mirrored(operator: Operator) -> Option<Operator> {
    Some(match operator {
        Operator::Equal | Operator::NotEqual => operator,
        Operator::Less => Operator::Greater,
        Operator::LessOrEqual => Operator::GreaterOrEqual,
        Operator::Greater => Operator::Less,
        Operator::GreaterOrEqual => Operator::LessOrEqual,
        Operator::Contains | Operator::In => return None,
    })
}

fn phrase(literal: &LiteralValue<'_>) -> &'static str {
    match literal {
        LiteralValue::Text(_) => "a text",
        LiteralValue::Number(_) => "a number",
        LiteralValue::Time(_) => "a time",
        LiteralValue::Date(_) => "a date",
    }
}

/// The words that a named value can be.
pub(super) fn known_words(variable: Variable) -> Option<Vec<&'static str>> {
    match variable.row().id {
        Id::Named(Named::Channel) => Some(
            ChannelKind::ALL
                .iter()
                .map(|channel| channel.name())
                .collect(),
        ),
        Id::Named(Named::Event) => Some(EventKind::ALL.iter().map(|event| event.name()).collect()),
        Id::Named(Named::Language) => Some(
            Language::ALL
                .iter()
                .map(|language| language.code())
                .collect(),
        ),
        _ => None,
    }
}
