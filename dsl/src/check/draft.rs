//! What the check makes of a tree: names are variables, filters are steps, conditions are typed tests.

use std::ops::Range;

use rappel_grammar::Span;

use crate::filters::Step;
use crate::parse::File;
use crate::values::Value;
use crate::variables::Variable;

/// A template whose every part has a meaning.
#[derive(Debug, Default)]
pub(crate) struct Draft {
    /// All literal text, end to end.
    pub(crate) literals: String,
    /// What it is made of.
    pub(crate) pieces: Vec<Piece>,
    /// The values that are printed or asked for, each once.
    pub(crate) slots: Vec<Slot>,
    /// The comparisons, each once.
    pub(crate) comparisons: Vec<Comparison>,
    /// Literal characters that make an SMS Unicode.
    pub(crate) outside: Vec<Outside>,
}

/// A piece of a draft.
#[derive(Debug)]
pub(crate) enum Piece {
    /// A stretch of the literal text.
    Text(Range<usize>),
    /// A value, by its slot.
    Value(usize),
    /// A tag that prints nothing, but makes a line that has nothing else disappear.
    Mark,
    /// What is kept by the first test that holds.
    Section {
        branches: Vec<(Test, Vec<Piece>)>,
        otherwise: Vec<Piece>,
    },
}

/// A value and what is done to it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Slot {
    pub(crate) variable: Variable,
    pub(crate) steps: Vec<Step>,
}

impl Slot {
    /// Whether a message may go although nothing prints here.
    pub(crate) fn may_be_absent(&self) -> bool {
        self.variable.may_be_absent()
    }

    /// Whether something prints here even when the value is absent.
    pub(crate) fn has_default(&self) -> bool {
        self.steps.iter().any(|step| step.filter.name == "default")
    }
}

/// When a branch is kept.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Test {
    /// The slot's value is present and not empty, and not "no".
    Present(usize),
    /// A comparison, by its index.
    Compare(usize),
    Not(Box<Test>),
    All(Vec<Test>),
    Any(Vec<Test>),
    /// It could not be understood; the template has an error.
    Unknown,
}

/// Two values that compare.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Comparison {
    pub(crate) left: Variable,
    pub(crate) operator: Operator,
    pub(crate) right: Side,
}

/// How two values compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Contains,
    In,
}

/// What a value is compared with.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Side {
    Constants(Vec<Value<'static>>),
    Variable(Variable),
}

/// A literal character outside the SMS alphabet.
#[derive(Clone, Debug)]
pub(crate) struct Outside {
    pub(crate) character: char,
    pub(crate) file: File,
    pub(crate) span: Span,
    /// What reads the same there, where the file is of SMS only.
    pub(crate) instead: Option<String>,
}

impl Draft {
    /// Adds literal text.
    pub(crate) fn literal(&mut self, text: &str) -> Range<usize> {
        let start = self.literals.len();
        self.literals.push_str(text);
        start..self.literals.len()
    }

    /// The slot of a value with its filters.
    pub(crate) fn slot(&mut self, slot: Slot) -> usize {
        position_or_push(&mut self.slots, slot)
    }

    /// Whether two texts say exactly the same.
    pub(crate) fn says_the_same(&self, left: &[Piece], right: &[Piece]) -> bool {
        let same = |(left, right): (&Piece, &Piece)| match (left, right) {
            (Piece::Text(left), Piece::Text(right)) => {
                self.literals.get(left.clone()) == self.literals.get(right.clone())
            }
            (Piece::Value(left), Piece::Value(right)) => left == right,
            (Piece::Mark, Piece::Mark) => true,
            (
                Piece::Section {
                    branches: left,
                    otherwise: left_otherwise,
                },
                Piece::Section {
                    branches: right,
                    otherwise: right_otherwise,
                },
            ) => {
                left.len() == right.len()
                    && left.iter().zip(right).all(|(left, right)| {
                        left.0 == right.0 && self.says_the_same(&left.1, &right.1)
                    })
                    && self.says_the_same(left_otherwise, right_otherwise)
            }
            _ => false,
        };
        left.len() == right.len() && left.iter().zip(right).all(same)
    }

    /// The index of a comparison.
    pub(crate) fn comparison(&mut self, comparison: Comparison) -> usize {
        position_or_push(&mut self.comparisons, comparison)
    }
}

fn position_or_push<T: PartialEq>(list: &mut Vec<T>, item: T) -> usize {
    list.iter()
        .position(|known| *known == item)
        .unwrap_or_else(|| {
            list.push(item);
            list.len() - 1
        })
}

impl Test {
    /// Adds the slots that it asks for.
    pub(crate) fn asked(&self, slots: &mut Vec<usize>) {
        match self {
            Test::Present(slot) => slots.push(*slot),
            Test::Not(inner) => inner.asked(slots),
            Test::All(parts) | Test::Any(parts) => parts.iter().for_each(|part| part.asked(slots)),
            Test::Compare(_) | Test::Unknown => {}
        }
    }

    /// Adds the comparisons that it makes.
    pub(crate) fn compared(&self, comparisons: &mut Vec<usize>) {
        match self {
            Test::Compare(index) => comparisons.push(*index),
            Test::Not(inner) => inner.compared(comparisons),
            Test::All(parts) | Test::Any(parts) => {
                parts.iter().for_each(|part| part.compared(comparisons));
            }
            Test::Present(_) | Test::Unknown => {}
        }
    }

    /// Whether all of it could be understood.
    pub(crate) fn is_known(&self) -> bool {
        match self {
            Test::Unknown => false,
            Test::Not(inner) => inner.is_known(),
            Test::All(parts) | Test::Any(parts) => parts.iter().all(Test::is_known),
            Test::Present(_) | Test::Compare(_) => true,
        }
    }

    /// Adds the slots that surely print something when it holds.
    pub(crate) fn surely_present(&self, slots: &mut Vec<usize>) {
        match self {
            Test::Present(slot) => slots.push(*slot),
            Test::All(parts) => parts.iter().for_each(|part| part.surely_present(slots)),
            Test::Not(_) | Test::Any(_) | Test::Compare(_) | Test::Unknown => {}
        }
    }

    /// The variables that are surely present when the test holds, or when it fails.
    pub(crate) fn present_if(&self, holds: bool, draft: &Draft) -> Vec<Variable> {
        match self {
            Test::Present(slot) if holds => draft
                .slots
                .get(*slot)
                .map(|slot| slot.variable)
                .into_iter()
                .collect(),
            // A comparison with an absent value never holds.
            Test::Compare(index) if holds => {
                let Some(comparison) = draft.comparisons.get(*index) else {
                    return Vec::new();
                };
                let right = match comparison.right {
                    Side::Variable(variable) => Some(variable),
                    Side::Constants(_) => None,
                };
                std::iter::once(comparison.left).chain(right).collect()
            }
            Test::Present(_) | Test::Compare(_) => Vec::new(),
            Test::Not(inner) => inner.present_if(!holds, draft),
            Test::All(parts) if holds => union(parts, holds, draft),
            Test::Any(parts) if !holds => union(parts, holds, draft),
            Test::All(parts) | Test::Any(parts) => {
                let mut parts = parts.iter().map(|part| part.present_if(holds, draft));
                let first = parts.next().unwrap_or_default();
                parts.fold(first, |known, part| {
                    known.into_iter().filter(|v| part.contains(v)).collect()
                })
            }
            // One error is enough: a condition with a slip keeps what it holds from being told.
            Test::Unknown => Variable::all().collect(),
        }
    }
}

fn union(parts: &[Test], holds: bool, draft: &Draft) -> Vec<Variable> {
    parts
        .iter()
        .flat_map(|part| part.present_if(holds, draft))
        .collect()
}
