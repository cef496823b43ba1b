//! Whether conditions can hold together.
//!
//! Every value that makes a difference is tried: absent, each that a condition compares with, those beside it,
//! and another. What a text contains, and how two values compare with each other, is taken as free, so that
//! what is told to be impossible is.

use rappel_core::{ChannelKind, Named};

use super::condition::known_words;
use super::{Draft, Operator, Side, Test, beside};
use crate::values::Value;
use crate::variables::{Id, Type, Variable};

/// The most combinations that are tried, and conditions that are looked at together; where there are more,
/// anything is possible.
const MOST_COMBINATIONS: usize = 512;
const MOST_TESTS: usize = 32;

/// Whether there can be a message in which each test has its answer. `channel` is the one that it goes by,
/// where only one can be meant.
pub(super) fn possible(
    tests: &[(&Test, bool)],
    draft: &Draft,
    channel: Option<ChannelKind>,
) -> bool {
    if tests.len() > MOST_TESTS {
        return true;
    }
    let (mut slots, mut comparisons) = (Vec::new(), Vec::new());
    for (test, _) in tests {
        test.asked(&mut slots);
        test.compared(&mut comparisons);
    }
    comparisons.sort_unstable();
    comparisons.dedup();
    let known = |index: usize| draft.comparisons.get(index);
    let is_free = |index: usize| {
        known(index).is_none_or(|comparison| {
            comparison.operator == Operator::Contains
                || matches!(comparison.right, Side::Variable(_))
        })
    };
    let of_slot = |slot: usize| draft.slots.get(slot).map(|slot| slot.variable);
    let mut variables: Vec<Variable> = slots.iter().filter_map(|slot| of_slot(*slot)).collect();
    for comparison in comparisons.iter().filter_map(|index| known(*index)) {
        variables.push(comparison.left);
        if let Side::Variable(right) = comparison.right {
            variables.push(right);
        }
    }
    variables.sort();
    variables.dedup();
    let domains: Vec<_> = variables
        .iter()
        .map(|variable| domain(*variable, &comparisons, draft, channel))
        .collect();
    let free: Vec<usize> = comparisons
        .iter()
        .copied()
        .filter(|index| is_free(*index))
        .collect();
    let combinations = (domains.iter().map(Vec::len).chain(free.iter().map(|_| 2)))
        .try_fold(1, |product: usize, choices| product.checked_mul(choices))
        .filter(|combinations| *combinations <= MOST_COMBINATIONS);
    let Some(combinations) = combinations else {
        return true;
    };
    (0..combinations).any(|mut index| {
        let mut choose = |choices: usize| {
            let chosen = index % choices;
            index /= choices;
            chosen
        };
        let values: Vec<Option<&Value<'static>>> = domains
            .iter()
            .map(|values| values.get(choose(values.len())).and_then(Option::as_ref))
            .collect();
        let holding: Vec<usize> = free.iter().copied().filter(|_| choose(2) == 1).collect();
        let value = |variable: Variable| {
            let place = variables.iter().position(|known| *known == variable)?;
            values.get(place).copied().flatten()
        };
        let present = |slot: usize| match of_slot(slot).and_then(value) {
            None => false,
            Some(Value::Flag(yes)) => *yes,
            Some(_) => true,
        };
        let compare = |index: usize| {
            let Some((comparison, left)) =
                known(index).and_then(|one| Some((one, value(one.left)?)))
            else {
                return false;
            };
            match &comparison.right {
                Side::Variable(right) => value(*right).is_some() && holding.contains(&index),
                _ if is_free(index) => holding.contains(&index),
                Side::Constants(constants) => {
                    constants.iter().any(|right| comparison.holds(left, right))
                }
            }
        };
        tests
            .iter()
            .all(|(test, holds)| test.holds(&present, &compare) == *holds)
    })
}

/// The values of a variable that make a difference.
fn domain(
    variable: Variable,
    comparisons: &[usize],
    draft: &Draft,
    channel: Option<ChannelKind>,
) -> Vec<Option<Value<'static>>> {
    if variable.kind() == Type::Flag {
        return vec![Some(Value::Flag(true)), Some(Value::Flag(false))];
    }
    let text = |word: &str| Some(Value::Text(word.to_string().into()));
    if variable.row().id == Id::Named(Named::Channel)
        && let Some(channel) = channel
    {
        return vec![text(channel.name())];
    }
    let mut values = vec![None];
    if let Some(words) = known_words(variable) {
        values.extend(words.into_iter().map(text));
        return values;
    }
    let mut compared = Vec::new();
    for comparison in comparisons
        .iter()
        .filter_map(|index| draft.comparisons.get(*index))
    {
        if let (true, Side::Constants(constants)) = (comparison.left == variable, &comparison.right)
        {
            constants
                .iter()
                .for_each(|constant| beside(constant, &mut compared));
        }
    }
    values.push(another(variable, &compared));
    values.extend(compared.into_iter().map(Some));
    values
}

/// A value that a variable is compared with nowhere; of those that have an order, one that lies beside all is
/// among them already.
fn another(variable: Variable, compared: &[Value<'static>]) -> Option<Value<'static>> {
    let words: Vec<&str> = compared.iter().filter_map(Value::words).collect();
    let other = format!("{}x", words.concat());
    match variable.kind() {
        Type::Text => Some(Value::Text(other.into())),
        Type::Phone => Some(Value::Phone(other.into())),
        Type::Url => Some(Value::Url(other.into())),
        _ => variable.example(),
    }
}
